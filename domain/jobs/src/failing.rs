//! Jobs that ended badly last, for whoever asks whether all is well.

#[cfg(test)]
mod tests;

use crate::jobs::{self, Job};
use crate::runs::{self, Run};
use base::{Result, Right};
use db::Tx;
use std::time::Duration;

/// A failure that nobody repeated for so long is history: a monthly job has had its next two runs by then.
const REMEMBERED: Duration = Duration::from_hours(24 * 70);

/// A job whose last run to an end on its default branch went wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Failing {
    /// The job.
    pub job: Job,
    /// That run.
    pub run: Run,
}

/// The jobs that the actor sees and whose last run went wrong, the newest first. Runs that were cancelled, blocked or skipped say nothing
/// of a job; a branch says nothing of the default branch.
pub async fn failing(tx: &mut Tx, limit: usize) -> Result<Vec<Failing>> {
    let since = tx.now().minus(REMEMBERED);
    let mut all = Vec::new();
    for run in runs::failed_last(tx, since, limit).await? {
        match jobs::require(tx, run.job, Right::View).await {
            Ok(job) if job.gone_at.is_none() => all.push(Failing { job, run }),
            Ok(_) => {}
            Err(error) if error.is_missing() || error.kind() == base::Kind::Denied => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}
