//! Starting, repeating and stopping runs.

use super::show::{RunJson, show};
use crate::jobs::{self, Definition};
use crate::runs::{self, Ask};
use crate::schedules::Pass;
use axum::extract::State;
use axum::http::StatusCode;
use base::id::RunId;
use base::{Actor, Right};
use repos::Mirrors;
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Result};

/// What a run is started with.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct StartJson {
    /// The parameters that the job's file asks for.
    params: BTreeMap<String, serde_json::Value>,
    /// A branch, a tag or a commit; the default branch when absent.
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// The freezes that are passed, as `freeze:prod-push`; for whoever may pause the job.
    #[serde(rename = "override")]
    overrides: Vec<String>,
    /// Why they are passed.
    reason: Option<String>,
}

/// What is passed; nothing where none is named.
fn pass(overrides: Vec<String>, reason: Option<String>) -> Option<Pass> {
    (!overrides.is_empty()).then(|| Pass { marks: overrides, reason: reason.unwrap_or_default() })
}

/// A value of a parameter as text: people write numbers as numbers.
fn text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Finds out which commit is meant, and what the job says there.
pub async fn asked(
    app: &App,
    actor: &Actor,
    name: &str,
    reference: Option<&str>,
    params: BTreeMap<String, String>,
) -> base::Result<(jobs::Job, Ask)> {
    let mut tx = app.db.read(actor).await?;
    let job = jobs::named(&mut tx, name, Right::Run).await?;
    let current: Definition = jobs::definition(&mut tx, job.definition).await?;
    let repository = repos::get(&mut tx, job.repository).await;
    drop(tx);
    let Some(reference) = reference.filter(|reference| !reference.trim().is_empty()) else {
        let ask = Ask { commit: current.commit, trusted: true, params, ..Ask::default() };
        return Ok((job, ask));
    };
    let mirrors = app.part::<Mirrors>()?;
    let repository = repository?;
    let commit = mirrors.resolve_known(&app.db, &repository, reference).await?;
    let mirror = mirrors.mirror(repository.id);
    let head = match repository.default_branch() {
        Some(branch) => mirror.resolve(&format!("refs/heads/{branch}")).await.ok(),
        None => None,
    };
    // What the default branch contains has been let in by whoever may write to it.
    let trusted = match &head {
        Some(head) => {
            mirrors.contains(&app.db, &repository, head, &commit).await?.rule.answer() == repos::Answer::Yes
        }
        None => false,
    };
    let read = jobs::sources::read(&mirror, repository.id, &commit).await?;
    let definition = read.files.iter().find_map(|file| {
        let own = file.parsed.jobs.iter().find(|own| own.name == job.name)?;
        Some((file.text.clone(), own.clone()))
    });
    Ok((job, Ask { commit, reference: Some(reference.to_owned()), trusted, definition, params, pass: None }))
}

/// Starts a run of a job.
#[utoipa::path(post, path = "/jobs/{name}/runs", tag = "jobs", params(("name" = String, Path)), request_body = StartJson,
    responses((status = 201, body = RunJson), (status = "default", body = ProblemDocument)))]
async fn start(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Json(body): Json<StartJson>,
) -> Result<(StatusCode, Json<RunJson>)> {
    let params = body.params.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    let (job, mut ask) = asked(&app, &actor, &name, body.reference.as_deref(), params).await?;
    ask.pass = pass(body.overrides, body.reason);
    let mut tx = app.db.write(&actor).await?;
    let run = runs::ask(&mut tx, job.id, ask).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(show(&app, &run, &job))))
}

/// How a run is repeated.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct RepeatJson {
    /// Whether the parts that succeeded are not done again.
    only_failed: bool,
    /// The freezes that are passed, as `freeze:prod-push`; for whoever may pause the job.
    #[serde(rename = "override")]
    overrides: Vec<String>,
    /// Why they are passed.
    reason: Option<String>,
}

/// Runs again, with the same commit and the same parameters.
#[utoipa::path(post, path = "/runs/{id}/retry", tag = "jobs", params(("id" = String, Path)), request_body = RepeatJson,
    responses((status = 201, body = RunJson), (status = "default", body = ProblemDocument)))]
async fn retry(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<RunId>,
    Json(body): Json<RepeatJson>,
) -> Result<(StatusCode, Json<RunJson>)> {
    let mut tx = app.db.write(&actor).await?;
    let run = runs::repeat_passing(&mut tx, id, body.only_failed, pass(body.overrides, body.reason)).await?;
    let job = jobs::unchecked(&mut tx, run.job).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(show(&app, &run, &job))))
}

/// Why a run is stopped.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct CancelJson {
    reason: Option<String>,
}

/// Asks for a run to stop.
#[utoipa::path(post, path = "/runs/{id}/cancel", tag = "jobs", params(("id" = String, Path)), request_body = CancelJson,
    responses((status = 202, body = RunJson), (status = "default", body = ProblemDocument)))]
async fn cancel(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<RunId>,
    Json(body): Json<CancelJson>,
) -> Result<(StatusCode, Json<RunJson>)> {
    let mut tx = app.db.write(&actor).await?;
    let run = runs::cancel(&mut tx, id, body.reason.as_deref()).await?;
    let job = jobs::unchecked(&mut tx, run.job).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(show(&app, &run, &job))))
}

/// Lets the manual stage begin that a run waits with.
#[utoipa::path(post, path = "/runs/{id}/release", tag = "jobs", params(("id" = String, Path)),
    responses((status = 200, body = RunJson), (status = "default", body = ProblemDocument)))]
async fn release(State(app): State<App>, Auth(actor): Auth, Path(id): Path<RunId>) -> Result<Json<RunJson>> {
    let mut tx = app.db.write(&actor).await?;
    let run = runs::release(&mut tx, id).await?;
    let job = jobs::unchecked(&mut tx, run.job).await?;
    tx.commit().await?;
    Ok(Json(show(&app, &run, &job)))
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(start))
        .routes(routes!(retry))
        .routes(routes!(cancel))
        .routes(routes!(release))
}
