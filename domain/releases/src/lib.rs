#![doc = include_str!("../README.md")]

pub mod deployments;
pub mod environments;
pub mod gate;
pub mod journeys;
pub mod locks;
pub mod openings;

pub mod stations;
pub mod timetable;
pub mod words;

mod candidate;
mod ship;
mod watch;

#[cfg(test)]
mod fixture;

pub use deployments::after_restart;

use base::id::{DeploymentId, EnvironmentId, RepositoryId, TaskId};
use base::{Result, Right};
use db::Tx;
use journal::Subject;
use std::path::PathBuf;
use web::App;

/// How this crate is to behave; the wiring puts it among the parts of [`App`].
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether the gate is judged in the transaction that starts a deployment. Always, but for the test which shows what
    /// happens otherwise.
    pub recheck: bool,
    /// The data folder.
    pub data: PathBuf,
}

/// The tables of environments, locks and deployments.
pub fn migrations() -> db::Migrations {
    db::Migrations {
        name: "releases",
        steps: &[
            ("0001_environments", include_str!("../migrations/0001_environments.sql")),
            ("0002_deployments", include_str!("../migrations/0002_deployments.sql")),
            ("0003_output_end", include_str!("../migrations/0003_output_end.sql")),
            ("0004_by_time", include_str!("../migrations/0004_by_time.sql")),
            ("0005_journeys", include_str!("../migrations/0005_journeys.sql")),
            ("0006_openings", include_str!("../migrations/0006_openings.sql")),
            ("0007_growing_output", include_str!("../migrations/0007_growing_output.sql")),
        ],
    }
}

/// The native API of environments, locks, the gate and deployments.
pub fn api() -> web::api::Routes {
    environments::api::api()
        .merge(locks::api::api())
        .merge(gate::api::api())
        .merge(deployments::api::api())
        .merge(journeys::api::api())
        .merge(openings::api::api())
}

/// The pages of environments, locks and deployments.
pub fn pages() -> axum::Router<App> {
    environments::pages::pages()
        .merge(locks::pages::pages())
        .merge(deployments::pages::pages())
        .merge(journeys::pages::pages())
}

/// What does this crate's chores.
pub fn chores(app: &App) -> Vec<chores::Handler> {
    let mut all = deployments::chores::handlers(app.db.clone(), app.blobs.clone());
    all.push(locks::chores::handler(app.db.clone()));
    all.push(journeys::handler(app));
    all
}

/// Periodic work: none. Whatever is due has a chore of its own at its own time.
pub fn periodic(_app: &App) -> Vec<chores::Every> {
    Vec::new()
}

/// Who follows the journal.
pub fn followers(_app: &App) -> Vec<journal::Follower> {
    let mut all = vec![watch::follower(), journeys::follower()];
    all.extend(openings::followers());
    all
}

/// Whether the actor may know that something about `subject` changed.
pub async fn may_see(tx: &mut Tx, subject: &Subject) -> Result<bool> {
    let seen = match subject.kind.as_ref() {
        "environment" => environments::require(tx, EnvironmentId(subject.id), Right::View).await.map(drop),
        "deployment" => deployments::get(tx, DeploymentId(subject.id)).await.map(drop),
        "lock" => locks::get(tx, TaskId(subject.id)).await.map(drop),
        _ => return Ok(false),
    };
    match seen {
        Ok(()) => Ok(true),
        Err(error) if error.is_missing() => Ok(false),
        Err(error) => Err(error),
    }
}

/// The places that the commits of a repository go to, as far as the actor sees them, in the order that a commit travels.
pub async fn places(tx: &mut Tx, repository: RepositoryId) -> Result<Vec<repos::Place>> {
    let mut all = Vec::new();
    for environment in environments::list(tx).await?.into_iter().filter(|e| e.repository == repository) {
        let commit = deployments::deployed(tx, &environment).await?.map(|deployment| deployment.commit);
        let (name, href) = (words::capital(&environment.name), format!("/environments/{}", environment.name));
        all.push(repos::Place { name, href, commit });
    }
    Ok(all)
}
