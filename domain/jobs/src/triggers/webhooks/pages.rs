//! The webhook on a job's page: whether it has an address, making a new one, ending it.

use super::{Hook, address, of};
use crate::file;
use crate::jobs::{self, Job};
use crate::words::Reader;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use base::Right;
use maud::{Markup, html};
use web::ui::{self, Frame, Page};
use web::{App, Auth, Path, Result};

/// The routes of these forms.
pub(crate) fn pages() -> Router<App> {
    Router::new().route("/jobs/{name}/webhook", post(renew)).route("/jobs/{name}/webhook/end", post(end))
}

/// What the job's page says of its webhook, when its file takes one; to whoever decides when the job runs.
pub(crate) fn section(job: &Job, model: &file::Job, hook: Option<&Hook>, reader: Reader<'_>) -> Markup {
    let Some(webhook) = of(model) else { return html! {} };
    let make = format!("/jobs/{}/webhook", job.name);
    html! {
        section.block #webhook {
            div.block-head { h2 { "Webhook" } }
            p.dim {
                @match hook {
                    None => "It has no address yet, so nothing from outside starts it.",
                    Some(hook) => {
                        "It has an address, made by " (hook.made_by) " at " (reader.at(hook.made_at)) ". "
                        @match hook.used_at { Some(at) => { "It was used last at " (reader.at(at)) "." }, None => "It was never used." }
                    },
                }
                @if let Some(name) = &webhook.secret { " Requests are signed with the secret " span.mono { (name) } "." }
            }
            div.row.wrap.ranges {
                form.one method="post" action=(make) { button.btn.sm { @if hook.is_some() { "Make a new address" } @else { "Make an address" } } }
                @if hook.is_some() { (ui::press(&format!("{make}/end"), "sm quiet", "End it")) }
            }
        }
    }
}

/// Makes a new address; shown once, so the answer is the page.
async fn renew(State(app): State<App>, Path(name): Path<String>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.write(&frame.actor).await?;
    let job = jobs::named(&mut tx, &name, Right::Schedule).await?;
    let model = jobs::definition(&mut tx, job.definition).await?.model;
    let token = super::renew(&mut tx, job.id).await?;
    tx.commit().await?;
    let home = format!("/jobs/{}", job.name);
    let params: Vec<&str> = model.params.iter().map(|param| param.name.as_str()).collect();
    let content = html! {
        div.stack {
            p.t-l { "Whoever sends a POST to this address starts " (job.title) ". It is shown only now." }
            (ui::once("Address for requests", &address(&app, &token), "One that was there before has ended"))
            @if !params.is_empty() { p.dim { "Members of a JSON body become parameters: " span.mono { (params.join(", ")) } "." } }
            @if let Some(name) = of(&model).and_then(|webhook| webhook.secret.as_ref()) {
                p.dim { "Requests have to be signed with the secret " span.mono { (name) } " (HMAC-SHA256 of the body, as X-Hub-Signature-256: sha256=…)." }
            }
            div.row { a.btn.primary href=(home) { "Back to " (job.title) } }
        }
    };
    Ok(frame
        .page(Page::new("Webhook").crumb("Jobs", "/jobs").crumb(&job.title, home.as_str()).reading(content)))
}

/// Ends the address.
async fn end(State(app): State<App>, Auth(actor): Auth, Path(name): Path<String>) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let job = jobs::named(&mut tx, &name, Right::Schedule).await?;
    super::end(&mut tx, job.id).await?;
    tx.commit().await?;
    Ok(ui::done(
        &format!("/jobs/{}", job.name),
        &format!("Nothing from outside starts {} any more", job.title),
    ))
}
