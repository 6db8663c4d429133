//! The pages of jobs: all of them, one with what it did and will do, starting, pausing and watching it.

mod act;
mod fires;
mod list;
mod run_now;
mod show;
mod switch;

use act::Paused;

use crate::jobs::Job;
use crate::notices::Hears;
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
        .route("/jobs/{name}/disable", get(switch::form).post(switch::disable))
        .route("/jobs/{name}/enable", post(switch::enable))
        .route("/jobs/{name}/hears", post(act::hears))
}

/// The buttons that have somebody hear of a job's failures whoever they are to it, or of nothing.
pub(crate) fn hear_buttons(frame: &Frame, job: &Job, hears: Hears) -> Markup {
    let watch = (Hears::Watches, "bell", "Watch");
    let mute = (Hears::Muted, "bell-off", "Mute");
    let offered = match hears {
        Hears::AsItsFileSays => vec![watch, mute],
        Hears::Watches => vec![(Hears::AsItsFileSays, "bell", "Stop watching"), mute],
        Hears::Muted => vec![(Hears::AsItsFileSays, "bell-off", "Unmute")],
    };
    html! {
        @if frame.actor.user.is_some() {
            @for (then, icon, word) in offered {
                form.one method="post" action={ "/jobs/" (job.name) "/hears" } data-morph {
                    button.btn.quiet.sm name="hears" value=(then) aria-label=(word) title=(word) { (ui::icon(icon)) span.not-s { " " (word) } }
                }
            }
        }
    }
}
