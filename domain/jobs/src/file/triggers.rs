//! What starts a job: a schedule, a push, a webhook, another job, a person.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One thing that starts a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Trigger {
    /// The clock.
    Cron(CronTrigger),
    /// Commits that arrive.
    Push(PushTrigger),
    /// A request from outside.
    Webhook(WebhookTrigger),
    /// The end of another job's run.
    After(AfterTrigger),
    /// A person, or a client on their behalf.
    Manual,
}

base::text_enum! {
    /// How an expression is read. It is never guessed from the number of fields.
    #[derive(Default)]
    pub enum Dialect {
        /// Five fields as cron(5) has them, with `H`, `L`, `W` and `#`; Sunday is 0 or 7.
        #[default]
        Standard = "standard",
        /// The same with a field for seconds in front.
        Seconds = "seconds",
        /// Six or seven fields as Quartz has them; Sunday is 1.
        Quartz = "quartz",
    }
}

base::text_enum! {
    /// What happens when a run should start while another is still there.
    #[derive(Default)]
    pub enum Overlap {
        /// It does not start.
        #[default]
        Skip = "skip",
        /// It waits; while one waits, further ones don't start.
        BufferOne = "buffer_one",
        /// It waits, and so do all further ones, in order.
        BufferAll = "buffer_all",
        /// It waits; a further one takes its place.
        BufferLatest = "buffer_latest",
        /// The running one is cancelled with time to clean up, and it starts after that.
        CancelOther = "cancel_other",
        /// The running one is killed, and it starts now.
        TerminateOther = "terminate_other",
        /// Both run.
        AllowAll = "allow_all",
    }
}

base::text_enum! {
    /// What happens with fires whose time passed while nobody could start them.
    #[derive(Default)]
    pub enum MissedPolicy {
        /// None of them runs.
        Skip = "skip",
        /// The latest of them runs.
        #[default]
        RunOnce = "run_once",
        /// All of them run, oldest first.
        RunAll = "run_all",
    }
}

/// What is missed, and what is made up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// What happens with missed fires.
    pub policy: MissedPolicy,
    /// Fires that are older than this never run.
    pub within_s: u64,
}

impl Default for Missed {
    fn default() -> Self {
        Self { policy: MissedPolicy::RunOnce, within_s: 3_600 }
    }
}

/// A schedule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CronTrigger {
    /// The expression as it was written.
    pub expression: String,
    /// How it is read.
    pub dialect: Dialect,
    /// The IANA time zone that it is meant in.
    pub tz: String,
    /// What happens with missed fires.
    pub missed: Missed,
    /// What happens when the run before is still there.
    pub overlap: Overlap,
    /// Each start is put off by up to so many seconds, always by the same for the same instant.
    pub jitter_s: u64,
    /// Only days in all of these calendars have fires.
    pub include: Vec<String>,
    /// Fires on days in any of these calendars are skipped, and said to be.
    pub exclude: Vec<String>,
    /// Only the nth business day of the month has fires: 1 is the first, -1 the last. Days of `exclude` are no business days.
    pub business_day: Option<i8>,
    /// What it hands to its runs.
    pub params: BTreeMap<String, String>,
    /// False when the file switches it off.
    pub enabled: bool,
    /// The line of the file that it stands at.
    pub line: u32,
}

/// Which pushes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PushTrigger {
    /// Patterns of branches (`*` stops at a slash, `**` does not); none means the default branch.
    pub branches: Vec<String>,
    /// Patterns of changed files; none means any.
    pub paths: Vec<String>,
    /// Patterns of tags; none means no tags.
    pub tags: Vec<String>,
}

/// A request from outside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WebhookTrigger {
    /// The name of the secret that signs requests.
    pub secret: Option<String>,
}

base::text_enum! {
    /// Which end of another job's run.
    #[derive(Default)]
    pub enum AfterResult {
        /// A run that succeeded.
        #[default]
        Success = "success",
        /// A run that did not.
        Failure = "failure",
        /// Either.
        Any = "any",
    }
}

/// The end of another job's run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AfterTrigger {
    /// The other job's name.
    pub job: String,
    /// Which ends.
    pub result: AfterResult,
    /// What it hands to its runs.
    pub params: BTreeMap<String, String>,
}

base::text_enum! {
    /// Where a yearly date goes that falls on a weekend.
    #[derive(Default)]
    pub enum Observed {
        /// It stays.
        #[default]
        No = "no",
        /// Saturday's to Friday, Sunday's to Monday.
        Nearest = "nearest",
        /// To the next weekday that the calendar has not.
        Following = "following",
    }
}

/// A named set of days.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Calendar {
    /// Single days.
    pub dates: Vec<base::Date>,
    /// First and last day of stretches.
    pub ranges: Vec<(base::Date, base::Date)>,
    /// Days that return: `12-25`, `last monday of may`, `easter -2`.
    pub yearly: Vec<String>,
    /// Days of the week.
    pub weekdays: Vec<Weekday>,
    /// Where a yearly day goes that falls on a weekend.
    pub observed: Observed,
}

base::text_enum! {
    /// A day of the week.
    pub enum Weekday {
        /// Monday.
        Monday = "monday",
        /// Tuesday.
        Tuesday = "tuesday",
        /// Wednesday.
        Wednesday = "wednesday",
        /// Thursday.
        Thursday = "thursday",
        /// Friday.
        Friday = "friday",
        /// Saturday.
        Saturday = "saturday",
        /// Sunday.
        Sunday = "sunday",
    }
}
