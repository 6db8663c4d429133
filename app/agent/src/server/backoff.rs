//! Waiting longer each time, and not all agents at once.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// The pauses between tries.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Backoff {
    /// Waits before the next try.
    pub async fn pause(&mut self) {
        tokio::time::sleep(self.step()).await;
    }

    /// How long to wait: between half of the pause and all of it, and the pause doubles.
    pub fn step(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(LONGEST);
        let half = u64::try_from(pause.as_millis() / 2).unwrap_or(u64::MAX);
        pause / 2 + Duration::from_millis(base::random::below(half + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_differ() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..20).map(|_| backoff.step()).collect();
        assert!(pauses[0] <= FIRST && pauses[0] >= FIRST / 2);
        assert!(pauses[12..].iter().all(|pause| *pause >= LONGEST / 2 && *pause <= LONGEST));
        assert!(pauses[12..].iter().any(|pause| *pause != pauses[19]));
    }
}
