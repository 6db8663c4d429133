//! What the server and the agent say to each other, as types.
//!
//! Members that are unknown are ignored on both sides, and what may be absent has a default, so that a server and an
//! agent of neighbouring versions understand each other.

use base::Secret;
use base::id::AttemptId;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a machine can do, as the server matches it with what a job asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    pub docker: bool,
    pub bwrap: bool,
    pub cgroup: &'static str,
    pub git: bool,
}

/// The answer to a claim. Assignments are read one by one, so that one that is not understood spoils no other.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Claimed {
    pub assignments: Vec<serde_json::Value>,
    pub draining: bool,
    pub too_old: bool,
    pub end: bool,
    pub forget: Vec<AttemptId>,
}

/// One try of one part, with everything needed to do it.
#[derive(Clone, Debug, Deserialize)]
pub struct Assignment {
    pub attempt: AttemptId,
    pub epoch: i64,
    #[serde(default = "half_a_minute", deserialize_with = "seconds")]
    pub lease: Duration,
    #[serde(default = "ten_seconds", deserialize_with = "seconds")]
    pub renew_every: Duration,
    #[serde(default = "log_limit")]
    pub log_limit: u64,
    pub run: Run,
    pub part: Part,
    #[serde(default)]
    pub source: Option<Source>,
    #[serde(default)]
    pub isolation: Isolation,
    #[serde(default)]
    pub image: Option<String>,
    #[serde(default)]
    pub pull: Pull,
    #[serde(default = "yes")]
    pub network: bool,
    #[serde(default)]
    pub user: Option<String>,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    #[serde(default)]
    pub secrets: BTreeMap<String, Secret>,
    #[serde(default)]
    pub mask: Vec<Secret>,
    #[serde(default)]
    pub steps: Vec<Step>,
    #[serde(default)]
    pub finally: Vec<Step>,
    #[serde(default = "five_minutes", deserialize_with = "seconds")]
    pub finally_budget: Duration,
    #[serde(default)]
    pub artifacts: Vec<ArtifactRule>,
    #[serde(default)]
    pub inputs: Vec<Input>,
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub timeouts: Timeouts,
    #[serde(default = "ten_seconds", deserialize_with = "seconds")]
    pub grace: Duration,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Run {
    #[serde(deserialize_with = "text")]
    pub id: String,
    #[serde(deserialize_with = "text")]
    pub number: String,
    pub job: String,
    pub title: Option<String>,
    pub url: String,
    #[serde(deserialize_with = "text")]
    pub cause: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Part {
    pub name: String,
    #[serde(deserialize_with = "text")]
    pub stage: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Source {
    pub commit: String,
    /// The archive in base64, when it came along.
    pub archive: Option<String>,
    #[serde(rename = "ref")]
    pub reference: Option<String>,
}

/// What keeps the job apart from the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    #[default]
    None,
    Bwrap,
    Docker,
}

/// When an image is fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pull {
    #[default]
    Missing,
    Always,
    Never,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Step {
    pub name: String,
    pub run: String,
    pub shell: Option<String>,
    pub workdir: Option<String>,
    pub env: BTreeMap<String, String>,
    #[serde(deserialize_with = "maybe_seconds")]
    pub timeout: Option<Duration>,
    pub always: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ArtifactRule {
    pub name: String,
    pub pattern: String,
    pub required: bool,
}

/// A file that an earlier stage left for this one.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    pub path: String,
    #[serde(default)]
    pub size: u64,
    pub sha256: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Limits {
    pub memory: Option<u64>,
    pub cpus_milli: Option<u64>,
    pub pids: Option<u64>,
    pub disk: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Timeouts {
    #[serde(deserialize_with = "maybe_seconds")]
    pub run: Option<Duration>,
    #[serde(deserialize_with = "maybe_seconds")]
    pub silent: Option<Duration>,
}

/// How far an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Starting,
    Running,
    Finishing,
}

/// The answer to a renewal.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Renewed {
    pub command: String,
    pub reason: Option<String>,
    pub terminate: bool,
    /// The server wants the next sign of life at once.
    pub again: bool,
}

/// What a step has come to, told while the attempt runs.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    pub step: usize,
    pub name: String,
    pub state: StepState,
    pub offset: u64,
    pub took_ms: Option<u64>,
    pub exit_code: Option<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    Running,
    Succeeded,
    Failed,
    Skipped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Succeeded,
    Failed,
    Cancelled,
    TimedOut,
}

/// How an attempt ended. It is written to disk before it is sent, so that it can be sent again after anything.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finish {
    pub epoch: i64,
    pub outcome: Outcome,
    pub exit_code: Option<i32>,
    pub signal: Option<i32>,
    pub reason: Option<String>,
    pub sentence: Option<String>,
    pub failed_step: Option<usize>,
    pub log_bytes: u64,
    pub metrics: Vec<Metric>,
    pub artifacts: Vec<Artifact>,
    pub image_digest: Option<String>,
    /// Whether any of its steps may have begun, when that is in question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_begun: Option<bool>,
}

/// The answer to the end of an attempt: what to do in its place, if the agent wants something.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Finished {
    pub assignments: Vec<serde_json::Value>,
}

/// A figure that a step reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    pub name: String,
    pub value: f64,
    pub unit: Option<String>,
}

/// A file that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    pub name: String,
    pub path: String,
    pub size: u64,
    pub sha256: String,
    pub media_type: String,
}

fn yes() -> bool {
    true
}

fn half_a_minute() -> Duration {
    Duration::from_secs(30)
}

fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

fn five_minutes() -> Duration {
    Duration::from_secs(300)
}

fn log_limit() -> u64 {
    64 << 20
}

/// Seconds as any number that is not negative; a fraction is welcome.
fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(from)?;
    Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
}

fn maybe_seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let seconds = Option::<f64>::deserialize(from)?;
    seconds.map(Duration::try_from_secs_f64).transpose().map_err(serde::de::Error::custom)
}

/// Text, or a number as text: ids and run numbers go into variables and nowhere else.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match serde_json::Value::deserialize(from)? {
        serde_json::Value::String(text) => text,
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_needs_little_and_ignores_what_it_does_not_know() {
        let assignment: Assignment = serde_json::from_str(
            r#"{"attempt": "7", "epoch": 2, "run": {"id": "5", "number": 12, "job": "nightly", "new": 1},
                "part": {"name": "build", "stage": 0}, "steps": [{"name": "a", "run": "true", "timeout": 0.5}],
                "timeouts": {"run": 60, "silent": null}, "isolation": "bwrap", "future": {"x": []}}"#,
        )
        .expect("an assignment");
        assert_eq!(assignment.run.number, "12");
        assert_eq!(assignment.isolation, Isolation::Bwrap);
        assert!(assignment.network);
        assert_eq!(assignment.steps[0].timeout, Some(Duration::from_millis(500)));
        assert_eq!(assignment.timeouts.run, Some(Duration::from_secs(60)));
    }
}
