//! Looking at history, for pages: from what the mirror has, never from the remote, and each answer once. What a full id
//! leads to never changes, so an answer about full ids holds for ever; a page that is looked at again asks git nothing.

use crate::git::{Commit, Mirror, Range};
use crate::{Mirrors, Repository};
use base::{Result, Time};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// Commits of a range, or of a page of history, that are looked at.
pub const SHOWN: usize = 100;

/// Answers that are kept. Each has at most [`SHOWN`] titles and names.
const KEPT: usize = 64;

/// A range, or a page of history, by the mirror, where it starts and where it ends.
type Key = (PathBuf, String, String);

#[derive(Default)]
struct Kept {
    ranges: BTreeMap<Key, Arc<Range>>,
    pages: BTreeMap<Key, Arc<Vec<Commit>>>,
    /// The tip of the default branch as it was after a fetch.
    tips: BTreeMap<PathBuf, (Option<Time>, Option<String>, String)>,
}

static KEEP: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

fn kept() -> MutexGuard<'static, Kept> {
    // Whoever panicked with it left answers that are as true as before.
    KEEP.lock().unwrap_or_else(PoisonError::into_inner)
}

fn put<V>(all: &mut BTreeMap<Key, Arc<V>>, key: Key, value: V) -> Arc<V> {
    if all.len() >= KEPT {
        all.clear();
    }
    let value = Arc::new(value);
    all.insert(key, value.clone());
    value
}

/// Titles and names are what lists show; whole messages would fill the memory.
fn in_brief(mut commits: Vec<Commit>) -> Vec<Commit> {
    for commit in &mut commits {
        commit.message = String::new();
    }
    commits
}

/// Forgets the tip of a mirror whose refs were just looked at: two looks may fall into one instant.
pub(crate) fn moved(mirror: &Mirror) {
    kept().tips.remove(mirror.dir());
}

impl Mirrors {
    /// The tip of the default branch, as far as the mirror knows.
    pub async fn tip(&self, repository: &Repository) -> Result<String> {
        let mirror = self.mirror(repository.id);
        let key = mirror.dir().to_owned();
        let known = kept().tips.get(&key).cloned();
        if let Some((fetched_at, branch, tip)) = known
            && fetched_at == repository.fetched_at
            && branch.as_deref() == repository.default_branch()
        {
            return Ok(tip);
        }
        let tip = mirror.resolve("HEAD").await?;
        let branch = repository.default_branch().map(str::to_owned);
        kept().tips.insert(key, (repository.fetched_at, branch, tip.clone()));
        Ok(tip)
    }

    /// What going from one full id to another brings, with the first [`SHOWN`] commits.
    pub async fn brought(&self, repository: &Repository, from: Option<&str>, to: &str) -> Result<Arc<Range>> {
        let mirror = self.mirror(repository.id);
        let key = (mirror.dir().to_owned(), from.unwrap_or_default().to_owned(), to.to_owned());
        if let Some(known) = kept().ranges.get(&key) {
            return Ok(known.clone());
        }
        let mut range = mirror.range(from, to, SHOWN).await?;
        range.commits = in_brief(range.commits);
        Ok(put(&mut kept().ranges, key, range))
    }

    /// [`SHOWN`] commits of the history of a full id and one more when there are more, leaving out the first `skip`.
    pub async fn page_of(&self, repository: &Repository, of: &str, skip: usize) -> Result<Arc<Vec<Commit>>> {
        let mirror = self.mirror(repository.id);
        let key = (mirror.dir().to_owned(), of.to_owned(), skip.to_string());
        if let Some(known) = kept().pages.get(&key) {
            return Ok(known.clone());
        }
        let page = in_brief(mirror.history(of, skip, SHOWN + 1).await?);
        Ok(put(&mut kept().pages, key, page))
    }
}
