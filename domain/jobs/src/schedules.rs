//! Schedules: every fire is one row, written in the transaction of the run that it starts, or of the decision that it starts none.
//!
//! The row's key is the schedule and the scheduled instant: of several servers that look at the same moment one writes it. A schedule's
//! cursor says up to where everything is accounted for; it moves in the same transaction, so that a server that dies loses no fire and
//! doubles none.

mod api;
mod fire;
pub(crate) mod freeze;
mod pages;
mod rules;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub(crate) use api::routes;
pub use freeze::Pass;
pub(crate) use pages::pages;
pub use rules::after_restart;

use crate::cron;
use crate::file::{self, CronTrigger};
use crate::jobs::Job;
use base::id::{JobId, RunId, ScheduleId};
use base::{Result, Time};
use db::Tx;
use std::collections::BTreeMap;

/// What is done for schedules in the background.
pub(crate) fn handlers(db: &db::Db) -> Vec<chores::Handler> {
    let mut all = fire::handlers(db);
    all.extend(freeze::handlers(db));
    all
}

/// What is looked at from time to time.
pub(crate) fn periodic(db: &db::Db) -> Vec<chores::Every> {
    vec![fire::periodic(db), freeze::periodic(db)]
}

/// A schedule of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Its id.
    pub id: ScheduleId,
    /// The job.
    pub job: JobId,
    /// Which of the job's schedules it is.
    pub mark: String,
    /// What the file says of it.
    pub trigger: CronTrigger,
    /// Rises when what the file says of it changes.
    pub version: i64,
    /// Everything up to here is accounted for.
    pub cursor_at: Time,
    /// The next fire.
    pub next_at: Option<Time>,
}

/// What was decided about a fire.
#[derive(Clone, Debug, PartialEq)]
pub struct Fire {
    /// The schedule.
    pub schedule: ScheduleId,
    /// The instant of the schedule.
    pub scheduled_at: Time,
    /// What was decided.
    pub decision: cron::decide::Decision,
    /// Why.
    pub reason: String,
    /// The run that it started.
    pub run: Option<RunId>,
    /// When it was decided.
    pub decided_at: Time,
}

/// What tells the schedules of a job apart: what it says of time, and which of several equal ones it is.
fn mark(trigger: &CronTrigger, seen: &mut BTreeMap<String, usize>) -> String {
    let text = format!("{} {} {}", trigger.dialect, trigger.expression, trigger.tz);
    let count = seen.entry(text.clone()).or_default();
    *count += 1;
    format!("{text} #{count}")
}

/// Makes the schedules of a job what its file says. What it says anew holds for instants from now on.
pub(crate) async fn apply(tx: &mut Tx, job: &Job, model: &file::Job) -> Result<()> {
    let mut known: BTreeMap<String, Schedule> = store::of_job(tx, job.id)
        .await?
        .into_iter()
        .map(|schedule| (schedule.mark.clone(), schedule))
        .collect();
    let mut seen = BTreeMap::new();
    let now = tx.now();
    for (_, trigger) in model.schedules() {
        let mark = mark(trigger, &mut seen);
        let next_at = next(job, model, trigger, now);
        match known.remove(&mark) {
            Some(mut schedule) => {
                // Where in the file it stands says nothing.
                if (CronTrigger { line: trigger.line, ..schedule.trigger.clone() }) != *trigger {
                    schedule.version += 1;
                    schedule.trigger = trigger.clone();
                }
                // What is due and not accounted for yet stays due.
                schedule.next_at = match schedule.next_at {
                    Some(due) if due <= now && next_at.is_some() => Some(due),
                    _ => next_at,
                };
                store::update(tx, &schedule).await?;
            }
            None => {
                let id = tx.new_id();
                let trigger = trigger.clone();
                let schedule =
                    Schedule { id, job: job.id, mark, trigger, version: 1, cursor_at: now, next_at };
                store::put(tx, &schedule).await?;
            }
        }
    }
    for gone in known.into_values() {
        store::end(tx, gone.id).await?;
    }
    freeze::note(tx, job.id, model).await?;
    fire::wake(tx).await
}

/// The first fire after an instant; none when nothing is to fire.
fn next(job: &Job, model: &file::Job, trigger: &CronTrigger, after: Time) -> Option<Time> {
    if !job.enabled || !trigger.enabled || job.gone_at.is_some() {
        return None;
    }
    // The file was checked when it was read.
    cron::Schedule::of(model, trigger).ok()?.after(after)
}

/// Ends all schedules of a job.
pub(crate) async fn end_all(tx: &mut Tx, job: JobId) -> Result<()> {
    for schedule in store::of_job(tx, job).await? {
        store::end(tx, schedule.id).await?;
    }
    Ok(())
}

/// The schedules of a job; the caller has checked that it may be seen.
pub async fn of_job(tx: &mut Tx, job: JobId) -> Result<Vec<Schedule>> {
    store::of_job(tx, job).await
}

/// What was decided about the last fires of a job, newest first.
pub async fn fires(tx: &mut Tx, job: JobId, limit: usize) -> Result<Vec<Fire>> {
    store::fires(tx, job, limit).await
}

/// The schedules that fire before an instant; the caller leaves out those of jobs that are not seen.
pub(crate) async fn due_before(tx: &mut Tx, until: Time) -> Result<Vec<Schedule>> {
    store::due_before(tx, until).await
}

/// When anything of each of some jobs fires next; the caller has checked that they may be seen.
pub async fn next_of_jobs(tx: &mut Tx, jobs: &[JobId]) -> Result<BTreeMap<JobId, Time>> {
    store::next_of_jobs(tx, jobs).await
}
