//! The clock is a parameter. This is the only file that reads the system's.

use crate::Time;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// Tells the time: the system's, or one that stands still until a test moves it.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Still(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `at` until it is moved.
    pub fn still(at: Time) -> Self {
        Self(Source::Still(Arc::new(AtomicI64::new(at.millis()))))
    }

    /// What time it is.
    pub fn now(&self) -> Time {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
            Source::System => jiff::Timestamp::now().into(),
            Source::Still(at) => Time::from_millis(at.load(Ordering::SeqCst)),
        }
    }

    /// Whether this clock only moves when told to.
    pub fn is_still(&self) -> bool {
        matches!(self.0, Source::Still(_))
    }

    /// Moves a still clock forward and returns the new time; the system's clock is left alone.
    pub fn advance(&self, by: Duration) -> Time {
        if let Source::Still(at) = &self.0 {
            at.fetch_add(i64::try_from(by.as_millis()).unwrap_or(0), Ordering::SeqCst);
        }
        self.now()
    }

    /// Sets a still clock; the system's clock is left alone.
    pub fn set(&self, to: Time) {
        if let Source::Still(at) = &self.0 {
            at.store(to.millis(), Ordering::SeqCst);
        }
    }
}

/// Measures how long something takes, unmoved by changes of the system's clock.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has been.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
