//! Waiting for an environment to open, at `/api/v1/environments/{name}/watch`.

use crate::{environments, openings};
use axum::extract::State;
use base::Right;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Result};

/// Whether one is told when an environment opens.
#[derive(Debug, Serialize, ToSchema)]
struct WatchJson {
    watching: bool,
}

/// Whether you are told when the environment opens.
#[utoipa::path(get, path = "/environments/{name}/watch", tag = "releases", params(("name" = String, Path)),
    responses((status = 200, body = WatchJson), (status = "default", body = ProblemDocument)))]
async fn show(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> Result<Json<WatchJson>> {
    let mut tx = app.db.read(&actor).await?;
    let environment = environments::named(&mut tx, &name, Right::View).await?;
    Ok(Json(WatchJson { watching: openings::waits(&mut tx, environment.id).await? }))
}

/// Has you told in your inbox, once, when the environment opens. 409 `environment.open` when it is open already.
#[utoipa::path(put, path = "/environments/{name}/watch", tag = "releases", params(("name" = String, Path)),
    responses((status = 200, body = WatchJson), (status = "default", body = ProblemDocument)))]
async fn wait(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> Result<Json<WatchJson>> {
    let mut tx = app.db.write(&actor).await?;
    let environment = environments::named(&mut tx, &name, Right::View).await?;
    openings::wait(&mut tx, environment.id).await?;
    tx.commit().await?;
    Ok(Json(WatchJson { watching: true }))
}

/// Takes that back.
#[utoipa::path(delete, path = "/environments/{name}/watch", tag = "releases", params(("name" = String, Path)),
    responses((status = 200, body = WatchJson), (status = "default", body = ProblemDocument)))]
async fn forget(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> Result<Json<WatchJson>> {
    let mut tx = app.db.write(&actor).await?;
    let environment = environments::named(&mut tx, &name, Right::View).await?;
    openings::forget(&mut tx, environment.id).await?;
    tx.commit().await?;
    Ok(Json(WatchJson { watching: false }))
}

/// The routes.
pub(crate) fn api() -> Routes {
    Routes::new().routes(routes!(show, wait, forget))
}
