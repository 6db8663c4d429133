//! The pools on the page of agents, and the forms that make, change and remove them.

use super::list::shown;
use crate::agents::pools::{self, Plan, Pool, Way};
use crate::words::{self, Reader};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base::id::PoolId;
use base::{Error, Secret};
use db::Tx;
use maud::{Markup, html};
use repos::Mirrors;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;
use web::ui::{self, Aspect, Frame, Page};
use web::{App, Auth, Form, Path, Result};

/// A pool with what is counted for it.
pub(super) struct Row {
    pub pool: Pool,
    pub booting: i64,
}

/// The pools that there are.
pub(super) async fn rows(tx: &mut Tx) -> base::Result<Vec<Row>> {
    let booting = pools::booting(tx).await?;
    let all = pools::list(tx).await?;
    let count = |id: PoolId| booting.get(&id).copied().unwrap_or(0);
    Ok(all.into_iter().map(|pool| Row { booting: count(pool.id), pool }).collect())
}

fn agents(n: i64) -> String {
    words::count(n.unsigned_abs(), "agent")
}

/// The section of the page.
pub(super) fn section(
    all: &[Row],
    here: &BTreeMap<PoolId, i64>,
    is_admin: bool,
    reader: Reader<'_>,
) -> Markup {
    html! {
        section.block {
            div.block-head {
                h2 { "Pools " @if !all.is_empty() { span.count { (all.len()) } } }
                @if is_admin { a.btn.sm href="/agents/pools/new" { (ui::icon("plus")) " Add a pool" } }
            }
            @if all.is_empty() { p.dim { "A pool starts agents when the queue grows and ends them when nothing is to do: machines are paid for while they work." } }
            ul.rows { @for row in all { (item(row, here.get(&row.pool.id).copied().unwrap_or(0), is_admin, reader)) } }
        }
    }
}

fn item(row: &Row, here: i64, is_admin: bool, reader: Reader<'_>) -> Markup {
    let pool = &row.pool;
    let (aspect, meaning) = match (&pool.trouble, here + row.booting) {
        (Some(_), _) => (Aspect::Red, "Starting fails"),
        (None, 0) => (Aspect::Idle, "No agent is needed"),
        (None, _) if row.booting > 0 => (Aspect::Live, "Starts agents"),
        (None, _) => (Aspect::Green, "Has agents"),
    };
    let home = format!("/agents/pools/{}", pool.name);
    html! {
        li.item {
            (ui::lamp_named(aspect, meaning))
            div.grow {
                div.row.wrap {
                    b.strong { (pool.name) }
                    @for (name, value) in &pool.labels { span.chip.line { (name) @if !value.is_empty() && value != "true" { "=" (value) } } }
                }
                div.t-s.dim {
                    (agents(here)) " here" @if row.booting > 0 { ", " (row.booting) " on the way" } ". Between " (pool.least) " and " (pool.most)
                    ", ended after " (words::length(Duration::from_secs(pool.idle_s.unsigned_abs()))) " without work."
                }
                @if let Some(trouble) = &pool.trouble {
                    div.t-s {
                        (words::sentence(&trouble.sentence)) " " (reader.at(trouble.at)) ", "
                        (words::count(trouble.failures.unsigned_abs(), "failure")) " in a row. "
                        @if trouble.rests_until > reader.now { "Next try " (reader.soon(trouble.rests_until)) "." } @else { "Next try when an agent is wanted." }
                    }
                    @if !trouble.output.trim().is_empty() { details { summary.t-s { "What the command wrote" } pre.t-s { (trouble.output) } } }
                }
            }
            @if is_admin {
                @if pool.trouble.is_some() { (ui::press(&format!("{home}/retry"), "sm", "Try now")) }
                a.btn.sm.quiet href={ (home) "/edit" } { "Change" }
                a.btn.sm.quiet href={ (home) "/remove" } { "Remove" }
            }
        }
    }
}

/// A pool as the form has it.
#[derive(Deserialize)]
pub(super) struct Given {
    #[serde(default)]
    name: String,
    #[serde(default)]
    command: String,
    #[serde(default)]
    webhook: String,
    #[serde(default)]
    labels: String,
    min: i64,
    max: i64,
    idle: i64,
    boot: i64,
}

impl Given {
    fn plan(&self) -> base::Result<Plan> {
        let (command, webhook) = (self.command.trim(), self.webhook.trim());
        let way = match (command.is_empty(), webhook.is_empty()) {
            (false, true) => Way::Command(command.replace("\r\n", "\n")),
            (true, false) => Way::Webhook(webhook.to_owned()),
            (false, false) => {
                return Err(Error::invalid("pool.way", "Write a start command or a webhook, not both"));
            }
            (true, true) => {
                return Err(Error::invalid("pool.way", "Write a start command or the address of a webhook"));
            }
        };
        Ok(Plan {
            way,
            labels: labels(&self.labels),
            least: self.min,
            most: self.max,
            idle_s: self.idle,
            boot_s: self.boot,
        })
    }
}

fn labels(text: &str) -> BTreeMap<String, String> {
    let label = |text: &str| match text.split_once('=') {
        Some((name, value)) => (name.trim().to_owned(), value.trim().to_owned()),
        None => (text.to_owned(), "true".to_owned()),
    };
    text.split([',', '\n']).map(str::trim).filter(|text| !text.is_empty()).map(label).collect()
}

fn fields(pool: Option<&Pool>) -> Markup {
    let (command, webhook) = match pool.map(|pool| &pool.way) {
        Some(Way::Command(command)) => (command.as_str(), ""),
        Some(Way::Webhook(address)) => ("", address.as_str()),
        None => ("", ""),
    };
    let word = |(name, value): (&String, &String)| match value.as_str() {
        "" | "true" => name.clone(),
        value => format!("{name}={value}"),
    };
    let labels: Vec<String> = pool.into_iter().flat_map(|pool| pool.labels.iter().map(word)).collect();
    let number = |of: fn(&Pool) -> i64, else_: i64| pool.map_or(else_, of).to_string();
    html! {
        (ui::refusal())
        @if pool.is_none() { (ui::field("Name", "name", "text", "", "Small letters, digits and hyphens; the names of its agents begin with it.", None)) }
        label.field {
            span { "Start command" }
            textarea.input.mono name="command" rows="3" spellcheck="false" { (command) }
            small { "Run by the server's shell. It has " code { "signalbox agent --once" } " started somewhere, with " code { "SIGNALBOX_URL" } ", " code { "SIGNALBOX_AGENT_TOKEN" } " and " code { "SIGNALBOX_AGENT_NAME" } " from its environment." }
        }
        (ui::field("Or a webhook", "webhook", "url", webhook, "An address that is asked instead; its requests are signed.", None))
        (ui::field("Labels", "labels", "text", &labels.join(", "), "What jobs ask for by name, like docker, zone=eu. Its agents get them whatever they say.", None))
        (ui::field("Keep at least", "min", "number", &number(|pool| pool.least, 0), "Agents that are kept even when nothing is to do.", None))
        (ui::field("Never more than", "max", "number", &number(|pool| pool.most, 1), "Those counted that are still on the way.", None))
        (ui::field("Seconds without work", "idle", "number", &number(|pool| pool.idle_s, 300), "After these an agent ends.", None))
        (ui::field("Seconds to come", "boot", "number", &number(|pool| pool.boot_s, 300), "After these an agent that was started is given up.", None))
    }
}

/// The form for another pool.
pub(super) async fn new_form(State(app): State<App>, frame: Frame) -> Result<Markup> {
    people::rights::require_admin(&mut app.db.read(&frame.actor).await?).await?;
    let content = html! {
        form.stack method="post" action="/agents/pools" data-morph {
            (fields(None))
            div.row { button.btn.primary { "Add the pool" } a.btn.quiet href="/agents" { "Cancel" } }
        }
    };
    Ok(frame.page(Page::new("Add a pool").crumb("Agents", "/agents").reading(content)))
}

async fn made(app: &App, frame: &Frame, pool: &Pool, secret: Option<Secret>, text: &str) -> Result<Response> {
    let Some(secret) = secret else { return Ok(ui::done("/agents", text)) };
    let label = format!("The secret of {}", pool.name);
    let note = "Requests to its webhook carry X-Signalbox-Signature, the HMAC-SHA256 of their body with this secret. It is shown only this once.";
    Ok(shown(app, frame, Some(ui::once(&label, secret.reveal(), note))).await?.into_response())
}

/// Makes a pool.
pub(super) async fn create(
    State(app): State<App>,
    frame: Frame,
    Form(given): Form<Given>,
) -> Result<Response> {
    let plan = given.plan()?;
    let mut tx = app.db.write(&frame.actor).await?;
    let sealing = app.part::<Mirrors>()?.sealing();
    let (pool, secret) = pools::create(&mut tx, sealing, given.name.trim(), plan).await?;
    tx.commit().await?;
    made(&app, &frame, &pool, secret, &format!("The pool {} is added", pool.name)).await
}

/// The form that changes a pool.
pub(super) async fn edit_form(
    State(app): State<App>,
    Path(name): Path<String>,
    frame: Frame,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    people::rights::require_admin(&mut tx).await?;
    let pool = pools::named(&mut tx, &name).await?;
    let content = html! {
        form.stack method="post" action={ "/agents/pools/" (name) } data-morph {
            (fields(Some(&pool)))
            div.row { button.btn.primary { "Save" } a.btn.quiet href="/agents" { "Cancel" } }
        }
    };
    Ok(frame.page(Page::new(format!("Change {name}")).crumb("Agents", "/agents").reading(content)))
}

/// Changes a pool.
pub(super) async fn change(
    State(app): State<App>,
    frame: Frame,
    Path(name): Path<String>,
    Form(given): Form<Given>,
) -> Result<Response> {
    let plan = given.plan()?;
    let mut tx = app.db.write(&frame.actor).await?;
    let (pool, secret) = pools::change(&mut tx, app.part::<Mirrors>()?.sealing(), &name, plan).await?;
    tx.commit().await?;
    made(&app, &frame, &pool, secret, &format!("The pool {name} is changed")).await
}

/// Starts agents again after failures.
pub(super) async fn retry(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    pools::retry(&mut tx, &name).await?;
    tx.commit().await?;
    Ok(ui::done("/agents", &format!("{name} starts agents again")))
}

/// Asks first.
pub(super) async fn remove_form(
    State(app): State<App>,
    Path(name): Path<String>,
    frame: Frame,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    people::rights::require_admin(&mut tx).await?;
    pools::named(&mut tx, &name).await?;
    let content = html! {
        form.stack method="post" action={ "/agents/pools/" (name) "/remove" } data-morph {
            p { "It starts no more agents. Those that it has end when they have done what they do." }
            (ui::refusal())
            div.row { button.btn.danger { "Remove " (name) } a.btn.quiet href="/agents" { "Cancel" } }
        }
    };
    Ok(frame.page(Page::new(format!("Remove {name}")).crumb("Agents", "/agents").reading(content)))
}

/// Removes a pool.
pub(super) async fn remove(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    pools::remove(&mut tx, &name).await?;
    tx.commit().await?;
    Ok(ui::done("/agents", &format!("The pool {name} is removed")))
}
