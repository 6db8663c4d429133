//! The last runs of a job as a strip: height is duration, a notch is a failure.

use super::words;
use crate::runs::{Run, State};
use base::id::RunId;
use maud::{Markup, html};

/// The runs, which come newest first, with the oldest on the left. `here` is the one that the page is about.
pub(crate) fn strip(runs: &[Run], here: Option<RunId>) -> Markup {
    let length = |run: &Run| Some(run.ended_at?.since(run.started_at?).as_secs_f64());
    let longest = runs.iter().filter_map(length).fold(1.0, f64::max);
    let passed = runs.iter().filter(|run| run.state == State::Succeeded).count();
    let failed = runs.iter().filter(|run| run.state.is_bad()).count();
    html! {
        div.hist role="group" aria-label={ "Last " (runs.len()) " runs: " (passed) " passed, " (failed) " failed" } {
            @for run in runs.iter().rev() {
                @let share = length(run).map_or(0.4, |s| 0.25 + 0.75 * (s / longest).sqrt());
                @let says = format!("Run {}: {}", run.number, words::lamp(run.state).1.to_lowercase());
                a href={ "/runs/" (run.id) } class=[tone(run.state)] style={ "--h:" (format!("{:.0}", share * 100.0)) "%" }
                    aria-current=[(here == Some(run.id)).then_some("true")] title=(says) aria-label=(says) {}
            }
        }
    }
}

fn tone(state: State) -> Option<&'static str> {
    match state {
        State::Succeeded => None,
        state if state.is_bad() => Some("bad"),
        _ => Some("skip0"),
    }
}
