//! Notices: who hears how runs go, and what they read.
//!
//! What the end of a run may tell is noted in the transaction that ends it ([`ended`]) and done by a chore, because the authors of commits
//! are known to git, which is asked outside of transactions. The chore writes the deliveries in one transaction, under keys that name the
//! run: done twice it tells nobody twice.
//!
//! - **Who**: what the job's file says on the default branch, whatever the branch of the run says: a branch cannot have others told. Without
//!   `notify` in the file its owner, its committers and its watchers hear of failures and recoveries. Whoever watches hears of these in any
//!   case, and whoever muted a job hears of nothing.
//! - **Quiet**: one failure after another is told once, to each, until the job recovers, unless the file says `always`. Who was not told of a
//!   failure is not told of its end. Runs of the default branch and of each other branch are lines of their own.
//! - A **fire** that was missed, or skipped because the run before was still there, is told to who asked for that (`skipped`).
//! - **What**: a person who may not see a job hears nothing of it; who may not read its output gets no lines of it. Nor does an address that
//!   is nobody's here.
//! - A run that **timed out** or was **lost** is told like one that failed. What a person **cancelled** is told only to who wants to hear of
//!   every end (`finished`). What the gate **blocked** is told to who asked for that (`blocked`), once until the job passes again. That **no
//!   agent fits** is told to those who hear of failures. That a run **takes much longer** than usual is told while it does, to who asked for
//!   that (`slow`).

mod facts;
mod fires;
mod letter;
mod mute;
mod people;
mod range;
mod rules;
mod slow;
mod store;
mod tail;
#[cfg(test)]
mod tests;

pub(crate) use fires::skipped;
pub use mute::{Hears, hears, set_hears};

use crate::file;
use crate::jobs::{self, Job};
use crate::runs::{self, Run, State};
use base::id::RunId;
use base::{Actor, Error, Result};
use chores::{Chore, Handler};
use db::Tx;
use facts::Facts;
use rules::Event;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::App;

const TELL: &str = "jobs.tell";

/// What a chore is to tell of.
#[derive(Debug, Serialize, Deserialize)]
struct Task {
    run: RunId,
    event: Event,
}

/// Has the end of a run told, where anybody wants to hear of such an end. Part of the transaction that ends it.
pub(crate) async fn ended(tx: &mut Tx, run: &Run, job: &Job) -> Result<()> {
    tell(tx, run, job, Event::Ended(run.state)).await
}

/// Has the start of a run told.
pub(crate) async fn started(tx: &mut Tx, run: &Run, job: &Job) -> Result<()> {
    let model = jobs::definition(tx, job.definition).await?.model;
    slow::watch(tx, run, &model).await?;
    tell_as(tx, run, &model, Event::Started).await
}

/// Has it told that no agent fits.
pub(crate) async fn nobody_fits(tx: &mut Tx, run: &Run) -> Result<()> {
    let job = jobs::unchecked(tx, run.job).await?;
    tell(tx, run, &job, Event::NobodyFits).await
}

async fn tell(tx: &mut Tx, run: &Run, job: &Job, event: Event) -> Result<()> {
    let model = jobs::definition(tx, job.definition).await?.model;
    tell_as(tx, run, &model, event).await
}

async fn tell_as(tx: &mut Tx, run: &Run, model: &file::Job, event: Event) -> Result<()> {
    // Most runs pass, as the one before did, and nobody wants to hear of that.
    if !rules::of(model).iter().any(|rule| rules::may_tell(rule, event)) {
        return Ok(());
    }
    if event == Event::Ended(State::Succeeded) {
        let facts = Facts::load(tx, run.clone(), event).await?;
        if !facts.rules.iter().any(|rule| rules::wish(rule, &facts.moment).is_some()) {
            return Ok(());
        }
    }
    chores::enqueue(tx, TELL, json!(Task { run: run.id, event })).await.map(drop)
}

pub(crate) fn chores(app: &App) -> Vec<Handler> {
    // A server without mirrors cannot have got this far.
    let mirrors = app.part::<repos::Mirrors>().ok().cloned();
    mirrors.map(|mirrors| handlers(&app.db, &app.blobs, mirrors)).unwrap_or_default()
}

/// What does the chores of notices.
pub(crate) fn handlers(db: &db::Db, blobs: &blobs::Blobs, mirrors: repos::Mirrors) -> Vec<Handler> {
    let with = With { db: db.clone(), blobs: blobs.clone(), mirrors };
    vec![fires::handler(&with), slow::handler(db), handler(with)]
}

fn handler(with: With) -> Handler {
    Handler::new(TELL, move |chore: Chore| {
        let with = with.clone();
        async move {
            let task: Task = serde_json::from_value(chore.payload.clone()).map_err(|error| {
                Error::bug("chore.payload", "a chore of notices cannot be read").because(error)
            })?;
            carry_out(&with, &task).await
        }
    })
}

/// What telling needs besides the run.
#[derive(Clone)]
struct With {
    db: db::Db,
    blobs: blobs::Blobs,
    mirrors: repos::Mirrors,
}

async fn carry_out(with: &With, task: &Task) -> Result<()> {
    let system = Actor::system();
    let mut tx = with.db.read(&system).await?;
    let run = match runs::unchecked(&mut tx, task.run).await {
        Ok(run) => run,
        Err(error) if error.is_missing() => return Ok(()),
        Err(error) => return Err(error),
    };
    let facts = Facts::load(&mut tx, run, task.event).await?;
    let failing = tail::failing(&mut tx, &facts).await?;
    drop(tx);
    let wishes = facts.wishes();
    if wishes.is_empty() {
        return Ok(());
    }
    let range = range::load(&with.mirrors, &facts).await;
    let lines = tail::lines(with, failing.as_ref()).await;
    let mut tx = with.db.write(&system).await?;
    let told = people::told(&mut tx, with, &facts.about(&range), &wishes).await?;
    let story = letter::Story { facts: &facts, range: &range, failing: failing.as_ref(), lines: &lines };
    for one in &told {
        for recipient in &one.recipients {
            let message = story.for_one(one, &told);
            notify::send(&mut tx, &message, recipient, &facts.key(), facts.thread().as_deref()).await?;
        }
    }
    tx.commit().await
}
