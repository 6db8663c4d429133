#![doc = include_str!("../README.md")]

pub mod agents;
pub mod attempts;
pub mod cron;
pub mod day;
pub mod failing;
pub mod file;
pub mod found;
pub mod jobs;
pub mod notices;
pub mod runs;
pub mod secrets;

mod access;
mod digest;
#[cfg(test)]
mod fixture;
pub mod gate;
pub mod schedules;
mod triggers;
mod words;

pub use triggers::is_built;

use base::{Result, Right};
use blobs::Blobs;
use db::Tx;
use journal::Subject;
use web::App;

/// The files that runs keep; the wiring puts them among the parts of [`App`]. They have a folder of their own, because they are removed
/// when their time is over, and an attachment may have the same content.
#[derive(Clone, Debug)]
pub struct Files(pub Blobs);

/// The tables of jobs, runs, agents and schedules.
pub fn migrations() -> db::Migrations {
    db::Migrations {
        name: "jobs",
        steps: &[
            ("0001_jobs", include_str!("../migrations/0001_jobs.sql")),
            ("0002_runs", include_str!("../migrations/0002_runs.sql")),
            ("0003_agents", include_str!("../migrations/0003_agents.sql")),
            ("0004_schedules", include_str!("../migrations/0004_schedules.sql")),
            ("0005_agent_pools", include_str!("../migrations/0005_agent_pools.sql")),
            ("0006_notices", include_str!("../migrations/0006_notices.sql")),
            ("0007_remarks", include_str!("../migrations/0007_remarks.sql")),
            ("0008_failing_runs", include_str!("../migrations/0008_failing_runs.sql")),
            ("0009_webhooks", include_str!("../migrations/0009_webhooks.sql")),
            ("0010_switched_off", include_str!("../migrations/0010_switched_off.sql")),
            ("0011_freezes", include_str!("../migrations/0011_freezes.sql")),
            ("0012_given_with", include_str!("../migrations/0012_given_with.sql")),
            ("0013_zone_rules", include_str!("../migrations/0013_zone_rules.sql")),
        ],
    }
}

/// The native API of jobs, runs, agents and secrets. It needs [`repos::Mirrors`] and [`Files`] among the parts of the app.
pub fn api() -> web::api::Routes {
    jobs::routes()
        .merge(runs::routes())
        .merge(schedules::routes())
        .merge(agents::routes())
        .merge(attempts::routes())
        .merge(secrets::routes())
        .merge(triggers::webhooks::routes())
}

/// The pages of jobs, runs, agents and secrets.
pub fn pages() -> axum::Router<App> {
    axum::Router::new()
        .merge(jobs::pages::pages())
        .merge(runs::pages::pages())
        .merge(agents::pages::pages())
        .merge(secrets::pages::pages())
        .merge(triggers::webhooks::pages())
        .merge(schedules::pages())
}

/// `/hooks/job/{token}`: open to everybody, because the address is the right. It needs [`repos::Mirrors`] among the parts of the app.
pub fn hooks() -> axum::Router<App> {
    triggers::webhooks::doors()
}

/// What is done for jobs in the background.
pub fn chores(app: &App) -> Vec<chores::Handler> {
    let mut all = jobs::chores(app);
    all.extend(attempts::chores(app));
    all.extend(schedules::handlers(&app.db));
    all.extend(gate::chores(app));
    all.extend(notices::chores(app));
    all.extend(agents::pools::handlers(app));
    all
}

/// Periodic work.
pub fn periodic(app: &App) -> Vec<chores::Every> {
    let mut all = attempts::periodic(app);
    all.extend(schedules::periodic(&app.db));
    all.extend(gate::periodic(app));
    all.extend(agents::pools::periodic(app));
    all
}

/// Who follows the journal.
pub fn followers(_app: &App) -> Vec<journal::Follower> {
    vec![jobs::follower()]
}

/// Whether the actor may know that something about `subject` changed.
pub async fn may_see(tx: &mut Tx, subject: &Subject) -> Result<bool> {
    let seen = match subject.kind.as_ref() {
        "job" => jobs::require(tx, base::id::JobId(subject.id), Right::View).await.map(drop),
        "run" => runs::require(tx, base::id::RunId(subject.id), Right::View).await.map(drop),
        "run_output" => runs::require(tx, base::id::RunId(subject.id), Right::Log).await.map(drop),
        "agent" => agents::get(tx, base::id::AgentId(subject.id)).await.map(drop),
        "agent_pool" => agents::pools::list(tx).await.map(drop),
        _ => return Ok(false),
    };
    match seen {
        Ok(()) => Ok(true),
        Err(error) if error.is_missing() || error.kind() == base::Kind::Denied => Ok(false),
        Err(error) => Err(error),
    }
}
