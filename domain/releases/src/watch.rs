//! What happens to locks through other doors: a task in a lock project that is renamed or assigned to somebody else says
//! another sentence, and a claim lets another person through. Whoever waits for the gate has to look again.
//!
//! Which tasks are open needs nothing here: the lock project's version is part of the epoch, in the same transaction.

use crate::environments;
use base::Result;
use base::id::ProjectId;
use db::Tx;
use journal::{Entry, Follower};
use std::sync::Arc;

/// The follower that raises the epoch of environments whose lock tasks changed.
pub(crate) fn follower() -> Follower {
    Follower {
        name: "releases.locks",
        wants: |entry| {
            entry.verb.starts_with("task.") && entry.parents.iter().any(|parent| parent.kind == "project")
        },
        act: Arc::new(|tx, entry| Box::pin(look_again(tx, entry))),
    }
}

async fn look_again(tx: &mut Tx, entry: &Entry) -> Result<()> {
    let projects: Vec<ProjectId> = entry
        .parents
        .iter()
        .filter(|parent| parent.kind == "project")
        .map(|parent| ProjectId(parent.id))
        .collect();
    for environment in environments::with_lock_project(tx, &projects).await? {
        environments::bump(tx, environment.id).await?;
        // It is worth no entry of its own; whoever waits for the gate wakes all the same.
        tx.wake();
    }
    Ok(())
}
