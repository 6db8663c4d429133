//! One job: how it is, what it did and will do, what its file says, who may do what with it.

use super::run_now::Frozen;
use super::{act, fires, hear_buttons, list, run_now, switch};
use crate::jobs::{self, Definition, Job};
use crate::notices::{self, Hears};
use crate::runs::pages::{aside, load, strip, who, words as how};
use crate::runs::{self, Filter, Run};
use crate::schedules::{self, freeze};
use crate::secrets::{self, Secret};
use crate::triggers::webhooks;
use crate::words::{self, Reader};
use axum::extract::State;
use base::id::RunId;
use base::{Right, Time};
use maud::{Markup, html};
use people::rights::RightSet;
use serde::Deserialize;
use web::ui::{self, Frame, Page};
use web::{App, Path, Query, Result};

/// Runs that the page lists, and fires.
const LISTED: usize = 10;
const FIRES: usize = 20;
/// Runs on a page of their own.
const PAGED: usize = 100;

/// The page.
pub(super) async fn show(State(app): State<App>, Path(name): Path<String>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let job = jobs::named(&mut tx, &name, Right::View).await?;
    let rights = jobs::rights(&mut tx, &job).await?;
    let definition = jobs::definition(&mut tx, job.definition).await?;
    let filter = Filter { job: Some(job.id), limit: load::STRIP, ..Filter::default() };
    let recent = runs::list(&mut tx, &filter).await?;
    let schedules = schedules::of_job(&mut tx, job.id).await?;
    let past = schedules::fires(&mut tx, job.id, FIRES).await?;
    let around = freeze::around(&mut tx, &definition.model.freeze, frame.now).await?;
    let figures = match recent.iter().find(|run| run.state.is_over() && !run.state.is_bad()) {
        Some(run) => runs::metrics(&mut tx, run.id).await?,
        None => Vec::new(),
    };
    let figures = load::charts(&mut tx, job.id, figures).await?;
    let who = who::may(&mut tx, &job).await?;
    let secrets = secrets::of_job(&mut tx, &job, &definition.model).await?;
    let repository = repos::get(&mut tx, job.repository).await.ok().map(|found| found.name);
    let hears = notices::hears(&mut tx, job.id).await?;
    let may_schedule = rights.contains(Right::Schedule) && job.gone_at.is_none();
    let hook = if may_schedule { webhooks::look(&mut tx, job.id).await? } else { None };
    drop(tx);
    let reader = Reader::of(&frame);
    let is_paused = job.is_paused(reader.now);
    let next = schedules.iter().filter_map(|schedule| schedule.next_at).min().filter(|_| !is_paused);
    let holds = freeze::all_holding(&around, reader.now, reader.now);
    let may_run = rights.contains(Right::Run) && job.refusal().is_none();
    let content = html! {
        div #job data-live={ "job." (job.id) } {
            (headline(&job, &recent, (next, &holds), reader))
            (facts(&job, &definition, repository.as_deref()))
            div.cols.narrow {
                div {
                    @if !definition.model.description.is_empty() { p.dim.about { (definition.model.description) } }
                    section {
                        div.block-head {
                            h2 { "Last runs" }
                            @if recent.len() > LISTED { a.push.t-s href={ "/jobs/" (job.name) "/runs" } { "All runs" } }
                        }
                        @if recent.is_empty() { p.dim { "It never ran." } }
                        ul.rows { @for run in recent.iter().take(LISTED) { (row(run, reader)) } }
                    }
                    section.block { (source(&definition)) }
                }
                aside {
                    (fires::upcoming(&definition, &schedules, (is_paused, &around), reader))
                    @if may_schedule { (webhooks::section(&job, &definition.model, hook.as_ref(), reader)) }
                    (fires::past(&past, reader))
                    @if !figures.is_empty() { section.block { div.block-head { h2 { "Metrics" } } (aside::charts(&figures, None)) } }
                    @if !secrets.is_empty() { (secrets_block(&secrets)) }
                    (who::block(&who))
                }
            }
        }
        @if may_run { dialog.dialog #run aria-labelledby="run-title" { (run_now::fields(&job, &definition.model.params, &Frozen::of(&holds, rights), true)) } }
        @if rights.contains(Right::Schedule) && !is_paused && !schedules.is_empty() {
            dialog.dialog #pause aria-labelledby="pause-title" { (act::pause_fields(&job, reader, true)) }
        }
        @if may_schedule && !job.is_switched_off() {
            dialog.dialog #disable aria-labelledby="disable-title" { (switch::fields(&job, true)) }
        }
    };
    let page = Page::new(job.title.clone()).crumb("Jobs", "/jobs").with_own_h1();
    let actions = actions(&frame, &job, rights, hears, !schedules.is_empty());
    Ok(frame.page(page.actions(actions).content(content)))
}

fn actions(frame: &Frame, job: &Job, rights: RightSet, hears: Hears, has_schedules: bool) -> Markup {
    let is_paused = job.is_paused(frame.now);
    let may_schedule = rights.contains(Right::Schedule) && job.gone_at.is_none();
    html! {
        span.row #actions data-live={ "job." (job.id) } {
            (hear_buttons(frame, job, hears))
            @if may_schedule { (switch::button(job)) }
            @if may_schedule && is_paused && !job.is_switched_off() {
                form.one method="post" action={ "/jobs/" (job.name) "/resume" } data-morph { button.btn.sm { "Resume" } }
            } @else if may_schedule && has_schedules && !is_paused {
                a.btn.sm href={ "/jobs/" (job.name) "/pause" } data-open="pause" { "Pause" }
            }
            @if rights.contains(Right::Run) && job.refusal().is_none() {
                a.btn.sm.primary href={ "/jobs/" (job.name) "/run" } data-open="run" { (ui::icon("play")) " Run now" }
            }
        }
    }
}

/// How the last run ended and when the next begins, in words.
fn headline(
    job: &Job,
    recent: &[Run],
    (next, holds): (Option<Time>, &[freeze::Hold]),
    reader: Reader<'_>,
) -> Markup {
    let (aspect, meaning) = list::lamp(job, recent.first(), reader.now);
    let pause = job.pause.as_ref().filter(|_| job.is_paused(reader.now));
    html! {
        div.row.row-3.wrap.top {
            div.grow.headline {
                div.row.row-3 { (how::sign(aspect, meaning)) h1 { (job.title) } }
                p.dim.t-l {
                    @match recent.first() {
                        Some(run) => {
                            a href={ "/runs/" (run.id) } { "Run " (run.number) } " " (run.state.in_words())
                            @if let Some(at) = run.ended_at { " at " (reader.at(at)) } ". "
                        },
                        None => "It never ran. ",
                    }
                    @if let Some(refusal) = job.refusal() { (words::sentence(refusal.message())) " " }
                    @else if let Some(pause) = pause {
                        (pause.by) " paused it at " (reader.at(pause.at))
                        @match pause.until { Some(until) => { ", until " (reader.at(until)) }, None => ", until somebody resumes it" }
                        @if let Some(reason) = &pause.reason { ": " (words::sentence(reason)) } @else { "." }
                    }
                    @else if let Some(hold) = freeze::last(holds) { (words::sentence(&hold.sentence)) }
                    @else if let Some(next) = next { "It runs next " (reader.soon(next)) "." }
                }
            }
            @if recent.len() > 1 {
                div { div.t-s.faint { "Last " (recent.len()) " runs" } (strip::strip(recent, None)) }
            }
        }
    }
}

fn facts(job: &Job, definition: &Definition, repository: Option<&str>) -> Markup {
    let model = &definition.model;
    html! {
        div.meta-line {
            @if let Some(owner) = &job.owner { span.row { (ui::icon("user")) " " (owner) } }
            @if let Some(name) = repository { a.row href={ "/repositories/" (name) } { (ui::icon("git-commit-horizontal")) " " (name) } }
            span.row { (ui::icon("file-text")) " " span.mono { (job.path) } }
            @if let Some(name) = repository { a.sha href={ "/repositories/" (name) "/commits/" (definition.commit) } { (definition.commit.get(..7).unwrap_or(&definition.commit)) } }
            @if let Some(image) = &model.image { span.row { (ui::icon("box")) " " span.mono { (image) } } }
            @if let Some(environment) = &model.deploy { a.row href={ "/environments/" (environment) } { (ui::icon("arrow-right")) " deploys to " (environment) } }
        }
    }
}

fn row(run: &Run, reader: Reader<'_>) -> Markup {
    let (aspect, meaning) = how::lamp(run.state);
    html! {
        li {
            a.item href={ "/runs/" (run.id) } {
                (ui::lamp_named(aspect, meaning))
                span.grow {
                    b.strong { "Run " (run.number) } " " (run.state.in_words())
                    @if let Some(sentence) = &run.sentence { span.t-s.dim.under { (words::sentence(&words::shortened(sentence, 200))) } }
                }
                span.t-s.faint.mono.not-s { (run.short_commit()) }
                @if let Some(took) = how::took(run, reader) { span.t-s.faint.num.nowrap.not-s { (took) } }
                span.t-s.faint.num.nowrap { (reader.at(run.made_at)) }
            }
        }
    }
}

fn source(definition: &Definition) -> Markup {
    html! {
        details {
            summary { h2 { "What its file says" } }
            pre.source tabindex="0" aria-label="Its file" { (definition.source) }
        }
    }
}

fn secrets_block(all: &[(String, Option<Secret>)]) -> Markup {
    html! {
        section.block {
            div.block-head { h2 { "Secrets" } }
            ul.rows {
                @for (name, found) in all {
                    li.item {
                        (ui::icon("key-round")) span.grow.mono.clip { (name) }
                        @match found {
                            Some(secret) => span.t-s.dim { "of the " (secret.scope) },
                            None => (ui::chip("amber", "not set")),
                        }
                    }
                }
            }
        }
    }
}

/// Which part of the runs.
#[derive(Debug, Deserialize)]
pub(super) struct Part {
    before: Option<RunId>,
}

/// All its runs, newest first.
pub(super) async fn runs(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(part): Query<Part>,
    frame: Frame,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let job = jobs::named(&mut tx, &name, Right::View).await?;
    let filter = Filter { job: Some(job.id), before: part.before, limit: PAGED + 1, ..Filter::default() };
    let mut found = runs::list(&mut tx, &filter).await?;
    drop(tx);
    let has_more = found.len() > PAGED;
    found.truncate(PAGED);
    let reader = Reader::of(&frame);
    let content = html! {
        div #runs data-live={ "job." (job.id) } {
            @if found.is_empty() { (ui::empty("It never ran. Every run of it is listed here.")) }
            ul.rows { @for run in &found { (row(run, reader)) } }
            @if let Some(last) = found.last().filter(|_| has_more) { p { a href={ "/jobs/" (job.name) "/runs?before=" (last.id) } { "Earlier runs" } } }
        }
    };
    let page = Page::new("Runs").crumb("Jobs", "/jobs").crumb(&job.title, format!("/jobs/{}", job.name));
    Ok(frame.page(page.reading(content)))
}
