//! All jobs that somebody may see, how they are, and the job files that cannot be read.

use crate::file::{Finding, Severity};
use crate::jobs::{self, Job, store};
use crate::runs::pages::{strip, words as how};
use crate::runs::{self, Run};
use crate::schedules;
use crate::words::{self, Reader};
use axum::extract::State;
use base::id::JobId;
use base::{Role, Time};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use web::ui::{self, Aspect, Frame, Page};
use web::{App, Query, Result};

/// Jobs that are shown at once.
const ROWS: usize = 100;
/// Runs in the strip of a row.
const STRIP: usize = 12;
/// Findings that are listed of one file.
const FINDINGS: usize = 20;

/// A job file with what is wrong in it: the repository's name, the path, the findings.
type Broken = (String, String, Vec<Finding>);

/// Which jobs.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// What is in their name, title, owner or file.
    #[serde(default)]
    q: String,
    /// How many come before those that are shown.
    #[serde(default)]
    from: usize,
}

impl Asked {
    fn fits(&self, job: &Job) -> bool {
        let wanted = self.q.trim().to_lowercase();
        let texts = [Some(&job.name), Some(&job.title), job.owner.as_ref(), Some(&job.path)];
        texts.into_iter().flatten().any(|text| text.to_lowercase().contains(&wanted))
    }

    fn link(&self, from: usize) -> String {
        let from = from.to_string();
        let all = [("q", self.q.trim()), ("from", from.as_str())];
        format!("/jobs?{}", ui::query(all.into_iter().filter(|(_, value)| !matches!(*value, "" | "0"))))
    }
}

/// The page.
pub(super) async fn list(State(app): State<App>, frame: Frame, Query(asked): Query<Asked>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let mut all = jobs::list(&mut tx).await?;
    let count = all.len();
    all.retain(|job| asked.fits(job));
    let found = all.len();
    let all: Vec<Job> = all.into_iter().skip(asked.from).take(ROWS).collect();
    let until = asked.from + all.len();
    let ids: Vec<JobId> = all.iter().map(|job| job.id).collect();
    let last = runs::last_of_jobs(&mut tx, &ids, STRIP).await?;
    let next = schedules::next_of_jobs(&mut tx, &ids).await?;
    let is_member = frame.actor.role != Role::Guest;
    let broken = if is_member { broken(&mut tx).await? } else { Vec::new() };
    drop(tx);
    let reader = Reader::of(&frame);
    let content = html! {
        div #jobs data-live="job run" {
            @if !broken.is_empty() { (findings(&broken)) }
            @if count == 0 { (nothing(is_member)) }
            @if count > ROWS {
                form.row action="/jobs" method="get" role="search" {
                    input.input.grow name="q" type="search" value=(asked.q) aria-label="Find jobs" placeholder="Name, title, owner or file";
                    button.btn.sm { "Find" }
                }
                p.dim { @if found == 0 { "No job has this in its name, title, owner or file." } @else if all.is_empty() { "No more jobs." } @else { "Jobs " (asked.from + 1) " to " (until) " of " (found) "." } }
            }
            ul.rows.job { @for job in &all { (row(job, last.get(&job.id).map_or(&[][..], Vec::as_slice), &next, reader)) } }
            @if until < found || asked.from > 0 {
                p.more.row {
                    @if asked.from > 0 { a.btn.sm href=(asked.link(asked.from.min(found).saturating_sub(ROWS))) { "Previous" } }
                    @if until < found { a.btn.sm href=(asked.link(until)) { "Next" } }
                }
            }
        }
    };
    let actions = html! { @if is_member { a.btn.quiet.sm.not-s href="/schedules/preview" { (ui::icon("clock")) " Try a schedule" } a.btn.quiet.sm href="/agents" { (ui::icon("server")) " Agents" } } };
    Ok(frame.page(Page::new("Jobs").topics(["job", "run"]).actions(actions).content(content)))
}

async fn broken(tx: &mut db::Tx) -> base::Result<Vec<Broken>> {
    let mut all = Vec::new();
    for (repository, path, findings) in store::files_with_findings(tx).await? {
        all.push((repos::get(tx, repository).await?.name, path, findings));
    }
    Ok(all)
}

/// What the lamp of a job shows, and what that means.
pub(super) fn lamp(job: &Job, last: Option<&Run>, now: Time) -> (Aspect, &'static str) {
    match last {
        _ if job.gone_at.is_some() => (Aspect::Idle, "No longer in its file"),
        _ if !job.enabled => (Aspect::Idle, "Switched off"),
        _ if job.is_switched_off() => (Aspect::Idle, "Disabled"),
        None if job.is_paused(now) => (Aspect::Idle, "Paused"),
        None => (Aspect::Idle, "Never ran"),
        Some(run) => how::lamp(run.state),
    }
}

fn row(job: &Job, last: &[Run], next: &BTreeMap<JobId, Time>, reader: Reader<'_>) -> Markup {
    let (aspect, meaning) = lamp(job, last.first(), reader.now);
    let next = next.get(&job.id).filter(|_| !job.is_paused(reader.now));
    html! {
        li.item {
            (ui::lamp_named(aspect, meaning))
            a.plain.grow href={ "/jobs/" (job.name) } {
                span.row.wrap {
                    b.strong { (job.title) }
                    @if job.title != job.name { span.faint.mono.not-s { (job.name) } }
                    @if job.is_switched_off() { (ui::chip("amber", "Disabled")) }
                    @else if job.is_paused(reader.now) { (ui::chip("amber", "Paused")) }
                    @if !job.enabled { (ui::chip("", "Switched off")) }
                }
                span.t-s.dim.under {
                    @match last.first() {
                        Some(run) => { "Run " (run.number) ": " (meaning.to_lowercase()) @if let Some(at) = run.ended_at { ", " (reader.at(at)) } "." },
                        None => "It never ran.",
                    }
                    @if let Some(at) = next { " Next " (reader.soon(*at)) "." }
                    @if let Some(owner) = &job.owner { " Owner: " (owner) "." }
                }
            }
            @if !last.is_empty() { (strip::strip(last, None)) }
        }
    }
}

fn findings(broken: &[Broken]) -> Markup {
    html! {
        @for (repository, path, found) in broken {
            @let errors = found.iter().filter(|finding| finding.severity == Severity::Error).count();
            div class={ "note state row" @if errors > 0 { " red" } } {
                (ui::lamp(if errors > 0 { Aspect::Red } else { Aspect::Amber }))
                div.grow {
                    p {
                        b.mono { (path) } " in " a href={ "/repositories/" (repository) } { (repository) } ": "
                        @if errors > 0 { "not all of it can be used, so what it said before holds on." } @else { "somebody should look at it." }
                    }
                    ul {
                        @for finding in found.iter().take(FINDINGS) {
                            li.finding {
                                span.mono { "line " (finding.line) } " " (words::capital(&finding.message))
                                @if let Some(meant) = &finding.suggestion { " (" (meant) ")" }
                            }
                        }
                        @if found.len() > FINDINGS { li.dim { "and " (found.len() - FINDINGS) " more" } }
                    }
                }
            }
        }
    }
}

const EXAMPLE: &str = "name: nightly-report
title: Nightly report
on:
  - cron: \"0 6 * * *\"
    tz: Europe/London
steps:
  - name: analyse
    run: python3 analyse.py
artifacts:
  - {name: report, pattern: report.html}";

#[cfg(test)]
#[test]
fn the_example_can_be_used_as_it_stands() {
    let parsed = crate::file::parse(EXAMPLE);
    assert_eq!((parsed.findings, parsed.jobs.len()), (Vec::new(), 1));
}

fn nothing(is_member: bool) -> Markup {
    html! {
        div.empty {
            h2 { "No jobs yet" }
            p { "A job is what a repository says it is: put a file " code { "signalbox.yaml" } " at its top, and push. It is read with every push, and its jobs stand here." }
        }
        pre.source tabindex="0" aria-label="An example of signalbox.yaml" { (EXAMPLE) }
        @if is_member {
            p.dim { "Repositories stand under " a href="/repositories" { "Repositories" } "; one is connected there, or with " code { "signalbox repo add NAME URL" } ". Look at a file before you push it: " code { "signalbox job lint signalbox.yaml" } "." }
        }
    }
}
