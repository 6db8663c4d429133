//! What happens when a repository was fetched: its job files are read, and pushes start what they start.

use super::{sources, store};
use crate::triggers;
use base::id::RepositoryId;
use base::{Actor, Error, Result};
use db::Tx;
use journal::{Entry, Follower};
use repos::Mirrors;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use web::App;

const SYNC: &str = "jobs.sync";

/// What moved in a repository.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Moved {
    repository: i64,
    refs: Vec<triggers::RefMoved>,
    /// The entry that told of it: what it started is not started again when the chore is done again.
    entry: i64,
}

/// Has the job files of every repository read that was fetched and looks different.
pub(crate) fn follower() -> Follower {
    Follower {
        name: "jobs.repositories",
        wants: |entry| {
            matches!(entry.verb.as_str(), "repository.fetched" | "repository.pushed") || moves_branch(entry)
        },
        act: Arc::new(|tx, entry| Box::pin(fetched(tx, entry))),
    }
}

/// Whether another branch is the default from now on: its job files count, and nothing was pushed.
fn moves_branch(entry: &Entry) -> bool {
    let branch = |when: &str| entry.data[when]["default_branch"].clone();
    entry.verb == "repository.changed" && branch("old") != branch("new")
}

async fn fetched(tx: &mut Tx, entry: &Entry) -> Result<()> {
    // A repository that was just registered did not get pushes: it was only read for the first time.
    let is_first = entry.data["old_state"] == "new";
    let refs = if is_first || entry.data["refs"].is_null() { json!([]) } else { entry.data["refs"].clone() };
    chores::enqueue(tx, SYNC, json!({"repository": entry.subject.id, "refs": refs, "entry": entry.seq}))
        .await
        .map(drop)
}

/// Has the job files of a repository read again, though nothing moved in it.
pub(super) async fn read_again(tx: &mut Tx, repository: RepositoryId) -> Result<()> {
    chores::enqueue(tx, SYNC, json!({"repository": repository, "refs": [], "entry": 0})).await.map(drop)
}

pub(crate) fn chores(app: &App) -> Vec<chores::Handler> {
    let app = app.clone();
    vec![chores::Handler::new(SYNC, move |chore| {
        let app = app.clone();
        async move {
            let moved: Moved = serde_json::from_value(chore.payload.clone()).map_err(|error| {
                Error::bug("chore.payload", "a chore of jobs cannot be read").because(error)
            })?;
            sync(&app, &moved).await
        }
    })]
}

async fn sync(app: &App, moved: &Moved) -> Result<()> {
    let id = RepositoryId(moved.repository);
    let system = Actor::system();
    let repository = match repos::get(&mut app.db.read(&system).await?, id).await {
        Ok(repository) => repository,
        // Removed meanwhile.
        Err(error) if error.is_missing() => return Ok(()),
        Err(error) => return Err(error),
    };
    let mirror = app.part::<Mirrors>()?.mirror(id);
    let head = match repository.default_branch() {
        Some(branch) => mirror.resolve(&format!("refs/heads/{branch}")).await,
        None => Err(Error::missing("commit.unknown", "the repository has no default branch")),
    };
    match head {
        Ok(commit) => {
            let read = sources::read(&mirror, id, &commit).await?;
            let mut tx = app.db.write(&system).await?;
            super::apply(&mut tx, &read).await?;
            tx.commit().await?;
        }
        // An empty repository, or one whose default branch was deleted: what was read last stays.
        Err(error) if matches!(error.code(), "commit.unknown" | "repository.shallow") => {}
        Err(error) => return Err(error),
    }
    if moved.refs.is_empty() || store::none_of(&mut app.db.read(&system).await?, id).await? {
        return Ok(());
    }
    triggers::pushed(app, &repository, &mirror, &moved.refs, moved.entry).await
}
