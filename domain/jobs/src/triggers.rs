//! What starts runs besides the clock and people: pushes, requests from outside, and the ends of other runs.

mod branches;
mod pushes;
pub(crate) mod store;
pub(crate) mod webhooks;

pub use branches::is_built;
pub(crate) use pushes::{RefMoved, pushed};

use crate::file::{self, AfterResult, Trigger};
use crate::jobs::{self, Job};
use crate::runs::{self, Ask, Cause, New, Run, State};
use base::{Error, Result, Time};
use db::Tx;
use serde_json::json;

/// Runs that start each other in a ring end here.
const CHAIN_MAX: usize = 20;

/// Notes what starts a job besides the clock.
pub(crate) async fn apply(tx: &mut Tx, job: &Job, model: &file::Job) -> Result<()> {
    store::clear(tx, job.id).await?;
    for trigger in &model.triggers {
        if let Trigger::After(after) = trigger {
            store::insert_after(tx, job.id, after).await?;
        }
    }
    Ok(())
}

/// Starts what the end of a run starts.
pub(crate) async fn ended(tx: &mut Tx, run: &Run) -> Result<()> {
    let fits = |result| match result {
        AfterResult::Success => run.state == State::Succeeded,
        AfterResult::Failure => run.state.is_bad(),
        AfterResult::Any => run.state == State::Succeeded || run.state.is_bad(),
    };
    let job = jobs::unchecked(tx, run.job).await?;
    for (next, after) in store::after(tx, &job.name).await? {
        if !fits(after.result) {
            continue;
        }
        let next = jobs::unchecked(tx, next).await?;
        if next.refusal().is_some() || chain(tx, run).await? >= CHAIN_MAX {
            continue;
        }
        follow(tx, run, &next, after).await?;
    }
    Ok(())
}

async fn follow(tx: &mut Tx, run: &Run, next: &Job, after: file::AfterTrigger) -> Result<()> {
    let definition = jobs::definition(tx, next.definition).await?;
    // In its own repository it sees what the run before it saw; elsewhere, what its file was read from.
    let is_same = next.repository == run.repository;
    let ask = Ask {
        commit: if is_same { run.commit.clone() } else { definition.commit.clone() },
        reference: run.reference.clone().filter(|_| is_same),
        trusted: if is_same { run.trusted } else { true },
        definition: None,
        params: after.params,
        pass: None,
    };
    let new = New {
        cause: Cause::After,
        cause_id: Some(run.id.0),
        scheduled_at: None,
        ask,
        overlap: definition.model.overlap,
        verdict: None,
        repeats: None,
        not_before: None,
        done: Vec::new(),
    };
    let started = Box::pin(runs::start(tx, next, new)).await;
    note(tx, next, "the end of another run", started)
}

/// Why a request from outside starts nothing now: what keeps the clock from starting a job keeps other machines from it, too.
fn paused(job: &Job, now: Time) -> Option<Error> {
    let pause = job.pause.as_ref().filter(|_| job.is_paused(now))?;
    let until =
        pause.until.map_or_else(|| "until somebody resumes it".to_owned(), |until| format!("until {until}"));
    let why = pause.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    Some(Error::conflict("job.paused", format!("{} is paused by {} {until}{why}", job.title, pause.by)))
}

/// Enters that a trigger started nothing, and why. What is wrong with a trigger must not undo what triggered it.
fn note(tx: &mut Tx, job: &Job, what: &str, started: Result<runs::Started>) -> Result<()> {
    let why = match started {
        Ok(runs::Started::Run(_)) => return Ok(()),
        Ok(runs::Started::Not(verdict)) => verdict.reason,
        Err(error) if matches!(error.kind(), base::Kind::Invalid | base::Kind::Conflict) => {
            error.message().to_owned()
        }
        Err(error) => return Err(error),
    };
    let data = json!({"name": job.name, "trigger": what, "why": why});
    journal::enter(tx, "job.trigger_refused", job.subject(), &job.parents(), data);
    Ok(())
}

/// How many runs in a row were each started by the one before.
async fn chain(tx: &mut Tx, run: &Run) -> Result<usize> {
    let mut length = 1;
    let mut at = run.clone();
    while let (Cause::After, Some(before), true) = (at.cause, at.cause_id, length < CHAIN_MAX) {
        at = runs::unchecked(tx, base::id::RunId(before)).await?;
        length += 1;
    }
    Ok(length)
}
