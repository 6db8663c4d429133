//! What a deployment looks like, and reading one or many.

use crate::deployments::{self, Deployment, Filter, Kind, Range, State as Life};
use crate::environments;
use axum::extract::State;
use base::id::{DeploymentId, EnvironmentId, TaskId};
use base::{Right, Time};
use db::Tx;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::api::{Listing, PageQuery, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Query, Result};

/// The task that people see of a deployment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeploymentTask)]
pub(super) struct TaskJson {
    #[schema(value_type = String)]
    id: TaskId,
    url: String,
}

/// One attempt to bring a commit to an environment.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeploymentJson {
    #[schema(value_type = String)]
    pub id: DeploymentId,
    pub number: i64,
    pub environment: String,
    pub commit: String,
    /// The name that the commit was asked for by.
    reference: Option<String>,
    previous_commit: Option<String>,
    range: Range,
    /// `queued`, `starting`, `running`, `aborting`, `lost`, `succeeded`, `failed`, `aborted`, `timed_out` or `superseded`.
    #[schema(value_type = String)]
    pub state: Life,
    /// `forward`, `rollback` or `redeploy`.
    #[schema(value_type = String)]
    kind: Kind,
    #[schema(value_type = Option<String>)]
    slot: Option<Time>,
    pub host: String,
    pid: Option<i64>,
    requested_by: String,
    #[schema(value_type = String)]
    requested_at: Time,
    #[schema(value_type = Option<String>)]
    started_at: Option<Time>,
    #[schema(value_type = Option<String>)]
    ended_at: Option<Time>,
    exit_code: Option<i64>,
    signal: Option<i64>,
    /// How it ended, in somebody's words.
    reason: Option<String>,
    /// Who asked for it to stop, and why.
    abort_asked_by: Option<String>,
    abort_reason: Option<String>,
    /// How many bytes of output arrived, and how many of them were kept.
    output_bytes: i64,
    output_kept: i64,
    task: Option<TaskJson>,
    pub url: String,
    pub sentence: String,
}

/// A deployment as it is sent.
pub(super) fn show(app: &App, environment: &str, d: Deployment) -> DeploymentJson {
    let what = format!("Deployment {} of {} to {environment}", d.number, d.short_commit());
    let sentence = match d.state {
        Life::Queued => format!("{what} waits for its turn"),
        Life::Starting | Life::Running => format!("{what} is running"),
        Life::Aborting => format!("{what} is being aborted"),
        Life::Lost => format!("{what} stopped reporting, and its outcome is unknown"),
        Life::Succeeded => format!("{what} succeeded"),
        Life::Failed => format!("{what} failed"),
        Life::Aborted => format!("{what} was aborted"),
        Life::TimedOut => format!("{what} took too long and was stopped"),
        Life::Superseded => format!("{what} waited, and something newer was deployed first"),
    };
    DeploymentJson {
        id: d.id,
        number: d.number,
        environment: environment.to_owned(),
        url: app.link(&format!("/deployments/{}", d.id)),
        task: d.task.map(|id| TaskJson { id, url: app.link(&format!("/tasks/{id}")) }),
        commit: d.commit,
        reference: d.reference,
        previous_commit: d.previous_commit,
        range: d.range,
        state: d.state,
        kind: d.kind,
        slot: d.slot,
        host: d.host,
        pid: d.pid,
        requested_by: d.requested_by_name,
        requested_at: d.requested_at,
        started_at: d.started_at,
        ended_at: d.ended_at,
        exit_code: d.exit_code,
        signal: d.signal,
        reason: d.reason,
        abort_asked_by: d.abort_asked_by,
        abort_reason: d.abort_reason,
        output_bytes: d.output_bytes,
        output_kept: d.output_kept,
        sentence,
    }
}

/// A deployment as it is sent, with its environment looked up.
pub(super) async fn shown(tx: &mut Tx, app: &App, deployment: Deployment) -> base::Result<DeploymentJson> {
    let name = environments::unchecked(tx, deployment.environment).await?.name;
    Ok(show(app, &name, deployment))
}

/// Which deployments.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Only those of this environment, by name or id.
    environment: Option<String>,
    /// Only those in these states, separated by commas.
    state: Option<String>,
}

fn states(given: Option<&str>) -> base::Result<Vec<Life>> {
    given
        .into_iter()
        .flat_map(|all| all.split(','))
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(Life::parse)
        .collect()
}

/// Deployments, newest first.
#[utoipa::path(get, path = "/deployments", tag = "releases", params(Which, PageQuery),
    responses((status = 200, body = Listing<DeploymentJson>), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Query(which): Query<Which>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listing<DeploymentJson>>> {
    let limit = page.limit(&app.limits)?;
    let before = page.after()?;
    let mut tx = app.db.read(&actor).await?;
    let environment = match &which.environment {
        Some(name) => Some(environments::named(&mut tx, name, Right::View).await?.id),
        None => None,
    };
    let filter = Filter {
        environment,
        states: states(which.state.as_deref())?,
        before: (before > 0).then_some(DeploymentId(before)),
        limit: limit + 1,
    };
    let found = deployments::list(&mut tx, &filter).await?;
    let names: HashMap<EnvironmentId, String> = environments::list(&mut tx)
        .await?
        .into_iter()
        .map(|environment| (environment.id, environment.name))
        .collect();
    let data = found
        .into_iter()
        .map(|deployment| {
            show(&app, names.get(&deployment.environment).map_or("", String::as_str), deployment)
        })
        .collect();
    Ok(Json(Listing::from_overfull(data, limit, |last| last.id.to_string())))
}

/// One deployment, by its id or its number.
#[utoipa::path(get, path = "/deployments/{id}", tag = "releases", params(("id" = String, Path)),
    responses((status = 200, body = DeploymentJson), (status = "default", body = ProblemDocument)))]
async fn get(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<DeploymentId>,
) -> Result<Json<DeploymentJson>> {
    let mut tx = app.db.read(&actor).await?;
    let deployment = deployments::get(&mut tx, id).await?;
    Ok(Json(shown(&mut tx, &app, deployment).await?))
}

/// The routes that read.
pub(super) fn api() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(get))
}
