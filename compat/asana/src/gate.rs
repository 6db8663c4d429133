//! The gate: whether somebody calls too often.
//!
//! Budgets are kept per token and per node, in memory: they protect the server and need not survive it. A bucket that fills
//! steadily lets a script burst and then tells it to wait a second or two, where a fixed window would have it wait a minute.

use base::{Error, Limit, Limits, Result, Stopwatch};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Nobody is signed in.
pub fn nobody() -> Error {
    Error::unauthenticated("asana.not_authorized", "Not Authorized")
}

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Budget {
    /// Every request.
    Requests,
    /// Searches, which cost more.
    Searches,
}

impl Budget {
    fn limit(self) -> Limit {
        match self {
            Self::Requests => Limit::ApiRequestsPerMinute,
            Self::Searches => Limit::SearchesPerMinute,
        }
    }
}

/// How full a bucket was, and when.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at_s: f64,
}

/// The budgets of all callers of this node.
#[derive(Debug)]
pub struct Budgets {
    since: Stopwatch,
    buckets: Mutex<HashMap<(i64, Budget), Bucket>>,
}

/// More callers than this are not remembered one by one; full buckets are forgotten first.
const CALLERS_MAX: usize = 10_000;

impl Default for Budgets {
    fn default() -> Self {
        Self { since: Stopwatch::start(), buckets: Mutex::default() }
    }
}

impl Budgets {
    /// Takes `count` from the caller's budget, or says after how many seconds it will be there.
    pub fn take(&self, caller: i64, budget: Budget, count: u32, limits: &Limits) -> Result<()> {
        self.take_at(self.since.elapsed().as_secs_f64(), caller, budget, count, limits)
    }

    fn take_at(&self, now_s: f64, caller: i64, budget: Budget, count: u32, limits: &Limits) -> Result<()> {
        let per_minute = limits.get(budget.limit()).max(1) as f64;
        let per_second = per_minute / 60.0;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CALLERS_MAX {
            buckets.retain(|_, bucket| now_s - bucket.at_s < 60.0);
        }
        let bucket = buckets.entry((caller, budget)).or_insert(Bucket { left: per_minute, at_s: now_s });
        bucket.left = per_minute.min(bucket.left + (now_s - bucket.at_s) * per_second);
        bucket.at_s = now_s;
        // A batch larger than the whole budget must be able to pass some time.
        let wanted = f64::from(count).min(per_minute);
        if bucket.left >= wanted {
            bucket.left -= wanted;
            return Ok(());
        }
        let wait_s = ((wanted - bucket.left) / per_second).ceil().max(1.0);
        Err(Error::limited("asana.rate", "too many requests", wait_s as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Kind;

    #[test]
    fn a_budget_is_per_caller_and_fills_again_by_itself() {
        let mut limits = Limits::default();
        limits.set("api_requests_per_minute", "60").expect("a limit");
        let budgets = Budgets::default();
        let take = |at, caller, count| budgets.take_at(at, caller, Budget::Requests, count, &limits);
        for _ in 0..60 {
            take(0.0, 1, 1).expect("within the budget");
        }
        let error = take(0.0, 1, 1).expect_err("over the budget");
        assert_eq!(error.kind(), Kind::Limited { retry_after_s: 1 });
        assert_eq!(take(0.0, 1, 10).expect_err("over").kind(), Kind::Limited { retry_after_s: 10 });
        take(0.0, 2, 1).expect("another caller");
        budgets.take_at(0.0, 1, Budget::Searches, 1, &limits).expect("another budget");
        take(1.1, 1, 1).expect("a second later");
        take(10_000.0, 1, 60).expect("never more than full");
        assert!(take(10_000.0, 1, 1).is_err());
    }
}
