//! What a wrapper reports, and what people order: heartbeats, the end, aborting and resolving.

use super::answers::{DeploymentJson, shown};
use crate::deployments::{self, Ending, Outcome};
use axum::extract::State;
use axum::http::StatusCode;
use base::id::DeploymentId;
use base::{Error, Limit};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Result};

/// A sign of life.
#[derive(Debug, Deserialize, ToSchema)]
struct HeartbeatJson {
    token: i64,
    /// Rises with every heartbeat; for whoever reads a trace.
    #[serde(default)]
    #[expect(dead_code, reason = "clients number their heartbeats; the server needs no order")]
    seq: i64,
}

/// What the wrapper is to do.
#[derive(Debug, Serialize, ToSchema)]
struct OrderJson {
    /// Seconds that it may be silent from now.
    lease: u64,
    /// `none` or `abort`.
    command: &'static str,
    reason: Option<String>,
}

/// Renews the lease.
#[utoipa::path(post, path = "/deployments/{id}/heartbeat", tag = "releases", params(("id" = String, Path)),
    request_body = HeartbeatJson,
    responses((status = 200, body = OrderJson), (status = 410, body = ProblemDocument), (status = "default", body = ProblemDocument)))]
async fn heartbeat(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<DeploymentId>,
    Json(beat): Json<HeartbeatJson>,
) -> Result<Json<OrderJson>> {
    let mut tx = app.db.write(&actor).await?;
    let order = deployments::heartbeat(&mut tx, id, beat.token).await?;
    tx.commit().await?;
    let command = if order.abort.is_some() { "abort" } else { "none" };
    Ok(Json(OrderJson { lease: order.lease_s, command, reason: order.abort }))
}

/// How a command ended.
#[derive(Debug, Deserialize, ToSchema)]
struct FinishJson {
    token: i64,
    /// `succeeded`, `failed`, `aborted` or `timed_out`.
    #[schema(value_type = String)]
    outcome: Outcome,
    exit_code: Option<i64>,
    /// A number, or a name like `KILL`.
    #[serde(default, deserialize_with = "signal")]
    #[schema(value_type = Option<i64>)]
    signal: Option<i64>,
    reason: Option<String>,
    /// How many bytes of output there were; refused with `output.gap` until they are here.
    output_bytes: Option<i64>,
}

fn signal<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Number(i64),
        Name(String),
    }
    const NAMES: [(&str, i64); 8] = [
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("ABRT", 6),
        ("KILL", 9),
        ("SEGV", 11),
        ("PIPE", 13),
        ("TERM", 15),
    ];
    Ok(match Option::<Given>::deserialize(d)? {
        None => None,
        Some(Given::Number(number)) => Some(number),
        Some(Given::Name(name)) => {
            let bare = name.trim_start_matches("SIG");
            let known = NAMES.iter().find(|(known, _)| *known == bare).map(|(_, number)| *number);
            Some(known.or_else(|| bare.parse().ok()).ok_or_else(|| {
                serde::de::Error::custom(format!("{name:.20} is not a signal; send its number"))
            })?)
        }
    })
}

/// Ends a deployment. The same report again answers the same.
#[utoipa::path(post, path = "/deployments/{id}/finish", tag = "releases", params(("id" = String, Path)),
    request_body = FinishJson,
    responses((status = 200, body = DeploymentJson), (status = 410, body = ProblemDocument), (status = "default", body = ProblemDocument)))]
async fn finish(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<DeploymentId>,
    Json(end): Json<FinishJson>,
) -> Result<Json<DeploymentJson>> {
    let ending = Ending {
        outcome: end.outcome,
        exit_code: end.exit_code,
        signal: end.signal,
        reason: end.reason.filter(|reason| !reason.trim().is_empty()),
        output_bytes: end.output_bytes,
    };
    let mut tx = app.db.write(&actor).await?;
    let deployment = deployments::finish(&mut tx, id, end.token, &ending).await?;
    let answer = shown(&mut tx, &app, deployment).await?;
    tx.commit().await?;
    Ok(Json(answer))
}

/// Why it is to stop.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct AbortJson {
    reason: Option<String>,
}

/// Asks for a deployment to stop; its wrapper hears it with its next heartbeat.
#[utoipa::path(post, path = "/deployments/{id}/abort", tag = "releases", params(("id" = String, Path)),
    request_body = AbortJson, responses((status = 202, body = DeploymentJson), (status = "default", body = ProblemDocument)))]
async fn abort(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<DeploymentId>,
    Json(body): Json<AbortJson>,
) -> Result<(StatusCode, Json<DeploymentJson>)> {
    let mut tx = app.db.write(&actor).await?;
    let deployment = deployments::abort(&mut tx, id, body.reason.as_deref()).await?;
    let answer = shown(&mut tx, &app, deployment).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// How a lost deployment ended, as far as a person can tell.
#[derive(Debug, Deserialize, ToSchema)]
struct ResolveJson {
    /// `succeeded` or `failed`.
    #[schema(value_type = String)]
    outcome: Outcome,
    /// How you know.
    reason: String,
}

/// Says how a lost deployment ended, and so opens its environment again.
#[utoipa::path(post, path = "/deployments/{id}/resolve", tag = "releases", params(("id" = String, Path)),
    request_body = ResolveJson, responses((status = 200, body = DeploymentJson), (status = "default", body = ProblemDocument)))]
async fn resolve(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<DeploymentId>,
    Json(body): Json<ResolveJson>,
) -> Result<Json<DeploymentJson>> {
    let mut tx = app.db.write(&actor).await?;
    let deployment = deployments::resolve(&mut tx, id, body.outcome, &body.reason).await?;
    let answer = shown(&mut tx, &app, deployment).await?;
    tx.commit().await?;
    Ok(Json(answer))
}

/// Where the next byte of output belongs.
#[derive(Debug, Serialize, ToSchema)]
struct NextJson {
    next: i64,
}

/// Which bytes these are.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Offset {
    /// Where the body begins in the whole output.
    offset: i64,
    token: i64,
}

/// Takes a piece of output. What is here already is skipped; a gap is refused.
#[utoipa::path(post, path = "/deployments/{id}/output", tag = "releases", params(("id" = String, Path), Offset),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = NextJson), (status = 409, body = ProblemDocument), (status = 410, body = ProblemDocument),
        (status = "default", body = ProblemDocument)))]
async fn output(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<DeploymentId>,
    web::Query(at): web::Query<Offset>,
    body: axum::body::Body,
) -> Result<Json<NextJson>> {
    let most = app.limits.count(Limit::OutputChunkBytes);
    let bytes = axum::body::to_bytes(body, most).await.map_err(|error| {
        // The body may also have broken off; a wrapper sends smaller pieces then too.
        Error::too_large("output.too_large", format!("One piece of output is at most {most} bytes"))
            .because(error)
    })?;
    if at.offset < 0 {
        return Err(Error::invalid("output.offset", "An offset is not negative").into());
    }
    let mut tx = app.db.write(&actor).await?;
    let next = deployments::log::append(&mut tx, id, at.token, at.offset, &bytes).await?;
    tx.commit().await?;
    Ok(Json(NextJson { next }))
}

/// The routes that drive.
pub(super) fn api() -> Routes {
    Routes::new()
        .routes(routes!(heartbeat))
        .routes(routes!(finish))
        .routes(routes!(abort))
        .routes(routes!(resolve))
        .routes(routes!(output))
}
