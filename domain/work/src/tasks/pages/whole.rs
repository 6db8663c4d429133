//! What is done with a whole task: complete it, put it elsewhere, delete it, copy it.

use super::common::{back, back_without, quietly, title};
use super::edit::{Outcome, set_one};
use super::undo::Before;
use crate::copies::{self, TaskParts};
use crate::names::Place;
use crate::tasks::{self, NewTask, Task, TaskChange, Want};
use crate::{lists, sections};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base::Error;
use base::id::{SectionId, TaskId};
use serde::Deserialize;
use web::{App, Auth, Form, Path};

/// Ticks of a list: which task is completed, or reopened.
#[derive(Debug, Deserialize)]
pub(super) struct Tick {
    complete: Option<TaskId>,
    reopen: Option<TaskId>,
}

/// Completes or reopens one task.
pub(super) async fn tick(
    State(app): State<App>,
    Auth(actor): Auth,
    headers: HeaderMap,
    Form(tick): Form<Tick>,
) -> web::Result<Response> {
    let (task, completed) = match (tick.complete, tick.reopen) {
        (Some(task), None) => (task, true),
        (None, Some(task)) => (task, false),
        _ => return Err(Error::invalid("form.incomplete", "no task was named").into()),
    };
    finish(&app, actor, task, completed, &headers).await
}

/// Completes a task.
pub(super) async fn complete(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    headers: HeaderMap,
) -> web::Result<Response> {
    finish(&app, actor, task, true, &headers).await
}

/// Reopens a task.
pub(super) async fn reopen(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    headers: HeaderMap,
) -> web::Result<Response> {
    finish(&app, actor, task, false, &headers).await
}

async fn finish(
    app: &App,
    actor: base::Actor,
    task: TaskId,
    completed: bool,
    headers: &HeaderMap,
) -> web::Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let old = tasks::get(&mut tx, task).await?;
    let mut before = Before::default();
    before.completed(&old);
    tasks::change(&mut tx, task, TaskChange::completed(completed)).await?;
    tx.commit().await?;
    let next = back(headers, &format!("/tasks/{task}"));
    if old.is_completed() == completed {
        return Ok(quietly(&next));
    }
    let said = format!("{} is {}", quoted(&old), if completed { "complete" } else { "open again" });
    Ok(before.done(&next, &said))
}

/// A task's name inside a sentence.
pub(super) fn quoted(task: &Task) -> String {
    let name: String = title(&task.name).chars().take(60).collect();
    format!("\u{201c}{name}\u{201d}")
}

/// Where a task is dropped.
#[derive(Debug, Deserialize)]
pub(super) struct Drop {
    section: Option<SectionId>,
    before: Option<String>,
    after: Option<String>,
    /// A due date, where places mean days.
    due: Option<String>,
}

/// Moves a task to another place, section or day.
pub(super) async fn place(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    headers: HeaderMap,
    Form(to): Form<Drop>,
) -> web::Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let mut outcome = Outcome::default();
    if let Some(due) = &to.due {
        set_one(&app, &mut tx, task, "due", due, &mut outcome).await?;
    }
    let anchor =
        |id: &Option<String>| id.as_deref().filter(|id| !id.is_empty()).map(str::parse::<TaskId>).transpose();
    let place = match (anchor(&to.before)?, anchor(&to.after)?) {
        (Some(id), _) => Place::Before(id),
        (None, Some(id)) => Place::After(id),
        (None, None) => Place::Last,
    };
    let me = tx.actor().user;
    let is_own = match (to.section, me) {
        (Some(section), Some(me)) => lists::is_section_of(&mut tx, section, me).await?,
        _ => false,
    };
    if let (Some(section), Some(me), true) = (to.section, me, is_own) {
        let list = lists::of(&mut tx, me).await?.id;
        lists::put(&mut tx, list, task, Some(section), place).await?;
    } else if let Some(section) = to.section {
        let found = sections::get(&mut tx, section).await?;
        outcome.before.seats(&mut tx, found.project.id, &[task]).await?;
        tasks::add_to_project(&mut tx, task, found.project.id, Some(section), Some(place)).await?;
        outcome.said = Some(format!("Moved to {}", found.name));
    }
    tx.commit().await?;
    let next = back(&headers, &format!("/tasks/{task}"));
    Ok(match outcome.said {
        Some(said) => outcome.before.done(&next, &said),
        None => quietly(&next),
    })
}

/// Puts a task into the trash.
pub(super) async fn delete(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    headers: HeaderMap,
) -> web::Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let full = tasks::full(&mut tx, task, &Want { homes: true, ..Want::default() }).await?;
    tasks::delete(&mut tx, task).await?;
    tx.commit().await?;
    let mut before = Before::default();
    before.there(task);
    let fallback = match (full.task.parent, full.homes.first()) {
        (Some(parent), _) => format!("/tasks/{parent}"),
        (None, Some(home)) => format!("/projects/{}", home.project.id),
        (None, None) => "/my-tasks".to_owned(),
    };
    Ok(before
        .done(&back_without(&headers, task, &fallback), &format!("{} is in the trash", quoted(&full.task))))
}

/// Takes a task out of the trash.
pub(super) async fn restore(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    headers: HeaderMap,
) -> web::Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let found = tasks::restore(&mut tx, task).await?;
    tx.commit().await?;
    let mut before = Before::default();
    before.absent(task);
    Ok(before.done(&back(&headers, &format!("/tasks/{task}")), &format!("{} is back", quoted(&found))))
}

/// Makes a copy with everything that hangs on it, and leads to it.
pub(super) async fn duplicate(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
) -> web::Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let source = tasks::get(&mut tx, task).await?;
    let parts = TaskParts {
        assignee: true,
        attachments: true,
        dates: true,
        dependencies: true,
        followers: true,
        notes: true,
        parent: true,
        projects: true,
        subtasks: true,
        tags: true,
    };
    let name = format!("Copy of {}", title(&source.name));
    let made = copies::task(&mut tx, task, &name, parts).await?.new_task.map_or(task, |copy| copy.id);
    tx.commit().await?;
    let mut before = Before::default();
    before.absent(made);
    Ok(before.done(&format!("/tasks/{made}"), "This is the copy"))
}

/// A line that adds something.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    line: String,
}

/// Adds a subtask.
pub(super) async fn subtask(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(parent): Path<TaskId>,
    headers: HeaderMap,
    Form(line): Form<Line>,
) -> web::Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let new = super::add::read(&mut tx, &line.line, None).await?;
    tasks::create(&mut tx, NewTask { parent: Some(parent), ..new }).await?;
    tx.commit().await?;
    Ok(quietly(&back(&headers, &format!("/tasks/{parent}"))))
}
