//! All repositories.

use super::lamp;
use crate::repository::{self, Repository, State};
use axum::extract::State as Part;
use base::Role;
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Frame, Page};
use web::{App, Query, Result};

/// Repositories on a page.
const LISTED: usize = 100;

/// Which part of the list.
#[derive(Debug, Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: i64,
}

/// The list.
pub(super) async fn list(Part(app): Part<App>, Query(part): Query<After>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let mut found = repository::list(&mut tx, part.after, LISTED + 1).await?;
    let has_more = found.len() > LISTED;
    found.truncate(LISTED);
    let may_add = frame.actor.role != Role::Guest;
    let content = html! {
        div #repositories data-live="repository" {
            @if found.is_empty() {
                div.empty {
                    h2 { "No repositories yet" }
                    p { "Signalbox reads commits from the repositories that stand here, so that it can say what would ship and what is where. One can be made here, too, to push to." }
                    @if may_add { p { a.btn.primary href="/repositories/new" { "Connect or make a repository" } } }
                }
            }
            ul.rows { @for repository in &found { (row(&frame, repository)) } }
            @if let Some(last) = found.last().filter(|_| has_more) { p { a href={ "/repositories?after=" (last.id) } { "More repositories" } } }
        }
    };
    let actions =
        html! { @if may_add { a.btn.sm href="/repositories/new" { (ui::icon("plus")) " New repository" } } };
    Ok(frame.page(Page::new("Repositories").actions(actions).content(content)))
}

fn row(frame: &Frame, repository: &Repository) -> Markup {
    let (aspect, meaning) = lamp(repository);
    html! {
        li {
            a.item href={ "/repositories/" (repository.name) } {
                (ui::lamp_named(aspect, meaning))
                span.grow {
                    span.row { b.strong { (repository.name) } @if repository.hosted { (ui::chip("", "Hosted here")) } @else { span.clip.faint.mono.not-s { (repository.address) } } }
                    span.t-s.dim.under { (said(frame, repository)) }
                }
                (ui::icon("chevron-right"))
            }
        }
    }
}

/// How it is with a repository, in a sentence.
pub(super) fn said(frame: &Frame, repository: &Repository) -> Markup {
    html! {
        @match (repository.state, repository.fetched_at) {
            (State::Ready, at) if repository.hosted => (super::hosted::said(frame, repository, at)),
            (State::New, _) => "Registered, and not read yet.",
            (State::Ready, Some(at)) => { "Read at " (frame.time(at)) @if let Some(branch) = repository.default_branch() { ", branch " (branch) } "." },
            (State::Shallow, Some(at)) => { "Read at " (frame.time(at)) ", but its remote's history is cut off: ranges cannot be said." },
            (State::Ready | State::Shallow, None) => "Read.",
            (State::Unreadable, at) => {
                "Could not be read" @if let Some(tried) = repository.attempted_at { " at " (frame.time(tried)) } ": "
                (repository.problem.as_deref().unwrap_or("nobody knows why").trim_end_matches('.')) "."
                @if let Some(at) = at { " Last read at " (frame.time(at)) "." }
            },
        }
    }
}
