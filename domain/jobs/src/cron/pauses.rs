//! Stretches of time in which nothing is started.
//!
//! A pause is half-open: it holds at its first instant and no longer at its `until`, so two pauses that touch leave no gap and overlap
//! nowhere, and a job that is paused until 06:00 runs at 06:00.

use base::Time;
use serde::{Deserialize, Serialize};

/// A stretch of time in which nothing is started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    /// The first instant that it holds at.
    pub from: Time,
    /// The first instant that it does not hold at any more; `None` means until somebody ends it.
    pub until: Option<Time>,
    /// Why, in the words of whoever paused it.
    pub reason: String,
}

impl Pause {
    /// Whether it holds at an instant.
    pub fn holds_at(&self, instant: Time) -> bool {
        self.from <= instant && self.until.is_none_or(|until| instant < until)
    }
}

/// The pause that holds at an instant; of several the one that ends last.
pub fn holding(pauses: &[Pause], instant: Time) -> Option<&Pause> {
    pauses.iter().filter(|pause| pause.holds_at(instant)).max_by_key(|pause| {
        // What never ends by itself ends last.
        (pause.until.is_none(), pause.until)
    })
}

/// The first instant from `instant` on that no pause holds at; `None` when one of them has no end.
pub fn free_from(pauses: &[Pause], instant: Time) -> Option<Time> {
    let mut free = instant;
    while let Some(pause) = holding(pauses, free) {
        free = pause.until?;
    }
    Some(free)
}
