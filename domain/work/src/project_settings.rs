//! The settings of projects: the list of all, and for each who answers for it, who may do what, its fields, rules and forms.

mod general;
mod rights;
#[cfg(test)]
mod tests;

use crate::page::Page as Part;
use crate::projects::{self, Access, Filter, FullProject, Privacy, Project};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use base::Right;
use base::id::ProjectId;
use db::Tx;
use maud::{Markup, html};
use people::RightSet;
use people::users::{User, UserFilter};
use serde::Deserialize;
use web::ui::{self, Frame, Page};
use web::{App, Query, Result};

/// The address of the list.
pub(crate) const HERE: &str = "/settings/projects";
const SHOWN: usize = 100;
/// People offered in one list.
const OFFERED: usize = 500;

pub(crate) fn pages() -> Router<App> {
    Router::new().route(HERE, get(list)).merge(general::pages()).merge(rights::pages())
}

/// The parts of a project's settings: the end of the address, and the name.
const TABS: [(&str, &str); 5] =
    [("", "General"), ("/rights", "Rights"), ("/fields", "Fields"), ("/rules", "Rules"), ("/forms", "Forms")];

/// The address of a part of a project's settings.
pub(crate) fn address(project: ProjectId, tab: &str) -> String {
    format!("{HERE}/{project}{tab}")
}

/// A page of a project's settings. `tab` is the end of its address.
pub(crate) fn page(frame: &Frame, project: &Project, tab: &str, content: Markup) -> Markup {
    let title = TABS.iter().find(|(path, _)| *path == tab).map_or("Settings", |(_, name)| *name);
    let content = html! {
        nav.tabs aria-label={ "Settings of " (project.name) } {
            @for (path, name) in TABS { a href=(address(project.id, path)) aria-current=[(path == tab).then_some("page")] { (name) } }
        }
        div.block { (content) }
    };
    let page =
        Page::new(title).crumb("Projects", HERE).crumb(&project.name, format!("/projects/{}", project.id));
    ui::settings(frame, page, HERE, content)
}

/// The project and what the actor may do there.
pub(crate) async fn open(tx: &mut Tx, project: ProjectId) -> base::Result<(Project, RightSet)> {
    let found = projects::get(tx, project).await?;
    let held = projects::rights_in(tx, project).await?;
    Ok((found, held))
}

/// The people who can be chosen in a form.
pub(crate) async fn people(tx: &mut Tx) -> base::Result<Vec<User>> {
    people::users::list(tx, &UserFilter { limit: OFFERED, ..UserFilter::default() }).await
}

/// What is said instead of a form to somebody who may only look.
pub(crate) fn only_looks(held: RightSet, right: Right, what: &str) -> Markup {
    html! { @if !held.contains(right) { p.note { "You may look at this. Changing it takes the right to " (right) " " (what) "." } } }
}

fn privacy_words(privacy: Privacy) -> &'static str {
    match privacy {
        Privacy::Workspace => "Every member of the workspace",
        Privacy::Team => "Every member of its team",
        Privacy::Private => "Only those whom it is shared with",
    }
}

fn access_words(access: Access) -> &'static str {
    match access {
        Access::Admin => "May change everything, also who may do what",
        Access::Editor => "May change everything in it",
        Access::Commenter => "May look and comment",
        Access::Viewer => "May look",
    }
}

#[derive(Debug, Default, Deserialize)]
struct Shown {
    #[serde(default)]
    archived: bool,
    after: Option<String>,
}

async fn list(State(app): State<App>, frame: Frame, Query(shown): Query<Shown>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let filter = Filter { archived: Some(shown.archived), team: None };
    let found = projects::list(&mut tx, &filter, &Part { after: shown.after, limit: SHOWN }).await?;
    let full = projects::fill(&mut tx, found.items).await?;
    let here = if shown.archived { "/settings/projects?archived=true" } else { HERE };
    let more = if shown.archived { "&" } else { "?" };
    let content = html! {
        nav.tabs aria-label="Projects" {
            a href=(HERE) aria-current=[(!shown.archived).then_some("page")] { "In use" }
            a href="/settings/projects?archived=true" aria-current=[shown.archived.then_some("page")] { "Archived" }
        }
        @if full.is_empty() {
            @if shown.archived { (ui::empty("No project is archived. An archived project keeps its tasks and leaves the lists.")) }
            @else { div.empty { p { "Projects appear here as soon as somebody makes one." } p { a.btn.primary href="/projects/new" { "New project" } } } }
        } @else { (table(&full)) }
        @if let Some(next) = &found.next { p.block { a.btn href={ (here) (more) "after=" (next) } { "More projects" } } }
    };
    Ok(ui::settings(&frame, Page::new("Projects"), HERE, content))
}

fn table(all: &[FullProject]) -> Markup {
    html! {
        table.table.cards {
            thead { tr { th { "Project" } th { "Owner" } th { "Who sees it" } th { span.vh { "Settings" } } } }
            tbody {
                @for full in all {
                    tr {
                        td { a.strong.long href=(address(full.project.id, "")) { (full.project.name) } }
                        td data-label="Owner" { @match &full.owner { Some(owner) => span.row { (ui::avatar_named(owner.id, &owner.name)) }, None => span.faint { "nobody" } } }
                        td.dim data-label="Who sees it" { (privacy_words(full.project.privacy)) }
                        td.acts { span.row.acts.t-s { @for (path, name) in &TABS[1..] { a href=(address(full.project.id, path)) aria-label={ (name) " of " (full.project.name) } { (name) } } } }
                    }
                }
            }
        }
    }
}
