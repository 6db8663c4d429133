//! The line of all environments, and a new one.

use super::line::line;
use crate::environments::{self, Environment, IfBusy, NewEnvironment};
use crate::stations::{self, Station, row};
use crate::words::Reader;
use axum::extract::State;
use axum::response::Response;
use base::Role;
use base::id::{EnvironmentId, RepositoryId};
use maud::{Markup, html};
use repos::{Mirrors, Repository};
use serde::Deserialize;
use std::collections::BTreeMap;
use web::ui::{self, Frame, Page};
use web::{App, Auth, Form, Result};

/// Repositories that a choice offers.
pub(super) const REPOSITORIES: usize = 200;

/// The environments, on one line for each repository.
pub(super) async fn list(State(app): State<App>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let stations = stations::stations(&mut tx).await?;
    let mut lines: BTreeMap<RepositoryId, (Repository, Vec<&Station>)> = BTreeMap::new();
    for station in &stations {
        let id = station.environment.repository;
        let repository = match lines.get(&id) {
            Some((repository, _)) => repository.clone(),
            None => repos::repository::get(&mut tx, id).await?,
        };
        lines.entry(id).or_insert_with(|| (repository, Vec::new())).1.push(station);
    }
    drop(tx);
    let mut drawn = Vec::new();
    for (repository, stations) in lines.values() {
        let tip = app.part::<Mirrors>()?.tip(repository).await.ok();
        drawn.push((repository, tip, stations));
    }
    let reader = Reader { now: frame.now, zone: &frame.shell.zone };
    let is_admin = frame.actor.role == Role::Admin;
    let content = html! {
        div #environments data-live="environment deployment lock repository" {
            @if stations.is_empty() {
                div.empty {
                    h2 { "No environments yet" }
                    p { "An environment is a place that deployments go to, like beta or production. It stands here with its lamp, its locks and what runs on it." }
                    @if is_admin { p { a.btn.primary href="/environments/new" { "Make an environment" } } }
                    @else { p { "An administrator can make one." } }
                }
            }
            @for (repository, tip, stations) in &drawn {
                section.block {
                    @if drawn.len() > 1 { div.block-head { h2 { (repository.name) } } }
                    div.gate { (line(repository.default_branch().unwrap_or("main"), tip.as_deref(), stations, None, reader)) }
                    ul.rows.spaced aria-label={ "Environments of " (repository.name) } { @for station in stations.iter() { (row::station(station, reader)) } }
                }
            }
        }
    };
    let actions = html! { @if is_admin { a.btn.sm href="/environments/new" { (ui::icon("plus")) " New environment" } } };
    Ok(frame.page(Page::new("Environments").actions(actions).content(content)))
}

/// The form of a new environment.
pub(super) async fn new(State(app): State<App>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    people::rights::require_role(&tx, Role::Admin)?;
    let repositories = repos::repository::list(&mut tx, 0, REPOSITORIES).await?;
    let environments = environments::list(&mut tx).await?;
    let content = html! {
        @if repositories.is_empty() {
            div.empty {
                h2 { "Connect a repository first" }
                p { "An environment takes its commits from a repository." }
                p { a.btn.primary href="/repositories/new" { "Connect a repository" } }
            }
        } @else {
            form.stack method="post" action="/environments" data-morph {
                (ui::refusal())
                (ui::field("Name", "name", "text", "", "As people say it and as commands name it: beta, production. Letters, digits, - _ and .", None))
                (repository_choice(&repositories, None))
                (after_choice(&environments, None, environments.last().map(|last| last.id)))
                (busy_choice(IfBusy::Refuse))
                (ui::tick("restricted", "1", false, "Locking and deploying takes a right of its own"))
                div.row { button.btn.primary { "Make environment" } a.btn.quiet href="/environments" { "Cancel" } }
            }
        }
    };
    Ok(frame.page(Page::new("New environment").crumb("Environments", "/environments").reading(content)))
}

pub(super) fn repository_choice(repositories: &[Repository], chosen: Option<RepositoryId>) -> Markup {
    html! {
        label.field {
            span { "Repository" }
            select.input name="repository" {
                @for repository in repositories { (ui::option(&repository.id.to_string(), &repository.name, chosen == Some(repository.id))) }
            }
        }
    }
}

pub(super) fn after_choice(
    all: &[Environment],
    own: Option<EnvironmentId>,
    chosen: Option<EnvironmentId>,
) -> Markup {
    html! {
        label.field {
            span { "A commit passes first" }
            select.input name="after" {
                (ui::option("", "nothing: it comes straight from the repository", chosen.is_none()))
                @for other in all.iter().filter(|other| Some(other.id) != own) {
                    (ui::option(&other.id.to_string(), &other.name, chosen == Some(other.id)))
                }
            }
        }
    }
}

pub(super) fn busy_choice(chosen: IfBusy) -> Markup {
    html! {
        label.field {
            span { "A second deployment while one is running" }
            select.input name="if_busy" {
                (ui::option("refuse", "is refused; the next slot comes anyway", chosen == IfBusy::Refuse))
                (ui::option("queue", "waits for its turn", chosen == IfBusy::Queue))
            }
        }
    }
}

/// What the form of a new environment sends.
#[derive(Debug, Deserialize)]
pub(super) struct New {
    name: String,
    repository: RepositoryId,
    #[serde(default)]
    after: String,
    if_busy: IfBusy,
    restricted: Option<String>,
}

/// The environment that an address or a choice names; an empty one names none.
pub(super) fn chosen(id: &str) -> base::Result<Option<EnvironmentId>> {
    if id.is_empty() { Ok(None) } else { id.parse().map(Some) }
}

/// Makes an environment.
pub(super) async fn make(
    State(app): State<App>,
    Auth(actor): Auth,
    Form(form): Form<New>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    repos::repository::get(&mut tx, form.repository).await?;
    let new = NewEnvironment {
        name: form.name.trim().to_owned(),
        repository: form.repository,
        after: chosen(&form.after)?,
        restricted: form.restricted.is_some(),
        if_busy: form.if_busy,
    };
    let made = environments::make(&mut tx, new).await?;
    tx.commit().await?;
    let text = format!("{} is on the line", crate::words::capital(&made.name));
    Ok(ui::done(&format!("/environments/{}", made.name), &text))
}
