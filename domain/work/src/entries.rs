//! What the journal's entries say about tasks, for those who follow it.

use base::id::{TaskId, UserId};
use journal::Entry;
use serde_json::Value;

/// The task that an entry is about: its subject, or what its subject belongs to.
pub(crate) fn task(entry: &Entry) -> Option<TaskId> {
    if entry.subject.kind == "task" {
        return Some(TaskId(entry.subject.id));
    }
    id(&entry.data["task"]).map(TaskId)
}

/// The text of the comment that an entry tells of.
pub(crate) fn comment(entry: &Entry) -> Option<&str> {
    let is_one = entry.verb == "story.added" && entry.data["kind"] == "comment_added";
    if is_one { entry.data["text"].as_str() } else { None }
}

/// The people whom a comment mentions.
pub(crate) fn mentioned(entry: &Entry) -> Vec<UserId> {
    let ids = entry.data["mentions"].as_array().into_iter().flatten();
    ids.filter_map(number).map(UserId).collect()
}

/// Whether a comment points at tasks or projects, which not everybody may see.
pub(crate) fn points_elsewhere(entry: &Entry) -> bool {
    entry.data["points_at"].as_array().is_some_and(|things| !things.is_empty())
}

/// The id of a thing told as `{id, name}`.
pub(crate) fn id(thing: &Value) -> Option<i64> {
    number(&thing["id"])
}

/// An id, which is a text.
pub(crate) fn number(id: &Value) -> Option<i64> {
    match id {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_i64(),
        _ => None,
    }
}
