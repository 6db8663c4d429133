//! Tries: what an agent was given, whether it still has it, and what it reports.
//!
//! A try is leased. Its agent renews the lease with every sign of life; when it runs out the try is lost, and everything that comes
//! from that agent about it afterwards is refused: it is fenced by its epoch. What was lost may have happened, so it is tried again
//! only where the job's file says so.

mod api;
mod artifacts;
mod assignment;
mod background;
mod claim;
mod finish;
mod lease;
mod output;
mod signs;
pub(crate) mod store;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use api::routes;
pub use artifacts::{Artifact, artifact, artifacts_of};
#[cfg(test)]
pub(crate) use background::handlers;
pub(crate) use background::{chores, periodic, watch_queue};
pub(crate) use claim::fits;
pub use lease::after_restart;
pub(crate) use lease::lose_all_of;
pub(crate) use output::read as read_output;
pub use signs::Signs;

use base::id::{AgentId, AttemptId, JobId, PartId, RunId};
use base::{Error, Result, Time};
use db::Tx;

base::text_enum! {
    /// Where a try is in its life.
    pub enum AttemptState {
        /// An agent has it, and said nothing of it yet.
        Leased = "leased",
        /// Its workspace is made ready.
        Starting = "starting",
        /// Its steps run.
        Running = "running",
        /// Its last steps run, and what it keeps is sent.
        Finishing = "finishing",
        /// Every step succeeded.
        Succeeded = "succeeded",
        /// A step failed.
        Failed = "failed",
        /// It was stopped.
        Cancelled = "cancelled",
        /// It took too long.
        TimedOut = "timed_out",
        /// Its agent was not heard of any more.
        Lost = "lost",
    }
}

impl AttemptState {
    /// Whether it is over for good.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Leased | Self::Starting | Self::Running | Self::Finishing)
    }
}

/// One try of a part on one agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// The part.
    pub part: PartId,
    /// The run.
    pub run: RunId,
    /// The job.
    pub job: JobId,
    /// Counts the tries of the part.
    pub number: i64,
    /// Who has it.
    pub agent: AgentId,
    /// What fences it.
    pub epoch: i64,
    /// Where it is in its life.
    pub state: AttemptState,
    /// Until when it may be silent.
    pub lease_until: Option<Time>,
    /// When it was given out.
    pub leased_at: Time,
    /// When its first step began.
    pub started_at: Option<Time>,
    /// When it was over.
    pub ended_at: Option<Time>,
    /// The code that its failing step ended with.
    pub exit_code: Option<i64>,
    /// The signal that its failing step ended by.
    pub signal: Option<i64>,
    /// Why it ended, for programs: `oom`, `timeout`, `silent`, `disk`.
    pub reason: Option<String>,
    /// Why it ended, in a sentence.
    pub sentence: Option<String>,
    /// The place of the step that failed.
    pub failed_step: Option<i64>,
    /// How many bytes of output arrived.
    pub log_bytes: i64,
    /// How many of them were kept.
    pub log_kept: i64,
    /// The file that the output became.
    pub log_blob: Option<String>,
    /// The image that it ran in.
    pub image_digest: Option<String>,
}

/// One step of a try.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = RunStep)]
pub struct Step {
    /// Its place, from 0; those of `finally` follow.
    pub index: i64,
    /// Its name.
    pub name: String,
    /// `pending`, `running`, `succeeded`, `failed` or `skipped`.
    pub state: String,
    /// Where its output begins in the log.
    pub log_from: Option<i64>,
    /// Where it ends.
    pub log_to: Option<i64>,
    /// How long it took.
    pub took_ms: Option<i64>,
    /// The code that it ended with.
    pub exit_code: Option<i64>,
}

fn missing(id: AttemptId) -> Error {
    Error::missing("attempt.missing", format!("There is no attempt {id}"))
}

/// Whoever reports has lost the try: it was given up, removed, or was never theirs.
fn fenced() -> Error {
    Error::conflict(
        "attempt.fenced",
        "This attempt is no longer yours: stop what you do for it, and report nothing more",
    )
}

/// The try that an agent reports about, when it still holds it.
async fn held(tx: &mut Tx, agent: AgentId, id: AttemptId, epoch: i64) -> Result<Attempt> {
    let attempt = store::hold(tx, id).await?.ok_or_else(fenced)?;
    if attempt.agent != agent || attempt.epoch != epoch || attempt.state.is_over() {
        return Err(fenced());
    }
    Ok(attempt)
}

/// The same for looking only.
async fn seen(tx: &mut Tx, agent: AgentId, id: AttemptId, epoch: i64) -> Result<Attempt> {
    let attempt = store::get(tx, id).await?.ok_or_else(fenced)?;
    if attempt.agent != agent || attempt.epoch != epoch || attempt.state.is_over() {
        return Err(fenced());
    }
    Ok(attempt)
}

/// The steps of a try, in order.
pub async fn steps(tx: &mut Tx, id: AttemptId) -> Result<Vec<Step>> {
    store::steps(tx, id).await
}

/// A try, by whoever may see its run; the caller has checked.
pub async fn get(tx: &mut Tx, id: AttemptId) -> Result<Attempt> {
    store::get(tx, id).await?.ok_or_else(|| missing(id))
}

/// All tries of a run, oldest first.
pub async fn of_run(tx: &mut Tx, run: RunId) -> Result<Vec<Attempt>> {
    store::of_run(tx, run).await
}
