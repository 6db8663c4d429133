//! Everything that a decision depends on, as plain data. It is recorded with each start, so that the start can be judged again.

use crate::deployments::Kind;
use crate::locks::LockKind;
use base::Time;
use base::id::{DeploymentId, EnvironmentId, TaskId, UserId};
use serde::{Deserialize, Serialize};

/// What [`decide`](super::decide) looks at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Situation {
    /// The instant that is judged; locks that end are judged by it.
    pub at: Time,
    /// The zone that sentences show times in, by its IANA name.
    pub zone: String,
    /// The environment.
    pub environment: Place,
    /// What sort of deployment wants to start.
    pub kind: Kind,
    /// Who wants to start it; a claim lets its owner through.
    pub asker: Option<UserId>,
    /// What is to be deployed.
    pub candidate: Candidate,
    /// The deployment that occupies the environment.
    pub live: Option<Live>,
    /// The first of those that wait in front of this one.
    pub ahead: Option<Waiting>,
    /// Every open lock, also those that have ended by their time or do not apply.
    pub locks: Vec<Held>,
}

/// The environment as the gate sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Its id.
    pub id: EnvironmentId,
    /// Its name, as people say it.
    pub name: String,
    /// Whether deployments are possible at all.
    pub enabled: bool,
    /// Why it was switched off.
    pub disabled_reason: String,
    /// Rises with every change that can alter a decision.
    pub epoch: i64,
    /// Who may release any lock here, in words: "anyone who may lock beta".
    pub lockers: Vec<String>,
    /// Who may abort and resolve deployments here, in words.
    pub deployers: Vec<String>,
}

/// What is to be deployed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Candidate {
    /// Nobody asked about a commit.
    Unasked,
    /// A commit that the repository has.
    Known {
        /// The full commit id.
        commit: String,
    },
    /// The repository cannot say; unknown is not green.
    Unknown {
        /// What was asked for.
        given: String,
        /// Why it cannot say, as the rest of a sentence.
        why: String,
    },
}

/// What is known of the deployment that occupies the environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// Its id.
    pub id: DeploymentId,
    /// Its short number.
    pub number: i64,
    /// Its task.
    pub task: Option<TaskId>,
    /// Its commit.
    pub commit: String,
    /// Who started it.
    pub by: String,
    /// The machine that runs it.
    pub host: String,
    /// Whether it still reports.
    pub state: LiveState,
    /// Since when it is in that state.
    pub since: Time,
}

base::text_enum! {
    /// Whether the deployment that occupies the environment still reports.
    pub enum LiveState {
        /// It reports.
        Running = "running",
        /// It reports and was told to stop.
        Aborting = "aborting",
        /// It stopped reporting and nobody knows how it ended.
        Lost = "lost",
    }
}

/// A deployment that waits for its turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its id.
    pub id: DeploymentId,
    /// Its short number.
    pub number: i64,
    /// Its commit.
    pub commit: String,
    /// Who asked for it.
    pub by: String,
    /// Since when it waits.
    pub since: Time,
}

/// An open task in the lock project, with its gate fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// The task that it is.
    pub task: TaskId,
    /// The task's name.
    pub title: String,
    /// Whom it stops.
    pub kind: LockKind,
    /// Why it is there; empty when the title says all.
    pub reason: String,
    /// Who is responsible: the assignee.
    pub owner: Option<UserId>,
    /// The owner's name.
    pub owner_name: Option<String>,
    /// Who placed it, for locks that nobody owns.
    pub placed_by: Option<String>,
    /// Since when it holds.
    pub since: Time,
    /// When it ends by itself; it holds before this instant and not at it.
    pub until: Option<Time>,
    /// What sorts of deployment it stops.
    pub applies_to: Vec<Kind>,
}

impl Held {
    /// Whether it has any say at `at` over a deployment of this `kind`.
    pub fn applies(&self, at: Time, kind: Kind) -> bool {
        self.until.is_none_or(|until| at < until) && self.applies_to.contains(&kind)
    }
}
