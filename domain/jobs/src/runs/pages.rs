//! The pages of runs: one with its log, figures and files, and what can be done with it.

mod act;
pub(crate) mod aside;
mod files;
pub(crate) mod load;
mod log;
mod parts;
mod remarks;
mod show;
pub(crate) mod strip;
pub(crate) mod who;
pub(crate) mod words;

use crate::jobs;
use crate::runs;
use axum::Router;
use axum::extract::State;
use axum::response::Redirect;
use axum::routing::{get, post};
use base::Right;
use web::{App, Auth, Path, Result};

/// The routes of these pages.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/runs/{id}", get(show::show))
        .route("/runs/{id}/attempts/{attempt}", get(show::show_attempt))
        .route("/runs/{id}/attempts/{attempt}/lines", get(log::lines))
        .route("/runs/{id}/attempts/{attempt}/log", get(log::download))
        .route("/runs/{id}/files/{file}", get(files::show))
        .route("/runs/{id}/files/{file}/content", get(files::content))
        .route("/runs/{id}/repeat", post(act::repeat))
        .route("/runs/{id}/release", post(act::release))
        .route("/runs/{id}/cancel", get(act::cancel_form).post(act::cancel))
        .route("/runs/{id}/comments", post(remarks::say))
        .route("/runs/{id}/comments/{comment}/remove", post(remarks::unsay))
        .route("/runs/{id}/labels", post(remarks::label))
        .route("/runs/{id}/labels/remove", post(remarks::unlabel))
        .route("/jobs/{name}/runs/{number}", get(numbered))
}

/// The run that people mean by its number.
async fn numbered(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((name, number)): Path<(String, i64)>,
) -> Result<Redirect> {
    let mut tx = app.db.read(&actor).await?;
    let job = jobs::named(&mut tx, &name, Right::View).await?;
    let run = runs::numbered(&mut tx, &job, number, Right::View).await?;
    Ok(Redirect::to(&format!("/runs/{}", run.id)))
}
