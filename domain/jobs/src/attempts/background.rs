//! The background work of tries: judging leases, telling that nobody fits, keeping logs, discarding old files.

use super::{Attempt, Signs, artifacts, claim, lease, output};
use crate::runs::{self, Part, PartEnd, PartState};
use base::id::PartId;
use base::{Actor, Error, Result, Time};
use blobs::Blobs;
use chores::{Every, Handler};
use db::{Db, Tx};
use serde_json::json;
use std::time::Duration;
use web::App;

const LEASE: &str = "jobs.lease";
const KEEP_LOG: &str = "jobs.keep_log";
const QUEUE: &str = "jobs.queue";
const DISCARD: &str = "jobs.discard_artifacts";

/// A file takes more room and more time than so many bytes in a row.
const SHORT_LOG: i64 = 4_096;

/// After so long in the queue somebody is told when no agent could take it.
const NOBODY_FITS_AFTER: Duration = Duration::from_secs(30);

/// Has the lease judged when it and the grace are over. A renewal only moves the lease: the chore that finds it longer waits again.
pub(super) async fn watch_lease(tx: &mut Tx, attempt: &Attempt) -> Result<()> {
    let Some(at) = lease::over_at(attempt) else { return Ok(()) };
    watch_lease_until(tx, attempt, at).await
}

/// Has the lease judged at a moment of one's own.
pub(super) async fn watch_lease_until(tx: &mut Tx, attempt: &Attempt, at: Time) -> Result<()> {
    let id = attempt.id;
    chores::enqueue_at(tx, LEASE, json!({"attempt": id}), at, Some(&id.to_string())).await
}

/// A try that is over: its lease needs no judge, and its output becomes one file, unless it is so short that rows hold it better.
pub(super) async fn over(tx: &mut Tx, attempt: &Attempt) -> Result<()> {
    chores::cancel(tx, LEASE, &attempt.id.to_string()).await?;
    if attempt.log_kept <= SHORT_LOG {
        return Ok(());
    }
    chores::enqueue(tx, KEEP_LOG, json!({"attempt": attempt.id})).await.map(drop)
}

/// A part that an agent took needs nobody to look whether one comes.
pub(super) async fn taken(tx: &mut Tx, part: PartId) -> Result<()> {
    chores::cancel(tx, QUEUE, &part.to_string()).await
}

/// Has a waiting part looked at again: soon, for whether anybody fits, and when it has waited too long.
pub(crate) async fn watch_queue(tx: &mut Tx, part: &Part) -> Result<()> {
    let from = part.ready_at.unwrap_or_else(|| tx.now());
    let limit = part.model.timeouts.queue_s.map(Duration::from_secs);
    let key = part.id.to_string();
    let first = limit.map_or(NOBODY_FITS_AFTER, |limit| limit.min(NOBODY_FITS_AFTER));
    chores::enqueue_at(tx, QUEUE, json!({"part": part.id}), from.plus(first), Some(&key)).await?;
    crate::agents::pools::wake(tx).await
}

fn named<T: serde::de::DeserializeOwned>(chore: &chores::Chore, what: &str) -> Result<T> {
    serde_json::from_value(chore.payload[what].clone())
        .map_err(|error| Error::bug("chore.payload", format!("a chore names no {what}")).because(error))
}

pub(crate) fn chores(app: &App) -> Vec<Handler> {
    handlers(&app.db, &app.blobs, &Signs::of(app))
}

/// What does the chores of tries.
pub(crate) fn handlers(db: &Db, blobs: &Blobs, signs: &Signs) -> Vec<Handler> {
    let (leases, logs, queues) = ((db.clone(), signs.clone()), (db.clone(), blobs.clone()), db.clone());
    vec![
        Handler::new(LEASE, move |chore| {
            let (db, signs) = leases.clone();
            async move { lease::judge(&db, &signs, named(&chore, "attempt")?).await }
        }),
        Handler::new(KEEP_LOG, move |chore| {
            let (db, blobs) = logs.clone();
            async move { output::keep(&db, &blobs, named(&chore, "attempt")?).await }
        }),
        Handler::new(QUEUE, move |chore| {
            let db = queues.clone();
            async move {
                let mut tx = db.write(&Actor::system()).await?;
                waiting(&mut tx, named(&chore, "part")?).await?;
                tx.commit().await
            }
        }),
    ]
}

pub(crate) fn periodic(app: &App) -> Vec<Every> {
    let app = app.clone();
    let handler = Handler::new(DISCARD, move |_| {
        let app = app.clone();
        async move {
            while artifacts::discard(&app.db, &app.part::<crate::Files>()?.0).await? > 0 {}
            Ok(())
        }
    });
    vec![Every { handler, pause: Duration::from_secs(3_600) }]
}

/// Looks at a part that may still wait: ends it when it waited too long, and tells, once, when no agent fits.
async fn waiting(tx: &mut Tx, id: PartId) -> Result<()> {
    let Some(part) = runs::store::part(tx, id).await? else { return Ok(()) };
    let (PartState::Queued, Some(ready)) = (part.state, part.ready_at) else { return Ok(()) };
    let waited = tx.now().since(ready);
    if let Some(limit) = part.model.timeouts.queue_s.map(Duration::from_secs) {
        if waited >= limit {
            let sentence = format!(
                "{} waited {} for an agent, and none took it",
                part.model.name,
                base::time::in_words(limit)
            );
            let end = PartEnd { state: PartState::TimedOut, exit_code: None, sentence: Some(sentence) };
            return runs::part_ended(tx, id, end).await;
        }
        let key = id.to_string();
        chores::enqueue_at(tx, QUEUE, json!({"part": id}), ready.plus(limit), Some(&key)).await?;
    }
    let agents = crate::agents::store::here(tx).await?;
    let now = tx.now();
    let fits = agents
        .iter()
        .any(|agent| !agent.draining && !agent.is_away(now) && claim::fits(&part, &agent.offers()));
    if !fits
        && !crate::agents::pools::fits_one(tx, &part).await?
        && runs::store::tell_nobody_fits(tx, id).await?
    {
        let run = runs::unchecked(tx, part.run).await?;
        let wanted: Vec<String> = part.model.requires.iter().map(ToString::to_string).collect();
        let data = json!({"part": part.model.name, "isolation": part.model.isolation, "requires": wanted, "number": run.number});
        journal::enter(tx, "run.no_agent_fits", run.subject(), &run.parents(), data);
        crate::notices::nobody_fits(tx, &run).await?;
    }
    Ok(())
}
