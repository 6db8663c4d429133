#![doc = include_str!("../README.md")]

mod queue;
mod runner;
#[cfg(test)]
mod tests;

pub use queue::{Chore, Counts, cancel, counts, enqueue, enqueue_at};
pub use runner::{Every, Handler, Runner};

/// The tables of chores.
pub fn migrations() -> db::Migrations {
    db::Migrations { name: "chores", steps: &[("0001_chore", include_str!("../migrations/0001_chore.sql"))] }
}
