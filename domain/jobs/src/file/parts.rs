//! What a job does: stages, the parts of a stage, their steps, and what each part may use and keeps.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Parts that run side by side, after those of the stage before have all succeeded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stage {
    /// What people see.
    pub name: String,
    /// Whether it waits for a person.
    pub manual: bool,
    /// Its parts, the matrix written out.
    pub parts: Vec<Part>,
}

/// One job of a stage, times one cell of its matrix. Everything that it inherits is filled in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Part {
    /// What people see, with the cell of the matrix: `test (python 3.12)`.
    pub name: String,
    /// Lower-case letters, digits and hyphens; one per job.
    pub key: String,
    /// The cell of the matrix.
    pub matrix: BTreeMap<String, String>,
    /// What an agent must have.
    pub requires: Vec<Requirement>,
    /// The container image.
    pub image: Option<String>,
    /// How it is kept apart from the machine.
    pub isolation: Isolation,
    /// When the image is fetched.
    pub pull: Pull,
    /// Whether it may use the network.
    pub network: bool,
    /// The environment of its steps.
    pub env: BTreeMap<String, String>,
    /// The names of the secrets that its steps get as environment variables.
    pub secrets: Vec<String>,
    /// What it may use up.
    pub limits: Limits,
    /// How long it may take.
    pub timeouts: Timeouts,
    /// When it is tried again.
    pub retry: Retry,
    /// What it does, in order; the first failure ends it.
    pub steps: Vec<Step>,
    /// What it does at its end, whatever happened, cancelling included: its own, then the job's.
    pub finally: Vec<Step>,
    /// What it keeps.
    pub artifacts: Vec<ArtifactRule>,
    /// The shared artifacts of earlier stages that it gets.
    pub uses: Vec<String>,
}

base::text_enum! {
    /// How a part is kept apart from the machine it runs on.
    #[derive(Default)]
    pub enum Isolation {
        /// A process of its own group.
        #[default]
        None = "none",
        /// Bubblewrap: own processes, a read-only system.
        Bwrap = "bwrap",
        /// A container of its image.
        Docker = "docker",
    }
}

base::text_enum! {
    /// When an image is fetched.
    #[derive(Default)]
    pub enum Pull {
        /// When the agent hasn't got it.
        #[default]
        Missing = "missing",
        /// Before every run.
        Always = "always",
        /// Never; it must be there.
        Never = "never",
    }
}

/// What a part may use up; `None` means whatever the agent allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Bytes of memory.
    pub memory_bytes: Option<u64>,
    /// Thousandths of a processor.
    pub cpus_milli: Option<u32>,
    /// Processes at once.
    pub pids: Option<u32>,
    /// Bytes in the workspace.
    pub disk_bytes: Option<u64>,
}

/// How long a part may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timeouts {
    /// Seconds from its first step to its last.
    pub run_s: u64,
    /// Seconds that it may wait for an agent; `None` means for ever.
    pub queue_s: Option<u64>,
    /// Seconds without output.
    pub silent_s: Option<u64>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { run_s: 3_600, queue_s: None, silent_s: None }
    }
}

/// When a part is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retry {
    /// Tries after the first; 0 means never.
    pub max: u32,
    /// After what.
    pub on: Vec<RetryOn>,
    /// Seconds before the second try; it doubles with each.
    pub backoff_s: u64,
    /// The most that it grows to.
    pub backoff_most_s: u64,
}

impl Default for Retry {
    fn default() -> Self {
        Self { max: 0, on: Vec::new(), backoff_s: 30, backoff_most_s: 600 }
    }
}

impl Retry {
    /// Seconds to wait before the try with this number (the first try is 1).
    pub fn pause_s(&self, attempt: u32) -> u64 {
        let doublings = attempt.saturating_sub(2).min(32);
        self.backoff_s.saturating_mul(1 << doublings).min(self.backoff_most_s.max(self.backoff_s))
    }
}

/// What a part is tried again after. Written `agent_lost`, `failed`, `timed_out`, `exit:75`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryOn {
    /// Its agent was not heard of any more. What it did may have happened.
    AgentLost,
    /// A step failed.
    Failed,
    /// It took too long.
    TimedOut,
    /// A step ended with this code.
    Exit(u8),
}

impl std::fmt::Display for RetryOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AgentLost => f.write_str("agent_lost"),
            Self::Failed => f.write_str("failed"),
            Self::TimedOut => f.write_str("timed_out"),
            Self::Exit(code) => write!(f, "exit:{code}"),
        }
    }
}

impl std::str::FromStr for RetryOn {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "agent_lost" => Ok(Self::AgentLost),
            "failed" => Ok(Self::Failed),
            "timed_out" => Ok(Self::TimedOut),
            _ => text
                .strip_prefix("exit:")
                .and_then(|code| code.trim().parse().ok())
                .filter(|code| *code != 0)
                .map(Self::Exit)
                .ok_or_else(|| {
                    format!("{text:?} is not one of: agent_lost, failed, timed_out, exit:N (1 to 255)")
                }),
        }
    }
}

/// A label that an agent must have. Written `docker`, `os=linux`, `zone~^eu-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The label.
    pub label: String,
    /// What it must hold.
    pub test: Test,
}

/// What a label must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Anything.
    Exists,
    /// Exactly this.
    Equals(String),
    /// Something that this regular expression finds.
    Matches(String),
}

impl Requirement {
    /// Whether an agent with these labels will do. A broken expression matches nothing.
    pub fn is_met_by(&self, labels: &BTreeMap<String, String>) -> bool {
        let Some(value) = labels.get(&self.label) else { return false };
        match &self.test {
            Test::Exists => true,
            Test::Equals(wanted) => value == wanted,
            Test::Matches(pattern) => super::compiled(pattern).is_ok_and(|regex| regex.is_match(value)),
        }
    }
}

impl std::fmt::Display for Requirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.test {
            Test::Exists => f.write_str(&self.label),
            Test::Equals(value) => write!(f, "{}={value}", self.label),
            Test::Matches(pattern) => write!(f, "{}~{pattern}", self.label),
        }
    }
}

impl std::str::FromStr for Requirement {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let end = text.find(['=', '~']).unwrap_or(text.len());
        let (label, rest) = text.split_at(end);
        let label = label.trim();
        if label.is_empty() || !label.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c)) {
            return Err(format!("{text:?} is not a label; write label, label=value or label~regex"));
        }
        let test = match rest.split_at_checked(1) {
            Some(("=", value)) => Test::Equals(value.trim().to_owned()),
            Some((_, pattern)) => {
                super::compiled(pattern.trim())?;
                Test::Matches(pattern.trim().to_owned())
            }
            None => Test::Exists,
        };
        Ok(Self { label: label.to_owned(), test })
    }
}

/// One command of a part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    /// What people see.
    pub name: String,
    /// The script.
    pub run: String,
    /// The program that gets the script; `None` means `sh -e`, or bash where the agent has it.
    pub shell: Option<String>,
    /// The folder that it runs in, below the workspace.
    pub workdir: Option<String>,
    /// Its environment, beyond the part's.
    pub env: BTreeMap<String, String>,
    /// Seconds that it may take.
    pub timeout_s: Option<u64>,
    /// Whether it runs although a step before it failed.
    pub always: bool,
    /// The line of the file that it stands at.
    pub line: u32,
}

/// Files that are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArtifactRule {
    /// What they are called together.
    pub name: String,
    /// Which files: `*` stops at a slash, `**` does not.
    pub pattern: String,
    /// Whether the part fails when there are none.
    pub required: bool,
    /// Whether later stages get them.
    pub shared: bool,
    /// Seconds that they are kept; `None` means as long as the run.
    pub keep_s: Option<u64>,
}

macro_rules! as_text {
    ($($name:ty),+) => {$(
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.collect_str(self) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as Deserialize>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
as_text!(RetryOn, Requirement);
