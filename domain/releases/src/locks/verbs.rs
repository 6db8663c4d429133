//! Placing, changing and releasing locks.

use super::fields::{Fields, Lock, LockChange, NewLock, Placed};
use super::read::{get, load};
use super::store;
use crate::environments::{self, Environment};
use crate::gate;
use base::id::{EnvironmentId, TaskId};
use base::{Error, Result, Right, Time};
use db::Tx;
use journal::Subject;
use serde_json::json;
use work::names::Text;
use work::stories::{self, NewComment};
use work::tasks::{self, NewTask, TaskChange};

/// The most characters of a reason that become the task's name.
const TITLE_CHARS: usize = 120;

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
    let done = complete(tx, &lock, text).await;
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
    match complete(tx, &lock, None).await {
        Err(error) if error.kind() == base::Kind::Conflict => return Ok(()),
        done => done?,
    }
    closed(tx, "lock.expired", &lock, &environments, None).await
}

/// Completes the task, unless somebody else has through another door: the tracker holds the task's row before its projects',
/// so nothing here may hold the lock project first.
async fn complete(tx: &mut Tx, lock: &Lock, comment: Option<String>) -> Result<()> {
    let done = tasks::complete(tx, lock.task).await?;
    if done.completed_at != Some(tx.now()) {
        return Err(already_released(lock, done.completed_at.unwrap_or(tx.now())));
    }
    if let Some(text) = comment {
        stories::comment(tx, lock.task, NewComment { text: Text::Plain(text), ..NewComment::default() })
            .await?;
    }
    Ok(())
}

fn already_released(lock: &Lock, at: Time) -> Error {
    Error::conflict("lock.already_released", format!("\"{}\" was released at {at}", lock.title))
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
    }
    let lock = load(tx, task).await?.0;
    if let Some(at) = lock.released_at {
        return Err(already_released(&lock, at));
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
