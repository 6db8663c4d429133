//! Telling what changed about a task: a story and a journal entry for each difference.

use super::{Approval, Task, facts, store};
use crate::names::{Person, TaskName};
use crate::projects;
use crate::stories::{self, StoryKind};
use crate::watchers::Watchers;
use base::Result;
use base::id::UserId;
use db::Tx;
use journal::Subject;
use serde_json::{Value, json};

/// One thing that changed: the field, the old value, the new one.
pub(super) type Difference = (&'static str, Value, Value);

fn dates(task: &Task) -> Value {
    json!({"start_on": task.start_on, "start_at": task.start_at, "due_on": task.due_on, "due_at": task.due_at})
}

pub(super) fn differences(old: &Task, new: &Task) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut note = |field, old: Value, new: Value| {
        if old != new {
            found.push((field, old, new));
        }
    };
    note("name", json!(old.name), json!(new.name));
    note("notes", json!([old.notes, old.html]), json!([new.notes, new.html]));
    note("kind", json!(old.kind), json!(new.kind));
    note("assignee", json!(old.assignee), json!(new.assignee));
    note("list_section", json!(old.list_section), json!(new.list_section));
    note("due", json!([old.due_on, old.due_at]), json!([new.due_on, new.due_at]));
    note("start", json!([old.start_on, old.start_at]), json!([new.start_on, new.start_at]));
    note("external", json!(old.external), json!(new.external));
    note("approval", json!(old.approval), json!(new.approval));
    note("completed", json!(old.is_completed()), json!(new.is_completed()));
    found
}

/// Writes a story and an entry for each difference.
pub(super) async fn tell(tx: &mut Tx, old: &Task, new: &Task, differences: Vec<Difference>) -> Result<()> {
    if differences.is_empty() {
        return Ok(());
    }
    let mut watchers = Watchers::of(tx, new).await?;
    if let Some(before) = old.assignee.filter(|user| new.assignee != Some(*user)) {
        watchers = watchers.and(Subject::new("user", before));
    }
    let people: Vec<UserId> = [old.assignee, new.assignee].into_iter().flatten().collect();
    let names =
        if old.assignee == new.assignee { Default::default() } else { projects::names(tx, &people).await? };
    let person = |user: Option<UserId>| user.and_then(|user| names.get(&user).cloned());
    for (field, was, is) in differences {
        let (verb, mut data) = match (field, new.is_completed()) {
            ("completed", true) => ("task.completed", json!({})),
            ("completed", false) => ("task.reopened", json!({})),
            ("assignee", _) => (
                "task.changed",
                json!({"field": field, "old": person(old.assignee), "new": person(new.assignee)}),
            ),
            ("due" | "start", _) => {
                ("task.changed", json!({"field": field, "old": dates(old), "new": dates(new)}))
            }
            ("notes", _) => ("task.changed", json!({"field": field, "old": old.notes, "new": new.notes})),
            _ => ("task.changed", json!({"field": field, "old": was, "new": is})),
        };
        let told = story(tx, old, new, field, (person(old.assignee), person(new.assignee))).await?;
        data["stories"] = json!(told.into_iter().collect::<Vec<_>>());
        watchers.enter(tx, verb, new.id, facts(new, data));
    }
    if old.is_completed() != new.is_completed() || dates(old) != dates(new) {
        tell_dependents(tx, old, new).await?;
    }
    Ok(())
}

async fn story(
    tx: &mut Tx,
    old: &Task,
    new: &Task,
    field: &'static str,
    (before, after): (Option<Person>, Option<Person>),
) -> Result<Option<Value>> {
    let both = |old: Value, new: Value| json!({"old": old, "new": new});
    let (kind, text, data) = match field {
        "name" => (
            StoryKind::NameChanged,
            format!("changed the name to \"{}\"", new.name),
            both(json!(old.name), json!(new.name)),
        ),
        "notes" => (StoryKind::NotesChanged, "changed the description".to_owned(), json!({})),
        "kind" => (
            StoryKind::KindChanged,
            format!("made this a {}", new.kind),
            both(json!(old.kind), json!(new.kind)),
        ),
        "due" => {
            let text = match (new.due_at, new.due_on) {
                (Some(at), _) => format!("changed the due date to {at}"),
                (None, Some(day)) => format!("changed the due date to {day}"),
                (None, None) => "removed the due date".to_owned(),
            };
            (StoryKind::DueDateChanged, text, both(dates(old), dates(new)))
        }
        "start" => {
            let text = match new.start_on {
                Some(day) => format!("changed the start date to {day}"),
                None => "removed the start date".to_owned(),
            };
            (StoryKind::StartDateChanged, text, both(dates(old), dates(new)))
        }
        "approval" => {
            let text = format!("changed the decision to {}", new.approval.map_or("none", Approval::as_str));
            (StoryKind::ApprovalChanged, text, both(json!(old.approval), json!(new.approval)))
        }
        "completed" if new.is_completed() => {
            (StoryKind::MarkedComplete, "marked this task complete".to_owned(), json!({}))
        }
        "completed" => (StoryKind::MarkedIncomplete, "marked this task incomplete".to_owned(), json!({})),
        "assignee" => match (before, after) {
            (_, Some(after)) => return stories::assigned(tx, new.id, &after).await.map(Some),
            (before, None) => {
                let name = before.as_ref().map_or("somebody", |person| person.name.as_str());
                (StoryKind::Unassigned, format!("unassigned from {name}"), json!({"assignee": before}))
            }
        },
        _ => return Ok(None),
    };
    stories::tell(tx, new.id, kind, &text, data).await.map(Some)
}

/// What waits for this task is told that it was completed or that its dates moved.
async fn tell_dependents(tx: &mut Tx, old: &Task, new: &Task) -> Result<()> {
    let dependency = TaskName { id: new.id, name: new.name.clone(), kind: new.kind };
    for (_, waiting) in store::waited_by(tx, &[new.id]).await? {
        if !old.is_completed() && new.is_completed() {
            let data = json!({"dependency": dependency});
            stories::tell_of(tx, waiting, StoryKind::DependencyMarkedComplete, data).await?;
        }
        if (old.due_on, old.due_at) != (new.due_on, new.due_at) {
            let data = json!({"dependency": dependency, "old": dates(old), "new": dates(new)});
            stories::tell_of(tx, waiting, StoryKind::DependencyDueDateChanged, data).await?;
        }
    }
    Ok(())
}
