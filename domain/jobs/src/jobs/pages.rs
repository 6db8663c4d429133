//! The pages of jobs.

use crate::jobs::Job;
use axum::Router;
use maud::{Markup, html};
use web::App;
use web::ui::{self, Frame};

/// The routes of these pages.
pub(crate) fn pages() -> Router<App> {
    Router::new()
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
