//! Signs of life as this server heard them, by a time that nobody sets.
//!
//! A lease is a time of the clock on the wall, and that clock jumps: a machine that slept wakes hours later, a time server corrects it, a
//! test moves it. To an agent no time has passed then, and it could renew nothing. So nobody is given up for a jump: an agent that was
//! heard a moment ago is asked for a sign, or given the time that is left to it.

use base::id::AttemptId;
use base::{Clock, Stopwatch};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// How long an agent that lives takes to say so when it is asked.
const PATIENCE: Duration = Duration::from_secs(2);

/// More tries than usual: those that were not heard for this long are left out then.
const MANY: usize = 1_024;
const OLD: Duration = Duration::from_secs(600);

/// When this server last heard of each try; the wiring puts it among the parts of [`web::App`].
#[derive(Clone, Debug, Default)]
pub struct Signs(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    heard: Mutex<HashMap<AttemptId, Stopwatch>>,
    sign: Notify,
    asked: watch::Sender<u64>,
}

impl Signs {
    /// Those of a server.
    pub(super) fn of(app: &web::App) -> Self {
        app.part::<Self>().cloned().unwrap_or_default()
    }

    /// Notes that the agent of a try said something.
    pub(super) fn heard(&self, attempt: AttemptId) {
        let mut heard = self.all();
        if heard.len() >= MANY {
            heard.retain(|_, at| at.elapsed() < OLD);
        }
        heard.insert(attempt, Stopwatch::start());
        drop(heard);
        self.0.sign.notify_waiters();
    }

    /// Forgets a try that is over.
    pub(super) fn forget(&self, attempt: AttemptId) {
        self.all().remove(&attempt);
    }

    /// For how long nothing was heard of a try; none when this server never heard of it.
    pub(super) fn silence(&self, attempt: AttemptId) -> Option<Duration> {
        self.all().get(&attempt).map(Stopwatch::elapsed)
    }

    /// Has every agent that waits for an answer give a sign at once.
    fn ask(&self) {
        self.0.asked.send_modify(|times| *times += 1);
    }

    /// Changes when agents are asked.
    pub(super) fn asked(&self) -> watch::Receiver<u64> {
        self.0.asked.subscribe()
    }

    /// What an agent is worth waiting for that let its lease run out by the clock on the wall but was heard less than `patience` ago. A
    /// clock that stands still brings no later moment to look again at, so its sign is waited for here.
    pub(super) async fn left(
        &self,
        clock: &Clock,
        attempt: AttemptId,
        patience: Duration,
    ) -> Option<Duration> {
        let silent = self.silence(attempt).filter(|silent| *silent < patience)?;
        if !clock.is_still() {
            return Some(patience - silent);
        }
        let since = Stopwatch::start();
        self.ask();
        while since.elapsed() < PATIENCE {
            let sign = self.0.sign.notified();
            if self.silence(attempt).is_some_and(|silent| silent < since.elapsed()) {
                break;
            }
            let _ = tokio::time::timeout(PATIENCE.saturating_sub(since.elapsed()), sign).await;
        }
        None
    }

    fn all(&self) -> MutexGuard<'_, HashMap<AttemptId, Stopwatch>> {
        self.0.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Time;

    const LEASE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn an_agent_that_was_heard_a_moment_ago_has_the_rest_of_its_time() {
        let (signs, clock, attempt) = (Signs::default(), Clock::system(), AttemptId(1));
        assert_eq!(signs.left(&clock, attempt, LEASE).await, None, "it was never heard");
        signs.heard(attempt);
        let left = signs.left(&clock, attempt, LEASE).await.expect("it was heard");
        assert!(left > Duration::from_secs(50) && left <= LEASE, "{left:?}");
        assert_eq!(signs.left(&clock, attempt, Duration::ZERO).await, None, "its time is over");
        signs.forget(attempt);
        assert_eq!(signs.left(&clock, attempt, LEASE).await, None, "it is over");
    }

    #[tokio::test]
    async fn under_a_clock_that_stands_still_a_sign_is_asked_for() {
        let (signs, clock, attempt) = (Signs::default(), Clock::still(Time::from_millis(0)), AttemptId(1));
        signs.heard(attempt);
        let (agent, mut asked) = (signs.clone(), signs.asked());
        let answering = tokio::spawn(async move {
            asked.changed().await.expect("asked");
            agent.heard(attempt);
        });
        let watch = Stopwatch::start();
        signs.left(&clock, attempt, LEASE).await;
        assert!(watch.elapsed() < PATIENCE, "the sign ends the waiting");
        answering.await.expect("answered");
    }
}
