//! The runs that are not over, counted and by their places, without reading all of them: there may be a thousand that wait.

use base::Result;
use base::id::{DefinitionId, JobId, RunId};
use db::{Tx, params};

/// A run that waits for others, and has not asked its gate yet.
pub(in crate::runs) struct Waiting {
    pub id: RunId,
    pub job: JobId,
    pub definition: DefinitionId,
}

const WAITING: &str = "select id, job_id, definition_id from run where ended_at is null and state = 'waiting' and gate_asked = false";

async fn waiting(tx: &mut Tx, sql: &str, params: &[base::Value]) -> Result<Vec<Waiting>> {
    let rows = tx.rows(sql, params).await?;
    rows.iter()
        .map(|row| Ok(Waiting { id: row.get(0)?, job: row.get(1)?, definition: row.get(2)? }))
        .collect()
}

/// Those of a job, oldest first.
pub(in crate::runs) async fn of_job(tx: &mut Tx, job: JobId) -> Result<Vec<Waiting>> {
    waiting(tx, &format!("{WAITING} and job_id = $1 order by id"), &params![job]).await
}

/// Those of a group, oldest first.
pub(in crate::runs) async fn of_lane(tx: &mut Tx, lane: &str) -> Result<Vec<Waiting>> {
    waiting(tx, &format!("{WAITING} and lane = $1 order by id"), &params![lane]).await
}

/// The oldest run of a job that is not over, and does not wait for the end of a freeze.
pub(in crate::runs) async fn oldest(tx: &mut Tx, job: JobId) -> Result<Option<RunId>> {
    let sql = "select id from run where job_id = $1 and ended_at is null
        and not exists (select 1 from run_held where run_held.run_id = run.id) order by id limit 1";
    tx.opt(sql, &params![job]).await?.map(|row| row.get(0)).transpose()
}

/// How many runs of a job go on, and how many wait for them.
pub(in crate::runs) async fn count(tx: &mut Tx, job: JobId) -> Result<(u64, u64)> {
    let sql = "select count(*), coalesce(sum(case when state = 'waiting' and gate_asked = false then 1 else 0 end), 0)
        from run where job_id = $1 and ended_at is null";
    let row = tx.one(sql, &params![job]).await?;
    let number = |column| Ok(u64::try_from(row.get::<i64>(column)?).unwrap_or(0));
    let (all, waiting): (u64, u64) = (number(0)?, number(1)?);
    Ok((all - waiting, waiting))
}

/// How many runs of a group have begun.
pub(in crate::runs) async fn count_begun_in_lane(tx: &mut Tx, lane: &str) -> Result<u64> {
    let sql = "select count(*) from run where lane = $1 and ended_at is null and state <> 'waiting'";
    Ok(u64::try_from(tx.one(sql, &params![lane]).await?.get::<i64>(0)?).unwrap_or(0))
}
