//! The pages of projects: the list of them, and one as a list, a board or a calendar with a task's pane beside it.

mod asked;
mod board;
mod calendar;
mod index;
mod list;
mod load;
mod sections;
#[cfg(test)]
mod tests;

use self::asked::Asked;
pub(crate) use self::index::hex;
use self::load::{Loaded, load};
use crate::beside;
use crate::projects::{Project, View};
use crate::tasks::NewHome;
use crate::tasks::pages::common::{back, quietly, several};
use crate::tasks::pages::rows::Rows;
use crate::tasks::pages::{add_lines, beside as pane_beside};
use crate::tasks::shown::{Group, Sort};
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use base::Right;
use base::id::{ProjectId, SectionId};
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Frame, Page};
use web::{App, Auth, Form, Path, Query, Result};

pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/projects", get(index::list).post(index::create))
        .route("/projects/new", get(index::new))
        .route("/projects/{project}", get(one).post(add))
        .route("/projects/{project}/star", post(index::set_star))
        .route("/projects/{project}/duplicate", post(index::duplicate))
        .route("/projects/{project}/sections", post(sections::create))
        .route("/projects/{project}/sections/{section}", post(sections::change))
}

/// The colour of a project's square.
pub fn colour(project: &Project) -> &'static str {
    index::hex(project.color.as_deref().unwrap_or_default())
}

async fn one(
    State(app): State<App>,
    frame: Frame,
    Path(project): Path<ProjectId>,
    Query(asked): Query<Asked>,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let loaded = load(&mut tx, &frame, project, &asked).await?;
    let view = asked.view(loaded.full.project.view);
    let rows = Rows {
        frame: &frame,
        columns: &loaded.columns,
        open: asked.open(project),
        current: asked.task(),
        can_edit: loaded.rights.contains(Right::Edit),
        shows_project: false,
        shows_assignee: true,
        lent: beside::columns(&app, &mut tx, loaded.rows.iter().map(|(full, _)| full.task.id)).await?,
    };
    let content = match view {
        View::Board => board::board(&loaded, &asked, &rows),
        View::Calendar => {
            let due = calendar::due(&mut tx, &loaded, &asked, frame.today()).await?;
            calendar::calendar(&loaded, &asked, &rows, &due)
        }
        View::List | View::Timeline => list::list(&loaded, &asked, &rows),
    };
    let content = html! { (filters(&loaded, &asked)) (content) };
    let pane = pane_beside(&app, &mut tx, &frame, asked.task(), asked.link(project, &[("task", "")])).await?;
    let own = &loaded.full.project;
    let page = Page::new(&own.name)
        .beside(html! { span.sq style={ "--c:" (colour(own)) } {} (index::star(own, loaded.is_favourite)) })
        .actions(actions(&loaded, &asked, view))
        .topics([format!("project.{project}")]);
    Ok(frame.page(page.split(content, pane)))
}

fn actions(loaded: &Loaded, asked: &Asked, view: View) -> Markup {
    let project = loaded.full.project.id;
    let views = [
        (View::List, "List", "list"),
        (View::Board, "Board", "columns-3"),
        (View::Calendar, "Calendar", "calendar"),
    ];
    html! {
        @if !loaded.full.members.is_empty() {
            span.not-s.people { (ui::avatars(loaded.full.members.iter().take(5).map(|who| (who.id, who.name.as_str())))) }
        }
        nav.seg aria-label="View" {
            @for (kind, name, icon) in views {
                a href=(asked.link(project, &[("view", kind.as_str())])) aria-current=[(kind == view).then_some("page")] aria-label=(name) {
                    (ui::icon(icon)) span.not-s aria-hidden="true" { (name) }
                }
            }
        }
        details.menu.filter data-keep="" {
            summary.btn.sm.quiet aria-label=(if asked.is_filtered() { "Filter on, change filter and order" } else { "Filter and sort" }) { (ui::icon("list-filter")) span.not-s { "Filter" } @if asked.is_filtered() { " " span.chip.blue.not-s { "on" } } }
            div.box { (filter_form(project, asked)) }
        }
        details.menu.not-s data-keep="" {
            summary.btn.quiet.icon.sm aria-label="More about this project" { (ui::icon("ellipsis")) }
            div.box {
                a href={ "/settings/projects/" (project) } { (ui::icon("settings")) "Project settings" }
                a href={ "/api/v1/projects/" (project) "/export.csv" } download { (ui::icon("download")) "Export as CSV" }
                form method="post" action={ "/projects/" (project) "/duplicate" } { button { (ui::icon("copy")) "Duplicate project" } }
                a href={ "/projects/" (project) "/template" } { (ui::icon("layout-template")) "Save as template" }
                a href="/trash" { (ui::icon("trash-2")) "Trash" }
            }
        }
        @if loaded.rights.contains(Right::Edit) {
            a.btn.primary.sm href={ "/tasks/new?project=" (project) } aria-label="Add task" { (ui::icon("plus")) span.not-s { "Add task" } }
        }
    }
}

fn filter_form(project: ProjectId, asked: &Asked) -> Markup {
    let select = |name: &str, label: &str, chosen: &str, options: &[(&str, &str)]| {
        html! {
            label.field { span { (label) }
                select.input.sm name=(name) { @for (value, text) in options { (ui::option(value, text, *value == chosen)) } }
            }
        }
    };
    html! {
        form.stack method="get" action={ "/projects/" (project) } {
            @for (key, value) in asked.kept(&["q", "assignee", "due", "done", "sort", "group", "from", "more"]) { input type="hidden" name=(key) value=(value); }
            label.field { span { "Words in the name" } input.input.sm name="q" value=(asked.q) autocomplete="off"; }
            label.field { span { "Assignee" } input.input.sm name="assignee" value=(asked.assignee) placeholder="Name, me or nobody" autocomplete="off" data-suggest="people"; }
            (select("due", "Due", &asked.due, &[("", "Any time"), ("late", "Late"), ("today", "Today"), ("week", "Within a week"), ("none", "No date")]))
            (select("done", "Show", &asked.done, &[("", "Open tasks"), ("all", "Open and completed tasks"), ("only", "Completed tasks")]))
            (select("group", "Group by", asked.group().as_str(), &[("section", "Section"), ("assignee", "Assignee"), ("due", "Due date"), ("none", "Nothing")]))
            (select("sort", "Sort by", asked.sort().as_str(), &[("place", "Place"), ("due", "Due date"), ("assignee", "Assignee"), ("name", "Name"), ("created", "Newest first"), ("changed", "Last changed first")]))
            button.btn.primary.sm { "Apply" }
        }
    }
}

/// What is filtered, each with the way to take it off; the address without it shows more.
fn filters(loaded: &Loaded, asked: &Asked) -> Markup {
    let project = loaded.full.project.id;
    let due = match asked.due.as_str() {
        "late" => "late",
        "today" => "due today",
        "week" => "due within a week",
        "none" => "without a date",
        _ => "",
    };
    let done = match asked.done.as_str() {
        "all" => "completed ones too",
        "only" => "completed ones only",
        _ => "",
    };
    let sort =
        if asked.sort() == Sort::Place { String::new() } else { format!("sorted by {}", asked.sort()) };
    let group =
        if asked.group() == Group::Section { String::new() } else { format!("grouped by {}", asked.group()) };
    let on = [
        (
            "q",
            if asked.q.trim().is_empty() {
                String::new()
            } else {
                format!("\u{201c}{}\u{201d}", asked.q.trim())
            },
        ),
        (
            "assignee",
            if asked.assignee.is_empty() { String::new() } else { format!("assigned to {}", asked.assignee) },
        ),
        ("due", due.to_owned()),
        ("done", done.to_owned()),
        ("sort", sort),
        ("group", group),
    ];
    html! {
        @if on.iter().any(|(_, text)| !text.is_empty()) {
            p.row.wrap.filters-on {
                @for (key, text) in on.iter().filter(|(_, text)| !text.is_empty()) {
                    a.chip.blue href=(asked.link(project, &[(key, ""), ("from", "")])) aria-label={ "Take off the filter: " (text) } { (text) (ui::icon("x")) }
                }
                a.t-s href={ "/projects/" (project) } { "Show everything" }
            }
        }
    }
}

/// What a section's last line holds.
#[derive(Debug, Deserialize)]
struct Line {
    name: String,
    section: Option<SectionId>,
}

async fn add(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
    headers: HeaderMap,
    Form(line): Form<Line>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let home = NewHome { project, section: line.section };
    let (count, before) = add_lines(&mut tx, &line.name, home).await?;
    tx.commit().await?;
    let next = back(&headers, &format!("/projects/{project}"));
    Ok(if count == 0 {
        quietly(&next)
    } else {
        before.done(&next, &format!("{} added", several(count, "task")))
    })
}
