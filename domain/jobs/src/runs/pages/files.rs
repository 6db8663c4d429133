//! A file that a run kept: looked at within a frame that runs nothing, or taken away.

use crate::attempts::{self, Artifact};
use crate::runs;
use crate::runs::api::artifacts::sent;
use crate::words;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use base::Right;
use base::id::{ArtifactId, RunId};
use maud::html;
use web::ui::{self, Frame, Page};
use web::{App, Auth, Path, Result};

/// Larger files are not looked at here.
const SHOWN_BYTES_MAX: i64 = 33_554_432;

/// Whether a browser shows such a file by itself.
fn is_shown(file: &Artifact) -> bool {
    let kind = file.media_type.as_str();
    let known =
        kind.starts_with("text/") || kind.starts_with("image/") || kind.starts_with("application/json");
    known && file.size <= SHOWN_BYTES_MAX
}

/// The page of a file; what cannot be looked at is sent.
pub(super) async fn show(
    State(app): State<App>,
    Path((id, file)): Path<(RunId, ArtifactId)>,
    frame: Frame,
) -> Result<Response> {
    let mut tx = app.db.read(&frame.actor).await?;
    let (run, job) = runs::require(&mut tx, id, Right::Log).await?;
    let file = attempts::artifact(&mut tx, id, &file.to_string()).await?;
    drop(tx);
    let away = format!("/api/v1/runs/{id}/artifacts/{}", file.id);
    if !is_shown(&file) {
        return Ok(Redirect::to(&away).into_response());
    }
    let page = Page::new(file.file_name())
        .crumb("Jobs", "/jobs")
        .crumb(&job.title, format!("/jobs/{}", job.name))
        .crumb(format!("Run {}", run.number), format!("/runs/{id}"));
    let actions =
        html! { a.btn.sm href=(away) download=(file.file_name()) { (ui::icon("download")) " Download" } };
    let content = html! {
        p.meta-line {
            span.row { (ui::icon("file-text")) " " span.mono { (file.path) } }
            span.row { (words::size(file.size)) }
            span.row { "Kept at " (frame.time(file.made_at)) }
        }
        iframe.preview sandbox="" title=(file.file_name()) src={ "/runs/" (id) "/files/" (file.id) "/content" } {}
    };
    Ok(frame.page(page.actions(actions).content(content)).into_response())
}

/// What is in it, for the frame of its page alone.
pub(super) async fn content(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, file)): Path<(RunId, ArtifactId)>,
) -> Result<Response> {
    let mut tx = app.db.read(&actor).await?;
    runs::require(&mut tx, id, Right::Log).await?;
    let file = attempts::artifact(&mut tx, id, &file.to_string()).await?;
    drop(tx);
    let mut response = sent(&app, &file, is_shown(&file)).await?;
    let headers = response.headers_mut();
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    if file.media_type == "text/html" || file.media_type == "text/plain" || file.media_type == "text/csv" {
        // A browser shows a table as it shows plain text, instead of offering to save it.
        let kind = if file.media_type == "text/html" {
            "text/html; charset=utf-8"
        } else {
            "text/plain; charset=utf-8"
        };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    Ok(response)
}
