//! Freezes: stretches of time around the runs of another job, in which nothing of a job is begun.
//!
//! A freeze stands in the way as a run of the job's own would: where its overlap policy has things wait, they wait until the freeze ends;
//! else a fire, or the end of another job, starts nothing and its row says why. Pushes and requests are never dropped: they wait. People
//! are refused with the reason, and may pass a freeze by its name when they may pause the job.

mod store;
#[cfg(test)]
mod tests;
mod thaw;
pub(crate) mod window;

pub(crate) use store::{held_in_lane, note, passed_for};
pub(crate) use thaw::{ended, handlers, may_begin, periodic};
pub(crate) use window::{Around, Hold, all_holding, holding};

use crate::cron::decide::{self, Others, Verdict};
use crate::cron::{self, pauses::Pause};
use crate::file::{self, Freeze, FreezeEnd, Overlap};
use crate::jobs::{self, Job};
use crate::runs::{self, Cause, New, Run};
use base::{Error, Result, Right, Time};
use db::Tx;
use serde::Serialize;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use window::{Clock, Other};

/// Freezes around jobs that are frozen themselves are followed so far.
const DEPTH: usize = 3;

/// What is known of the jobs that a job is frozen around; nothing is read when it is around none. `since` is the earliest instant that will
/// be asked about.
pub(crate) async fn around(tx: &mut Tx, freezes: &[Freeze], since: Time) -> Result<Vec<Around>> {
    read(tx, freezes, since, DEPTH).await
}

type Reading<'a> = Pin<Box<dyn Future<Output = Result<Vec<Around>>> + Send + 'a>>;

fn read<'a>(tx: &'a mut Tx, freezes: &'a [Freeze], since: Time, depth: usize) -> Reading<'a> {
    Box::pin(async move {
        let mut all = Vec::new();
        for rule in freezes.iter().filter(|_| depth > 0) {
            let Some(job) = jobs::store::by_name(tx, &rule.job).await?.filter(|job| job.gone_at.is_none())
            else {
                // A job that went away holds nothing.
                continue;
            };
            let lately = match rule.until {
                FreezeEnd::After(seconds) => since.minus(Duration::from_secs(seconds)),
                FreezeEnd::Begins | FreezeEnd::Finished => since,
            };
            let stays = store::stays(tx, job.id, lately).await?;
            let model = jobs::definition(tx, job.definition).await?.model;
            let clocks = clocks(tx, &job, &model).await?;
            let frozen = read(tx, &model.freeze, since, depth - 1).await?;
            let pause =
                job.pause.map(|pause| Pause { from: pause.at, until: pause.until, reason: String::new() });
            all.push(Around {
                rule: rule.clone(),
                other: Other { name: job.name, clocks, pause, stays, frozen },
            });
        }
        Ok(all)
    })
}

async fn clocks(tx: &mut Tx, job: &Job, model: &file::Job) -> Result<Vec<Clock>> {
    let mut clocks = Vec::new();
    for schedule in super::store::of_job(tx, job.id).await?.into_iter().filter(|_| job.enabled) {
        if let (Ok(clock), true) = (cron::Schedule::of(model, &schedule.trigger), schedule.trigger.enabled) {
            clocks.push(Clock {
                schedule: clock,
                cursor: schedule.cursor_at,
                missed: schedule.trigger.missed,
                waits: decide::waits(schedule.trigger.overlap),
            });
        }
    }
    Ok(clocks)
}

/// Why a fire is frozen: now, or at its time when it is decided late; then one that waits has waited long enough.
pub(crate) async fn of_fire(
    tx: &mut Tx,
    model: &file::Job,
    policy: Overlap,
    at: Time,
) -> Result<Option<String>> {
    if model.freeze.is_empty() {
        return Ok(None);
    }
    let now = tx.now();
    let all = around(tx, &model.freeze, at).await?;
    let then = || holding(&all, at, now).filter(|_| !decide::waits(policy));
    Ok(holding(&all, now, now).or_else(then).map(|hold| hold.sentence))
}

/// Why nothing of a job is begun now.
pub(crate) async fn now(tx: &mut Tx, freezes: &[Freeze]) -> Result<Vec<Hold>> {
    let now = tx.now();
    let all = around(tx, freezes, now).await?;
    Ok(all_holding(&all, now, now))
}

/// Marks the coming fires that are frozen, as far as that is known now.
pub(crate) fn mark(fires: &mut [cron::Fire], all: &[Around], now: Time) {
    for fire in fires {
        fire.frozen = holding(all, fire.at, now).map(|hold| hold.sentence);
    }
}

/// What somebody passes who starts a run although its job is frozen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pass {
    /// The freezes, as `freeze:prod-push`.
    pub marks: Vec<String>,
    /// Why.
    pub reason: String,
}

/// What a new run meets.
#[derive(Debug, PartialEq)]
pub(crate) enum Met {
    /// Nothing is in its way.
    Nothing,
    /// Somebody passed what is in its way.
    Passed(Verdict),
    /// It waits for the end of the freeze.
    Waits(Verdict, Hold),
    /// It does not happen.
    Not(Verdict),
}

/// What a new run of a job meets. A person is refused by an error that says how a freeze is passed.
pub(crate) async fn meet(tx: &mut Tx, job: &Job, freezes: &[Freeze], new: &New) -> Result<Met> {
    let holds = now(tx, freezes).await?;
    let Some(hold) = last(&holds) else { return Ok(Met::Nothing) };
    let others = runs::others(tx, job.id).await?;
    let policy = match new.cause {
        Cause::Manual | Cause::Repeat => {
            passed(tx, job, &holds, new.ask.pass.as_ref()).await?;
            // Those that wait do so for the freeze, and are not overtaken by what was not to wait.
            let waiting = if others.running == 0 { 0 } else { others.waiting };
            return Ok(Met::Passed(decide::overlap(new.overlap, Others { waiting, ..others })));
        }
        Cause::Push if !decide::waits(new.overlap) => Overlap::BufferLatest,
        Cause::Webhook if !decide::waits(new.overlap) => Overlap::BufferAll,
        Cause::Push | Cause::Webhook | Cause::Schedule | Cause::After => new.overlap,
    };
    let verdict = decide::frozen(policy, others, &hold.sentence);
    Ok(if verdict.decision.makes_run() { Met::Waits(verdict, hold.clone()) } else { Met::Not(verdict) })
}

/// Keeps what a new run met.
pub(crate) async fn keep(tx: &mut Tx, run: &Run, met: &Met, pass: Option<&Pass>) -> Result<()> {
    match (met, pass) {
        (Met::Passed(_), Some(pass)) => store::pass(tx, run.id, pass).await,
        (Met::Waits(_, hold), _) => thaw::hold(tx, run.job, run.id, hold).await,
        _ => Ok(()),
    }
}

/// Of several holds the one that ends last.
pub(crate) fn last(holds: &[Hold]) -> Option<&Hold> {
    holds.iter().max_by_key(|hold| (hold.until.is_none(), hold.until))
}

/// Checks that somebody passes every freeze that holds, by its name, with a reason, and may.
async fn passed(tx: &mut Tx, job: &Job, holds: &[Hold], pass: Option<&Pass>) -> Result<()> {
    let pass = pass.filter(|pass| !pass.marks.is_empty());
    let missing = holds.iter().find(|hold| pass.is_none_or(|pass| !pass.marks.contains(&hold.mark)));
    if let Some(hold) = missing {
        let may = jobs::rights(tx, job).await?.contains(Right::Schedule);
        let how = match may {
            true => format!("; override {} with a reason to start it all the same", hold.mark),
            false => String::new(),
        };
        let message = format!("{} is {}{how}", job.title, hold.sentence);
        return Err(Error::conflict("job.frozen", message));
    }
    crate::access::check(tx, job, Right::Schedule).await?;
    if pass.is_none_or(|pass| pass.reason.trim().is_empty()) {
        let message = format!("Say why {} is to run although it is frozen", job.title);
        return Err(Error::invalid("job.override_reason", message));
    }
    Ok(())
}
