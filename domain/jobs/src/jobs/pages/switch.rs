//! Switching a job off and on.

use super::Paused;
use crate::jobs::{self, Job};
use axum::extract::State;
use axum::response::Response;
use base::Right;
use maud::{Markup, html};
use web::ui::{self, Frame, Page};
use web::{App, Auth, Form, Path, Result};

/// The form that switches a job off; in a dialog it morphs the page under it.
pub(super) fn fields(job: &Job, in_dialog: bool) -> Markup {
    html! {
        form method="post" action={ "/jobs/" (job.name) "/disable" } data-morph[in_dialog] {
            div.dlg-body {
                div {
                    @if in_dialog { h2 #disable-title { "Disable " (job.title) } }
                    p.dim { "Nothing starts it until somebody enables it: no schedule, no push, no other job, and nobody by hand. A run that goes on goes on." }
                }
                (ui::refusal())
                label.field { span { "Why" } textarea.input name="reason" rows="2" maxlength="10000" autofocus {} }
            }
            div.dlg-foot {
                @if in_dialog { button.btn.quiet type="button" data-close { "Cancel" } } @else { a.btn.quiet href={ "/jobs/" (job.name) } { "Cancel" } }
                button.btn.danger { "Disable " (job.title) }
            }
        }
    }
}

/// The button that switches it on, or leads to the form.
pub(super) fn button(job: &Job) -> Markup {
    html! {
        @if job.is_switched_off() {
            form.one method="post" action={ "/jobs/" (job.name) "/enable" } data-morph { button.btn.sm { "Enable" } }
        } @else {
            a.btn.quiet.sm.not-s href={ "/jobs/" (job.name) "/disable" } data-open="disable" { "Disable" }
        }
    }
}

/// The same form, for who has no dialogs.
pub(super) async fn form(State(app): State<App>, Path(name): Path<String>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let job = jobs::named(&mut tx, &name, Right::Schedule).await?;
    let page = Page::new(format!("Disable {}", job.title)).crumb("Jobs", "/jobs");
    Ok(frame.page(page.reading(html! { div.box { (fields(&job, false)) } })))
}

/// Switches a job off.
pub(super) async fn disable(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Form(form): Form<Paused>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let job = jobs::named(&mut tx, &name, Right::Schedule).await?;
    let job = jobs::disable(&mut tx, job.id, Some(&form.reason)).await?;
    tx.commit().await?;
    Ok(ui::done(&format!("/jobs/{}", job.name), &format!("{} is disabled", job.title)))
}

/// Switches a job on.
pub(super) async fn enable(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let job = jobs::named(&mut tx, &name, Right::Schedule).await?;
    let job = jobs::enable(&mut tx, job.id).await?;
    tx.commit().await?;
    Ok(ui::done(&format!("/jobs/{}", job.name), &format!("{} is enabled", job.title)))
}
