//! A job as its document means it: every default filled in, every part of the matrix written out.
//!
//! This is what a run keeps as its definition, so the JSON of these types lives as long as the oldest run: members are added,
//! never renamed, and whatever is missing in an old definition takes its default. Lengths of time are whole seconds and sizes are
//! bytes. Triggers are in [`super::triggers`], stages and what they hold in [`super::parts`].

use super::freeze::Freeze;
use super::parts::{ArtifactRule, Isolation, Limits, Part, Pull, Requirement, Retry, Stage, Step, Timeouts};
use super::triggers::{Calendar, Overlap, Trigger};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One document of a job file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Job {
    /// Lower-case letters, digits and hyphens; one per workspace.
    pub name: String,
    /// What people see; the name when the file gives none.
    pub title: String,
    /// What it is for, in Markdown.
    pub description: String,
    /// The person or team that answers for it, as the file names them.
    pub owner: Option<String>,
    /// False when the file switches the job off: it can be looked at, and nothing starts it.
    pub enabled: bool,
    /// What starts it.
    pub triggers: Vec<Trigger>,
    /// What a person, a schedule or another job may hand to a run.
    pub params: Vec<Param>,
    /// The environment of every step.
    pub env: BTreeMap<String, String>,
    /// The names of the secrets that every part gets as environment variables.
    pub secrets: Vec<String>,
    /// The container image of every part that names no other.
    pub image: Option<String>,
    /// How its parts are kept apart from the machine unless they say otherwise.
    pub isolation: Isolation,
    /// When an image is fetched.
    pub pull: Pull,
    /// Whether parts may use the network.
    pub network: bool,
    /// What it does: stages in order, the parts of one side by side.
    pub stages: Vec<Stage>,
    /// Steps that every part ends with, whatever happened; they are in each part's `finally` already.
    pub finally: Vec<Step>,
    /// What every part keeps; they are in each part's `artifacts` already.
    pub artifacts: Vec<ArtifactRule>,
    /// What a part may use up unless it says otherwise.
    pub limits: Limits,
    /// How long a part may take unless it says otherwise.
    pub timeouts: Timeouts,
    /// When a part is tried again unless it says otherwise.
    pub retry: Retry,
    /// What happens when it should start while it still runs; a schedule may say otherwise for itself.
    pub overlap: Overlap,
    /// What it shares with other jobs, so that only so many run at once.
    pub concurrency: Option<Concurrency>,
    /// Stretches of time around the runs of other jobs, in which it is not begun.
    pub freeze: Vec<Freeze>,
    /// What an agent must have; it is in each part's `requires` already.
    pub requires: Vec<Requirement>,
    /// The environment that a run deploys to: the run asks its gate first.
    pub deploy: Option<String>,
    /// Who hears of what.
    pub notify: Vec<Notify>,
    /// Who may do what, where it differs from the repository's.
    pub permissions: Option<Permissions>,
    /// The date sets that its schedules name.
    pub calendars: BTreeMap<String, Calendar>,
    /// The line of the file that the document begins at.
    pub line: u32,
}

impl Job {
    /// Every part in the order of the stages.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.stages.iter().flat_map(|stage| &stage.parts)
    }

    /// Every schedule with its place among the triggers.
    pub fn schedules(&self) -> impl Iterator<Item = (usize, &super::triggers::CronTrigger)> {
        self.triggers.iter().enumerate().filter_map(|(index, trigger)| match trigger {
            Trigger::Cron(cron) => Some((index, cron)),
            Trigger::Push(_) | Trigger::Webhook(_) | Trigger::After(_) | Trigger::Manual => None,
        })
    }
}

base::text_enum! {
    /// What a parameter may hold.
    #[derive(Default)]
    pub enum ParamKind {
        /// Any text.
        #[default]
        Text = "text",
        /// A whole number.
        Integer = "integer",
        /// Any number.
        Number = "number",
        /// `true` or `false`.
        Boolean = "boolean",
        /// One of a list.
        Choice = "choice",
        /// A day, like 2026-11-01.
        Date = "date",
    }
}

/// A value that a run is started with. Steps see it as `PARAM_<NAME>`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Param {
    /// Lower-case letters, digits and underscores.
    pub name: String,
    /// What it may hold.
    pub kind: ParamKind,
    /// The label of its field; the name when the file gives none.
    pub title: String,
    /// What to write there.
    pub description: String,
    /// What it is when nobody says.
    pub default: Option<String>,
    /// Whether a run can't start without it.
    pub required: bool,
    /// The values of a choice.
    pub choices: Vec<String>,
    /// A regular expression that a text must match as a whole.
    pub pattern: Option<String>,
    /// The least that a number may be.
    pub least: Option<f64>,
    /// The most that a number may be.
    pub most: Option<f64>,
}

/// A name that several jobs share, and how many runs may hold it at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Concurrency {
    /// The name.
    pub group: String,
    /// How many runs may hold it.
    pub limit: u32,
    /// What happens to a run when they do.
    pub when_full: Overlap,
}

base::text_enum! {
    /// What people can be told of.
    pub enum NotifyOn {
        /// A run failed, timed out or was lost.
        Failed = "failed",
        /// A run succeeded after one that did not.
        Recovered = "recovered",
        /// The outcome differs from that of the run before.
        Changed = "changed",
        /// A run succeeded.
        Succeeded = "succeeded",
        /// A run started.
        Started = "started",
        /// A run ended, however.
        Finished = "finished",
        /// A run was stopped by the gate of its environment.
        Blocked = "blocked",
        /// A fire was missed or skipped.
        Skipped = "skipped",
        /// A run takes three times as long as its job usually does.
        Slow = "slow",
    }
}

/// Who hears of what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notify {
    /// Of what.
    pub on: Vec<NotifyOn>,
    /// Who.
    pub to: Vec<Recipient>,
    /// Tell of a failure only after so many in a row.
    pub after_failures: u32,
    /// Tell of every failure, not only of the first in a row.
    pub always: bool,
}

/// Who hears.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub enum Recipient {
    /// The job's owner.
    Owner,
    /// The authors of the commits since the last success.
    Committers,
    /// Whoever watches the job.
    Watchers,
    /// A person, by name or address.
    User(String),
    /// Everybody in a team.
    Team(String),
    /// A mail address.
    Email(String),
    /// A URL, or the name of a secret that holds one.
    Webhook(String),
}

/// Who may do what. `None` means as the repository has it; an empty list means administrators only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Permissions {
    /// See that it exists, its runs and their outcomes.
    pub view: Option<Vec<Subject>>,
    /// Read the logs and artifacts.
    pub log: Option<Vec<Subject>>,
    /// Start, cancel and retry runs.
    pub run: Option<Vec<Subject>>,
    /// Change what it is.
    pub edit: Option<Vec<Subject>>,
    /// Pause, resume and backfill its schedules.
    pub schedule: Option<Vec<Subject>>,
    /// Set its secrets.
    pub secrets: Option<Vec<Subject>>,
    /// All of these, and who may do them.
    pub admin: Option<Vec<Subject>>,
}

/// Somebody who may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub enum Subject {
    /// Everybody who is signed in, guests too.
    Everyone,
    /// Members of the workspace.
    Members,
    /// The job's owner.
    Owner,
    /// A person, by name or address.
    User(String),
    /// Everybody in a team.
    Team(String),
}
