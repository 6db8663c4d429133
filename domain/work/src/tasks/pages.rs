//! The page of a task.

use super::{FullTask, Want};
use crate::page::Page;
use crate::stories::{self, NewComment, Story};
use crate::{mentions, tasks};
use axum::Router;
use axum::extract::{Form, State};
use axum::response::Redirect;
use axum::routing::{get, post};
use base::id::TaskId;
use maud::{Markup, PreEscaped, html};
use serde::Deserialize;
use web::{App, Auth, Path, Result, ui};

pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/tasks/{task}", get(one))
        .route("/tasks/{task}/comments", post(comment))
        .route("/tasks/{task}/complete", post(complete))
        .route("/tasks/{task}/reopen", post(reopen))
        .route("/my-tasks", get(mine))
}

async fn one(State(app): State<App>, Auth(actor): Auth, Path(task): Path<TaskId>) -> Result<Markup> {
    let mut tx = app.db.read(&actor).await?;
    let full = tasks::full(&mut tx, task, &Want::ALL).await?;
    let stories = stories::newest(&mut tx, task, 200).await?;
    let mut texts: Vec<(Option<&str>, &str)> = vec![(full.task.html.as_deref(), &full.task.notes)];
    texts.extend(stories.iter().map(|story| (story.html.as_deref(), story.text.as_str())));
    let mut shown = mentions::html_all(&mut tx, &texts).await?.into_iter().map(PreEscaped);
    let notes = shown.next();
    let content = html! {
        (facts(&full))
        @if let Some(notes) = notes { div.prose style="white-space: pre-wrap" { (notes) } }
        (state_form(&full))
        h2 { "History" }
        ul.rows { @for (story, text) in stories.iter().zip(shown) { (line(story, &text)) } }
        form method="post" action={ "/tasks/" (task) "/comments" } {
            label { "Comment " textarea name="text" required {} }
            button.btn { "Comment" }
        }
    };
    Ok(ui::page(&actor, &full.task.name, content))
}

fn facts(full: &FullTask) -> Markup {
    html! {
        dl {
            @for home in &full.homes {
                dt { "Project" }
                dd { a href={ "/projects/" (home.project.id) } { (home.project.name) } " · " (home.section.name) }
            }
            @if let Some(parent) = &full.parent {
                dt { "Part of" }
                dd { a href={ "/tasks/" (parent.id) } { (parent.name) } }
            }
            @if let Some(assignee) = &full.assignee { dt { "Assignee" } dd { (assignee.name) } }
            @if let Some(day) = full.task.due_on { dt { "Due" } dd { (day) } }
            @for entry in &full.fields {
                @if let Some(text) = entry.value.as_ref().and_then(|v| crate::fields::values::display(&entry.field, v)) {
                    dt { (entry.field.name) }
                    dd { (text) }
                }
            }
        }
    }
}

fn state_form(full: &FullTask) -> Markup {
    let (action, label) =
        if full.task.is_completed() { ("reopen", "Reopen task") } else { ("complete", "Complete task") };
    html! {
        form method="post" action={ "/tasks/" (full.task.id) "/" (action) } { button.btn { (label) } }
    }
}

fn line(story: &Story, text: &PreEscaped<String>) -> Markup {
    let who = story.created_by.as_ref().map_or("Signalbox", |person| person.name.as_str());
    html! {
        li {
            strong { (who) } " "
            @if story.is_comment() { div.prose style="white-space: pre-wrap" { (text) } } @else { (text) " " }
            span.dim { (ui::time(story.created_at)) }
        }
    }
}

/// A comment, as the page sends it.
#[derive(Debug, Deserialize)]
struct Said {
    text: String,
}

async fn comment(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    Form(said): Form<Said>,
) -> Result<Redirect> {
    let mut tx = app.db.write(&actor).await?;
    stories::comment(&mut tx, task, NewComment::from(said.text.as_str())).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/tasks/{task}")))
}

async fn complete(State(app): State<App>, Auth(actor): Auth, Path(task): Path<TaskId>) -> Result<Redirect> {
    let mut tx = app.db.write(&actor).await?;
    tasks::complete(&mut tx, task).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/tasks/{task}")))
}

async fn reopen(State(app): State<App>, Auth(actor): Auth, Path(task): Path<TaskId>) -> Result<Redirect> {
    let mut tx = app.db.write(&actor).await?;
    tasks::reopen(&mut tx, task).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/tasks/{task}")))
}

async fn mine(State(app): State<App>, Auth(actor): Auth) -> Result<Markup> {
    let mut tx = app.db.read(&actor).await?;
    let me = people::users::require_signed_in(&tx)?;
    let filter = super::Filter { completed: super::Completed::Open, modified_since: None };
    let found = tasks::list(&mut tx, super::Within::Assignee(me), &filter, &Page::all(&app.limits)).await?;
    let content = html! {
        @if found.items.is_empty() { (ui::empty("What is assigned to you appears here.")) }
        ul.rows { @for task in &found.items { li { a href={ "/tasks/" (task.id) } { (task.name) } } } }
    };
    Ok(ui::page(&actor, "My tasks", content))
}
