//! The queue, and the agents that take from it.

use super::pools;
use crate::agents::{self, Agent};
use crate::attempts::fits;
use crate::runs::{self, Waiting};
use crate::words::{self, Reader};
use axum::extract::State;
use base::id::AgentId;
use base::{Role, Secret, Time};
use maud::{Markup, html};
use std::collections::BTreeMap;
use web::ui::{self, Aspect, Frame, Page};
use web::{App, Result};

/// Parts of the queue that are listed.
const LISTED: usize = 100;

/// The page.
pub(super) async fn list(State(app): State<App>, frame: Frame) -> Result<Markup> {
    shown(&app, &frame, None).await
}

/// The page, with something above it that is shown this once.
pub(super) async fn shown(app: &App, frame: &Frame, made: Option<Markup>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let agents = agents::list(&mut tx).await?;
    let busy = agents::busy(&mut tx).await?;
    let waiting = runs::waiting(&mut tx, LISTED).await?;
    let pools = pools::rows(&mut tx).await?;
    drop(tx);
    let is_admin = frame.actor.role == Role::Admin;
    let reader = Reader::of(frame);
    let mut of_pool = BTreeMap::new();
    for pool in agents.iter().filter_map(|agent| agent.pool) {
        *of_pool.entry(pool).or_insert(0) += 1;
    }
    let content = html! {
        @if let Some(made) = &made { (made) }
        div #agents data-live="agent agent_pool run" {
            section {
                div.block-head { h2 { "Queue " @if !waiting.is_empty() { span.count { (waiting.len()) } } } }
                @if waiting.is_empty() { p.dim { "Nothing waits for an agent." } }
                ul.rows { @for waiting in &waiting { (queued(waiting, &agents, &pools, &busy, reader)) } }
            }
            section.block {
                div.block-head { h2 { "Agents " @if !agents.is_empty() { span.count { (agents.len()) } } } }
                @if agents.is_empty() {
                    (ui::empty("No agent is registered, so nothing runs. An agent is a machine that does the work of jobs: make a registration token, and paste its command there."))
                }
                ul.rows { @for agent in &agents { (row(agent, busy.get(&agent.id).copied().unwrap_or(0), is_admin, reader)) } }
            }
            (pools::section(&pools, &of_pool, is_admin, reader))
        }
    };
    let actions = html! {
        @if is_admin { form.one method="post" action="/agents/tokens" data-plain="" { button.btn.sm.primary { (ui::icon("plus")) " Register an agent" } } }
    };
    Ok(frame.page(Page::new("Agents").crumb("Jobs", "/jobs").actions(actions).content(content)))
}

/// A registration token that was just made.
pub(super) fn invitation(app: &App, token: &Secret) -> Markup {
    let server = app.link("");
    let command =
        format!("signalbox agent --server {} --token {}", server.trim_end_matches('/'), token.reveal());
    ui::once(
        "Paste this on the machine",
        &command,
        "It is shown only this once, lets one machine register, and ends in 24 hours.",
    )
}

/// Why a part waits: nobody fits, all that fit are busy, or its time has not come.
fn why(
    waiting: &Waiting,
    agents: &[Agent],
    pools: &[pools::Row],
    busy: &BTreeMap<AgentId, i64>,
    reader: Reader<'_>,
) -> String {
    let now = reader.now;
    let part = &waiting.part;
    if let Some(ready) = part.ready_at.filter(|ready| *ready > now) {
        return format!("Waits until {} before it is tried again.", reader.at(ready));
    }
    if let Some(sentence) = from_pool(waiting, agents, pools, busy, now) {
        return sentence;
    }
    let fitting: Vec<&Agent> = agents.iter().filter(|agent| fits(part, &agent.offers())).collect();
    let here: Vec<&&Agent> = fitting.iter().filter(|agent| !agent.is_away(now)).collect();
    let open = here.iter().filter(|agent| !agent.draining);
    let has_room = |agent: &&&&Agent| busy.get(&agent.id).copied().unwrap_or(0) < agent.machine.slots;
    if fitting.is_empty() {
        let mut wanted: Vec<String> = part.model.requires.iter().map(ToString::to_string).collect();
        if part.model.isolation != crate::file::Isolation::None {
            wanted.push(part.model.isolation.to_string());
        }
        return match wanted.is_empty() {
            true => "No agent is registered.".to_owned(),
            false => format!("No agent has {}.", wanted.join(", ")),
        };
    }
    if here.is_empty() {
        return format!("{} fit it, and none of them is here.", words::count(fitting.len() as u64, "agent"));
    }
    if open.clone().next().is_none() {
        return "The agents that fit it get no more work.".to_owned();
    }
    match open.clone().any(|agent| has_room(&agent)) {
        true => "An agent is about to take it.".to_owned(),
        false => format!("The {} that fit it are busy.", words::count(open.count() as u64, "agent")),
    }
}

/// What a pool does about a part that no agent can take now.
fn from_pool(
    waiting: &Waiting,
    agents: &[Agent],
    pools: &[pools::Row],
    busy: &BTreeMap<AgentId, i64>,
    now: Time,
) -> Option<String> {
    let is_free = |agent: &Agent| {
        !agent.is_away(now)
            && !agent.draining
            && busy.get(&agent.id).copied().unwrap_or(0) < agent.machine.slots
            && fits(&waiting.part, &agent.offers())
    };
    if agents.iter().any(is_free) {
        return None;
    }
    let fitting: Vec<&pools::Row> =
        pools.iter().filter(|row| fits(&waiting.part, &row.pool.offers())).collect();
    let name = |row: &&pools::Row| row.pool.name.clone();
    if let Some(name) = fitting.iter().find(|row| row.booting > 0).map(name) {
        return Some(format!("An agent of the pool {name} is on its way."));
    }
    if let Some(name) = fitting.iter().find(|row| row.pool.trouble.is_some()).map(name) {
        return Some(format!("The pool {name} cannot start an agent; see below."));
    }
    let row = fitting.first()?;
    let has = agents.iter().filter(|agent| agent.pool == Some(row.pool.id)).count();
    Some(match i64::try_from(has).unwrap_or(i64::MAX) >= row.pool.most {
        true => format!("The pool {} has as many agents as it may have, and all are busy.", row.pool.name),
        false => format!("The pool {} is about to start an agent.", row.pool.name),
    })
}

fn queued(
    waiting: &Waiting,
    agents: &[Agent],
    pools: &[pools::Row],
    busy: &BTreeMap<AgentId, i64>,
    reader: Reader<'_>,
) -> Markup {
    html! {
        li {
            a.item href={ "/runs/" (waiting.part.run) } {
                (ui::lamp(Aspect::Idle))
                span.grow {
                    b.strong { (waiting.title) } " run " (waiting.number) ", " (waiting.part.model.name)
                    span.t-s.dim.under { (why(waiting, agents, pools, busy, reader)) }
                }
                span.t-s.faint.num.nowrap { "since " (reader.at(waiting.part.state_at)) }
            }
        }
    }
}

fn row(agent: &Agent, busy: i64, is_admin: bool, reader: Reader<'_>) -> Markup {
    let machine = &agent.machine;
    let (aspect, meaning) = match (agent.is_away(reader.now), agent.draining, busy) {
        (true, _, _) => (Aspect::Red, "Away"),
        (false, true, _) => (Aspect::Amber, "Gets no more work"),
        (false, false, 0) => (Aspect::Green, "Here"),
        (false, false, _) => (Aspect::Live, "Works"),
    };
    let home = format!("/agents/{}", agent.id);
    html! {
        li.item {
            (ui::lamp_named(aspect, meaning))
            div.grow {
                div.row.wrap {
                    b.strong { (machine.name) }
                    @if agent.draining { (ui::chip("amber", "Draining")) }
                    @for (name, value) in &machine.labels { span.chip.line { (name) @if !value.is_empty() && value != "true" { "=" (value) } } }
                }
                div.t-s.dim {
                    @if agent.is_away(reader.now) { "Not heard of since " (reader.at(agent.seen_at)) ". " }
                    (busy) " of " (words::count(u64::try_from(machine.slots).unwrap_or(0), "slot")) " busy. "
                    (machine.os) " " (machine.arch) ", version " (machine.version)
                    @if machine.capabilities.docker { ", containers" }
                    @if machine.capabilities.bwrap { ", bubblewrap" }
                    @if machine.once { ", ends after one" }
                    "."
                }
            }
            @if is_admin {
                @if agent.draining { (ui::press(&format!("{home}/undrain"), "sm", "Let it work")) }
                @else { (ui::press(&format!("{home}/drain"), "sm quiet", "Drain")) }
                a.btn.sm.quiet href={ (home) "/remove" } { "Remove" }
            }
        }
    }
}
