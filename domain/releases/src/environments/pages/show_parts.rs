//! The parts of the page of an environment.

use super::sha;
use super::show::View;
use crate::deployments::brief::Brief;
use crate::deployments::pages::words as how;
use crate::gate::BlockerKind;
use crate::ship::Ship;
use crate::stations::Station;
use crate::words::{self, Reader};
use base::Right;
use maud::{Markup, html};
use web::ui;

/// Deployments that the page lists; the rest is behind "All".
const LISTED: usize = 8;

/// Whether it is open, why not, and what can be done about it.
pub(super) fn gate(view: &View, reader: Reader<'_>) -> Markup {
    let station = view.station();
    let decision = &station.decision;
    let (lead, rest) = match decision.leading() {
        Some(first) => {
            (first.sentence.as_str(), decision.sentence.strip_prefix(&first.sentence).unwrap_or_default())
        }
        None => (decision.sentence.as_str(), ""),
    };
    html! {
        div.gate-say {
            p.lead { (emphasised(lead, &station.title())) }
            @if !rest.trim().is_empty() { p.who { (rest.trim()) } }
            @if decision.open {
                @if let Some(deployed) = &station.deployed {
                    p.who { "Deployment " (deployed.number) " brought " (deployed.short_commit()) " at " (reader.at(deployed.ended_at.unwrap_or(deployed.state_at))) "." }
                }
            }
        }
        @if let Some(first) = decision.leading() {
            div.gate-foot {
                (super::watch::button(&station.environment.name, view.waits))
                @match first.kind {
                    BlockerKind::Lock | BlockerKind::Claim => {
                        @if let Some(task) = first.task {
                            a.btn.sm href={ "/tasks/" (task) } { (ui::icon("message-circle")) " " @match &first.owner { Some(owner) => { "Ask " (owner) }, None => "Discuss it" } }
                        }
                    }
                    BlockerKind::Quarantine => {
                        @if let Some(live) = &view.live { a.btn.sm.primary href=(how::href(station, live.number)) { "Look at deployment " (live.number) } }
                    }
                    BlockerKind::Busy => {
                        @if let Some(live) = &view.live { a.btn.sm href=(how::href(station, live.number)) { "Watch deployment " (live.number) } }
                    }
                    BlockerKind::Disabled => {
                        @if view.may(Right::Admin) { a.btn.sm href={ (station.href()) "/settings" } { "Open the settings" } }
                    }
                    BlockerKind::Queue | BlockerKind::Commit => {}
                }
            }
        }
    }
}

/// A sentence that begins with what the reader looks for first: `Production is closed`, in bold.
fn emphasised(sentence: &str, name: &str) -> Markup {
    let states = ["is closed", "is open", "is claimed", "is switched off"];
    let start = states
        .iter()
        .map(|state| format!("{name} {state}"))
        .find(|start| sentence.starts_with(start.as_str()));
    let cut = start.map_or(0, |start| start.len());
    html! { @if cut > 0 { b { (sentence[..cut]) } } (sentence[cut..]) }
}

pub(super) fn ship_head(view: &View, ship: &Ship) -> Markup {
    let range = ship.range.as_ref().ok();
    let said = range.filter(|range| range.count > 0).map(|range| {
        let ends = match &range.from {
            Some(from) => format!(", {} to {}", words::short(from), words::short(&range.to)),
            None => format!(", up to {}", words::short(&range.to)),
        };
        words::count(range.count, "commit") + &ends
    });
    html! {
        div.block-head {
            h2 { "What would ship " @if let Some(said) = &said { span.count { (said) } } }
            @if let (Some(repository), Some(range)) = (&view.repository, range.filter(|range| range.count > 0)) {
                a.push.t-s href={ "/repositories/" (repository) "?to=" (range.to) @if let Some(from) = &range.from { "&from=" (from) } } { "Compare" }
            }
        }
    }
}

/// The commits that the next deployment would bring.
pub(super) fn commits(view: &View, ship: &Ship, reader: Reader<'_>) -> Markup {
    let station = view.station();
    let name = station.title();
    let previous = station
        .environment
        .after
        .and_then(|after| view.stations.iter().find(|other| other.environment.id == after));
    let range = match (&ship.range, previous) {
        (Ok(range), _) => range,
        (Err(why), _) if !why.is_empty() => {
            return html! { p.dim { "What would ship cannot be said: " (why) "." } };
        }
        (Err(_), Some(previous)) => {
            return html! { p.dim { "Nothing yet: " (previous.title()) " comes first, and nothing was deployed there." } };
        }
        (Err(_), None) => return html! { p.dim { "Nothing yet: the repository was not read so far." } },
    };
    html! {
        @if range.count == 0 && range.leaving > 0 {
            p.dim { (name) " is " (words::count(range.leaving, "commit")) " ahead of " (words::short(&range.to)) "." }
        } @else if range.count == 0 {
            p.dim { "Nothing. " (name) " has " @match previous { Some(previous) => { "what " (previous.title()) " has" }, None => "the newest commit" } "." }
        } @else {
            @if range.leaving > 0 { p.note.red { (words::count(range.leaving, "commit")) " that " (name) " has would leave." } }
            ul.rows {
                @for commit in range.commits.iter().take(12) { (commit_row(view, commit, reader)) }
            }
            @if range.commits.len() > 12 {
                details #ship-more data-keep {
                    summary { "Show " (range.commits.len() - 12) " more commits" }
                    ul.rows { @for commit in range.commits.iter().skip(12) { (commit_row(view, commit, reader)) } }
                }
            }
            @let listed = range.commits.len() as u64;
            @if range.count > listed { p.dim.t-s { "and " (words::number(range.count - listed)) " more" } }
        }
    }
}

fn commit_row(view: &View, commit: &repos::Commit, reader: Reader<'_>) -> Markup {
    html! {
        li.commit.dated {
            (sha(view.repository.as_deref(), &commit.id))
            span.clip { (commit.title) }
            span.st {
                @for (task, fixes) in view.tasks.get(&commit.id).into_iter().flatten().take(2) {
                    a.chip.green[*fixes] href={ "/tasks/" (task.id) } title=(task.name) { @if *fixes { (ui::lamp(ui::Aspect::Green)) "Fixes " } span.clip { @if task.name == commit.title { "Its task" } @else { (words::shortened(&task.name, 28)) } } }
                }
            }
            (author(&commit.author))
            time.when.t-s.faint datetime=(commit.committed_at) { (reader.at(commit.committed_at)) }
        }
    }
}

/// The last deployments.
pub(super) fn history(station: &Station, reader: Reader<'_>) -> Markup {
    html! {
        div.block-head {
            h2 { "Last deployments" }
            a.push.t-s href={ (station.href()) "/deployments" } { "All" }
        }
        @if station.recent.is_empty() {
            p.dim { "Nothing was deployed here yet. The first deployment appears here line by line." }
        }
        ul.rows { @for brief in station.recent.iter().take(LISTED) { (history_row(station, brief, reader)) } }
    }
}

/// A deployment in a list.
pub(crate) fn history_row(station: &Station, brief: &Brief, reader: Reader<'_>) -> Markup {
    let (aspect, meaning) = how::lamp(brief.state);
    html! {
        li {
            a.item href=(how::href(station, brief.number)) {
                (ui::lamp_named(aspect, meaning))
                span.grow {
                    span.row { b.num.strong { (brief.number) } span.clip { (how::trigger(brief, reader)) } }
                    span.t-s.dim.clip.under { (how::outcome(brief)) }
                }
                span.t-s.dim.num.nowrap.right {
                    @if let Some(took) = brief.took() { (words::length(took)) }
                    br; span.faint { (reader.at(brief.began_at())) }
                }
            }
        }
    }
}

/// How a deployment is started: by the script that deploys already.
pub(super) fn deploy_words(station: &Station) -> Markup {
    let name = &station.environment.name;
    let command = format!("signalbox deploy --env {name} -- ./deploy.sh {name}");
    let back = station.recent.iter().filter_map(|brief| brief.previous_commit.as_deref()).next();
    html! {
        div {
            h2 #deploy-title { "Deploy to " (name) }
            p.dim { "Deployments start where your deployment script runs. Put one word before the command that you already run; it starts when " (name) " is open, and its output appears here line by line." }
        }
        (command_line(&command))
        @if let Some(back) = back {
            p.dim { "To go back to " span.mono { (words::short(back)) } ", what was there before the last deployment:" }
            (command_line(&format!("signalbox deploy --env {name} --commit {back} --kind rollback -- ./deploy.sh {name}")))
        }
    }
}

/// A command to copy.
pub fn command_line(command: &str) -> Markup {
    let (program, rest) =
        command.split_once(" --").map_or((command, ""), |(program, _)| (program, &command[program.len()..]));
    html! {
        div.cmd {
            span { span.k-d aria-hidden="true" { "$ " } span.k-g { (program) } (rest) }
            button.btn.sm type="button" data-copy=(command) { (ui::icon("copy")) " Copy" }
        }
    }
}

/// Who wrote a commit: git knows a name, which may be nobody's here.
fn author(name: &str) -> Markup {
    // The same name has the same colour everywhere.
    let number = name.bytes().fold(7_i64, |sum, byte| (sum * 31 + i64::from(byte)) % 1_000_003);
    html! { (ui::avatar(base::id::UserId(number), name, "")) span.vh { (name) } }
}
