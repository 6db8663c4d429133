//! The files that a run kept.

use crate::attempts::{self, Artifact};
use crate::{Files, runs};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use base::id::{ArtifactId, RunId};
use base::{Error, Right, Time};
use serde::Serialize;
use tokio_util::io::ReaderStream;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Result};

/// A file that a run kept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Artifact)]
struct ArtifactJson {
    #[schema(value_type = String)]
    id: ArtifactId,
    name: String,
    path: String,
    size: i64,
    sha256: String,
    media_type: String,
    shared: bool,
    #[schema(value_type = Option<String>)]
    kept_until: Option<Time>,
    url: String,
}

fn show(app: &App, artifact: Artifact) -> ArtifactJson {
    ArtifactJson {
        url: app.link(&format!("/api/v1/runs/{}/artifacts/{}", artifact.run, artifact.id)),
        id: artifact.id,
        name: artifact.name,
        path: artifact.path,
        size: artifact.size,
        sha256: artifact.hash,
        media_type: artifact.media_type,
        shared: artifact.shared,
        kept_until: artifact.kept_until,
    }
}

/// The files that a run kept.
#[utoipa::path(get, path = "/runs/{id}/artifacts", tag = "jobs", params(("id" = String, Path)),
    responses((status = 200, body = Listing<ArtifactJson>), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<RunId>,
) -> Result<Json<Listing<ArtifactJson>>> {
    let mut tx = app.db.read(&actor).await?;
    runs::require(&mut tx, id, Right::Log).await?;
    let data = attempts::artifacts_of(&mut tx, id).await?;
    let data = data.into_iter().map(|artifact| show(&app, artifact)).collect();
    Ok(Json(Listing { data, next: None }))
}

/// One file, by its id, its path, its name or the name of its rule.
#[utoipa::path(get, path = "/runs/{id}/artifacts/{name}", tag = "jobs", params(("id" = String, Path), ("name" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = "default", body = ProblemDocument)))]
async fn get(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, name)): Path<(RunId, String)>,
) -> Result<Response> {
    let mut tx = app.db.read(&actor).await?;
    runs::require(&mut tx, id, Right::Log).await?;
    let artifact = attempts::artifact(&mut tx, id, &name).await?;
    drop(tx);
    sent(&app, &artifact, false).await
}

/// A file as an answer. Whatever it holds, a browser runs nothing of it in the name of this server.
pub async fn sent(app: &App, artifact: &Artifact, is_shown: bool) -> Result<Response> {
    let file = app.part::<Files>()?.0.file(&artifact.hash).await?;
    let mut response = Response::new(Body::from_stream(ReaderStream::new(file)));
    let how = if is_shown { "inline" } else { "attachment" };
    let name: String =
        percent_encoding::utf8_percent_encode(artifact.file_name(), percent_encoding::NON_ALPHANUMERIC)
            .to_string();
    // What is shown is text or a picture to look at; scripts, forms and other hosts are switched off in it.
    let policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:";
    let named: [(HeaderName, String); 5] = [
        (header::CONTENT_TYPE, artifact.media_type.clone()),
        (header::CONTENT_LENGTH, artifact.size.to_string()),
        (header::CONTENT_DISPOSITION, format!("{how}; filename*=UTF-8''{name}")),
        (header::CONTENT_SECURITY_POLICY, policy.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    for (header, value) in named {
        let value = HeaderValue::try_from(value).map_err(|error| {
            Error::bug("artifact.header", "a file has a name that is no header").because(error)
        })?;
        response.headers_mut().insert(header, value);
    }
    Ok(response)
}

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(get))
}
