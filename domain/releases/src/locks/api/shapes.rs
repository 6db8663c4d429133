//! Locks as they are sent and asked for.

use crate::deployments::Kind;
use crate::environments::api::{Named, given};
use crate::gate::Live;
use crate::locks::{Attempts, Lock, LockKind};
use base::Time;
use base::id::{DeploymentId, TaskId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::App;

/// How often a lock stopped somebody.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttemptsJson {
    pub count: i64,
    #[schema(value_type = String)]
    pub first_at: Time,
    #[schema(value_type = String)]
    pub last_at: Time,
}

impl From<Attempts> for AttemptsJson {
    fn from(attempts: Attempts) -> Self {
        Self { count: attempts.count, first_at: attempts.first_at, last_at: attempts.last_at }
    }
}

/// A lock: an open task in an environment's lock project.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LockJson {
    /// The id of the task that it is.
    #[schema(value_type = String)]
    pub id: TaskId,
    pub title: String,
    pub reason: String,
    /// `block` (nobody passes), `claim` (only its owner passes) or `warn` (it is only shown).
    #[schema(value_type = String)]
    pub kind: LockKind,
    /// The kinds of deployment that it stops.
    #[schema(value_type = Vec<String>)]
    pub applies_to: Vec<Kind>,
    /// The first of the environments that it closes.
    pub environment: Option<Named>,
    /// Every environment that it closes: a task may be in several lock projects.
    pub environments: Vec<Named>,
    /// Who is responsible for it.
    pub owner: Option<Named>,
    pub placed_by: Option<Named>,
    #[schema(value_type = String)]
    pub since: Time,
    /// When it ends by itself; it holds before this instant.
    #[schema(value_type = Option<String>)]
    pub until: Option<Time>,
    /// When somebody should look whether it is still needed.
    #[schema(value_type = Option<String>)]
    pub review_at: Option<Time>,
    pub tag: Option<String>,
    /// Send it along with a release or change to be sure that it is the lock you looked at.
    pub version: i64,
    /// Whether it holds now.
    pub open: bool,
    #[schema(value_type = Option<String>)]
    pub released_at: Option<Time>,
    pub attempts: Option<AttemptsJson>,
    pub url: String,
    pub sentence: String,
}

pub(super) fn show(app: &App, lock: Lock) -> LockJson {
    let environments: Vec<&str> = lock.environments.iter().map(|(_, name)| name.as_str()).collect();
    let sentence = match (lock.is_open, lock.until) {
        (false, _) => format!("\"{}\" no longer holds {}", lock.title, environments.join(" and ")),
        (true, Some(until)) => {
            format!("\"{}\" holds {} until {until}", lock.title, environments.join(" and "))
        }
        (true, None) => {
            format!("\"{}\" holds {} until somebody releases it", lock.title, environments.join(" and "))
        }
    };
    let person =
        |id: Option<UserId>, name: Option<String>| id.map(|id| Named::new(id.0, name.unwrap_or_default()));
    let named: Vec<Named> =
        lock.environments.iter().map(|(id, name)| Named::new(id.0, name.clone())).collect();
    LockJson {
        id: lock.task,
        kind: lock.kind,
        applies_to: lock.applies_to,
        environment: lock.environments.first().map(|(id, name)| Named::new(id.0, name.clone())),
        environments: named,
        owner: person(lock.owner, lock.owner_name),
        placed_by: person(lock.placed_by, lock.placed_by_name),
        since: lock.since,
        until: lock.until,
        review_at: lock.review_at,
        tag: lock.tag,
        version: lock.version,
        open: lock.is_open,
        released_at: lock.released_at,
        attempts: lock.attempts.map(AttemptsJson::from),
        url: app.link(&format!("/tasks/{}", lock.task)),
        sentence,
        title: lock.title,
        reason: lock.reason,
    }
}

/// A deployment that had started before a lock.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunningJson {
    #[schema(value_type = String)]
    pub id: DeploymentId,
    pub number: i64,
    pub commit: String,
    pub by: String,
    pub host: String,
    #[schema(value_type = String)]
    pub since: Time,
    pub url: String,
}

/// A lock that was just placed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlacedJson {
    #[serde(flatten)]
    pub lock: LockJson,
    /// The deployment that slipped in before it, if there is one; it goes on.
    pub running: Vec<RunningJson>,
}

pub(super) fn running(app: &App, live: Live) -> RunningJson {
    RunningJson {
        id: live.id,
        number: live.number,
        commit: live.commit,
        by: live.by,
        host: live.host,
        since: live.since,
        url: app.link(&format!("/deployments/{}", live.id)),
    }
}

/// A new lock.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewLockJson {
    /// Why; people who are stopped will read it.
    pub reason: String,
    /// The task's name; the first line of the reason otherwise.
    pub title: Option<String>,
    /// `block` (the default), `claim` or `warn`.
    #[schema(value_type = Option<String>)]
    pub kind: Option<LockKind>,
    /// Of `forward`, `rollback` and `redeploy`; all for `block` and `warn`, `forward` for `claim`.
    #[schema(value_type = Option<Vec<String>>)]
    pub applies_to: Option<Vec<Kind>>,
    /// When it ends by itself.
    #[schema(value_type = Option<String>)]
    pub until: Option<Time>,
    #[schema(value_type = Option<String>)]
    pub review_at: Option<Time>,
    pub tag: Option<String>,
    /// An id, an e-mail address, or "me"; who places it, otherwise.
    pub assignee: Option<String>,
}

/// What changes; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct LockChangeJson {
    pub reason: Option<String>,
    #[schema(value_type = Option<String>)]
    pub kind: Option<LockKind>,
    #[schema(value_type = Option<Vec<String>>)]
    pub applies_to: Option<Vec<Kind>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub until: Option<Option<Time>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub review_at: Option<Option<Time>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub tag: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub assignee: Option<Option<String>>,
    /// Refuse when the lock is not at this version any more.
    pub version: Option<i64>,
}

/// Why a lock may go.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct ReleaseJson {
    pub reason: Option<String>,
    /// Refuse when the lock is not at this version any more.
    pub version: Option<i64>,
}
