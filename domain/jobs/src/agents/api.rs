//! Agents at `/api/v1/agents`: registering and leaving for machines, looking and draining for people.

use super::{Agent, AgentAuth, Capabilities, Machine, NewInvitation, OLDEST_VERSION};
use axum::extract::State;
use axum::http::StatusCode;
use base::id::AgentId;
use base::{Actor, Secret, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::once::ShowsSecret;
use web::{App, Auth, Json, Path, Result};

/// A machine that wants to be an agent.
#[derive(Debug, Deserialize, ToSchema)]
struct RegisterJson {
    /// The registration token. Without one nobody learns what else is missing.
    #[serde(default)]
    token: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    os: String,
    #[serde(default)]
    arch: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    capabilities: Capabilities,
    #[serde(default = "one")]
    slots: i64,
    #[serde(default)]
    once: bool,
    /// The token that the agent chose for itself: `sba_` and at least 32 random letters and digits. With it the request may be
    /// repeated.
    #[schema(value_type = Option<String>)]
    own_token: Option<Secret>,
}

fn one() -> i64 {
    1
}

/// What a machine is told that became an agent.
#[derive(Debug, Serialize, ToSchema)]
struct RegisteredJson {
    #[schema(value_type = String)]
    id: AgentId,
    /// Its own token, shown once.
    token: String,
    server_version: &'static str,
    /// An older agent gets no work.
    minimum_version: &'static str,
}

/// Makes a machine an agent. The registration token is used up by it.
#[utoipa::path(post, path = "/agents/register", tag = "agents", request_body = RegisterJson, security(()),
    responses((status = 201, body = RegisteredJson), (status = "default", body = ProblemDocument)))]
async fn register(
    State(app): State<App>,
    Json(body): Json<RegisterJson>,
) -> Result<(StatusCode, ShowsSecret<Json<RegisteredJson>>)> {
    let machine = Machine {
        name: body.name,
        os: body.os,
        arch: body.arch,
        version: body.version,
        labels: body.labels,
        capabilities: body.capabilities,
        slots: body.slots,
        once: body.once,
    };
    let mut tx = app.db.write(&Actor::system()).await?;
    let (agent, token) = super::register(&mut tx, &Secret::new(body.token), body.own_token, machine).await?;
    tx.commit().await?;
    let answer = RegisteredJson {
        id: agent.id,
        token: token.reveal().to_owned(),
        server_version: env!("CARGO_PKG_VERSION"),
        minimum_version: OLDEST_VERSION,
    };
    Ok((StatusCode::CREATED, ShowsSecret(Json(answer))))
}

/// An agent says goodbye. What it still held is lost.
#[utoipa::path(post, path = "/agents/leave", tag = "agents", responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn leave(State(app): State<App>, agent: AgentAuth) -> Result<StatusCode> {
    let mut tx = app.db.write(&agent.actor()).await?;
    super::leave(&mut tx, &agent.0, "agent.left").await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An agent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Agent)]
struct AgentJson {
    #[schema(value_type = String)]
    id: AgentId,
    name: String,
    os: String,
    arch: String,
    version: String,
    labels: BTreeMap<String, String>,
    capabilities: Capabilities,
    slots: i64,
    once: bool,
    draining: bool,
    /// Whether it was heard from lately.
    online: bool,
    #[schema(value_type = String)]
    registered_at: Time,
    #[schema(value_type = String)]
    seen_at: Time,
}

fn show(agent: Agent, now: Time) -> AgentJson {
    let online = agent.gone_at.is_none() && !agent.is_away(now);
    let machine = agent.machine;
    AgentJson {
        id: agent.id,
        name: machine.name,
        os: machine.os,
        arch: machine.arch,
        version: machine.version,
        labels: machine.labels,
        capabilities: machine.capabilities,
        slots: machine.slots,
        once: machine.once,
        draining: agent.draining,
        online,
        registered_at: agent.made_at,
        seen_at: agent.seen_at,
    }
}

/// The agents that are registered.
#[utoipa::path(get, path = "/agents", tag = "agents",
    responses((status = 200, body = Listing<AgentJson>), (status = "default", body = ProblemDocument)))]
async fn list(State(app): State<App>, Auth(actor): Auth) -> Result<Json<Listing<AgentJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let now = tx.now();
    let data = super::list(&mut tx).await?.into_iter().map(|agent| show(agent, now)).collect();
    Ok(Json(Listing { data, next: None }))
}

/// What an invitation is made from.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct InviteJson {
    /// Labels that the agent gets whatever it says.
    labels: BTreeMap<String, String>,
}

/// An invitation.
#[derive(Debug, Serialize, ToSchema)]
struct InvitedJson {
    /// The registration token, shown once; for `signalbox agent --token`.
    token: String,
    #[schema(value_type = String)]
    ends_at: Time,
}

/// Makes a registration token for one agent.
#[utoipa::path(post, path = "/agents/tokens", tag = "agents", request_body = InviteJson,
    responses((status = 201, body = InvitedJson), (status = "default", body = ProblemDocument)))]
async fn invite(
    State(app): State<App>,
    Auth(actor): Auth,
    Json(body): Json<InviteJson>,
) -> Result<(StatusCode, ShowsSecret<Json<InvitedJson>>)> {
    let mut tx = app.db.write(&actor).await?;
    let new = NewInvitation { labels: body.labels, pool: None };
    let (token, ends_at) = super::invite(&mut tx, new).await?;
    tx.commit().await?;
    let answer = InvitedJson { token: token.reveal().to_owned(), ends_at };
    Ok((StatusCode::CREATED, ShowsSecret(Json(answer))))
}

/// What changes.
#[derive(Debug, Deserialize, ToSchema)]
struct ChangeJson {
    /// Whether it gets no more work.
    draining: bool,
}

/// Drains an agent, or lets it take work again.
#[utoipa::path(patch, path = "/agents/{id}", tag = "agents", params(("id" = String, Path)), request_body = ChangeJson,
    responses((status = 200, body = AgentJson), (status = "default", body = ProblemDocument)))]
async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<AgentId>,
    Json(body): Json<ChangeJson>,
) -> Result<Json<AgentJson>> {
    let mut tx = app.db.write(&actor).await?;
    let agent = super::set_draining(&mut tx, id, body.draining).await?;
    let now = tx.now();
    tx.commit().await?;
    Ok(Json(show(agent, now)))
}

/// Removes an agent: its token is void, and what it was doing is lost.
#[utoipa::path(delete, path = "/agents/{id}", tag = "agents", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn remove(State(app): State<App>, Auth(actor): Auth, Path(id): Path<AgentId>) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    super::remove(&mut tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(register))
        .routes(routes!(leave))
        .routes(routes!(list))
        .routes(routes!(invite))
        .routes(routes!(change, remove))
}
