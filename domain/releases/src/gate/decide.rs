//! The decision: all rules, in order, over one situation.

use super::blocker::{Blocker, BlockerKind};
use super::sentence;
use super::situation::{Candidate, Held, LiveState, Situation};
use crate::locks::LockKind;
use base::Time;
use serde::Serialize;
use std::cmp::Reverse;

/// Whether a deployment may start, and all that is in its way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// Whether it may start.
    pub open: bool,
    /// Which blocker leads: the one that ends last, and of several such the first in order.
    pub primary: Option<usize>,
    /// Everything that is in the way, in the order in which the gate looks.
    pub blockers: Vec<Blocker>,
    /// Locks that only warn.
    pub warnings: Vec<Blocker>,
    /// All of it in sentences.
    pub sentence: String,
    /// The next instant at which time alone changes the decision.
    pub next_change_at: Option<Time>,
    /// The environment's epoch that it was made at.
    pub epoch: i64,
}

impl Decision {
    /// The blocker that leads.
    pub fn leading(&self) -> Option<&Blocker> {
        self.primary.and_then(|at| self.blockers.get(at))
    }

    /// The stable code that a refusal carries.
    pub fn code(&self) -> &'static str {
        match self.leading().map(|blocker| blocker.kind) {
            Some(BlockerKind::Quarantine) => "deployment.quarantined",
            Some(BlockerKind::Busy | BlockerKind::Queue) => "deployment.busy",
            Some(BlockerKind::Disabled | BlockerKind::Lock | BlockerKind::Claim | BlockerKind::Commit)
            | None => "deployment.blocked",
        }
    }
}

type Rule = fn(&Situation) -> Vec<Blocker>;

/// The rules, in the order in which blockers are listed. A new rule goes where its order asks for, not at the end.
const RULES: &[Rule] = &[switched_off, quarantined, busy, queued_behind, locked, unknown_commit];

/// Decides. The same situation always gives the same decision.
pub fn decide(situation: &Situation) -> Decision {
    let blockers: Vec<Blocker> = RULES.iter().flat_map(|rule| rule(situation)).collect();
    let primary = blockers
        .iter()
        .enumerate()
        .max_by_key(|(place, blocker)| (blocker.end(), Reverse(*place)))
        .map(|(place, _)| place);
    let warnings: Vec<Blocker> = applying(situation)
        .filter(|lock| lock.kind == LockKind::Warn)
        .map(|lock| sentence::warning(situation, lock))
        .collect();
    Decision {
        open: blockers.is_empty(),
        sentence: sentence::whole(situation, primary, &blockers, &warnings),
        next_change_at: applying(situation).filter_map(|lock| lock.until).min(),
        epoch: situation.environment.epoch,
        primary,
        blockers,
        warnings,
    }
}

fn applying(situation: &Situation) -> impl Iterator<Item = &Held> {
    situation.locks.iter().filter(|lock| lock.applies(situation.at, situation.kind))
}

fn switched_off(situation: &Situation) -> Vec<Blocker> {
    if situation.environment.enabled { Vec::new() } else { vec![sentence::switched_off(situation)] }
}

fn quarantined(situation: &Situation) -> Vec<Blocker> {
    let lost = situation.live.iter().filter(|live| live.state == LiveState::Lost);
    lost.map(|live| sentence::quarantined(situation, live)).collect()
}

fn busy(situation: &Situation) -> Vec<Blocker> {
    let reporting = situation.live.iter().filter(|live| live.state != LiveState::Lost);
    reporting.map(|live| sentence::busy(situation, live)).collect()
}

fn queued_behind(situation: &Situation) -> Vec<Blocker> {
    situation.ahead.iter().map(|waiting| sentence::queued_behind(situation, waiting)).collect()
}

fn locked(situation: &Situation) -> Vec<Blocker> {
    let stops = |lock: &&Held| match lock.kind {
        LockKind::Block => true,
        LockKind::Claim => lock.owner.is_none() || lock.owner != situation.asker,
        LockKind::Warn => false,
    };
    applying(situation).filter(stops).map(|lock| sentence::locked(situation, lock)).collect()
}

fn unknown_commit(situation: &Situation) -> Vec<Blocker> {
    match &situation.candidate {
        Candidate::Unasked | Candidate::Known { .. } => Vec::new(),
        Candidate::Unknown { given, why } => vec![sentence::unknown_commit(situation, given, why)],
    }
}
