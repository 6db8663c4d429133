//! A run that takes much longer than runs of its job usually do. Nothing ends it for that; who wants to hear of it does, while it can still
//! be looked at.

use super::rules::{self, Event};
use super::store;
use crate::file;
use crate::jobs::{self, Job};
use crate::runs::{self, Run, State};
use base::id::RunId;
use base::{Actor, Error, Result};
use chores::{Chore, Handler};
use db::{Db, Tx};
use serde_json::json;
use std::time::Duration;

const SLOW: &str = "jobs.slow";

/// How many of the last runs that passed say what is usual; fewer than these say nothing.
pub(super) const LOOKED_AT: i64 = 20;
const FEWEST: usize = 3;

/// So many times the usual length is much longer, when it is this much more at least: what takes a second may take three.
const TIMES: u32 = 3;
const AT_LEAST: Duration = Duration::from_secs(60);

/// The median of how long runs took, when there are enough.
pub(super) fn usual(mut took: Vec<Duration>) -> Option<Duration> {
    took.sort_unstable();
    (took.len() >= FEWEST).then(|| took[took.len() / 2])
}

/// After how long a run is one that takes much longer.
fn much_longer(usual: Duration) -> Duration {
    (usual * TIMES).max(usual + AT_LEAST)
}

/// Has a run that begins looked at when it would take much longer than usual, if anybody wants to hear of that.
pub(super) async fn watch(tx: &mut Tx, run: &Run, model: &file::Job) -> Result<()> {
    if !rules::of(model).iter().any(|rule| rules::may_tell(rule, Event::Slow)) {
        return Ok(());
    }
    let Some(usual) = usual(store::took(tx, run).await?) else { return Ok(()) };
    let at = tx.now().plus(much_longer(usual));
    chores::enqueue_at(tx, SLOW, json!({"run": run.id}), at, Some(&run.id.to_string())).await
}

pub(super) fn handler(db: &Db) -> Handler {
    let db = db.clone();
    Handler::new(SLOW, move |chore: Chore| {
        let db = db.clone();
        async move {
            let id: RunId = serde_json::from_value(chore.payload["run"].clone())
                .map_err(|error| Error::bug("chore.payload", "a chore names no run").because(error))?;
            let mut tx = db.write(&Actor::system()).await?;
            look(&mut tx, id).await?;
            tx.commit().await
        }
    })
}

async fn look(tx: &mut Tx, id: RunId) -> Result<()> {
    let run = match runs::unchecked(tx, id).await {
        Ok(run) if run.state == State::Running => run,
        Ok(_) => return Ok(()),
        Err(error) if error.is_missing() => return Ok(()),
        Err(error) => return Err(error),
    };
    let job: Job = jobs::unchecked(tx, run.job).await?;
    let data = json!({"job": job.name, "title": job.title, "number": run.number});
    journal::enter(tx, "run.slow", run.subject(), &run.parents(), data);
    super::tell(tx, &run, &job, Event::Slow).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_longer_is_three_times_the_usual_and_a_minute_more() {
        let s = Duration::from_secs;
        assert_eq!(usual(vec![s(5), s(9)]), None, "two say nothing");
        assert_eq!(usual(vec![s(900), s(5), s(9)]), Some(s(9)), "one that hung is not the usual");
        assert_eq!(much_longer(s(2)), s(62));
        assert_eq!(much_longer(s(600)), s(1_800));
    }
}
