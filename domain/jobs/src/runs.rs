//! Runs: one go of a job, from what caused it to how it ended.

mod advance;
pub(crate) mod api;
mod cancel;
mod log;
mod paged;
pub(crate) mod pages;
pub mod remarks;
mod repeat;
mod seen;
mod stages;
mod start;
pub mod state;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub(crate) use advance::{PartEnd, answered, let_in, part_ended, put_back, taken};
pub(crate) use api::routes;
pub use api::{asked, sent};
pub use cancel::{cancel, release};
pub use log::{LogPart, log_length, log_parts, part_log, read_log};
pub use paged::{busy_agents, count, page};
pub use repeat::{repeat, repeat_passing};
pub use stages::{Through, release_through};
pub use start::{Ask, Started, ask};
pub(crate) use start::{New, for_people, for_pushes, others, start};
pub use state::{PartState, State};

use crate::file;
use crate::jobs::{self, Job};
use base::id::{AttemptId, DefinitionId, DeploymentId, JobId, PartId, RepositoryId, RunId, UserId};
use base::{Error, Result, Right, Time};
use db::Tx;
use journal::Subject;
use seen::Seen;
use std::collections::BTreeMap;

base::text_enum! {
    /// What starts runs.
    pub enum Cause {
        /// The clock.
        Schedule = "schedule",
        /// Commits that arrived.
        Push = "push",
        /// A request from outside.
        Webhook = "webhook",
        /// The end of another run.
        After = "after",
        /// A person or a client.
        Manual = "manual",
        /// Somebody repeated a run.
        Repeat = "repeat",
    }
}

/// One go of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The job.
    pub job: JobId,
    /// Counts the runs of the job.
    pub number: i64,
    /// What the job said when it was started.
    pub definition: DefinitionId,
    /// The repository.
    pub repository: RepositoryId,
    /// The commit that it checks out.
    pub commit: String,
    /// The name that the commit was asked for by.
    pub reference: Option<String>,
    /// Whether the commit may have the secrets of the job.
    pub trusted: bool,
    /// What started it.
    pub cause: Cause,
    /// Which schedule, or which run, started it.
    pub cause_id: Option<i64>,
    /// The instant of the schedule that it stands for.
    pub scheduled_at: Option<Time>,
    /// Who asked for it.
    pub asked_by: Option<UserId>,
    /// The name of who asked for it.
    pub asked_by_name: String,
    /// What it was handed.
    pub params: BTreeMap<String, String>,
    /// Where it is in its life.
    pub state: State,
    /// Since when.
    pub state_at: Time,
    /// Why, in a sentence.
    pub sentence: Option<String>,
    /// The group of which only so many run at once.
    pub lane: Option<String>,
    /// The run that it repeats.
    pub repeats: Option<RunId>,
    /// The manual stages that a person let begin.
    pub released: Vec<usize>,
    /// Whether the gate of its environment has been asked.
    pub gate_asked: bool,
    /// The deployment that it is.
    pub deployment: Option<DeploymentId>,
    /// What fences that deployment.
    pub deployment_token: Option<i64>,
    /// Who asked for it to stop.
    pub cancel_by: Option<String>,
    /// Why.
    pub cancel_reason: Option<String>,
    /// When it was asked for.
    pub made_at: Time,
    /// When the first agent took a part of it.
    pub started_at: Option<Time>,
    /// When it was over.
    pub ended_at: Option<Time>,
}

impl Run {
    /// What its entries are kept under.
    pub fn subject(&self) -> Subject {
        Subject::new("run", self.id.0)
    }

    /// What watches everything about it.
    pub(crate) fn parents(&self) -> Vec<Subject> {
        vec![self.subject(), Subject::new("job", self.job.0)]
    }

    /// The first characters of its commit.
    pub fn short_commit(&self) -> &str {
        self.commit.get(..7).unwrap_or(&self.commit)
    }
}

/// One job of a stage of a run, times one cell of its matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its id.
    pub id: PartId,
    /// The run.
    pub run: RunId,
    /// The job.
    pub job: JobId,
    /// The place of its stage.
    pub stage: usize,
    /// Its place in the stage.
    pub place: usize,
    /// What it is.
    pub model: file::Part,
    /// Where it is in its life.
    pub state: PartState,
    /// Since when.
    pub state_at: Time,
    /// Why, in a sentence.
    pub sentence: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// From when on an agent may take it.
    pub ready_at: Option<Time>,
}

pub(crate) fn missing(id: RunId) -> Error {
    Error::missing("run.missing", format!("There is no run {id}"))
}

/// Which runs.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this job.
    pub job: Option<JobId>,
    /// Only those in these states.
    pub states: Vec<State>,
    /// Only those before this one.
    pub before: Option<RunId>,
    /// At most so many.
    pub limit: usize,
}

/// Runs of jobs that the actor may see, newest first.
pub async fn list(tx: &mut Tx, filter: &Filter) -> Result<Vec<Run>> {
    let seen = match filter.job {
        Some(job) => Seen::One(jobs::require(tx, job, Right::View).await?.id),
        None => seen::by_actor(tx).await?,
    };
    store::list(tx, filter, &seen).await
}

/// The last runs of each of some jobs, newest first; the caller has checked that they may be seen.
pub(crate) async fn last_of_jobs(
    tx: &mut Tx,
    jobs: &[JobId],
    limit: usize,
) -> Result<BTreeMap<JobId, Vec<Run>>> {
    let mut all: BTreeMap<JobId, Vec<Run>> = BTreeMap::new();
    for run in store::last_of_jobs(tx, jobs, limit).await? {
        all.entry(run.job).or_default().push(run);
    }
    Ok(all)
}

/// Runs that ended within a time, and those that go on, oldest first. Those of jobs that the actor does not see are for the caller to leave out.
pub(crate) async fn between(tx: &mut Tx, from: Time, until: Time, limit: usize) -> Result<Vec<Run>> {
    store::between(tx, from, until, limit).await
}

/// Runs that went wrong since a time and after which no other run of their job came to an end, newest first; those of jobs that the actor
/// does not see are for the caller to leave out.
pub(crate) async fn failed_last(tx: &mut Tx, since: Time, limit: usize) -> Result<Vec<Run>> {
    store::failed_last(tx, since, limit).await
}

/// One run, when the actor has `right` on its job.
pub async fn require(tx: &mut Tx, id: RunId, right: Right) -> Result<(Run, Job)> {
    let run = unchecked(tx, id).await?;
    let job = jobs::unchecked(tx, run.job).await?;
    match crate::access::check(tx, &job, right).await {
        Ok(()) => Ok((run, job)),
        Err(error) if error.is_missing() => Err(missing(id)),
        Err(error) => Err(error),
    }
}

pub(crate) async fn unchecked(tx: &mut Tx, id: RunId) -> Result<Run> {
    store::get(tx, id).await?.ok_or_else(|| missing(id))
}

/// The run of a job with this number, when the actor has `right` on the job.
pub async fn numbered(tx: &mut Tx, job: &Job, number: i64, right: Right) -> Result<Run> {
    crate::access::check(tx, job, right).await?;
    let found = store::by_number(tx, job.id, number).await?;
    found.ok_or_else(|| Error::missing("run.missing", format!("{} has no run {number}", job.title)))
}

/// The parts of a run, in order.
pub async fn parts(tx: &mut Tx, run: RunId) -> Result<Vec<Part>> {
    store::parts(tx, run).await
}

/// A part that waits for an agent.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// The part.
    pub part: Part,
    /// What its job is called.
    pub title: String,
    /// The number of its run.
    pub number: i64,
}

/// The parts that wait for an agent, of jobs that the actor may see, the longest waiting first.
pub(crate) async fn waiting(tx: &mut Tx, limit: usize) -> Result<Vec<Waiting>> {
    let seen: BTreeMap<JobId, String> =
        jobs::list(tx).await?.into_iter().map(|job| (job.id, job.title)).collect();
    let mut all = Vec::new();
    for (part, number) in store::queued(tx, limit).await? {
        if let Some(title) = seen.get(&part.job).cloned() {
            all.push(Waiting { part, title, number });
        }
    }
    Ok(all)
}

/// What the last run of a job that ended before this one came to.
pub async fn before(tx: &mut Tx, run: &Run) -> Result<Option<State>> {
    store::outcome_before(tx, run).await
}

/// A figure that a run reported.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// What it is counted in.
    pub unit: Option<String>,
}

/// What a run reported.
pub async fn metrics(tx: &mut Tx, run: RunId) -> Result<Vec<Metric>> {
    store::metrics(tx, run).await
}

/// One figure over the last runs of a job, oldest first: the number of the run, and the value.
pub async fn metric_history(tx: &mut Tx, job: JobId, name: &str, limit: usize) -> Result<Vec<(i64, f64)>> {
    store::metric_history(tx, job, name, limit).await
}

/// Whether the output of a part's try goes on somewhere: the newest try of each part of a run.
pub async fn attempts(tx: &mut Tx, run: RunId) -> Result<BTreeMap<PartId, AttemptId>> {
    crate::attempts::store::newest_of_run(tx, run).await
}
