//! Writing the table.

use crate::fields::{Entry, FieldValue, Setting};
use crate::tasks::FullTask;
use base::id::{ProjectId, UserId};
use base::{Error, Result, Time};
use std::collections::HashMap;

/// The columns that every project has, as Asana's export names them.
const COLUMNS: [&str; 16] = [
    "Task ID",
    "Created At",
    "Completed At",
    "Last Modified",
    "Name",
    "Section/Column",
    "Assignee",
    "Assignee Email",
    "Start Date",
    "Due Date",
    "Tags",
    "Notes",
    "Projects",
    "Parent task",
    "Blocked By (Dependencies)",
    "Blocking (Dependencies)",
];

fn day(at: Option<Time>) -> String {
    at.map(|at| at.date_utc().to_string()).unwrap_or_default()
}

pub(super) fn table(
    project: ProjectId,
    settings: &[Setting],
    rows: &[(FullTask, Option<String>)],
    mails: &HashMap<UserId, String>,
    with_heading: bool,
) -> Result<String> {
    let broken = |error: csv::Error| Error::bug("csv.write", "the table could not be written").because(error);
    let mut out = csv::Writer::from_writer(Vec::new());
    if with_heading {
        let names = settings.iter().map(|setting| inert(&setting.field.name));
        out.write_record(COLUMNS.iter().map(|name| (*name).to_owned()).chain(names)).map_err(broken)?;
    }
    for (task, parent) in rows {
        out.write_record(cells(project, settings, task, parent.as_deref(), mails)).map_err(broken)?;
    }
    let bytes = out.into_inner().map_err(|error| {
        Error::bug("csv.write", "the table could not be written").because(error.to_string())
    })?;
    String::from_utf8(bytes).map_err(|error| Error::bug("csv.write", "the table is not text").because(error))
}

fn cells(
    project: ProjectId,
    settings: &[Setting],
    full: &FullTask,
    parent: Option<&str>,
    mails: &HashMap<UserId, String>,
) -> Vec<String> {
    let task = &full.task;
    let list = |names: Vec<&str>| inert(&names.join(","));
    let section =
        full.homes.iter().find(|home| home.project.id == project).map(|home| home.section.name.as_str());
    let ids = |ids: &[base::id::TaskId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let mut cells = vec![
        task.id.to_string(),
        day(Some(task.created_at)),
        day(task.completed_at),
        day(Some(task.modified_at)),
        inert(&task.name),
        inert(section.unwrap_or_default()),
        inert(full.assignee.as_ref().map_or("", |person| &person.name)),
        inert(task.assignee.and_then(|id| mails.get(&id)).map_or("", String::as_str)),
        task.start_on.map(|day| day.to_string()).unwrap_or_default(),
        task.due_on.map(|day| day.to_string()).unwrap_or_default(),
        list(full.tags.iter().map(|tag| tag.name.as_str()).collect()),
        inert(&task.notes),
        list(full.homes.iter().map(|home| home.project.name.as_str()).collect()),
        inert(parent.unwrap_or_default()),
        ids(&full.dependencies),
        ids(&full.dependents),
    ];
    for setting in settings {
        let entry = full.fields.iter().find(|entry| entry.field.id == setting.field.id);
        cells.push(entry.map(value).unwrap_or_default());
    }
    cells
}

fn value(entry: &Entry) -> String {
    let joined = |names: Vec<&str>| inert(&names.join(","));
    match &entry.value {
        None => String::new(),
        Some(FieldValue::Text(text)) => inert(text),
        // A number begins with a minus sign without being a formula.
        Some(FieldValue::Number(number)) => number.to_string(),
        Some(FieldValue::Enum(option)) => inert(&option.name),
        Some(FieldValue::MultiEnum(options)) => {
            joined(options.iter().map(|option| option.name.as_str()).collect())
        }
        Some(FieldValue::Date { date, .. }) => date.to_string(),
        Some(FieldValue::People(people)) => {
            joined(people.iter().map(|person| person.name.as_str()).collect())
        }
        Some(FieldValue::Reference(tasks)) => joined(tasks.iter().map(|task| task.name.as_str()).collect()),
    }
}

/// A cell that no spreadsheet takes for a formula.
pub(super) fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
