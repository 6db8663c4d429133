//! What is said of a deployment.

use crate::deployments::brief::Brief;
use crate::deployments::{Deployment, Kind, State};
use crate::stations::Station;
use crate::words::{self, Reader};
use web::ui::Aspect;

/// The address of a deployment's page.
pub(crate) fn href(station: &Station, number: i64) -> String {
    format!("{}/deployments/{number}", station.href())
}

/// What its lamp shows, and what that means.
pub(crate) fn lamp(state: State) -> (Aspect, &'static str) {
    match state {
        State::Queued => (Aspect::Idle, "Waits"),
        State::Starting | State::Running => (Aspect::Live, "Running"),
        State::Aborting => (Aspect::Live, "Being stopped"),
        State::Lost => (Aspect::Red, "Lost"),
        State::Succeeded => (Aspect::Green, "Succeeded"),
        State::Failed => (Aspect::Red, "Failed"),
        State::Aborted => (Aspect::Idle, "Aborted"),
        State::TimedOut => (Aspect::Red, "Took too long"),
        State::Superseded => (Aspect::Idle, "Overtaken"),
    }
}

/// Why it started: its slot, or who wanted it.
pub(crate) fn trigger(brief: &Brief, reader: Reader<'_>) -> String {
    match (brief.kind, brief.slot) {
        (Kind::Rollback, _) => format!("Rolled back by {}", brief.by),
        (Kind::Redeploy, _) => format!("Deployed again by {}", brief.by),
        (Kind::Forward, Some(slot)) => format!("Planned, {}", reader.clock(slot)),
        (Kind::Forward, None) => format!("Started by {}", brief.by),
    }
}

/// What came of it, in a line.
pub(crate) fn outcome(brief: &Brief) -> String {
    let commit = brief.short_commit();
    match (brief.state, &brief.previous_commit) {
        (State::Succeeded, Some(previous)) if *previous == brief.commit => format!("{commit} again"),
        (State::Succeeded, Some(previous)) if brief.kind == Kind::Rollback => {
            format!("{commit} replaced {}", words::short(previous))
        }
        (State::Succeeded, Some(previous)) => format!("{}..{commit}", words::short(previous)),
        (State::Succeeded, None) => format!("{commit}, the first"),
        (State::Failed, _) => match (&brief.reason, brief.exit_code) {
            (Some(reason), _) => format!("{commit} failed: {}", words::shortened(reason, 80)),
            (None, Some(code)) => format!("{commit} failed, the command ended with {code}"),
            (None, None) => format!("{commit} failed"),
        },
        (State::TimedOut, _) => format!("{commit} took too long and was stopped"),
        (State::Aborted, _) => format!("{commit} was aborted"),
        (State::Superseded, _) => format!("{commit} was overtaken by something newer"),
        (State::Lost, _) => format!("{commit} stopped reporting, must be resolved"),
        (State::Queued, _) => format!("{commit} waits for its turn"),
        (State::Starting | State::Running, _) => format!("{commit} is running"),
        (State::Aborting, _) => format!("{commit} is being stopped"),
    }
}

/// How it ended, before anything else is said.
pub(crate) fn headline(d: &Deployment, reader: Reader<'_>) -> String {
    let took = d.started_at.and_then(|started| Some(words::length(d.ended_at?.since(started))));
    let within = took.as_ref().map(|took| format!(" in {took}")).unwrap_or_default();
    let after = took.map(|took| format!(" after {took}")).unwrap_or_default();
    match (d.state, d.exit_code, d.signal) {
        (State::Queued, _, _) => "Waits for its turn".to_owned(),
        (State::Starting, _, _) => "Starting".to_owned(),
        (State::Running, _, _) => {
            format!("Running since {}", reader.at(d.started_at.unwrap_or(d.requested_at)))
        }
        (State::Aborting, _, _) => "Being stopped".to_owned(),
        (State::Lost, _, _) => "Lost: nobody knows how it ended".to_owned(),
        (State::Succeeded, _, _) => format!("Succeeded{within}"),
        (State::Failed, _, Some(signal)) => format!("Failed{after}: killed by signal {signal}"),
        (State::Failed, Some(code), None) => format!("Failed{after}: the command ended with {code}"),
        (State::Failed, None, None) => format!("Failed{after}"),
        (State::Aborted, _, _) => match &d.abort_asked_by {
            Some(by) => format!("Aborted by {by}{after}"),
            None => format!("Aborted{after}"),
        },
        (State::TimedOut, _, _) => format!("Took too long and was stopped{after}"),
        (State::Superseded, _, _) => "Overtaken: something newer was deployed first".to_owned(),
    }
}

/// What it brought, or would have.
pub(crate) fn brought(d: &Deployment, environment: &str) -> String {
    let range = &d.range;
    let verb = match (d.state, d.kind) {
        (State::Succeeded, Kind::Rollback) => "took back",
        (State::Succeeded, Kind::Forward | Kind::Redeploy) => "brought",
        (State::Lost, _) => "was to bring",
        (state, _) if state.is_over() => "would have brought",
        (_, _) => "brings",
    };
    let what = match (&range.from, range.count) {
        (Some(from), Some(0)) if *from == range.to => format!("the same commit again to {environment}"),
        (Some(_), Some(count)) => {
            let preposition = if d.kind == Kind::Rollback { "from" } else { "to" };
            format!("{} {preposition} {environment}", words::count(count, "commit"))
        }
        (Some(from), None) => format!("{} after {} to {environment}", d.short_commit(), words::short(from)),
        (None, _) => format!("{} to {environment}, the first there", d.short_commit()),
    };
    format!("Deployment {} {verb} {what}.", d.number)
}
