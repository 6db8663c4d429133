//! Rows of schedules and fires.

use super::{Fire, Schedule};
use crate::agents::store::json;
use crate::jobs::Job;
use base::id::{JobId, RunId, ScheduleId};
use base::{Error, Result, Time};
use db::{Row, Tx, params};
use std::collections::BTreeMap;
use std::time::Duration;

const COLUMNS: &str = "id, job_id, mark, model, version, cursor_at, next_at";

fn schedule(row: &Row) -> Result<Schedule> {
    Ok(Schedule {
        id: row.get(0)?,
        job: row.get(1)?,
        mark: row.get(2)?,
        trigger: json(row.get(3)?)?,
        version: row.get(4)?,
        cursor_at: row.get(5)?,
        next_at: row.get(6)?,
    })
}

fn model(schedule: &Schedule) -> Result<serde_json::Value> {
    serde_json::to_value(&schedule.trigger)
        .map_err(|error| Error::bug("jobs.stored", "a schedule cannot be stored").because(error))
}

pub(super) async fn of_job(tx: &mut Tx, job: JobId) -> Result<Vec<Schedule>> {
    let sql = format!("select {COLUMNS} from schedule where job_id = $1 and gone_at is null order by id");
    tx.rows(&sql, &params![job]).await?.iter().map(schedule).collect()
}

/// Writes a schedule that is new, or that was gone and is back.
pub(super) async fn put(tx: &mut Tx, schedule: &Schedule) -> Result<()> {
    let sql = format!(
        "insert into schedule ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7) on conflict (job_id, mark) do update
         set model = excluded.model, version = schedule.version + 1, cursor_at = excluded.cursor_at,
         next_at = excluded.next_at, gone_at = null"
    );
    let params = params![
        schedule.id,
        schedule.job,
        &schedule.mark,
        model(schedule)?,
        schedule.version,
        schedule.cursor_at,
        schedule.next_at
    ];
    tx.run(&sql, &params).await.map(drop)
}

pub(super) async fn update(tx: &mut Tx, schedule: &Schedule) -> Result<()> {
    let sql = "update schedule set model = $2, version = $3, cursor_at = $4, next_at = $5 where id = $1";
    let params =
        params![schedule.id, model(schedule)?, schedule.version, schedule.cursor_at, schedule.next_at];
    tx.run(sql, &params).await.map(drop)
}

/// Writes how far a schedule is accounted for; what its file says of it stays.
pub(super) async fn move_on(tx: &mut Tx, schedule: &Schedule) -> Result<()> {
    let sql = "update schedule set cursor_at = $2, next_at = $3 where id = $1";
    tx.run(sql, &params![schedule.id, schedule.cursor_at, schedule.next_at]).await.map(drop)
}

pub(super) async fn end(tx: &mut Tx, id: ScheduleId) -> Result<()> {
    let now = tx.now();
    tx.run("update schedule set gone_at = $2, next_at = null where id = $1", &params![id, now])
        .await
        .map(drop)
}

/// Every schedule.
pub(super) async fn all(tx: &mut Tx) -> Result<Vec<Schedule>> {
    let sql = format!("select {COLUMNS} from schedule where gone_at is null order by id");
    tx.rows(&sql, &[]).await?.iter().map(schedule).collect()
}

/// The edition of the rules of time zones that the next fires were computed with.
pub(super) async fn edition(tx: &mut Tx) -> Result<Option<String>> {
    tx.opt("select edition from schedule_rules where id = 1", &[]).await?.map(|row| row.get(0)).transpose()
}

pub(super) async fn set_edition(tx: &mut Tx, edition: &str) -> Result<()> {
    let sql = "insert into schedule_rules (id, edition) values (1, $1)
        on conflict (id) do update set edition = excluded.edition";
    tx.run(sql, &params![edition]).await.map(drop)
}

/// When anything is due next.
pub(super) async fn next_due(tx: &mut Tx) -> Result<Option<Time>> {
    tx.one("select min(next_at) from schedule where gone_at is null", &[]).await?.get(0)
}

/// Schedules that are due; another server that looks at the same moment takes others.
pub(super) async fn due(tx: &mut Tx, limit: usize) -> Result<Vec<Schedule>> {
    let now = tx.now();
    let sql = format!(
        "select {COLUMNS} from schedule where gone_at is null and next_at <= $1 order by next_at, id limit $2
         /*pg: for update skip locked */"
    );
    tx.rows(&sql, &params![now, limit]).await?.iter().map(schedule).collect()
}

/// Schedules whose time is long past, and those of live jobs that have none.
pub(super) async fn forgotten(tx: &mut Tx, late: Duration) -> Result<Vec<Schedule>> {
    let before = tx.now().minus(late);
    let sql = "select schedule.id, schedule.job_id, schedule.mark, schedule.model, schedule.version, schedule.cursor_at,
        schedule.next_at from schedule join job on job.id = schedule.job_id where schedule.gone_at is null
        and (schedule.next_at < $1 or (schedule.next_at is null and job.enabled = true and job.gone_at is null
          and schedule.cursor_at < $1)) order by schedule.id limit 1000";
    let all: Vec<Schedule> =
        tx.rows(sql, &params![before]).await?.iter().map(schedule).collect::<Result<_>>()?;
    Ok(all.into_iter().filter(|schedule| schedule.trigger.enabled).collect())
}

pub(super) async fn is_accounted(tx: &mut Tx, id: ScheduleId, at: Time) -> Result<bool> {
    let sql = "select 1 from fire where schedule_id = $1 and scheduled_at = $2";
    Ok(tx.opt(sql, &params![id, at]).await?.is_some())
}

pub(super) async fn insert_fire(tx: &mut Tx, job: &Job, schedule: &Schedule, fire: &Fire) -> Result<()> {
    let sql =
        "insert into fire (schedule_id, scheduled_at, job_id, version, decision, reason, run_id, decided_at, zone_rules)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let params = params![
        fire.schedule,
        fire.scheduled_at,
        job.id,
        schedule.version,
        fire.decision,
        &fire.reason,
        fire.run,
        fire.decided_at,
        super::rules::edition()
    ];
    tx.run(sql, &params).await.map(drop)
}

pub(super) async fn fires(tx: &mut Tx, job: JobId, limit: usize) -> Result<Vec<Fire>> {
    let sql =
        "select schedule_id, scheduled_at, decision, reason, run_id, decided_at from fire where job_id = $1
        order by scheduled_at desc, schedule_id limit $2";
    let fire = |row: &Row| {
        Ok(Fire {
            schedule: row.get(0)?,
            scheduled_at: row.get(1)?,
            decision: row.get(2)?,
            reason: row.get(3)?,
            run: row.get::<Option<RunId>>(4)?,
            decided_at: row.get(5)?,
        })
    };
    tx.rows(sql, &params![job, limit]).await?.iter().map(fire).collect()
}

/// Schedules that are looked at for one day.
const OF_A_DAY: usize = 1_000;

pub(super) async fn due_before(tx: &mut Tx, until: Time) -> Result<Vec<Schedule>> {
    let sql = format!(
        "select {COLUMNS} from schedule where gone_at is null and next_at < $1 order by next_at, id limit $2"
    );
    tx.rows(&sql, &params![until, OF_A_DAY]).await?.iter().map(schedule).collect()
}

pub(super) async fn next_of_jobs(tx: &mut Tx, jobs: &[JobId]) -> Result<BTreeMap<JobId, Time>> {
    let mut wanted = db::Filter::default();
    wanted.and("gone_at is null and next_at is not null", params![]);
    wanted.and_in("job_id", jobs.iter().map(base::Value::from));
    let sql = format!("select job_id, min(next_at) from schedule where {} group by job_id", wanted.sql());
    tx.rows(&sql, wanted.params()).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
