//! Changing what a task says, and completing it.

use super::{Approval, External, Task, TaskChange, TaskKind, When, create, facts, lock, store};
use crate::names::{Person, TaskName};
use crate::stories::{self, StoryKind};
use crate::watchers::Watchers;
use crate::{checks, fields, lists, mentions, projects};
use base::id::{TaskId, UserId};
use base::{Error, Limit, Result, Right};
use db::Tx;
use journal::Subject;
use serde_json::{Value, json};

/// Changes what is given and returns the task.
pub async fn change(tx: &mut Tx, task: TaskId, change: TaskChange) -> Result<Task> {
    let only_liked = change.liked.is_some() && !change.is_more_than_liked();
    let old = lock(tx, task, if only_liked { Right::View } else { Right::Edit }).await?;
    if let (Some(liked), Some(me)) = (change.liked, tx.actor().user) {
        like(tx, &old, me, liked).await?;
    }
    if only_liked {
        return Ok(old);
    }
    let mut new = old.clone();
    let (people, wants_fields) = apply(tx, &mut new, &change).await?;
    let reopened_or_done = old.is_completed() != new.is_completed();
    let differences = differences(&old, &new);
    if !differences.is_empty() {
        new.modified_at = tx.now();
        store::update(tx, &new).await.map_err(create::taken)?;
    }
    if reopened_or_done {
        projects::store::bump_homes(tx, task).await?;
        store::set_open(tx, task, !new.is_completed()).await?;
    }
    let mut followers = people;
    followers.extend(new.assignee.filter(|_| old.assignee != new.assignee));
    if !followers.is_empty() {
        store::follow_all(tx, task, followers.into_iter()).await?;
    }
    tell(tx, &old, &new, differences).await?;
    if wants_fields && fields::values::set(tx, &new, &change.fields).await? {
        new.modified_at = tx.now();
        store::modify(tx, task).await?;
    }
    Ok(new)
}

/// Completes a task; completing it again changes nothing.
pub async fn complete(tx: &mut Tx, task: TaskId) -> Result<Task> {
    change(tx, task, TaskChange::completed(true)).await
}

/// Reopens a task; reopening an open one changes nothing.
pub async fn reopen(tx: &mut Tx, task: TaskId) -> Result<Task> {
    change(tx, task, TaskChange::completed(false)).await
}

impl TaskChange {
    fn is_more_than_liked(&self) -> bool {
        self.name.is_some()
            || self.notes.is_some()
            || self.kind.is_some()
            || self.approval.is_some()
            || self.assignee.is_some()
            || self.list_section.is_some()
            || self.completed.is_some()
            || self.due.is_some()
            || self.start.is_some()
            || !self.fields.is_empty()
            || self.external.is_some()
    }
}

/// Sets what is given; returns who is mentioned, and whether custom fields are to be set.
async fn apply(tx: &mut Tx, task: &mut Task, change: &TaskChange) -> Result<(Vec<UserId>, bool)> {
    let mut mentioned = Vec::new();
    if let Some(name) = &change.name {
        task.name = checks::line(tx, name, "the name")?;
    }
    if let Some(notes) = &change.notes {
        let notes = mentions::accept(tx, notes.clone()).await?;
        (task.notes, task.html, mentioned) = (notes.plain, notes.html, notes.people);
    }
    if let Some(kind) = change.kind.filter(|kind| *kind != task.kind) {
        task.kind = kind;
        let decision = if task.is_completed() { Approval::Approved } else { Approval::Pending };
        task.approval = (kind == TaskKind::Approval).then_some(decision);
        if kind == TaskKind::Milestone {
            (task.start_on, task.start_at) = (None, None);
        }
    }
    if let Some(assignee) = change.assignee
        && assignee != task.assignee
    {
        task.assigned_by = tx.actor().user.filter(|_| assignee.is_some());
        (task.assignee, task.list_section) = (assignee, None);
        if let Some(user) = assignee
            && !people::users::opt(tx, user).await?.is_some_and(|user| user.active)
        {
            return Err(Error::invalid("user.unknown", format!("there is no active user {user}")));
        }
    }
    if let Some(section) = change.list_section {
        lists::check_section(tx, section, task.assignee).await?;
        task.list_section = Some(section);
    }
    set_dates(task, change.due, change.start)?;
    set_done(tx, task, change.completed, change.approval)?;
    if let Some(external) = &change.external {
        check_external(tx, external.as_ref())?;
        task.external = external.clone();
    }
    Ok((mentioned, !change.fields.is_empty()))
}

pub(super) fn check_external(tx: &Tx, external: Option<&External>) -> Result<()> {
    let Some(external) = external else { return Ok(()) };
    if let Some(id) = &external.id {
        checks::name(tx, id, "the external id")?;
        tx.limits().check(Limit::FieldTextChars, id.chars().count(), "the external id")?;
    }
    checks::text(tx, external.data.as_deref().unwrap_or_default(), "the external data").map(drop)
}

/// Sets due and start. A day clears the instant and an instant fills the day (in UTC); without a due date there is no start.
pub(super) fn set_dates(
    task: &mut Task,
    due: Option<Option<When>>,
    start: Option<Option<When>>,
) -> Result<()> {
    if let Some(due) = due {
        (task.due_on, task.due_at) = day_and_instant(due);
        if due.is_none() && !matches!(start, Some(Some(_))) {
            (task.start_on, task.start_at) = (None, None);
        }
        if task.due_at.is_none() {
            task.start_at = None;
        }
    }
    if let Some(start) = start {
        (task.start_on, task.start_at) = day_and_instant(start);
    }
    let invalid = |what: &str| Err(Error::invalid("task.dates", what.to_owned()));
    if task.start_on.is_none() {
        return Ok(());
    }
    if task.kind == TaskKind::Milestone {
        return invalid("a milestone has no start");
    }
    if task.due_on.is_none() {
        return invalid("a start needs a due date");
    }
    if task.start_at.is_some() && task.due_at.is_none() {
        return invalid("start_at needs due_at");
    }
    if task.start_on > task.due_on || (task.start_at.is_some() && task.start_at > task.due_at) {
        return invalid("the task would start after it is due");
    }
    Ok(())
}

fn day_and_instant(when: Option<When>) -> (Option<base::Date>, Option<base::Time>) {
    match when {
        None => (None, None),
        Some(When::On(day)) => (Some(day), None),
        Some(When::At(at)) => (Some(at.date_utc()), Some(at)),
    }
}

/// Sets completion and decision, which go together for approvals.
pub(super) fn set_done(
    tx: &Tx,
    task: &mut Task,
    completed: Option<bool>,
    approval: Option<Approval>,
) -> Result<()> {
    let mut completed = completed;
    if let Some(approval) = approval {
        if task.kind != TaskKind::Approval {
            return Err(Error::invalid("task.not_approval", "only approvals have an approval status"));
        }
        task.approval = Some(approval);
        completed = Some(approval != Approval::Pending);
    } else if task.kind == TaskKind::Approval
        && let Some(done) = completed.filter(|done| *done != task.is_completed())
    {
        task.approval = Some(if done { Approval::Approved } else { Approval::Pending });
    }
    match completed {
        Some(true) if !task.is_completed() => {
            (task.completed_at, task.completed_by) = (Some(tx.now()), tx.actor().user);
        }
        Some(false) => (task.completed_at, task.completed_by) = (None, None),
        _ => {}
    }
    Ok(())
}

async fn like(tx: &mut Tx, task: &Task, me: UserId, liked: bool) -> Result<()> {
    let changed = match liked {
        true => store::like(tx, "task", task.id.0, me).await?,
        false => store::unlike(tx, "task", task.id.0, me).await?,
    };
    if !changed {
        return Ok(());
    }
    store::touch(tx, task.id).await?;
    let mut told = Vec::new();
    if liked {
        told.push(stories::tell(tx, task.id, StoryKind::Liked, "liked this task", json!({})).await?);
    }
    let data = json!({"field": "likes", "liked": liked, "stories": told});
    Watchers::of(tx, task).await?.enter(tx, "task.changed", task.id, facts(task, data));
    Ok(())
}

/// One thing that changed: the field, the old value, the new one.
type Difference = (&'static str, Value, Value);

fn dates(task: &Task) -> Value {
    json!({"start_on": task.start_on, "start_at": task.start_at, "due_on": task.due_on, "due_at": task.due_at})
}

fn differences(old: &Task, new: &Task) -> Vec<Difference> {
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
async fn tell(tx: &mut Tx, old: &Task, new: &Task, differences: Vec<Difference>) -> Result<()> {
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
            let text = format!("\"{}\", which this task waits for, was completed", new.name);
            let data = json!({"dependency": dependency});
            stories::tell(tx, waiting, StoryKind::DependencyMarkedComplete, &text, data).await?;
        }
        if (old.due_on, old.due_at) != (new.due_on, new.due_at) {
            let text = format!("the due date of \"{}\", which this task waits for, changed", new.name);
            let data = json!({"dependency": dependency, "old": dates(old), "new": dates(new)});
            stories::tell(tx, waiting, StoryKind::DependencyDueDateChanged, &text, data).await?;
        }
    }
    Ok(())
}
