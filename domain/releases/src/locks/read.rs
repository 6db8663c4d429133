//! Reading locks: the task, its gate fields, and the names to show.

use super::fields::{Lock, LockKind};
use super::store;
use crate::deployments::Kind;
use crate::environments::{self, Environment};
use crate::gate::Held;
use base::id::{EnvironmentId, ProjectId, TaskId, UserId};
use base::{Error, Result, Right, Time};
use db::Tx;
use std::collections::BTreeMap;
use work::tasks::{self, FullTask, Task, Want};

fn missing() -> Error {
    Error::missing("lock.missing", "There is no such lock, or you may not see it")
}

/// Returns a lock, held or released, that the actor sees.
pub async fn get(tx: &mut Tx, task: TaskId) -> Result<Lock> {
    let (lock, environments) = load(tx, task).await?;
    for environment in &environments {
        if environments::rights_in(tx, environment).await?.contains(Right::View) {
            return Ok(lock);
        }
    }
    Err(missing())
}

/// Lists the locks that hold now, those that only warn included, oldest first.
pub async fn list(tx: &mut Tx, environment: EnvironmentId) -> Result<Vec<Lock>> {
    let environment = environments::require(tx, environment, Right::View).await?;
    let open = work::tasks::open_tasks(tx, environment.lock_project).await?;
    let locks = build(tx, &[environment], open).await?;
    let mut locks: Vec<Lock> = locks.into_iter().filter(|lock| lock.is_open).collect();
    locks.sort_by_key(|lock| (lock.since, lock.task));
    Ok(locks)
}

/// The lock that a task is, and the environments that it closes; no right is asked for.
pub(super) async fn load(tx: &mut Tx, task: TaskId) -> Result<(Lock, Vec<Environment>)> {
    let before = tx.become_actor(base::Actor::system());
    let found = tasks::full(tx, task, &Want { homes: true, ..Want::default() }).await;
    tx.become_actor(before);
    let FullTask { task, homes, .. } =
        found.map_err(|error| if error.is_missing() { missing() } else { error })?;
    let projects: Vec<ProjectId> = homes.iter().map(|home| home.project.id).collect();
    let environments = environments::with_lock_project(tx, &projects).await?;
    if environments.is_empty() {
        return Err(missing());
    }
    let lock = build(tx, &environments, vec![task]).await?.pop().ok_or_else(missing)?;
    Ok((lock, environments))
}

async fn build(tx: &mut Tx, environments: &[Environment], tasks: Vec<Task>) -> Result<Vec<Lock>> {
    let ids: Vec<TaskId> = tasks.iter().map(|task| task.id).collect();
    let mut fields = store::of(tx, &ids).await?;
    let attempts = store::attempts(tx, &ids).await?;
    let names = names(tx, &tasks).await?;
    let now = tx.now();
    let closes: Vec<_> =
        environments.iter().map(|environment| (environment.id, environment.name.clone())).collect();
    let name = |user: Option<UserId>| user.and_then(|user| names.get(&user).cloned());
    Ok(tasks
        .into_iter()
        .map(|task| {
            let fields = fields.remove(&task.id).unwrap_or_default();
            Lock {
                task: task.id,
                environments: closes.clone(),
                owner_name: name(task.assignee),
                placed_by_name: name(task.created_by),
                owner: task.assignee,
                placed_by: task.created_by,
                since: fields.placed_at.unwrap_or(task.created_at),
                is_open: task.completed_at.is_none() && fields.until.is_none_or(|until| now < until),
                released_at: task.completed_at,
                title: task.name,
                kind: fields.kind,
                applies_to: fields.applies_to,
                reason: if fields.reason.is_empty() { task.notes } else { fields.reason },
                until: fields.until,
                review_at: fields.review_at,
                tag: fields.tag,
                version: fields.version,
                attempts: attempts.get(&task.id).copied(),
            }
        })
        .collect())
}

async fn names(tx: &mut Tx, tasks: &[Task]) -> Result<BTreeMap<UserId, String>> {
    let mut users: Vec<UserId> =
        tasks.iter().flat_map(|task| [task.assignee, task.created_by]).flatten().collect();
    users.sort_unstable();
    users.dedup();
    let found = people::users::by_ids(tx, &users).await?;
    Ok(found.into_iter().map(|(id, user)| (id, user.name)).collect())
}

/// The open tasks of the lock project as the gate sees them, in the order in which they were placed.
pub(crate) async fn held(tx: &mut Tx, environment: &Environment) -> Result<Vec<Held>> {
    let open = work::tasks::open_tasks(tx, environment.lock_project).await?;
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let locks = build(tx, std::slice::from_ref(environment), open).await?;
    let mut held: Vec<Held> = locks
        .into_iter()
        .map(|lock| Held {
            task: lock.task,
            title: lock.title,
            kind: lock.kind,
            reason: lock.reason,
            owner: lock.owner,
            owner_name: lock.owner_name,
            placed_by: lock.placed_by_name,
            since: lock.since,
            until: lock.until,
            applies_to: lock.applies_to,
        })
        .collect();
    held.sort_by_key(|lock| (lock.since, lock.task));
    Ok(held)
}

/// How many locks of an environment stop whoever asks, and how many only warn them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stopping {
    pub closing: usize,
    pub warnings: usize,
}

/// Counts the locks that have a say over what goes out now. No right is asked for.
pub(crate) async fn stopping(tx: &mut Tx, environment: &Environment) -> Result<Stopping> {
    let open = work::tasks::open_tasks(tx, environment.lock_project).await?;
    let mut fields = store::of(tx, &open.iter().map(|task| task.id).collect::<Vec<_>>()).await?;
    let (now, me) = (tx.now(), tx.actor().user);
    let mut counted = Stopping::default();
    for task in open {
        let fields = fields.remove(&task.id).unwrap_or_default();
        let is_over = fields.until.is_some_and(|until| until <= now);
        let is_mine = task.assignee.is_some() && task.assignee == me;
        match fields.kind {
            _ if is_over || !fields.applies_to.contains(&Kind::Forward) => {}
            LockKind::Warn => counted.warnings += 1,
            LockKind::Claim if is_mine => {}
            LockKind::Block | LockKind::Claim => counted.closing += 1,
        }
    }
    Ok(counted)
}

/// The locks of an environment that held at some time from an instant on, released ones included, oldest first. No right is
/// asked for.
pub(crate) async fn since(
    tx: &mut Tx,
    environment: &Environment,
    from: Time,
    limit: usize,
) -> Result<Vec<Lock>> {
    let filter = tasks::Filter { completed: tasks::Completed::Since(from), ..tasks::Filter::default() };
    let within = tasks::Within::Project(environment.lock_project);
    let before = tx.become_actor(base::Actor::system());
    let found = tasks::list(tx, within, &filter, &work::page::Page::first(limit)).await;
    tx.become_actor(before);
    let mut locks = build(tx, std::slice::from_ref(environment), found?.items).await?;
    locks.sort_by_key(|lock| (lock.since, lock.task));
    Ok(locks)
}

/// Counts on a lock that it stopped somebody in this environment.
pub(crate) async fn count_refusal(tx: &mut Tx, task: TaskId, environment: EnvironmentId) -> Result<()> {
    store::count(tx, task, environment).await
}
