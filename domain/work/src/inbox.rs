//! The inbox: what is new about the tasks that concern somebody, one item for each task. Things that are no tasks can have an item, too
//! ([`put`]): what they are is their own business.
//!
//! A follower of the journal (`work.inbox`) makes the items from what happened, whoever did it and through whichever door, so nothing that a script
//! does is missed. An item comes up again, unread, when there is more news. It goes to those who follow the task, to its assignee and to
//! those whom a comment mentions, but never to whoever did it. Whoever wrote something is told quietly who likes it ([`likes`]). Arrivals are derived from the journal and not entered in it again. Screens
//! hear of them through a number of their own ([`pulse`]). What somebody wants to be told of is in [`preferences`].

pub(crate) mod api;
mod follow;
mod likes;
mod news;
pub(crate) mod pages;
pub mod preferences;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use follow::follower;

use crate::page::{Listed, Page};
use base::id::{AnyId, TaskId, UserId};
use base::{Error, Result, Right, Time};
use db::Tx;
use journal::{Entry, Subject};
use people::rights;
use serde_json::json;

base::text_enum! {
    /// Why somebody is told.
    pub enum Reason {
        /// It was given to them.
        Assigned = "assigned",
        /// A comment mentions them.
        Mentioned = "mentioned",
        /// They follow it.
        Follows = "follows",
        /// They follow everything in one of its projects.
        Project = "project",
        /// Somebody likes what they wrote.
        Liked = "liked",
        /// They asked to be told.
        Asked = "asked",
        /// It is not a task, and concerns them.
        Concerns = "concerns",
    }
}

/// What is new about something for somebody.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its id.
    pub id: AnyId,
    /// The task, when it is about one.
    pub task: Option<TaskId>,
    /// The name of the task, or of whatever else it is about.
    pub title: String,
    /// Where that is: a path on this server.
    pub path: String,
    /// Whether the task is completed.
    pub is_completed: bool,
    /// Why they are told; the strongest reason since it was last read.
    pub reason: Reason,
    /// Who did the latest.
    pub actor: Option<UserId>,
    /// Their name at the time.
    pub actor_name: String,
    /// What they did: "completed this task".
    pub text: String,
    /// News since it was last read.
    pub news: i64,
    /// Whether it was not read since.
    pub is_unread: bool,
    /// Whether it was put away.
    pub is_archived: bool,
    /// When the latest happened.
    pub at: Time,
}

/// Which items are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Those put away instead of the others.
    pub archived: bool,
    /// Only unread ones.
    pub unread: bool,
}

fn me(tx: &Tx) -> Result<UserId> {
    people::users::require_signed_in(tx)
}

/// The actor's items, latest first; those of tasks that they may see no more are absent.
pub async fn list(tx: &mut Tx, filter: Filter, page: &Page) -> Result<Listed<Item>> {
    let me = me(tx)?;
    let found = store::list(tx, me, filter, page).await?;
    Ok(Listed::cut(found, page.limit, |item| format!("{}|{}", item.at.millis(), item.id)))
}

/// Tells somebody what they asked to be told of, as an item of the task that it is about. For followers of the journal in other
/// domains: `entry` says who did it and when. Nothing is told to whoever may not see the task.
pub async fn tell(tx: &mut Tx, user: UserId, task: TaskId, entry: &Entry, text: &str) -> Result<()> {
    follow::tell(tx, user, task, entry, text).await
}

/// News of something that is no task.
#[derive(Clone, Copy, Debug)]
pub struct Other<'a> {
    /// What it is about: "job:12". There is one item for it.
    pub about: &'a str,
    /// What that is called.
    pub title: &'a str,
    /// Where it is: a path on this server.
    pub path: &'a str,
    /// Who or what did something.
    pub actor: &'a str,
    /// What they did, in the words that follow the name.
    pub text: &'a str,
}

/// Puts news of something that is no task into somebody's inbox. For whoever has checked that they may know.
pub async fn put(tx: &mut Tx, user: UserId, other: &Other<'_>) -> Result<()> {
    store::put_other(tx, user, other).await
}

/// How many of the actor's items are unread and not put away.
pub async fn count_unread(tx: &mut Tx) -> Result<i64> {
    let me = me(tx)?;
    store::count_unread(tx, me).await
}

/// One of the actor's items.
pub async fn get(tx: &mut Tx, item: AnyId) -> Result<Item> {
    let me = me(tx)?;
    let missing = || Error::missing("inbox.unknown", format!("There is no item {item} in your inbox"));
    store::by_id(tx, me, item).await?.ok_or_else(missing)
}

/// Marks an item as read or unread, puts it away or takes it back.
pub async fn mark(tx: &mut Tx, item: AnyId, unread: Option<bool>, archived: Option<bool>) -> Result<Item> {
    let me = me(tx)?;
    rights::require_scope(tx, Right::Comment)?;
    let mut found = get(tx, item).await?;
    // What is put away has been dealt with.
    let unread = unread.or((archived == Some(true)).then_some(false));
    let (unread, archived) = (unread.unwrap_or(found.is_unread), archived.unwrap_or(found.is_archived));
    if (unread, archived) == (found.is_unread, found.is_archived) {
        return Ok(found);
    }
    (found.is_unread, found.is_archived) = (unread, archived);
    store::mark(tx, me, item, unread, archived).await?;
    enter(tx, me, json!({"item": item, "unread": unread, "archived": archived}));
    Ok(found)
}

/// What was marked in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// What undoes it.
    pub id: AnyId,
    /// How many items that were.
    pub count: u64,
}

/// Marks everything as read that the actor has not put away yet; with `archived`, puts it away too.
pub async fn mark_all(tx: &mut Tx, archived: bool) -> Result<Batch> {
    let me = me(tx)?;
    rights::require_scope(tx, Right::Comment)?;
    let id: AnyId = tx.new_id();
    let count = store::mark_all(tx, me, id, archived).await?;
    if count > 0 {
        enter(tx, me, json!({"items": count, "unread": false, "archived": archived}));
    }
    Ok(Batch { id, count })
}

/// Makes everything as it was before it was marked in one go, but for what came up again since.
pub async fn undo_all(tx: &mut Tx, batch: AnyId) -> Result<u64> {
    let me = me(tx)?;
    rights::require_scope(tx, Right::Comment)?;
    let count = store::undo_all(tx, me, batch).await?;
    if count > 0 {
        enter(tx, me, json!({"items": count, "undone": true}));
    }
    Ok(count)
}

/// Puts everything away that the actor has not put away yet; returns how many items that were.
pub async fn archive_all(tx: &mut Tx) -> Result<u64> {
    Ok(mark_all(tx, true).await?.count)
}

/// A number that rises whenever the actor's inbox changes.
pub async fn pulse(tx: &mut Tx) -> Result<i64> {
    match tx.actor().user {
        Some(user) => store::pulse(tx, user).await,
        None => Ok(0),
    }
}

fn enter(tx: &mut Tx, me: UserId, data: serde_json::Value) {
    journal::enter(tx, "inbox.marked", Subject::new("user", me), &[], data);
}
