//! Files that travel between the server and agents: the source of a run, artifacts of earlier stages, files to keep.

use super::{Fence, archives};
use crate::agents::AgentAuth;
use crate::attempts::{assignment, seen};
use crate::{Files, runs};
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::id::AttemptId;
use base::{Error, Limit};
use futures_util::StreamExt;
use repos::Mirrors;
use tokio_util::io::ReaderStream;
use utoipa_axum::routes;
use web::api::{ProblemDocument, Routes};
use web::{App, Path, Query, Result};

fn bytes(body: Body, media_type: &'static str) -> Response {
    ([(header::CONTENT_TYPE, media_type)], body).into_response()
}

/// The source of a run, as a tar archive of its commit.
#[utoipa::path(get, path = "/attempts/{id}/source", tag = "agents", params(("id" = String, Path), Fence),
    responses((status = 200, content_type = "application/x-tar", body = Vec<u8>), (status = "default", body = ProblemDocument)))]
async fn source(
    State(app): State<App>,
    agent: AgentAuth,
    Path(id): Path<AttemptId>,
    Query(fence): Query<Fence>,
) -> Result<Response> {
    let mut tx = app.db.read(&agent.actor()).await?;
    let attempt = seen(&mut tx, agent.0.id, id, fence.epoch).await?;
    let run = runs::unchecked(&mut tx, attempt.run).await?;
    drop(tx);
    if let Some(archive) = archives::kept(&run.commit) {
        return Ok(bytes(Body::from(archive), "application/x-tar"));
    }
    let mut child = app.part::<Mirrors>()?.mirror(run.repository).archive(&run.commit)?;
    let output = child.stdout.take().ok_or_else(|| Error::bug("git.archive", "the archive has no output"))?;
    // Whoever reads to the end learns there whether git wrote all of it: a broken archive breaks the answer off.
    let whole = futures_util::stream::once(async move {
        match child.wait().await {
            Ok(status) if status.success() => Ok(bytes::Bytes::new()),
            Ok(status) => Err(std::io::Error::other(format!("git archive ended with {status}"))),
            Err(error) => Err(error),
        }
    });
    let pieces = ReaderStream::new(output).chain(whole);
    Ok(bytes(Body::from_stream(archives::keeping(run.commit, pieces)), "application/x-tar"))
}

/// A shared artifact of an earlier stage, by its content.
#[utoipa::path(get, path = "/attempts/{id}/inputs/{sha256}", tag = "agents",
    params(("id" = String, Path), ("sha256" = String, Path), Fence),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = "default", body = ProblemDocument)))]
async fn input(
    State(app): State<App>,
    agent: AgentAuth,
    Path((id, sha256)): Path<(AttemptId, String)>,
    Query(fence): Query<Fence>,
) -> Result<Response> {
    let mut tx = app.db.read(&agent.actor()).await?;
    let attempt = seen(&mut tx, agent.0.id, id, fence.epoch).await?;
    if !assignment::may_have(&mut tx, &attempt, &sha256).await? {
        return Err(Error::missing("file.missing", "This part uses no such file").into());
    }
    drop(tx);
    let file = app.part::<Files>()?.0.file(&sha256).await?;
    Ok(bytes(Body::from_stream(ReaderStream::new(file)), "application/octet-stream"))
}

/// Whether a file is here already.
#[utoipa::path(head, path = "/attempts/{id}/files/{sha256}", tag = "agents",
    params(("id" = String, Path), ("sha256" = String, Path), Fence),
    responses((status = 200), (status = 404), (status = "default", body = ProblemDocument)))]
async fn has(
    State(app): State<App>,
    agent: AgentAuth,
    Path((id, sha256)): Path<(AttemptId, String)>,
    Query(fence): Query<Fence>,
) -> Result<StatusCode> {
    seen(&mut app.db.read(&agent.actor()).await?, agent.0.id, id, fence.epoch).await?;
    let has = app.part::<Files>()?.0.has(&sha256).await;
    Ok(if has { StatusCode::OK } else { StatusCode::NOT_FOUND })
}

/// Takes a file to keep. Its name is the SHA-256 of its content.
#[utoipa::path(put, path = "/attempts/{id}/files/{sha256}", tag = "agents",
    params(("id" = String, Path), ("sha256" = String, Path), Fence),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201), (status = "default", body = ProblemDocument)))]
async fn put(
    State(app): State<App>,
    agent: AgentAuth,
    Path((id, sha256)): Path<(AttemptId, String)>,
    Query(fence): Query<Fence>,
    body: Body,
) -> Result<StatusCode> {
    if !crate::digest::is_digest(&sha256) {
        return Err(Error::invalid(
            "file.name",
            "A file is named by the SHA-256 of its content, in lower-case hex",
        )
        .into());
    }
    seen(&mut app.db.read(&agent.actor()).await?, agent.0.id, id, fence.epoch).await?;
    let mut upload = app.part::<Files>()?.0.begin(app.limits.get(Limit::ArtifactBytes)).await?;
    let mut body = body.into_data_stream();
    while let Some(piece) = body.next().await {
        let broken = |error| Error::invalid("body.broken", "the body broke off").because(error);
        upload.write(&piece.map_err(broken)?).await?;
    }
    let kept = upload.finish().await?;
    if kept.hash != sha256 {
        let message =
            format!("The content has the SHA-256 {}, and not the one that it was sent as", kept.hash);
        return Err(Error::invalid("file.differs", message).into());
    }
    Ok(StatusCode::CREATED)
}

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(source)).routes(routes!(input)).routes(routes!(has, put))
}
