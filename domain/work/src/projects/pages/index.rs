//! The list of projects, and what is done with a whole one: make it, mark it, copy it.

use super::colour;
use crate::copies::{self, ProjectParts, TaskParts};
use crate::favourites::{self, FavouriteKind};
use crate::page::Page as Part;
use crate::projects::{self, Filter, NewProject, Privacy, Project, View};
use crate::tasks::pages::common::{back, quietly};
use crate::templates::{self, pages::tabs};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base::Role;
use base::id::{AnyId, ProjectId};
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Frame, Page};
use web::{App, Auth, Form, Path, Query, Result};

/// Which part of the list.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    show: String,
    after: Option<String>,
}

/// The list: favourites first.
pub(super) async fn list(State(app): State<App>, frame: Frame, Query(asked): Query<Asked>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let archived = asked.show == "archived";
    let filter = Filter { archived: Some(archived), team: None };
    let found = projects::list(&mut tx, &filter, &Part { after: asked.after, limit: 100 }).await?;
    let marked: Vec<i64> = match frame.actor.user {
        Some(me) => favourites::list(&mut tx, me, FavouriteKind::Project)
            .await?
            .iter()
            .map(|named| named.id.0)
            .collect(),
        None => Vec::new(),
    };
    let mut all = found.items;
    all.sort_by_key(|project| !marked.contains(&project.id.0));
    let may_make = frame.actor.role != Role::Guest;
    let content = html! {
        (tabs(if archived { "archived" } else { "in-use" }, may_make))
        @if all.is_empty() {
            div.empty {
                p { @if archived { "Nothing was put away. Archived projects stand here and can be brought back." } @else { "Projects hold what is to be done. There is none that you may see yet." } }
                @if may_make && !archived { p { a.btn.primary href="/projects/new" { "Make a project" } } }
            }
        }
        ul.rows.flush #list {
            @for project in &all {
                li.item {
                    (star(project, marked.contains(&project.id.0)))
                    span.sq style={ "--c:" (colour(project)) } {}
                    a.clip.strong href={ "/projects/" (project.id) } { (project.name) }
                    span.grow.clip.dim { (project.notes.lines().next().unwrap_or_default()) }
                    @if project.privacy != Privacy::Workspace { span.chip { (ui::icon("lock")) @if project.privacy == Privacy::Team { "Team" } @else { "Private" } } }
                    @if let Some(day) = project.due_on { span.t-s.dim.nowrap { "due " (frame.day(day)) } }
                }
            }
        }
        @if let Some(next) = &found.next { p.more { a.btn.sm href={ "/projects?show=" (asked.show) "&after=" (next) } { "Show more" } } }
    };
    let actions = html! { @if may_make { a.btn.primary.sm href="/projects/new" aria-label="New project" { (ui::icon("plus")) span.not-s { "New project" } } } };
    Ok(frame.page(Page::new("Projects").actions(actions).content(content)))
}

/// The star of a project.
pub(super) fn star(project: &Project, is_marked: bool) -> Markup {
    let label = if is_marked { "No longer a favourite" } else { "Make it a favourite" };
    html! {
        form.star method="post" action={ "/projects/" (project.id) "/star" } data-morph="#main #side" {
            button.btn.quiet.icon.sm name="on" value=(!is_marked) aria-pressed=(is_marked) aria-label={ (label) ": " (project.name) } { (ui::icon("star")) }
        }
    }
}

/// Whether it is marked from now on.
#[derive(Debug, Deserialize)]
pub(super) struct Star {
    on: bool,
}

/// Marks a project, or no longer.
pub(super) async fn set_star(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
    headers: HeaderMap,
    Form(star): Form<Star>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    if star.on {
        favourites::add(&mut tx, FavouriteKind::Project, AnyId(project.0)).await?;
    } else {
        favourites::remove(&mut tx, FavouriteKind::Project, AnyId(project.0)).await?;
    }
    tx.commit().await?;
    Ok(quietly(&back(&headers, &format!("/projects/{project}"))))
}

/// The words that colours have, and how they look.
const COLOURS: [(&str, &str); 8] = [
    ("dark-teal", "Teal"),
    ("dark-red", "Red"),
    ("dark-purple", "Purple"),
    ("dark-blue", "Blue"),
    ("dark-brown", "Brown"),
    ("dark-green", "Green"),
    ("dark-pink", "Pink"),
    ("dark-warm-gray", "Grey"),
];

/// The form of a new project.
pub(super) async fn new(State(app): State<App>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let offered = templates::list(&mut tx).await?;
    let content = html! {
        (templates::pages::offered(&offered))
        section.block {
        @if !offered.is_empty() { div.block-head { h2 { "From the beginning" } } }
        form.form method="post" action="/projects" {
            label.field { span { "Name" } input.input name="name" required autofocus autocomplete="off"; }
            label.field { span { "What it is for" } textarea.input name="notes" rows="3" {} }
            fieldset {
                legend { "Who sees it" }
                div.ticks {
                    label.tick { input type="radio" name="privacy" value=(Privacy::Workspace) checked; "Everybody here" }
                    label.tick { input type="radio" name="privacy" value=(Privacy::Team) ; "Its team" }
                    label.tick { input type="radio" name="privacy" value=(Privacy::Private) ; "Only whom I invite" }
                }
            }
            label.field { span { "Opens as" }
                select.input name="view" {
                    (ui::option("list", "List", true)) (ui::option("board", "Board", false)) (ui::option("calendar", "Calendar", false))
                }
            }
            fieldset {
                legend { "Colour" }
                div.ticks { @for (n, (word, name)) in COLOURS.iter().enumerate() {
                    label.tick { input type="radio" name="color" value=(word) checked[n == 0]; span.sq style={ "--c:" (hex(word)) } {} (name) }
                } }
            }
            label.field { span { "Sections" } textarea.input name="sections" rows="3" aria-describedby="sections-note" { "To do\nIn progress\nDone" } small #sections-note { "One name a line." } }
            div.row { button.btn.primary { "Make the project" } a.btn.quiet href="/projects" { "Cancel" } }
        }
        }
    };
    Ok(frame.page(Page::new("New project").crumb("Projects", "/projects").reading(content)))
}

/// A colour word as a colour.
pub(crate) fn hex(word: &str) -> &'static str {
    match word.trim_start_matches("dark-").trim_start_matches("light-") {
        "red" => "#c2453c",
        "purple" => "#8a5fa8",
        "blue" => "#4f6fb0",
        "orange" => "#b3612a",
        "brown" | "yellow" => "#b07a1f",
        "green" => "#4d8a3a",
        "pink" => "#b0507d",
        "warm-gray" | "none" => "#7a7f7d",
        _ => "#2f7f73",
    }
}

/// A new project.
#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    name: String,
    #[serde(default)]
    notes: String,
    privacy: Option<Privacy>,
    view: Option<View>,
    color: Option<String>,
    #[serde(default)]
    sections: String,
}

/// Makes it.
pub(super) async fn create(
    State(app): State<App>,
    Auth(actor): Auth,
    Form(sent): Form<Sent>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let notes = crate::tasks::pages::typed_notes(&app, &mut tx, &sent.notes).await?;
    let new = NewProject {
        name: sent.name.trim().to_owned(),
        notes: Some(notes),
        privacy: sent.privacy,
        view: sent.view,
        color: sent.color,
        ..NewProject::default()
    };
    let project = projects::create(&mut tx, new).await?;
    let names = sent.sections.lines().map(str::trim).filter(|name| !name.is_empty());
    for (n, name) in names.enumerate() {
        if n == 0 {
            let first = crate::sections::store::first(&mut tx, project.id).await?;
            crate::sections::rename(&mut tx, first.id, name).await?;
        } else {
            crate::sections::create(&mut tx, project.id, name, crate::names::Place::Last).await?;
        }
    }
    tx.commit().await?;
    Ok(ui::done(&format!("/projects/{}", project.id), &format!("{} is there", project.name)))
}

/// Copies a project with its tasks, and leads to the copy.
pub(super) async fn duplicate(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let source = projects::get(&mut tx, project).await?;
    let tasks = TaskParts {
        assignee: true,
        dates: true,
        dependencies: true,
        notes: true,
        subtasks: true,
        tags: true,
        ..TaskParts::default()
    };
    let parts = ProjectParts { tasks, members: true, notes: true, ..ProjectParts::default() };
    let made = copies::project(&mut tx, project, &format!("Copy of {}", source.name), parts).await?;
    tx.commit().await?;
    let made = made.new_project.map_or(project, |copy| copy.id);
    Ok(ui::done(&format!("/projects/{made}"), "This is the copy. Comments and files stayed behind"))
}
