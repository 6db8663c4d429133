//! One deployment: how it ended, what it brought, what it printed.

use super::act::{abort_fields, resolve_fields};
use super::log::{self, Look};
use super::{numbered, words as how};
use crate::deployments::brief::{self, Brief};
use crate::deployments::{Deployment, State as Life};
use crate::environments::{View, repository_seen, rights_in, sha};
use crate::words::{self, Reader};
use axum::extract::State;
use base::Right;
use maud::{Markup, html};
use web::ui::{self, Aspect, Frame, Page};
use web::{App, Path, Query, Result};

/// Deployments in the strip beside the headline.
const STRIP: usize = 24;

/// What runs in an environment now, above its log.
pub(crate) fn live_head(view: &View, live: &Deployment, reader: Reader<'_>) -> Markup {
    let (station, is_lost) = (view.station(), live.state == Life::Lost);
    let href = how::href(station, live.number);
    let since = live.started_at.unwrap_or(live.requested_at);
    html! {
        div.block-head {
            h2 { @if is_lost { "Lost" } @else { "Running now" } }
            (ui::lamp_named(how::lamp(live.state).0, how::lamp(live.state).1))
            a.push.t-s href=(href) { "Deployment " (live.number) }
        }
        p.dim.said {
            (live.requested_by_name) " started " (live.short_commit()) " at " (reader.at(since))
            @if !live.host.is_empty() { " on " (live.host) }
            @if let Some(by) = &live.abort_asked_by { "; " (by) " asked for it to stop" }
            "."
        }
    }
}

/// The page.
pub(super) async fn show(
    State(app): State<App>,
    Path((name, number)): Path<(String, i64)>,
    Query(look): Query<Look>,
    frame: Frame,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let (environment, deployment) = numbered(&mut tx, &name, number, Right::View).await?;
    let repository = repository_seen(&mut tx, &environment).await?;
    let recent = brief::recent(&mut tx, environment.id, None, STRIP).await?;
    let may_drive = rights_in(&mut tx, &environment).await?.contains(Right::Deploy);
    let tasks: Vec<_> = deployment.task.into_iter().collect();
    let comments = work::stories::count_comments(&mut tx, &tasks).await?;
    drop(tx);
    let (log, shown) = log::panel(&app, &deployment, &environment.name, &look).await?;
    let reader = Reader { now: frame.now, zone: &frame.shell.zone };
    let home = format!("/environments/{}/deployments/{number}", environment.name);
    let page = Page::new(format!("Deployment {number}"))
        .crumb("Environments", "/environments")
        .crumb(words::capital(&environment.name), format!("/environments/{}", environment.name))
        .with_own_h1();
    let can_stop = may_drive
        && !deployment.state.is_over()
        && deployment.state != Life::Lost
        && !deployment.abort_asked();
    let actions = html! {
        span.row #actions data-live={ "deployment." (deployment.id) } {
            @if can_stop { a.btn.sm.danger href={ (home) "/abort" } data-open="abort" { "Stop" } }
        }
    };
    let n_comments = deployment.task.and_then(|task| comments.get(&task).copied()).unwrap_or(0);
    let content = html! {
        div #deployment data-live={ "deployment." (deployment.id) } {
            (headline(&deployment, &environment.name, &recent, reader))
            (facts(&deployment, repository.as_deref(), n_comments, reader))
            @if deployment.state == Life::Lost && may_drive { section.box.padded { (resolve_fields(&format!("{home}/resolve"), number)) } }
            div.cols.narrow {
                div {
                    @if matches!(deployment.state, Life::Failed | Life::TimedOut) && !shown.last_words.is_empty() {
                        div.note.red.row.last-words {
                            (ui::lamp(Aspect::Red))
                            span.grow { b.mono { (words::shortened(&shown.last_words, 300)) } }
                            a.nowrap href={ (home) "?line=" (shown.total) "#L" (shown.total) } { "Go to line " (shown.total) }
                        }
                    }
                    (log)
                }
                aside { (range(&deployment, repository.as_deref())) }
            }
        }
        @if can_stop {
            dialog.dialog #abort aria-labelledby="abort-title" { (abort_fields(&format!("{home}/abort"), number, &home, true)) }
        }
    };
    Ok(frame.page(page.actions(actions).content(content)))
}

fn headline(d: &Deployment, environment: &str, recent: &[Brief], reader: Reader<'_>) -> Markup {
    let (aspect, meaning) = how::lamp(d.state);
    let why = d.reason.as_ref().or(d.abort_reason.as_ref());
    let failed = recent.iter().filter(|b| matches!(b.state, Life::Failed | Life::TimedOut)).count();
    let longest = recent.iter().filter_map(Brief::took).max().unwrap_or_default().as_secs_f64().max(1.0);
    html! {
        div.row.row-3.wrap.top {
            div.grow.headline {
                div.row.row-3 {
                    @match aspect {
                        Aspect::Green | Aspect::Amber | Aspect::Red => (ui::signal(aspect, meaning)),
                        Aspect::Live | Aspect::Idle => (ui::lamp_named(aspect, meaning)),
                    }
                    h1 { (how::headline(d, reader)) }
                }
                p.dim.t-l { (how::brought(d, environment)) @if let Some(why) = why { " " (words::shortened(why, 400)) } }
            }
            @if recent.len() > 1 {
                div {
                    div.t-s.faint { "Last " (recent.len()) " deployments" }
                    div.hist role="group" aria-label={ "Last " (recent.len()) " deployments, " (failed) " failed" } {
                        @for brief in recent.iter().rev() {
                            @let share = brief.took().map_or(0.4, |took| 0.2 + 0.8 * (took.as_secs_f64() / longest).sqrt());
                            a href={ "/environments/" (environment) "/deployments/" (brief.number) }
                                class=[tone(brief.state)]
                                style={ "--h:" (format!("{:.0}", share * 100.0)) "%" } aria-current=[(brief.id == d.id).then_some("true")]
                                title={ "Deployment " (brief.number) ": " (how::lamp(brief.state).1.to_lowercase()) }
                                aria-label={ "Deployment " (brief.number) ": " (how::lamp(brief.state).1.to_lowercase()) } {}
                        }
                    }
                }
            }
        }
    }
}

fn tone(state: Life) -> Option<&'static str> {
    match state {
        Life::Succeeded => None,
        Life::Failed | Life::TimedOut | Life::Lost => Some("bad"),
        Life::Queued | Life::Starting | Life::Running | Life::Aborting | Life::Aborted | Life::Superseded => {
            Some("skip0")
        }
    }
}

fn facts(d: &Deployment, repository: Option<&str>, comments: i64, reader: Reader<'_>) -> Markup {
    let took = d.started_at.and_then(|started| Some(d.ended_at?.since(started)));
    html! {
        div.meta-line {
            span.row { (ui::icon("clock")) " Started by " (d.requested_by_name) " at " (reader.at(d.started_at.unwrap_or(d.requested_at))) }
            @if let Some(slot) = d.slot { span.row { (ui::icon("calendar")) " planned for " (reader.at(slot)) } }
            span.row { (ui::icon("git-commit-horizontal")) " " (sha(repository, &d.commit)) @if let Some(name) = &d.reference { " " (words::shortened(name, 60)) } }
            @if !d.host.is_empty() { span.row { (ui::icon("server")) " " (words::shortened(&d.host, 80)) } }
            @if let Some(took) = took { span.row { (ui::icon("timer")) " " (words::length(took)) } }
            @if let Some(by) = d.abort_asked_by.as_ref().filter(|_| !d.state.is_over()) { span.row { (ui::icon("x")) " " (by) " asked for it to stop" } }
            @if let Some(task) = d.task {
                a.row href={ "/tasks/" (task) } { (ui::icon("message-circle")) " " @if comments == 0 { "Discuss it" } @else { (words::count(u64::try_from(comments).unwrap_or(0), "comment")) } }
            }
        }
    }
}

fn range(d: &Deployment, repository: Option<&str>) -> Markup {
    let range = &d.range;
    let listed = range.commits.len() as u64;
    html! {
        section {
            div.block-head {
                h2 { "Commits " @if let Some(count) = range.count { span.count { (words::number(count)) } } }
                @if let (Some(repository), Some(from)) = (repository, &range.from) {
                    a.push.t-s href={ "/repositories/" (repository) "?from=" (from) "&to=" (range.to) } { "Compare" }
                }
            }
            dl.kv.short {
                dt { "From" } dd { @match &range.from { Some(from) => (sha(repository, from)), None => "nothing" } }
                dt { "To" } dd { (sha(repository, &range.to)) }
            }
            ul.rows {
                @for commit in &range.commits {
                    li.brought { (sha(repository, &commit.id)) div { span { (commit.title) } small.faint { (commit.author) } } }
                }
            }
            @if let Some(more) = range.count.and_then(|count| count.checked_sub(listed)).filter(|more| *more > 0 && listed > 0) {
                p.dim.t-s { "and " (words::number(more)) " more" }
            }
        }
    }
}
