//! What is done with a run: again, stopped, let go on.

use crate::runs::{self, Run};
use axum::extract::State;
use axum::response::Response;
use base::Right;
use base::id::RunId;
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Frame, Page};
use web::{App, Auth, Form, Path, Result};

/// How a run is repeated.
#[derive(Debug, Deserialize)]
pub(super) struct Repeat {
    only_failed: Option<String>,
}

/// Runs again; leads to the new run.
pub(super) async fn repeat(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<RunId>,
    Form(form): Form<Repeat>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let run = runs::repeat(&mut tx, id, form.only_failed.is_some()).await?;
    tx.commit().await?;
    Ok(ui::done(&format!("/runs/{}", run.id), &format!("Run {} is started", run.number)))
}

/// Lets a stage begin that waits for a person.
pub(super) async fn release(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<RunId>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let run = runs::release(&mut tx, id).await?;
    tx.commit().await?;
    Ok(ui::done(&format!("/runs/{id}"), &format!("Run {} goes on", run.number)))
}

/// The form that stops a run; in a dialog it morphs the page under it.
pub(super) fn cancel_fields(run: &Run, in_dialog: bool) -> Markup {
    html! {
        form method="post" action={ "/runs/" (run.id) "/cancel" } data-morph[in_dialog] {
            div.dlg-body {
                div {
                    @if in_dialog { h2 #cancel-title { "Cancel run " (run.number) } }
                    p.dim { "What runs is told to end, has time to clean up, and is killed if it does not. What it has changed so far stays changed." }
                }
                (ui::refusal())
                label.field { span { "Why " span.faint { "(optional)" } } textarea.input name="reason" rows="2" maxlength="10000" autofocus {} }
            }
            div.dlg-foot {
                @if in_dialog { button.btn.quiet type="button" data-close { "Let it run" } } @else { a.btn.quiet href={ "/runs/" (run.id) } { "Let it run" } }
                button.btn.danger { "Cancel run " (run.number) }
            }
        }
    }
}

/// The same, for who has no dialogs.
pub(super) async fn cancel_form(
    State(app): State<App>,
    Path(id): Path<RunId>,
    frame: Frame,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let (run, job) = runs::require(&mut tx, id, Right::Run).await?;
    let page = Page::new(format!("Cancel run {}", run.number))
        .crumb("Jobs", "/jobs")
        .crumb(&job.title, format!("/jobs/{}", job.name));
    Ok(frame.page(page.reading(html! { div.box { (cancel_fields(&run, false)) } })))
}

/// Why a run is stopped.
#[derive(Debug, Deserialize)]
pub(super) struct Cancel {
    #[serde(default)]
    reason: String,
}

/// Asks for a run to stop.
pub(super) async fn cancel(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<RunId>,
    Form(form): Form<Cancel>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let run = runs::cancel(&mut tx, id, Some(&form.reason)).await?;
    tx.commit().await?;
    let text = match run.state.is_over() {
        true => format!("Run {} is cancelled", run.number),
        false => format!("Run {} is told to stop", run.number),
    };
    Ok(ui::done(&format!("/runs/{id}"), &text))
}
