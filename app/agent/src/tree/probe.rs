//! Finding out once what this machine allows.

use super::{MARKER, Tree, cgroup};
use crate::contract::Limits;
use base::id::AttemptId;
use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// How long a probe may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(5);
const NAMESPACE: [&str; 5] = ["--pid", "--fork", "--kill-child", "--mount-proc", "--"];

/// What holds the processes of an attempt together here.
#[derive(Clone, Debug)]
pub enum Containment {
    /// A cgroup of their own.
    Cgroup(cgroup::Root),
    /// A PID namespace of their own for every command line, made by the program that stands before it.
    Namespace(Vec<OsString>),
    /// Nothing but what can be recognised.
    Recognition,
}

impl Containment {
    /// Tries what there is, the best first; `name` tells this agent's cgroups from those of others.
    pub async fn detect(name: &str, path: &str) -> Self {
        if let Some(root) = cgroup::Root::find(name) {
            let containment = Self::Cgroup(root);
            if containment.works(path).await {
                return containment;
            }
        }
        for own_user in [false, true] {
            let mut prefix = vec![OsString::from("unshare")];
            if own_user {
                prefix.extend(["--user", "--map-current-user"].map(OsString::from));
            }
            prefix.extend(NAMESPACE.map(OsString::from));
            let containment = Self::Namespace(prefix);
            if containment.works(path).await {
                return containment;
            }
        }
        Self::Recognition
    }

    /// The name that the server knows it by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cgroup(root) => root.name(),
            Self::Namespace(_) | Self::Recognition => "none",
        }
    }

    /// What it is, for a person.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::Cgroup(root) if root.can_limit() => "every job has a cgroup, with limits",
            Self::Cgroup(_) => "every job has a cgroup; memory is limited for each process alone",
            Self::Namespace(_) => "every step has a PID namespace; memory is limited for each process alone",
            Self::Recognition => {
                "processes are found by their group and their variables; a daemon that wipes both gets away"
            }
        }
    }

    pub(super) fn cgroup(&self) -> Option<&cgroup::Root> {
        match self {
            Self::Cgroup(root) => Some(root),
            Self::Namespace(_) | Self::Recognition => None,
        }
    }

    pub(super) fn prefix(&self) -> Vec<OsString> {
        match self {
            Self::Namespace(prefix) => prefix.clone(),
            Self::Cgroup(_) | Self::Recognition => Vec::new(),
        }
    }

    /// Kills and removes what an earlier program of the same name left in its cgroups.
    pub async fn clear_left_behind(&self) {
        let folders = self.cgroup().map(cgroup::Root::left_behind).unwrap_or_default();
        for folder in folders {
            let record = super::Record { cgroup: vec![folder], ..super::Record::default() };
            super::clear(&record).await;
        }
    }

    /// Gives back what the kernel keeps for the agent as a whole.
    pub async fn close(&self) {
        if let Some(root) = self.cgroup() {
            cgroup::remove(&root.folders()).await;
        }
    }

    async fn works(&self, path: &str) -> bool {
        let probe = async {
            let mut tree = Tree::prepare(self, AttemptId(0), "probe", Limits::default()).ok()?;
            let mut words = tree.prefix().to_vec();
            words.push(OsString::from("true"));
            let mut command = command(&words, path);
            command.env(MARKER, "probe");
            let ended = match tree.spawn(command).await {
                Ok(mut child) => child.wait().await.ok(),
                Err(_) => None,
            };
            tree.remove().await;
            ended
        };
        tokio::time::timeout(PATIENCE, probe).await.ok().flatten().is_some_and(|status| status.success())
    }
}

/// Whether a command line can be run here and succeeds.
pub async fn runs(words: &[&str], path: &str) -> bool {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let ended = tokio::time::timeout(PATIENCE, command(&words, path).status()).await;
    matches!(ended, Ok(Ok(status)) if status.success())
}

fn command(words: &[OsString], path: &str) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).env_clear().env("PATH", path).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
