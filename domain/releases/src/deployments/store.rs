//! Rows of deployments.

use super::{Deployment, Filter};
use base::id::{DeploymentId, EnvironmentId};
use base::{Error, Result, Time, Value};
use db::{Row, Tx, params};

macro_rules! columns {
    () => {
        "id, number, environment_id, repository_id, kind, state, state_at, commit_id, reference, previous_commit, range, token,
         slot_at, request_key, request_print, requested_by, requested_by_name, host, pid, task_id, lease_until, abort_reason,
         abort_asked_by, requested_at, started_at, ended_at, exit_code, signal, reason, output_bytes, output_kept, log_blob"
    };
}

const BY_ID: &str = concat!("select ", columns!(), " from deployment where id = $1");
const HOLD: &str = concat!("select ", columns!(), " from deployment where id = $1 /*pg: for update */");
const BY_NUMBER: &str = concat!("select ", columns!(), " from deployment where number = $1");
const LIVE: &str = concat!(
    "select ",
    columns!(),
    " from deployment
      where environment_id = $1 and state in ('starting', 'running', 'aborting', 'lost')"
);
const WAITING: &str = concat!(
    "select ",
    columns!(),
    " from deployment
      where environment_id = $1 and state = 'queued' and lease_until > $2 order by id limit 1"
);
const WAITING_OF: &str = concat!(
    "select ",
    columns!(),
    " from deployment
      where environment_id = $1 and state = 'queued' and requested_by = $2 order by id"
);
const BY_KEY: &str =
    concat!("select ", columns!(), " from deployment where environment_id = $1 and request_key = $2");
const BY_SLOT: &str =
    concat!("select ", columns!(), " from deployment where environment_id = $1 and slot_at = $2");

const INSERT: &str = concat!(
    "insert into deployment (",
    columns!(),
    ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
       $26, $27, $28, $29, $30, $31, $32)"
);

/// Everything that changes in a life; the rest is fixed when the row is made.
const UPDATE: &str = "update deployment set state = $2, state_at = $3, previous_commit = $4, range = $5, token = $6, task_id = $7,
    lease_until = $8, abort_reason = $9, abort_asked_by = $10, started_at = $11, ended_at = $12, exit_code = $13, signal = $14,
    reason = $15, host = $16, pid = $17, slot_at = $18 where id = $1";

fn deployment(row: Row) -> Result<Deployment> {
    let mut c = row.columns();
    Ok(Deployment {
        id: c.next()?,
        number: c.next()?,
        environment: c.next()?,
        repository: c.next()?,
        kind: c.next()?,
        state: c.next()?,
        state_at: c.next()?,
        commit: c.next()?,
        reference: c.next()?,
        previous_commit: c.next()?,
        range: serde_json::from_value(c.next()?).map_err(|error| {
            Error::bug("deployment.range", "a deployment's range cannot be read").because(error)
        })?,
        token: c.next()?,
        slot: c.next()?,
        request_key: c.next()?,
        request_print: c.next()?,
        requested_by: c.next()?,
        requested_by_name: c.next()?,
        host: c.next()?,
        pid: c.next()?,
        task: c.next()?,
        lease_until: c.next()?,
        abort_reason: c.next()?,
        abort_asked_by: c.next()?,
        requested_at: c.next()?,
        started_at: c.next()?,
        ended_at: c.next()?,
        exit_code: c.next()?,
        signal: c.next()?,
        reason: c.next()?,
        output_bytes: c.next()?,
        output_kept: c.next()?,
        log_blob: c.next()?,
    })
}

async fn one(tx: &mut Tx, sql: &str, params: &[Value]) -> Result<Option<Deployment>> {
    tx.opt(sql, params).await?.map(deployment).transpose()
}

pub(super) async fn get(tx: &mut Tx, id: DeploymentId) -> Result<Option<Deployment>> {
    one(tx, BY_ID, &params![id]).await
}

pub(super) async fn hold(tx: &mut Tx, id: DeploymentId) -> Result<Option<Deployment>> {
    one(tx, HOLD, &params![id]).await
}

pub(super) async fn by_number(tx: &mut Tx, number: i64) -> Result<Option<Deployment>> {
    one(tx, BY_NUMBER, &params![number]).await
}

pub(super) async fn live(tx: &mut Tx, environment: EnvironmentId) -> Result<Option<Deployment>> {
    one(tx, LIVE, &params![environment]).await
}

pub(super) async fn first_waiting(
    tx: &mut Tx,
    environment: EnvironmentId,
    now: Time,
) -> Result<Option<Deployment>> {
    one(tx, WAITING, &params![environment, now]).await
}

pub(super) async fn waiting_of(
    tx: &mut Tx,
    environment: EnvironmentId,
    user: base::id::UserId,
) -> Result<Vec<Deployment>> {
    tx.rows(WAITING_OF, &params![environment, user]).await?.into_iter().map(deployment).collect()
}

pub(super) async fn by_key(tx: &mut Tx, environment: EnvironmentId, key: &str) -> Result<Option<Deployment>> {
    one(tx, BY_KEY, &params![environment, key]).await
}

pub(super) async fn by_slot(
    tx: &mut Tx,
    environment: EnvironmentId,
    slot: Time,
) -> Result<Option<Deployment>> {
    one(tx, BY_SLOT, &params![environment, slot]).await
}

pub(super) async fn list(tx: &mut Tx, filter: &Filter, seen: &[EnvironmentId]) -> Result<Vec<Deployment>> {
    let mut wanted = db::Filter::default();
    wanted.and_in("environment_id", seen.iter().map(Value::from));
    if !filter.states.is_empty() {
        wanted.and_in("state", filter.states.iter().map(|state| Value::from(*state)));
    }
    if let Some(before) = filter.before {
        wanted.and("id < ?", params![before]);
    }
    let limit = wanted.param(filter.limit);
    let sql = format!(
        concat!("select ", columns!(), " from deployment where {} order by id desc limit {}"),
        wanted.sql(),
        limit
    );
    tx.rows(&sql, wanted.params()).await?.into_iter().map(deployment).collect()
}

/// The next number that people say.
pub(super) async fn next_number(tx: &mut Tx) -> Result<i64> {
    let sql = "update release_counter set value = value + 1 where name = 'deployment' returning value";
    tx.one(sql, &[]).await?.get(0)
}

pub(super) async fn insert(tx: &mut Tx, d: &Deployment) -> Result<()> {
    let values = params![
        d.id,
        d.number,
        d.environment,
        d.repository,
        d.kind,
        d.state,
        d.state_at,
        d.commit.as_str(),
        d.reference.clone(),
        d.previous_commit.clone(),
        serde_json::json!(d.range),
        d.token,
        d.slot,
        d.request_key.clone(),
        d.request_print.clone(),
        d.requested_by,
        d.requested_by_name.as_str(),
        d.host.as_str(),
        d.pid,
        d.task,
        d.lease_until,
        d.abort_reason.clone(),
        d.abort_asked_by.clone(),
        d.requested_at,
        d.started_at,
        d.ended_at,
        d.exit_code,
        d.signal,
        d.reason.clone(),
        d.output_bytes,
        d.output_kept,
        d.log_blob.clone()
    ];
    tx.run(INSERT, &values).await.map(drop)
}

pub(super) async fn update(tx: &mut Tx, d: &Deployment) -> Result<()> {
    let values = params![
        d.id,
        d.state,
        d.state_at,
        d.previous_commit.clone(),
        serde_json::json!(d.range),
        d.token,
        d.task,
        d.lease_until,
        d.abort_reason.clone(),
        d.abort_asked_by.clone(),
        d.started_at,
        d.ended_at,
        d.exit_code,
        d.signal,
        d.reason.clone(),
        d.host.as_str(),
        d.pid,
        d.slot
    ];
    tx.run(UPDATE, &values).await.map(drop)
}

/// The hot path of a heartbeat: only the lease.
pub(super) async fn set_lease(tx: &mut Tx, id: DeploymentId, until: Time) -> Result<()> {
    tx.run("update deployment set lease_until = $2 where id = $1", &params![id, until]).await.map(drop)
}

/// Gives every live lease at least until `until`; returns how many were short.
pub(super) async fn renew_all(tx: &mut Tx, until: Time) -> Result<u64> {
    let sql = "update deployment set lease_until = $1
      where state in ('starting', 'running', 'aborting', 'queued') and lease_until < $1";
    tx.run(sql, &params![until]).await
}

/// The hot path of output: how much there is, and the lease with it.
pub(super) async fn set_output(
    tx: &mut Tx,
    id: DeploymentId,
    bytes: i64,
    kept: i64,
    lease: Option<Time>,
) -> Result<()> {
    let sql = "update deployment set output_bytes = $2, output_kept = $3, lease_until = coalesce($4, lease_until) where id = $1";
    tx.run(sql, &params![id, bytes, kept, lease]).await.map(drop)
}

/// The end of an output of which more arrived than is kept; empty for any other.
pub(super) async fn output_end(tx: &mut Tx, id: DeploymentId) -> Result<Vec<u8>> {
    let sql = "select bytes from deployment_output_end where deployment_id = $1";
    tx.opt(sql, &params![id]).await?.map_or(Ok(Vec::new()), |row| row.get(0))
}

pub(super) async fn set_output_end(tx: &mut Tx, id: DeploymentId, bytes: &[u8]) -> Result<()> {
    let sql = "insert into deployment_output_end (deployment_id, bytes) values ($1, $2)
      on conflict (deployment_id) do update set bytes = excluded.bytes";
    tx.run(sql, &params![id, bytes]).await.map(drop)
}

pub(super) async fn set_log_blob(tx: &mut Tx, id: DeploymentId, name: &str) -> Result<()> {
    tx.run("update deployment set log_blob = $2 where id = $1", &params![id, name]).await.map(drop)
}
