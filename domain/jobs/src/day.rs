//! One day of jobs, for whoever draws it: what ran, and what is to run.

#[cfg(test)]
mod tests;

use crate::cron;
use crate::jobs::{self, Job};
use crate::runs::pages::words as how;
use crate::runs::{self, Run};
use crate::schedules::{self, Schedule, freeze};
use base::id::JobId;
use base::{Result, Time};
use db::Tx;
use std::collections::BTreeMap;
use web::ui::Aspect;

/// Jobs of one day, runs of all of them, and coming fires of one schedule.
const JOBS: usize = 12;
const RUNS: usize = 1_000;
const FIRES: usize = 200;

/// A job's day.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// What the job is called.
    pub title: String,
    /// The address of its page.
    pub href: String,
    /// What ran and what is to run, in order.
    pub slots: Vec<Slot>,
}

/// A run, or a fire that is to come.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// When it began, or is to begin.
    pub at: Time,
    /// What its lamp shows.
    pub aspect: Aspect,
    /// Whether it is to come.
    pub is_planned: bool,
    /// What it is, without its time: "Run 24 of Backup passed".
    pub words: String,
    /// Where more of it stands.
    pub href: String,
}

/// The day of the jobs that the actor sees, those with anything in it, by title.
pub async fn day(tx: &mut Tx, from: Time, until: Time) -> Result<Vec<Day>> {
    let all = jobs::list(tx).await?;
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let known: BTreeMap<JobId, &Job> = all.iter().map(|job| (job.id, job)).collect();
    let mut ran: BTreeMap<JobId, Vec<Slot>> = BTreeMap::new();
    for run in runs::between(tx, from, until, RUNS).await? {
        if let Some(job) = known.get(&run.job) {
            ran.entry(job.id).or_default().push(slot(job, &run));
        }
    }
    let mut due: BTreeMap<JobId, Vec<Schedule>> = BTreeMap::new();
    for schedule in schedules::due_before(tx, until).await? {
        due.entry(schedule.job).or_default().push(schedule);
    }
    let now = tx.now();
    let mut days = Vec::new();
    for job in all {
        let mut slots = ran.remove(&job.id).unwrap_or_default();
        let own = if job.is_paused(now) { Vec::new() } else { due.remove(&job.id).unwrap_or_default() };
        if days.len() >= JOBS || (slots.is_empty() && own.is_empty()) {
            continue;
        }
        if !own.is_empty() {
            let model = jobs::definition(tx, job.definition).await?.model;
            let around = freeze::around(tx, &model.freeze, now).await?;
            for schedule in own {
                let Ok(clock) = cron::Schedule::of(&model, &schedule.trigger) else { continue };
                // What is due and has its run is in the past already.
                let next = schedule.next_at.unwrap_or(now);
                let fires = clock.fires(from.max(next), until, FIRES);
                slots.extend(fires.into_iter().map(|at| {
                    let hold = freeze::holding(&around, at.max(now), now);
                    planned(&job, at, hold)
                }));
            }
        }
        slots.sort_by_key(|slot| slot.at);
        days.push(Day { title: job.title, href: format!("/jobs/{}", job.name), slots });
    }
    days.retain(|day| !day.slots.is_empty());
    Ok(days)
}

fn slot(job: &Job, run: &Run) -> Slot {
    Slot {
        at: run.started_at.unwrap_or(run.made_at),
        aspect: how::lamp(run.state).0,
        is_planned: false,
        words: format!("Run {} of {} {}", run.number, job.title, run.state.in_words()),
        href: format!("/runs/{}", run.id),
    }
}

fn planned(job: &Job, at: Time, hold: Option<freeze::Hold>) -> Slot {
    Slot {
        at,
        aspect: if hold.is_some() { Aspect::Amber } else { Aspect::Idle },
        is_planned: true,
        words: match hold {
            Some(hold) => format!("{} is {}", job.title, hold.sentence),
            None => format!("{} is to run", job.title),
        },
        href: format!("/jobs/{}", job.name),
    }
}
