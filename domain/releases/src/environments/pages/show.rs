//! One environment: whether it is open, why not, who has it and until when; what would ship, what runs, what ran.

use super::line::line;
use super::show_parts::{commits, deploy_words, gate, history, ship_head};
use super::{repository_seen, seen};
use crate::deployments::pages::{live_head, tail};
use crate::deployments::{self, Deployment};
use crate::locks::pages::{Choices, lock_form, rows};
use crate::ship::{self, Ahead, Ship};
use crate::stations::{self, Station};
use crate::words::Reader;
use axum::extract::State;
use base::{Error, Right};
use db::Tx;
use maud::{Markup, html};
use people::RightSet;
use repos::Mirrors;
use std::collections::BTreeMap;
use web::ui::{self, Frame, Page};
use web::{App, Path, Result};

/// Everything that the page shows, loaded.
pub(crate) struct View {
    /// Every station that the reader sees.
    pub stations: Vec<Station>,
    /// Which of them the page is about.
    pub at: usize,
    /// What the reader may do there.
    pub rights: RightSet,
    /// The repository's name, for a reader who may see repositories.
    pub repository: Option<String>,
    /// What runs there now, whole.
    pub live: Option<Deployment>,
    /// How many comments each lock has.
    pub comments: BTreeMap<base::id::TaskId, i64>,
    /// Whether the reader is told when it opens.
    pub waits: bool,
    /// What a form of a lock offers.
    pub choices: Choices,
    /// The tasks that commits which would ship belong to, with whether they fix them.
    pub tasks: BTreeMap<String, Vec<(work::tasks::Task, bool)>>,
    ahead: Ahead,
}

impl View {
    pub async fn load(tx: &mut Tx, name: &str) -> base::Result<Self> {
        let environment = seen(tx, name).await?;
        let stations = stations::stations(tx).await?;
        let at = stations.iter().position(|station| station.environment.id == environment.id);
        let at = at
            .ok_or_else(|| Error::bug("environment.unlisted", "an environment that is seen is not listed"))?;
        let live = match stations[at].live() {
            Some(live) => Some(deployments::get(tx, live.id).await?),
            None => None,
        };
        let tasks: Vec<_> = stations[at].locks.iter().map(|lock| lock.task).collect();
        Ok(Self {
            rights: crate::environments::rights_in(tx, &environment).await?,
            repository: repository_seen(tx, &environment).await?,
            comments: work::stories::count_comments(tx, &tasks).await?,
            choices: Choices::load(tx).await?,
            ahead: ship::ahead(tx, &environment).await?,
            tasks: BTreeMap::new(),
            waits: crate::openings::waits(tx, environment.id).await?,
            live,
            at,
            stations,
        })
    }

    pub fn station(&self) -> &Station {
        &self.stations[self.at]
    }

    pub fn may(&self, right: Right) -> bool {
        self.rights.contains(right)
    }
}

/// The page.
pub(super) async fn show(State(app): State<App>, Path(name): Path<String>, frame: Frame) -> Result<Markup> {
    let mut view = View::load(&mut app.db.read(&frame.actor).await?, &name).await?;
    let ship = ship::look(app.part::<Mirrors>()?, &view.ahead).await;
    if let Ok(range) = &ship.range {
        let commits: Vec<String> = range.commits.iter().map(|commit| commit.id.clone()).collect();
        let mut tx = app.db.read(&frame.actor).await?;
        view.tasks = crate::journeys::tasks_of(&mut tx, view.ahead.repository.id, &commits).await?;
    }
    let log = match &view.live {
        Some(live) => Some(tail(&app, live, &name).await?),
        None => None,
    };
    let reader = Reader { now: frame.now, zone: &frame.shell.zone };
    let station = view.station();
    let page = Page::new(station.title())
        .crumb("Environments", "/environments")
        .actions(actions(&view))
        .content(content(&view, &ship, log.as_ref(), reader));
    Ok(frame.page(page))
}

/// What a part of the page listens to: everything about the environment, and about the tasks that are its locks.
fn topics(view: &View) -> String {
    let environment = &view.station().environment;
    format!("environment.{} project.{}", environment.id, environment.lock_project)
}

fn actions(view: &View) -> Markup {
    let environment = &view.station().environment;
    let blocked = !view.station().decision.open;
    html! {
        span.row #actions data-live=(topics(view)) {
            @if view.may(Right::Admin) {
                a.btn.quiet.icon.sm href={ "/environments/" (environment.name) "/settings" } aria-label="Settings" title="Settings" { (ui::icon("settings")) }
            }
            @if view.may(Right::Lock) {
                a.btn.sm href={ "/environments/" (environment.name) "/lock" } data-open="lock" { (ui::icon("lock")) " Lock" }
            }
            @if view.may(Right::Deploy) {
                @if blocked {
                    a.btn.sm href="#gate" role="button" aria-disabled="true" aria-describedby="gate" { (ui::icon("play")) " Deploy" }
                } @else {
                    a.btn.sm.primary href={ "/environments/" (environment.name) "/deploy" } data-open="deploy" { (ui::icon("play")) " Deploy" }
                }
            }
        }
    }
}

fn content(view: &View, ship: &Ship, log: Option<&Markup>, reader: Reader<'_>) -> Markup {
    let station = view.station();
    let environment = &station.environment;
    let (own, repository) = (topics(view), format!("repository.{}", environment.repository));
    let before = environment.after.map(|after| format!("environment.{after}")).unwrap_or_default();
    let same: Vec<&Station> =
        view.stations.iter().filter(|other| other.environment.repository == environment.repository).collect();
    let everywhere: String = same.iter().map(|s| format!("environment.{} ", s.environment.id)).collect();
    let branch = view.ahead.repository.default_branch().unwrap_or("main");
    html! {
        div.cols.env {
            div {
                section.gate #gate aria-live="polite" tabindex="-1" data-live={ (everywhere) (own) " " (repository) } {
                    (line(branch, ship.tip.as_deref(), &same, Some(station), reader))
                    (gate(view, reader))
                }
                section.block #locks data-live=(own) {
                    div.block-head {
                        h2 { "Open locks " span.count { (station.locks.len()) } }
                        a.push.t-s href={ "/projects/" (environment.lock_project) } { "Open as a project" }
                    }
                    (rows(view, reader))
                }
                section.block #ship data-live={ "environment." (environment.id) " " (before) " " (repository) } {
                    (ship_head(view, ship))
                    (commits(view, ship, reader))
                }
            }
            div {
                section #live data-live={ "environment." (environment.id) } hidden[view.live.is_none()] {
                    @if let (Some(live), Some(log)) = (&view.live, log) { (live_head(view, live, reader)) (log) }
                }
                section.block #history data-live={ "environment." (environment.id) } { (history(station, reader)) }
            }
        }
        @if view.may(Right::Lock) {
            dialog.dialog #lock aria-labelledby="lock-title" { (lock_form(view, reader, true)) }
        }
        @if view.may(Right::Deploy) {
            dialog.dialog #deploy aria-labelledby="deploy-title" {
                div.dlg-body { (deploy_words(station)) }
                div.dlg-foot { button.btn type="button" data-close { "Close" } }
            }
        }
    }
}

/// How to deploy, for who has no dialogs.
pub(super) async fn deploy(State(app): State<App>, Path(name): Path<String>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let environment = crate::environments::named(&mut tx, &name, Right::Deploy).await?;
    let station = Station::of(&mut tx, environment).await?;
    let content = html! { div.stack { (deploy_words(&station)) } };
    let page =
        Page::new("Deploy").crumb("Environments", "/environments").crumb(station.title(), station.href());
    Ok(frame.page(page.with_own_h1().reading(content)))
}
