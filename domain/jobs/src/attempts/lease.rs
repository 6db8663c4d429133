//! Leases: renewing them, and what happens when one runs out.

use super::claim::lease;
use super::{Attempt, AttemptState, Signs, background, held, store};
use crate::agents::Agent;
use crate::runs::{self, PartEnd, PartState, State};
use base::id::{AgentId, AttemptId};
use base::{Actor, Result, Time};
use db::{Db, Tx};
use journal::Subject;
use serde_json::json;
use std::time::Duration;

/// After its lease a try gets this long before it is given up: a paused network comes back.
const GRACE: Duration = Duration::from_secs(30);

/// What an agent is told about a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub lease_s: u64,
    pub cancel: Option<String>,
    pub at_once: bool,
}

/// Takes a sign of life.
pub(super) async fn renew(
    tx: &mut Tx,
    agent: AgentId,
    id: AttemptId,
    epoch: i64,
    phase: AttemptState,
) -> Result<Order> {
    let mut attempt = held(tx, agent, id, epoch).await?;
    let until = tx.now().plus(lease(tx));
    if attempt.state != phase && !phase.is_over() && phase != AttemptState::Leased {
        attempt.state = phase;
        attempt.lease_until = Some(until);
        if attempt.started_at.is_none() && phase != AttemptState::Starting {
            attempt.started_at = Some(tx.now());
        }
        store::update(tx, &attempt).await?;
    } else {
        store::set_lease(tx, id, until).await?;
    }
    order(tx, &attempt).await
}

/// What its agent is to do about a try.
pub(super) async fn order(tx: &mut Tx, attempt: &Attempt) -> Result<Order> {
    let run = runs::unchecked(tx, attempt.run).await?;
    let is_cancelled = run.state == State::Cancelling || run.state.is_over();
    Ok(Order {
        lease_s: lease(tx).as_secs(),
        cancel: is_cancelled.then(|| run.cancel_reason.unwrap_or_else(|| "the run is over".to_owned())),
        at_once: is_cancelled && runs::store::is_at_once(tx, attempt.run).await?,
    })
}

/// Judges the lease of a try: lost when it and the grace are over, or watched again until they are. The clock on the wall may have jumped
/// over both, which is no silence of the agent.
pub(super) async fn judge(db: &Db, signs: &Signs, id: AttemptId) -> Result<()> {
    let system = Actor::system();
    let mut tx = db.read(&system).await?;
    let patience = lease(&tx).saturating_add(GRACE);
    let is_over =
        store::get(&mut tx, id).await?.and_then(|attempt| over_at(&attempt)).is_some_and(|at| at <= tx.now());
    drop(tx);
    let left = if is_over { signs.left(db.clock(), id, patience).await } else { None };
    let mut tx = db.write(&system).await?;
    expire(&mut tx, id, left).await?;
    tx.commit().await
}

/// Gives a try up when its lease and the grace are over, unless its agent has time left.
async fn expire(tx: &mut Tx, id: AttemptId, left: Option<Duration>) -> Result<()> {
    let Some(attempt) = store::hold(tx, id).await? else { return Ok(()) };
    if attempt.state.is_over() {
        return Ok(());
    }
    let now = tx.now();
    if over_at(&attempt).is_some_and(|at| at > now) {
        return background::watch_lease(tx, &attempt).await;
    }
    if let Some(left) = left {
        return background::watch_lease_until(tx, &attempt, now.plus(left)).await;
    }
    lose(tx, attempt, "its agent was not heard of any more").await
}

/// When a try is given up that says nothing more.
pub(super) fn over_at(attempt: &Attempt) -> Option<Time> {
    attempt.lease_until.map(|until| until.plus(GRACE))
}

async fn lose(tx: &mut Tx, mut attempt: Attempt, why: &str) -> Result<()> {
    let now = tx.now();
    attempt.state = AttemptState::Lost;
    attempt.lease_until = None;
    attempt.ended_at = Some(now);
    attempt.reason = Some("agent_lost".to_owned());
    attempt.sentence = Some(format!("Lost: {why}. Nobody knows how far it got"));
    store::update(tx, &attempt).await?;
    background::over(tx, &attempt).await?;
    let agent = crate::agents::unchecked(tx, attempt.agent).await?;
    let data = json!({"attempt": attempt.id, "agent": agent.machine.name, "why": why});
    let about = [Subject::new("run", attempt.run.0), agent.subject(), Subject::new("job", attempt.job.0)];
    journal::enter(tx, "run.agent_lost", about[0].clone(), &about, data);
    let end = PartEnd { state: PartState::Lost, exit_code: None, sentence: attempt.sentence };
    runs::part_ended(tx, attempt.part, end).await
}

/// Gives up everything that an agent holds.
pub(crate) async fn lose_all_of(tx: &mut Tx, agent: &Agent, why: &str) -> Result<()> {
    for attempt in store::of_agent(tx, agent.id).await? {
        lose(tx, attempt, why).await?;
    }
    Ok(())
}

/// Gives every try a whole lease from now on: while the server was down nobody could renew one.
pub async fn after_restart(tx: &mut Tx) -> Result<()> {
    let until = tx.now().plus(lease(tx));
    for attempt in store::live(tx).await? {
        if attempt.lease_until.is_some_and(|at| at < until) {
            store::set_lease(tx, attempt.id, until).await?;
        }
    }
    crate::agents::pools::after_restart(tx).await
}
