//! What a run looks like, and reading one or many.

use crate::attempts;
use crate::jobs;
use crate::runs::{self, Filter, Metric, Part, Run, State as Life};
use axum::extract::State;
use base::id::{AttemptId, PartId, RunId};
use base::{Right, Time};
use db::Tx;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::api::{Listing, PageQuery, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Query, Result};

/// One go of a job.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Run)]
pub(super) struct RunJson {
    #[schema(value_type = String)]
    id: RunId,
    number: i64,
    job: String,
    title: String,
    /// `waiting`, `queued`, `running`, `held`, `cancelling`, `succeeded`, `failed`, `cancelled`, `timed_out`, `lost`, `blocked` or `skipped`.
    #[schema(value_type = String)]
    state: Life,
    /// Whether it is over.
    over: bool,
    /// Why it is in that state.
    sentence: Option<String>,
    /// `schedule`, `push`, `webhook`, `after`, `manual` or `repeat`.
    cause: &'static str,
    commit: String,
    #[serde(rename = "ref")]
    reference: Option<String>,
    params: BTreeMap<String, String>,
    asked_by: String,
    #[schema(value_type = Option<String>)]
    scheduled_at: Option<Time>,
    #[schema(value_type = String)]
    asked_at: Time,
    #[schema(value_type = Option<String>)]
    started_at: Option<Time>,
    #[schema(value_type = Option<String>)]
    ended_at: Option<Time>,
    #[schema(value_type = Option<String>)]
    repeats: Option<RunId>,
    #[schema(value_type = Option<String>)]
    deployment: Option<base::id::DeploymentId>,
    url: String,
}

pub(super) fn show(app: &App, run: &Run, job: &jobs::Job) -> RunJson {
    RunJson {
        id: run.id,
        number: run.number,
        job: job.name.clone(),
        title: job.title.clone(),
        state: run.state,
        over: run.state.is_over(),
        sentence: run.sentence.clone(),
        cause: run.cause.as_str(),
        commit: run.commit.clone(),
        reference: run.reference.clone(),
        params: run.params.clone(),
        asked_by: run.asked_by_name.clone(),
        scheduled_at: run.scheduled_at,
        asked_at: run.made_at,
        started_at: run.started_at,
        ended_at: run.ended_at,
        repeats: run.repeats,
        deployment: run.deployment,
        url: app.link(&format!("/runs/{}", run.id)),
    }
}

/// Which runs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Only those of this job, by name or id.
    job: Option<String>,
    /// Only those in these states, separated by commas.
    state: Option<String>,
}

fn states(given: Option<&str>) -> base::Result<Vec<Life>> {
    let words = given.into_iter().flat_map(|all| all.split(',')).map(str::trim);
    words.filter(|word| !word.is_empty()).map(Life::parse).collect()
}

async fn listed(tx: &mut Tx, app: &App, filter: &Filter, limit: usize) -> base::Result<Listing<RunJson>> {
    let found = runs::list(tx, filter).await?;
    let mut known: BTreeMap<base::id::JobId, jobs::Job> = BTreeMap::new();
    let mut data = Vec::new();
    for run in &found {
        let job = match known.get(&run.job) {
            Some(job) => job.clone(),
            None => jobs::unchecked(tx, run.job).await?,
        };
        data.push(show(app, run, &job));
        known.insert(run.job, job);
    }
    Ok(Listing::from_overfull(data, limit, |last| last.id.to_string()))
}

/// Runs, newest first.
#[utoipa::path(get, path = "/runs", tag = "jobs", params(Which, PageQuery),
    responses((status = 200, body = Listing<RunJson>), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Query(which): Query<Which>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listing<RunJson>>> {
    let (limit, before) = (page.limit(&app.limits)?, page.after()?);
    let mut tx = app.db.read(&actor).await?;
    let job = match &which.job {
        Some(name) => Some(jobs::named(&mut tx, name, Right::View).await?.id),
        None => None,
    };
    let filter = Filter {
        job,
        states: states(which.state.as_deref())?,
        before: (before > 0).then_some(RunId(before)),
        limit: limit + 1,
    };
    Ok(Json(listed(&mut tx, &app, &filter, limit).await?))
}

/// A run with its parts.
#[derive(Debug, Serialize, ToSchema)]
struct WholeRun {
    #[serde(flatten)]
    run: RunJson,
    parts: Vec<PartJson>,
    metrics: Vec<Metric>,
}

/// One job of a stage, times one cell of its matrix.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunPart)]
struct PartJson {
    #[schema(value_type = String)]
    id: PartId,
    key: String,
    name: String,
    stage: usize,
    state: String,
    sentence: Option<String>,
    /// How often it was tried.
    attempts: i64,
    #[schema(value_type = Option<String>)]
    attempt: Option<AttemptId>,
    agent: Option<String>,
    exit_code: Option<i64>,
    steps: Vec<attempts::Step>,
}

async fn part(tx: &mut Tx, part: Part, newest: Option<AttemptId>) -> base::Result<PartJson> {
    let mut json = PartJson {
        id: part.id,
        key: part.model.key,
        name: part.model.name,
        stage: part.stage,
        state: part.state.to_string(),
        sentence: part.sentence,
        attempts: part.attempts,
        attempt: newest,
        agent: None,
        exit_code: None,
        steps: Vec::new(),
    };
    if let Some(id) = newest {
        let attempt = attempts::get(tx, id).await?;
        json.agent = Some(crate::agents::unchecked(tx, attempt.agent).await?.machine.name);
        json.exit_code = attempt.exit_code;
        json.steps = attempts::steps(tx, id).await?;
    }
    Ok(json)
}

/// One run.
#[utoipa::path(get, path = "/runs/{id}", tag = "jobs", params(("id" = String, Path)),
    responses((status = 200, body = WholeRun), (status = "default", body = ProblemDocument)))]
async fn get(State(app): State<App>, Auth(actor): Auth, Path(id): Path<RunId>) -> Result<Json<WholeRun>> {
    let mut tx = app.db.read(&actor).await?;
    let (run, job) = runs::require(&mut tx, id, Right::View).await?;
    let newest = runs::attempts(&mut tx, id).await?;
    let mut parts = Vec::new();
    for one in runs::parts(&mut tx, id).await? {
        let attempt = newest.get(&one.id).copied();
        parts.push(part(&mut tx, one, attempt).await?);
    }
    let metrics = runs::metrics(&mut tx, id).await?;
    Ok(Json(WholeRun { run: show(&app, &run, &job), parts, metrics }))
}

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(get))
}
