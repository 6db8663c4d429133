//! A project as a table: export and import of CSV, with the columns that Asana's export has.
//!
//! An export can be imported again. A cell that a spreadsheet would run as a formula gets an apostrophe in front, which an import
//! takes away. Imports make tasks and change none; columns that nobody knows are named in the answer.

pub(crate) mod api;
mod read;
#[cfg(test)]
mod tests;
mod write;

use crate::fields::{Field, FieldKind, Input, Setting};
use crate::names::{Place, Text};
use crate::page::Page;
use crate::tasks::{self, FullTask, NewHome, NewTask, Want, Within};
use crate::{fields, projects, sections, tags};
use base::id::{ProjectId, SectionId, TagId, TaskId, UserId};
use base::{Error, Limit, Result, Right};
use db::Tx;
use std::collections::HashMap;

pub(crate) use read::date;
pub use read::{Row, Table, read};

/// Tasks that are read or written in one transaction: an import of thousands must not hold the only writer for seconds.
pub const PORTION: usize = 100;

/// Returns a part of the export of a project: the rows after the page's start (with the heading when it is the first), and where the next
/// part begins. Every task of the project is a row; under it follow its subtasks.
pub async fn export(
    tx: &mut Tx,
    project: ProjectId,
    after: Option<String>,
) -> Result<(String, Option<String>)> {
    projects::get(tx, project).await?;
    let settings = fields::of_project(tx, project).await?;
    let is_first = after.is_none();
    let page = Page { after, limit: PORTION };
    let listed = tasks::list(tx, Within::Project(project), &tasks::Filter::default(), &page).await?;
    let want = Want { subtasks: true, ..Want::FULL };
    let mut rows: Vec<(FullTask, Option<String>)> = Vec::new();
    for task in tasks::fill(tx, listed.items, &want).await? {
        let (id, name, subtasks) = (task.task.id, task.task.name.clone(), task.num_subtasks);
        rows.push((task, None));
        if subtasks > 0 {
            let page = Page::all(tx.limits());
            let parts = tasks::list(tx, Within::Parent(id), &tasks::Filter::default(), &page).await?;
            let parts = tasks::fill(tx, parts.items, &want).await?;
            rows.extend(parts.into_iter().map(|part| (part, Some(name.clone()))));
        }
    }
    let mails = mails(tx, &rows).await?;
    Ok((write::table(project, &settings, &rows, &mails, is_first)?, listed.next))
}

async fn mails(tx: &mut Tx, rows: &[(FullTask, Option<String>)]) -> Result<HashMap<UserId, String>> {
    let mut ids: Vec<_> = rows.iter().filter_map(|(task, _)| task.task.assignee).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = people::users::by_ids(tx, &ids).await?;
    Ok(found.into_iter().map(|(id, user)| (id, user.email)).collect())
}

/// What the parts of one import have in common: found or made once.
#[derive(Debug, Default)]
pub struct Known {
    sections: HashMap<String, SectionId>,
    tags: HashMap<String, TagId>,
    settings: Vec<Setting>,
    /// The tasks made so far, for the rows that are parts of them.
    made: HashMap<String, TaskId>,
}

/// Checks that the actor may import and finds what the rows refer to by name.
pub async fn begin(tx: &mut Tx, project: ProjectId, table: &Table) -> Result<Known> {
    projects::require(tx, project, Right::Edit).await?;
    tx.limits().check(Limit::ImportRows, table.rows.len(), "the table")?;
    let mut known = Known { settings: fields::of_project(tx, project).await?, ..Known::default() };
    for section in sections::list(tx, project).await? {
        known.sections.entry(section.name.to_lowercase()).or_insert(section.id);
    }
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

/// Makes the tasks of some rows; an error names the row.
pub async fn put(tx: &mut Tx, project: ProjectId, known: &mut Known, rows: &[Row]) -> Result<usize> {
    for row in rows {
        put_row(tx, project, known, row).await.map_err(|error| {
            let message = format!("row {}: {}", row.line, error.message());
            Error::new(error.kind(), error.code(), message).because(error)
        })?;
    }
    Ok(rows.len())
}

async fn put_row(tx: &mut Tx, project: ProjectId, known: &mut Known, row: &Row) -> Result<()> {
    let section = match row.section.as_deref() {
        Some(name) => Some(section(tx, project, known, name).await?),
        None => None,
    };
    let mut tags = Vec::new();
    for name in &row.tags {
        tags.push(tag(tx, known, name).await?);
    }
    let assignee = match row.assignee.as_deref() {
        Some(text) => person(tx, text).await?,
        None => None,
    };
    let parent = row.parent.as_ref().and_then(|name| known.made.get(name)).copied();
    let mut values = Vec::new();
    // A part of a task is in no project itself, and so has none of its fields.
    for (column, text) in row.others.iter().filter(|_| parent.is_none()) {
        if let Some(setting) =
            known.settings.iter().find(|setting| setting.field.name.eq_ignore_ascii_case(column))
        {
            values.push((setting.field.id, input(&setting.field, text)?));
        }
    }
    let new = NewTask {
        parent,
        notes: row.notes.clone().map(Text::Plain),
        assignee,
        completed: row.is_completed,
        due: row.due,
        start: row.start.filter(|_| row.due.is_some()),
        homes: if parent.is_some() { Vec::new() } else { vec![NewHome { project, section }] },
        tags,
        fields: values,
        ..NewTask::named(row.name.clone(), project)
    };
    let made = tasks::create(tx, new).await?;
    if row.parent.is_none() {
        known.made.insert(row.name.clone(), made.id);
    }
    Ok(())
}

async fn section(tx: &mut Tx, project: ProjectId, known: &mut Known, name: &str) -> Result<SectionId> {
    if let Some(id) = known.sections.get(&name.to_lowercase()) {
        return Ok(*id);
    }
    let made = sections::create(tx, project, name, Place::Last).await?;
    known.sections.insert(name.to_lowercase(), made.id);
    Ok(made.id)
}

async fn tag(tx: &mut Tx, known: &mut Known, name: &str) -> Result<TagId> {
    if let Some(id) = known.tags.get(&name.to_lowercase()) {
        return Ok(*id);
    }
    let made = tags::create(tx, name, None, "").await?;
    known.tags.insert(name.to_lowercase(), made.id);
    Ok(made.id)
}

/// The person that an address or a name means; nobody when there is none or several, because a table from elsewhere names people
/// who are not here.
pub(crate) async fn person(tx: &mut Tx, text: &str) -> Result<Option<UserId>> {
    if text.contains('@') {
        return match people::users::find(tx, text).await {
            Ok(user) if user.active => Ok(Some(user.id)),
            Ok(_) => Ok(None),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        };
    }
    let filter = people::users::UserFilter { query: Some(text.to_owned()), ..Default::default() };
    let found = people::users::list(tx, &filter).await?;
    let mut named = found.into_iter().filter(|user| user.name.eq_ignore_ascii_case(text));
    Ok(named.next().filter(|_| named.next().is_none()).map(|user| user.id))
}

/// A text as the value of a custom field: options by name, days as 2026-11-22.
pub(crate) fn input(field: &Field, text: &str) -> Result<Input> {
    let option = |name: &str| {
        let found = field
            .options
            .iter()
            .find(|option| option.enabled && option.name.eq_ignore_ascii_case(name.trim()));
        found.map(|option| option.id.0).ok_or_else(|| {
            Error::invalid("import.option", format!("{} has no option {:?}", field.name, name.trim()))
        })
    };
    Ok(match field.kind {
        FieldKind::Text => Input::Text(text.to_owned()),
        FieldKind::Number => {
            let number = text.replace(',', "").trim().parse::<f64>().ok().filter(|number| number.is_finite());
            Input::Number(number.ok_or_else(|| {
                Error::invalid("import.number", format!("{} takes a number, not {text:?}", field.name))
            })?)
        }
        FieldKind::Enum => Input::Text(option(text)?.to_string()),
        FieldKind::MultiEnum => Input::Ids(text.split(',').map(option).collect::<Result<_>>()?),
        FieldKind::Date => Input::Date(read::date(text)?),
        // Names are no way to say which person or task is meant.
        FieldKind::People | FieldKind::Reference => Input::Clear,
    })
}

/// The names of the columns of `table` that an import into this project takes no notice of.
pub fn unknown_columns(table: &Table, known: &Known) -> Vec<String> {
    let is_known =
        |name: &String| known.settings.iter().any(|setting| setting.field.name.eq_ignore_ascii_case(name));
    table.columns.iter().filter(|name| !is_known(name)).cloned().collect()
}
