//! Who has asked how often.

use base::{Error, Limit, Limits, Result, Stopwatch};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Callers remembered at once; beyond that the counts start again, rather than memory growing without end.
const CALLERS: usize = 100_000;

/// Counts requests in windows of one minute, per limit and caller.
#[derive(Default)]
pub struct Quota(Mutex<HashMap<(&'static str, i64), Window>>);

struct Window {
    since: Stopwatch,
    count: u64,
}

impl Quota {
    /// Counts one request of `caller`; an error says when to come back. A refused request counts too.
    pub fn take(&self, limits: &Limits, limit: Limit, caller: i64) -> Result<()> {
        let most = limits.get(limit);
        let mut windows = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if windows.len() > CALLERS {
            windows.clear();
        }
        let window = windows
            .entry((limit.key(), caller))
            .or_insert_with(|| Window { since: Stopwatch::start(), count: 0 });
        let elapsed = window.since.elapsed();
        if elapsed >= MINUTE {
            *window = Window { since: Stopwatch::start(), count: 0 };
        }
        window.count += 1;
        if window.count <= most {
            return Ok(());
        }
        let wait = MINUTE.saturating_sub(elapsed).as_secs() + 1;
        Err(Error::limited(
            "limit.requests",
            format!("that is more than {most} requests in a minute ({}); try again in {wait} s", limit.key()),
            wait,
        ))
    }
}
