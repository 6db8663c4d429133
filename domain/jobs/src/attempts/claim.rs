//! Giving out work: which waiting parts an agent may take, in one transaction.

use super::{Attempt, AttemptState, assignment, background, store};
use crate::agents::{self, Agent};
use crate::file::{Isolation, Requirement};
use crate::runs::{self, Part, PartState, Run};
use base::id::AttemptId;
use base::{Limit, Result};
use db::Tx;
use std::collections::BTreeMap;
use std::time::Duration;

/// Waiting parts that are looked at in one claim: those that fit no agent must not hide those that do for ever.
const LOOKED_AT: usize = 500;

/// A sign of life is written down this seldom.
const SEEN_EVERY: Duration = Duration::from_secs(15);

/// A try that was given out, with what its agent needs to know.
pub(super) struct Claimed {
    pub attempt: Attempt,
    pub run: Run,
    pub part: Part,
    pub facts: assignment::Facts,
}

/// Whether an agent can do a part.
pub(crate) fn fits(part: &Part, offers: &BTreeMap<String, String>) -> bool {
    let has_isolation = match part.model.isolation {
        Isolation::None => true,
        Isolation::Bwrap => offers.contains_key("bwrap"),
        Isolation::Docker => offers.contains_key("docker"),
    };
    has_isolation && part.model.requires.iter().all(|requirement: &Requirement| requirement.is_met_by(offers))
}

/// How long a try may be silent.
pub(super) fn lease(tx: &Tx) -> Duration {
    Duration::from_secs(tx.limits().get(Limit::RunLeaseSeconds).max(1))
}

/// Gives an agent up to `free` parts that wait and that it can do.
pub(super) async fn claim(tx: &mut Tx, agent: &Agent, free: usize) -> Result<Vec<Claimed>> {
    let mut all = Vec::new();
    if agent.draining || free == 0 {
        return Ok(all);
    }
    let offers = agent.offers();
    let mut after = None;
    let mut looked_at = 0;
    while all.len() < free && looked_at < LOOKED_AT {
        // Mostly the first ones fit: what is read beyond them is read in vain.
        let page = if after.is_none() { free.saturating_mul(2).clamp(4, LOOKED_AT) } else { LOOKED_AT };
        let parts = runs::store::ready_after(tx, after, page).await?;
        let is_last = parts.len() < page;
        looked_at += parts.len();
        after = parts.last().and_then(|part| Some((part.ready_at?, part.id)));
        for part in parts {
            if all.len() < free && fits(&part, &offers) {
                all.push(take(tx, agent, part).await?);
            }
        }
        if is_last || after.is_none() {
            break;
        }
    }
    Ok(all)
}

async fn take(tx: &mut Tx, agent: &Agent, mut part: Part) -> Result<Claimed> {
    let now = tx.now();
    part.state = PartState::Running;
    part.state_at = now;
    part.attempts += 1;
    part.ready_at = None;
    part.sentence = None;
    runs::store::update_part(tx, &part).await?;
    let attempt = Attempt {
        id: tx.new_id(),
        part: part.id,
        run: part.run,
        job: part.job,
        number: part.attempts,
        agent: agent.id,
        epoch: part.attempts,
        state: AttemptState::Leased,
        lease_until: Some(now.plus(lease(tx))),
        leased_at: now,
        started_at: None,
        ended_at: None,
        exit_code: None,
        signal: None,
        reason: None,
        sentence: None,
        failed_step: None,
        log_bytes: 0,
        log_kept: 0,
        log_blob: None,
        image_digest: None,
    };
    store::insert(tx, &attempt).await?;
    background::taken(tx, part.id).await?;
    background::watch_lease(tx, &attempt).await?;
    runs::taken(tx, part.run).await?;
    let run = runs::unchecked(tx, part.run).await?;
    let facts = assignment::gather(tx, &run, &part, &attempt).await?;
    Ok(Claimed { attempt, run, part, facts })
}

/// Puts back what an agent was given and never got: an answer that was lost on its way. The agent asks for one thing after the other,
/// so what it was given before this claim and does not have now did not arrive, and nothing of it has happened.
pub(super) async fn hand_back(tx: &mut Tx, held: Vec<Attempt>, have: &[AttemptId]) -> Result<()> {
    for mut attempt in held {
        if attempt.state != AttemptState::Leased || have.contains(&attempt.id) {
            continue;
        }
        attempt.state = AttemptState::Cancelled;
        attempt.lease_until = None;
        attempt.ended_at = Some(tx.now());
        attempt.reason = Some("never_arrived".to_owned());
        attempt.sentence = Some("Its agent never got it".to_owned());
        store::update(tx, &attempt).await?;
        background::over(tx, &attempt).await?;
        if let Some(mut part) = runs::store::part(tx, attempt.part).await? {
            part.state = PartState::Queued;
            part.state_at = tx.now();
            part.ready_at = Some(tx.now());
            runs::store::update_part(tx, &part).await?;
        }
    }
    Ok(())
}

/// What an agent says of itself with every claim.
#[derive(Clone, Debug, Default)]
pub(super) struct Sign {
    pub version: String,
    pub labels: Option<BTreeMap<String, String>>,
    pub capabilities: Option<agents::Capabilities>,
}

/// Notes a sign of life, and what changed about the machine.
pub(super) async fn seen(tx: &mut Tx, agent: &mut Agent, sign: Sign) -> Result<()> {
    let before = agent.machine.clone();
    agent.machine.version = sign.version;
    if let Some(labels) = sign.labels {
        agent.machine.labels = labels;
        // What the invitation gave stays, whatever the agent says.
        agent.machine.labels.extend(agent.given.clone());
    }
    if let Some(capabilities) = sign.capabilities {
        agent.machine.capabilities = capabilities;
    }
    if agent.machine == before && tx.now().since(agent.seen_at) < SEEN_EVERY {
        return Ok(());
    }
    agent.seen_at = tx.now();
    agents::store::set_seen(tx, agent).await
}

/// The tries that an agent says it has and that are not its own any more.
pub(super) fn forgotten(held: &[Attempt], have: &[AttemptId]) -> Vec<AttemptId> {
    have.iter().copied().filter(|id| held.iter().all(|attempt| attempt.id != *id)).collect()
}
