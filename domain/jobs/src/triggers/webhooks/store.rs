//! Rows of addresses, and of requests that were taken.

use super::Hook;
use base::id::{JobId, RunId};
use base::{Result, Time};
use db::{Row, Tx, params};

fn hook(row: &Row) -> Result<Hook> {
    Ok(Hook { job: row.get(0)?, made_by: row.get(1)?, made_at: row.get(2)?, used_at: row.get(3)? })
}

pub(super) async fn of_job(tx: &mut Tx, job: JobId) -> Result<Option<Hook>> {
    let sql = "select job_id, made_by, made_at, used_at from job_hook where job_id = $1";
    tx.opt(sql, &params![job]).await?.as_ref().map(hook).transpose()
}

pub(super) async fn by_hash(tx: &mut Tx, hash: &str) -> Result<Option<Hook>> {
    let sql = "select job_id, made_by, made_at, used_at from job_hook where hash = $1";
    tx.opt(sql, &params![hash]).await?.as_ref().map(hook).transpose()
}

pub(super) async fn put(tx: &mut Tx, hook: &Hook, hash: &str) -> Result<()> {
    let sql = "insert into job_hook (job_id, hash, made_by, made_at) values ($1, $2, $3, $4)
        on conflict (job_id) do update set hash = excluded.hash, made_by = excluded.made_by, made_at = excluded.made_at, used_at = null";
    tx.run(sql, &params![hook.job, hash, &hook.made_by, hook.made_at]).await.map(drop)
}

pub(super) async fn remove(tx: &mut Tx, job: JobId) -> Result<bool> {
    Ok(tx.run("delete from job_hook where job_id = $1", &params![job]).await? > 0)
}

pub(super) async fn set_used(tx: &mut Tx, job: JobId) -> Result<()> {
    let now = tx.now();
    tx.run("update job_hook set used_at = $2 where job_id = $1", &params![job, now]).await.map(drop)
}

/// The run that a request, or a push, started when it came first.
pub(in crate::triggers) async fn taken(tx: &mut Tx, job: JobId, delivery: &str) -> Result<Option<RunId>> {
    let sql = "select run_id from job_delivery where job_id = $1 and delivery = $2";
    tx.opt(sql, &params![job, delivery]).await?.map(|row| row.get(0)).transpose()
}

pub(in crate::triggers) async fn take(tx: &mut Tx, job: JobId, delivery: &str, run: RunId) -> Result<()> {
    let sql = "insert into job_delivery (job_id, delivery, run_id, taken_at) values ($1, $2, $3, $4)";
    let now = tx.now();
    tx.run(sql, &params![job, delivery, run, now]).await.map(drop)
}

pub(super) async fn forget_before(tx: &mut Tx, before: Time) -> Result<()> {
    tx.run("delete from job_delivery where taken_at < $1", &params![before]).await.map(drop)
}
