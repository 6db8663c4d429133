//! The page of secrets: what there are, without values; setting and removing them.

use super::{Scope, Secret};
use crate::jobs;
use crate::words::Reader;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use base::id::{JobId, RepositoryId};
use base::{Right, Role, Secret as Text};
use db::Tx;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use web::ui::{self, Frame, Page, settings};
use web::{App, Auth, Form, Path, Result};

const HERE: &str = "/settings/secrets";

/// The routes of this page.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route(HERE, get(list).post(set))
        .route("/settings/secrets/{scope}/{name}/remove", get(remove_form).post(remove))
}

/// A secret with its scope as people write it, and whether the reader may set it.
struct Row {
    secret: Secret,
    scope: String,
    may_set: bool,
}

async fn rows(tx: &mut Tx) -> base::Result<Vec<Row>> {
    let is_admin = tx.actor().role == Role::Admin;
    let mut all = Vec::new();
    let known: BTreeMap<JobId, String> =
        jobs::list(tx).await?.into_iter().map(|job| (job.id, job.name)).collect();
    for secret in super::list(tx).await? {
        let id = secret.scope_key.parse::<i64>().ok();
        let (scope, may_set) = match (secret.scope.as_str(), id) {
            ("job", Some(id)) => {
                let may = jobs::require(tx, JobId(id), Right::Secrets).await.is_ok();
                (known.get(&JobId(id)).map(|name| format!("job:{name}")), may)
            }
            ("repository", Some(id)) => {
                let found = repos::get(tx, RepositoryId(id)).await.ok();
                (found.map(|found| format!("repository:{}", found.name)), is_admin)
            }
            ("environment", _) => (Some(format!("environment:{}", secret.scope_key)), is_admin),
            _ => (Some("workspace".to_owned()), is_admin),
        };
        // What it belonged to is gone.
        let Some(scope) = scope else { continue };
        all.push(Row { secret, scope, may_set });
    }
    Ok(all)
}

async fn list(State(app): State<App>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let all = rows(&mut tx).await?;
    let mine: Vec<(String, String)> = jobs::list_with_rights(&mut tx)
        .await?
        .into_iter()
        .filter(|(_, rights)| rights.contains(Right::Secrets))
        .map(|(job, _)| (format!("job:{}", job.name), format!("the job {}", job.title)))
        .collect();
    drop(tx);
    let is_admin = frame.actor.role == Role::Admin;
    let reader = Reader::of(&frame);
    let content = html! {
        div #secrets data-live="secret" {
            p.dim { "A job gets those that its file names under " code { "secrets" } ". Of several with one name it gets the closest: its own, its environment's, its repository's, the workspace's." }
            @if all.is_empty() { (ui::empty("No secrets yet. A value that is set here reaches jobs as an environment variable, and nobody reads it back.")) }
            ul.rows { @for row in &all { (shown(row, reader)) } }
        }
        @if is_admin || !mine.is_empty() { section.block { div.block-head { h2 { "Set a secret" } } (form(is_admin, &mine)) } }
    };
    Ok(settings(&frame, Page::new("Secrets"), HERE, content))
}

fn shown(row: &Row, reader: Reader<'_>) -> Markup {
    let secret = &row.secret;
    html! {
        li.item {
            (ui::icon("key-round"))
            div.grow {
                div.row.wrap { b.strong.mono { (secret.name) } (ui::chip("", &row.scope)) @if secret.any_branch { (ui::chip("amber", "any branch")) } }
                div.t-s.dim {
                    "Version " (secret.version) ", set by " (secret.set_by) " at " (reader.at(secret.set_at)) ". "
                    @match secret.given_at { Some(at) => { "Last given to a run at " (reader.at(at)) "." }, None => "No run got it yet." }
                }
            }
            @if row.may_set { a.btn.sm.quiet href={ "/settings/secrets/" (row.scope) "/" (secret.name) "/remove" } { "Remove" } }
        }
    }
}

fn form(is_admin: bool, mine: &[(String, String)]) -> Markup {
    html! {
        form.stack method="post" action=(HERE) data-morph data-reset {
            (ui::refusal())
            label.field { span { "Name" } input.input.mono name="name" required pattern="[A-Za-z_][A-Za-z0-9_]*" autocomplete="off" spellcheck="false"; small { "That of the environment variable, like MARKET_TOKEN." } }
            label.field { span { "Value" } textarea.input.mono name="value" rows="3" required autocomplete="off" spellcheck="false" {} small { "It replaces the one that is there, and is never shown again." } }
            label.field {
                span { "For" }
                @if is_admin {
                    input.input.mono name="scope" value="workspace" list="secret-scopes" required;
                    datalist #secret-scopes { option value="workspace" {} @for (scope, _) in mine { option value=(scope) {} } }
                    small { "workspace, repository:NAME, job:NAME or environment:NAME." }
                } @else {
                    select.input name="scope" { @for (scope, words) in mine { (ui::option(scope, words, false)) } }
                }
            }
            (ui::tick("any_branch", "1", false, "Runs of any branch get it, not only those of the default branch"))
            div.row { button.btn.primary { "Set the secret" } }
        }
    }
}

/// A secret as the form has it.
#[derive(Deserialize)]
struct Given {
    scope: String,
    name: String,
    value: String,
    any_branch: Option<String>,
}

async fn set(State(app): State<App>, Auth(actor): Auth, Form(given): Form<Given>) -> Result<Response> {
    let mirrors = app.part::<repos::Mirrors>()?;
    let mut tx = app.db.write(&actor).await?;
    let scope = Scope::parse(&mut tx, given.scope.trim()).await?;
    // A browser sends lines as the web has them; a key file has plain ones.
    let value = Text::new(given.value.replace("\r\n", "\n"));
    let any_branch = given.any_branch.is_some();
    let secret =
        super::set(&mut tx, mirrors.sealing(), &scope, given.name.trim(), &value, any_branch).await?;
    tx.commit().await?;
    Ok(ui::done(HERE, &format!("{} is set", secret.name)))
}

/// Asks first, because nobody has the value to set it again.
async fn remove_form(frame: Frame, Path((scope, name)): Path<(String, String)>) -> Markup {
    let content = html! {
        form.stack method="post" action={ (HERE) "/" (scope) "/" (name) "/remove" } data-morph {
            p { "Runs that need " code { (name) } " of " code { (scope) } " get it no more, and its value is gone for good." }
            (ui::refusal())
            div.row { button.btn.danger { "Remove " (name) } a.btn.quiet href=(HERE) { "Cancel" } }
        }
    };
    settings(&frame, Page::new(format!("Remove {name}")).crumb("Secrets", HERE), HERE, content)
}

async fn remove(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((scope, name)): Path<(String, String)>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let scope = Scope::parse(&mut tx, &scope).await?;
    super::remove(&mut tx, &scope, &name).await?;
    tx.commit().await?;
    Ok(ui::done(HERE, &format!("{name} is removed")))
}
