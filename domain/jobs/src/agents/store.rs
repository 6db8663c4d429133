//! Rows of agents and invitations.

use super::{Agent, Capabilities, Invitation, Machine, NewInvitation};
use base::id::{AgentId, PoolId};
use base::{Error, Result, Time};
use db::{Row, Tx, params};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

const COLUMNS: &str = "id, name, os, arch, version, labels, capabilities, slots, once, draining, pool_id, made_at, seen_at, gone_at, given";

pub(crate) fn json<T: DeserializeOwned>(value: serde_json::Value) -> Result<T> {
    serde_json::from_value(value)
        .map_err(|error| Error::bug("jobs.stored", "something stored of jobs cannot be read").because(error))
}

fn agent(row: &Row) -> Result<Agent> {
    Ok(Agent {
        id: row.get(0)?,
        machine: Machine {
            name: row.get(1)?,
            os: row.get(2)?,
            arch: row.get(3)?,
            version: row.get(4)?,
            labels: json(row.get(5)?)?,
            capabilities: json(row.get(6)?)?,
            slots: row.get(7)?,
            once: row.get(8)?,
        },
        draining: row.get(9)?,
        pool: row.get(10)?,
        made_at: row.get(11)?,
        seen_at: row.get(12)?,
        gone_at: row.get(13)?,
        given: json(row.get(14)?)?,
    })
}

fn stored(capabilities: &Capabilities) -> Result<serde_json::Value> {
    serde_json::to_value(capabilities)
        .map_err(|error| Error::bug("jobs.stored", "an agent's capabilities cannot be stored").because(error))
}

pub(crate) async fn insert(tx: &mut Tx, agent: &Agent, token_hash: &str) -> Result<()> {
    let machine = &agent.machine;
    let sql = format!(
        "insert into agent ({COLUMNS}, token_hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
    );
    let params = params![
        agent.id,
        &machine.name,
        &machine.os,
        &machine.arch,
        &machine.version,
        serde_json::json!(machine.labels),
        stored(&machine.capabilities)?,
        machine.slots,
        machine.once,
        agent.draining,
        agent.pool,
        agent.made_at,
        agent.seen_at,
        agent.gone_at,
        serde_json::json!(agent.given),
        token_hash
    ];
    tx.run(&sql, &params).await.map(drop)
}

pub(crate) async fn get(tx: &mut Tx, id: AgentId) -> Result<Option<Agent>> {
    let sql = format!("select {COLUMNS} from agent where id = $1");
    tx.opt(&sql, &params![id]).await?.as_ref().map(agent).transpose()
}

pub(crate) async fn by_token(tx: &mut Tx, token_hash: &str) -> Result<Option<Agent>> {
    let sql = format!("select {COLUMNS} from agent where token_hash = $1");
    tx.opt(&sql, &params![token_hash]).await?.as_ref().map(agent).transpose()
}

/// Those that are registered, in the order in which they came.
pub(crate) async fn here(tx: &mut Tx) -> Result<Vec<Agent>> {
    let sql = format!("select {COLUMNS} from agent where gone_at is null order by id");
    tx.rows(&sql, &[]).await?.iter().map(agent).collect()
}

/// How many tries each agent holds.
pub(crate) async fn busy(tx: &mut Tx) -> Result<BTreeMap<AgentId, i64>> {
    let sql = "select agent_id, count(*) from attempt where ended_at is null group by agent_id";
    tx.rows(sql, &[]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

pub(crate) async fn set_draining(tx: &mut Tx, id: AgentId, draining: bool) -> Result<()> {
    tx.run("update agent set draining = $2 where id = $1", &params![id, draining]).await.map(drop)
}

pub(crate) async fn set_gone(tx: &mut Tx, id: AgentId, at: Time) -> Result<()> {
    tx.run("update agent set gone_at = $2 where id = $1", &params![id, at]).await.map(drop)
}

/// Notes a sign of life and what the agent says of itself now.
pub(crate) async fn set_seen(tx: &mut Tx, agent: &Agent) -> Result<()> {
    let sql = "update agent set seen_at = $2, version = $3, labels = $4, capabilities = $5 where id = $1";
    let machine = &agent.machine;
    let (labels, capabilities) = (serde_json::json!(machine.labels), stored(&machine.capabilities)?);
    tx.run(sql, &params![agent.id, agent.seen_at, &machine.version, labels, capabilities]).await.map(drop)
}

pub(crate) async fn insert_invitation(
    tx: &mut Tx,
    hash: &str,
    new: &NewInvitation,
    ends_at: Time,
) -> Result<()> {
    let sql = "insert into agent_invitation (hash, pool_id, labels, made_by, made_at, ends_at) values ($1, $2, $3, $4, $5, $6)";
    let (by, now) = (tx.actor().name.clone(), tx.now());
    tx.run(sql, &params![hash, new.pool, serde_json::json!(new.labels), by, now, ends_at]).await.map(drop)
}

/// Uses up an invitation: of two that come with the same, one gets it.
pub(crate) async fn take_invitation(tx: &mut Tx, hash: &str) -> Result<Option<Invitation>> {
    let now = tx.now();
    let sql = "update agent_invitation set used_at = $2 where hash = $1 and used_at is null";
    if tx.run(sql, &params![hash, now]).await? == 0 {
        return Ok(None);
    }
    let row = tx
        .one("select labels, pool_id, ends_at from agent_invitation where hash = $1", &params![hash])
        .await?;
    Ok(Some(Invitation { labels: json(row.get(0)?)?, pool: row.get(1)?, ends_at: row.get(2)? }))
}

/// The agents of a pool that are registered.
pub(crate) async fn of_pool(tx: &mut Tx, pool: PoolId) -> Result<Vec<Agent>> {
    let sql = format!("select {COLUMNS} from agent where pool_id = $1 and gone_at is null order by id");
    tx.rows(&sql, &params![pool]).await?.iter().map(agent).collect()
}

/// Whether an agent gets no more work, or is gone, and whether anything waits for any agent.
pub(crate) async fn standing(tx: &mut Tx, id: AgentId) -> Result<Standing> {
    let now = tx.now();
    let sql = "select draining, gone_at is not null, exists (select 1 from run_part where state = 'queued' and ready_at <= $2)
        from agent where id = $1";
    let row = tx.one(sql, &params![id, now]).await?;
    Ok(Standing { is_draining: row.get(0)?, is_gone: row.get(1)?, is_work_there: row.get(2)? })
}

/// What a waiting agent wants to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub is_draining: bool,
    pub is_gone: bool,
    pub is_work_there: bool,
}
