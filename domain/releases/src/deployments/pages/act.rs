//! Stopping a deployment, and saying how a lost one ended.

use super::numbered;
use crate::deployments::{self, Outcome, State as Life};
use axum::extract::State;
use axum::response::Response;
use base::Right;
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Frame, Page};
use web::{App, Auth, Form, Path, Result};

/// The form that stops a deployment; in a dialog it morphs the page under it.
pub(super) fn abort_fields(action: &str, number: i64, home: &str, in_dialog: bool) -> Markup {
    html! {
        form method="post" action=(action) data-morph[in_dialog] {
            div.dlg-body {
                div {
                    h2 #abort-title { "Stop deployment " (number) }
                    p.dim { "Its command is told to end with its next report, and killed if it does not. What it has changed so far stays changed." }
                }
                (ui::refusal())
                label.field { span { "Why " span.faint { "(optional)" } } textarea.input name="reason" rows="2" maxlength="10000" autofocus {} }
            }
            div.dlg-foot {
                @if in_dialog { button.btn.quiet type="button" data-close { "Cancel" } } @else { a.btn.quiet href=(home) { "Cancel" } }
                button.btn.danger { "Stop deployment " (number) }
            }
        }
    }
}

/// The same, for who has no dialogs.
pub(super) async fn abort_form(
    State(app): State<App>,
    Path((name, number)): Path<(String, i64)>,
    frame: Frame,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let (environment, deployment) = numbered(&mut tx, &name, number, Right::Deploy).await?;
    let home = format!("/environments/{}/deployments/{}", environment.name, deployment.number);
    let page = Page::new(format!("Stop deployment {}", deployment.number))
        .crumb("Environments", "/environments")
        .crumb(crate::words::capital(&environment.name), format!("/environments/{}", environment.name));
    let form = abort_fields(&format!("{home}/abort"), deployment.number, &home, false);
    Ok(frame.page(page.reading(html! { div.box { (form) } })))
}

/// Why it is to stop.
#[derive(Debug, Deserialize)]
pub(super) struct Abort {
    #[serde(default)]
    reason: String,
}

/// Asks for a deployment to stop.
pub(super) async fn abort(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((name, number)): Path<(String, i64)>,
    Form(form): Form<Abort>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let (environment, deployment) = numbered(&mut tx, &name, number, Right::Deploy).await?;
    let told = deployments::abort(&mut tx, deployment.id, Some(&form.reason)).await?;
    tx.commit().await?;
    let text = match told.state {
        Life::Aborted => format!("Deployment {number} no longer waits"),
        _ => format!("Deployment {number} is told to stop"),
    };
    Ok(ui::done(&format!("/environments/{}/deployments/{number}", environment.name), &text))
}

/// The form that says how a lost deployment ended.
pub(super) fn resolve_fields(action: &str, number: i64) -> Markup {
    html! {
        form.stack method="post" action=(action) data-morph {
            h2 { "How did it end?" }
            p.dim { "Nothing was heard of deployment " (number) " for longer than its lease. Look at the machine that ran it, make sure that nothing of it still runs, then say what came of it: the environment stays closed until somebody does." }
            (ui::refusal())
            label.field {
                span { "How you know" }
                textarea.input name="reason" rows="2" required maxlength="10000" {}
            }
            div.row.wrap {
                button.btn name="outcome" value="failed" { "It failed" }
                button.btn name="outcome" value="succeeded" { "It succeeded" }
            }
        }
    }
}

/// How it ended, as far as a person can tell.
#[derive(Debug, Deserialize)]
pub(super) struct Resolve {
    outcome: Outcome,
    #[serde(default)]
    reason: String,
}

/// Says how a lost deployment ended, and so opens its environment again.
pub(super) async fn resolve(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((name, number)): Path<(String, i64)>,
    Form(form): Form<Resolve>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let (environment, deployment) = numbered(&mut tx, &name, number, Right::Deploy).await?;
    deployments::resolve(&mut tx, deployment.id, form.outcome, &form.reason).await?;
    tx.commit().await?;
    let text = format!("Deployment {number} is resolved: it {}", form.outcome);
    Ok(ui::done(&format!("/environments/{}/deployments/{number}", environment.name), &text))
}
