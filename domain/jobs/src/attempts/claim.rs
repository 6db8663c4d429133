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
    claim_with(tx, agent, free, None).await
}

/// Gives an agent something in the place of what it ends. Asked again, it is the same: the first answer may have been lost.
pub(super) async fn next(tx: &mut Tx, agent: &Agent, ended: AttemptId) -> Result<Vec<Claimed>> {
    let given = store::given_with_ends(tx, agent.id).await?;
    let Some((id, _)) = given.into_iter().find(|(_, with)| *with == ended) else {
        return claim_with(tx, agent, 1, Some(ended)).await;
    };
    let Some(attempt) = store::get(tx, id).await? else { return Ok(Vec::new()) };
    let Some(part) = runs::store::part(tx, attempt.part).await? else { return Ok(Vec::new()) };
    let run = runs::unchecked(tx, attempt.run).await?;
    let facts = assignment::gather(tx, &run, &part, &attempt).await?;
    Ok(vec![Claimed { attempt, run, part, facts }])
}

async fn claim_with(
    tx: &mut Tx,
    agent: &Agent,
    free: usize,
    with: Option<AttemptId>,
) -> Result<Vec<Claimed>> {
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
                all.push(take(tx, agent, part, with).await?);
            }
        }
        if is_last || after.is_none() {
            break;
        }
    }
    Ok(all)
}

async fn take(tx: &mut Tx, agent: &Agent, mut part: Part, with: Option<AttemptId>) -> Result<Claimed> {
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
    store::insert(tx, &attempt, with).await?;
    background::taken(tx, part.id).await?;
    background::watch_lease(tx, &attempt).await?;
    runs::taken(tx, part.run).await?;
    let run = runs::unchecked(tx, part.run).await?;
    let facts = assignment::gather(tx, &run, &part, &attempt).await?;
    Ok(Claimed { attempt, run, part, facts })
}

/// Puts back what an agent was given and never got: an answer that was lost on its way. The agent asks for one thing after the other,
/// so what it was given before this claim and does not have now did not arrive, and nothing of it has happened. What it was given with the
/// end of another may be on its way for as long as the agent has that other.
pub(super) async fn hand_back(tx: &mut Tx, held: Vec<Attempt>, have: &[AttemptId]) -> Result<()> {
    let mut lost: Vec<Attempt> = held
        .into_iter()
        .filter(|attempt| attempt.state == AttemptState::Leased && !have.contains(&attempt.id))
        .collect();
    if let Some(first) = lost.first() {
        let on_their_way = store::given_with_ends(tx, first.agent).await?;
        lost.retain(|attempt| !on_their_way.get(&attempt.id).is_some_and(|with| have.contains(with)));
    }
    for attempt in lost {
        put_back(tx, attempt, "never_arrived", "Its agent never got it").await?;
    }
    Ok(())
}

/// Ends a try of which nothing has happened, and has its part wait for an agent again.
pub(super) async fn put_back(tx: &mut Tx, mut attempt: Attempt, reason: &str, sentence: &str) -> Result<()> {
    attempt.state = AttemptState::Cancelled;
    attempt.lease_until = None;
    attempt.ended_at = Some(tx.now());
    attempt.reason = Some(reason.to_owned());
    attempt.sentence = Some(sentence.to_owned());
    store::update(tx, &attempt).await?;
    background::over(tx, &attempt).await?;
    runs::put_back(tx, attempt.part, sentence).await
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

#[cfg(test)]
mod tests {
    use crate::attempts::testing::Held;
    use crate::fixture::hub;
    use crate::runs::State;

    const JOB: &str = "name: build\nsteps: [{run: 'true'}]\noverlap: allow_all\n";

    db::on_both! {
        hub;

        async fn the_next_comes_with_an_end_and_is_the_same_when_asked_again(hub) {
            hub.commit(JOB).await;
            let agent = hub.agent("one", &[]).await;
            hub.run("build").await;
            let first = hub.claim(&agent).await.remove(0);
            let run = hub.run("build").await;
            let mut tx = hub.by_itself().await;
            let next = first.finish_for_next(&mut tx, &agent, &hub.sealing).await.expect("ended");
            assert_eq!(next.len(), 1);
            let again = first.finish_for_next(&mut tx, &agent, &hub.sealing).await.expect("the same answer");
            assert_eq!(again[0].attempt, next[0].attempt, "the first answer may have been lost");
            // A claim that was sent before the answer came says that the first is there and not the second.
            Held::says_it_has(&mut tx, &agent, &[first.attempt]).await;
            next[0].renew(&mut tx).await.expect("it is still the agent's");
            tx.commit().await.expect("committed");
            hub.finish(&next[0], "succeeded").await.expect("taken in");
            assert_eq!(hub.state(&run).await, State::Succeeded);
        }

        async fn what_came_with_an_end_and_never_arrived_is_handed_back(hub) {
            hub.commit(JOB).await;
            let agent = hub.agent("one", &[]).await;
            hub.run("build").await;
            let first = hub.claim(&agent).await.remove(0);
            let run = hub.run("build").await;
            let mut tx = hub.by_itself().await;
            let next = first.finish_for_next(&mut tx, &agent, &hub.sealing).await.expect("ended").remove(0);
            Held::says_it_has(&mut tx, &agent, &[]).await;
            assert_eq!(next.renew(&mut tx).await.expect_err("given back").code(), "attempt.fenced");
            tx.commit().await.expect("committed");
            let other = hub.agent("two", &[]).await;
            assert_eq!(hub.carry_out(&other, "succeeded").await, 1);
            assert_eq!(hub.state(&run).await, State::Succeeded);
        }

        async fn what_had_not_begun_when_its_agent_was_restarted_waits_again_and_says_so(hub) {
            hub.commit(JOB).await;
            let agent = hub.agent("one", &[]).await;
            let run = hub.run("build").await;
            let held = hub.claim(&agent).await.remove(0);
            hub.finish(&held, "failed unbegun").await.expect("taken in");
            assert_eq!(hub.state(&run).await, State::Running);
            let mut tx = hub.by_itself().await;
            let part = crate::runs::store::parts(&mut tx, run.id).await.expect("read").remove(0);
            assert_eq!(part.state, crate::runs::PartState::Queued);
            assert!(part.sentence.expect("why").contains("before anything of it had begun"));
            let tries = crate::attempts::of_run(&mut tx, run.id).await.expect("read");
            assert_eq!(tries[0].reason.as_deref(), Some("never_began"));
            drop(tx);
            assert_eq!(hub.carry_out(&agent, "succeeded").await, 1);
            assert_eq!(hub.state(&run).await, State::Succeeded);
            let run = hub.run("build").await;
            let held = hub.claim(&agent).await.remove(0);
            hub.finish(&held, "failed agent_restarted").await.expect("taken in");
            assert_eq!(hub.state(&run).await, State::Lost, "nobody knows how far it got");
        }

        async fn what_had_not_begun_of_a_run_that_is_cancelled_does_not_wait(hub) {
            hub.commit(JOB).await;
            let agent = hub.agent("one", &[]).await;
            let run = hub.run("build").await;
            let held = hub.claim(&agent).await.remove(0);
            let mut tx = hub.by(&hub.bob).await;
            crate::runs::cancel(&mut tx, run.id, None).await.expect("cancelled");
            tx.commit().await.expect("committed");
            hub.finish(&held, "failed unbegun").await.expect("taken in");
            assert_eq!(hub.state(&run).await, State::Cancelled);
        }
    }
}
