#![doc = include_str!("../README.md")]

pub mod commit;
#[cfg(test)]
mod fixture;
pub mod git;
pub mod hooks;
mod hosted;
mod looks;
mod mirrors;
mod places;
pub mod repository;
pub mod sealing;

pub use git::{Answer, Commit, Contains, Mirror, Range, Rule};
pub use hooks::is_proven;
pub use looks::SHOWN;
pub use mirrors::Mirrors;
pub use places::{Place, Places};
pub use repository::{Repository, find, get};
pub use sealing::Sealing;

use base::id::RepositoryId;
use base::{Actor, Error, Result};
use db::Db;
use std::time::Duration;
use web::App;

pub(crate) const FETCH: &str = "repos.fetch";
pub(crate) const DISCARD: &str = "repos.discard";
pub(crate) const TIDY: &str = "repos.tidy";
const POLL: &str = "repos.poll";

/// How exactly the time of the next look at a remote is kept.
const POLL_PAUSE: Duration = Duration::from_secs(5);

/// The tables of repositories.
pub fn migrations() -> db::Migrations {
    db::Migrations {
        name: "repos",
        steps: &[
            ("0001_repositories", include_str!("../migrations/0001_repositories.sql")),
            ("0002_hosted", include_str!("../migrations/0002_hosted.sql")),
        ],
    }
}

/// The native API, to be nested under `/api/v1`. It needs [`Mirrors`] among the parts of the app.
pub fn api() -> web::api::Routes {
    repository::api::routes().merge(commit::api::routes())
}

/// The pages of repositories and commits. They need [`Mirrors`] and [`Places`] among the parts of the app.
pub fn pages() -> axum::Router<App> {
    repository::pages::pages().merge(commit::pages::pages())
}

/// `/hooks/git/{token}`: open to everybody, because a push proves itself. It needs [`Mirrors`] among the parts of the app.
pub fn hooks() -> axum::Router<App> {
    hooks::routes()
}

/// `/git/NAME.git`: the repositories that are here, for git. It needs [`Mirrors`] among the parts of the app.
pub fn hosted() -> axum::Router<App> {
    hosted::routes()
}

/// Has every hosted repository looked at: what git took while nobody noticed is told now. At the start of a server.
pub async fn after_restart(tx: &mut db::Tx) -> Result<()> {
    repository::look_at_hosted(tx).await
}

/// What is done for repositories in the background: fetching, tidying, and discarding mirrors.
pub fn chores(app: &App) -> Vec<chores::Handler> {
    let (fetches, tidies, discards) = (app.clone(), app.clone(), app.clone());
    let fetch = chores::Handler::new(FETCH, move |chore| {
        let app = fetches.clone();
        async move { fetch_chore(&app.db, app.part::<Mirrors>()?, &chore).await }
    });
    let discard = chores::Handler::new(DISCARD, move |chore| {
        let app = discards.clone();
        async move { app.part::<Mirrors>()?.discard(&app.db, repository_of(&chore)?).await }
    });
    let tidy = chores::Handler::new(TIDY, move |chore| {
        let app = tidies.clone();
        async move { app.part::<Mirrors>()?.tidy(&app.db, repository_of(&chore)?).await }
    });
    vec![fetch, tidy, discard]
}

/// What is done for repositories again and again: having those fetched whose time has come.
pub fn periodic(app: &App) -> Vec<chores::Every> {
    let db = app.db.clone();
    let handler = chores::Handler::new(POLL, move |_| {
        let db = db.clone();
        async move { poll_chore(&db).await }
    });
    vec![chores::Every { handler, pause: POLL_PAUSE }]
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
