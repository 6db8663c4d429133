//! The life of a deployment: which state follows which, and what is refused. Pure.
//!
//! `lost` is neither success nor failure: it occupies the environment until the wrapper comes back or a person resolves
//! it, because whatever it started may still be writing. Every state that occupies the environment either reports or
//! becomes lost when its lease runs out, so none of them can be forgotten.

use base::{Error, Result};

base::text_enum! {
    /// Where a deployment is in its life.
    pub enum State {
        /// Waits for its turn.
        Queued = "queued",
        /// Has its token; the command has not reported yet.
        Starting = "starting",
        /// Reports.
        Running = "running",
        /// Reports and was told to stop.
        Aborting = "aborting",
        /// Stopped reporting; nobody knows how it ended.
        Lost = "lost",
        /// The command ended with 0.
        Succeeded = "succeeded",
        /// The command ended otherwise.
        Failed = "failed",
        /// Somebody stopped it.
        Aborted = "aborted",
        /// Its wrapper stopped it because it took too long.
        TimedOut = "timed_out",
        /// Waited, and something newer was deployed first.
        Superseded = "superseded",
    }
}

base::text_enum! {
    /// How a command ended, as its wrapper reports it.
    pub enum Outcome {
        /// It ended with 0.
        Succeeded = "succeeded",
        /// It ended otherwise, or was killed.
        Failed = "failed",
        /// It was stopped because somebody asked for it.
        Aborted = "aborted",
        /// It was stopped because it took too long.
        TimedOut = "timed_out",
    }
}

/// What can happen to a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Its turn came and the gate was open.
    Turn,
    /// Something newer was deployed while it waited.
    Overtaken,
    /// The wrapper reported (a heartbeat or output).
    Report,
    /// Somebody asked for it to stop.
    AbortAsked,
    /// The wrapper did not report for as long as its lease lasts.
    LeaseOver,
    /// The wrapper reported how the command ended.
    Finished(Outcome),
    /// A person said how a lost deployment ended.
    Resolved(Outcome),
}

impl State {
    /// Whether it occupies its environment.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Aborting | Self::Lost)
    }

    /// Whether it is over for good.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Aborted | Self::TimedOut | Self::Superseded)
    }

    /// The state after `event`; the same state when it changes nothing. `abort_asked` tells whether somebody wanted it to
    /// stop before it was lost.
    pub fn after(self, event: Event, abort_asked: bool) -> Result<State> {
        use State::{Aborted, Aborting, Lost, Queued, Running, Starting, Superseded};
        Ok(match (self, event) {
            (Queued, Event::Turn) => Starting,
            (Queued, Event::Overtaken) => Superseded,
            // A wrapper that waits and goes away never started anything: there is nothing to be unsure about.
            (Queued, Event::AbortAsked | Event::LeaseOver) => Aborted,
            (Starting | Running, Event::Report) => Running,
            (Lost, Event::Report) if abort_asked => Aborting,
            (Lost, Event::Report) => Running,
            (Aborting, Event::Report | Event::AbortAsked) => Aborting,
            (Starting | Running, Event::AbortAsked) => Aborting,
            (Starting | Running | Aborting | Lost, Event::LeaseOver) => Lost,
            (Starting | Running | Aborting | Lost, Event::Finished(outcome)) => outcome.into(),
            (Lost, Event::Resolved(outcome @ (Outcome::Succeeded | Outcome::Failed))) => outcome.into(),
            (over, Event::Finished(outcome)) if over == State::from(outcome) => over,
            (over, Event::Finished(_) | Event::Report) if over.is_over() => {
                return Err(Error::gone("lease.lost", format!("this deployment is over: it is {over}")));
            }
            (Lost, Event::AbortAsked) => {
                return Err(Error::conflict(
                    "deployment.lost",
                    "nothing reports from this deployment, so nothing can be told to stop; resolve it instead",
                ));
            }
            (over, Event::AbortAsked) => {
                return Err(Error::conflict(
                    "deployment.too_late",
                    format!("too late to abort: it is {over}"),
                ));
            }
            (now, Event::Resolved(_)) => {
                return Err(Error::conflict(
                    "deployment.not_lost",
                    format!("only a lost deployment is resolved by hand; this one is {now}"),
                ));
            }
            (now, Event::Turn | Event::Overtaken | Event::Report | Event::LeaseOver | Event::Finished(_)) => {
                return Err(Error::conflict(
                    "deployment.state",
                    format!("that cannot happen to a deployment that is {now}"),
                ));
            }
        })
    }
}

impl From<Outcome> for State {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::Failed => Self::Failed,
            Outcome::Aborted => Self::Aborted,
            Outcome::TimedOut => Self::TimedOut,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [Event; 8] = [
        Event::Turn,
        Event::Overtaken,
        Event::Report,
        Event::AbortAsked,
        Event::LeaseOver,
        Event::Finished(Outcome::Succeeded),
        Event::Finished(Outcome::Failed),
        Event::Resolved(Outcome::Failed),
    ];

    /// One row per state, one column per event of [`EVENTS`]; `-` is a refusal.
    const TABLE: [(State, [&str; 8]); 10] = [
        (State::Queued, ["starting", "superseded", "-", "aborted", "aborted", "-", "-", "-"]),
        (State::Starting, ["-", "-", "running", "aborting", "lost", "succeeded", "failed", "-"]),
        (State::Running, ["-", "-", "running", "aborting", "lost", "succeeded", "failed", "-"]),
        (State::Aborting, ["-", "-", "aborting", "aborting", "lost", "succeeded", "failed", "-"]),
        (State::Lost, ["-", "-", "running", "-", "lost", "succeeded", "failed", "failed"]),
        (State::Succeeded, ["-", "-", "-", "-", "-", "succeeded", "-", "-"]),
        (State::Failed, ["-", "-", "-", "-", "-", "-", "failed", "-"]),
        (State::Aborted, ["-", "-", "-", "-", "-", "-", "-", "-"]),
        (State::TimedOut, ["-", "-", "-", "-", "-", "-", "-", "-"]),
        (State::Superseded, ["-", "-", "-", "-", "-", "-", "-", "-"]),
    ];

    #[test]
    fn the_life_of_a_deployment_is_this_table() {
        assert_eq!(TABLE.len(), State::ALL.len());
        for (state, row) in TABLE {
            for (event, expected) in EVENTS.into_iter().zip(row) {
                let found = state.after(event, false).map_or("-", State::as_str);
                assert_eq!(found, expected, "{state} then {event:?}");
            }
        }
    }

    #[test]
    fn a_lost_deployment_that_was_told_to_stop_still_has_to_stop_when_it_comes_back() {
        assert_eq!(State::Lost.after(Event::Report, true).expect("it resumes"), State::Aborting);
    }

    #[test]
    fn what_occupies_the_environment_can_always_be_lost_and_what_is_over_never_changes() {
        for state in State::ALL.iter().copied() {
            assert_eq!(
                state.is_live(),
                matches!(state.after(Event::LeaseOver, false), Ok(State::Lost)),
                "{state}"
            );
            if state.is_over() {
                for event in EVENTS {
                    assert!(
                        state.after(event, false).is_ok_and(|next| next == state)
                            || state.after(event, false).is_err()
                    );
                }
            }
        }
    }

    #[test]
    fn a_wrapper_that_reports_after_the_end_learns_that_its_lease_is_lost() {
        let refused =
            State::Failed.after(Event::Finished(Outcome::Succeeded), false).expect_err("resolved otherwise");
        assert_eq!((refused.kind(), refused.code()), (base::Kind::Gone, "lease.lost"));
    }
}
