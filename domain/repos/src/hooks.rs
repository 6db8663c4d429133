//! Push webhooks: a proven push makes the server fetch. What the body says is not believed, so it is not even read as JSON.

mod proof;
#[cfg(test)]
mod tests;

pub use proof::is_proven;

use crate::{Mirrors, repository};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use base::{Actor, Error, Limit};
use serde_json::json;
use web::App;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/hooks/git/{token}", post(receive))
}

/// Answers 202 when a fetch follows, 200 when the event changed no refs, 404 for an unknown token, 401 without proof.
async fn receive(
    State(app): State<App>,
    web::Path(token): web::Path<String>,
    request: Request,
) -> web::Result<(StatusCode, web::Json<serde_json::Value>)> {
    let mirrors = app.part::<Mirrors>()?;
    let (parts, body) = request.into_parts();
    let mut tx = app.db.read(&Actor::system()).await?;
    let (repository, secret) = repository::by_hook(&mut tx, mirrors.sealing(), &token).await?;
    drop(tx);
    let most = app.limits.count(Limit::BodyBytes);
    let body = axum::body::to_bytes(body, most).await.map_err(|error| {
        Error::too_large("body.too_large", format!("the body broke off or is larger than {most} bytes"))
            .because(error)
    })?;
    if !proof::is_proven(&parts.headers, &body, &secret) {
        tracing::warn!(repository = repository.name, "a push webhook without a good signature was refused");
        return Err(Error::unauthenticated(
            "hook.unproven",
            "the signature or token is missing or wrong; does the sender use the secret that was shown with this address?",
        )
        .into());
    }
    let is_push = proof::is_push(&parts.headers);
    if is_push {
        let mut tx = app.db.write(&Actor::system()).await?;
        repository::request_fetch(&mut tx, repository.id).await?;
        tx.commit().await?;
    }
    let status = if is_push { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((status, web::Json(json!({"repository": repository.name, "fetching": is_push}))))
}
