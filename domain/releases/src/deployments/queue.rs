//! Waiting for a turn.
//!
//! Whoever waits asks again, with the same request; that renews the place for a lease and, when the gate is open, is the
//! start. Nothing is started for a machine that no longer asks.

use super::start::{Prepared, Request, lease, new};
use super::state::Event;
use super::{Deployment, chores, parents, store, subject};
use crate::environments::{self, Environment};
use base::{Error, Result};
use db::Tx;
use serde_json::json;

/// Lets a deployment wait, or keeps its place in the queue for another while. Without asking again it loses it: a machine that went
/// away must not hold up those behind it.
pub(super) async fn wait(
    tx: &mut Tx,
    environment: &Environment,
    request: &Request,
    prepared: &Prepared,
    waiting: Option<Deployment>,
) -> Result<Deployment> {
    let until = tx.now().plus(lease(tx));
    if let Some(mut waiting) = waiting {
        store::set_lease(tx, waiting.id, until).await?;
        waiting.lease_until = Some(until);
        return Ok(waiting);
    }
    if request.key.is_none() {
        return Err(Error::invalid(
            "idempotency.needed",
            "A deployment that may wait needs an Idempotency-Key: the same request again asks for its turn",
        ));
    }
    // At most one of each person's waits in front of an environment: a newer one takes the place of the older.
    if let Some(user) = tx.actor().user {
        for mut older in store::waiting_of(tx, environment.id, user).await? {
            supersede(tx, environment, &mut older).await?;
        }
    }
    let mut deployment = new(tx, environment, request).await?;
    deployment.lease_until = Some(until);
    deployment.previous_commit = prepared.previous_commit.clone();
    deployment.range = prepared.range.clone();
    store::insert(tx, &deployment).await?;
    environments::bump(tx, environment.id).await?;
    chores::watch_lease(tx, &deployment).await?;
    let data =
        json!({"environment": environment.name, "number": deployment.number, "commit": deployment.commit});
    journal::enter(tx, "deployment.queued", subject(deployment.id), &parents(&deployment, environment), data);
    Ok(deployment)
}

pub(super) async fn supersede(
    tx: &mut Tx,
    environment: &Environment,
    waiting: &mut Deployment,
) -> Result<()> {
    let now = tx.now();
    waiting.state = waiting.state.after(Event::Overtaken, false)?;
    waiting.state_at = now;
    waiting.ended_at = Some(now);
    waiting.lease_until = None;
    // It never ran, so its slot is free for whoever asks again.
    waiting.slot = None;
    store::update(tx, waiting).await?;
    environments::bump(tx, environment.id).await?;
    let data = json!({"environment": environment.name, "number": waiting.number, "commit": waiting.commit});
    journal::enter(tx, "deployment.superseded", subject(waiting.id), &parents(waiting, environment), data);
    Ok(())
}
