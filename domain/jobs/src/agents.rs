//! Agents: the machines that do the work of runs. They speak first, over HTTP; the server only answers.

mod api;
mod auth;
mod invite;
pub(crate) mod pages;
pub mod pools;
pub(crate) mod store;

use api::routes as own_routes;
pub use auth::AgentAuth;
#[cfg(test)]
pub(crate) use invite::enroll;
pub use invite::{Invitation, NewInvitation, invite, register};

use base::id::{AgentId, PoolId};
use base::{Error, Result, Role, Time};
use db::Tx;
use journal::Subject;
use people::rights;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// An agent that said nothing for so long is shown as away.
pub const AWAY_AFTER: Duration = Duration::from_secs(90);

/// The oldest agent that this server works with.
pub const OLDEST_VERSION: &str = "0.1.0";

/// What a machine can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Capabilities {
    /// Whether it reaches a container engine.
    pub docker: bool,
    /// Whether it has bubblewrap.
    pub bwrap: bool,
    /// Which cgroups it may make: `v2`, `unified` or `none`.
    pub cgroup: String,
    /// Whether it has git.
    pub git: bool,
}

/// What an agent says of itself when it registers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Its name; people see it.
    pub name: String,
    /// The operating system, as `linux`.
    pub os: String,
    /// The processor, as `x86_64`.
    pub arch: String,
    /// The version of the agent.
    pub version: String,
    /// What people call for by: `gpu`, or `zone` with a value.
    pub labels: BTreeMap<String, String>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// How many parts it does at once.
    pub slots: i64,
    /// Whether it ends after its first assignment.
    pub once: bool,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// What it said of itself.
    pub machine: Machine,
    /// Those of its labels that its invitation gave it.
    pub given: BTreeMap<String, String>,
    /// Whether it gets no more work.
    pub draining: bool,
    /// The pool that started it.
    pub pool: Option<PoolId>,
    /// When it registered.
    pub made_at: Time,
    /// When it was heard from, give or take some seconds.
    pub seen_at: Time,
    /// When it left or was removed.
    pub gone_at: Option<Time>,
}

impl Agent {
    /// What its entries are kept under.
    pub fn subject(&self) -> Subject {
        Subject::new("agent", self.id.0)
    }

    /// Whether it has not been heard from for too long.
    pub fn is_away(&self, now: Time) -> bool {
        now.since(self.seen_at) > AWAY_AFTER
    }

    /// Everything that a job can ask for by name, the facts about the machine among them.
    pub fn offers(&self) -> BTreeMap<String, String> {
        let machine = &self.machine;
        let mut all = machine.labels.clone();
        all.insert("os".to_owned(), machine.os.clone());
        all.insert("arch".to_owned(), machine.arch.clone());
        all.insert("name".to_owned(), machine.name.clone());
        for (name, has) in [
            ("docker", machine.capabilities.docker),
            ("bwrap", machine.capabilities.bwrap),
            ("git", machine.capabilities.git),
        ] {
            if has {
                all.insert(name.to_owned(), "true".to_owned());
            }
        }
        all
    }
}

pub(crate) fn routes() -> web::api::Routes {
    own_routes().merge(pools::routes())
}

fn missing(id: AgentId) -> Error {
    Error::missing("agent.missing", format!("There is no agent {id}"))
}

/// The agents that are registered. For members.
pub async fn list(tx: &mut Tx) -> Result<Vec<Agent>> {
    rights::require_role(tx, Role::Member)?;
    store::here(tx).await
}

/// How many parts each agent does now. For members.
pub(crate) async fn busy(tx: &mut Tx) -> Result<BTreeMap<AgentId, i64>> {
    rights::require_role(tx, Role::Member)?;
    store::busy(tx).await
}

/// One agent. For members.
pub async fn get(tx: &mut Tx, id: AgentId) -> Result<Agent> {
    rights::require_role(tx, Role::Member)?;
    unchecked(tx, id).await
}

pub(crate) async fn unchecked(tx: &mut Tx, id: AgentId) -> Result<Agent> {
    store::get(tx, id).await?.ok_or_else(|| missing(id))
}

/// Whether an agent gets no more work. What it does now it ends. For administrators.
pub async fn set_draining(tx: &mut Tx, id: AgentId, draining: bool) -> Result<Agent> {
    rights::require_admin(tx).await?;
    let mut agent = unchecked(tx, id).await?;
    if agent.draining != draining {
        store::set_draining(tx, id, draining).await?;
        agent.draining = draining;
        let verb = if draining { "agent.drained" } else { "agent.undrained" };
        journal::enter(tx, verb, agent.subject(), &[], json!({"name": agent.machine.name}));
    }
    Ok(agent)
}

/// Removes an agent: its token is void at once, and what it was doing is lost. For administrators.
pub async fn remove(tx: &mut Tx, id: AgentId) -> Result<()> {
    rights::require_admin(tx).await?;
    let agent = unchecked(tx, id).await?;
    leave(tx, &agent, "agent.removed").await
}

/// Notes that an agent is no longer there, and gives up what it held.
pub(crate) async fn leave(tx: &mut Tx, agent: &Agent, verb: &'static str) -> Result<()> {
    if agent.gone_at.is_some() {
        return Ok(());
    }
    let now = tx.now();
    store::set_gone(tx, agent.id, now).await?;
    if agent.pool.is_some() {
        pools::wake(tx).await?;
    }
    journal::enter(tx, verb, agent.subject(), &[], json!({"name": agent.machine.name}));
    crate::attempts::lose_all_of(tx, agent, "its agent was removed").await
}
