//! Who takes what waits: first the agents that are free, then pools that could start one. Pure.

use super::Pool;
use crate::agents::Agent;
use crate::attempts::fits;
use crate::runs::Part;
use base::id::{AgentId, PoolId};
use std::collections::{BTreeMap, BTreeSet};

/// What became of the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shared {
    /// Agents that are about to take something.
    pub taking: BTreeSet<AgentId>,
    /// Parts for which a pool has started an agent, or could.
    pub wanted: BTreeMap<PoolId, usize>,
}

/// Shares what waits among the free slots of agents, and the rest among the pools whose agents could do it: each part goes to the first
/// pool that has room for it, or else to the first that fits. `room` says how many agents a pool may have beyond those that are here.
pub(super) fn share(
    parts: &[Part],
    free: &[(&Agent, usize)],
    pools: &[Pool],
    room: &BTreeMap<PoolId, usize>,
) -> Shared {
    let mut shared = Shared::default();
    let mut free: Vec<_> = free.iter().map(|(agent, slots)| (agent.id, agent.offers(), *slots)).collect();
    let pools: Vec<_> = pools.iter().map(|pool| (pool.id, pool.offers())).collect();
    for part in parts {
        let taker = free.iter_mut().find(|(_, offers, slots)| *slots > 0 && fits(part, offers));
        if let Some((id, _, slots)) = taker {
            *slots -= 1;
            shared.taking.insert(*id);
            continue;
        }
        let fitting: Vec<PoolId> =
            pools.iter().filter(|(_, offers)| fits(part, offers)).map(|(id, _)| *id).collect();
        let has_room =
            |id: &&PoolId| shared.wanted.get(id).copied().unwrap_or(0) < room.get(id).copied().unwrap_or(0);
        if let Some(id) = fitting.iter().find(has_room).or(fitting.first()).copied() {
            *shared.wanted.entry(id).or_default() += 1;
        }
    }
    shared
}
