//! Every order of check, start, lock, release, loss and return, for a few deployers and lockers, exhaustively.
//!
//! The transitions call the same `decide()` and `State::after()` as the server, so the model proves the program and not a
//! drawing of it. Run with the check in a transaction of its own it must find the start under an open lock.

use super::{Candidate, Held, Live, LiveState, Place, Situation, decide};
use crate::deployments::Kind;
use crate::deployments::state::{Event, Outcome, State};
use crate::locks::LockKind;
use base::Time;
use base::id::{DeploymentId, EnvironmentId, TaskId};
use std::collections::{HashSet, VecDeque};

const DEPLOYERS: usize = 3;
const LOCKERS: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Deployer {
    Idle,
    /// The split variant only: found the gate open in an earlier transaction.
    FoundOpen,
    Has {
        token: i64,
        state: State,
    },
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct World {
    epoch: i64,
    last_token: i64,
    deployers: [Deployer; DEPLOYERS],
    /// Not placed yet, open, or released.
    locks: [Option<bool>; LOCKERS],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Variant {
    CheckAndStartInOne,
    CheckThenStart,
}

fn situation(world: &World) -> Situation {
    let live = world.deployers.iter().enumerate().find_map(|(n, deployer)| match deployer {
        Deployer::Has { state, .. } if state.is_live() => Some(Live {
            id: DeploymentId(1 + n as i64),
            number: n as i64,
            task: None,
            commit: "c0ffee1".into(),
            by: "Ann".into(),
            host: String::new(),
            state: if *state == State::Lost { LiveState::Lost } else { LiveState::Running },
            since: Time::from_millis(0),
        }),
        _ => None,
    });
    let locks = world.locks.iter().enumerate().filter(|(_, open)| **open == Some(true)).map(|(n, _)| Held {
        task: TaskId(100 + n as i64),
        title: format!("lock {n}"),
        kind: LockKind::Block,
        reason: String::new(),
        owner: None,
        owner_name: None,
        placed_by: None,
        since: Time::from_millis(0),
        until: None,
        applies_to: Kind::ALL.to_vec(),
    });
    Situation {
        at: Time::from_millis(1),
        zone: "UTC".into(),
        environment: Place {
            id: EnvironmentId(1),
            name: "beta".into(),
            enabled: true,
            disabled_reason: String::new(),
            epoch: world.epoch,
            lockers: Vec::new(),
            deployers: Vec::new(),
        },
        kind: Kind::Forward,
        asker: None,
        candidate: Candidate::Unasked,
        live,
        ahead: None,
        locks: locks.collect(),
    }
}

fn start(world: &World, n: usize) -> World {
    let mut next = world.clone();
    next.epoch += 1;
    next.last_token = next.epoch;
    next.deployers[n] = Deployer::Has { token: next.epoch, state: State::Starting };
    next
}

fn successors(world: &World, variant: Variant) -> Vec<World> {
    let mut all = Vec::new();
    let is_open = decide(&situation(world)).open;
    for n in 0..DEPLOYERS {
        match (world.deployers[n], variant) {
            (Deployer::Idle, Variant::CheckAndStartInOne) if is_open => all.push(start(world, n)),
            (Deployer::Idle, Variant::CheckThenStart) if is_open => {
                let mut next = world.clone();
                next.deployers[n] = Deployer::FoundOpen;
                all.push(next);
            }
            // The unique index still refuses a second live deployment; it knows nothing of locks.
            (Deployer::FoundOpen, _) if situation(world).live.is_none() => all.push(start(world, n)),
            (Deployer::Idle | Deployer::FoundOpen, _) => {}
            (Deployer::Has { token, state }, _) => {
                let events = [
                    Event::Report,
                    Event::LeaseOver,
                    Event::AbortAsked,
                    Event::Finished(Outcome::Succeeded),
                    Event::Resolved(Outcome::Failed),
                ];
                for after in events.into_iter().filter_map(|event| state.after(event, false).ok()) {
                    if after != state {
                        let mut next = world.clone();
                        next.epoch += i64::from(after.is_live() != state.is_live() || after == State::Lost);
                        next.deployers[n] = Deployer::Has { token, state: after };
                        all.push(next);
                    }
                }
            }
        }
    }
    for n in 0..LOCKERS {
        let after = match world.locks[n] {
            None => Some(true),
            Some(true) => Some(false),
            Some(false) => continue,
        };
        let mut next = world.clone();
        next.epoch += 1;
        next.locks[n] = after;
        all.push(next);
    }
    all
}

/// What went wrong between two worlds, if anything.
fn violation(before: &World, after: &World) -> Option<&'static str> {
    let started = (0..DEPLOYERS).find(|n| {
        !matches!(before.deployers[*n], Deployer::Has { .. })
            && matches!(after.deployers[*n], Deployer::Has { .. })
    });
    let live = |d: &&Deployer| matches!(d, Deployer::Has { state, .. } if state.is_live());
    let closed =
        before.locks.iter().zip(&after.locks).filter(|(b, a)| **b == Some(true) && **a != Some(true)).count();
    if started.is_some() && before.locks.contains(&Some(true)) {
        return Some("a deployment started under an open lock");
    }
    if after.deployers.iter().filter(live).count() > 1 {
        return Some("two deployments occupy one environment");
    }
    if started.is_some() && after.last_token <= before.last_token {
        return Some("a token did not rise");
    }
    if closed > 1 || (closed == 1 && started.is_some()) {
        return Some("a lock was closed by something else than its own release");
    }
    None
}

/// Walks every reachable world, forgetting the epoch's exact value (it only has to rise), and returns how many there
/// are or the first violation.
fn explore(variant: Variant) -> Result<usize, &'static str> {
    let first =
        World { epoch: 0, last_token: 0, deployers: [Deployer::Idle; DEPLOYERS], locks: [None; LOCKERS] };
    let shape = |world: &World| {
        let deployers = world.deployers.map(|d| match d {
            Deployer::Has { state, .. } => Deployer::Has { token: 0, state },
            other => other,
        });
        (deployers, world.locks)
    };
    let mut seen = HashSet::from([shape(&first)]);
    let mut queue = VecDeque::from([first]);
    while let Some(world) = queue.pop_front() {
        for next in successors(&world, variant) {
            if let Some(what) = violation(&world, &next) {
                return Err(what);
            }
            if seen.insert(shape(&next)) {
                queue.push_back(next);
            }
        }
    }
    Ok(seen.len())
}

#[test]
fn check_and_start_in_one_transaction_holds_in_every_order_of_events() {
    let worlds = explore(Variant::CheckAndStartInOne).expect("no violation");
    assert!(worlds > 1_000, "only {worlds} worlds were visited: the model does not move");
}

#[test]
fn a_check_in_a_transaction_of_its_own_is_found_to_be_wrong() {
    assert_eq!(explore(Variant::CheckThenStart), Err("a deployment started under an open lock"));
}
