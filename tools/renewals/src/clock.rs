//! The only reader of the clock: everything else is told the day.

use crate::Day;
use std::time::Duration;

/// Today, in UTC, as the marketplace counts days.
pub fn today() -> Day {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the calendar")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Day(i32::try_from(now.as_secs() / 86_400).unwrap_or(i32::MAX))
}

/// A watch that runs from its making; it tells how long something took and decides nothing.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn start() -> Stopwatch {
        Stopwatch(std::time::Instant::now())
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
