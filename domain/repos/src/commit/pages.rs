//! The page of a commit: what it says, and where it is.

use crate::git::{Answer, Commit};
use crate::places::{Place, Places};
use crate::repository::pages::sha;
use crate::{Mirrors, Repository, repository};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use base::Error;
use maud::{Markup, html};
use web::ui::{self, Aspect, Frame, Page};
use web::{App, Path, Result};

/// The route of this page.
pub(crate) fn pages() -> Router<App> {
    Router::new().route("/repositories/{name}/commits/{id}", get(show))
}

/// The page; the beginning of an id leads to the whole one.
async fn show(
    State(app): State<App>,
    Path((name, rev)): Path<(String, String)>,
    frame: Frame,
) -> Result<Response> {
    let mut tx = app.db.read(&frame.actor).await?;
    let found = repository::view(&mut tx, &name).await?;
    let places = (app.part::<Places>()?.0)(&mut tx, found.id).await?;
    drop(tx);
    let mirrors = app.part::<Mirrors>()?;
    let id = mirrors.mirror(found.id).resolve(&rev).await.map_err(|error| match error.code() {
        "commit.unknown" => Error::missing("commit.missing", error.message().to_owned()),
        _ => error,
    })?;
    if id != rev {
        return Ok(Redirect::to(&format!("/repositories/{}/commits/{id}", found.name)).into_response());
    }
    let commit = mirrors.history(&found, &id, 0, 1).await?.into_iter().next();
    let commit =
        commit.ok_or_else(|| Error::missing("commit.missing", format!("the commit {id} cannot be shown")))?;
    let mut whereabouts = Vec::new();
    for place in &places {
        let answer = match &place.commit {
            Some(has) => Some(mirrors.contains(&app.db, &found, has, &id).await?.answer),
            None => None,
        };
        whereabouts.push((place, answer));
    }
    let page = Page::new(commit.id.get(..7).unwrap_or(&commit.id))
        .crumb("Repositories", "/repositories")
        .crumb(&found.name, format!("/repositories/{}", found.name))
        .with_own_h1();
    Ok(frame.page(page.content(content(&frame, &found, &commit, &whereabouts))).into_response())
}

fn content(
    frame: &Frame,
    found: &Repository,
    commit: &Commit,
    whereabouts: &[(&Place, Option<Answer>)],
) -> Markup {
    let body = commit.message.strip_prefix(&commit.title).unwrap_or(&commit.message).trim();
    html! {
        div #commit data-live={ "repository." (found.id) " environment deployment" } {
            h1 { (commit.title) }
            div.meta-line {
                span.row { (ui::icon("user")) " " (commit.author) }
                span.row { (ui::icon("clock")) " " (frame.time(commit.authored_at)) }
                span.row { (ui::icon("git-commit-horizontal")) " " span.mono.id { (commit.id) } }
            }
            div.cols.narrow {
                div { @if body.is_empty() { p.dim { "Its message has no more than the title." } } @else { pre.message { (body) } } }
                aside {
                    section {
                        div.block-head { h2 { "Where it is" } }
                        @if whereabouts.is_empty() { p.dim { "No environment takes commits from this repository." } }
                        ul.rows {
                            @for (place, answer) in whereabouts {
                                @let (aspect, says) = match answer {
                                    Some(Answer::Yes) => (Aspect::Green, "has it"),
                                    Some(Answer::No) => (Aspect::Idle, "does not have it"),
                                    Some(Answer::Unknown) => (Aspect::Amber, "may or may not have it"),
                                    None => (Aspect::Idle, "has nothing yet"),
                                };
                                li { a.item href=(place.href) { (ui::lamp(aspect)) span.grow { b.strong { (place.name) } " " (says) } } }
                            }
                        }
                    }
                    section.block {
                        div.block-head { h2 { @if commit.parents.len() > 1 { "Merges" } @else { "Comes after" } } }
                        @if commit.parents.is_empty() { p.dim { "Nothing: it is the first." } }
                        div.row.wrap { @for parent in &commit.parents { (sha(&found.name, parent)) } }
                    }
                }
            }
        }
    }
}
