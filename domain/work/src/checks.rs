//! What every text from outside must keep to.

use base::{Error, Limit, Result};
use db::Tx;

fn no_nul(text: &str, what: &str) -> Result<()> {
    // PostgreSQL cannot store it, so nothing may.
    if text.contains('\0') {
        return Err(Error::invalid("text.nul", format!("{what} holds the character NUL")));
    }
    Ok(())
}

/// A name that may be empty, such as a task's: one line, not too long.
pub(crate) fn line(tx: &Tx, text: &str, what: &str) -> Result<String> {
    no_nul(text, what)?;
    tx.limits().check(Limit::NameChars, text.chars().count(), what)?;
    Ok(text.replace(['\r', '\n'], " "))
}

/// A name that says something.
pub(crate) fn name(tx: &Tx, text: &str, what: &str) -> Result<String> {
    let name = line(tx, text, what)?;
    if name.trim().is_empty() {
        return Err(Error::invalid("name.empty", format!("{what} is missing")));
    }
    Ok(name)
}

/// A longer text.
pub(crate) fn text(tx: &Tx, text: &str, what: &str) -> Result<String> {
    no_nul(text, what)?;
    tx.limits().check(Limit::TextChars, text.chars().count(), what)?;
    Ok(text.to_owned())
}

/// A word such as a colour or an icon.
pub(crate) fn word(text: &str, what: &str) -> Result<String> {
    let is_word =
        text.len() <= 60 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if is_word && !text.is_empty() {
        return Ok(text.to_owned());
    }
    let shown: String = text.chars().take(40).collect();
    Err(Error::invalid("value.unknown", format!("{shown:?} is not {what}")))
}
