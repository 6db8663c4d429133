//! Placing, changing and releasing locks.

use super::fields::{Fields, Lock, LockChange, NewLock, Placed};
use super::store;
use crate::environments::{self, Environment};
use crate::gate::{self, Held};
use base::id::{EnvironmentId, ProjectId, TaskId, UserId};
use base::{Error, Result, Right, Time};
use db::Tx;
use journal::Subject;
use serde_json::json;
use std::collections::BTreeMap;
use work::names::Text;
use work::stories::{self, NewComment};
use work::tasks::{self, FullTask, NewTask, Task, TaskChange, Want};

/// The most characters of a reason that become the task's name.
const TITLE_CHARS: usize = 120;

fn missing() -> Error {
    Error::missing("lock.missing", "There is no such lock, or you may not see it")
}

fn subject(task: TaskId) -> Subject {
    Subject::new("lock", task.0)
}

fn parents(task: TaskId, environments: &[Environment]) -> Vec<Subject> {
    let mut all = vec![Subject::new("task", task.0)];
    for environment in environments {
        all.push(environment.subject());
        all.push(Subject::new("project", environment.lock_project.0));
    }
    all
}

/// Places a lock. Once this is committed no deployment starts under it; one that had started before is in the answer.
pub async fn place(tx: &mut Tx, environment: EnvironmentId, new: NewLock) -> Result<Placed> {
    environments::require(tx, environment, Right::Lock).await?;
    let environment = environments::hold(tx, environment).await?;
    let reason = new.reason.trim();
    let title = title_of(new.title.as_deref().unwrap_or(reason));
    if title.is_empty() {
        return Err(Error::invalid("lock.reason", "Say why: people will read it when they are stopped"));
    }
    let fields = Fields {
        kind: new.kind,
        applies_to: new.applies_to.unwrap_or_else(|| new.kind.usual_reach()),
        reason: reason.to_owned(),
        until: new.until,
        review_at: new.review_at,
        tag: new.tag,
        version: 1,
        placed_at: Some(tx.now()),
    };
    fields.check(tx.limits(), tx.now())?;
    let task = NewTask {
        notes: Some(Text::Plain(reason.to_owned())),
        assignee: new.assignee.or(tx.actor().user),
        ..NewTask::named(title, environment.lock_project)
    };
    let before = environments::beyond(tx);
    let made = tasks::create(tx, task).await;
    tx.become_actor(before);
    let made = made?;
    let now = tx.now();
    store::put(tx, made.id, &fields, now).await?;
    super::chores::expire_at(tx, made.id, fields.until).await?;
    environments::bump(tx, environment.id).await?;
    let data = json!({
        "environment": environment.name, "title": made.name, "reason": fields.reason, "kind": fields.kind,
        "applies_to": fields.applies_to, "until": fields.until, "assignee": made.assignee, "tag": fields.tag,
    });
    journal::enter(
        tx,
        "lock.placed",
        subject(made.id),
        &parents(made.id, std::slice::from_ref(&environment)),
        data,
    );
    let already_running = gate::load::live(tx, &environment).await?;
    let lock = load(tx, made.id).await?.0;
    Ok(Placed { lock, already_running })
}

/// The first line of a text, cut to what a name holds.
fn title_of(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or("").trim();
    match line.char_indices().nth(TITLE_CHARS) {
        Some((cut, _)) => format!("{}…", line[..cut].trim_end()),
        None => line.to_owned(),
    }
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

/// Changes a lock's fields.
pub async fn change(tx: &mut Tx, task: TaskId, change: LockChange) -> Result<Lock> {
    let (before, environments) = open_and_held(tx, task, change.version).await?;
    require_everywhere(tx, &environments).await?;
    let old = store::of(tx, &[task]).await?.remove(&task).unwrap_or_default();
    let mut new = old.clone();
    if let Some(kind) = change.kind.filter(|kind| *kind != old.kind) {
        new.kind = kind;
        new.applies_to = kind.usual_reach();
    }
    new.reason = change.reason.unwrap_or(new.reason);
    new.applies_to = change.applies_to.unwrap_or(new.applies_to);
    new.until = change.until.unwrap_or(new.until);
    new.review_at = change.review_at.unwrap_or(new.review_at);
    new.tag = change.tag.unwrap_or(new.tag);
    let now = tx.now();
    new.check(tx.limits(), if new.until == old.until { Time::from_millis(i64::MIN) } else { now })?;
    if let Some(assignee) = change.assignee.filter(|assignee| *assignee != before.owner) {
        let previous = environments::beyond(tx);
        let changed =
            tasks::change(tx, task, TaskChange { assignee: Some(assignee), ..TaskChange::default() }).await;
        tx.become_actor(previous);
        changed?;
    } else if new == old {
        return Ok(before);
    }
    new.version = old.version + 1;
    store::put(tx, task, &new, now).await?;
    super::chores::expire_at(tx, task, new.until).await?;
    for environment in &environments {
        environments::bump(tx, environment.id).await?;
    }
    let after = load(tx, task).await?.0;
    let data = json!({"title": after.title, "old": described(&before), "new": described(&after)});
    journal::enter(tx, "lock.changed", subject(task), &parents(task, &environments), data);
    Ok(after)
}

fn described(lock: &Lock) -> serde_json::Value {
    json!({
        "kind": lock.kind, "applies_to": lock.applies_to, "reason": lock.reason, "until": lock.until,
        "review_at": lock.review_at, "tag": lock.tag, "owner": lock.owner,
    })
}

/// Releases a lock: completes its task. Its owner may, and whoever may lock there; releasing somebody else's says so in a
/// comment on it. With a `version`, only the lock that the caller looked at is released.
pub async fn release(tx: &mut Tx, task: TaskId, reason: Option<&str>, version: Option<i64>) -> Result<Lock> {
    let (lock, environments) = open_and_held(tx, task, version).await?;
    let is_own = lock.owner.is_some() && lock.owner == tx.actor().user;
    if !is_own {
        require_everywhere(tx, &environments).await?;
    }
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    tx.limits().check(
        base::Limit::TextChars,
        reason.map_or(0, |reason| reason.chars().count()),
        "the reason",
    )?;
    let name = tx.actor().name.clone();
    let text = match (is_own, reason) {
        (true, None) => None,
        (_, Some(reason)) => Some(format!("{name} released this lock: {reason}")),
        (false, None) => Some(format!("{name} released this lock.")),
    };
    let before = environments::beyond(tx);
    let done = complete(tx, task, text).await;
    tx.become_actor(before);
    done?;
    closed(tx, "lock.released", &lock, &environments, reason).await?;
    Ok(load(tx, task).await?.0)
}

/// Completes the task of a lock whose time has passed; what the gate has known since then.
pub(crate) async fn expire(tx: &mut Tx, task: TaskId) -> Result<()> {
    let (lock, environments) = match open_and_held(tx, task, None).await {
        Ok(found) => found,
        // Somebody was faster, or took it out of the lock project: then there is nothing left to end.
        Err(error) if matches!(error.kind(), base::Kind::Conflict | base::Kind::Missing) => return Ok(()),
        Err(error) => return Err(error),
    };
    match lock.until {
        Some(until) if until <= tx.now() => {}
        until => return super::chores::expire_at(tx, task, until).await,
    }
    complete(tx, task, None).await?;
    closed(tx, "lock.expired", &lock, &environments, None).await
}

async fn complete(tx: &mut Tx, task: TaskId, comment: Option<String>) -> Result<()> {
    if let Some(text) = comment {
        stories::comment(tx, task, NewComment { text: Text::Plain(text), ..NewComment::default() }).await?;
    }
    tasks::complete(tx, task).await.map(drop)
}

async fn closed(
    tx: &mut Tx,
    verb: &'static str,
    lock: &Lock,
    environments: &[Environment],
    reason: Option<&str>,
) -> Result<()> {
    for environment in environments {
        environments::bump(tx, environment.id).await?;
    }
    let data = json!({
        "environments": environments.iter().map(|environment| environment.name.as_str()).collect::<Vec<_>>(),
        "title": lock.title, "owner": lock.owner, "since": lock.since, "until": lock.until, "reason": reason,
    });
    journal::enter(tx, verb, subject(lock.task), &parents(lock.task, environments), data);
    Ok(())
}

/// The lock and its environments, each held, when the lock is not released yet.
async fn open_and_held(tx: &mut Tx, task: TaskId, version: Option<i64>) -> Result<(Lock, Vec<Environment>)> {
    get(tx, task).await?;
    let (_, mut environments) = load(tx, task).await?;
    environments.sort_by_key(|environment| environment.id);
    for environment in &environments {
        environments::hold(tx, environment.id).await?;
        environments::hold_locks(tx, environment).await?;
    }
    let lock = load(tx, task).await?.0;
    if let Some(at) = lock.released_at {
        return Err(Error::conflict(
            "lock.already_released",
            format!("\"{}\" was released at {at}", lock.title),
        ));
    }
    if version.is_some_and(|version| version != lock.version) {
        return Err(Error::conflict(
            "lock.changed",
            format!(
                "\"{}\" was changed since you looked at it; it is at version {}",
                lock.title, lock.version
            ),
        ));
    }
    Ok((lock, environments))
}

async fn require_everywhere(tx: &mut Tx, environments: &[Environment]) -> Result<()> {
    for environment in environments {
        environments::check(tx, environment, Right::Lock).await?;
    }
    Ok(())
}

/// The lock that a task is, and the environments that it closes; no right is asked for.
async fn load(tx: &mut Tx, task: TaskId) -> Result<(Lock, Vec<Environment>)> {
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

/// Counts on a lock that it stopped somebody in this environment.
pub(crate) async fn count_refusal(tx: &mut Tx, task: TaskId, environment: EnvironmentId) -> Result<()> {
    store::count(tx, task, environment).await
}
