//! Copies of tasks and projects. Asking for one answers with a copying, which is made in the same transaction: whoever asks for its
//! state finds it done.

mod store;
#[cfg(test)]
mod tests;
mod types;

pub use types::*;

use crate::names::{Place, ProjectName, TaskName, Text};
use crate::page::Page;
use crate::projects::{self, NewProject, Project};
use crate::sections;
use crate::stories::{self, StoryKind};
use crate::tasks::{self, Filter, NewHome, NewTask, Task, When, Within};
use crate::templates::TemplateName;
use crate::{fields, members, templates};
use base::id::{AnyId, ProjectId, SectionId, TaskId};
use base::jiff::{ToSpan, civil::Weekday};
use base::{Date, Error, Limit, Result, Right};
use db::Tx;
use serde_json::json;
use std::collections::HashMap;

fn unknown(copying: AnyId) -> Error {
    Error::missing("copying.unknown", format!("There is no copying {copying}"))
}

/// Copies a task, at once: the answer is done already.
pub async fn task(tx: &mut Tx, task: TaskId, name: &str, parts: TaskParts) -> Result<Copying> {
    let source = tasks::get(tx, task).await?;
    let homes = if parts.projects { homes(tx, task).await? } else { Vec::new() };
    let parent = source.parent.filter(|_| parts.parent);
    let mut copier = Copier { parts, shift: 0, skip_weekends: false, copies: HashMap::new() };
    let name = if name.is_empty() { source.name.as_str() } else { name };
    let copy = copier.copy(tx, &source, name, homes, parent).await?;
    copier.link(tx).await?;
    tell(tx, &source, &copy).await?;
    record(tx, CopyKind::Task, task.0, copy.id.0).await
}

async fn tell(tx: &mut Tx, source: &Task, copy: &Task) -> Result<()> {
    let name =
        |task: &Task| json!({"task": TaskName { id: task.id, name: task.name.clone(), kind: task.kind }});
    stories::tell_of(tx, source.id, StoryKind::Duplicated, name(copy)).await?;
    stories::tell_of(tx, copy.id, StoryKind::DuplicatedFrom, name(source)).await.map(drop)
}

async fn homes(tx: &mut Tx, task: TaskId) -> Result<Vec<NewHome>> {
    let found = tasks::store::homes_of(tx, &[task]).await?;
    Ok(found
        .into_iter()
        .map(|(_, home)| NewHome { project: home.project.id, section: Some(home.section.id) })
        .collect())
}

/// Notes what was made of what, for those who ask later.
pub(crate) async fn record(tx: &mut Tx, kind: CopyKind, source: i64, copy: i64) -> Result<Copying> {
    let id: AnyId = tx.new_id();
    store::insert(tx, id, kind, source, copy).await?;
    get(tx, id).await
}

/// Returns a copying that the actor asked for.
pub async fn get(tx: &mut Tx, copying: AnyId) -> Result<Copying> {
    let (found, copy) = store::by_id(tx, copying).await?.ok_or_else(|| unknown(copying))?;
    if found.created_by != tx.actor().user && !people::rights::sees_all(tx) {
        return Err(unknown(copying));
    }
    let mut found = found;
    match (found.kind, copy) {
        (CopyKind::Task, Some(copy)) => {
            found.new_task = tasks::store::names_of(tx, &[TaskId(copy)]).await?.pop();
        }
        (CopyKind::Project | CopyKind::Instance, Some(copy)) => {
            let project = projects::visible(tx, &[ProjectId(copy)]).await?.pop();
            found.new_project = project.map(|project| ProjectName::new(project.id, project.name));
        }
        (CopyKind::Template, Some(copy)) => match templates::get(tx, AnyId(copy)).await {
            Ok(template) => found.new_template = Some(TemplateName::new(template.id, template.name)),
            Err(error) if error.is_missing() => {}
            Err(error) => return Err(error),
        },
        (_, None) => {}
    }
    Ok(found)
}

/// Copies tasks and remembers which copy belongs to which.
struct Copier {
    parts: TaskParts,
    /// By how many days dates move.
    shift: i32,
    skip_weekends: bool,
    copies: HashMap<TaskId, TaskId>,
}

impl Copier {
    async fn copy(
        &mut self,
        tx: &mut Tx,
        source: &Task,
        name: &str,
        homes: Vec<NewHome>,
        parent: Option<TaskId>,
    ) -> Result<Task> {
        let parts = self.parts;
        let followers =
            if parts.followers { tasks::store::followers_of(tx, &[source.id]).await? } else { Vec::new() };
        let followers: Vec<_> = followers.into_iter().map(|(_, user)| user).collect();
        let known = people::users::by_ids(tx, &followers).await?;
        let tags = if parts.tags { tasks::store::tags_of(tx, &[source.id]).await? } else { Vec::new() };
        let assignee = match source.assignee.filter(|_| parts.assignee) {
            Some(user) => people::users::opt(tx, user).await?.filter(|user| user.active).map(|user| user.id),
            None => None,
        };
        let new = NewTask {
            name: name.to_owned(),
            kind: Some(source.kind),
            assignee,
            due: self.due(source),
            start: self.start(source),
            homes,
            parent,
            tags: tags.into_iter().map(|(_, tag)| tag.id).collect(),
            followers: followers
                .into_iter()
                .filter(|user| known.get(user).is_some_and(|user| user.active))
                .collect(),
            notes: parts.notes.then(|| Text::Plain(source.notes.clone())),
            ..NewTask::default()
        };
        let copy = tasks::create(tx, new).await?;
        store::copy_beside(tx, source.id, copy.id, parts.notes, parts.attachments).await?;
        self.copies.insert(source.id, copy.id);
        if parts.subtasks {
            let children = tasks::store::list(
                tx,
                Within::Parent(source.id),
                &Filter::default(),
                &Page::all(tx.limits()),
            )
            .await?;
            for child in children.items {
                // An `async fn` that calls itself has to be boxed.
                Box::pin(self.copy(tx, &child, &child.name, Vec::new(), Some(copy.id))).await?;
            }
        }
        Ok(copy)
    }

    /// Copies what the copied tasks wait for; among themselves it becomes the copies.
    async fn link(&self, tx: &mut Tx) -> Result<()> {
        if !self.parts.dependencies {
            return Ok(());
        }
        let sources: Vec<TaskId> = self.copies.keys().copied().collect();
        for (task, waits_for) in tasks::store::waits_of(tx, &sources).await? {
            if let Some(copy) = self.copies.get(&task) {
                let target = self.copies.get(&waits_for).copied().unwrap_or(waits_for);
                tasks::store::add_wait(tx, *copy, target).await?;
            }
        }
        Ok(())
    }

    fn moved(&self, day: Date) -> Date {
        let mut day = day.saturating_add(self.shift.days());
        while self.skip_weekends && matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            day = day.saturating_add(1.day());
        }
        day
    }

    fn when(&self, day: Option<Date>, at: Option<base::Time>) -> Option<When> {
        match (at, day) {
            (Some(at), Some(day)) => {
                let days = (self.moved(day) - day).get_days();
                let by = std::time::Duration::from_secs(u64::from(days.unsigned_abs()) * 86_400);
                Some(When::At(if days < 0 { at.minus(by) } else { at.plus(by) }))
            }
            (_, Some(day)) => Some(When::On(self.moved(day))),
            (_, None) => None,
        }
    }

    fn due(&self, source: &Task) -> Option<When> {
        if self.parts.dates { self.when(source.due_on, source.due_at) } else { None }
    }

    fn start(&self, source: &Task) -> Option<When> {
        if self.parts.dates { self.when(source.start_on, source.start_at) } else { None }
    }
}

/// Copies a project: its sections, its fields, and its tasks with what was asked for.
pub async fn project(tx: &mut Tx, project: ProjectId, name: &str, parts: ProjectParts) -> Result<Copying> {
    let source = projects::require(tx, project, Right::View).await?;
    let most = tx.limits().count(Limit::ImportRows);
    let found =
        tasks::store::list(tx, Within::Project(project), &Filter::default(), &Page::first(most)).await?;
    if found.next.is_some() {
        let what = format!("the project has more than {most} tasks, the limit {}", Limit::ImportRows.key());
        return Err(Error::invalid("limit.exceeded", what));
    }
    let copy = copy_project(tx, &source, name, &parts).await?;
    let sections = copy_sections(tx, project, copy.id).await?;
    for setting in fields::settings_of(tx, &[project]).await?.remove(&project).unwrap_or_default() {
        fields::add_to_project(tx, copy.id, setting.field.id, setting.is_important, None).await?;
    }
    let ids: Vec<TaskId> = found.items.iter().map(|task| task.id).collect();
    let seats: HashMap<TaskId, SectionId> = tasks::store::homes_of(tx, &ids)
        .await?
        .into_iter()
        .filter(|(_, home)| home.project.id == project)
        .map(|(task, home)| (task, home.section.id))
        .collect();
    let mut copier = Copier {
        parts: parts.tasks,
        shift: shift(&found.items, parts.shift),
        skip_weekends: parts.skip_weekends && parts.shift.is_some(),
        copies: HashMap::new(),
    };
    for task in &found.items {
        let section = seats.get(&task.id).and_then(|section| sections.get(section)).copied();
        let home = NewHome { project: copy.id, section };
        // A subtask that is in the project itself comes with its parent when subtasks are copied.
        if !copier.copies.contains_key(&task.id) {
            copier.copy(tx, task, &task.name, vec![home], None).await?;
        }
    }
    copier.link(tx).await?;
    record(tx, CopyKind::Project, project.0, copy.id.0).await
}

async fn copy_project(tx: &mut Tx, source: &Project, name: &str, parts: &ProjectParts) -> Result<Project> {
    let new = NewProject {
        name: if name.is_empty() { source.name.clone() } else { name.to_owned() },
        notes: parts.notes.then(|| Text::Plain(source.notes.clone())),
        team: source.team,
        color: source.color.clone(),
        icon: source.icon.clone(),
        view: Some(source.view),
        privacy: Some(source.privacy),
        default_access: Some(source.default_access),
        ..NewProject::default()
    };
    let copy = projects::create(tx, new).await?;
    if parts.members {
        for member in members::list(tx, source.id).await? {
            let me = tx.actor().user.map(members::Party::User);
            if Some(member.party) != me {
                members::put(tx, copy.id, member.party, member.access).await?;
            }
        }
    }
    Ok(copy)
}

/// Makes the same sections in the same order; which became which.
async fn copy_sections(tx: &mut Tx, from: ProjectId, to: ProjectId) -> Result<HashMap<SectionId, SectionId>> {
    let mut made = HashMap::new();
    let first = sections::store::first(tx, to).await?;
    for (i, section) in sections::store::of_project(tx, from).await?.into_iter().enumerate() {
        let copy = match i {
            0 => sections::rename(tx, first.id, &section.name).await?,
            _ => sections::create(tx, to, &section.name, Place::Last).await?,
        };
        made.insert(section.id, copy.id);
    }
    Ok(made)
}

/// By how many days dates move, so that the copy starts or ends when it should.
fn shift(tasks: &[Task], shift: Option<Shift>) -> i32 {
    let (wanted, found) = match shift {
        None => return 0,
        Some(Shift::StartOn(day)) => {
            (day, tasks.iter().filter_map(|task| task.start_on.or(task.due_on)).min())
        }
        Some(Shift::DueOn(day)) => (day, tasks.iter().filter_map(|task| task.due_on).max()),
    };
    found.map_or(0, |found| (wanted - found).get_days())
}
