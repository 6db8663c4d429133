//! How long something may take: by the machine's own time, and by a clock that stands still until a test moves it.

use crate::output::Output;
use base::{Clock, Stopwatch, Time};
use std::time::Duration;
use tokio::time::sleep;

/// Longer than any job; the runtime's own clock can't count further than some years.
const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// How often a clock is looked at that only tests move.
const LOOK: Duration = Duration::from_millis(20);

/// The moment at which a time is up.
pub(super) struct Deadline<'a> {
    clock: &'a Clock,
    began: Stopwatch,
    length: Duration,
    moved_to: Option<Time>,
}

impl<'a> Deadline<'a> {
    /// So long from now; never without a length.
    pub(super) fn after(clock: &'a Clock, length: Option<Duration>) -> Self {
        let length = length.unwrap_or(NEVER).min(NEVER);
        let moved_to = clock.is_still().then(|| clock.now().plus(length));
        Self { clock, began: Stopwatch::start(), length, moved_to }
    }

    fn left(&self) -> Duration {
        self.length.saturating_sub(self.began.elapsed())
    }

    /// Returns once the time is up, and at once from then on.
    pub(super) async fn passed(&self) {
        match self.moved_to {
            None => sleep(self.left()).await,
            Some(until) => {
                while self.clock.now() < until && !self.left().is_zero() {
                    sleep(LOOK).await;
                }
            }
        }
    }
}

/// Returns once nothing was written for so long; never without a length.
pub(super) async fn silence(clock: &Clock, output: &Output, limit: Option<Duration>) {
    let Some(limit) = limit else { return std::future::pending().await };
    if !clock.is_still() {
        return output.silence(limit).await;
    }
    let moved = async {
        let (mut heard, mut since) = (output.heard_at(), clock.now());
        while clock.now().since(since) < limit {
            sleep(LOOK).await;
            if output.heard_at() != heard {
                (heard, since) = (output.heard_at(), clock.now());
            }
        }
    };
    tokio::select! {
        () = output.silence(limit) => {}
        () = moved => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    #[tokio::test]
    async fn a_clock_that_is_moved_brings_the_moment_nearer() {
        let clock = Clock::still(Time::from_millis(0));
        let deadline = Deadline::after(&clock, Some(Duration::from_secs(3_600)));
        let mut passed = pin!(deadline.passed());
        clock.advance(Duration::from_secs(3_599));
        assert!(tokio::time::timeout(LOOK * 3, &mut passed).await.is_err(), "a second is left");
        clock.advance(Duration::from_secs(1));
        passed.await;
        deadline.passed().await;
    }

    #[tokio::test]
    async fn a_clock_that_stands_still_lets_the_machines_time_pass() {
        let clock = Clock::still(Time::from_millis(0));
        Deadline::after(&clock, Some(Duration::from_millis(5))).passed().await;
    }
}
