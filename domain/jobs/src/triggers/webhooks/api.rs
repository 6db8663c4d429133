//! The webhook of a job at `/api/v1/jobs/{name}/webhook`.

use super::{Hook, address, of};
use crate::jobs;
use axum::extract::State;
use axum::http::StatusCode;
use base::{Right, Time};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{ProblemDocument, Routes};
use web::once::ShowsSecret;
use web::{App, Auth, Json, Path, Result};

/// Whether and how a job takes requests from outside.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobWebhook)]
struct WebhookJson {
    /// Whether its file says `on: webhook`.
    taken: bool,
    /// The secret that requests are signed with, when its file names one.
    secret: Option<String>,
    /// Whether it has an address. The address itself is shown when it is made, and never again.
    has_address: bool,
    made_by: Option<String>,
    #[schema(value_type = Option<String>)]
    made_at: Option<Time>,
    #[schema(value_type = Option<String>)]
    used_at: Option<Time>,
}

/// A new address. Shown once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewJobWebhook)]
struct AddressJson {
    /// Where requests go.
    url: String,
    /// The secret that they are signed with, when the job's file names one.
    secret: Option<String>,
}

/// Shows whether a job takes requests, and since when it has an address for them.
#[utoipa::path(get, path = "/jobs/{name}/webhook", tag = "jobs", params(("name" = String, Path)),
    responses((status = 200, body = WebhookJson), (status = "default", body = ProblemDocument)))]
async fn look(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> Result<Json<WebhookJson>> {
    let mut tx = app.db.read(&actor).await?;
    let job = jobs::named(&mut tx, &name, Right::Schedule).await?;
    let model = jobs::definition(&mut tx, job.definition).await?.model;
    let hook: Option<Hook> = super::look(&mut tx, job.id).await?;
    let taken = of(&model);
    Ok(Json(WebhookJson {
        taken: taken.is_some(),
        secret: taken.and_then(|webhook| webhook.secret.clone()),
        has_address: hook.is_some(),
        made_by: hook.as_ref().map(|hook| hook.made_by.clone()),
        made_at: hook.as_ref().map(|hook| hook.made_at),
        used_at: hook.and_then(|hook| hook.used_at),
    }))
}

/// Makes a new address for requests; the old one ends at once.
#[utoipa::path(post, path = "/jobs/{name}/webhook", tag = "jobs", params(("name" = String, Path)),
    responses((status = 201, body = AddressJson), (status = "default", body = ProblemDocument)))]
async fn renew(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> Result<ShowsSecret<(StatusCode, Json<AddressJson>)>> {
    let mut tx = app.db.write(&actor).await?;
    let job = jobs::named(&mut tx, &name, Right::Schedule).await?;
    let model = jobs::definition(&mut tx, job.definition).await?.model;
    let token = super::renew(&mut tx, job.id).await?;
    tx.commit().await?;
    let secret = of(&model).and_then(|webhook| webhook.secret.clone());
    Ok(ShowsSecret((StatusCode::CREATED, Json(AddressJson { url: address(&app, &token), secret }))))
}

/// Ends the address for requests.
#[utoipa::path(delete, path = "/jobs/{name}/webhook", tag = "jobs", params(("name" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn end(State(app): State<App>, Auth(actor): Auth, Path(name): Path<String>) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    let job = jobs::named(&mut tx, &name, Right::Schedule).await?;
    super::end(&mut tx, job.id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(look, renew, end))
}
