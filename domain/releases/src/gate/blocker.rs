//! One thing that is in the way of a deployment, with what a person needs to deal with it.

use base::Time;
use base::id::{AnyId, TaskId};
use serde::Serialize;

base::text_enum! {
    /// What sort of thing is in the way, in the order in which the gate looks.
    pub enum BlockerKind {
        /// The environment is switched off.
        Disabled = "disabled",
        /// A deployment stopped reporting and nobody knows how it ended.
        Quarantine = "quarantine",
        /// Another deployment is running.
        Busy = "busy",
        /// Another deployment waits in front.
        Queue = "queue",
        /// A lock that lets nobody pass.
        Lock = "lock",
        /// A lock that lets only its owner pass.
        Claim = "claim",
        /// The repository cannot say what the commit is.
        Commit = "commit",
    }
}

/// One thing that is in the way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Blocker {
    /// What sort of thing it is.
    pub kind: BlockerKind,
    /// The lock's task, or the deployment.
    pub id: Option<AnyId>,
    /// Its title: an id is never shown alone.
    pub title: String,
    /// The task to discuss it on.
    pub task: Option<TaskId>,
    /// Who has it.
    pub owner: Option<String>,
    /// Since when.
    pub since: Option<Time>,
    /// When it ends by itself.
    pub until: Option<Time>,
    /// How it ends, in words.
    pub ends: String,
    /// Who can end it, in words.
    pub who_can_release: Vec<String>,
    /// All of this as a sentence.
    pub sentence: String,
    /// The same in few words, for when something else leads.
    #[serde(skip)]
    pub clause: String,
}

/// How something ends; later means that it leads when several things are in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// With a deployment, which takes minutes.
    WithDeployment,
    /// At an instant.
    At(Time),
    /// When a person acts.
    ByHand,
}

impl Blocker {
    pub(super) fn end(&self) -> End {
        match (self.kind, self.until) {
            (BlockerKind::Busy | BlockerKind::Queue, _) => End::WithDeployment,
            (_, Some(until)) => End::At(until),
            (_, None) => End::ByHand,
        }
    }
}
