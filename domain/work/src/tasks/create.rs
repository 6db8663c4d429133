//! Making tasks.

use super::{Approval, NewTask, Task, TaskKind, change, facts, family, store};
use crate::names::{Person, Place, ProjectName, SectionName};
use crate::stories::{self, StoryKind};
use crate::watchers::{self, Watchers};
use crate::{checks, fields, lists, mentions, projects, sections, tags};
use base::id::{SectionId, UserId};
use base::jiff::tz::TimeZone;
use base::{Error, Limit, Result, Right};
use db::Tx;
use journal::Subject;
use people::rights;
use serde_json::json;
use std::collections::BTreeMap;

struct Seat {
    project: ProjectName,
    section: SectionName,
    rank: String,
}

/// Makes a task. It needs a project to be in, or a parent, or else belongs to its creator alone.
pub async fn create(tx: &mut Tx, new: NewTask) -> Result<Task> {
    rights::require_scope(tx, Right::Edit)?;
    if tx.actor().user.is_none() && !tx.actor().is_system() {
        return Err(Error::unauthenticated("people.not_signed_in", "Sign in first"));
    }
    if let Some(parent) = new.parent {
        family::check_new_child(tx, parent).await?;
    }
    let seats = seats(tx, &new).await?;
    let notes = mentions::accept(tx, new.notes.clone().unwrap_or_default()).await?;
    let people = people(tx, &new).await?;
    let zone = change::zone(tx, [new.due.map(Some), new.start.map(Some)]).await?;
    let task = build(tx, &new, notes.plain, notes.html, &zone)?;
    if let Some(section) = new.list_section {
        lists::check_section(tx, section, task.assignee).await?;
    }
    let sibling = match task.parent {
        Some(parent) => Some(store::rank_in_parent(tx, parent, Place::Last, None).await?),
        None => None,
    };
    store::insert(tx, &task, sibling.as_deref()).await.map_err(taken)?;
    for seat in &seats {
        store::join(tx, task.id, seat.project.id, seat.section.id, &seat.rank, task.completed_at.is_none())
            .await?;
    }
    let followers = task.created_by.into_iter().chain(task.assignee).chain(new.followers.iter().copied());
    store::follow_all(tx, task.id, followers.chain(notes.people)).await?;
    tx.limits().check(Limit::TagsPerTask, new.tags.len(), "the task")?;
    for tag in &new.tags {
        tags::wear(tx, task.id, *tag).await?;
    }
    if let (true, Some(me)) = (new.liked, tx.actor().user) {
        store::like(tx, "task", task.id.0, me).await?;
    }
    if !new.fields.is_empty() {
        fields::values::set(tx, &task, &new.fields).await?;
    }
    tell(tx, &task, &seats, &people).await?;
    Ok(task)
}

/// Writes the first stories and the journal's entry.
async fn tell(tx: &mut Tx, task: &Task, seats: &[Seat], people: &BTreeMap<UserId, Person>) -> Result<()> {
    let mut told = Vec::new();
    for seat in seats {
        let data = json!({"project": seat.project});
        told.push(stories::tell_of(tx, task.id, StoryKind::AddedToProject, data).await?);
    }
    if let Some(assignee) = task.assignee.and_then(|user| people.get(&user)) {
        told.push(stories::assigned(tx, task.id, assignee).await?);
    }
    let homes: Vec<_> =
        seats.iter().map(|seat| json!({"project": seat.project, "section": seat.section})).collect();
    let data = json!({
        "homes": homes, "parent": task.parent, "assignee": task.assignee, "stories": told, "completed": task.is_completed(),
    });
    let watchers = if task.parent.is_some() {
        Watchers::of(tx, task).await?
    } else {
        let assignee = task.assignee.map(|user| Subject::new("user", user));
        let projects = seats.iter().map(|seat| Subject::new("project", seat.project.id));
        Watchers(assignee.into_iter().chain(projects).collect())
    };
    journal::enter(tx, "task.created", watchers::task(task.id), &watchers.0, facts(task, data));
    Ok(())
}

/// Locks the projects in the order of their ids, checks them, and finds the places at the ends of their sections.
async fn seats(tx: &mut Tx, new: &NewTask) -> Result<Vec<Seat>> {
    let mut homes = new.homes.clone();
    homes.sort_by_key(|home| (home.project, home.section.is_none()));
    homes.dedup_by_key(|home| home.project);
    tx.limits().check(Limit::ProjectsPerTask, homes.len(), "the task")?;
    let mut seats = Vec::new();
    for home in homes {
        let project = projects::lock(tx, home.project, Right::Edit).await?;
        let section = match home.section {
            Some(section) => in_project(tx, section, &project).await?,
            None => sections::store::first(tx, project.id).await?,
        };
        let rank = store::rank_in_section(tx, section.id, Place::Last, None).await?;
        seats.push(Seat { project: ProjectName::new(project.id, project.name), section, rank });
    }
    // In the order in which they were given.
    seats.sort_by_key(|seat| new.homes.iter().position(|home| home.project == seat.project.id));
    Ok(seats)
}

async fn in_project(tx: &mut Tx, section: SectionId, project: &projects::Project) -> Result<SectionName> {
    let found = sections::store::by_id(tx, section).await?.filter(|found| found.project.id == project.id);
    let found = found.ok_or_else(|| {
        Error::invalid(
            "section.elsewhere",
            format!("the section {section} is not in the project {}", project.name),
        )
    })?;
    Ok(SectionName::new(found.id, found.name))
}

/// The people that the new task names, checked; the assignee must be able to come in.
async fn people(tx: &mut Tx, new: &NewTask) -> Result<BTreeMap<UserId, Person>> {
    let mut ids: Vec<UserId> = new.followers.clone();
    ids.extend(new.assignee);
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = people::users::by_ids(tx, &ids).await?;
    for id in ids {
        if !found.get(&id).is_some_and(|user| user.active) {
            return Err(Error::invalid("user.unknown", format!("there is no active user {id}")));
        }
    }
    Ok(found.into_iter().map(|(id, user)| (id, Person::new(id, user.name))).collect())
}

fn build(tx: &mut Tx, new: &NewTask, notes: String, html: Option<String>, zone: &TimeZone) -> Result<Task> {
    let (me, now) = (tx.actor().user, tx.now());
    let kind = new.kind.unwrap_or(TaskKind::Plain);
    let mut task = Task {
        id: tx.new_id(),
        name: checks::line(tx, &new.name, "the name")?,
        notes,
        html,
        kind,
        approval: (kind == TaskKind::Approval).then_some(Approval::Pending),
        assignee: new.assignee,
        assigned_by: me.filter(|_| new.assignee.is_some()),
        list_section: new.list_section,
        completed_at: None,
        completed_by: None,
        due_on: None,
        due_at: None,
        start_on: None,
        start_at: None,
        parent: new.parent,
        external: new.external.clone(),
        created_at: now,
        created_by: me,
        modified_at: now,
        deleted_at: None,
    };
    change::set_dates(&mut task, new.due.map(Some), new.start.map(Some), zone)?;
    change::set_done(tx, &mut task, new.completed.then_some(true), new.approval)?;
    change::check_external(tx, task.external.as_ref())?;
    Ok(task)
}

pub(super) fn taken(error: Error) -> Error {
    if db::violated_constraint(&error).is_some_and(|name| name.contains("external")) {
        return Error::invalid("external.taken", "another task has this external id already");
    }
    error
}
