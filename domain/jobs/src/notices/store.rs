//! What notices know of runs, and who muted what.

use crate::runs::{Run, State};
use base::id::{JobId, RunId, UserId};
use base::{Result, Time};
use db::{Tx, params};
use std::time::Duration;

/// Runs of the default branch are one line; those of another branch are one each.
const LINE: &str = "job_id = $1 and id < $2 and trusted = $3 and ($3 or coalesce(reference, '') = $4)";

/// A run that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Good {
    pub id: RunId,
    pub number: i64,
    pub commit: String,
}

fn reference(run: &Run) -> String {
    run.reference.clone().unwrap_or_default()
}

/// What the last run of the line came to, of those that passed or failed.
pub(super) async fn before(tx: &mut Tx, run: &Run) -> Result<Option<State>> {
    let sql = format!(
        "select state from run where {LINE} and state in ('succeeded', 'failed', 'timed_out', 'lost') order by id desc limit 1"
    );
    let params = params![run.job, run.id, run.trusted, reference(run)];
    tx.opt(&sql, &params).await?.map(|row| row.get(0)).transpose()
}

/// The last run of the line that passed.
pub(super) async fn last_good(tx: &mut Tx, run: &Run) -> Result<Option<Good>> {
    let sql = format!(
        "select id, number, commit_id from run where {LINE} and state = 'succeeded' order by id desc limit 1"
    );
    let row = tx.opt(&sql, &params![run.job, run.id, run.trusted, reference(run)]).await?;
    row.map(|row| Ok(Good { id: row.get(0)?, number: row.get(1)?, commit: row.get(2)? })).transpose()
}

/// How long the last runs of the job took that passed before this one.
pub(super) async fn took(tx: &mut Tx, run: &Run) -> Result<Vec<Duration>> {
    let sql = "select started_at, ended_at from run where job_id = $1 and id < $2 and state = 'succeeded'
        and started_at is not null and ended_at is not null order by id desc limit $3";
    let rows = tx.rows(sql, &params![run.job, run.id, super::slow::LOOKED_AT]).await?;
    rows.iter().map(|row| Ok(row.get::<Time>(1)?.since(row.get::<Time>(0)?))).collect()
}

/// How many runs of the line failed since another, and the first of them.
pub(super) async fn failed_since(
    tx: &mut Tx,
    run: &Run,
    since: Option<RunId>,
) -> Result<(i64, Option<RunId>)> {
    let sql = format!(
        "select count(*), min(id) from run where {LINE} and id > $5 and state in ('failed', 'timed_out', 'lost')"
    );
    let since = since.map_or(0, |since| since.0);
    let row = tx.one(&sql, &params![run.job, run.id, run.trusted, reference(run), since]).await?;
    Ok((row.get(0)?, row.get(1)?))
}

/// The first run of the line that was blocked since another.
pub(super) async fn blocked_since(tx: &mut Tx, run: &Run, since: Option<RunId>) -> Result<Option<RunId>> {
    let sql = format!("select min(id) from run where {LINE} and id > $5 and state = 'blocked'");
    let since = since.map_or(0, |since| since.0);
    tx.one(&sql, &params![run.job, run.id, run.trusted, reference(run), since]).await?.get(0)
}

/// The newest run of a job.
pub(super) async fn last_run(tx: &mut Tx, job: JobId) -> Result<Option<Run>> {
    Ok(crate::runs::last_of_jobs(tx, &[job], 1).await?.remove(&job).and_then(|mut runs| runs.pop()))
}

pub(super) async fn set_muted(tx: &mut Tx, job: JobId, user: UserId, is_muted: bool) -> Result<bool> {
    let sql = if is_muted {
        "insert into job_mute (job_id, user_id) values ($1, $2) on conflict do nothing"
    } else {
        "delete from job_mute where job_id = $1 and user_id = $2"
    };
    Ok(tx.run(sql, &params![job, user]).await? > 0)
}

pub(super) async fn muted(tx: &mut Tx, job: JobId) -> Result<Vec<UserId>> {
    tx.rows("select user_id from job_mute where job_id = $1", &params![job])
        .await?
        .iter()
        .map(|row| row.get(0))
        .collect()
}
