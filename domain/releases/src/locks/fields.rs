//! What a lock is made of, beyond the task that it is.

use crate::deployments::Kind;
use crate::gate::Live;
use base::id::{EnvironmentId, TaskId, UserId};
use base::{Error, Result, Time};

base::text_enum! {
    /// Whom a lock stops.
    pub enum LockKind {
        /// Everybody.
        Block = "block",
        /// Everybody but its owner.
        Claim = "claim",
        /// Nobody; it is shown.
        Warn = "warn",
    }
}

impl LockKind {
    /// What it stops unless somebody says otherwise. A claim is about what goes out; a rollback may pass it.
    pub fn usual_reach(self) -> Vec<Kind> {
        match self {
            Self::Block | Self::Warn => Kind::ALL.to_vec(),
            Self::Claim => vec![Kind::Forward],
        }
    }
}

/// The fields that are kept beside the task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    pub kind: LockKind,
    pub applies_to: Vec<Kind>,
    pub reason: String,
    pub until: Option<Time>,
    pub review_at: Option<Time>,
    pub tag: Option<String>,
    pub version: i64,
    pub placed_at: Option<Time>,
}

impl Default for Fields {
    /// A lock that is nothing but its task.
    fn default() -> Self {
        Self {
            kind: LockKind::Block,
            applies_to: LockKind::Block.usual_reach(),
            reason: String::new(),
            until: None,
            review_at: None,
            tag: None,
            version: 0,
            placed_at: None,
        }
    }
}

impl Fields {
    /// Refuses what makes no sense; `now` is the time of the request.
    pub(super) fn check(&self, limits: &base::Limits, now: Time) -> Result<()> {
        limits.check(base::Limit::TextChars, self.reason.chars().count(), "the reason")?;
        limits.check(
            base::Limit::FieldTextChars,
            self.tag.as_deref().map_or(0, |tag| tag.chars().count()),
            "the tag",
        )?;
        if self.applies_to.is_empty() {
            return Err(Error::invalid(
                "lock.applies_to",
                "A lock applies to at least one kind of deployment",
            ));
        }
        if self.until.is_some_and(|until| until <= now) {
            return Err(Error::invalid(
                "lock.until",
                "The lock would end before it holds: choose a time in the future",
            ));
        }
        Ok(())
    }
}

/// How often a lock stopped somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Attempts {
    /// How many attempts.
    pub count: i64,
    /// The first.
    pub first_at: Time,
    /// The last.
    pub last_at: Time,
}

/// A lock, as people see it.
#[derive(Clone, Debug)]
pub struct Lock {
    /// The task that it is.
    pub task: TaskId,
    /// The task's name.
    pub title: String,
    /// The environments that it closes, by id and name.
    pub environments: Vec<(EnvironmentId, String)>,
    /// Whom it stops.
    pub kind: LockKind,
    /// What sorts of deployment it stops.
    pub applies_to: Vec<Kind>,
    /// Why it is there.
    pub reason: String,
    /// Who is responsible: the assignee.
    pub owner: Option<UserId>,
    /// Their name.
    pub owner_name: Option<String>,
    /// Who placed it.
    pub placed_by: Option<UserId>,
    /// Their name.
    pub placed_by_name: Option<String>,
    /// Since when it holds.
    pub since: Time,
    /// When it ends by itself.
    pub until: Option<Time>,
    /// When somebody should look whether it is still needed; releases nothing.
    pub review_at: Option<Time>,
    /// What placed it, for machines.
    pub tag: Option<String>,
    /// Rises with every change of the fields.
    pub version: i64,
    /// When its task was completed.
    pub released_at: Option<Time>,
    /// Whether it holds now: its task is open and its time has not passed.
    pub is_open: bool,
    /// How often it stopped somebody.
    pub attempts: Option<Attempts>,
}

/// What a new lock is to be.
#[derive(Clone, Debug)]
pub struct NewLock {
    /// Why; the first line becomes the task's name, unless there is a title.
    pub reason: String,
    /// The task's name.
    pub title: Option<String>,
    /// Whom it stops.
    pub kind: LockKind,
    /// What sorts of deployment it stops; what is usual for the kind otherwise.
    pub applies_to: Option<Vec<Kind>>,
    /// When it ends by itself.
    pub until: Option<Time>,
    /// When somebody should look at it again.
    pub review_at: Option<Time>,
    /// What placed it, for machines.
    pub tag: Option<String>,
    /// Who is responsible; who places it, otherwise.
    pub assignee: Option<UserId>,
}

impl NewLock {
    /// A lock that stops everybody until it is released.
    pub fn because(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            title: None,
            kind: LockKind::Block,
            applies_to: None,
            until: None,
            review_at: None,
            tag: None,
            assignee: None,
        }
    }
}

/// What is to change about a lock; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct LockChange {
    /// Why.
    pub reason: Option<String>,
    /// Whom it stops.
    pub kind: Option<LockKind>,
    /// What sorts of deployment it stops.
    pub applies_to: Option<Vec<Kind>>,
    /// When it ends by itself.
    pub until: Option<Option<Time>>,
    /// When somebody should look at it again.
    pub review_at: Option<Option<Time>>,
    /// What placed it.
    pub tag: Option<Option<String>>,
    /// Who is responsible.
    pub assignee: Option<Option<UserId>>,
    /// The version that the change was meant for.
    pub version: Option<i64>,
}

/// A lock that was just placed, and what slipped in before it.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The lock.
    pub lock: Lock,
    /// The deployment that had started already and will finish.
    pub already_running: Option<Live>,
}
