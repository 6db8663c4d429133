//! Looking for commits: those whose message says something, and those of some that a commit does not contain.

use super::Mirror;
use super::range::{Commit, LOG_FORMAT, lines, read};
use base::Result;
use std::collections::BTreeSet;

/// Tips that one look begins behind; what a repository has more of is looked at again.
const TIPS_MAX: usize = 5_000;

impl Mirror {
    /// Every commit that a ref names, each once, as full ids: where the next look begins.
    pub async fn heads(&self) -> Result<Vec<String>> {
        let tips: BTreeSet<String> = self.tips().await?.into_values().filter_map(|tip| tip.commit).collect();
        Ok(tips.into_iter().take(TIPS_MAX).collect())
    }

    /// The commits on any ref, at most `limit`, newest first, whose message matches one of `patterns` (extended regular expressions,
    /// whatever their case), leaving out what the commits `seen` contain. Ids in `seen` that are gone leave nothing out.
    pub async fn saying(&self, patterns: &[&str], seen: &[String], limit: usize) -> Result<Vec<Commit>> {
        let mut arguments: Vec<String> = [
            "log",
            "--all",
            "--ignore-missing",
            "--topo-order",
            "--no-show-signature",
            "--no-color",
            "--extended-regexp",
            "--regexp-ignore-case",
            LOG_FORMAT,
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.push(format!("--max-count={limit}"));
        arguments.extend(patterns.iter().map(|pattern| format!("--grep={pattern}")));
        arguments.push("--stdin".to_owned());
        let seen: Vec<String> = seen.iter().map(|id| format!("^{id}")).collect();
        let printed = self.call(arguments).input(lines(&seen)).output().await?;
        Ok(read(&String::from_utf8_lossy(&printed)))
    }

    /// Those of `commits` that are not in the history of `of`; all are full ids. One question, however many there are.
    pub async fn outside(&self, commits: &[String], of: &str) -> Result<BTreeSet<String>> {
        if commits.is_empty() {
            return Ok(BTreeSet::new());
        }
        let mut asked = commits.to_vec();
        asked.push(format!("^{of}"));
        let printed =
            self.call(["rev-list", "--ignore-missing", "--stdin"]).input(lines(&asked)).output().await?;
        let wanted: BTreeSet<&str> = commits.iter().map(String::as_str).collect();
        let printed = String::from_utf8_lossy(&printed);
        Ok(printed.lines().filter(|id| wanted.contains(id)).map(str::to_owned).collect())
    }
}
