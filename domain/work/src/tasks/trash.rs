//! The trash: deleted tasks wait there until they are restored or their time is over.

use super::{Task, check, facts, lock, store, unknown};
use crate::page::{Listed, Page};
use crate::projects;
use crate::watchers::{self, Watchers};
use base::id::TaskId;
use base::{Limit, Result, Right};
use db::Tx;
use serde_json::json;
use std::time::Duration;

/// Puts a task and its subtasks into the trash.
pub async fn delete(tx: &mut Tx, task: TaskId) -> Result<()> {
    let found = lock(tx, task, Right::Edit).await?;
    let watchers = Watchers::of(tx, &found).await?;
    let family = store::family(tx, task).await?;
    for (id, _) in &family {
        store::lock(tx, *id).await?;
    }
    for (id, _) in &family {
        projects::store::bump_homes(tx, *id).await?;
        store::set_deleted(tx, *id, task).await?;
        store::set_open(tx, *id, false).await?;
    }
    let data = json!({"subtasks": family.iter().filter(|(id, _)| *id != task).map(|(id, _)| id).collect::<Vec<_>>()});
    watchers.enter(tx, "task.deleted", task, facts(&found, data));
    Ok(())
}

/// Takes a task, and what was deleted with it, out of the trash.
pub async fn restore(tx: &mut Tx, task: TaskId) -> Result<Task> {
    let found =
        store::lock(tx, task).await?.filter(|task| task.deleted_at.is_some()).ok_or_else(|| unknown(task))?;
    let as_if = Task { deleted_at: None, ..found };
    let found = check(tx, task, Some(as_if), Right::Edit).await?;
    let mut family = store::deleted_with(tx, task).await?;
    if family.is_empty() {
        family.push(found.clone()); // It went with a parent, and comes back alone.
    }
    for member in &family {
        projects::store::bump_homes(tx, member.id).await?;
        store::set_restored(tx, member.id).await?;
        store::set_open(tx, member.id, !member.is_completed()).await?;
    }
    let data = json!({"subtasks": family.iter().filter(|t| t.id != task).map(|t| t.id).collect::<Vec<_>>()});
    Watchers::of(tx, &found).await?.enter(tx, "task.restored", task, facts(&found, data));
    Ok(found)
}

/// Lists the trash: deleted tasks that the actor could see, latest first.
pub async fn trash(tx: &mut Tx, page: &Page) -> Result<Listed<Task>> {
    people::rights::require_role(tx, base::Role::Guest)?;
    store::trash(tx, page).await
}

/// Tasks that one transaction removes for good, so that it holds the writer for a moment only.
const PURGED_AT_ONCE: usize = 200;

/// Removes tasks and comments whose time in the trash is over; returns whether there may be more.
pub(crate) async fn purge_expired(tx: &mut Tx) -> Result<bool> {
    let days = tx.limits().get(Limit::TrashDays);
    let before = tx.now().minus(Duration::from_secs(days.saturating_mul(86_400)));
    let expired = store::expired(tx, before, PURGED_AT_ONCE).await?;
    for id in &expired {
        remove_now(tx, *id).await?;
    }
    let comments = crate::stories::purge(tx, before, PURGED_AT_ONCE).await?;
    Ok(expired.len() == PURGED_AT_ONCE || comments == PURGED_AT_ONCE)
}

/// Removes one task for good.
async fn remove_now(tx: &mut Tx, id: TaskId) -> Result<()> {
    store::purge(tx, id).await?;
    journal::enter(tx, "task.purged", watchers::task(id), &[], json!({}));
    Ok(())
}
