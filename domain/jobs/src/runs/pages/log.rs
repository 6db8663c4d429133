//! The log of a try on the page of its run: its steps, what was searched for in it, and what comes while it grows.

use super::load::View;
use super::words as how;
use crate::attempts::{self, Attempt, Step};
use crate::runs::api::logs::Output;
use crate::runs::{self, Run};
use crate::words;
use axum::extract::State;
use axum::response::Response;
use base::id::{AttemptId, RunId};
use base::{Error, Right};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;
use web::lines::{self, Clock, LINES, Shown, Wanted};
use web::ui::{self, Aspect, Frame};
use web::{App, Auth, Path, Query, Result};

/// Which part of the log.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Look {
    /// A line that is to be seen.
    line: Option<u64>,
    /// Only lines that contain this.
    #[serde(default)]
    pub find: String,
}

/// The log of a try as the page shows it, and what of it is to be said above.
pub(super) async fn panel(
    app: &App,
    frame: &Frame,
    view: &View,
    home: &str,
    look: &Look,
) -> base::Result<(Markup, Option<Shown>)> {
    let Some((attempt, steps)) = &view.shown else {
        let says = if view.run.state.is_over() {
            "It never began, so it printed nothing."
        } else {
            "Nothing yet. Lines appear here as they are printed."
        };
        return Ok((html! { div.log #log { p.log-none { (says) } } }, None));
    };
    if !view.rights.contains(Right::Log) {
        let says = "What this job prints is not for you to read.";
        return Ok((html! { div.log #log { p.log-none { (says) } } }, None));
    }
    let find = look.find.trim();
    let is_over = attempt.state.is_over();
    let wanted = match look.line {
        _ if !find.is_empty() => Wanted::With(find.to_owned()),
        Some(line) => Wanted::Around(line.max(1)),
        // Whoever opens what went wrong, or what is going on, looks at its end.
        None if attempt.state == attempts::AttemptState::Succeeded => Wanted::Around(1),
        None => Wanted::Last(LINES),
    };
    let output = Output::of_attempt(app, view.run.state, attempt.clone());
    let shown = lines::look_at_steps(&output, wanted).await?;
    let follows = !is_over && find.is_empty() && look.line.is_none();
    let said = if find.is_empty() {
        words::count(shown.total, "line")
    } else {
        format!("{} of {}", words::number(shown.hits), words::count(shown.total, "line"))
    };
    let tail = format!("/runs/{}/attempts/{}", view.run.id, attempt.id);
    let (aspect, meaning) = lamp(attempt);
    let clock = Clock { began: attempt.leased_at, zone: &frame.shell.zone };
    let markup = html! {
        div.log.staged #log data-follow=[follows.then(|| format!("{tail}/lines"))] data-offset=(shown.next) data-line=(shown.total) {
            div.log-bar {
                span.row { (ui::lamp_named(aspect, meaning)) " " span.log-lines { (said) } }
                span.grow {}
                form.row method="get" action=(home) role="search" {
                    input.input.sm type="search" name="find" value=(find) placeholder="Find in the log" aria-label="Find in the log";
                    @if !find.is_empty() { a.btn.sm href={ (home) "#log" } { "All lines" } }
                }
                a.btn.icon.sm href={ (tail) "/log" } download={ (view.job.name) "-" (view.run.number) ".log" } aria-label="Download the log" title="Download the log" { (ui::icon("download")) }
            }
            (windows(home, &shown, find))
            @if shown.total == 0 || (!find.is_empty() && shown.hits == 0) {
                p.log-none data-until[follows] {
                    @if !find.is_empty() { "No line contains “" (find) "”." }
                    @else if is_over { "It printed nothing." }
                    @else { "Nothing yet. Lines appear here as they are printed." }
                }
            }
            @if find.is_empty() {
                (shown.steps(home, clock, look.line, follows))
                @if is_over { (not_begun(steps)) }
            } @else {
                ol tabindex="0" aria-label="Lines found" { (shown.items(home)) }
            }
            @if attempt.log_kept < attempt.log_bytes { p.log-none { "What came after this was too much to keep." } }
        }
    };
    Ok((markup, Some(shown)))
}

fn lamp(attempt: &Attempt) -> (Aspect, &'static str) {
    use attempts::AttemptState as Life;
    match attempt.state {
        Life::Leased | Life::Starting | Life::Running | Life::Finishing => (Aspect::Live, "Running"),
        Life::Succeeded => (Aspect::Green, "Passed"),
        Life::Failed => (Aspect::Red, "Failed"),
        Life::Cancelled => (Aspect::Idle, "Cancelled"),
        Life::TimedOut => (Aspect::Red, "Took too long"),
        Life::Lost => (Aspect::Red, "Lost"),
    }
}

/// The steps that nothing was printed for, because they did not begin.
fn not_begun(steps: &[Step]) -> Markup {
    html! {
        @for step in steps.iter().filter(|step| matches!(step.state.as_str(), "pending" | "skipped")) {
            div.fold.bare { (step.name) span.d { "did not start" } }
        }
    }
}

/// The way to the lines before and after those that are shown.
fn windows(home: &str, shown: &Shown, find: &str) -> Markup {
    let Some((first, last)) = shown.span().filter(|_| find.is_empty()) else {
        return html! { @if shown.hits > LINES as u64 { p.log-none { "The first " (words::number(LINES as u64)) " of them." } } };
    };
    html! {
        @if first > 1 || last < shown.total {
            nav.log-none aria-label="Parts of the log" {
                "Lines " (words::number(first)) " to " (words::number(last)) " of " (words::number(shown.total)) ". "
                @if first > 1 { a href={ (home) "?line=" (first.saturating_sub(1)) "#log" } { "Show earlier lines" } " " }
                @if last < shown.total { a href={ (home) "?line=" (last + 1) "#log" } { "Show more lines" } }
            }
        }
    }
}

/// What went wrong, above the log: the last words of the step that failed.
pub(super) fn last_words(view: &View, home: &str, shown: Option<&Shown>) -> Markup {
    let Some((attempt, _)) = view.shown.as_ref().filter(|_| view.run.state.is_bad()) else { return html! {} };
    let failure = shown.and_then(Shown::failure);
    let exit = match (attempt.exit_code, attempt.signal) {
        (Some(code), _) => Some(format!("Exit code {code}.")),
        (None, Some(signal)) => Some(format!("Killed by signal {signal}.")),
        (None, None) => None,
    };
    html! {
        @if failure.is_some() || exit.is_some() {
            div.note.red.row.last-words {
                (ui::lamp(Aspect::Red))
                span.grow {
                    @if let Some((_, text)) = &failure { b.mono { (words::shortened(text, 300)) } " " }
                    @if let Some(exit) = exit { (exit) }
                }
                @if let Some((line, _)) = failure { a.nowrap href={ (home) "?line=" (line) "#L" (line) } { "Go to line " (line) } }
            }
        }
    }
}

/// The try of a run, when the actor may read what it printed.
async fn readable(
    tx: &mut db::Tx,
    id: RunId,
    attempt: AttemptId,
) -> base::Result<(Run, Attempt, crate::jobs::Job)> {
    let (run, job) = runs::require(tx, id, Right::Log).await?;
    let attempt = attempts::get(tx, attempt).await?;
    if attempt.run != id {
        return Err(Error::missing("attempt.missing", "This run has no such try"));
    }
    Ok((run, attempt, job))
}

/// From where on lines are wanted.
#[derive(Debug, Deserialize)]
pub(super) struct From {
    #[serde(default)]
    from: i64,
    #[serde(default)]
    line: u64,
}

/// The lines that came since: a list, with where to ask next.
pub(super) async fn lines(
    State(app): State<App>,
    Path((id, attempt)): Path<(RunId, AttemptId)>,
    Query(asked): Query<From>,
    frame: Frame,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let (run, attempt, _) = readable(&mut tx, id, attempt).await?;
    drop(tx);
    let clock = Clock { began: attempt.leased_at, zone: &frame.shell.zone };
    let from = asked.from.clamp(0, attempt.log_kept);
    let output = Output::of_attempt(&app, run.state, attempt);
    let more = lines::more_of_steps(&output, from, asked.line, clock).await?;
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head { title { "Log of run " (run.number) } }
            body { ol data-offset=(more.next) data-line=(more.line) data-ended=[more.is_over.then_some("true")] { (more.items) } }
        }
    })
}

/// The whole log as plain text. Ranges and following are the API's, where offsets count the marks, too.
pub(super) async fn download(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, attempt)): Path<(RunId, AttemptId)>,
) -> Result<Response> {
    let mut tx = app.db.read(&actor).await?;
    let (run, attempt, _) = readable(&mut tx, id, attempt).await?;
    drop(tx);
    Ok(web::log::plain(Output::of_attempt(&app, run.state, attempt)))
}

/// The tries of the part that is shown, when there are several.
pub(super) fn tries(view: &View) -> Markup {
    let Some((shown, _)) = &view.shown else { return html! {} };
    let tries: Vec<&Attempt> = view.attempts.iter().filter(|attempt| attempt.part == shown.part).collect();
    html! {
        @if tries.len() > 1 {
            nav.seg.tries aria-label="Tries" {
                @for attempt in tries {
                    a href={ "/runs/" (view.run.id) "/attempts/" (attempt.id) "#log" } aria-current=[(attempt.id == shown.id).then_some("true")] {
                        (ui::lamp(lamp(attempt).0)) " Try " (attempt.number)
                    }
                }
            }
        }
    }
}

/// The lamp of the run beside what it says, for the headline.
pub(super) fn sign(run: &Run) -> Markup {
    let (aspect, meaning) = how::lamp(run.state);
    how::sign(aspect, meaning)
}
