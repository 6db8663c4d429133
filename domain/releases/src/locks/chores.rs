//! The background work of locks: completing the task of one whose time has passed.

use base::id::TaskId;
use base::{Actor, Error, Result, Time};
use db::{Db, Tx};
use serde_json::json;

const EXPIRE: &str = "releases.lock_expiry";

/// Makes sure that the task of a lock is completed when its time has passed.
pub(super) async fn expire_at(tx: &mut Tx, task: TaskId, until: Option<Time>) -> Result<()> {
    let Some(until) = until else { return Ok(()) };
    chores::enqueue_at(tx, EXPIRE, json!({"task": task}), until, Some(&task.to_string())).await
}

pub(crate) fn handler(db: Db) -> chores::Handler {
    chores::Handler::new(EXPIRE, move |chore| {
        let db = db.clone();
        async move {
            let task: TaskId = serde_json::from_value(chore.payload["task"].clone()).map_err(|error| {
                Error::bug("chore.payload", "a lock's expiry names no task").because(error)
            })?;
            let mut tx = db.write(&Actor::system()).await?;
            super::expire(&mut tx, task).await?;
            tx.commit().await
        }
    })
}
