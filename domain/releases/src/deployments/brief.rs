//! Deployments in brief: what strips, histories and the timetable need, without the commits that each one brought.

mod store;

use super::{Kind, State};
use base::id::{DeploymentId, EnvironmentId, TaskId};
use base::{Result, Time};
use db::Tx;
use std::time::Duration;

/// A deployment in brief.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// Its id.
    pub id: DeploymentId,
    /// Its number, which people say.
    pub number: i64,
    /// Where it went.
    pub environment: EnvironmentId,
    /// What sort of deployment it was.
    pub kind: Kind,
    /// How it is, or how it ended.
    pub state: State,
    /// The full id of its commit.
    pub commit: String,
    /// The commit that was there before.
    pub previous_commit: Option<String>,
    /// The slot that it belongs to.
    pub slot: Option<Time>,
    /// Who asked for it.
    pub by: String,
    /// Its task.
    pub task: Option<TaskId>,
    /// When it was asked for.
    pub requested_at: Time,
    /// When it started.
    pub started_at: Option<Time>,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// The exit code of its command.
    pub exit_code: Option<i64>,
    /// How it ended, in somebody's words.
    pub reason: Option<String>,
}

impl Brief {
    /// Its commit as git shows it.
    pub fn short_commit(&self) -> &str {
        crate::gate::short(&self.commit)
    }

    /// When it started; while it waits, when it was asked for.
    pub fn began_at(&self) -> Time {
        self.started_at.unwrap_or(self.requested_at)
    }

    /// How long it took, once it is over.
    pub fn took(&self) -> Option<Duration> {
        Some(self.ended_at?.since(self.started_at?))
    }
}

/// The last deployments of an environment, newest first. The caller has checked that the actor sees it.
pub async fn recent(
    tx: &mut Tx,
    environment: EnvironmentId,
    before: Option<DeploymentId>,
    limit: usize,
) -> Result<Vec<Brief>> {
    store::recent(tx, environment, before, limit).await
}

/// The deployments of some environments that were asked for from an instant to before another, oldest first. The caller has
/// checked that the actor sees the environments.
pub async fn between(
    tx: &mut Tx,
    environments: &[EnvironmentId],
    from: Time,
    until: Time,
    limit: usize,
) -> Result<Vec<Brief>> {
    if environments.is_empty() {
        Ok(Vec::new())
    } else {
        store::between(tx, environments, from, until, limit).await
    }
}

/// The state of the deployment that occupies each environment, with the end of its lease, and how the last one ended there.
pub(crate) async fn states(tx: &mut Tx) -> Result<Vec<Standing>> {
    store::states(tx).await
}

/// Where an environment stands.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub environment: EnvironmentId,
    pub live: Option<State>,
    pub lease_until: Option<Time>,
    pub last: Option<State>,
}
