//! Turns what people write into exactly one commit, or says why not.
//!
//! Accepted: a full id, the beginning of one (four digits or more), a branch, a tag, a full ref name, `HEAD` for the default branch.
//! Nothing that computes (`main~1`, `a..b`, `@{u}`): what is asked for has to mean the same at the next reading.

use super::Mirror;
use super::refs::{OURS, is_plain_name};
use base::{Error, Result};
use std::collections::BTreeMap;

/// A shorter beginning of an id is not looked for; git itself has the same bound.
const PREFIX_MIN: usize = 4;
/// From here on the beginning of an id competes with a branch of that name; a shorter one would often hit by chance.
const PREFIX_SURE: usize = 7;
/// So many meanings of an ambiguous name are told.
const MEANINGS_TOLD: usize = 5;

impl Mirror {
    /// The one commit that `rev` means. Codes: `commit.unknown`, `commit.ambiguous`, `repository.shallow`.
    pub async fn resolve(&self, rev: &str) -> Result<String> {
        if !self.exists().await {
            return Err(unknown(rev));
        }
        self.refuse_shallow().await?;
        let rev = rev.trim();
        let meanings = self.meanings(rev).await?;
        let mut commits: Vec<&String> = meanings.values().collect();
        commits.sort();
        commits.dedup();
        match commits[..] {
            [] => Err(unknown(rev)),
            [one] => Ok(one.clone()),
            _ => Err(ambiguous(rev, &meanings)),
        }
    }

    /// Every meaning of `rev` by its unmistakable name, with its commit.
    async fn meanings(&self, rev: &str) -> Result<BTreeMap<String, String>> {
        if is_full_id(rev) {
            let rev = rev.to_ascii_lowercase();
            return self.commits(vec![rev]).await;
        }
        let mut names = Vec::new();
        if rev == "HEAD" || (rev.starts_with("refs/") && is_plain_name(rev) && !rev.starts_with(OURS)) {
            names.push(rev.to_owned());
        }
        if is_plain_name(rev) {
            names.extend([format!("refs/heads/{rev}"), format!("refs/tags/{rev}")]);
        }
        let mut meanings = self.commits(names).await?;
        let is_prefix = rev.len() >= PREFIX_MIN && rev.chars().all(|c| c.is_ascii_hexdigit());
        if is_prefix && (meanings.is_empty() || rev.len() >= PREFIX_SURE) {
            let option = format!("--disambiguate={}", rev.to_ascii_lowercase());
            let printed = self.call(["rev-parse", &option]).output().await?;
            let objects = String::from_utf8_lossy(&printed).lines().map(str::to_owned).collect();
            meanings.extend(self.commits(objects).await?);
        }
        Ok(meanings)
    }

    /// The commits behind `names`; those that are missing or no commits are left out.
    pub(crate) async fn commits(&self, names: Vec<String>) -> Result<BTreeMap<String, String>> {
        if names.is_empty() {
            return Ok(BTreeMap::new());
        }
        let asked: String = names.iter().map(|name| format!("{name}^{{commit}}\n")).collect();
        let check = "--batch-check=%(objectname) %(objecttype)";
        let printed = self.call(["cat-file", check]).input(asked).output().await?;
        let printed = String::from_utf8_lossy(&printed).into_owned();
        let commit = |line: &str| {
            line.split_once(' ').filter(|(_, kind)| *kind == "commit").map(|(id, _)| id.to_owned())
        };
        let found = names.into_iter().zip(printed.lines());
        Ok(found.filter_map(|(name, line)| Some((name, commit(line)?))).collect())
    }
}

/// Whether `text` is a full id, of either kind.
pub fn is_full_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn unknown(rev: &str) -> Error {
    let shown: String = rev.chars().take(100).collect();
    Error::invalid(
        "commit.unknown",
        format!("{shown:?} is no commit, branch or tag of the repository; has it been pushed?"),
    )
}

fn ambiguous(rev: &str, meanings: &BTreeMap<String, String>) -> Error {
    let told: Vec<&str> = meanings.keys().take(MEANINGS_TOLD).map(String::as_str).collect();
    let more = meanings.len() - told.len();
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    let message = format!("{rev:?} could mean {}{rest}; write which", told.join(", "));
    Error::invalid("commit.ambiguous", message).with_detail(serde_json::json!({ "candidates": told }))
}
