//! Agents.

use crate::call::{Answer, Call};
use crate::routes::{Route, route};
use base::Result;
use base::id::AgentId;
use db::Tx;
use jobs::agents::{self, Agent};
use jobs::runs;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The endpoints of this resource.
pub const ROUTES: &[Route] = &[
    route!(GET "/rest/api/latest/agent" => list),
    route!(GET "/rest/api/latest/agent/remote" => list),
    route!(GET "/rest/api/latest/agent/{agent}" => get),
    route!(GET "/rest/api/latest/agent/{agent}/status" => status),
    route!(PUT "/rest/api/latest/agent/{agent}/enable" => enable),
    route!(PUT "/rest/api/latest/agent/{agent}/disable" => disable),
    route!(GET "/rest/api/latest/agent/{agent}/capability" => capabilities),
];

fn is_online(tx: &Tx, agent: &Agent) -> bool {
    agent.gone_at.is_none() && !agent.is_away(tx.now())
}

fn show(tx: &Tx, agent: &Agent, busy: &BTreeSet<AgentId>) -> Value {
    let online = is_online(tx, agent);
    json!({
        "id": agent.id.0,
        "name": agent.machine.name,
        "type": if agent.pool.is_some() { "ELASTIC" } else { "REMOTE" },
        "active": online,
        "online": online,
        "enabled": !agent.draining,
        "busy": busy.contains(&agent.id),
        "version": agent.machine.version,
        "slots": agent.machine.slots,
    })
}

/// A bare list; with `online=True` those that were heard from.
async fn list(call: &Call<'_>) -> Result<Answer> {
    let only_online = call.query.flag("online") == Some(true);
    let mut tx = call.read().await?;
    let busy = runs::busy_agents(&mut tx).await?;
    let all = agents::list(&mut tx).await?;
    let all = all.iter().filter(|agent| !only_online || is_online(&tx, agent));
    Ok(Answer::ok(all.map(|agent| show(&tx, agent, &busy)).collect()))
}

async fn agent(call: &Call<'_>, tx: &mut Tx) -> Result<Agent> {
    agents::get(tx, AgentId(call.id("agent")?)).await
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let busy = runs::busy_agents(&mut tx).await?;
    let agent = agent(call, &mut tx).await?;
    let mut all = show(&tx, &agent, &busy);
    if call.expand().has("capabilities") {
        all["capabilities"] = offered(&agent);
    }
    Ok(Answer::ok(all))
}

async fn status(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let agent = agent(call, &mut tx).await?;
    Ok(Answer::ok(json!({"online": is_online(&tx, &agent)})))
}

/// Everything that a job can ask for by name.
fn offered(agent: &Agent) -> Value {
    agent
        .offers()
        .iter()
        .map(|(key, value)| json!({"key": key, "value": value, "capabilityType": "Custom"}))
        .collect()
}

async fn capabilities(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let agent = agent(call, &mut tx).await?;
    Ok(Answer::ok(offered(&agent)))
}

async fn set_draining(call: &Call<'_>, draining: bool) -> Result<Answer> {
    let mut tx = call.write().await?;
    let id = agent(call, &mut tx).await?.id;
    agents::set_draining(&mut tx, id, draining).await?;
    tx.commit().await?;
    Ok(Answer::done())
}

async fn enable(call: &Call<'_>) -> Result<Answer> {
    set_draining(call, false).await
}

async fn disable(call: &Call<'_>) -> Result<Answer> {
    set_draining(call, true).await
}
