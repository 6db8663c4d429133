//! A lock keeps deployments from starting. A lock *is* an open task in an environment's lock project: it has an assignee (who
//! is responsible), a name and notes (why) and comments (when may it go), and completing the task by any door releases it.
//!
//! The gate fields (kind, until, what it applies to) are kept beside the task. A task that somebody adds to the lock project
//! with another client has none and is a lock with the defaults: it stops everybody, until it is completed. A task that is
//! in several lock projects is one lock that closes several environments. Subtasks are locks only if they are in the project themselves.
//!
//! `until` is judged when the gate is asked: a lock whose time has passed holds nobody, and its task is completed a moment later.

pub mod api;
pub(crate) mod chores;
mod fields;
pub(crate) mod pages;
mod read;
mod store;
mod verbs;

#[cfg(test)]
mod tests;

pub use fields::{Attempts, Lock, LockChange, LockKind, NewLock, Placed};
pub(crate) use read::{count_refusal, held, since, stopping};
pub use read::{get, list};
pub(crate) use verbs::expire;
pub use verbs::{change, place, release};
