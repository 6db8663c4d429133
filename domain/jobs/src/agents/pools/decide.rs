//! How many agents a pool starts, and which of them end. Pure.

use base::Time;
use base::id::AgentId;
use std::time::Duration;

/// An agent of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub id: AgentId,
    /// Whether it does something, or is about to take something that waits.
    pub is_busy: bool,
    /// Whether it was told to end.
    pub is_ending: bool,
    /// Since when it does nothing.
    pub idle_since: Time,
}

/// What is known of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub now: Time,
    pub least: usize,
    pub most: usize,
    pub idle: Duration,
    /// Until when nothing is started, because starting failed.
    pub rests_until: Option<Time>,
    /// Agents that were asked for and have not come yet.
    pub booting: usize,
    pub members: Vec<Member>,
    /// Parts that wait, that its agents could do, and that no free agent anywhere takes.
    pub wanted: usize,
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decision {
    pub start: usize,
    pub end: Vec<AgentId>,
    /// When to look again, if nothing happens before.
    pub look_at: Option<Time>,
}

/// Decides. What boots counts as there: it takes what waits, and its place is not given twice. What was told to end counts until it is
/// gone, so that there are never more than `most` machines.
pub(super) fn decide(facts: &Facts) -> Decision {
    let now = facts.now;
    let staying: Vec<&Member> = facts.members.iter().filter(|member| !member.is_ending).collect();
    let there = staying.len() + facts.booting;
    let rests = facts.rests_until.filter(|until| *until > now);
    let start = if rests.is_some() {
        0
    } else {
        let for_queue = facts.wanted.saturating_sub(facts.booting);
        let for_least = facts.least.saturating_sub(there);
        for_queue.max(for_least).min(facts.most.saturating_sub(facts.members.len() + facts.booting))
    };
    let mut idle: Vec<&Member> = staying.into_iter().filter(|member| !member.is_busy).collect();
    idle.sort_by_key(|member| (member.idle_since, member.id));
    let over = (facts.members.len() + facts.booting).saturating_sub(facts.most);
    let spare = there.saturating_sub(facts.least);
    let ends_at = |member: &Member| member.idle_since.plus(facts.idle);
    let mut end = Vec::new();
    let mut look_at = rests;
    for member in idle {
        let is_due = facts.wanted == 0 && ends_at(member) <= now;
        if end.len() < over || (is_due && end.len() < spare) {
            end.push(member.id);
        } else if end.len() < spare && ends_at(member) > now {
            look_at = Some(look_at.map_or(ends_at(member), |at| at.min(ends_at(member))));
        }
    }
    Decision { start, end, look_at }
}
