//! Looking after the pools: what was asked for and did not come is given up, and as many are asked for as are wanted.

use super::decide::{Decision, Facts, Member, decide};
use super::share::share;
use super::{Pool, Start, Trouble, chores, instance, store, tail};
use crate::agents::{Agent, leave, store as agents};
use crate::runs;
use base::id::PoolId;
use base::{Result, Time};
use db::Tx;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// Waiting parts that are looked at.
const LOOKED_AT: usize = 500;
/// An agent of a pool that says nothing for so long is gone with its machine.
const GONE_AFTER: Duration = Duration::from_secs(180);
/// Pools are looked at this often even if nothing is known to happen.
const AT_LEAST_EVERY: Duration = Duration::from_secs(15);
/// The first pause after a failed start; each failure doubles it.
const FIRST_REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_secs(600);
/// What became of starts is shown for so long.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// Has the pools looked at soon, if there are any.
pub(crate) async fn wake(tx: &mut Tx) -> Result<()> {
    if !store::is_any(tx).await? {
        return Ok(());
    }
    let now = tx.now();
    chores::look_at(tx, now).await
}

/// Looks after all pools.
pub(super) async fn tend(tx: &mut Tx) -> Result<()> {
    let pools = store::hold_all(tx).await?;
    if pools.is_empty() {
        return Ok(());
    }
    let now = tx.now();
    let mut next = now.plus(AT_LEAST_EVERY);
    let mut tended = Vec::new();
    for mut pool in pools {
        for start in store::live_starts(tx, pool.id).await? {
            if start.gives_up_at <= now {
                give_up(tx, &mut pool, &start).await?;
            } else {
                next = next.min(start.gives_up_at);
            }
        }
        tended.push(pool);
    }
    for agent in agents::here(tx).await? {
        if agent.pool.is_some() && now.since(agent.seen_at) > GONE_AFTER {
            leave(tx, &agent, "agent.vanished").await?;
        }
    }
    let agents = agents::here(tx).await?;
    let facts = gather(tx, &tended, &agents).await?;
    for pool in &tended {
        let Some(facts) = facts.get(&pool.id) else { continue };
        let Decision { start, end, look_at } = decide(facts);
        for _ in 0..start {
            want(tx, pool).await?;
            next = next.min(now.plus(Duration::from_secs(pool.boot_s.unsigned_abs())));
        }
        for id in end {
            agents::set_draining(tx, id, true).await?;
        }
        next = look_at.map_or(next, |at| next.min(at));
    }
    store::forget_starts(tx, now.minus(KEPT)).await?;
    chores::look_at(tx, next).await
}

/// Everything that is decided from.
async fn gather(tx: &mut Tx, pools: &[Pool], agents: &[Agent]) -> Result<BTreeMap<PoolId, Facts>> {
    let now = tx.now();
    let busy = agents::busy(tx).await?;
    let booting = store::booting(tx).await?;
    let does = |agent: &Agent| usize::try_from(busy.get(&agent.id).copied().unwrap_or(0)).unwrap_or(0);
    let count = |number: i64| usize::try_from(number).unwrap_or(0);
    let free: Vec<(&Agent, usize)> = agents
        .iter()
        .filter(|agent| !agent.draining && !agent.is_away(now))
        .map(|agent| (agent, count(agent.machine.slots).saturating_sub(does(agent))))
        // One that ends after its first assignment takes no second.
        .filter(|(agent, free)| *free > 0 && !(agent.machine.once && does(agent) > 0))
        .collect();
    let of = |pool: PoolId| agents.iter().filter(move |agent| agent.pool == Some(pool));
    let room =
        pools.iter().map(|pool| (pool.id, count(pool.most).saturating_sub(of(pool.id).count()))).collect();
    let parts = runs::store::ready(tx, LOOKED_AT).await?;
    let shared = share(&parts, &free, pools, &room);
    let mut all = BTreeMap::new();
    for pool in pools {
        let ended = store::idle_since(tx, pool.id).await?;
        let member = |agent: &Agent| Member {
            id: agent.id,
            is_busy: does(agent) > 0 || shared.taking.contains(&agent.id),
            is_ending: agent.draining,
            idle_since: ended.get(&agent.id).copied().unwrap_or(agent.made_at),
        };
        let facts = Facts {
            now,
            least: count(pool.least),
            most: count(pool.most),
            idle: Duration::from_secs(pool.idle_s.unsigned_abs()),
            rests_until: pool.trouble.as_ref().map(|trouble| trouble.rests_until),
            booting: count(booting.get(&pool.id).copied().unwrap_or(0)),
            members: of(pool.id).map(member).collect(),
            wanted: shared.wanted.get(&pool.id).copied().unwrap_or(0),
        };
        all.insert(pool.id, facts);
    }
    Ok(all)
}

/// Writes down that an agent is wanted, and has it started.
async fn want(tx: &mut Tx, pool: &Pool) -> Result<()> {
    let now = tx.now();
    let start = Start {
        id: tx.new_id(),
        pool: pool.id,
        instance: instance(pool),
        state: "planned".to_owned(),
        made_at: now,
        gives_up_at: now.plus(Duration::from_secs(pool.boot_s.unsigned_abs())),
        agent: None,
        problem: None,
    };
    store::insert_start(tx, &start).await?;
    chores::launch(tx, start.id).await
}

/// An agent that has not come in its time: when it comes after all, it is sent away.
async fn give_up(tx: &mut Tx, pool: &mut Pool, start: &Start) -> Result<()> {
    let boot = crate::words::length(Duration::from_secs(pool.boot_s.unsigned_abs()));
    let problem = format!("{} was started and has not come within {boot}", start.instance);
    store::end_start(tx, start.id, "given_up", Some(&problem)).await?;
    failed(tx, pool, &problem, "").await
}

/// Notes that a start failed: the next waits longer each time.
pub(super) async fn failed(tx: &mut Tx, pool: &mut Pool, sentence: &str, output: &str) -> Result<()> {
    let now = tx.now();
    let failures = pool.trouble.as_ref().map_or(0, |trouble| trouble.failures) + 1;
    let doubled = u32::try_from(failures - 1).unwrap_or(u32::MAX).min(10);
    let rest = FIRST_REST.saturating_mul(2_u32.saturating_pow(doubled)).min(LONGEST_REST);
    let trouble = Trouble {
        failures,
        rests_until: now.plus(rest),
        at: now,
        sentence: sentence.chars().take(1_000).collect(),
        output: tail(tx, output),
    };
    store::set_trouble(tx, pool.id, Some(&trouble)).await?;
    let data = json!({"name": pool.name, "sentence": trouble.sentence, "failures": failures, "again_in_s": rest.as_secs()});
    journal::enter(tx, "agent_pool.start_failed", pool.subject(), &[], data);
    chores::look_at(tx, trouble.rests_until).await?;
    pool.trouble = Some(trouble);
    Ok(())
}

/// After a restart: what may still come gets its whole time again, and nobody is gone who could not be heard.
pub(crate) async fn after_restart(tx: &mut Tx) -> Result<()> {
    if !store::is_any(tx).await? {
        return Ok(());
    }
    store::extend_starts(tx).await?;
    let now: Time = tx.now();
    chores::look_at(tx, now).await
}
