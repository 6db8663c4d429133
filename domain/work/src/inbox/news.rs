//! What an entry of the journal says to those whom a task concerns: pure.

use super::Reason;
use crate::entries;
use base::id::UserId;
use journal::Entry;
use serde_json::Value;

/// What sort of news it is; people choose which of them they are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Comment,
    Completion,
    Change,
}

/// What is new, in the words that follow a name: "completed this task".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub sort: Sort,
    pub text: String,
    /// Those with a reason of their own, besides whoever follows the task.
    pub special: Vec<(UserId, Reason)>,
    /// Whether only they are told, and those who follow the whole project.
    pub only_special: bool,
}

/// How much of a comment an inbox shows.
const EXCERPT_CHARS: usize = 280;

pub(super) fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(EXCERPT_CHARS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// What an inbox says of a comment.
pub(super) fn commented(text: &str) -> String {
    format!("commented: {}", excerpt(text))
}

fn to_all(sort: Sort, text: impl Into<String>) -> News {
    News { sort, text: text.into(), special: Vec::new(), only_special: false }
}

/// What is new for whom; none when nobody needs to be told.
pub(super) fn of(entry: &Entry) -> Option<News> {
    if let Some(text) = entries::comment(entry) {
        let mentioned = entries::mentioned(entry).into_iter().map(|user| (user, Reason::Mentioned));
        return Some(News { special: mentioned.collect(), ..to_all(Sort::Comment, commented(text)) });
    }
    let name = |thing: &Value| thing["name"].as_str().map(str::to_owned);
    match entry.verb.as_str() {
        "task.created" => {
            let assignee = entries::number(&entry.data["assignee"]).map(UserId);
            let special = assignee.map(|assignee| (assignee, Reason::Assigned)).into_iter().collect();
            Some(News { special, only_special: true, ..to_all(Sort::Change, "made this task") })
        }
        "task.completed" => Some(to_all(Sort::Completion, "completed this task")),
        "task.reopened" => Some(to_all(Sort::Completion, "reopened this task")),
        "task.deleted" => Some(to_all(Sort::Change, "deleted this task")),
        "task.restored" => Some(to_all(Sort::Change, "took this task out of the trash")),
        "attachment.added" => {
            let name = name(&entry.data).or_else(|| name(&entry.data["attachment"]));
            Some(to_all(
                Sort::Change,
                match name {
                    Some(name) => format!("attached {}", excerpt(&name)),
                    None => "attached a file".to_owned(),
                },
            ))
        }
        "task.changed" => change(entry),
        _ => None,
    }
}

fn change(entry: &Entry) -> Option<News> {
    let data = &entry.data;
    let new = &data["new"];
    match data["field"].as_str()? {
        "assignee" => Some(match entries::id(new) {
            Some(user) => News {
                special: vec![(UserId(user), Reason::Assigned)],
                ..to_all(
                    Sort::Change,
                    format!("assigned this to {}", new["name"].as_str().unwrap_or("somebody")),
                )
            },
            None => to_all(Sort::Change, "took the assignee away"),
        }),
        "name" => Some(to_all(
            Sort::Change,
            format!("renamed this task to \"{}\"", excerpt(new.as_str().unwrap_or_default())),
        )),
        "notes" => Some(to_all(Sort::Change, "changed the description")),
        "due" => Some(to_all(
            Sort::Change,
            match new["due_on"].as_str() {
                Some(day) => format!("changed the due date to {day}"),
                None => "took the due date away".to_owned(),
            },
        )),
        "approval" => Some(to_all(
            Sort::Change,
            format!("decided: {}", new.as_str().unwrap_or("nothing").replace('_', " ")),
        )),
        "custom_fields" => {
            let name = data["custom_field"]["name"].as_str().unwrap_or("a field");
            Some(to_all(Sort::Change, format!("changed {}", excerpt(name))))
        }
        // Places, tags, followers: not worth anybody's attention. Likes are told quietly, elsewhere.
        _ => None,
    }
}
