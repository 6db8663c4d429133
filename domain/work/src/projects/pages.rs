//! The pages of projects: the list of them, and one with its tasks.

use super::{Filter, Project};
use crate::page::Page;
use crate::sections::Section;
use crate::tasks::{self, FullTask, NewTask, Want, Within};
use crate::{projects, sections};
use axum::Router;
use axum::extract::{Form, State};
use axum::response::Redirect;
use axum::routing::get;
use base::id::{ProjectId, SectionId};
use maud::{Markup, html};
use serde::Deserialize;
use web::{App, Auth, Path, Query, Result, ui};

pub(crate) fn pages() -> Router<App> {
    Router::new().route("/projects", get(list)).route("/projects/{project}", get(one).post(add))
}

async fn list(State(app): State<App>, Auth(actor): Auth) -> Result<Markup> {
    let mut tx = app.db.read(&actor).await?;
    let filter = Filter { archived: Some(false), team: None };
    let found = projects::list(&mut tx, &filter, &Page::all(&app.limits)).await?;
    let content = html! {
        @if found.items.is_empty() {
            (ui::empty("Projects appear here as soon as somebody makes one."))
        }
        ul.rows { @for project in &found.items { li { a href={ "/projects/" (project.id) } { (project.name) } } } }
    };
    Ok(ui::page(&actor, "Projects", content))
}

/// Which part of a project is shown.
#[derive(Debug, Deserialize)]
struct Shown {
    after: Option<String>,
}

/// How many tasks one page shows.
const TASKS: usize = 200;

async fn one(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
    Query(shown): Query<Shown>,
) -> Result<Markup> {
    let mut tx = app.db.read(&actor).await?;
    let project = projects::get(&mut tx, project).await?;
    let sections = sections::list(&mut tx, project.id).await?;
    let page = Page { after: shown.after, limit: TASKS };
    let found = tasks::list(&mut tx, Within::Project(project.id), &tasks::Filter::default(), &page).await?;
    let want = Want { people: true, homes: true, ..Want::default() };
    let full = tasks::fill(&mut tx, found.items, &want).await?;
    let content = html! {
        p.dim { (project.notes) }
        (add_form(&project))
        @for section in &sections { (heading_and_rows(&project, section, &full)) }
        @if let Some(next) = &found.next {
            p { a href={ "/projects/" (project.id) "?after=" (next) } { "More tasks" } }
        }
    };
    Ok(ui::page(&actor, &project.name, content))
}

fn add_form(project: &Project) -> Markup {
    html! {
        form method="post" action={ "/projects/" (project.id) } {
            label { "New task " input name="name" required; }
            button.btn { "Add task" }
        }
    }
}

fn heading_and_rows(project: &Project, section: &Section, tasks: &[FullTask]) -> Markup {
    let here = |id: SectionId, task: &FullTask| {
        task.homes.iter().any(|home| home.project.id == project.id && home.section.id == id)
    };
    html! {
        h2 { (section.name) }
        ul.rows {
            @for full in tasks.iter().filter(|task| here(section.id, task)) {
                li {
                    @if full.task.is_completed() { (ui::icon("circle-check")) " " }
                    a href={ "/tasks/" (full.task.id) } { (full.task.name) }
                    @if let Some(assignee) = &full.assignee { " · " (assignee.name) }
                    @if let Some(day) = full.task.due_on { " · due " (day) }
                }
            }
        }
    }
}

/// A new task, by name.
#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

async fn add(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
    Form(new): Form<Named>,
) -> Result<Redirect> {
    let mut tx = app.db.write(&actor).await?;
    tasks::create(&mut tx, NewTask::named(new.name, project)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/projects/{project}")))
}
