//! Pools at `/api/v1/agents/pools`.

use super::{Plan, Pool, Start, Way};
use axum::extract::State;
use axum::http::StatusCode;
use base::id::{AgentId, PoolId};
use base::{Error, Secret, Time};
use db::Tx;
use repos::Mirrors;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::once::ShowsSecret;
use web::{App, Auth, Json, Path, Result};

/// Starts that are listed of one pool.
const LISTED: usize = 50;

/// A pool of agents that are started when they are needed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentPool)]
struct PoolJson {
    #[schema(value_type = String)]
    id: PoolId,
    name: String,
    command: Option<String>,
    webhook: Option<String>,
    labels: BTreeMap<String, String>,
    min: i64,
    max: i64,
    idle_seconds: i64,
    boot_seconds: i64,
    /// How many of its agents are registered.
    here: usize,
    /// How many were asked for and have not come yet.
    booting: i64,
    /// Why starting fails.
    trouble: Option<TroubleJson>,
    #[schema(value_type = String)]
    made_at: Time,
    /// What the requests to the webhook are signed with; shown only when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_secret: Option<String>,
}

/// Why starting fails.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentPoolTrouble)]
struct TroubleJson {
    failures: i64,
    sentence: String,
    /// The end of what the command wrote.
    output: String,
    #[schema(value_type = String)]
    at: Time,
    #[schema(value_type = String)]
    next_try_at: Time,
}

async fn show(tx: &mut Tx, pool: Pool, secret: Option<Secret>) -> Result<PoolJson> {
    let here = crate::agents::store::of_pool(tx, pool.id).await?.len();
    let booting = super::booting(tx).await?.get(&pool.id).copied().unwrap_or(0);
    let (command, webhook) = match pool.way {
        Way::Command(command) => (Some(command), None),
        Way::Webhook(address) => (None, Some(address)),
    };
    let trouble = pool.trouble.map(|trouble| TroubleJson {
        failures: trouble.failures,
        sentence: trouble.sentence,
        output: trouble.output,
        at: trouble.at,
        next_try_at: trouble.rests_until,
    });
    Ok(PoolJson {
        id: pool.id,
        name: pool.name,
        command,
        webhook,
        labels: pool.labels,
        min: pool.least,
        max: pool.most,
        idle_seconds: pool.idle_s,
        boot_seconds: pool.boot_s,
        here,
        booting,
        trouble,
        made_at: pool.made_at,
        webhook_secret: secret.map(|secret| secret.reveal().to_owned()),
    })
}

/// What a pool is made from, or what changes about one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct PlanJson {
    /// Only when it is made.
    name: Option<String>,
    /// A command line of the server's shell; it finds `SIGNALBOX_URL`, `SIGNALBOX_AGENT_TOKEN` and `SIGNALBOX_AGENT_NAME` in its
    /// environment and has `signalbox agent --once` started somewhere.
    command: Option<String>,
    /// An address that is told instead.
    webhook: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    min: Option<i64>,
    max: Option<i64>,
    idle_seconds: Option<i64>,
    boot_seconds: Option<i64>,
}

impl PlanJson {
    fn way(&self) -> Result<Option<Way>, Error> {
        match (self.command.clone(), self.webhook.clone()) {
            (Some(_), Some(_)) => {
                Err(Error::invalid("pool.way", "A pool has either a command or a webhook, not both"))
            }
            (Some(command), None) => Ok(Some(Way::Command(command))),
            (None, Some(address)) => Ok(Some(Way::Webhook(address))),
            (None, None) => Ok(None),
        }
    }

    fn over(self, plan: Plan) -> Result<Plan, Error> {
        Ok(Plan {
            way: self.way()?.unwrap_or(plan.way),
            labels: self.labels.unwrap_or(plan.labels),
            least: self.min.unwrap_or(plan.least),
            most: self.max.unwrap_or(plan.most),
            idle_s: self.idle_seconds.unwrap_or(plan.idle_s),
            boot_s: self.boot_seconds.unwrap_or(plan.boot_s),
        })
    }
}

/// The pools.
#[utoipa::path(get, path = "/agents/pools", tag = "agents",
    responses((status = 200, body = Listing<PoolJson>), (status = "default", body = ProblemDocument)))]
async fn list(State(app): State<App>, Auth(actor): Auth) -> Result<Json<Listing<PoolJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let mut data = Vec::new();
    for pool in super::list(&mut tx).await? {
        data.push(show(&mut tx, pool, None).await?);
    }
    Ok(Json(Listing { data, next: None }))
}

/// Makes a pool of agents that are started as the queue grows.
#[utoipa::path(post, path = "/agents/pools", tag = "agents", request_body = PlanJson,
    responses((status = 201, body = PoolJson), (status = "default", body = ProblemDocument)))]
async fn create(
    State(app): State<App>,
    Auth(actor): Auth,
    Json(body): Json<PlanJson>,
) -> Result<(StatusCode, ShowsSecret<Json<PoolJson>>)> {
    let name = body.name.clone().unwrap_or_default();
    let way = body.way()?.ok_or_else(|| {
        Error::invalid("pool.way", "A pool needs a command or a webhook that starts its agents")
    })?;
    let none = Plan { way, labels: BTreeMap::new(), least: 0, most: 1, idle_s: 300, boot_s: 300 };
    let plan = body.over(none)?;
    let mut tx = app.db.write(&actor).await?;
    let (pool, secret) = super::create(&mut tx, app.part::<Mirrors>()?.sealing(), &name, plan).await?;
    let answer = show(&mut tx, pool, secret).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, ShowsSecret(Json(answer))))
}

/// One pool.
#[utoipa::path(get, path = "/agents/pools/{name}", tag = "agents", params(("name" = String, Path)),
    responses((status = 200, body = PoolJson), (status = "default", body = ProblemDocument)))]
async fn get(State(app): State<App>, Auth(actor): Auth, Path(name): Path<String>) -> Result<Json<PoolJson>> {
    let mut tx = app.db.read(&actor).await?;
    let pool = super::named(&mut tx, &name).await?;
    Ok(Json(show(&mut tx, pool, None).await?))
}

/// Changes a pool; what is absent stays.
#[utoipa::path(patch, path = "/agents/pools/{name}", tag = "agents", params(("name" = String, Path)), request_body = PlanJson,
    responses((status = 200, body = PoolJson), (status = "default", body = ProblemDocument)))]
async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Json(body): Json<PlanJson>,
) -> Result<ShowsSecret<Json<PoolJson>>> {
    if body.name.as_ref().is_some_and(|new| *new != name) {
        return Err(Error::invalid("pool.name", "A pool keeps its name; make another one").into());
    }
    let mut tx = app.db.write(&actor).await?;
    let plan = body.over(Plan::of(&super::named(&mut tx, &name).await?))?;
    let (pool, secret) = super::change(&mut tx, app.part::<Mirrors>()?.sealing(), &name, plan).await?;
    let answer = show(&mut tx, pool, secret).await?;
    tx.commit().await?;
    Ok(ShowsSecret(Json(answer)))
}

/// Starts agents again at once after failures.
#[utoipa::path(post, path = "/agents/pools/{name}/retry", tag = "agents", params(("name" = String, Path)),
    responses((status = 200, body = PoolJson), (status = "default", body = ProblemDocument)))]
async fn retry(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> Result<Json<PoolJson>> {
    let mut tx = app.db.write(&actor).await?;
    let pool = super::retry(&mut tx, &name).await?;
    let answer = show(&mut tx, pool, None).await?;
    tx.commit().await?;
    Ok(Json(answer))
}

/// Removes a pool: its agents end when they have done what they do.
#[utoipa::path(delete, path = "/agents/pools/{name}", tag = "agents", params(("name" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn remove(State(app): State<App>, Auth(actor): Auth, Path(name): Path<String>) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    super::remove(&mut tx, &name).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An agent that a pool wanted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentStart)]
struct StartJson {
    instance: String,
    /// `planned`, `launching`, `booting`, `here`, `failed` or `given_up`.
    state: String,
    #[schema(value_type = String)]
    made_at: Time,
    #[schema(value_type = String)]
    gives_up_at: Time,
    #[schema(value_type = Option<String>)]
    agent: Option<AgentId>,
    problem: Option<String>,
}

impl From<Start> for StartJson {
    fn from(start: Start) -> Self {
        Self {
            instance: start.instance,
            state: start.state,
            made_at: start.made_at,
            gives_up_at: start.gives_up_at,
            agent: start.agent,
            problem: start.problem,
        }
    }
}

/// The last agents that a pool wanted, newest first.
#[utoipa::path(get, path = "/agents/pools/{name}/starts", tag = "agents", params(("name" = String, Path)),
    responses((status = 200, body = Listing<StartJson>), (status = "default", body = ProblemDocument)))]
async fn starts(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> Result<Json<Listing<StartJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let pool = super::named(&mut tx, &name).await?;
    let all = super::starts(&mut tx, pool.id, LISTED).await?;
    Ok(Json(Listing { data: all.into_iter().map(StartJson::from).collect(), next: None }))
}

pub(in crate::agents) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(get, change, remove))
        .routes(routes!(retry))
        .routes(routes!(starts))
}
