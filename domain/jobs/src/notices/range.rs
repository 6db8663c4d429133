//! What came into the job since it last passed, and who wrote it. Git is asked outside of transactions, and never keeps a notice back.

use super::facts::Facts;
use repos::{Commit, Mirrors};

/// Commits that are named, and authors that are told.
const COMMITS: usize = 50;

/// The commits since the last run that passed.
#[derive(Clone, Debug, Default)]
pub(super) struct Range {
    /// How many there are.
    pub count: u64,
    /// The newest of them.
    pub commits: Vec<Commit>,
    /// Whether they could be read.
    pub is_known: bool,
}

impl Range {
    /// The addresses of who wrote them, each once.
    pub fn authors(&self) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = Vec::new();
        for commit in &self.commits {
            let address = commit.author_email.trim().to_lowercase();
            if !address.is_empty() && !all.iter().any(|(known, _)| *known == address) {
                all.push((address, commit.author.clone()));
            }
        }
        all
    }
}

pub(super) async fn load(mirrors: &Mirrors, facts: &Facts) -> Range {
    let mirror = mirrors.mirror(facts.run.repository);
    let found = match &facts.good {
        Some(good) => mirror.range(Some(&good.commit), &facts.run.commit, COMMITS).await.map(|range| Range {
            count: range.count,
            commits: range.commits,
            is_known: true,
        }),
        // It never passed: what it stands on is all that is new for certain.
        None => mirror.history(&facts.run.commit, 0, 1).await.map(|commits| Range {
            count: commits.len() as u64,
            commits,
            is_known: true,
        }),
    };
    found.unwrap_or_else(|error| {
        tracing::warn!(?error, run = facts.run.number, "the commits of a run could not be read for a notice");
        Range::default()
    })
}
