//! The pages of tasks: one alone, one's own, the trash; and the forms with which they are changed.

mod add;
mod bulk;
pub(crate) mod common;
mod compose;
mod edit;
mod files;
pub(crate) mod load;
mod mine;
mod own_sections;
pub(crate) mod pane;
pub(crate) mod rows;
mod talk;
#[cfg(test)]
mod tests;
mod ties;
mod trash;
mod undo;
mod whole;
pub(crate) mod words;

pub(crate) use add::{into as add_lines, line_form};
pub(crate) use compose::notes as typed_notes;

use self::common::title;
use self::pane::{Shown, pane};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use base::id::TaskId;
use maud::Markup;
use serde::Deserialize;
use web::ui::{Frame, Page};
use web::{App, Path, Query, Result};

pub(crate) fn pages() -> Router<App> {
    // What comes with files is bounded by the limit on files.
    let with_files = Router::new()
        .route("/tasks/{task}/comments", post(talk::comment_on))
        .route("/tasks/{task}/files", post(files::attach))
        .layer(DefaultBodyLimit::disable());
    Router::new()
        .route("/tasks/new", get(add::page).post(add::add))
        .route("/tasks/tick", post(whole::tick))
        .route("/tasks/bulk", post(bulk::bulk))
        .route("/tasks/undo", post(undo::undo))
        .route("/tasks/{task}", get(one))
        .route("/tasks/{task}/set", post(edit::set))
        .route("/tasks/{task}/place", post(whole::place))
        .route("/tasks/{task}/complete", post(whole::complete))
        .route("/tasks/{task}/reopen", post(whole::reopen))
        .route("/tasks/{task}/delete", post(whole::delete))
        .route("/tasks/{task}/restore", post(whole::restore))
        .route("/tasks/{task}/duplicate", post(whole::duplicate))
        .route("/tasks/{task}/subtasks", post(whole::subtask))
        .route("/tasks/{task}/comments/{story}", post(talk::change))
        .route("/tasks/{task}/comments/{story}/delete", post(talk::delete))
        .route("/tasks/{task}/comments/{story}/restore", post(talk::restore))
        .route("/tasks/{task}/comments/{story}/like", post(talk::like))
        .route("/tasks/{task}/comments/{story}/pin", post(talk::set_pin))
        .route("/tasks/{task}/files/{attachment}/delete", post(files::detach))
        .route("/attachments/{attachment}", get(files::show))
        .route("/my-tasks", get(mine::mine))
        .route("/my-tasks/sections", post(own_sections::create))
        .route("/my-tasks/sections/begin", post(own_sections::begin))
        .route("/my-tasks/sections/{section}", post(own_sections::change))
        .route("/trash", get(trash::trash))
        .merge(with_files)
}

/// How much of the history is shown.
#[derive(Debug, Deserialize)]
struct Asked {
    lines: Option<usize>,
}

/// Longer histories are read through the API.
const LINES: usize = 1_000;

async fn one(
    State(app): State<App>,
    frame: Frame,
    Path(task): Path<TaskId>,
    Query(asked): Query<Asked>,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let around = load::around(&mut tx, task, asked.lines.unwrap_or(load::STORIES).clamp(1, LINES)).await?;
    let name = title(&around.full.task.name).to_owned();
    let known = crate::beside::of(&app, &mut tx, &frame, task).await?;
    let content = pane(&frame, &around, &known, &Shown::Page, &app.link(&format!("/tasks/{task}")));
    let mut page = Page::new(name).with_own_h1();
    if let Some(home) = around.full.homes.first() {
        page = page.crumb(&home.project.name, format!("/projects/{}", home.project.id));
    }
    Ok(frame.page(page.topics([format!("task.{task}")]).reading(content)))
}

/// The pane of the task that an address names beside a list; none when there is no such task, or not for this reader.
pub(crate) async fn beside(
    app: &App,
    tx: &mut db::Tx,
    frame: &Frame,
    task: Option<TaskId>,
    close: String,
) -> base::Result<Option<Markup>> {
    let Some(task) = task else { return Ok(None) };
    match load::around(tx, task, load::STORIES).await {
        Ok(around) => {
            let known = crate::beside::of(app, tx, frame, task).await?;
            let link = app.link(&format!("/tasks/{task}"));
            Ok(Some(pane(frame, &around, &known, &Shown::Pane(close), &link)))
        }
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}
