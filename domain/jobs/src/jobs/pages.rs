//! The pages of jobs: all of them, one with what it did and will do, starting, pausing and watching it.

mod act;
mod fires;
mod list;
mod run_now;
mod show;

use crate::jobs::Job;
use axum::Router;
use axum::routing::{get, post};
use maud::{Markup, html};
use web::App;
use web::ui::{self, Frame};

/// The routes of these pages.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/jobs", get(list::list))
        .route("/jobs/{name}", get(show::show))
        .route("/jobs/{name}/run", get(run_now::form).post(run_now::run))
        .route("/jobs/{name}/runs", get(show::runs))
        .route("/jobs/{name}/pause", get(act::pause_form).post(act::pause))
        .route("/jobs/{name}/resume", post(act::resume))
        .route("/jobs/{name}/watch", post(act::watch))
}

/// The button that has somebody hear of a job's outcomes, or no longer.
pub(crate) fn watch_button(frame: &Frame, job: &Job, watches: bool) -> Markup {
    let (icon, word) = if watches { ("bell-off", "Stop watching") } else { ("bell", "Watch") };
    html! {
        @if frame.actor.user.is_some() {
            form.one method="post" action={ "/jobs/" (job.name) "/watch" } data-morph {
                button.btn.quiet.sm name="watches" value=(if watches { "" } else { "1" }) { (ui::icon(icon)) " " (word) }
            }
        }
    }
}
