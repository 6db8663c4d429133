//! Letting in what waited for the end of a freeze.

use super::{Hold, last, now, store};
use crate::jobs::{self, Job};
use crate::runs;
use base::id::{JobId, RunId};
use base::{Actor, Error, Result};
use chores::{Chore, Every, Handler};
use db::{Db, Tx};
use serde_json::json;
use std::time::Duration;

const THAW: &str = "jobs.thaw";
const THAW_ALL: &str = "jobs.thaw_all";
/// The other job may be paused, changed or removed: what waits is looked at this often besides.
const LOOK: Duration = Duration::from_secs(30);

/// Has a run wait, and its job looked at when the freeze ends, where that is known.
pub(super) async fn hold(tx: &mut Tx, job: JobId, run: RunId, hold: &Hold) -> Result<()> {
    store::hold(tx, run).await?;
    let Some(at) = hold.again.filter(|at| *at > tx.now()) else { return Ok(()) };
    chores::enqueue_at(tx, THAW, json!({"job": job}), at, Some(&format!("thaw {job}"))).await
}

/// Whether a run that waited may begin now as far as freezes go. Asked for every run that waited, so it reads little when there are none.
pub(crate) async fn may_begin(tx: &mut Tx, job: JobId, run: RunId) -> Result<bool> {
    if !store::has_any(tx, job).await? || store::passed_for(tx, run).await?.is_some() {
        return Ok(true);
    }
    let job = jobs::unchecked(tx, job).await?;
    // What the default branch says holds for runs of any.
    let freezes = jobs::definition(tx, job.definition).await?.model.freeze;
    let holds = now(tx, &freezes).await?;
    match last(&holds) {
        Some(hold) => self::hold(tx, job.id, run, hold).await.map(|()| false),
        None => store::let_go(tx, run).await.map(|()| true),
    }
}

/// Lets in what waited for a run of another job to end.
pub(crate) async fn ended(tx: &mut Tx, job: &Job) -> Result<()> {
    for frozen in store::waiting_around(tx, &job.name).await? {
        runs::let_in(tx, frozen).await?;
    }
    Ok(())
}

/// What does the chores of freezes.
pub(crate) fn handlers(db: &Db) -> Vec<Handler> {
    let db = db.clone();
    vec![Handler::new(THAW, move |chore: Chore| {
        let db = db.clone();
        async move {
            let job: JobId = serde_json::from_value(chore.payload["job"].clone())
                .map_err(|error| Error::bug("chore.payload", "a chore names no job").because(error))?;
            let mut tx = db.write(&Actor::system()).await?;
            runs::let_in(&mut tx, job).await?;
            tx.commit().await
        }
    })]
}

/// What is looked at besides.
pub(crate) fn periodic(db: &Db) -> Every {
    let db = db.clone();
    let handler = Handler::new(THAW_ALL, move |_| {
        let db = db.clone();
        async move { all(&db).await }
    });
    Every { handler, pause: LOOK }
}

async fn all(db: &Db) -> Result<()> {
    let system = Actor::system();
    let waiting = store::all_waiting(&mut db.read(&system).await?).await?;
    for job in waiting {
        let mut tx = db.write(&system).await?;
        runs::let_in(&mut tx, job).await?;
        store::forget_ended(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}
