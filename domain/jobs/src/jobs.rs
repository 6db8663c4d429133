//! Jobs: what a job file names. Reading them, pausing and resuming, watching.

mod api;
mod calls;
mod models;
mod names;
pub(crate) mod pages;
pub(crate) mod sources;
pub(crate) mod store;
mod switch;
mod sync;
#[cfg(test)]
mod tests;

pub(crate) use api::routes;
pub(crate) use calls::{chores, follower};
pub use names::{Name, names};
pub use switch::{disable, enable};
pub use sync::{Finding, Read, ReadFile, apply};

use crate::access::{self, Viewer};
use crate::file;
use base::id::{DefinitionId, JobId, RepositoryId, UserId};
use base::{Error, Result, Right, Time};
use db::Tx;
use journal::Subject;
use people::rights::RightSet;
use serde_json::json;

/// A job.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// The repository that its file is in.
    pub repository: RepositoryId,
    /// The file.
    pub path: String,
    /// Its name.
    pub name: String,
    /// What people see.
    pub title: String,
    /// Who answers for it, as the file names them.
    pub owner: Option<String>,
    /// What it says now.
    pub definition: DefinitionId,
    /// Whether its file switches it on.
    pub enabled: bool,
    /// Who may do what, where the file says so.
    pub permissions: Option<file::Permissions>,
    /// The number of its last run.
    pub last_number: i64,
    /// What keeps its schedules from starting it.
    pub pause: Option<Pause>,
    /// When it was read first.
    pub made_at: Time,
    /// When its file stopped naming it.
    pub gone_at: Option<Time>,
}

/// What keeps the schedules of a job from starting it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub at: Time,
    /// Until when; for ever otherwise.
    pub until: Option<Time>,
    /// Who paused it.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
    /// Whether it keeps people and pushes from starting it as well: it is switched off.
    pub is_for_all: bool,
}

impl Job {
    /// What its entries are kept under.
    pub fn subject(&self) -> Subject {
        Subject::new("job", self.id.0)
    }

    /// What watches everything about it: its own subject and its repository's.
    pub(crate) fn parents(&self) -> Vec<Subject> {
        vec![self.subject(), Subject::new("repository", self.repository)]
    }

    /// Whether schedules are kept from starting it at this moment; a pause that has ended holds nothing.
    pub fn is_paused(&self, now: Time) -> bool {
        self.pause.as_ref().is_some_and(|pause| pause.until.is_none_or(|until| until > now))
    }

    /// Why nothing starts it, when nothing does.
    pub fn refusal(&self) -> Option<Error> {
        if self.gone_at.is_some() {
            let message = format!("{} is no longer in {}; its past runs are kept", self.title, self.path);
            return Some(Error::conflict("job.gone", message));
        }
        if !self.enabled {
            let message = format!("{} is switched off in {}: enabled: false", self.title, self.path);
            return Some(Error::conflict("job.disabled", message));
        }
        self.switched_off()
    }
}

pub(crate) fn missing(name: &str) -> Error {
    Error::missing("job.missing", format!("There is no job {name}"))
}

/// The jobs that the actor may see, by title.
pub async fn list(tx: &mut Tx) -> Result<Vec<Job>> {
    Ok(list_with_rights(tx).await?.into_iter().map(|(job, _)| job).collect())
}

/// The jobs that the actor may see, each with what they may do with it.
pub async fn list_with_rights(tx: &mut Tx) -> Result<Vec<(Job, RightSet)>> {
    let viewer = Viewer::load(tx).await?;
    let mut seen = Vec::new();
    for job in store::all(tx).await? {
        let held = access::rights_on(tx, &viewer, &job).await?;
        if held.contains(Right::View) {
            seen.push((job, held));
        }
    }
    Ok(seen)
}

/// Up to `limit` of the jobs that the actor may see, by title, those after `last`, each with what they may do with it.
pub async fn page(tx: &mut Tx, last: Option<JobId>, limit: usize) -> Result<Vec<(Job, RightSet)>> {
    let viewer = Viewer::load(tx).await?;
    let (mut seen, mut last) = (Vec::new(), last);
    loop {
        let some = store::after(tx, last, limit).await?;
        let is_end = some.len() < limit;
        last = some.last().map(|job| job.id);
        for job in some {
            let held = access::rights_on(tx, &viewer, &job).await?;
            if held.contains(Right::View) && seen.len() < limit {
                seen.push((job, held));
            }
        }
        if is_end || seen.len() == limit {
            return Ok(seen);
        }
    }
}

/// Jobs whose title or name holds these words, by title; those that the actor does not see are for the caller to leave out.
pub(crate) async fn fitting(tx: &mut Tx, words: &str) -> Result<Vec<Job>> {
    store::fitting(tx, words).await
}

/// The job with this name or id, when the actor has `right` on it.
pub async fn named(tx: &mut Tx, name: &str, right: Right) -> Result<Job> {
    let found = match name.parse::<JobId>() {
        Ok(id) => store::get(tx, id).await?,
        Err(_) => store::by_name(tx, name).await?,
    };
    let job = found.ok_or_else(|| missing(name))?;
    access::check(tx, &job, right).await?;
    Ok(job)
}

/// The job with this id, when the actor has `right` on it.
pub async fn require(tx: &mut Tx, id: JobId, right: Right) -> Result<Job> {
    let job = unchecked(tx, id).await?;
    access::check(tx, &job, right).await?;
    Ok(job)
}

/// A job that is named by something which was checked.
pub(crate) async fn unchecked(tx: &mut Tx, id: JobId) -> Result<Job> {
    store::get(tx, id).await?.ok_or_else(|| missing(&id.to_string()))
}

/// What the actor may do with a job.
pub async fn rights(tx: &mut Tx, job: &Job) -> Result<RightSet> {
    let viewer = Viewer::load(tx).await?;
    access::rights_on(tx, &viewer, job).await
}

/// What a job says: now, or said when a run was started.
pub async fn definition(tx: &mut Tx, id: DefinitionId) -> Result<Definition> {
    store::definition(tx, id)
        .await?
        .ok_or_else(|| Error::bug("job.definition", format!("the definition {id} of a job is not there")))
}

/// What a file said of a job at one commit.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its id.
    pub id: DefinitionId,
    /// The commit.
    pub commit: String,
    /// The document as it was written.
    pub source: String,
    /// What it means.
    pub model: file::Job,
    /// When it was read.
    pub made_at: Time,
}

/// Keeps the schedules of a job from starting it, until somebody resumes it or `until`. People and pushes still start it.
pub async fn pause(tx: &mut Tx, id: JobId, until: Option<Time>, reason: Option<&str>) -> Result<Job> {
    let mut job = require(tx, id, Right::Schedule).await?;
    let now = tx.now();
    if until.is_some_and(|until| until <= now) {
        return Err(Error::invalid("job.pause", "A pause ends in the future"));
    }
    if let Some(refusal) = job.switched_off() {
        return Err(refusal);
    }
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty()).map(str::to_owned);
    let before =
        job.pause.as_ref().map(|pause| json!({"until": pause.until, "by": pause.by, "reason": pause.reason}));
    let since = job.pause.as_ref().filter(|_| job.is_paused(now)).map_or(now, |pause| pause.at);
    let pause = Pause { at: since, until, by: tx.actor().name.clone(), reason, is_for_all: false };
    let data = json!({"name": job.name, "before": before, "until": pause.until, "reason": pause.reason});
    job.pause = Some(pause);
    store::set_pause(tx, &job).await?;
    journal::enter(tx, "job.paused", job.subject(), &job.parents(), data);
    Ok(job)
}

/// Lets the schedules of a job start it again. What would have started meanwhile is not made up for.
pub async fn resume(tx: &mut Tx, id: JobId) -> Result<Job> {
    let mut job = require(tx, id, Right::Schedule).await?;
    if job.is_switched_off() {
        return enable(tx, id).await;
    }
    let Some(pause) = job.pause.take() else { return Ok(job) };
    store::set_pause(tx, &job).await?;
    let data =
        json!({"name": job.name, "paused_at": pause.at, "paused_by": pause.by, "reason": pause.reason});
    journal::enter(tx, "job.resumed", job.subject(), &job.parents(), data);
    Ok(job)
}

/// Whether the actor hears of a job's outcomes from now on.
pub async fn watch(tx: &mut Tx, id: JobId, watches: bool) -> Result<()> {
    let job = require(tx, id, Right::View).await?;
    let user = people::users::require_signed_in(tx)?;
    if store::set_watching(tx, job.id, user, watches).await? {
        let verb = if watches { "job.watched" } else { "job.unwatched" };
        journal::enter(tx, verb, job.subject(), &[], json!({"name": job.name, "user": user}));
    }
    Ok(())
}

/// Who watches a job.
pub async fn watchers(tx: &mut Tx, job: JobId) -> Result<Vec<UserId>> {
    store::watchers(tx, job).await
}
