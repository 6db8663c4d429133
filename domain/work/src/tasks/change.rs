//! Changing what a task says, and completing it.

use super::telling::{differences, tell};
use super::{Approval, External, Task, TaskChange, TaskKind, When, create, facts, lock, store};
use crate::stories::{self, StoryKind};
use crate::watchers::Watchers;
use crate::{checks, fields, lists, mentions, projects, zones};
use base::id::{TaskId, UserId};
use base::jiff::tz::TimeZone;
use base::{Error, Limit, Result, Right};
use db::Tx;
use serde_json::json;

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
    let zone = zone(tx, [change.due, change.start]).await?;
    set_dates(task, change.due, change.start, &zone)?;
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

/// The zone that says on which day an instant is, if there is one among these.
pub(super) async fn zone(tx: &mut Tx, dates: [Option<Option<When>>; 2]) -> Result<TimeZone> {
    match dates.iter().flatten().flatten().any(|when| matches!(when, When::At(_))) {
        true => zones::own(tx).await,
        false => Ok(TimeZone::UTC),
    }
}

/// Sets due and start. A day clears the instant and an instant fills the day (that of whoever sets it, in `zone`); without a due date
/// there is no start.
pub(super) fn set_dates(
    task: &mut Task,
    due: Option<Option<When>>,
    start: Option<Option<When>>,
    zone: &TimeZone,
) -> Result<()> {
    let day_and_instant = |when: Option<When>| match when {
        None => (None, None),
        Some(When::On(day)) => (Some(day), None),
        Some(When::At(at)) => (Some(at.date_in(zone)), Some(at)),
    };
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
