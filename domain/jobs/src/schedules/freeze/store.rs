//! Rows of who is frozen around whom, and who passed a freeze.

use super::Pass;
use super::window::Stay;
use crate::file;
use crate::runs::State;
use base::id::{JobId, RunId};
use base::{Result, Time};
use db::{Row, Tx, params};
use std::collections::BTreeSet;

/// Runs of another job that are looked at: hundreds may wait, and each says the same.
const STAYS: usize = 200;

/// Notes the jobs that a job is frozen around.
pub(crate) async fn note(tx: &mut Tx, job: JobId, model: &file::Job) -> Result<()> {
    tx.run("delete from job_freeze where job_id = $1", &params![job]).await?;
    for freeze in &model.freeze {
        let sql = "insert into job_freeze (job_id, other_name) values ($1, $2) on conflict do nothing";
        tx.run(sql, &params![job, &freeze.job]).await?;
    }
    Ok(())
}

/// Whether a job is frozen around any other.
pub(super) async fn has_any(tx: &mut Tx, job: JobId) -> Result<bool> {
    Ok(tx.opt("select 1 from job_freeze where job_id = $1 limit 1", &params![job]).await?.is_some())
}

/// The jobs frozen around this one, those with runs that wait.
pub(super) async fn waiting_around(tx: &mut Tx, other: &str) -> Result<Vec<JobId>> {
    let sql = "select job_id from job_freeze where other_name = $1 and exists (select 1 from run where run.job_id = job_freeze.job_id
        and run.ended_at is null and run.state = 'waiting') order by job_id";
    tx.rows(sql, &params![other]).await?.iter().map(|row| row.get(0)).collect()
}

/// All jobs that are frozen around another and have runs that wait.
pub(super) async fn all_waiting(tx: &mut Tx) -> Result<Vec<JobId>> {
    let sql = "select distinct job_id from job_freeze where exists (select 1 from run where run.job_id = job_freeze.job_id
        and run.ended_at is null and run.state = 'waiting') order by job_id";
    tx.rows(sql, &[]).await?.iter().map(|row| row.get(0)).collect()
}

/// The runs of a job that are not over, and those that ended after an instant.
pub(super) async fn stays(tx: &mut Tx, job: JobId, since: Time) -> Result<Vec<Stay>> {
    const COLUMNS: &str = "number, made_at, started_at, state, state_at, ended_at";
    let live =
        format!("select {COLUMNS} from run where job_id = $1 and ended_at is null order by id limit {STAYS}");
    let mut rows = tx.rows(&live, &params![job]).await?;
    if since < tx.now() {
        let sql = format!(
            "select {COLUMNS} from run where ended_at > $2 and job_id = $1 order by id desc limit {STAYS}"
        );
        rows.extend(tx.rows(&sql, &params![job, since]).await?);
    }
    rows.iter().map(stay).collect()
}

fn stay(row: &Row) -> Result<Stay> {
    let (state, state_at): (State, Time) = (row.get(3)?, row.get(4)?);
    let started: Option<Time> = row.get(2)?;
    Ok(Stay {
        number: row.get(0)?,
        from: row.get(1)?,
        begun: started.or((state == State::Queued).then_some(state_at)),
        until: row.get(5)?,
    })
}

/// Notes that somebody started a run although its job was frozen.
pub(super) async fn pass(tx: &mut Tx, run: RunId, pass: &Pass) -> Result<()> {
    let sql = "insert into run_pass (run_id, marks, reason) values ($1, $2, $3)";
    tx.run(sql, &params![run, pass.marks.join(" "), pass.reason.trim()]).await.map(drop)
}

/// Why somebody started a run although its job was frozen, where somebody did.
pub(crate) async fn passed_for(tx: &mut Tx, run: RunId) -> Result<Option<String>> {
    tx.opt("select reason from run_pass where run_id = $1", &params![run])
        .await?
        .map(|row| row.get(0))
        .transpose()
}

/// Notes that a run waits for the end of a freeze.
pub(super) async fn hold(tx: &mut Tx, run: RunId) -> Result<()> {
    tx.run("insert into run_held (run_id) values ($1) on conflict do nothing", &params![run]).await.map(drop)
}

/// Notes that it does no longer.
pub(super) async fn let_go(tx: &mut Tx, run: RunId) -> Result<()> {
    tx.run("delete from run_held where run_id = $1", &params![run]).await.map(drop)
}

/// Forgets the runs that ended while they were held.
pub(super) async fn forget_ended(tx: &mut Tx) -> Result<()> {
    let sql = "delete from run_held where run_id in (select id from run where id in (select run_id from run_held) and ended_at is not null)";
    tx.run(sql, &[]).await.map(drop)
}

/// The runs of a group that wait for the end of a freeze.
pub(crate) async fn held_in_lane(tx: &mut Tx, lane: &str) -> Result<BTreeSet<RunId>> {
    let sql = "select run_held.run_id from run_held join run on run.id = run_held.run_id where run.lane = $1 and run.ended_at is null";
    tx.rows(sql, &params![lane]).await?.iter().map(|row| row.get(0)).collect()
}
