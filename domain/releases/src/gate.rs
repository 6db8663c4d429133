//! The gate: whether a deployment may start, and if not, everything that is in its way.
//!
//! [`decide`] is one pure function from a [`Situation`] to a [`Decision`]. The page, the API, the dry run, the waiting
//! client and the transaction that starts a deployment all call it, so none of them can disagree.
//! It looks at every rule and stops at none: a person needs all the blockers at once, not one after the other.
//! Loading the situation is [`load`]'s work. A rule that comes later (freezes, error ranges, soak, approvals) is
//! one more list in the situation and one more function in `decide::RULES`, at the place that its order asks for.

pub mod api;
pub mod load;

mod blocker;
mod decide;
mod sentence;
mod situation;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

pub use blocker::{Blocker, BlockerKind};
pub use decide::{Decision, decide};
pub(crate) use sentence::short;
pub use situation::{Candidate, Held, Live, LiveState, Place, Situation, Waiting};
