//! Several tasks at once, and one undo for all of them.

use super::common::{back, here, person, several};
use super::edit::{Pairs, given, said};
use super::undo::Before;
use super::words;
use crate::names::Place;
use crate::sections;
use crate::tasks::{self, TaskChange};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base::id::{SectionId, TaskId};
use base::{Error, Result};
use db::Tx;
use web::{App, Auth, Form};

/// As many as one page shows.
const MOST: usize = 100;

/// Does to the selected tasks what the pressed button says.
pub(super) async fn bulk(
    State(app): State<App>,
    Auth(actor): Auth,
    headers: HeaderMap,
    Form(pairs): Form<Pairs>,
) -> web::Result<Response> {
    let value = |key: &str| pairs.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value.trim());
    let mut chosen: Vec<TaskId> =
        pairs.iter().filter(|(key, _)| key == "task").map(|(_, id)| id.parse()).collect::<Result<_>>()?;
    chosen.dedup();
    if chosen.is_empty() || chosen.len() > MOST {
        return Err(Error::invalid("tasks.count", format!("Select 1 to {MOST} tasks first")).into());
    }
    // Enter in a field presses no button: the field that was filled in says what is meant.
    let verb = match value("do") {
        "typed" if !value("assignee").is_empty() => "assign",
        "typed" => "due",
        verb => verb,
    };
    let mut tx = app.db.write(&actor).await?;
    let mut before = Before::default();
    let what = act(&mut tx, verb, &chosen, &value, &mut before).await?;
    tx.commit().await?;
    Ok(before.done(&back(&headers, "/my-tasks"), &format!("{} {what}", several(chosen.len(), "task"))))
}

async fn act<'a>(
    tx: &mut Tx,
    verb: &str,
    chosen: &[TaskId],
    value: &impl Fn(&str) -> &'a str,
    before: &mut Before,
) -> Result<String> {
    let mut change = TaskChange::default();
    let told = match verb {
        "assign" => {
            let user = person(tx, value("assignee")).await?;
            change.assignee = Some(user);
            given(tx, user).await?.replacen("Assigned", "assigned", 1)
        }
        "due" => {
            let here = here(tx).await?;
            let when = words::when(value("due"), &here)?;
            change.due = Some(when);
            when.map_or_else(|| "without a due date".to_owned(), |when| format!("due {}", said(when, &here)))
        }
        "complete" => {
            change.completed = Some(true);
            "complete".to_owned()
        }
        "move" => return move_all(tx, chosen, value("section").parse()?, before).await,
        "delete" => {
            for task in chosen {
                tasks::delete(tx, *task).await?;
                before.there(*task);
            }
            return Ok("in the trash".to_owned());
        }
        _ => return Err(Error::invalid("form.unknown", "choose what to do with the selected tasks")),
    };
    for task in chosen {
        let old = tasks::get(tx, *task).await?;
        match verb {
            "assign" => before.assignee(&old),
            "due" => before.due(&old),
            _ => before.completed(&old),
        }
        tasks::change(tx, *task, change.clone()).await?;
    }
    Ok(told)
}

async fn move_all(tx: &mut Tx, chosen: &[TaskId], section: SectionId, before: &mut Before) -> Result<String> {
    let found = sections::get(tx, section).await?;
    before.seats(tx, found.project.id, chosen).await?;
    for task in chosen {
        tasks::add_to_project(tx, *task, found.project.id, Some(section), Some(Place::Last)).await?;
    }
    Ok(format!("moved to {}", found.name))
}
