//! What came into a run since the one before it on its branch.

use crate::call::Call;
use base::Result;
use db::Tx;
use jobs::jobs::Job;
use jobs::runs::{self, Filter, Run};
use repos::{Commit, Mirrors, Repository};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Commits that are told of one run; its size counts all.
const COMMITS: usize = 100;

/// Runs among which the one before is looked for: others of the job may be on other branches.
const RUNS: usize = 100;

/// Files that are told of one commit.
const FILES: usize = 1_000;

/// The commits of a run, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// How many there are.
    pub count: usize,
    /// As many of them as are told.
    pub commits: Vec<Commit>,
    /// What each of them changed, where that was asked for.
    files: BTreeMap<String, Vec<String>>,
    repository: String,
}

/// The branch that a run is on: the default branch where it was asked for by no name.
pub fn branch<'a>(repository: &'a Repository, run: &'a Run) -> Option<&'a str> {
    let asked = run.reference.as_deref().map(|name| name.trim_start_matches("refs/heads/"));
    asked.or_else(|| repository.default_branch())
}

impl Changes {
    /// Reads them. The first run on a branch has none; nor has one whose commits are gone from the repository.
    pub async fn load(call: &Call<'_>, tx: &mut Tx, job: &Job, run: &Run, with_files: bool) -> Result<Self> {
        let repository = match repos::get(tx, run.repository).await {
            Err(error) if error.is_missing() => return Ok(Self::default()),
            found => found?,
        };
        let filter = Filter { job: Some(job.id), before: Some(run.id), limit: RUNS, ..Filter::default() };
        let earlier = runs::list(tx, &filter).await?;
        let own = branch(&repository, run);
        let Some(before) = earlier.iter().find(|other| branch(&repository, other) == own) else {
            return Ok(Self::default());
        };
        if before.commit == run.commit {
            return Ok(Self::default());
        }
        let mirror = call.app.part::<Mirrors>()?.mirror(run.repository);
        let range = match mirror.range(Some(&before.commit), &run.commit, COMMITS).await {
            Ok(range) => range,
            Err(error) => {
                tracing::warn!(?error, run = run.number, "the commits of a run could not be read");
                return Ok(Self::default());
            }
        };
        let mut files = BTreeMap::new();
        for commit in range.commits.iter().filter(|_| with_files) {
            if let Some(parent) = commit.parents.first() {
                let changed = mirror.changed(parent, &commit.id, FILES).await?;
                files.insert(commit.id.clone(), changed.unwrap_or_default());
            }
        }
        let count = usize::try_from(range.count).unwrap_or(usize::MAX);
        Ok(Self { count, commits: range.commits, files, repository: repository.name })
    }

    /// They as records.
    pub fn records(&self, call: &Call<'_>) -> Vec<Value> {
        self.commits.iter().map(|commit| self.record(call, commit)).collect()
    }

    fn record(&self, call: &Call<'_>, commit: &Commit) -> Value {
        let mut all = json!({
            "changesetId": commit.id,
            "author": commit.author,
            "fullName": commit.author,
            "userName": commit.author_email,
            "comment": commit.message,
            "date": commit.committed_at.to_string(),
            "commitUrl": call.app.link(&format!("/repositories/{}/commits/{}", self.repository, commit.id)),
            "expand": "files",
        });
        if let Some(files) = self.files.get(&commit.id) {
            let files = files.iter().map(|name| json!({"name": name, "revision": commit.id})).collect();
            all["files"] = crate::wire::page::whole("file", files);
        }
        all
    }
}
