//! Rows of tries, their steps and their files.

use super::{Artifact, Attempt, Step};
use base::id::{AgentId, ArtifactId, AttemptId, PartId, RunId};
use base::{Result, Time, Value};
use db::{Row, Tx, params};
use std::collections::BTreeMap;

macro_rules! columns {
    () => {
        "id, part_id, run_id, job_id, number, agent_id, epoch, state, lease_until, leased_at, started_at, ended_at, exit_code, signal,
         reason, sentence, failed_step, log_bytes, log_kept, log_blob, image_digest"
    };
}

fn attempt(row: Row) -> Result<Attempt> {
    let mut c = row.columns();
    Ok(Attempt {
        id: c.next()?,
        part: c.next()?,
        run: c.next()?,
        job: c.next()?,
        number: c.next()?,
        agent: c.next()?,
        epoch: c.next()?,
        state: c.next()?,
        lease_until: c.next()?,
        leased_at: c.next()?,
        started_at: c.next()?,
        ended_at: c.next()?,
        exit_code: c.next()?,
        signal: c.next()?,
        reason: c.next()?,
        sentence: c.next()?,
        failed_step: c.next()?,
        log_bytes: c.next()?,
        log_kept: c.next()?,
        log_blob: c.next()?,
        image_digest: c.next()?,
    })
}

async fn many(tx: &mut Tx, sql: &str, params: &[Value]) -> Result<Vec<Attempt>> {
    tx.rows(sql, params).await?.into_iter().map(attempt).collect()
}

pub(super) async fn get(tx: &mut Tx, id: AttemptId) -> Result<Option<Attempt>> {
    let sql = concat!("select ", columns!(), " from attempt where id = $1");
    tx.opt(sql, &params![id]).await?.map(attempt).transpose()
}

pub(super) async fn hold(tx: &mut Tx, id: AttemptId) -> Result<Option<Attempt>> {
    let sql = concat!("select ", columns!(), " from attempt where id = $1 /*pg: for update */");
    tx.opt(sql, &params![id]).await?.map(attempt).transpose()
}

pub(super) async fn of_run(tx: &mut Tx, run: RunId) -> Result<Vec<Attempt>> {
    many(tx, concat!("select ", columns!(), " from attempt where run_id = $1 order by id"), &params![run])
        .await
}

/// What an agent holds.
pub(super) async fn of_agent(tx: &mut Tx, agent: AgentId) -> Result<Vec<Attempt>> {
    let sql =
        concat!("select ", columns!(), " from attempt where agent_id = $1 and ended_at is null order by id");
    many(tx, sql, &params![agent]).await
}

/// Everything that is held by anybody.
pub(super) async fn live(tx: &mut Tx) -> Result<Vec<Attempt>> {
    many(tx, concat!("select ", columns!(), " from attempt where ended_at is null order by id"), &[]).await
}

pub(crate) async fn newest_of_run(tx: &mut Tx, run: RunId) -> Result<BTreeMap<PartId, AttemptId>> {
    let rows =
        tx.rows("select part_id, id from attempt where run_id = $1 order by id", &params![run]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Writes a try that is new; `given_with` is the one whose end its agent told when it was given this one.
pub(super) async fn insert(tx: &mut Tx, attempt: &Attempt, given_with: Option<AttemptId>) -> Result<()> {
    let sql = concat!(
        "insert into attempt (",
        columns!(),
        ", given_with, secrets_given) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, '[]')"
    );
    let params = params![
        attempt.id,
        attempt.part,
        attempt.run,
        attempt.job,
        attempt.number,
        attempt.agent,
        attempt.epoch,
        attempt.state,
        attempt.lease_until,
        attempt.leased_at,
        attempt.started_at,
        attempt.ended_at,
        attempt.exit_code,
        attempt.signal,
        attempt.reason.clone(),
        attempt.sentence.clone(),
        attempt.failed_step,
        attempt.log_bytes,
        attempt.log_kept,
        attempt.log_blob.clone(),
        attempt.image_digest.clone(),
        given_with
    ];
    tx.run(sql, &params).await.map(drop)
}

/// What an agent holds, nothing was heard of, and was given with the end of another try: each with that other.
pub(super) async fn given_with_ends(tx: &mut Tx, agent: AgentId) -> Result<BTreeMap<AttemptId, AttemptId>> {
    let sql = "select id, given_with from attempt where agent_id = $1 and ended_at is null and state = 'leased' and given_with is not null";
    let rows = tx.rows(sql, &params![agent]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

pub(super) async fn set_secrets_given(tx: &mut Tx, id: AttemptId, names: &[String]) -> Result<()> {
    let names = serde_json::json!(names);
    tx.run("update attempt set secrets_given = $2 where id = $1", &params![id, names]).await.map(drop)
}

/// Everything that changes in a life, but the output.
pub(super) async fn update(tx: &mut Tx, attempt: &Attempt) -> Result<()> {
    let sql = "update attempt set state = $2, lease_until = $3, started_at = $4, ended_at = $5, exit_code = $6, signal = $7,
        reason = $8, sentence = $9, failed_step = $10, image_digest = $11 where id = $1";
    let params = params![
        attempt.id,
        attempt.state,
        attempt.lease_until,
        attempt.started_at,
        attempt.ended_at,
        attempt.exit_code,
        attempt.signal,
        attempt.reason.clone(),
        attempt.sentence.clone(),
        attempt.failed_step,
        attempt.image_digest.clone()
    ];
    tx.run(sql, &params).await.map(drop)
}

pub(super) async fn set_lease(tx: &mut Tx, id: AttemptId, until: Time) -> Result<()> {
    tx.run("update attempt set lease_until = $2 where id = $1", &params![id, until]).await.map(drop)
}

pub(super) async fn set_output(tx: &mut Tx, id: AttemptId, bytes: i64, kept: i64, until: Time) -> Result<()> {
    let sql = "update attempt set log_bytes = $2, log_kept = $3, lease_until = $4 where id = $1";
    tx.run(sql, &params![id, bytes, kept, until]).await.map(drop)
}

pub(super) async fn set_log_blob(tx: &mut Tx, id: AttemptId, hash: &str) -> Result<()> {
    tx.run("update attempt set log_blob = $2 where id = $1", &params![id, hash]).await.map(drop)
}

pub(super) async fn finish_print(tx: &mut Tx, id: AttemptId) -> Result<Option<String>> {
    tx.one("select finish_print from attempt where id = $1", &params![id]).await?.get(0)
}

pub(super) async fn set_finish_print(tx: &mut Tx, id: AttemptId, print: &str) -> Result<()> {
    tx.run("update attempt set finish_print = $2 where id = $1", &params![id, print]).await.map(drop)
}

pub(super) async fn put_step(tx: &mut Tx, attempt: AttemptId, step: &Step) -> Result<()> {
    let sql = "insert into attempt_step (attempt_id, place, name, state, log_from, log_to, took_ms, exit_code)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (attempt_id, place) do update set state = excluded.state,
        log_from = coalesce(attempt_step.log_from, excluded.log_from), log_to = excluded.log_to, took_ms = excluded.took_ms,
        exit_code = excluded.exit_code";
    let params = params![
        attempt,
        step.index,
        &step.name,
        &step.state,
        step.log_from,
        step.log_to,
        step.took_ms,
        step.exit_code
    ];
    tx.run(sql, &params).await.map(drop)
}

pub(super) async fn steps(tx: &mut Tx, attempt: AttemptId) -> Result<Vec<Step>> {
    let sql = "select place, name, state, log_from, log_to, took_ms, exit_code from attempt_step where attempt_id = $1 order by place";
    let step = |row: &Row| {
        Ok(Step {
            index: row.get(0)?,
            name: row.get(1)?,
            state: row.get(2)?,
            log_from: row.get(3)?,
            log_to: row.get(4)?,
            took_ms: row.get(5)?,
            exit_code: row.get(6)?,
        })
    };
    tx.rows(sql, &params![attempt]).await?.iter().map(step).collect()
}

const ARTIFACT: &str =
    "id, run_id, job_id, part_id, name, path, size, hash, media_type, shared, made_at, kept_until";

fn artifact_of(row: &Row) -> Result<Artifact> {
    Ok(Artifact {
        id: row.get(0)?,
        run: row.get(1)?,
        job: row.get(2)?,
        part: row.get(3)?,
        name: row.get(4)?,
        path: row.get(5)?,
        size: row.get(6)?,
        hash: row.get(7)?,
        media_type: row.get(8)?,
        shared: row.get(9)?,
        made_at: row.get(10)?,
        kept_until: row.get(11)?,
    })
}

pub(super) async fn put_artifact(tx: &mut Tx, artifact: &Artifact) -> Result<()> {
    let sql = format!(
        "insert into artifact ({ARTIFACT}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (run_id, name, path) do update set size = excluded.size, hash = excluded.hash, part_id = excluded.part_id,
         media_type = excluded.media_type, made_at = excluded.made_at, kept_until = excluded.kept_until"
    );
    let params = params![
        artifact.id,
        artifact.run,
        artifact.job,
        artifact.part,
        &artifact.name,
        &artifact.path,
        artifact.size,
        &artifact.hash,
        &artifact.media_type,
        artifact.shared,
        artifact.made_at,
        artifact.kept_until
    ];
    tx.run(&sql, &params).await.map(drop)
}

pub(super) async fn artifacts(tx: &mut Tx, run: RunId) -> Result<Vec<Artifact>> {
    let sql = format!("select {ARTIFACT} from artifact where run_id = $1 order by name, path");
    tx.rows(&sql, &params![run]).await?.iter().map(artifact_of).collect()
}

/// Artifacts whose time is over.
pub(super) async fn outdated(tx: &mut Tx, limit: usize) -> Result<Vec<Artifact>> {
    let now = tx.now();
    let sql = format!("select {ARTIFACT} from artifact where kept_until <= $1 order by kept_until limit $2");
    tx.rows(&sql, &params![now, limit]).await?.iter().map(artifact_of).collect()
}

pub(super) async fn remove_artifact(tx: &mut Tx, id: ArtifactId) -> Result<()> {
    tx.run("delete from artifact where id = $1", &params![id]).await.map(drop)
}

/// Whether any artifact still refers to a file.
pub(super) async fn is_used(tx: &mut Tx, hash: &str) -> Result<bool> {
    Ok(tx.opt("select 1 from artifact where hash = $1 limit 1", &params![hash]).await?.is_some())
}
