//! Rows of pools and of the agents that they want.

use super::{Pool, Trouble, Way};
use crate::agents::store::json;
use base::id::{AgentId, AnyId, PoolId};
use base::{Result, Time};
use db::{Row, Tx, params};
use std::collections::BTreeMap;

const POOL: &str = "id, name, command, webhook, labels, least, most, idle_s, boot_s, known, failures, rests_until, failed_at, problem,
    output, made_at";

fn pool(row: Row) -> Result<Pool> {
    let mut c = row.columns();
    let (id, name) = (c.next()?, c.next()?);
    let (command, webhook): (Option<String>, Option<String>) = (c.next()?, c.next()?);
    let way = match (command, webhook) {
        (Some(command), _) => Way::Command(command),
        (None, webhook) => Way::Webhook(webhook.unwrap_or_default()),
    };
    let labels = json(c.next()?)?;
    let (least, most, idle_s, boot_s) = (c.next()?, c.next()?, c.next()?, c.next()?);
    let known = json(c.next()?)?;
    let failures: i64 = c.next()?;
    let (rests_until, at): (Option<Time>, Option<Time>) = (c.next()?, c.next()?);
    let (sentence, output): (Option<String>, Option<String>) = (c.next()?, c.next()?);
    let trouble = match (rests_until, at) {
        (Some(rests_until), Some(at)) => Some(Trouble {
            failures,
            rests_until,
            at,
            sentence: sentence.unwrap_or_default(),
            output: output.unwrap_or_default(),
        }),
        _ => None,
    };
    Ok(Pool { id, name, way, labels, least, most, idle_s, boot_s, known, trouble, made_at: c.next()? })
}

/// The pools that there are, by name.
pub(super) async fn all(tx: &mut Tx) -> Result<Vec<Pool>> {
    let sql = format!("select {POOL} from agent_pool where removed_at is null order by name");
    tx.rows(&sql, &[]).await?.into_iter().map(pool).collect()
}

/// The same, and nobody else decides about them meanwhile.
pub(super) async fn hold_all(tx: &mut Tx) -> Result<Vec<Pool>> {
    let sql =
        format!("select {POOL} from agent_pool where removed_at is null order by name /*pg: for update */");
    tx.rows(&sql, &[]).await?.into_iter().map(pool).collect()
}

pub(super) async fn is_any(tx: &mut Tx) -> Result<bool> {
    Ok(tx.opt("select 1 from agent_pool where removed_at is null limit 1", &[]).await?.is_some())
}

pub(super) async fn named(tx: &mut Tx, name: &str) -> Result<Option<Pool>> {
    let sql = format!("select {POOL} from agent_pool where name = $1 and removed_at is null");
    tx.opt(&sql, &params![name]).await?.map(pool).transpose()
}

pub(super) async fn get(tx: &mut Tx, id: PoolId) -> Result<Option<Pool>> {
    let sql =
        format!("select {POOL} from agent_pool where id = $1 and removed_at is null /*pg: for update */");
    tx.opt(&sql, &params![id]).await?.map(pool).transpose()
}

fn ways(way: &Way) -> (Option<String>, Option<String>) {
    match way {
        Way::Command(command) => (Some(command.clone()), None),
        Way::Webhook(address) => (None, Some(address.clone())),
    }
}

pub(super) async fn insert(tx: &mut Tx, pool: &Pool) -> Result<()> {
    let sql =
        "insert into agent_pool (id, name, command, webhook, labels, least, most, idle_s, boot_s, made_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let (command, webhook) = ways(&pool.way);
    let labels = serde_json::json!(pool.labels);
    let params = params![
        pool.id,
        &pool.name,
        command,
        webhook,
        labels,
        pool.least,
        pool.most,
        pool.idle_s,
        pool.boot_s,
        pool.made_at
    ];
    tx.run(sql, &params).await.map(drop)
}

pub(super) async fn update(tx: &mut Tx, pool: &Pool) -> Result<()> {
    let sql = "update agent_pool set command = $2, webhook = $3, labels = $4, least = $5, most = $6, idle_s = $7, boot_s = $8
        where id = $1";
    let (command, webhook) = ways(&pool.way);
    let labels = serde_json::json!(pool.labels);
    let params = params![pool.id, command, webhook, labels, pool.least, pool.most, pool.idle_s, pool.boot_s];
    tx.run(sql, &params).await.map(drop)
}

pub(super) async fn set_secret(tx: &mut Tx, id: PoolId, sealed: &[u8]) -> Result<()> {
    tx.run("update agent_pool set secret = $2 where id = $1", &params![id, sealed.to_vec()]).await.map(drop)
}

pub(super) async fn secret(tx: &mut Tx, id: PoolId) -> Result<Option<Vec<u8>>> {
    tx.one("select secret from agent_pool where id = $1", &params![id]).await?.get(0)
}

/// Notes that a start failed, or that one succeeded.
pub(super) async fn set_trouble(tx: &mut Tx, id: PoolId, trouble: Option<&Trouble>) -> Result<()> {
    let sql = "update agent_pool set failures = $2, rests_until = $3, failed_at = $4, problem = $5, output = $6 where id = $1";
    let params = match trouble {
        Some(t) => {
            params![id, t.failures, t.rests_until, t.at, t.sentence.clone(), t.output.clone()]
        }
        None => {
            params![id, 0_i64, None::<Time>, None::<Time>, None::<String>, None::<String>]
        }
    };
    tx.run(sql, &params).await.map(drop)
}

/// Remembers what an agent of a pool can be asked for by name.
pub(super) async fn set_known(tx: &mut Tx, id: PoolId, known: &BTreeMap<String, String>) -> Result<()> {
    let known = serde_json::json!(known);
    tx.run("update agent_pool set known = $2 where id = $1", &params![id, known]).await.map(drop)
}

pub(super) async fn remove(tx: &mut Tx, id: PoolId) -> Result<()> {
    let now = tx.now();
    tx.run("update agent_pool set removed_at = $2 where id = $1", &params![id, now]).await.map(drop)
}

/// An agent that a pool wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Its id.
    pub id: AnyId,
    /// The pool.
    pub pool: PoolId,
    /// What the agent is called.
    pub instance: String,
    /// `planned`, `launching`, `booting`, `here`, `failed` or `given_up`.
    pub state: String,
    /// Since when it is wanted.
    pub made_at: Time,
    /// When it is given up.
    pub gives_up_at: Time,
    /// The agent that came.
    pub agent: Option<AgentId>,
    /// Why none came.
    pub problem: Option<String>,
}

const START: &str = "id, pool_id, instance, state, made_at, gives_up_at, agent_id, problem";

fn start(row: Row) -> Result<Start> {
    let mut c = row.columns();
    Ok(Start {
        id: c.next()?,
        pool: c.next()?,
        instance: c.next()?,
        state: c.next()?,
        made_at: c.next()?,
        gives_up_at: c.next()?,
        agent: c.next()?,
        problem: c.next()?,
    })
}

pub(super) async fn insert_start(tx: &mut Tx, start: &Start) -> Result<()> {
    let sql = "insert into agent_start (id, pool_id, instance, state, made_at, gives_up_at) values ($1, $2, $3, $4, $5, $6)";
    let params =
        params![start.id, start.pool, &start.instance, &start.state, start.made_at, start.gives_up_at];
    tx.run(sql, &params).await.map(drop)
}

pub(super) async fn starts(tx: &mut Tx, pool: PoolId, limit: usize) -> Result<Vec<Start>> {
    let sql = format!("select {START} from agent_start where pool_id = $1 order by id desc limit $2");
    tx.rows(&sql, &params![pool, limit]).await?.into_iter().map(start).collect()
}

/// Those that have not come and were not given up.
pub(super) async fn live_starts(tx: &mut Tx, pool: PoolId) -> Result<Vec<Start>> {
    let sql = format!(
        "select {START} from agent_start where pool_id = $1 and ended_at is null and agent_id is null order by id"
    );
    tx.rows(&sql, &params![pool]).await?.into_iter().map(start).collect()
}

/// How many each pool waits for.
pub(super) async fn booting(tx: &mut Tx) -> Result<BTreeMap<PoolId, i64>> {
    let sql = "select pool_id, count(*) from agent_start where ended_at is null and agent_id is null group by pool_id";
    tx.rows(sql, &[]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

pub(super) async fn hold_start(tx: &mut Tx, id: AnyId) -> Result<Option<Start>> {
    let sql = format!("select {START} from agent_start where id = $1 /*pg: for update */");
    tx.opt(&sql, &params![id]).await?.map(start).transpose()
}

/// The one whose agent holds this token.
pub(super) async fn start_by_token(tx: &mut Tx, hash: &str) -> Result<Option<Start>> {
    let sql = format!("select {START} from agent_start where token_hash = $1 /*pg: for update */");
    tx.opt(&sql, &params![hash]).await?.map(start).transpose()
}

pub(super) async fn set_launching(tx: &mut Tx, id: AnyId, token_hash: &str) -> Result<()> {
    let sql = "update agent_start set state = 'launching', token_hash = $2 where id = $1";
    tx.run(sql, &params![id, token_hash]).await.map(drop)
}

pub(super) async fn set_booting(tx: &mut Tx, id: AnyId) -> Result<()> {
    let sql = "update agent_start set state = 'booting' where id = $1 and state = 'launching'";
    tx.run(sql, &params![id]).await.map(drop)
}

pub(super) async fn set_here(tx: &mut Tx, id: AnyId, agent: AgentId) -> Result<()> {
    tx.run("update agent_start set state = 'here', agent_id = $2 where id = $1", &params![id, agent])
        .await
        .map(drop)
}

pub(super) async fn end_start(tx: &mut Tx, id: AnyId, state: &str, problem: Option<&str>) -> Result<()> {
    let now = tx.now();
    let sql = "update agent_start set state = $2, problem = $3, ended_at = $4 where id = $1";
    tx.run(sql, &params![id, state, problem, now]).await.map(drop)
}

/// Gives those that may still come their whole time again from now on.
pub(super) async fn extend_starts(tx: &mut Tx) -> Result<()> {
    let now = tx.now();
    let sql = "update agent_start set gives_up_at = $1 + 1000 * (select boot_s from agent_pool where agent_pool.id = agent_start.pool_id)
        where ended_at is null and agent_id is null";
    tx.run(sql, &params![now]).await?;
    // While the server was down nobody could be heard.
    let sql = "update agent set seen_at = $1 where pool_id is not null and gone_at is null";
    tx.run(sql, &params![now]).await.map(drop)
}

/// Forgets what nobody asks about any more.
pub(super) async fn forget_starts(tx: &mut Tx, before: Time) -> Result<()> {
    let sql = "delete from agent_start where made_at < $1 and (ended_at is not null or agent_id is not null)";
    tx.run(sql, &params![before]).await.map(drop)
}

/// When the last try of each agent of a pool was over.
pub(super) async fn idle_since(tx: &mut Tx, pool: PoolId) -> Result<BTreeMap<AgentId, Time>> {
    let sql = "select a.id, max(t.ended_at) from agent a join attempt t on t.agent_id = a.id
        where a.pool_id = $1 and a.gone_at is null and t.ended_at is not null group by a.id";
    tx.rows(sql, &params![pool]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Whether an agent of some pool could do a part.
pub(crate) async fn fits_one(tx: &mut Tx, part: &crate::runs::Part) -> Result<bool> {
    Ok(all(tx).await?.iter().any(|pool| crate::attempts::fits(part, &pool.offers())))
}

/// What became of a start, by the name of its agent, and when the agent was gone.
pub(super) async fn ending_of(tx: &mut Tx, instance: &str) -> Result<Option<(String, Option<Time>)>> {
    let sql = "select s.state, a.gone_at from agent_start s left join agent a on a.id = s.agent_id where s.instance = $1";
    match tx.opt(sql, &params![instance]).await? {
        Some(row) => Ok(Some((row.get(0)?, row.get(1)?))),
        None => Ok(None),
    }
}
