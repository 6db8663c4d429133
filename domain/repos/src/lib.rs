#![doc = include_str!("../README.md")]

pub mod commit;
#[cfg(test)]
mod fixture;
pub mod git;
pub mod hooks;
mod mirrors;
pub mod repository;
pub mod sealing;
pub mod targets;

pub use git::{Answer, Commit, Contains, Mirror, Range, Rule};
pub use mirrors::Mirrors;
pub use repository::{Repository, find, get};
pub use sealing::Sealing;
pub use targets::TargetPolicy;

use base::id::RepositoryId;
use base::{Actor, Error, Result};
use db::Db;
use std::time::Duration;

pub(crate) const FETCH: &str = "repos.fetch";
pub(crate) const DISCARD: &str = "repos.discard";
const POLL: &str = "repos.poll";

/// How exactly the time of the next look at a remote is kept.
const POLL_PAUSE: Duration = Duration::from_secs(5);

/// The tables of repositories.
pub fn migrations() -> db::Migrations {
    db::Migrations {
        name: "repos",
        steps: &[("0001_repositories", include_str!("../migrations/0001_repositories.sql"))],
    }
}

/// The native API, to be nested under `/api/v1`. It needs [`Mirrors`] among the parts of the app.
pub fn api() -> web::api::Routes {
    repository::api::routes().merge(commit::api::routes())
}

/// `/hooks/git/{token}`: open to everybody, because a push proves itself. It needs [`Mirrors`] among the parts of the app.
pub fn hooks() -> axum::Router<web::App> {
    hooks::routes()
}

/// What this crate does in the background: fetching, discarding mirrors, and looking for what is due.
pub fn chores(db: &Db, mirrors: &Mirrors) -> (Vec<chores::Handler>, Vec<chores::Every>) {
    let fetch = {
        let (db, mirrors) = (db.clone(), mirrors.clone());
        chores::Handler::new(FETCH, move |chore| {
            let (db, mirrors) = (db.clone(), mirrors.clone());
            async move { fetch_chore(&db, &mirrors, &chore).await }
        })
    };
    let discard = {
        let (db, mirrors) = (db.clone(), mirrors.clone());
        chores::Handler::new(DISCARD, move |chore| {
            let (db, mirrors) = (db.clone(), mirrors.clone());
            async move { mirrors.discard(&db, repository_of(&chore)?).await }
        })
    };
    let poll = {
        let db = db.clone();
        chores::Handler::new(POLL, move |_| {
            let db = db.clone();
            async move { poll_chore(&db).await }
        })
    };
    (vec![fetch, discard], vec![chores::Every { handler: poll, pause: POLL_PAUSE }])
}

/// A remote that is polled is tried again at its next look; any other by the chore itself.
async fn fetch_chore(db: &Db, mirrors: &Mirrors, chore: &chores::Chore) -> Result<()> {
    let id = repository_of(chore)?;
    let Err(error) = mirrors.fetch(db, id).await else { return Ok(()) };
    let mut tx = db.read(&Actor::system()).await?;
    match repository::get(&mut tx, id).await {
        Err(gone) if gone.is_missing() => Ok(()),
        Ok(repository) if repository.poll_s > 0 && error.kind() != base::Kind::Bug => {
            tracing::warn!(
                ?error,
                repository = repository.name,
                "the repository {} cannot be read",
                repository.name
            );
            Ok(())
        }
        _ => Err(error),
    }
}

async fn poll_chore(db: &Db) -> Result<()> {
    let system = Actor::system();
    let mut tx = db.read(&system).await?;
    if !repository::is_any_due(&mut tx).await? {
        return Ok(());
    }
    drop(tx);
    let mut tx = db.write(&system).await?;
    repository::due(&mut tx).await?;
    tx.commit().await
}

fn repository_of(chore: &chores::Chore) -> Result<RepositoryId> {
    let id = serde_json::from_value(chore.payload["repository"].clone());
    id.map_err(|error| Error::bug("chore.payload", "a chore names no repository").because(error))
}
