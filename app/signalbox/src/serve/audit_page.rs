//! The audit log: who did what, for administrators.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use base::Role;
use journal::Query;
use maud::{Markup, html};
use web::ui::{Frame, Page};
use web::{App, Result, ui};

/// The routes of these pages.
pub(super) fn pages() -> Router<App> {
    Router::new().route("/audit-log", get(audit_log))
}

const SHOWN: usize = 100;

async fn audit_log(State(app): State<App>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    people::rights::require_role(&tx, Role::Admin)?;
    let query = Query { newest_first: true, limit: SHOWN, ..Query::default() };
    let entries = journal::read(&mut tx, &query).await?;
    Ok(frame.page(Page::new("Audit log").content(html! {
        table.table {
            thead { tr { th { "Time" } th { "Who" } th { "What" } th { "About" } } }
            tbody {
                @for entry in &entries {
                    tr { td { (ui::time(entry.at)) } td { (entry.actor_name) } td { (entry.verb) } td.mono { (entry.subject) } }
                }
            }
        }
    })))
}
