//! What needs git: a name to a commit, and what a commit would bring. Asked before the transaction, never inside one.

use crate::deployments::{self, Kind, Prepared, Range, RangeCommit};
use crate::environments::Environment;
use crate::gate::Candidate;
use base::{Actor, Error, Kind as Fault, Result};
use db::Db;
use repos::Mirrors;
use repos::git::is_full_id;
use repos::repository::Repository;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The commits of a range that are kept with the deployment.
const COMMITS: usize = 100;

/// Commits that a mirror was once seen to have. A mirror never forgets, so that this needs no asking twice; cron lines on many
/// machines ask for the same few commits again and again, and a look into git costs more than all the rest of a refusal.
static SEEN: Mutex<BTreeSet<(PathBuf, String)>> = Mutex::new(BTreeSet::new());

/// Commits that are remembered.
const KNOWN: usize = 10_000;

fn known() -> MutexGuard<'static, BTreeSet<(PathBuf, String)>> {
    // Whoever panicked with it left a set that is as true as before.
    SEEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers for commits, for one environment.
pub(crate) struct Git<'a> {
    db: &'a Db,
    mirrors: &'a Mirrors,
    repository: Repository,
}

impl<'a> Git<'a> {
    /// Looks up the repository of an environment.
    pub async fn of(db: &'a Db, mirrors: &'a Mirrors, environment: &Environment) -> Result<Self> {
        let mut tx = db.read(&Actor::system()).await?;
        let repository = repos::repository::get(&mut tx, environment.repository).await?;
        Ok(Self { db, mirrors, repository })
    }

    /// The full id of the commit that `name` means; an error says why it means none, or several.
    pub async fn resolve(&self, name: &str) -> Result<String> {
        let key = (self.mirrors.mirror(self.repository.id).dir().to_owned(), name.to_owned());
        if is_full_id(name) && known().contains(&key) {
            return Ok(name.to_owned());
        }
        let commit = self.mirrors.resolve(self.db, &self.repository, name).await?;
        if is_full_id(name) && commit == name {
            let mut known = known();
            if known.len() >= KNOWN {
                known.clear();
            }
            known.insert(key);
        }
        Ok(commit)
    }

    /// The candidate that `name` means, for the gate: what cannot be said is not green.
    pub async fn candidate(&self, name: Option<&str>) -> Result<Candidate> {
        let Some(name) = name else { return Ok(Candidate::Unasked) };
        match self.resolve(name).await {
            Ok(commit) => Ok(Candidate::Known { commit }),
            Err(error)
                if matches!(
                    error.kind(),
                    Fault::Invalid | Fault::Missing | Fault::Conflict | Fault::Unavailable
                ) =>
            {
                let why = error.message().trim_end_matches('.').to_owned();
                Ok(Candidate::Unknown { given: name.to_owned(), why })
            }
            Err(error) => Err(error),
        }
    }

    /// What deploying `commit` would bring to the environment as it is now.
    pub async fn prepare(&self, environment: &Environment, commit: &str, kind: Kind) -> Result<Prepared> {
        let deployed = {
            let mut tx = self.db.read(&Actor::system()).await?;
            deployments::deployed(&mut tx, environment).await?
        };
        let previous = deployed.as_ref().map(|deployment| deployment.commit.clone());
        let Some(from) = previous.as_deref() else {
            let range = Range { to: commit.to_owned(), ..Range::default() };
            return Ok(Prepared { previous_commit: None, range, is_behind: false });
        };
        if from == commit {
            let range = Range {
                from: Some(from.to_owned()),
                to: from.to_owned(),
                count: Some(0),
                commits: Vec::new(),
            };
            return Ok(Prepared { previous_commit: previous, range, is_behind: false });
        }
        let (range, is_behind) = match self.mirrors.range(&self.repository, Some(from), commit, COMMITS).await
        {
            Ok(range) => {
                let is_behind = range.count == 0 && range.leaving > 0;
                // Going back, what people need to see is what leaves.
                let shown = match kind {
                    Kind::Rollback => {
                        self.mirrors.range(&self.repository, Some(commit), from, COMMITS).await?
                    }
                    Kind::Forward | Kind::Redeploy => range,
                };
                (kept(from, commit, shown), is_behind)
            }
            // What runs there may come from a repository that the environment no longer uses: then nothing can be said of the
            // range, and nothing stands in the way of a commit that is known.
            Err(error) if matches!(error.kind(), Fault::Invalid | Fault::Missing) => {
                (unknown(from, commit, &error), false)
            }
            Err(error) => return Err(error),
        };
        Ok(Prepared { previous_commit: previous, range, is_behind })
    }
}

fn kept(from: &str, to: &str, range: repos::Range) -> Range {
    let commits = range.commits.into_iter();
    Range {
        from: Some(from.to_owned()),
        to: to.to_owned(),
        count: Some(range.count),
        commits: commits.map(|c| RangeCommit { id: c.id, title: c.title, author: c.author }).collect(),
    }
}

fn unknown(from: &str, to: &str, error: &Error) -> Range {
    tracing::info!(code = error.code(), from, to, "the range of a deployment cannot be said");
    Range { from: Some(from.to_owned()), to: to.to_owned(), count: None, commits: Vec::new() }
}
