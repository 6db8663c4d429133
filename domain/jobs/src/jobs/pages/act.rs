//! Pausing and resuming a job, and watching it.

use crate::jobs::{self, Job};
use crate::notices::{self, Hears};
use crate::words::{self, Reader};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base::jiff::civil;
use base::jiff::tz::TimeZone;
use base::{Error, Right, Time};
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Frame, Page};
use web::{App, Auth, Form, Path, Result};

/// The form that pauses a job; in a dialog it morphs the page under it.
pub(super) fn pause_fields(job: &Job, reader: Reader<'_>, in_dialog: bool) -> Markup {
    html! {
        form method="post" action={ "/jobs/" (job.name) "/pause" } data-morph[in_dialog] {
            div.dlg-body {
                div {
                    @if in_dialog { h2 #pause-title { "Pause " (job.title) } }
                    p.dim { "Its schedules and its webhook start nothing until it is resumed; what falls into the pause is not made up for. People and pushes still start it, and a run that goes on goes on." }
                }
                (ui::refusal())
                label.field { span { "Why" } textarea.input name="reason" rows="2" maxlength="10000" autofocus {} }
                label.field {
                    span { "Until " span.faint { "(until somebody resumes it, when empty)" } }
                    input.input type="datetime-local" name="until" min=(words::local(reader.now, reader.zone));
                }
            }
            div.dlg-foot {
                @if in_dialog { button.btn.quiet type="button" data-close { "Cancel" } } @else { a.btn.quiet href={ "/jobs/" (job.name) } { "Cancel" } }
                button.btn.primary { "Pause " (job.title) }
            }
        }
    }
}

/// The same, for who has no dialogs.
pub(super) async fn pause_form(
    State(app): State<App>,
    Path(name): Path<String>,
    frame: Frame,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let job = jobs::named(&mut tx, &name, Right::Schedule).await?;
    let page = Page::new(format!("Pause {}", job.title)).crumb("Jobs", "/jobs");
    Ok(frame.page(page.reading(html! { div.box { (pause_fields(&job, Reader::of(&frame), false)) } })))
}

/// Why a job is paused, and until when.
#[derive(Debug, Deserialize)]
pub(super) struct Paused {
    #[serde(default)]
    pub(super) reason: String,
    #[serde(default)]
    until: String,
}

fn until(text: &str, zone: &TimeZone) -> base::Result<Option<Time>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let at = text.parse::<civil::DateTime>().ok().and_then(|at| at.to_zoned(zone.clone()).ok());
    let at =
        at.ok_or_else(|| Error::invalid("job.pause", "Choose a day and a time, like 22 November 16:00"))?;
    Ok(Some(at.timestamp().into()))
}

/// Pauses a job.
pub(super) async fn pause(
    State(app): State<App>,
    Path(name): Path<String>,
    frame: Frame,
    Form(form): Form<Paused>,
) -> Result<Response> {
    let until = until(&form.until, &frame.shell.zone)?;
    let mut tx = app.db.write(&frame.actor).await?;
    let job = jobs::named(&mut tx, &name, Right::Schedule).await?;
    let job = jobs::pause(&mut tx, job.id, until, Some(&form.reason)).await?;
    tx.commit().await?;
    Ok(ui::done(&format!("/jobs/{}", job.name), &format!("{} is paused", job.title)))
}

/// Resumes a job.
pub(super) async fn resume(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let job = jobs::named(&mut tx, &name, Right::Schedule).await?;
    let job = jobs::resume(&mut tx, job.id).await?;
    tx.commit().await?;
    Ok(ui::done(&format!("/jobs/{}", job.name), &format!("{} is resumed", job.title)))
}

/// What somebody wants to hear of a job.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    hears: Hears,
}

/// Watches a job or mutes it, or no longer.
pub(super) async fn hears(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Wanted>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let job = jobs::named(&mut tx, &name, Right::View).await?;
    notices::set_hears(&mut tx, job.id, form.hears).await?;
    tx.commit().await?;
    let text = match form.hears {
        Hears::Watches => format!("You hear when {} fails, and when it passes again", job.title),
        Hears::AsItsFileSays => format!("You hear of {} what its file has you told", job.title),
        Hears::Muted => format!("You hear nothing of {}", job.title),
    };
    Ok(ui::done(&ui::back(&headers, &format!("/jobs/{}", job.name)), &text))
}
