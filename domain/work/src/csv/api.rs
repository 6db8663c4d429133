//! `/api/v1/projects/{project}/export.csv` and `/api/v1/projects/{project}/import`.

use crate::import::Outcome;
use crate::{csv, import, projects};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base::id::ProjectId;
use base::{Actor, Error, Limit};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::api::{ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Query, Result};

/// The tasks of a project as a table, with the columns of Asana's export.
#[utoipa::path(get, path = "/projects/{project}/export.csv", tag = "projects", params(("project" = String, Path)),
    responses((status = 200, content_type = "text/csv", body = String), (status = "default", body = ProblemDocument)))]
async fn export(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
) -> Result<Response> {
    let mut tx = app.db.read(&actor).await?;
    let name = projects::get(&mut tx, project).await?.name;
    // The first part before the answer begins, so that what is wrong can still be said.
    let (mut table, mut next) = csv::export(&mut tx, project, None).await?;
    drop(tx);
    while next.is_some() {
        let mut tx = app.db.read(&actor).await?;
        let (part, after) = csv::export(&mut tx, project, next).await?;
        table.push_str(&part);
        next = after;
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{}.csv\"", file_name(&name))) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok((headers, Body::from(table)).into_response())
}

/// A name that every file system takes.
fn file_name(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
    let plain = plain.trim_matches('-');
    if plain.is_empty() { "project".to_owned() } else { plain.to_owned() }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// csv, or asana for its JSON export. Without it the first sign decides.
    format: Option<String>,
}

/// What an import did.
#[derive(Default, Serialize, ToSchema)]
struct ImportJson {
    /// Tasks made, subtasks included.
    made: usize,
    /// Tasks that were there already.
    skipped: usize,
    /// Columns that were taken no notice of.
    ignored_columns: Vec<String>,
}

/// Makes tasks from a CSV table or from an Asana project export (JSON), which is the body.
#[utoipa::path(post, path = "/projects/{project}/import", tag = "projects", params(("project" = String, Path), ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = ImportJson), (status = "default", body = ProblemDocument)))]
async fn import(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
    Query(query): Query<ImportQuery>,
    body: Body,
) -> Result<Json<ImportJson>> {
    let most = app.limits.count(Limit::BodyBytes);
    let body = axum::body::to_bytes(body, most).await.map_err(|error| {
        Error::too_large("body.too_large", format!("the body is larger than {most} bytes")).because(error)
    })?;
    let is_json = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let outcome = match query.format.as_deref() {
        Some("csv") => from_csv(&app, actor, project, body).await?,
        Some("asana") => from_asana(&app, actor, project, body).await?,
        None if is_json => from_asana(&app, actor, project, body).await?,
        None => from_csv(&app, actor, project, body).await?,
        Some(_) => return Err(Error::invalid("import.format", "the format is csv or asana").into()),
    };
    Ok(Json(outcome))
}

/// The actor of the transactions after the first, which has taken the request's `Idempotency-Key`.
fn again(actor: &Actor) -> Actor {
    Actor { once: None, ..actor.clone() }
}

async fn from_csv(app: &App, actor: Actor, project: ProjectId, body: Bytes) -> base::Result<ImportJson> {
    let table = csv::read(&body, app.limits.count(Limit::ImportRows))?;
    let mut tx = app.db.write(&actor).await?;
    let mut known = csv::begin(&mut tx, project, &table).await?;
    tx.commit().await?;
    let mut outcome =
        ImportJson { ignored_columns: csv::unknown_columns(&table, &known), ..ImportJson::default() };
    for rows in table.rows.chunks(csv::PORTION) {
        let mut tx = app.db.write(&again(&actor)).await?;
        outcome.made += csv::put(&mut tx, project, &mut known, rows).await?;
        tx.commit().await?;
    }
    Ok(outcome)
}

async fn from_asana(app: &App, actor: Actor, project: ProjectId, body: Bytes) -> base::Result<ImportJson> {
    let export = import::read(&body)?;
    let mut tx = app.db.write(&actor).await?;
    let mut known = import::begin(&mut tx, project, &export).await?;
    tx.commit().await?;
    let mut outcome = Outcome::default();
    for tasks in export.data.chunks(import::PORTION) {
        let mut tx = app.db.write(&again(&actor)).await?;
        outcome += import::put(&mut tx, project, &mut known, tasks).await?;
        tx.commit().await?;
    }
    Ok(ImportJson { made: outcome.made, skipped: outcome.skipped, ignored_columns: Vec::new() })
}

pub(crate) fn api() -> Routes {
    Routes::new().routes(routes!(export)).routes(routes!(import))
}
