//! Saving a project as a template.

use super::{
    Doer, Kept, Offset, Outline, OutlineSection, OutlineTask, Template, TemplateRole, enter, require_maker,
    store,
};
use crate::copies::{self, CopyKind, Copying};
use crate::fields::{FieldValue, settings_of};
use crate::page::Page;
use crate::projects::{self, Project};
use crate::tasks::{self, Filter, FullTask, Task, Want, Within};
use crate::{checks, sections, zones};
use base::id::{ProjectId, SectionId, TaskId, TeamId, UserId};
use base::jiff::tz::TimeZone;
use base::{Date, Error, Limit, Result, Right, Time};
use db::Tx;
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};

base::text_enum! {
    /// What becomes of the assignees of a project that is saved.
    pub enum People {
        /// The same people are to do it again.
        Keep = "keep",
        /// Each becomes a role, which is filled when a project is made.
        Roles = "roles",
        /// Nobody is to do it.
        Drop = "drop",
    }
}

/// What a new template is to be.
#[derive(Clone, Debug)]
pub struct NewTemplate {
    /// Its name; the project's when it is empty.
    pub name: String,
    /// The team that sees it; the project's own when there is none.
    pub team: Option<TeamId>,
    /// Whether its team sees it.
    pub is_public: bool,
    /// What becomes of assignees.
    pub people: People,
}

/// Saves a project as a template, with all of its tasks that the actor sees.
pub async fn save(tx: &mut Tx, project: ProjectId, new: NewTemplate) -> Result<Template> {
    require_maker(tx, Right::Edit)?;
    let source = projects::require(tx, project, Right::View).await?;
    let team = match new.team {
        Some(team) => Some(people::teams::get(tx, team).await?.id),
        None => source.team,
    };
    let outline = outline(tx, &source, new.people).await?;
    let name = if new.name.trim().is_empty() { &source.name } else { &new.name };
    let now = tx.now();
    let template = Template {
        id: tx.new_id(),
        name: checks::name(tx, name, "the name")?,
        notes: source.notes,
        team,
        color: source.color,
        icon: source.icon,
        view: source.view,
        is_public: new.is_public,
        outline,
        created_at: now,
        created_by: tx.actor().user,
        modified_at: now,
    };
    store::insert(tx, &template).await?;
    enter(
        tx,
        "template.saved",
        &template,
        json!({"project": {"id": project, "name": source.name}, "tasks": template.outline.count()}),
    );
    Ok(template)
}

/// The same, for those who ask later what came of it.
pub async fn saving(tx: &mut Tx, project: ProjectId, new: NewTemplate) -> Result<Copying> {
    let template = save(tx, project, new).await?;
    copies::record(tx, CopyKind::Template, project.0, template.id.0).await
}

async fn outline(tx: &mut Tx, source: &Project, people: People) -> Result<Outline> {
    let found = everything(tx, source.id).await?;
    let mut writer = Writer {
        base: start(source, &found),
        zone: zones::own(tx).await?,
        people,
        keys: found.iter().zip(1..).map(|(full, key)| (full.task.id, key)).collect(),
        roles: Vec::new(),
        below: HashMap::new(),
    };
    let mut tops: HashMap<SectionId, Vec<&FullTask>> = HashMap::new();
    for full in &found {
        let home = full.homes.iter().find(|home| home.project.id == source.id);
        match (full.task.parent.filter(|parent| writer.keys.contains_key(parent)), home) {
            // A part that is in the project itself comes with its whole.
            (Some(parent), _) => writer.below.entry(parent).or_default().push(full),
            (None, Some(home)) => tops.entry(home.section.id).or_default().push(full),
            (None, None) => {}
        }
    }
    let mut outline = Outline::default();
    for section in sections::store::of_project(tx, source.id).await? {
        let tasks = tops.remove(&section.id).unwrap_or_default();
        let tasks = tasks.into_iter().map(|full| writer.write(full)).collect();
        outline.sections.push(OutlineSection { name: section.name, tasks });
    }
    let settings = settings_of(tx, &[source.id]).await?.remove(&source.id).unwrap_or_default();
    outline.fields = settings.into_iter().map(|setting| (setting.field.id, setting.is_important)).collect();
    outline.roles = writer.roles.into_iter().map(|(_, role)| role).collect();
    Ok(outline)
}

/// Every task of a project and the parts of them, wholes before parts, in order.
async fn everything(tx: &mut Tx, project: ProjectId) -> Result<Vec<FullTask>> {
    let most = tx.limits().count(Limit::ImportRows);
    let listed = tasks::list(tx, Within::Project(project), &Filter::default(), &Page::first(most)).await?;
    let mut found: Vec<Task> = listed.items;
    let mut known: HashSet<TaskId> = found.iter().map(|task| task.id).collect();
    let mut level: Vec<TaskId> = found.iter().map(|task| task.id).collect();
    let mut more = listed.next.is_some();
    while !level.is_empty() && !more {
        let wholes = tasks::store::subtask_counts(tx, &level).await?;
        level.clear();
        for (whole, _) in wholes {
            let parts =
                tasks::store::list(tx, Within::Parent(whole), &Filter::default(), &Page::first(most)).await?;
            for part in parts.items.into_iter().filter(|part| known.insert(part.id)) {
                level.push(part.id);
                found.push(part);
            }
        }
        more = found.len() > most;
    }
    if more {
        let what = format!("the project has more than {most} tasks, the limit {}", Limit::ImportRows.key());
        return Err(Error::invalid("limit.exceeded", what));
    }
    let want =
        Want { people: true, homes: true, tags: true, fields: true, dependencies: true, ..Want::default() };
    tasks::fill(tx, found, &want).await
}

/// The day that dates are told from: the project's start, or else the first day that anything starts or is due on.
fn start(source: &Project, tasks: &[FullTask]) -> Option<Date> {
    source.start_on.or_else(|| tasks.iter().filter_map(|full| full.task.start_on.or(full.task.due_on)).min())
}

struct Writer<'a> {
    base: Option<Date>,
    zone: TimeZone,
    people: People,
    keys: BTreeMap<TaskId, u32>,
    roles: Vec<(UserId, TemplateRole)>,
    below: HashMap<TaskId, Vec<&'a FullTask>>,
}

impl Writer<'_> {
    fn write(&mut self, full: &FullTask) -> OutlineTask {
        let task = &full.task;
        let parts = self.below.remove(&task.id).unwrap_or_default();
        let fields =
            full.fields.iter().filter_map(|entry| Some((entry.field.id, kept(entry.value.as_ref()?)?)));
        OutlineTask {
            key: self.keys.get(&task.id).copied().unwrap_or_default(),
            name: task.name.clone(),
            notes: task.notes.clone(),
            html: task.html.clone(),
            kind: task.kind,
            doer: self.doer(full),
            due: self.offset(task.due_on, task.due_at),
            start: self.offset(task.start_on, task.start_at),
            tags: full.tags.iter().map(|tag| tag.id).collect(),
            fields: fields.collect(),
            waits_for: full.dependencies.iter().filter_map(|id| self.keys.get(id).copied()).collect(),
            subtasks: parts.into_iter().map(|part| self.write(part)).collect(),
        }
    }

    fn doer(&mut self, full: &FullTask) -> Option<Doer> {
        let person = full.assignee.as_ref()?;
        match self.people {
            People::Drop => None,
            People::Keep => Some(Doer::Person(person.id)),
            People::Roles => {
                if let Some((_, role)) = self.roles.iter().find(|(user, _)| *user == person.id) {
                    return Some(Doer::Role(role.id));
                }
                let id = u32::try_from(self.roles.len() + 1).unwrap_or(u32::MAX);
                self.roles.push((person.id, TemplateRole { id, name: format!("What {} did", person.name) }));
                Some(Doer::Role(id))
            }
        }
    }

    fn offset(&self, day: Option<Date>, at: Option<Time>) -> Option<Offset> {
        let (base, day) = (self.base?, day?);
        let clock = at.map(|at| self.zone.to_datetime(at.timestamp()).time());
        Some(Offset { days: (day - base).get_days(), clock })
    }
}

/// What of a value holds for another project: neither days nor other tasks.
fn kept(value: &FieldValue) -> Option<Kept> {
    match value {
        FieldValue::Text(text) => Some(Kept::Text(text.clone())),
        FieldValue::Number(number) => Some(Kept::Number(*number)),
        FieldValue::Enum(option) => Some(Kept::Text(option.id.to_string())),
        FieldValue::MultiEnum(options) => Some(Kept::Ids(options.iter().map(|option| option.id.0).collect())),
        FieldValue::Date { .. } | FieldValue::People(_) | FieldValue::Reference(_) => None,
    }
}
