//! Labels and comments of runs.

use crate::runs::remarks::{self, Comment};
use axum::extract::State;
use axum::http::StatusCode;
use base::Time;
use base::id::{AnyId, RunId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Result};

/// What somebody said about a run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunComment)]
struct CommentJson {
    #[schema(value_type = String)]
    id: AnyId,
    by: String,
    text: String,
    #[schema(value_type = String)]
    at: Time,
}

fn show(comment: Comment) -> CommentJson {
    CommentJson { id: comment.id, by: comment.user_name, text: comment.text, at: comment.made_at }
}

/// What was said about a run, oldest first.
#[utoipa::path(get, path = "/runs/{id}/comments", tag = "jobs", params(("id" = String, Path)),
    responses((status = 200, body = Listing<CommentJson>), (status = "default", body = ProblemDocument)))]
async fn comments(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<RunId>,
) -> Result<Json<Listing<CommentJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let data = remarks::comments(&mut tx, id).await?.into_iter().map(show).collect();
    Ok(Json(Listing { data, next: None }))
}

/// Something to say.
#[derive(Debug, Deserialize, ToSchema)]
struct SayJson {
    text: String,
}

/// Says something about a run.
#[utoipa::path(post, path = "/runs/{id}/comments", tag = "jobs", params(("id" = String, Path)), request_body = SayJson,
    responses((status = 201, body = CommentJson), (status = "default", body = ProblemDocument)))]
async fn say(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<RunId>,
    Json(body): Json<SayJson>,
) -> Result<(StatusCode, Json<CommentJson>)> {
    let mut tx = app.db.write(&actor).await?;
    let comment = remarks::comment(&mut tx, id, &body.text).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(show(comment))))
}

/// Takes back what was said about a run: for who said it, and for whoever administers the job.
#[utoipa::path(delete, path = "/runs/{id}/comments/{comment}", tag = "jobs",
    params(("id" = String, Path), ("comment" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn unsay(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, comment)): Path<(RunId, AnyId)>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    remarks::uncomment(&mut tx, id, comment).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The labels of a run.
#[utoipa::path(get, path = "/runs/{id}/labels", tag = "jobs", params(("id" = String, Path)),
    responses((status = 200, body = Listing<String>), (status = "default", body = ProblemDocument)))]
async fn labels(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<RunId>,
) -> Result<Json<Listing<String>>> {
    let mut tx = app.db.read(&actor).await?;
    let data = remarks::labels(&mut tx, id).await?;
    Ok(Json(Listing { data, next: None }))
}

/// Puts a label on a run.
#[utoipa::path(put, path = "/runs/{id}/labels/{name}", tag = "jobs", params(("id" = String, Path), ("name" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn label(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, name)): Path<(RunId, String)>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    remarks::label(&mut tx, id, &name).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a label off a run.
#[utoipa::path(delete, path = "/runs/{id}/labels/{name}", tag = "jobs", params(("id" = String, Path), ("name" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn unlabel(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, name)): Path<(RunId, String)>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    remarks::unlabel(&mut tx, id, &name).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(comments, say))
        .routes(routes!(unsay))
        .routes(routes!(labels))
        .routes(routes!(label, unlabel))
}
