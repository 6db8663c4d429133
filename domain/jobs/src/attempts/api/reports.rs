//! What agents report: signs of life, steps, output, the end.

use super::{WAIT_MAX, is_older};
use crate::agents::{AgentAuth, OLDEST_VERSION};
use crate::attempts::assignment::{Assignment, assignment};
use crate::attempts::claim::{self, Claimed};
use crate::attempts::finish::{self, Ending, Kept};
use crate::attempts::{AttemptState, Signs, Step, held, lease, output, store};
use crate::runs::Metric;
use axum::extract::State;
use base::id::AttemptId;
use base::{Error, Limit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use repos::Mirrors;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{ProblemDocument, Routes};
use web::once::ShowsSecret;
use web::{App, Json, Path, Query, Result};

/// A sign of life.
#[derive(Debug, Deserialize, ToSchema)]
struct RenewJson {
    epoch: i64,
    /// `starting`, `running` or `finishing`.
    phase: String,
    /// Seconds to hold the answer back, at most 30; an order to stop comes at once.
    #[serde(default)]
    wait: u64,
}

/// What an agent is to do about a try.
#[derive(Debug, Serialize, ToSchema)]
struct OrderJson {
    /// Seconds that it may be silent.
    lease: u64,
    /// `continue` or `cancel`.
    command: &'static str,
    reason: Option<String>,
    /// Whether to kill without asking first.
    terminate: bool,
    /// Whether the next sign of life is wanted at once.
    again: bool,
}

/// Renews the lease of a try.
#[utoipa::path(post, path = "/attempts/{id}/renew", tag = "agents", params(("id" = String, Path)), request_body = RenewJson,
    responses((status = 200, body = OrderJson), (status = 409, body = ProblemDocument), (status = "default", body = ProblemDocument)))]
async fn renew(
    State(app): State<App>,
    agent: AgentAuth,
    Path(id): Path<AttemptId>,
    Json(body): Json<RenewJson>,
) -> Result<Json<OrderJson>> {
    let phase = match body.phase.as_str() {
        "starting" => AttemptState::Starting,
        "running" => AttemptState::Running,
        "finishing" => AttemptState::Finishing,
        other => {
            let message = format!("{other:.40} is no phase: starting, running or finishing");
            return Err(Error::invalid("attempt.phase", message).into());
        }
    };
    let mut commits = app.db.commits();
    let mut stop = app.stop.clone();
    let mut tx = app.db.write(&agent.actor()).await?;
    let mut order = lease::renew(&mut tx, agent.0.id, id, body.epoch, phase).await?;
    tx.commit().await?;
    let signs = Signs::of(&app);
    let mut asked = signs.asked();
    signs.heard(id);
    let mut again = false;
    // A third of the lease at most: the next sign of life has to come in time.
    let wait = body.wait.min(WAIT_MAX).min(order.lease_s / 3);
    let until = tokio::time::sleep(Duration::from_secs(wait));
    tokio::pin!(until);
    while order.cancel.is_none() && wait > 0 && !*stop.borrow() {
        tokio::select! {
            _ = commits.changed() => {}
            () = &mut until => break,
            _ = stop.changed() => break,
            Ok(()) = asked.changed() => {
                again = true;
                break;
            }
        }
        let mut tx = app.db.read(&agent.actor()).await?;
        let attempt = store::get(&mut tx, id).await?.filter(|attempt| !attempt.state.is_over());
        let Some(attempt) = attempt else { return Err(crate::attempts::fenced().into()) };
        order = lease::order(&mut tx, &attempt).await?;
    }
    let command = if order.cancel.is_some() { "cancel" } else { "continue" };
    Ok(Json(OrderJson {
        lease: order.lease_s,
        command,
        reason: order.cancel,
        terminate: order.at_once,
        again,
    }))
}

/// What happened to steps.
#[derive(Debug, Deserialize, ToSchema)]
struct EventsJson {
    epoch: i64,
    events: Vec<EventJson>,
}

/// What happened to one step.
#[derive(Debug, Deserialize, ToSchema)]
struct EventJson {
    /// Its place; those of `finally` follow.
    step: i64,
    #[serde(default)]
    name: String,
    /// `running`, `succeeded`, `failed` or `skipped`.
    state: String,
    /// Where the log was then.
    offset: Option<i64>,
    took_ms: Option<i64>,
    exit_code: Option<i64>,
}

/// An empty answer.
#[derive(Debug, Serialize, ToSchema)]
struct NothingJson {}

/// Takes what happened to the steps of a try.
#[utoipa::path(post, path = "/attempts/{id}/events", tag = "agents", params(("id" = String, Path)), request_body = EventsJson,
    responses((status = 200, body = NothingJson), (status = 409, body = ProblemDocument), (status = "default", body = ProblemDocument)))]
async fn events(
    State(app): State<App>,
    agent: AgentAuth,
    Path(id): Path<AttemptId>,
    Json(body): Json<EventsJson>,
) -> Result<Json<NothingJson>> {
    let mut tx = app.db.write(&agent.actor()).await?;
    held(&mut tx, agent.0.id, id, body.epoch).await?;
    for step in steps(body.events)? {
        store::put_step(&mut tx, id, &step).await?;
    }
    tx.commit().await?;
    Ok(Json(NothingJson {}))
}

fn steps(events: Vec<EventJson>) -> base::Result<Vec<Step>> {
    let step = |event: EventJson| {
        if !matches!(event.state.as_str(), "running" | "succeeded" | "failed" | "skipped") {
            let message = format!("{:.40} is no state of a step", event.state);
            return Err(Error::invalid("attempt.event", message));
        }
        let is_running = event.state == "running";
        Ok(Step {
            index: event.step,
            name: event.name,
            log_from: event.offset.filter(|_| is_running),
            log_to: event.offset.filter(|_| !is_running),
            state: event.state,
            took_ms: event.took_ms,
            exit_code: event.exit_code,
        })
    };
    events.into_iter().map(step).collect()
}

/// Where output belongs.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct At {
    epoch: i64,
    /// Where the body begins in the whole output.
    offset: i64,
}

/// Where the next byte of output belongs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NextByte)]
struct NextJson {
    next: i64,
}

/// Takes a piece of output. What is here already is skipped; a gap is refused.
#[utoipa::path(put, path = "/attempts/{id}/log", tag = "agents", params(("id" = String, Path), At),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = NextJson), (status = 409, body = ProblemDocument), (status = "default", body = ProblemDocument)))]
async fn log(
    State(app): State<App>,
    agent: AgentAuth,
    Path(id): Path<AttemptId>,
    Query(at): Query<At>,
    body: axum::body::Body,
) -> Result<Json<NextJson>> {
    let most = app.limits.count(Limit::OutputChunkBytes);
    let bytes = axum::body::to_bytes(body, most).await.map_err(|error| {
        Error::too_large("log.too_large", format!("One piece of output is at most {most} bytes"))
            .because(error)
    })?;
    let mut tx = app.db.write(&agent.actor()).await?;
    let next = output::append(&mut tx, agent.0.id, id, at.epoch, at.offset, &bytes).await?;
    tx.commit().await?;
    Ok(Json(NextJson { next }))
}

/// The end of a try.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
struct FinishJson {
    epoch: i64,
    /// `succeeded`, `failed`, `cancelled` or `timed_out`.
    outcome: String,
    exit_code: Option<i64>,
    signal: Option<i64>,
    reason: Option<String>,
    sentence: Option<String>,
    failed_step: Option<i64>,
    log_bytes: i64,
    #[serde(default)]
    metrics: Vec<MetricJson>,
    #[serde(default)]
    artifacts: Vec<ArtifactJson>,
    image_digest: Option<String>,
    /// Whether any of its steps may have begun, where that is in question: after a restart of the agent.
    #[serde(default, skip_serializing)]
    has_begun: Option<bool>,
    /// What happened to steps and was not told before.
    #[serde(default, skip_serializing)]
    events: Vec<EventJson>,
    /// The end of the output, when it is short and was not sent before.
    #[serde(default, skip_serializing)]
    log: Option<TailJson>,
    /// Whether the agent takes something else in its place.
    #[serde(default, skip_serializing)]
    next: bool,
}

/// What the agent does in its place.
#[derive(Debug, Serialize, ToSchema)]
struct FinishedJson {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assignments: Vec<Assignment>,
}

/// The end of the output.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = FinishLog)]
struct TailJson {
    /// Where it begins in the whole output.
    offset: i64,
    base64: String,
}

impl TailJson {
    fn read(self, most: usize) -> base::Result<(i64, Vec<u8>)> {
        let bytes = BASE64.decode(&self.base64).map_err(|error| {
            Error::invalid("log.unreadable", "The end of the output is not base64").because(error)
        })?;
        if bytes.len() > most {
            let message = format!("One piece of output is at most {most} bytes");
            return Err(Error::too_large("log.too_large", message));
        }
        Ok((self.offset, bytes))
    }
}

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = FinishMetric)]
struct MetricJson {
    name: String,
    value: f64,
    unit: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = FinishArtifact)]
struct ArtifactJson {
    name: String,
    path: String,
    size: i64,
    sha256: String,
    #[serde(default)]
    media_type: String,
}

/// Ends a try. The same report again answers the same.
#[utoipa::path(post, path = "/attempts/{id}/finish", tag = "agents", params(("id" = String, Path)), request_body = FinishJson,
    responses((status = 200, body = FinishedJson), (status = 409, body = ProblemDocument), (status = "default", body = ProblemDocument)))]
async fn finish(
    State(app): State<App>,
    agent: AgentAuth,
    Path(id): Path<AttemptId>,
    Json(mut body): Json<FinishJson>,
) -> Result<ShowsSecret<Json<FinishedJson>>> {
    let (epoch, is_next) = (body.epoch, body.next);
    let most = app.limits.count(Limit::OutputChunkBytes);
    let log = body.log.take().map(|log| log.read(most)).transpose()?;
    let tail = finish::Tail { steps: steps(std::mem::take(&mut body.events))?, log };
    let ending = ending(body)?;
    let files = app.part::<crate::Files>()?;
    for kept in &ending.artifacts {
        if !files.0.has(&kept.sha256).await {
            let message =
                format!("The file {:.200} was not sent; send it and report the end again", kept.path);
            return Err(Error::conflict("file.missing", message).into());
        }
    }
    let wants_more = is_next && !*app.stop.borrow();
    let report = Report { agent: &agent, id, epoch, ending, tail };
    let claimed = match end(&app, &report, wants_more).await {
        Err(error) if wants_more && error.code() != "attempt.fenced" => {
            // What goes wrong with something else must not keep this from ending.
            tracing::debug!("nothing was given out with the end of an attempt: {error:?}");
            end(&app, &report, false).await?
        }
        other => other?,
    };
    Signs::of(&app).forget(id);
    let sealing = app.part::<Mirrors>()?.sealing();
    let told = claimed.into_iter().map(|one| assignment(&app, sealing, &agent.0, one));
    let assignments = told.collect::<base::Result<_>>().unwrap_or_else(|error| {
        // The agent's next claim hands it back.
        tracing::error!("{error:?}");
        Vec::new()
    });
    Ok(ShowsSecret(Json(FinishedJson { assignments })))
}

/// What an agent says of an end.
struct Report<'a> {
    agent: &'a AgentAuth,
    id: AttemptId,
    epoch: i64,
    ending: Ending,
    tail: finish::Tail,
}

/// Ends a try and gives out the next in one transaction.
async fn end(app: &App, report: &Report<'_>, wants_more: bool) -> base::Result<Vec<Claimed>> {
    let Report { agent, id, epoch, ending, tail } = report;
    let mut tx = app.db.write(&agent.actor()).await?;
    finish::finish(&mut tx, agent.0.id, *id, *epoch, ending.clone(), tail.clone()).await?;
    let may_have = wants_more && !is_older(&agent.0.machine.version, OLDEST_VERSION);
    let claimed = if may_have { claim::next(&mut tx, &agent.0, *id).await? } else { Vec::new() };
    tx.commit().await?;
    Ok(claimed)
}

fn ending(body: FinishJson) -> base::Result<Ending> {
    let unreadable = |error| Error::bug("attempt.finish", "a report cannot be written down").because(error);
    let print = crate::digest::hex(serde_json::to_string(&body).map_err(unreadable)?.as_bytes());
    let outcome = AttemptState::parse(&body.outcome)?;
    if !outcome.is_over() || outcome == AttemptState::Lost {
        let message = format!("{outcome} is no end of an attempt: succeeded, failed, cancelled or timed_out");
        return Err(Error::invalid("attempt.outcome", message));
    }
    let kept = |file: ArtifactJson| Kept {
        name: file.name,
        media_type: media_type(&file.path, file.media_type),
        path: file.path,
        size: file.size,
        sha256: file.sha256,
    };
    let short = |text: Option<String>| text.map(|text| text.chars().take(1_000).collect::<String>());
    Ok(Ending {
        outcome,
        exit_code: body.exit_code,
        signal: body.signal,
        reason: short(body.reason),
        sentence: short(body.sentence),
        failed_step: body.failed_step,
        log_bytes: body.log_bytes,
        metrics: body
            .metrics
            .into_iter()
            .map(|metric| Metric { name: metric.name, value: metric.value, unit: metric.unit })
            .collect(),
        artifacts: body.artifacts.into_iter().map(kept).collect(),
        image_digest: short(body.image_digest),
        has_begun: body.has_begun,
        print,
    })
}

/// What a file is: what its agent says, or what its name says.
fn media_type(path: &str, said: String) -> String {
    if said.is_empty() || said == "application/octet-stream" {
        return mime_guess::from_path(path).first_or_octet_stream().to_string();
    }
    said
}

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(renew)).routes(routes!(events)).routes(routes!(log)).routes(routes!(finish))
}
