//! What happens with one fire: the facts in, a decision and its reason out.
//!
//! Every fire of every schedule gets exactly one decision, which is written down with it, in the same transaction as the run it starts.
//! The rules are asked in this order, and the first that objects has the word: switched off, paused, excluded by a calendar,
//! frozen, missed, overlap. A fire that fell into a pause or a freeze was not missed: it is never made up for.

use super::pauses::Pause;
use crate::file::{Missed, MissedPolicy, Overlap};
use base::{Time, time};
use std::time::Duration;

/// A fire that is decided within so many seconds of its time is on time; a later one counts as missed.
pub const ON_TIME_S: u64 = 60;
/// More runs than this never wait for one job.
pub const WAITING_MOST: u64 = 1_000;

base::text_enum! {
    /// What happens with a fire.
    pub enum Decision {
        /// A run starts.
        Start = "start",
        /// A run is made and waits for the one before.
        Buffer = "buffer",
        /// A run is made and waits in the place of the one that waited, which is cancelled.
        BufferReplacing = "buffer_latest",
        /// The running one is cancelled with time to clean up; a run is made and starts after it, in the place of any that waited.
        CancelOther = "cancel_other",
        /// The running one is killed and a run starts.
        TerminateOther = "terminate_other",
        /// Nothing: the run before is still there.
        SkipOverlap = "skip_overlap",
        /// Nothing: its time passed while nobody could start it.
        SkipMissed = "skip_missed",
        /// Nothing: the schedule was paused.
        SkipPaused = "skip_paused",
        /// Nothing: a calendar excludes its day.
        SkipWindow = "skip_window",
        /// Nothing: the job was frozen around the run of another.
        SkipFrozen = "skip_frozen",
        /// Nothing: the job or its schedule was switched off.
        SkipDisabled = "skip_disabled",
    }
}

impl Decision {
    /// Whether a run is made.
    pub fn makes_run(self) -> bool {
        match self {
            Self::Start | Self::Buffer | Self::BufferReplacing | Self::CancelOther | Self::TerminateOther => {
                true
            }
            Self::SkipOverlap
            | Self::SkipMissed
            | Self::SkipPaused
            | Self::SkipWindow
            | Self::SkipFrozen
            | Self::SkipDisabled => false,
        }
    }
}

/// A decision and the sentence that explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What happens.
    pub decision: Decision,
    /// Why, in a sentence without a full stop.
    pub reason: String,
}

/// What is known about a fire when it is decided.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// When it was to be.
    pub scheduled_at: Time,
    /// When it is decided.
    pub now: Time,
    /// The newest fire of the same schedule that is due by now; `scheduled_at` itself when there is none after it.
    pub newest_due: Time,
    /// Whether job and schedule are switched on.
    pub is_enabled: bool,
    /// The pause that held at `scheduled_at`.
    pub pause: Option<&'a Pause>,
    /// The calendar that excludes its day.
    pub excluded_by: Option<&'a str>,
    /// Why the job is frozen.
    pub frozen: Option<&'a str>,
    /// What happens with missed fires.
    pub missed: Missed,
    /// What happens when a run is still there.
    pub overlap: Overlap,
    /// What else of the job is there.
    pub others: Others,
}

/// The runs that a new one meets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Others {
    /// Runs that have started.
    pub running: u64,
    /// Runs that wait for those.
    pub waiting: u64,
    /// How many may run at once; 0 counts as 1.
    pub limit: u64,
}

/// Decides one fire.
pub fn decide(facts: &Facts<'_>) -> Verdict {
    if !facts.is_enabled {
        return verdict(Decision::SkipDisabled, "the schedule is switched off".to_owned());
    }
    if let Some(pause) = facts.pause {
        let until = pause.until.map(|until| format!(" until {until}")).unwrap_or_default();
        let reason = if pause.reason.is_empty() { "" } else { ": " };
        return verdict(Decision::SkipPaused, format!("paused{until}{reason}{}", pause.reason));
    }
    if let Some(calendar) = facts.excluded_by {
        return verdict(Decision::SkipWindow, format!("the day is in the calendar {calendar}"));
    }
    if let Some(why) = facts.frozen.filter(|_| !waits(facts.overlap)) {
        return verdict(Decision::SkipFrozen, why.to_owned());
    }
    let lateness = match missed(facts.missed, facts.scheduled_at, facts.newest_due, facts.now) {
        Ok(lateness) => lateness,
        Err(reason) => return verdict(Decision::SkipMissed, reason),
    };
    let mut verdict = match facts.frozen {
        Some(why) => frozen(facts.overlap, facts.others, why),
        None => overlap(facts.overlap, facts.others),
    };
    if let Some(lateness) = lateness.filter(|_| verdict.decision.makes_run()) {
        verdict.reason = format!("{lateness}; {}", verdict.reason);
    }
    verdict
}

/// Whether a fire still happens: `Ok` with a remark when it is late, or the reason why it does not.
pub fn missed(
    rule: Missed,
    scheduled_at: Time,
    newest_due: Time,
    now: Time,
) -> Result<Option<String>, String> {
    let late = now.since(scheduled_at);
    if late <= Duration::from_secs(ON_TIME_S) {
        return Ok(None);
    }
    let by = time::in_words(late);
    if late > Duration::from_secs(rule.within_s) && rule.policy != MissedPolicy::Skip {
        let within = time::in_words(Duration::from_secs(rule.within_s));
        return Err(format!("missed {by} ago; it is made up for within {within}"));
    }
    match rule.policy {
        MissedPolicy::Skip => Err(format!("missed {by} ago; missed fires are not made up for")),
        MissedPolicy::RunOnce if newest_due > scheduled_at => {
            Err(format!("missed {by} ago; the fire of {newest_due} stands for it"))
        }
        MissedPolicy::RunOnce | MissedPolicy::RunAll => Ok(Some(format!("made up for, {by} late"))),
    }
}

/// What a new run does about those that are there. Concurrency groups ask the same with their own limit.
pub fn overlap(policy: Overlap, others: Others) -> Verdict {
    let Others { running, waiting, limit } = others;
    // Whoever waits is first: a new one never overtakes it.
    if policy == Overlap::AllowAll || (running < limit.max(1) && waiting == 0) {
        return verdict(Decision::Start, "nothing stood in its way".to_owned());
    }
    let (decision, reason) = match policy {
        Overlap::Skip => (Decision::SkipOverlap, "the run before is still there"),
        Overlap::BufferOne if waiting > 0 => (Decision::SkipOverlap, "another run waits already"),
        Overlap::BufferAll if waiting >= WAITING_MOST => (Decision::SkipOverlap, "1000 runs wait already"),
        Overlap::BufferOne | Overlap::BufferAll => (Decision::Buffer, "it waits for the run before"),
        Overlap::BufferLatest if waiting > 0 => {
            (Decision::BufferReplacing, "it waits in the place of the run that waited")
        }
        Overlap::BufferLatest => (Decision::Buffer, "it waits for the run before"),
        Overlap::CancelOther => (Decision::CancelOther, "the run before is cancelled for it"),
        Overlap::TerminateOther => (Decision::TerminateOther, "the run before is killed for it"),
        Overlap::AllowAll => (Decision::Start, "nothing stood in its way"),
    };
    verdict(decision, reason.to_owned())
}

/// Whether a policy has things wait for the run before, and so for the end of a freeze.
pub fn waits(policy: Overlap) -> bool {
    matches!(policy, Overlap::BufferOne | Overlap::BufferAll | Overlap::BufferLatest)
}

/// What becomes of what falls into a freeze: it waits as it would for a run before, or it does not happen.
pub fn frozen(policy: Overlap, others: Others, why: &str) -> Verdict {
    if !waits(policy) {
        return verdict(Decision::SkipFrozen, why.to_owned());
    }
    let held = overlap(policy, Others { running: others.running.max(others.limit.max(1)), ..others });
    match held.decision {
        Decision::Buffer => verdict(Decision::Buffer, format!("{why}; it waits for that")),
        Decision::BufferReplacing => verdict(
            Decision::BufferReplacing,
            format!("{why}; it waits for that in the place of one that waited"),
        ),
        _ => verdict(Decision::SkipFrozen, format!("{why}; {}", held.reason)),
    }
}

fn verdict(decision: Decision, reason: String) -> Verdict {
    Verdict { decision, reason }
}
