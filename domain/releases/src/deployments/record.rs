//! What is known of a deployment.

use super::state::State;
use base::Time;
use base::id::{DeploymentId, EnvironmentId, RepositoryId, TaskId, UserId};
use serde::{Deserialize, Serialize};

base::text_enum! {
    /// What sort of deployment it is; locks choose by it what they stop.
    pub enum Kind {
        /// A commit goes out.
        Forward = "forward",
        /// An earlier commit comes back.
        Rollback = "rollback",
        /// The same commit again.
        Redeploy = "redeploy",
    }
}

/// The commits that a deployment brings (or, rolling back, takes away).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = DeploymentRange)]
pub struct Range {
    /// What was there before; none on the first deployment.
    pub from: Option<String>,
    /// What is deployed.
    pub to: String,
    /// How many commits are between them; none when that cannot be said.
    pub count: Option<u64>,
    /// The newest of them.
    pub commits: Vec<RangeCommit>,
}

/// A commit of a range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = DeploymentCommit)]
pub struct RangeCommit {
    /// The full commit id.
    pub id: String,
    /// The first line of its message.
    pub title: String,
    /// Who wrote it.
    pub author: String,
}

/// One attempt to bring a commit to an environment.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// Its number, which people say; counted over all environments.
    pub number: i64,
    /// Where it goes.
    pub environment: EnvironmentId,
    /// Where its commit comes from.
    pub repository: RepositoryId,
    /// What sort of deployment it is.
    pub kind: Kind,
    /// Where it is in its life.
    pub state: State,
    /// Since when it is in that state.
    pub state_at: Time,
    /// The full id of its commit, which never changes.
    pub commit: String,
    /// The name that the commit was asked for by.
    pub reference: Option<String>,
    /// The commit that was there before.
    pub previous_commit: Option<String>,
    /// The commits that it brings.
    pub range: Range,
    /// Its token; none while it waits.
    pub token: Option<i64>,
    /// The slot of the timetable that it belongs to.
    pub slot: Option<Time>,
    /// The key of the request that made it, with who sent it.
    pub request_key: Option<String>,
    /// What that request asked for.
    pub request_print: Option<String>,
    /// Who asked for it.
    pub requested_by: Option<UserId>,
    /// Their name then.
    pub requested_by_name: String,
    /// The machine that runs it.
    pub host: String,
    /// The process there.
    pub pid: Option<i64>,
    /// The task that people see.
    pub task: Option<TaskId>,
    /// Until when it may be silent.
    pub lease_until: Option<Time>,
    /// Why somebody asked for it to stop.
    pub abort_reason: Option<String>,
    /// Who asked for it to stop.
    pub abort_asked_by: Option<String>,
    /// When it was asked for.
    pub requested_at: Time,
    /// When it started.
    pub started_at: Option<Time>,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// The exit code of its command.
    pub exit_code: Option<i64>,
    /// The signal that killed its command.
    pub signal: Option<i64>,
    /// How it ended, in somebody's words.
    pub reason: Option<String>,
    /// How many bytes of output arrived.
    pub output_bytes: i64,
    /// How many of them were kept.
    pub output_kept: i64,
    /// The file that holds them when it is over.
    pub log_blob: Option<String>,
}

impl Deployment {
    /// The first letters of its commit, as git shows it.
    pub fn short_commit(&self) -> &str {
        crate::gate::short(&self.commit)
    }

    /// Whether somebody wants it to stop.
    pub fn abort_asked(&self) -> bool {
        self.abort_asked_by.is_some()
    }
}
