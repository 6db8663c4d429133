//! What a repository may be called and told.

use super::{POLL_S_MAX, POLL_S_MIN, Repository, store};
use crate::git::is_plain_name;
use base::{Error, Result};
use db::Tx;

const NAME_CHARS: usize = 100;

pub(super) async fn refuse_taken(tx: &mut Tx, repository: &Repository) -> Result<()> {
    match store::by_name(tx, &repository.name).await? {
        Some(other) if other.id != repository.id => Err(Error::conflict(
            "repository.name_taken",
            format!("there is a repository {} already", other.name),
        )),
        _ => Ok(()),
    }
}

pub(super) fn name(name: String) -> Result<String> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts_well && name.len() <= NAME_CHARS && name.chars().all(is_good) {
        return Ok(name);
    }
    Err(Error::invalid(
        "repository.name",
        format!(
            "a repository's name has 1 to {NAME_CHARS} letters, digits, dashes, underscores and dots, and starts with a letter or digit"
        ),
    ))
}

pub(super) fn branch(branch: Option<String>) -> Result<Option<String>> {
    match branch {
        Some(branch) if !is_plain_name(&branch) => Err(Error::invalid(
            "repository.branch",
            "the default branch is not a name that git takes for a branch",
        )),
        branch => Ok(branch),
    }
}

pub(super) fn poll(poll_s: u64) -> Result<u64> {
    if poll_s == 0 || (POLL_S_MIN..=POLL_S_MAX).contains(&poll_s) {
        return Ok(poll_s);
    }
    let message = format!("poll_seconds is 0 for never, or {POLL_S_MIN} to {POLL_S_MAX}");
    Err(Error::invalid("repository.poll", message))
}
