//! One run: how it ended, what started it, what it printed and kept.

use super::act::cancel_fields;
use super::load::View;
use super::log::{self, Look};
use super::{aside, parts, remarks, strip, words as how};
use crate::jobs::pages::hear_buttons;
use crate::runs::{PartState, State as Life};
use crate::words::{self, Reader};
use axum::extract::State;
use base::Right;
use base::id::{AttemptId, RunId};
use maud::{Markup, html};
use web::ui::{self, Frame, Page};
use web::{App, Path, Query, Result};

/// The page.
pub(super) async fn show(
    State(app): State<App>,
    Path(id): Path<RunId>,
    Query(look): Query<Look>,
    frame: Frame,
) -> Result<Markup> {
    page(&app, &frame, id, None, &look).await
}

/// The page with the log of one of its tries.
pub(super) async fn show_attempt(
    State(app): State<App>,
    Path((id, attempt)): Path<(RunId, AttemptId)>,
    Query(look): Query<Look>,
    frame: Frame,
) -> Result<Markup> {
    page(&app, &frame, id, Some(attempt), &look).await
}

async fn page(
    app: &App,
    frame: &Frame,
    id: RunId,
    attempt: Option<AttemptId>,
    look: &Look,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let view = View::load(&mut tx, id, attempt).await?;
    drop(tx);
    let home = match attempt {
        Some(attempt) => format!("/runs/{id}/attempts/{attempt}"),
        None => format!("/runs/{id}"),
    };
    let (log, shown) = log::panel(app, frame, &view, &home, look).await?;
    let reader = Reader::of(frame);
    let content = html! {
        div #run data-live={ "run." (id) } {
            (headline(&view, reader))
            (facts(&view, reader))
            div.cols.narrow {
                div {
                    (parts::list(&view, reader))
                    (log::last_words(&view, &home, shown.as_ref()))
                    (log)
                    (remarks::comments(&view, frame, reader))
                }
                aside { (aside::aside(&view, reader)) (remarks::labels(&view)) }
            }
        }
        @if may_stop(&view) {
            dialog.dialog #cancel aria-labelledby="cancel-title" { (cancel_fields(&view.run, true)) }
        }
    };
    let page = Page::new(format!("Run {}", view.run.number))
        .crumb("Jobs", "/jobs")
        .crumb(&view.job.title, format!("/jobs/{}", view.job.name))
        .with_own_h1();
    Ok(frame.page(page.actions(actions(frame, &view)).content(content)))
}

fn may_stop(view: &View) -> bool {
    view.rights.contains(Right::Run) && !view.run.state.is_over() && view.run.state != Life::Cancelling
}

fn actions(frame: &Frame, view: &View) -> Markup {
    let run = &view.run;
    let may_run = view.rights.contains(Right::Run);
    let may_repeat = may_run && run.state.is_over() && view.job.refusal().is_none();
    let some_passed = view.parts.iter().any(|part| part.state == PartState::Succeeded);
    let again = if run.state == Life::Succeeded { "btn sm" } else { "btn sm primary" };
    let repeat = format!("/runs/{}/repeat", run.id);
    html! {
        span.row #actions data-live={ "run." (run.id) } {
            span.row.not-s { (hear_buttons(frame, &view.job, view.hears)) }
            @if may_stop(view) { a.btn.sm.danger href={ "/runs/" (run.id) "/cancel" } data-open="cancel" { "Cancel" } }
            @if may_repeat && some_passed && run.state != Life::Succeeded {
                form.one method="post" action=(repeat) data-morph { button.btn.sm name="only_failed" value="1" { "Run only what failed" } }
            }
            @if may_repeat {
                form.one method="post" action=(repeat) data-morph { button class=(again) { (ui::icon("rotate-cw")) " Run again" } }
            }
        }
    }
}

/// The figure that stands for the run: the first with a unit, else the first.
fn figure(view: &View) -> Option<String> {
    let all = || view.metrics.iter().map(|(metric, _)| metric);
    let chosen = all().find(|metric| metric.unit.is_some()).or_else(|| all().next())?;
    let name = chosen.name.replace(['_', '-'], " ");
    Some(format!("{name} {}", words::figure(chosen.value, chosen.unit.as_deref())))
}

fn headline(view: &View, reader: Reader<'_>) -> Markup {
    let run = &view.run;
    let newer =
        view.recent.iter().rev().find(|other| other.number > run.number && other.state == Life::Succeeded);
    let of_try = view.attempts.iter().rev().find_map(|attempt| attempt.sentence.clone());
    // What waits for a person says so above its button.
    let said = run.sentence.clone().filter(|_| run.state != Life::Held);
    let why = said.or_else(|| of_try.filter(|_| run.state.is_bad()));
    let has_more = why.is_some() || (run.state.is_bad() && newer.is_some()) || !run.trusted;
    html! {
        div.row.row-3.wrap.top {
            div.grow.headline {
                div.row.row-3 { (log::sign(run)) h1 { (how::headline(run, figure(view), view.failed_at.as_deref(), reader)) } }
                @if has_more {
                    p.dim.t-l {
                        @if let Some(why) = &why { (words::sentence(&words::shortened(why, 400))) " " }
                        @if !run.trusted { "Its commit is on no trusted branch, so it got no secrets. " }
                        @if let Some(newer) = newer.filter(|_| run.state.is_bad()) { a href={ "/runs/" (newer.id) } { "Run " (newer.number) } " passed since." }
                    }
                }
            }
            @if view.recent.len() > 1 {
                div data-live={ "job." (view.job.id) } id="strip" {
                    div.t-s.faint { "Last " (view.recent.len()) " runs" }
                    (strip::strip(&view.recent, Some(run.id)))
                }
            }
        }
    }
}

fn facts(view: &View, reader: Reader<'_>) -> Markup {
    let run = &view.run;
    let agents: Vec<&str> = view.agents.values().map(String::as_str).collect();
    let mut images: Vec<&str> = view.parts.iter().filter_map(|part| part.model.image.as_deref()).collect();
    images.sort_unstable();
    images.dedup();
    html! {
        div.meta-line {
            span.row { (ui::icon("clock")) " " span { (view.cause(reader)) @if let Some(why) = &view.passed { ", although it was frozen: " (words::shortened(why, 200)) } } }
            span.row {
                (ui::icon("git-commit-horizontal")) " "
                @match &view.repository {
                    Some(name) => { a.sha href={ "/repositories/" (name) "/commits/" (run.commit) } { (run.short_commit()) } " " (name) },
                    None => span.sha { (run.short_commit()) },
                }
                @if let Some(reference) = &run.reference { " " (words::shortened(reference, 60)) }
            }
            @match agents[..] {
                [] => {},
                [one] => span.row { (ui::icon("server")) " agent " (one) },
                _ => span.row title=(agents.join(", ")) { (ui::icon("server")) " " (agents.len()) " agents" },
            }
            @for image in images.iter().take(3) { span.row { (ui::icon("box")) " " span.mono { (image) } } }
            @if let Some(took) = how::took(run, reader).filter(|_| run.state.is_over()) { span.row { (ui::icon("timer")) " " (took) } }
            @if run.deployment.is_some() {
                @if let (Some(id), Some(environment)) = (run.deployment, &view.definition.model.deploy) {
                    a.row href={ "/deployments/" (id) } { (ui::icon("arrow-right")) " Deployment to " (environment) }
                }
            }
        }
    }
}
