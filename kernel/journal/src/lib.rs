#![doc = include_str!("../README.md")]

mod chain;
mod entry;
mod follow;
#[cfg(test)]
mod tests;

pub use chain::{Broken, Verdict, seal, verify};
pub use entry::{Entry, Query, Subject, enter, head, read};
pub use follow::{Act, Follower, Followers, advance, next_for};

/// The tables of the journal.
pub fn migrations() -> db::Migrations {
    db::Migrations { name: "journal", steps: &[("0001_entry", include_str!("../migrations/0001_entry.sql"))] }
}
