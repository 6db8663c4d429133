//! The first page: are we OK, and if not, who has it? And the audit log.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use base::Role;
use journal::Query;
use maud::{Markup, html};
use web::{App, Auth, Result, ui};

/// The routes of these pages.
pub(super) fn pages() -> Router<App> {
    Router::new().route("/", get(home)).route("/audit-log", get(audit_log))
}

async fn home(State(app): State<App>, Auth(actor): Auth) -> Result<Markup> {
    let mut tx = app.db.read(&actor).await?;
    let environments = releases::summary(&mut tx).await?;
    Ok(ui::page(&actor, "Are we OK?", html! {
        section.block {
            div.block-head { h2 { "Environments" } }
            @if environments.is_empty() {
                (ui::empty("No environment yet. Connect a repository, then make one: signalbox environment add beta --repository NAME"))
            }
            ul.rows {
                @for environment in &environments {
                    li.lockrow {
                        svg class={ "lamp " (if environment.is_open { "green" } else { "red" }) } aria-hidden="true" {
                            use href={ (web::assets::path("icons.svg")) (if environment.is_open { "#l-green" } else { "#l-red" }) } {}
                        }
                        div {
                            a.plain.strong href={ "/environments/" (environment.name) } { (environment.name) }
                            p.why { (environment.sentence) }
                        }
                    }
                }
            }
        }
    }))
}

const SHOWN: usize = 100;

async fn audit_log(State(app): State<App>, Auth(actor): Auth) -> Result<Markup> {
    let mut tx = app.db.read(&actor).await?;
    people::rights::require_role(&mut tx, Role::Admin)?;
    let query = Query { newest_first: true, limit: SHOWN, ..Query::default() };
    let entries = journal::read(&mut tx, &query).await?;
    Ok(ui::page(&actor, "Audit log", html! {
        table.table {
            thead { tr { th { "Time" } th { "Who" } th { "What" } th { "About" } } }
            tbody {
                @for entry in &entries {
                    tr {
                        td { (ui::time(entry.at)) }
                        td { (entry.actor_name) }
                        td { (entry.verb) }
                        td.mono { (entry.subject) @if let Some(name) = entry.data["name"].as_str() { " " (name) } }
                    }
                }
            }
        }
    }))
}
