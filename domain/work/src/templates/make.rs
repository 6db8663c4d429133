//! Making a project of a template.

use super::{Doer, Kept, Offset, OutlineTask, Template, enter, get, require_maker};
use crate::copies::{self, CopyKind, Copying, Shift};
use crate::fields::{self, Input};
use crate::names::{Place, Text};
use crate::projects::{self, NewProject, Privacy, Project};
use crate::tasks::{self, NewHome, NewTask, When};
use crate::{mentions, sections, tags, zones};
use base::id::{AnyId, TaskId, TeamId, UserId};
use base::jiff::{ToSpan, civil::DateTime, tz::TimeZone};
use base::{Date, Error, Kind, Result, Right, Time};
use db::Tx;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

/// What a project is to be that is made of a template.
#[derive(Clone, Debug, Default)]
pub struct NewFromTemplate {
    /// Its name; the template's when it is empty.
    pub name: String,
    /// The team it belongs to; the template's when there is none.
    pub team: Option<TeamId>,
    /// Who sees it without being invited.
    pub privacy: Option<Privacy>,
    /// When it starts or ends; it starts today when a template has dates and this is not said.
    pub shift: Option<Shift>,
    /// Who plays which role; a role that nobody plays leaves its tasks without an assignee.
    pub roles: BTreeMap<u32, UserId>,
}

/// Makes a project.
pub async fn make(tx: &mut Tx, template: AnyId, new: NewFromTemplate) -> Result<Project> {
    require_maker(tx, Right::Edit)?;
    let source = get(tx, template).await?;
    let roles = players(tx, &source, &new.roles).await?;
    let zone = zones::own(tx).await?;
    let start = start(tx, &source, new.shift, &zone);
    let project = NewProject {
        name: if new.name.trim().is_empty() { source.name.clone() } else { new.name },
        notes: Some(Text::Plain(source.notes.clone())),
        team: new.team.or(source.team),
        color: source.color.clone(),
        icon: source.icon.clone(),
        view: Some(source.view),
        privacy: new.privacy,
        ..NewProject::default()
    };
    let project = projects::create(tx, project).await?;
    for (field, is_important) in &source.outline.fields {
        // A field that was deleted since is left out.
        if !fields::load(tx, &[*field]).await?.is_empty() {
            fields::add_to_project(tx, project.id, *field, *is_important, None).await?;
        }
    }
    let mut maker = Maker { start, zone, roles, made: HashMap::new() };
    let first = sections::store::first(tx, project.id).await?;
    for (n, section) in source.outline.sections.iter().enumerate() {
        let own = match n {
            0 => sections::rename(tx, first.id, &section.name).await?,
            _ => sections::create(tx, project.id, &section.name, Place::Last).await?,
        };
        for task in &section.tasks {
            let home = NewHome { project: project.id, section: Some(own.id) };
            maker.make(tx, task, vec![home], None).await?;
        }
    }
    maker.link(tx, &source).await?;
    enter(tx, "template.used", &source, json!({"project": {"id": project.id, "name": project.name}}));
    Ok(project)
}

/// The same, for those who ask later what came of it.
pub async fn making(tx: &mut Tx, template: AnyId, new: NewFromTemplate) -> Result<Copying> {
    let project = make(tx, template, new).await?;
    copies::record(tx, CopyKind::Instance, template.0, project.id.0).await
}

/// Who plays which role: active people, and roles that there are.
async fn players(
    tx: &mut Tx,
    template: &Template,
    roles: &BTreeMap<u32, UserId>,
) -> Result<BTreeMap<u32, UserId>> {
    let users: Vec<UserId> = roles.values().copied().collect();
    let known = people::users::by_ids(tx, &users).await?;
    for (role, user) in roles {
        if !template.outline.roles.iter().any(|found| found.id == *role) {
            return Err(Error::invalid("template.role", format!("the template has no role {role}")));
        }
        if !known.get(user).is_some_and(|user| user.active) {
            return Err(Error::invalid("user.unknown", format!("there is no active user {user}")));
        }
    }
    Ok(roles.clone())
}

fn start(tx: &Tx, template: &Template, shift: Option<Shift>, zone: &TimeZone) -> Date {
    match shift {
        Some(Shift::StartOn(day)) => day,
        Some(Shift::DueOn(day)) => day.saturating_sub(template.outline.last_day().days()),
        None => tx.now().date_in(zone),
    }
}

struct Maker {
    start: Date,
    zone: TimeZone,
    roles: BTreeMap<u32, UserId>,
    made: HashMap<u32, TaskId>,
}

impl Maker {
    async fn make(
        &mut self,
        tx: &mut Tx,
        task: &OutlineTask,
        homes: Vec<NewHome>,
        parent: Option<TaskId>,
    ) -> Result<()> {
        let assignee = match task.doer {
            Some(Doer::Role(role)) => self.roles.get(&role).copied(),
            Some(Doer::Person(user)) => {
                people::users::opt(tx, user).await?.filter(|user| user.active).map(|user| user.id)
            }
            None => None,
        };
        let known = tags::by_ids(tx, &task.tags).await?;
        let new = NewTask {
            name: task.name.clone(),
            notes: Some(notes(tx, task).await?),
            kind: Some(task.kind),
            assignee,
            due: task.due.as_ref().map(|due| self.when(due)).transpose()?,
            start: task.start.as_ref().map(|start| self.when(start)).transpose()?,
            homes,
            parent,
            tags: task
                .tags
                .iter()
                .copied()
                .filter(|tag| known.iter().any(|known| known.id == *tag))
                .collect(),
            ..NewTask::default()
        };
        let made = tasks::create(tx, new).await?;
        self.made.insert(task.key, made.id);
        for (field, value) in &task.fields {
            let input = match value {
                Kept::Text(text) => Input::Text(text.clone()),
                Kept::Number(number) => Input::Number(*number),
                Kept::Ids(ids) => Input::Ids(ids.clone()),
            };
            match fields::values::set(tx, &made, &[(*field, input)]).await {
                Ok(_) => {}
                // The field or the option is not there any more.
                Err(error) if matches!(error.kind(), Kind::Invalid | Kind::Missing) => {}
                Err(error) => return Err(error),
            }
        }
        for part in &task.subtasks {
            // An `async fn` that calls itself has to be boxed.
            Box::pin(self.make(tx, part, Vec::new(), Some(made.id))).await?;
        }
        Ok(())
    }

    fn when(&self, offset: &Offset) -> Result<When> {
        let day = self.start.saturating_add(offset.days.days());
        let Some(clock) = offset.clock else { return Ok(When::On(day)) };
        let zoned = DateTime::from_parts(day, clock).to_zoned(self.zone.clone());
        let zoned = zoned
            .map_err(|error| Error::invalid("date.unknown", "that time is too far away").because(error))?;
        Ok(When::At(Time::from(zoned.timestamp())))
    }

    async fn link(&self, tx: &mut Tx, template: &Template) -> Result<()> {
        let mut waits = Vec::new();
        template.outline.each(&mut |task| {
            waits.extend(task.waits_for.iter().map(|ahead| (task.key, *ahead)));
        });
        for (task, ahead) in waits {
            if let (Some(task), Some(ahead)) = (self.made.get(&task), self.made.get(&ahead)) {
                tasks::store::add_wait(tx, *task, *ahead).await?;
            }
        }
        Ok(())
    }
}

/// The description; as plain text when it points at things that the maker may not see.
async fn notes(tx: &mut Tx, task: &OutlineTask) -> Result<Text> {
    match &task.html {
        Some(html) if mentions::points_at_seen_things_only(tx, html).await? => Ok(Text::Rich(html.clone())),
        _ => Ok(Text::Plain(task.notes.clone())),
    }
}
