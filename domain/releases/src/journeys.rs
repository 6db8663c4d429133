//! How far the work on a task has come: which commits belong to it, and where each of them is.
//!
//! A commit belongs to a task when its message has the task's id, alone or in the task's address ([`naming`]), or when somebody
//! links it. It is at a place (the default branch, an environment) when the commit that the place has contains it. A chore finds
//! both out after each fetch and each deployment ([`find`]) and keeps them, so that pages only read.
//!
//! The same change on another branch, picked or rebased, counts as one. What is nowhere yet counts only while nothing of the
//! task has arrived anywhere: the branch that was squashed into one commit does not hold its task back.

pub(crate) mod api;
mod find;
mod naming;
pub(crate) mod pages;
mod reach;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use find::{follower, handler};
pub use pages::WHERE;

use crate::environments::{self, Environment};
use base::id::{EnvironmentId, RepositoryId, TaskId, UserId};
use base::{Error, Result, Right, Role, Time};
use db::Tx;
use journal::Subject;
use serde_json::json;
use std::collections::BTreeMap;

/// A place that commits come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The default branch of their repository.
    Branch,
    /// An environment.
    Environment(EnvironmentId),
}

/// That a commit is at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The place.
    pub place: Place,
    /// Since when, where that was seen.
    pub since: Option<Time>,
    /// The number of the deployment that brought it, where that was seen.
    pub deployment: Option<i64>,
}

/// A commit that belongs to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The task.
    pub task: TaskId,
    /// Its repository.
    pub repository: RepositoryId,
    /// Its full id.
    pub commit: String,
    /// The same change made again elsewhere has the same one.
    pub change: String,
    /// The first line of its message.
    pub title: String,
    /// Who wrote it.
    pub author: String,
    /// Whether it says that it fixes the task.
    pub fixes: bool,
    /// Who linked it; nobody when its message names the task.
    pub linked_by: Option<UserId>,
    /// Where it is.
    pub arrivals: Vec<Arrival>,
}

/// The line that the commits of a repository travel: its places in order, as far as the actor sees them.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub repository: RepositoryId,
    pub environments: Vec<Environment>,
}

impl Line {
    /// The places in order.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        let environments = self.environments.iter().map(|environment| Place::Environment(environment.id));
        std::iter::once(Place::Branch).chain(environments)
    }
}

/// The lines that the actor sees, by repository. Guests see no commits, so no line.
pub(crate) async fn lines(tx: &mut Tx) -> Result<BTreeMap<RepositoryId, Line>> {
    let mut lines = BTreeMap::new();
    if tx.actor().role == Role::Guest {
        return Ok(lines);
    }
    for environment in environments::list(tx).await? {
        let repository = environment.repository;
        let line = lines.entry(repository).or_insert_with(|| Line { repository, environments: Vec::new() });
        line.environments.push(environment);
    }
    Ok(lines)
}

/// The commits of a task that the actor sees, as they were linked.
pub async fn of_task(tx: &mut Tx, task: TaskId) -> Result<Vec<Linked>> {
    work::tasks::get(tx, task).await?;
    if tx.actor().role == Role::Guest { Ok(Vec::new()) } else { store::of_tasks(tx, &[task]).await }
}

/// The tasks that the actor sees among those that these commits of a repository belong to, with whether the commit fixes them.
pub(crate) async fn tasks_of(
    tx: &mut Tx,
    repository: RepositoryId,
    commits: &[String],
) -> Result<BTreeMap<String, Vec<(work::tasks::Task, bool)>>> {
    let found = store::tasks_of(tx, repository, commits).await?;
    let ids: Vec<TaskId> = found.iter().map(|(_, task, _)| *task).collect();
    let seen: BTreeMap<TaskId, work::tasks::Task> =
        work::tasks::visible(tx, &ids).await?.into_iter().map(|task| (task.id, task)).collect();
    let mut named: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (commit, task, fixes) in found {
        if let Some(task) = seen.get(&task) {
            named.entry(commit).or_default().push((task.clone(), fixes));
        }
    }
    Ok(named)
}

/// Says that a commit belongs to a task. For who may edit the task and see the repository. Where the commit is was found out
/// before, because git is never asked inside a transaction.
pub async fn link(
    tx: &mut Tx,
    task: TaskId,
    repository: &repos::Repository,
    commit: &repos::Commit,
    arrivals: &[Arrival],
) -> Result<Linked> {
    work::tasks::require(tx, task, Right::Edit).await?;
    repos::repository::view(tx, &repository.name).await?;
    let linked = Linked {
        task,
        repository: repository.id,
        commit: commit.id.clone(),
        change: naming::change(commit),
        title: commit.title.clone(),
        author: commit.author.clone(),
        fixes: false,
        linked_by: tx.actor().user,
        arrivals: arrivals.to_vec(),
    };
    if store::insert(tx, &linked).await? {
        store::arrive(tx, repository.id, &commit.id, arrivals).await?;
        let href = format!("/repositories/{}/commits/{}", repository.name, commit.id);
        let short = crate::words::short(&commit.id).to_owned();
        tell(tx, task, format!("linked {short}"), "git-commit-horizontal", Some((short, href))).await?;
    }
    Ok(linked)
}

/// Says that a commit does not belong to a task.
pub async fn unlink(tx: &mut Tx, task: TaskId, commit: &str) -> Result<()> {
    work::tasks::require(tx, task, Right::Edit).await?;
    if !store::delete(tx, task, commit).await? {
        let what = format!("No commit {} is linked to this task", crate::words::short(commit));
        return Err(Error::missing("commit.not_linked", what));
    }
    let data = json!({"commit": commit});
    journal::enter(tx, "task.commit_unlinked", Subject::new("task", task.0), &[], data);
    Ok(())
}

/// Tells of it in the task's own stream. A task that is gone needs no telling.
async fn tell(
    tx: &mut Tx,
    task: TaskId,
    text: String,
    sign: &'static str,
    link: Option<(String, String)>,
) -> Result<()> {
    let report = work::stories::Report { text, sign, link };
    match work::stories::report(tx, task, &report).await {
        Err(error) if error.is_missing() => Ok(()),
        told => told,
    }
}
