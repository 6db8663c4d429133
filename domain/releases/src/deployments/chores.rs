//! The background work of deployments: judging leases, and turning output into a file when a deployment is over.

use super::Deployment;
use base::id::DeploymentId;
use base::{Actor, Error, Result};
use blobs::Blobs;
use db::{Db, Tx};
use serde_json::json;

const LEASE: &str = "releases.lease";
const KEEP_LOG: &str = "releases.keep_log";

/// Has the lease judged when it runs out. A heartbeat only moves the lease: the chore that finds it longer waits again, so
/// that there is one chore per lease length and not one per heartbeat.
pub(super) async fn watch_lease(tx: &mut Tx, deployment: &Deployment) -> Result<()> {
    let Some(until) = deployment.lease_until else { return Ok(()) };
    let id = deployment.id;
    chores::enqueue_at(tx, LEASE, json!({"deployment": id}), until, Some(&id.to_string())).await
}

/// Has the output of a deployment that is over turned into a file.
pub(super) async fn keep_log(tx: &mut Tx, id: DeploymentId) -> Result<()> {
    chores::enqueue(tx, KEEP_LOG, json!({"deployment": id})).await.map(drop)
}

fn named(chore: &chores::Chore) -> Result<DeploymentId> {
    serde_json::from_value(chore.payload["deployment"].clone())
        .map_err(|error| Error::bug("chore.payload", "a chore of a deployment names none").because(error))
}

pub(crate) fn handlers(db: Db, blobs: Blobs) -> Vec<chores::Handler> {
    let for_leases = db.clone();
    vec![
        chores::Handler::new(LEASE, move |chore| {
            let db = for_leases.clone();
            async move {
                let mut tx = db.write(&Actor::system()).await?;
                super::expire(&mut tx, named(&chore)?).await?;
                tx.commit().await
            }
        }),
        chores::Handler::new(KEEP_LOG, move |chore| {
            let (db, blobs) = (db.clone(), blobs.clone());
            async move { super::log::keep(&db, &blobs, named(&chore)?).await }
        }),
    ]
}
