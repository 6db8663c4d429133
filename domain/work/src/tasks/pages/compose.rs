//! Descriptions and comments between people's typing ([`crate::rich_text::source`]) and what is stored.

use super::common::mentionable;
use crate::mentions;
use crate::names::Text;
use crate::rich_text::source::{self, Known};
use crate::rich_text::{Flavour, RichText};
use base::Result;
use db::Tx;
use web::App;

async fn read(app: &App, tx: &mut Tx, typed: &str, flavour: Flavour) -> Result<Text> {
    let known = Known {
        people: mentionable(tx, typed).await?,
        origin: app.public_url.as_str().trim_end_matches('/').to_owned(),
    };
    let text = source::read(typed, flavour, &known);
    // The text as it was meant: a backslash that only protected a mark is gone.
    Ok(if text.is_plain() { Text::Plain(text.plain(&|_| None)) } else { Text::Rich(text.to_stored()) })
}

/// A description.
pub(crate) async fn notes(app: &App, tx: &mut Tx, typed: &str) -> Result<Text> {
    read(app, tx, typed.trim_end(), Flavour::Notes).await
}

/// A comment.
pub(super) async fn comment(app: &App, tx: &mut Tx, typed: &str) -> Result<Text> {
    read(app, tx, typed.trim(), Flavour::Comment).await
}

/// What to type for these stored texts, for the reader.
pub(crate) async fn typed(tx: &mut Tx, texts: &[(Option<&str>, &str)]) -> Result<Vec<String>> {
    let parsed: Vec<RichText> = texts
        .iter()
        .map(|(html, plain)| match html {
            Some(xml) => RichText::parse(xml, Flavour::Notes),
            None => Ok(RichText::plain_text(plain)),
        })
        .collect::<Result<_>>()?;
    let targets = mentions::targets_of(tx, &parsed).await?;
    Ok(parsed.iter().map(|text| text.source(&|id| targets.get(&id).cloned())).collect())
}
