//! Asking for a deployment.

use super::answers::{self, DeploymentJson};
use crate::candidate::Git;
use crate::deployments::{Deployment, Kind, Range, Request, Started, asking};
use crate::environments::{Environment, IfBusy};
use crate::gate::api::{DecisionJson, answer, show};
use crate::gate::{Candidate, short};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Actor, Error, Limit, Right, Time};
use repos::Mirrors;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Result};

/// What is to be deployed.
#[derive(Debug, Deserialize, ToSchema)]
struct StartJson {
    /// A full commit id, or an abbreviation that means one commit.
    commit: Option<String>,
    /// A branch or a tag; it is resolved once, now.
    r#ref: Option<String>,
    /// `forward` (the default), `rollback` or `redeploy`.
    #[schema(value_type = Option<String>)]
    kind: Option<Kind>,
    /// The slot of the timetable: the same slot is deployed once, whoever comes first.
    #[schema(value_type = Option<String>)]
    slot: Option<Time>,
    /// Only ask; starts nothing.
    #[serde(default)]
    dry_run: bool,
    /// Answer `nothing_to_do` when the commit is there already.
    #[serde(default)]
    if_changed: bool,
    host: Option<String>,
    pid: Option<i64>,
    /// `refuse` or `queue`; the environment's policy otherwise.
    #[schema(value_type = Option<String>)]
    if_busy: Option<IfBusy>,
}

/// A deployment that started, or waits for its turn.
#[derive(Debug, Serialize, ToSchema)]
struct StartedJson {
    #[serde(flatten)]
    deployment: DeploymentJson,
    /// Rises with every start of the environment; null while it waits.
    token: Option<i64>,
    /// Seconds that it may be silent.
    lease: u64,
    /// Seconds between heartbeats.
    heartbeat_every: u64,
    #[schema(value_type = String)]
    server_time: Time,
    /// Why it waits, while it does. The same request with the same key asks for its turn.
    decision: Option<DecisionJson>,
}

/// The decision of a dry run.
#[derive(Debug, Serialize, ToSchema)]
struct DryRunJson {
    decision: DecisionJson,
    range: Option<Range>,
}

fn started(app: &App, environment: &str, deployment: Deployment, waits: Option<DecisionJson>) -> StartedJson {
    let lease = app.limits.get(Limit::LeaseSeconds).max(1);
    StartedJson {
        token: deployment.token,
        lease,
        heartbeat_every: (lease / 6).max(1),
        server_time: app.clock.now(),
        decision: waits,
        deployment: answers::show(app, environment, deployment),
    }
}

fn name_of(start: &StartJson) -> base::Result<&str> {
    match (start.commit.as_deref(), start.r#ref.as_deref()) {
        (Some(_), Some(_)) => Err(Error::invalid("commit.twice", "Give commit or ref, not both")),
        (Some(name), None) | (None, Some(name)) if !name.trim().is_empty() => Ok(name.trim()),
        _ => Err(Error::invalid("commit.missing", "Say what to deploy: a commit or a ref")),
    }
}

/// The key of the request, with who sent it: two people may choose the same.
fn key_of(actor: &Actor, headers: &HeaderMap) -> base::Result<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= 255);
    let key = key.ok_or_else(|| {
        Error::invalid("idempotency.malformed", "an Idempotency-Key has 1 to 255 visible ASCII characters")
    })?;
    Ok(Some(format!("{}:{key}", actor.user.map_or(0, |user| user.0))))
}

fn request_of(
    actor: &Actor,
    headers: &HeaderMap,
    start: &StartJson,
    name: &str,
    commit: String,
) -> base::Result<Request> {
    let host: String = start.host.as_deref().unwrap_or_default().chars().take(255).collect();
    let kind = start.kind.unwrap_or(Kind::Forward);
    Ok(Request {
        kind,
        // A ref that moved between two tries of one request is still the same request.
        print: json!([name, kind, start.slot, start.if_changed]).to_string(),
        reference: (name != commit).then(|| name.to_owned()),
        commit,
        slot: start.slot,
        host,
        pid: start.pid,
        if_busy: start.if_busy,
        if_changed: start.if_changed,
        key: key_of(actor, headers)?,
    })
}

/// Starts a deployment if the gate is open, in one transaction with the decision.
#[utoipa::path(post, path = "/environments/{name}/deployments", tag = "releases",
    params(("name" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "The same key gets the same deployment.")),
    request_body = StartJson,
    responses(
        (status = 201, body = StartedJson, description = "It started."),
        (status = 202, body = StartedJson, description = "It waits for its turn; send the same request again."),
        (status = 200, body = DryRunJson, description = "A dry run's decision; or `handled`, or `nothing_to_do`."),
        (status = 409, body = ProblemDocument, description = "Refused; `decision` says why."),
        (status = "default", body = ProblemDocument)))]
async fn start(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(environment): Path<String>,
    headers: HeaderMap,
    Json(body): Json<StartJson>,
) -> Result<Response> {
    let right = if body.dry_run { Right::View } else { Right::Deploy };
    let environment = asking::permitted(&app, &actor, &environment, right).await?;
    let name = name_of(&body)?;
    let git = Git::of(&app.db, app.part::<Mirrors>()?, &environment).await?;
    let commit = git.resolve(name).await?;
    let kind = body.kind.unwrap_or(Kind::Forward);
    if body.dry_run {
        let decision = answer(&app, &actor, &environment, Some(&commit), kind, None).await?;
        let range = git.prepare(&environment, &commit, kind).await?.range;
        return Ok(Json(DryRunJson { decision, range: Some(range) }).into_response());
    }
    let request = request_of(&actor, &headers, &body, name, commit)?;
    let (environment, outcome) = asking::ask(&app, &actor, &environment.name, &request).await?;
    respond(&app, &environment, &request, outcome)
}

fn respond(app: &App, environment: &Environment, request: &Request, outcome: Started) -> Result<Response> {
    let name = &environment.name;
    let candidate = Candidate::Known { commit: request.commit.clone() };
    Ok(match outcome {
        Started::Now(deployment) | Started::Before(deployment) => {
            (StatusCode::CREATED, Json(started(app, name, *deployment, None))).into_response()
        }
        Started::Waits(deployment, decision) => {
            let decision = show(app, &decision, &candidate, None);
            (StatusCode::ACCEPTED, Json(started(app, name, *deployment, Some(decision)))).into_response()
        }
        Started::Handled(by) => {
            let on = if by.host.is_empty() { String::new() } else { format!(" on {}", by.host) };
            let sentence = format!("This slot is handled already by deployment {}{on}", by.number);
            let by = answers::show(app, name, *by);
            Json(json!({
                "handled": true, "id": by.id, "number": by.number, "host": by.host, "state": by.state, "url": by.url,
                "sentence": sentence,
            }))
            .into_response()
        }
        Started::NothingToDo(commit) => Json(json!({
            "nothing_to_do": true, "commit": commit, "environment": name,
            "sentence": format!("{} is on {name} already", short(&commit)),
        }))
        .into_response(),
        Started::Refused(decision, range) => {
            let shown = show(app, &decision, &candidate, Some(range));
            let error = Error::conflict(decision.code(), decision.sentence.clone());
            return Err(error.with_detail(json!({"decision": shown})).into());
        }
        Started::Moved => {
            return Err(Error::bug("deployment.moved", "a start that moved is tried again").into());
        }
    })
}

/// The route that starts.
pub(super) fn api() -> Routes {
    Routes::new().routes(routes!(start))
}
