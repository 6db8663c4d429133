//! Deleting comments, and taking them back.

use super::{Story, find, get, require_author, store, subject, task_facts, unknown};
use crate::mentions;
use crate::tasks::{self, Task};
use crate::watchers::Watchers;
use base::id::StoryId;
use base::{Error, Result, Right, Time};
use db::Tx;
use serde_json::json;

async fn enter(tx: &mut Tx, verb: &'static str, story: &Story, task: &Task) -> Result<()> {
    let watchers = Watchers::of(tx, task).await?;
    let points_at = mentions::points_at(tx, story.html.as_deref()).await?;
    let data =
        json!({"kind": story.kind, "text": story.text, "points_at": points_at, "task": task_facts(task)});
    watchers.enter_part(tx, verb, subject(story.id), task.id, data);
    Ok(())
}

/// Deletes a comment: its author, or who administers a project of the task. It can be taken back for a while.
pub async fn delete(tx: &mut Tx, story: StoryId) -> Result<()> {
    let (found, task) = find(tx, story, Right::Comment).await?;
    if !found.is_comment() {
        return Err(Error::denied("story.not_a_comment", "Only comments can be deleted"));
    }
    if require_author(tx, &found).is_err() {
        tasks::require(tx, task.id, Right::Admin).await?;
    }
    let now = tx.now();
    store::set_deleted(tx, story, Some(now)).await?;
    tasks::store::modify(tx, task.id).await?;
    enter(tx, "story.deleted", &found, &task).await
}

/// Takes a deleted comment back: whoever deleted it, and whoever may delete it.
pub async fn restore(tx: &mut Tx, story: StoryId) -> Result<Story> {
    let (found, by) = store::deleted(tx, story).await?.ok_or_else(|| unknown(story))?;
    let task = tasks::require(tx, found.task.id, Right::Comment).await?;
    let is_own = by.is_some() && by == tx.actor().user;
    if !is_own && require_author(tx, &found).is_err() {
        tasks::require(tx, task.id, Right::Admin).await?;
    }
    store::set_deleted(tx, story, None).await?;
    tasks::store::modify(tx, task.id).await?;
    enter(tx, "story.restored", &found, &task).await?;
    get(tx, story).await
}

/// Removes comments for good that were deleted before an instant; returns how many that were.
pub(crate) async fn purge(tx: &mut Tx, before: Time, limit: usize) -> Result<usize> {
    store::purge(tx, before, limit).await
}
