//! The lease of a live deployment: renewed by every report of its wrapper, and what happens when it runs out.
//!
//! Running out frees nothing: whatever was started may still be writing. The deployment is lost and occupies its environment
//! until its wrapper comes back or a person resolves it.

use super::start::lease;
use super::state::{Event, State};
use super::{Deployment, chores, missing, parents, store, subject, task};
use crate::environments;
use base::id::DeploymentId;
use base::{Error, Result};
use db::Tx;
use serde_json::json;

/// What the wrapper is told in return for a report.
#[derive(Clone, Debug)]
pub struct Order {
    /// Seconds that it may be silent from now.
    pub lease_s: u64,
    /// Whether it is to stop, and why.
    pub abort: Option<String>,
}

fn lost() -> Error {
    Error::gone("lease.lost", "This token no longer holds a deployment here: stop what you are doing")
}

/// Takes a sign of life and renews the lease. A lost deployment goes on with it.
pub async fn heartbeat(tx: &mut Tx, id: DeploymentId, token: i64) -> Result<Order> {
    let deployment = reported(tx, id, token).await?;
    let until = tx.now().plus(lease(tx));
    store::set_lease(tx, deployment.id, until).await?;
    Ok(Order {
        lease_s: lease(tx).as_secs(),
        abort: (deployment.state == State::Aborting).then(|| {
            deployment.abort_reason.clone().unwrap_or_else(|| "somebody asked for it to stop".to_owned())
        }),
    })
}

/// Checks the token of a report and moves the deployment to the state that reporting means. The lease is the caller's.
pub(super) async fn reported(tx: &mut Tx, id: DeploymentId, token: i64) -> Result<Deployment> {
    let (seen, environment) = super::driven(tx, id).await?;
    if seen.token != Some(token) {
        return Err(lost());
    }
    if seen.state == State::Lost {
        environments::hold(tx, environment.id).await?;
    }
    let mut deployment = store::hold(tx, seen.id).await?.ok_or_else(|| missing(id))?;
    if deployment.state == State::Lost && seen.state != State::Lost {
        return Err(Error::unavailable(
            "deployment.moved",
            "This deployment was just declared lost; report again",
        ));
    }
    let before = deployment.state;
    deployment.state = before.after(Event::Report, deployment.abort_asked())?;
    if deployment.state == before {
        return Ok(deployment);
    }
    let now = tx.now();
    deployment.state_at = now;
    deployment.lease_until = Some(now.plus(lease(tx)));
    store::update(tx, &deployment).await?;
    let verb = if before == State::Lost {
        environments::bump(tx, environment.id).await?;
        chores::watch_lease(tx, &deployment).await?;
        "deployment.resumed"
    } else {
        "deployment.reported"
    };
    let data =
        json!({"environment": environment.name, "number": deployment.number, "state": deployment.state});
    journal::enter(tx, verb, subject(deployment.id), &parents(&deployment, &environment), data);
    Ok(deployment)
}

/// Judges the lease of a deployment: lost when it has run out, or watched again until it does.
pub async fn expire(tx: &mut Tx, id: DeploymentId) -> Result<()> {
    let Some(seen) = store::get(tx, id).await? else { return Ok(()) };
    let environment = environments::hold(tx, seen.environment).await?;
    let Some(mut deployment) = store::hold(tx, id).await? else { return Ok(()) };
    if deployment.state == State::Lost || deployment.state.is_over() {
        return Ok(());
    }
    let now = tx.now();
    if deployment.lease_until.is_some_and(|until| until > now) {
        return chores::watch_lease(tx, &deployment).await;
    }
    deployment.state = deployment.state.after(Event::LeaseOver, false)?;
    deployment.state_at = now;
    deployment.lease_until = None;
    let verb = if deployment.state == State::Lost {
        let text = "The machine that ran this deployment stopped reporting, and nobody knows how it ended. Until it \
                    reports again or somebody resolves it, nothing else is deployed here.";
        task::say(tx, &deployment, Some(text.to_owned())).await?;
        "deployment.lost"
    } else {
        // It waited for its turn and its machine went away: it never ran, and its slot is free again.
        deployment.ended_at = Some(now);
        deployment.slot = None;
        deployment.reason = Some("nobody asked for its turn any more".to_owned());
        "deployment.aborted"
    };
    store::update(tx, &deployment).await?;
    environments::bump(tx, environment.id).await?;
    let data = json!({
        "environment": environment.name, "number": deployment.number, "commit": deployment.commit,
        "host": deployment.host, "pid": deployment.pid,
    });
    journal::enter(tx, verb, subject(id), &parents(&deployment, &environment), data);
    Ok(())
}

/// Gives every live lease its full length again. Called once at the start of a server, before anything judges leases: while it
/// was down nobody could report.
pub async fn after_restart(tx: &mut Tx) -> Result<u64> {
    let until = tx.now().plus(lease(tx));
    store::renew_all(tx, until).await
}
