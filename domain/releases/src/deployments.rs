//! A deployment is one attempt to bring a commit to an environment. Whether it may start is the gate's decision, made in the
//! transaction that starts it ([`start`]). While it is live it holds a lease ([`report`], [`expire`]) and a token that rises with every
//! start of its environment; it ends in exactly one way ([`finish`], [`abort`], [`resolve`]). People see it as a task.
//!
//! A refused attempt is no deployment and no task: it is counted on the locks that refused it and entered in the journal.

pub mod api;
pub mod brief;
pub mod chores;
pub mod log;
pub mod state;

mod asking;
mod end;
mod lease;
pub(crate) mod pages;
mod queue;
mod record;
mod start;
mod store;
mod task;

#[cfg(test)]
mod tests;

pub use asking::ask;
pub use end::{Ending, abort, finish, resolve};
pub use lease::{Order, after_restart, expire, heartbeat};
pub use record::{Deployment, Kind, Range, RangeCommit};
pub use start::{Check, Prepared, Request, Started, start};
pub use state::{Outcome, State};

use crate::environments;
use base::id::{DeploymentId, EnvironmentId};
use base::{Error, Result, Right};
use db::Tx;
use journal::Subject;

fn subject(id: DeploymentId) -> Subject {
    Subject::new("deployment", id.0)
}

fn missing(what: impl std::fmt::Display) -> Error {
    Error::missing("deployment.missing", format!("There is no deployment {what}, or you may not see it"))
}

fn parents(deployment: &Deployment, environment: &environments::Environment) -> Vec<Subject> {
    let mut all = vec![environment.subject(), Subject::new("project", environment.deployment_project.0)];
    all.extend(deployment.task.map(|task| Subject::new("task", task.0)));
    all
}

/// Finds a deployment by its id or its short number. No right is asked for.
async fn find(tx: &mut Tx, id: DeploymentId) -> Result<Deployment> {
    let found =
        if id.0 < base::id::FIRST { store::by_number(tx, id.0).await? } else { store::get(tx, id).await? };
    found.ok_or_else(|| missing(id))
}

async fn with_right(
    tx: &mut Tx,
    id: DeploymentId,
    right: Right,
) -> Result<(Deployment, environments::Environment)> {
    let deployment = find(tx, id).await?;
    match environments::require(tx, deployment.environment, right).await {
        Ok(environment) => Ok((deployment, environment)),
        Err(error) if error.is_missing() => Err(missing(id)),
        Err(error) => Err(error),
    }
}

/// Returns a deployment that the actor sees; `id` may also be its short number.
pub async fn get(tx: &mut Tx, id: DeploymentId) -> Result<Deployment> {
    Ok(with_right(tx, id, Right::View).await?.0)
}

/// A deployment that the actor may drive, and its environment. Neither is held yet.
async fn driven(tx: &mut Tx, id: DeploymentId) -> Result<(Deployment, environments::Environment)> {
    with_right(tx, id, Right::Deploy).await
}

/// Which deployments are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this environment.
    pub environment: Option<EnvironmentId>,
    /// Only those in one of these states.
    pub states: Vec<State>,
    /// Only those before this one.
    pub before: Option<DeploymentId>,
    /// At most so many.
    pub limit: usize,
}

/// Lists deployments that the actor sees, newest first.
pub async fn list(tx: &mut Tx, filter: &Filter) -> Result<Vec<Deployment>> {
    let seen: Vec<EnvironmentId> = match filter.environment {
        Some(environment) => vec![environments::require(tx, environment, Right::View).await?.id],
        None => environments::list(tx).await?.into_iter().map(|environment| environment.id).collect(),
    };
    store::list(tx, filter, &seen).await
}

/// The deployment that occupies an environment. No right is asked for.
pub(crate) async fn live(tx: &mut Tx, environment: EnvironmentId) -> Result<Option<Deployment>> {
    store::live(tx, environment).await
}

/// The deployment that waits longest for its turn and still wants it. No right is asked for.
pub(crate) async fn first_waiting(tx: &mut Tx, environment: EnvironmentId) -> Result<Option<Deployment>> {
    let now = tx.now();
    store::first_waiting(tx, environment, now).await
}

/// The deployment whose commit is on an environment now.
pub async fn deployed(tx: &mut Tx, environment: &environments::Environment) -> Result<Option<Deployment>> {
    match environment.deployed {
        Some(id) => store::get(tx, id).await,
        None => Ok(None),
    }
}
