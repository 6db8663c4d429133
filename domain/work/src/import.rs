//! Importing an Asana project export: `{"data": [task, ...]}` as its JSON export and its API give it.
//!
//! Sections, tags, custom fields and their options are found by name or made; people are found by address or, when it is the
//! only one, by name. A task keeps its foreign id (`asana:1234`), so that importing again makes only what is missing. Nothing is
//! changed about tasks that are there.

mod read;
#[cfg(test)]
mod tests;

use crate::csv::person;
use crate::fields::{self, Field, FieldKind, FieldOption, Input, NewField, NewOption};
use crate::names::{Place, Text};
use crate::page::Page;
use crate::tasks::{self, External, NewHome, NewTask, TaskKind, When};
use crate::{projects, sections, tags};
use base::id::{FieldId, ProjectId, SectionId, TagId, TaskId, UserId};
use base::{Error, Limit, Result, Right};
use db::Tx;
use std::collections::HashMap;
use std::sync::Arc;

pub use read::{Export, ExportedField, ExportedTask, read};

/// Tasks (with their subtasks) that are made in one transaction.
pub const PORTION: usize = 50;

/// What the parts of one import have in common: found or made once.
#[derive(Debug, Default)]
pub struct Known {
    sections: HashMap<String, SectionId>,
    tags: HashMap<String, TagId>,
    fields: Vec<Arc<Field>>,
    people: HashMap<String, Option<UserId>>,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Tasks made, subtasks included.
    pub made: usize,
    /// Tasks that were there already.
    pub skipped: usize,
}

impl std::ops::AddAssign for Outcome {
    fn add_assign(&mut self, other: Self) {
        self.made += other.made;
        self.skipped += other.skipped;
    }
}

/// Checks that the actor may import into the project, and finds what is there by name.
pub async fn begin(tx: &mut Tx, project: ProjectId, export: &Export) -> Result<Known> {
    projects::require(tx, project, Right::Edit).await?;
    tx.limits().check(Limit::ImportRows, export.count(), "the export")?;
    let mut known = Known::default();
    for section in sections::list(tx, project).await? {
        known.sections.entry(section.name.to_lowercase()).or_insert(section.id);
    }
    known.fields = fields::of_project(tx, project).await?.into_iter().map(|setting| setting.field).collect();
    let mut page = Page::all(tx.limits());
    loop {
        let listed = tags::list(tx, &page).await?;
        for tag in listed.items {
            known.tags.entry(tag.name.to_lowercase()).or_insert(tag.id);
        }
        match listed.next {
            Some(next) => page.after = Some(next),
            None => return Ok(known),
        }
    }
}

/// Makes some tasks of the export in the project.
pub async fn put(
    tx: &mut Tx,
    project: ProjectId,
    known: &mut Known,
    tasks: &[ExportedTask],
) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    // Parents first, without recursion: an export nests as deeply as somebody cares to write.
    let mut waiting: Vec<(&ExportedTask, Option<TaskId>)> =
        tasks.iter().rev().map(|task| (task, None)).collect();
    while let Some((task, parent)) = waiting.pop() {
        let (id, is_new) = put_task(tx, project, known, task, parent).await.map_err(|error| {
            let name: String = task.name.chars().take(80).collect();
            Error::new(error.kind(), error.code(), format!("the task {name:?}: {}", error.message()))
                .because(error)
        })?;
        if is_new {
            outcome.made += 1;
        } else {
            outcome.skipped += 1;
        }
        waiting.extend(task.subtasks.iter().rev().map(|part| (part, Some(id))));
    }
    Ok(outcome)
}

async fn put_task(
    tx: &mut Tx,
    project: ProjectId,
    known: &mut Known,
    task: &ExportedTask,
    parent: Option<TaskId>,
) -> Result<(TaskId, bool)> {
    let external = task.gid.as_ref().or(task.id.as_ref()).map(|gid| format!("asana:{gid}"));
    if let Some(external) = &external {
        match tasks::by_external(tx, external).await {
            Ok(found) => return Ok((found.id, false)),
            Err(error) if error.is_missing() => {}
            Err(error) => return Err(error),
        }
    }
    let home = match parent {
        Some(_) => None,
        None => Some(NewHome { project, section: section(tx, project, known, task).await? }),
    };
    let mut tags = Vec::new();
    for named in &task.tags {
        tags.push(tag(tx, known, &named.name).await?);
    }
    let mut followers = Vec::new();
    for follower in &task.followers {
        followers.extend(somebody(tx, known, follower.key()).await?);
    }
    let assignee = match task.assignee.as_ref() {
        Some(person) => somebody(tx, known, person.key()).await?,
        None => None,
    };
    let mut values = Vec::new();
    if parent.is_none() {
        for field in &task.custom_fields {
            values.extend(value(tx, project, known, field).await?);
        }
    }
    let kind = task
        .resource_subtype
        .as_deref()
        .and_then(|word| TaskKind::parse(word).ok())
        .unwrap_or(TaskKind::Plain);
    let due = task.due_at.map(When::At).or(task.due_on.map(When::On));
    let new = NewTask {
        name: task.name.clone(),
        notes: Some(notes(task)),
        kind: Some(kind),
        assignee,
        completed: task.completed,
        due,
        start: task.start_on.map(When::On).filter(|_| due.is_some() && kind != TaskKind::Milestone),
        homes: home.into_iter().collect(),
        parent,
        tags,
        followers,
        fields: values,
        external: external.map(|id| External { id: Some(id), data: None }),
        ..NewTask::default()
    };
    Ok((tasks::create(tx, new).await?.id, true))
}

/// The plain notes; the rich ones mention people and tasks by foreign ids.
fn notes(task: &ExportedTask) -> Text {
    Text::Plain(task.notes.replace('\0', ""))
}

async fn section(
    tx: &mut Tx,
    project: ProjectId,
    known: &mut Known,
    task: &ExportedTask,
) -> Result<Option<SectionId>> {
    let named = task.memberships.iter().find_map(|membership| membership.section.as_ref());
    let Some(name) = named.map(|section| section.name.trim()).filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    if let Some(id) = known.sections.get(&name.to_lowercase()) {
        return Ok(Some(*id));
    }
    let made = sections::create(tx, project, name, Place::Last).await?;
    known.sections.insert(name.to_lowercase(), made.id);
    Ok(Some(made.id))
}

async fn tag(tx: &mut Tx, known: &mut Known, name: &str) -> Result<TagId> {
    if let Some(id) = known.tags.get(&name.to_lowercase()) {
        return Ok(*id);
    }
    let made = tags::create(tx, name, None, "").await?;
    known.tags.insert(name.to_lowercase(), made.id);
    Ok(made.id)
}

async fn somebody(tx: &mut Tx, known: &mut Known, key: Option<&str>) -> Result<Option<UserId>> {
    let Some(key) = key else { return Ok(None) };
    if let Some(found) = known.people.get(key) {
        return Ok(*found);
    }
    let found = person(tx, key).await?;
    known.people.insert(key.to_owned(), found);
    Ok(found)
}

/// The value of a custom field, which is found by its name and kind or made, as are the options that it needs.
async fn value(
    tx: &mut Tx,
    project: ProjectId,
    known: &mut Known,
    exported: &ExportedField,
) -> Result<Option<(FieldId, Input)>> {
    let Some(kind) = exported.kind() else { return Ok(None) };
    let names = exported.option_names();
    let input = match kind {
        FieldKind::Text => exported.text_value.clone().map(Input::Text),
        FieldKind::Number => exported.number_value.map(Input::Number),
        FieldKind::Date => exported.date(),
        FieldKind::Enum | FieldKind::MultiEnum if !names.is_empty() => Some(Input::Clear),
        // People and tasks of a field are named by foreign ids.
        FieldKind::Enum | FieldKind::MultiEnum | FieldKind::People | FieldKind::Reference => None,
    };
    let Some(input) = input else { return Ok(None) };
    let field = field(tx, project, known, exported, kind).await?;
    if !matches!(kind, FieldKind::Enum | FieldKind::MultiEnum) {
        return Ok(Some((field.id, input)));
    }
    let mut options = Vec::new();
    for name in names {
        options.push(option(tx, known, field.id, &name).await?.id);
    }
    let input = match (kind, options.first()) {
        (FieldKind::Enum, Some(option)) => Input::Text(option.to_string()),
        _ => Input::Ids(options.into_iter().map(|option| option.0).collect()),
    };
    Ok(Some((field.id, input)))
}

async fn field(
    tx: &mut Tx,
    project: ProjectId,
    known: &mut Known,
    exported: &ExportedField,
    kind: FieldKind,
) -> Result<Arc<Field>> {
    let is_it = |field: &&Arc<Field>| field.kind == kind && field.name.eq_ignore_ascii_case(&exported.name);
    if let Some(found) = known.fields.iter().find(is_it) {
        return Ok(found.clone());
    }
    let new = NewField {
        kind,
        name: exported.name.clone(),
        description: String::new(),
        precision: (kind == FieldKind::Number).then_some(exported.precision.unwrap_or(2).min(6)),
        format: None,
        currency_code: None,
        custom_label: None,
        custom_label_position: None,
        notifies: false,
        is_global: false,
        options: exported
            .enum_options
            .iter()
            .map(|option| NewOption { name: option.name.clone(), color: option.color.clone(), enabled: true })
            .collect(),
    };
    let made = Arc::new(fields::create(tx, new).await?);
    fields::add_to_project(tx, project, made.id, true, None).await?;
    known.fields.push(made.clone());
    Ok(made)
}

async fn option(tx: &mut Tx, known: &mut Known, field: FieldId, name: &str) -> Result<FieldOption> {
    let at = known.fields.iter().position(|known| known.id == field);
    let found = at
        .and_then(|at| known.fields[at].options.iter().find(|option| option.name.eq_ignore_ascii_case(name)));
    if let Some(found) = found {
        return Ok(found.clone());
    }
    let new = NewOption { name: name.to_owned(), color: None, enabled: true };
    let made = fields::add_option(tx, field, new, Place::Last).await?;
    if let Some(at) = at {
        let mut changed = (*known.fields[at]).clone();
        changed.options.push(made.clone());
        known.fields[at] = Arc::new(changed);
    }
    Ok(made)
}
