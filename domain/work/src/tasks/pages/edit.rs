//! Editing in place: one form, one value. The fields of the form say what changes.

use super::common::{back, here, person, quietly, tag, task as named_task};
use super::undo::Before;
use super::{compose, words};
use crate::fields::{self, FieldKind, Input};
use crate::names::Place;
use crate::tasks::{self, Approval, Task, TaskChange, TaskKind, Want, When};
use crate::{sections, tags};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base::id::{FieldId, ProjectId, SectionId, TaskId, UserId};
use base::{Error, Result};
use db::Tx;
use web::{App, Auth, Form, Path, ui};

/// The fields of a form, in their order; one name may come several times.
pub(crate) type Pairs = Vec<(String, String)>;

/// What an edit did: what to say, and how to bring back what was.
#[derive(Default)]
pub(super) struct Outcome {
    pub said: Option<String>,
    pub before: Before,
}

/// Changes what the fields of the form name.
pub(super) async fn set(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    headers: HeaderMap,
    Form(pairs): Form<Pairs>,
) -> web::Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let mut outcome = Outcome::default();
    let mut done: Vec<&str> = Vec::new();
    for (key, value) in &pairs {
        if let Some(field) = key.strip_prefix("field-") {
            if !done.contains(&key.as_str()) {
                done.push(key);
                let values: Vec<&str> = pairs
                    .iter()
                    .filter(|(other, value)| other == key && !value.trim().is_empty())
                    .map(|(_, value)| value.as_str())
                    .collect();
                set_field(&mut tx, task, field.parse()?, &values, &mut outcome).await?;
            }
        } else {
            set_one(&app, &mut tx, task, key, value, &mut outcome).await?;
        }
    }
    tx.commit().await?;
    let next = back(&headers, &format!("/tasks/{task}"));
    Ok(match outcome.said {
        Some(said) => outcome.before.done(&next, &said),
        None => quietly(&next),
    })
}

pub(super) async fn set_one(
    app: &App,
    tx: &mut Tx,
    task: TaskId,
    key: &str,
    value: &str,
    outcome: &mut Outcome,
) -> Result<()> {
    let old = tasks::get(tx, task).await?;
    let mut change = TaskChange::default();
    match key {
        "name" => {
            outcome.before.name(&old);
            change.name = Some(value.trim().to_owned());
        }
        "notes" => change.notes = Some(compose::notes(app, tx, value).await?),
        "assignee" => {
            let user = person(tx, value).await?;
            outcome.before.assignee(&old);
            outcome.said = Some(given(tx, user).await?);
            change.assignee = Some(user);
        }
        "due" => {
            let when = words::when(value, &here(tx).await?)?;
            outcome.before.due(&old);
            outcome.said = Some(match when {
                None => "The due date is gone".to_owned(),
                Some(when) => format!("Due {}", said(when, &here(tx).await?)),
            });
            change.due = Some(when);
        }
        "start" => change.start = Some(words::when(value, &here(tx).await?)?),
        "kind" => change.kind = Some(TaskKind::parse(value)?),
        "approval" => {
            outcome.before.completed(&old);
            change.approval = Some(Approval::parse(value)?);
        }
        "liked" => change.liked = Some(value == "true"),
        _ => return connect(tx, &old, key, value, outcome).await,
    }
    let new = tasks::change(tx, task, change).await?;
    let is_same = (&old.name, old.assignee, old.due_on, old.due_at, old.approval)
        == (&new.name, new.assignee, new.due_on, new.due_at, new.approval);
    if is_same {
        *outcome = Outcome::default();
    } else if key == "name" && old.name.chars().count() <= 200 {
        outcome.said = Some("The name is changed".to_owned());
    }
    Ok(())
}

/// A day or an instant as a toast says it.
pub(super) fn said(when: When, here: &words::Here) -> String {
    match when {
        When::On(day) => ui::day(day, here.today),
        When::At(at) => {
            let civil = here.zone.to_datetime(at.timestamp());
            format!("{}, {}", ui::day(civil.date(), here.today), civil.strftime("%H:%M"))
        }
    }
}

/// Who has it now, as a toast says it.
pub(super) async fn given(tx: &mut Tx, user: Option<UserId>) -> Result<String> {
    Ok(match user {
        None => "Assigned to nobody".to_owned(),
        Some(user) => format!("Assigned to {}", people::users::get(tx, user).await?.name),
    })
}

/// What ties a task to other things.
async fn connect(tx: &mut Tx, task: &Task, key: &str, value: &str, outcome: &mut Outcome) -> Result<()> {
    let id = task.id;
    let me = people::users::require_signed_in(tx)?;
    match key {
        "section" => {
            let section: SectionId = value.parse()?;
            let found = sections::get(tx, section).await?;
            outcome.before.seats(tx, found.project.id, &[id]).await?;
            tasks::add_to_project(tx, id, found.project.id, Some(section), Some(Place::Last)).await?;
            outcome.said = Some(format!("Moved to {}", found.name));
        }
        "add-project" => {
            let found = match value.parse::<ProjectId>() {
                Ok(project) => Some(project),
                Err(_) => super::common::project(tx, value).await?,
            };
            let project = found.ok_or_else(|| {
                Error::invalid(
                    "project.unknown",
                    format!("There is no project called \u{201c}{}\u{201d}", value.trim()),
                )
            })?;
            tasks::add_to_project(tx, id, project, None, None).await?;
        }
        "remove-project" => tasks::remove_from_project(tx, id, value.parse()?).await?,
        "add-tag" if value.trim().is_empty() => {}
        "add-tag" => {
            let tag = tag(tx, value).await?;
            tags::add(tx, id, tag.id).await?;
        }
        "remove-tag" => tags::remove(tx, id, value.parse()?).await?,
        "add-wait" => {
            let other = named_task(tx, value).await?;
            tasks::add_dependencies(tx, id, &[other]).await?;
        }
        "remove-wait" => tasks::remove_dependencies(tx, id, &[value.parse()?]).await?,
        "parent" if value.trim().is_empty() => drop(tasks::set_parent(tx, id, None, None).await?),
        "parent" => {
            let parent = named_task(tx, value).await?;
            tasks::set_parent(tx, id, Some(parent), None).await?;
        }
        "follow" if value == "true" => tasks::add_followers(tx, id, &[me]).await?,
        "follow" => tasks::remove_followers(tx, id, &[me]).await?,
        "add-follower" => {
            if let Some(user) = person(tx, value).await? {
                tasks::add_followers(tx, id, &[user]).await?;
            }
        }
        "remove-follower" => tasks::remove_followers(tx, id, &[value.parse()?]).await?,
        _ => {
            return Err(Error::invalid(
                "form.unknown",
                format!("this form has a field that nobody knows: {key}"),
            ));
        }
    }
    Ok(())
}

/// Sets a custom field from what was typed or chosen.
async fn set_field(
    tx: &mut Tx,
    task: TaskId,
    field: FieldId,
    values: &[&str],
    outcome: &mut Outcome,
) -> Result<()> {
    let old = tasks::full(tx, task, &Want { fields: true, ..Want::default() }).await?;
    let entry = old.fields.iter().find(|entry| entry.field.id == field);
    let text = entry.and_then(|entry| entry.value.as_ref()).map(typed_again).unwrap_or_default();
    let found = fields::get(tx, field).await?;
    let input = match (found.kind, values) {
        (_, []) => Input::Clear,
        (FieldKind::Text | FieldKind::Enum, [text, ..]) => Input::Text((*text).to_owned()),
        (FieldKind::Number, [text, ..]) => Input::Text(number(text)),
        (FieldKind::MultiEnum, ids) => Input::Text(ids.join(",")),
        (FieldKind::Date, [text, ..]) => match words::when(text, &here(tx).await?)? {
            None => Input::Clear,
            Some(When::On(day)) => Input::Date(day),
            Some(When::At(at)) => Input::Time(at),
        },
        (FieldKind::People, names) => {
            let mut ids = Vec::new();
            for name in names.iter().flat_map(|names| names.split(',')) {
                ids.extend(person(tx, name).await?.map(|user| user.0));
            }
            Input::Ids(ids)
        }
        (FieldKind::Reference, names) => {
            let mut ids = Vec::new();
            for name in
                names.iter().flat_map(|names| names.split('\n')).filter(|name| !name.trim().is_empty())
            {
                ids.push(named_task(tx, name).await?.0);
            }
            Input::Ids(ids)
        }
    };
    tasks::change(tx, task, TaskChange { fields: vec![(field, input)], ..TaskChange::default() }).await?;
    if text.len() < 500 {
        outcome.before.field(field, &text, task);
        outcome.said = Some(format!("{} is changed", found.name));
    }
    Ok(())
}

/// A number as people write it: with a decimal comma, a percent sign or blanks between thousands.
fn number(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{202f}').collect();
    if plain.contains('.') { plain.replace(',', "") } else { plain.replace(',', ".") }
}

/// A value as [`Input::Text`] reads it again.
fn typed_again(value: &fields::FieldValue) -> String {
    use fields::FieldValue as V;
    let joined = |ids: Vec<String>| ids.join(",");
    match value {
        V::Text(text) => text.clone(),
        V::Number(number) => number.to_string(),
        V::Enum(option) => option.id.to_string(),
        V::MultiEnum(options) => joined(options.iter().map(|option| option.id.to_string()).collect()),
        V::Date { date, time } => time.map_or_else(|| date.to_string(), |time| time.to_string()),
        V::People(people) => joined(people.iter().map(|person| person.id.to_string()).collect()),
        V::Reference(tasks) => joined(tasks.iter().map(|task| task.id.to_string()).collect()),
    }
}
