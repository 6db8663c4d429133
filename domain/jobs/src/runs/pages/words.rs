//! What is said of a run.

use crate::runs::{PartState, Run, State};
use crate::words::{self, Reader};
use maud::Markup;
use web::ui::{self, Aspect};

/// What the lamp of a run shows, and what that means.
pub(crate) fn lamp(state: State) -> (Aspect, &'static str) {
    match state {
        State::Waiting => (Aspect::Idle, "Waits"),
        State::Queued => (Aspect::Idle, "Waits for an agent"),
        State::Running => (Aspect::Live, "Running"),
        State::Held => (Aspect::Amber, "Waits for a person"),
        State::Cancelling => (Aspect::Live, "Being cancelled"),
        State::Succeeded => (Aspect::Green, "Passed"),
        State::Failed => (Aspect::Red, "Failed"),
        State::Cancelled => (Aspect::Idle, "Cancelled"),
        State::TimedOut => (Aspect::Red, "Took too long"),
        State::Lost => (Aspect::Red, "Lost"),
        State::Blocked => (Aspect::Amber, "Blocked"),
        State::Skipped => (Aspect::Idle, "Skipped"),
    }
}

/// What the lamp of a part shows, and what that means.
pub(super) fn part_lamp(state: PartState) -> (Aspect, &'static str) {
    match state {
        PartState::Pending => (Aspect::Idle, "Has not begun"),
        PartState::Queued => (Aspect::Idle, "Waits for an agent"),
        PartState::Running => (Aspect::Live, "Running"),
        PartState::Succeeded => (Aspect::Green, "Passed"),
        PartState::Failed => (Aspect::Red, "Failed"),
        PartState::Cancelled => (Aspect::Idle, "Cancelled"),
        PartState::TimedOut => (Aspect::Red, "Took too long"),
        PartState::Lost => (Aspect::Red, "Lost"),
        PartState::Skipped => (Aspect::Idle, "Did not begin"),
    }
}

/// The signal of something that is over, else its lamp.
pub(crate) fn sign(aspect: Aspect, meaning: &str) -> Markup {
    match aspect {
        Aspect::Green | Aspect::Amber | Aspect::Red => ui::signal(aspect, meaning),
        Aspect::Live | Aspect::Idle => ui::lamp_named(aspect, meaning),
    }
}

/// How it ended, before anything else is said. `at` is the step or part that it failed at.
pub(super) fn headline(run: &Run, figure: Option<String>, at: Option<&str>, reader: Reader<'_>) -> String {
    let place = at.map(|at| format!(" at “{}”", words::shortened(at, 60))).unwrap_or_default();
    match run.state {
        State::Succeeded => match figure {
            Some(figure) => format!("Passed, {figure}"),
            None => "Passed".to_owned(),
        },
        State::Failed => format!("Failed{place}"),
        State::TimedOut => format!("Took too long{place}"),
        State::Lost => format!("Lost with its agent{place}"),
        State::Running => format!("Running since {}", reader.at(run.started_at.unwrap_or(run.made_at))),
        State::Queued => "Waits for an agent".to_owned(),
        State::Waiting => "Waits for its turn".to_owned(),
        State::Held => "Waits for a person".to_owned(),
        State::Cancelling => "Being cancelled".to_owned(),
        State::Cancelled => match &run.cancel_by {
            Some(by) => format!("Cancelled by {by}"),
            None => "Cancelled".to_owned(),
        },
        State::Blocked => "Blocked by the gate".to_owned(),
        State::Skipped => "Skipped: something newer took its place".to_owned(),
    }
}

/// How long it took, or takes since it began.
pub(crate) fn took(run: &Run, reader: Reader<'_>) -> Option<String> {
    let began = run.started_at?;
    let until = run.ended_at.unwrap_or(reader.now);
    Some(words::length(until.since(began)))
}
