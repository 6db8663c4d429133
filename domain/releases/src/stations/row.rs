//! A row that says how something is: its signal, a sentence, a strip, what comes next, and the way to it.

use super::{Lamp, Station};
use crate::deployments::State;
use crate::deployments::brief::Brief;
use crate::gate::BlockerKind;
use crate::locks::Lock;
use crate::words::{self, Reader};
use maud::{Markup, html};
use web::ui::{self, Aspect};

/// The height of a strip, and the least of a mark.
const HEIGHT: f64 = 22.0;
const LEAST: f64 = 5.0;

/// What a row shows.
#[derive(Debug)]
pub struct Row<'a> {
    /// What its signal shows.
    pub aspect: Aspect,
    /// What it is about.
    pub name: &'a str,
    /// How it is.
    pub say: Markup,
    /// A strip.
    pub strip: Markup,
    /// What comes next, or came last.
    pub next: String,
    /// Where it leads.
    pub href: &'a str,
}

/// A row as an item of a list.
pub fn row(row: &Row<'_>) -> Markup {
    html! {
        li {
            a.concern href=(row.href) {
                (ui::signal(row.aspect, &format!("{} is {}", row.name, row.aspect.word())))
                b { (row.name) }
                span.say { (row.say) }
                span.viz { (row.strip) }
                span.next { (row.next) }
                span.go.faint { (ui::icon("chevron-right")) }
            }
        }
    }
}

impl Lamp {
    /// What a signal head shows for it: whether one may pass. What runs does not close the line for good.
    pub fn signal(&self) -> Aspect {
        if self.aspect == Aspect::Live { Aspect::Green } else { self.aspect }
    }
}

/// The row of an environment.
pub fn station(station: &Station, reader: Reader<'_>) -> Markup {
    row(&Row {
        aspect: station.lamp().signal(),
        name: &station.title(),
        say: say(station, reader),
        strip: strip(&station.recent),
        next: next(station, reader),
        href: &station.href(),
    })
}

/// How an environment is, in a sentence or two.
pub fn say(station: &Station, reader: Reader<'_>) -> Markup {
    let locks: Vec<&Lock> = station.closing().collect();
    let lost = station.decision.blockers.iter().find(|blocker| blocker.kind == BlockerKind::Quarantine);
    html! {
        @if !station.environment.enabled {
            em { "Switched off." } @if !station.environment.disabled_reason.is_empty() { " " (words::shortened(&station.environment.disabled_reason, 120)) }
        } @else if let Some(lost) = lost {
            em { (lost.title) " was lost" } @if let Some(since) = lost.since { " at " (reader.at(since)) }
            " and nobody knows how it ended; somebody must look and resolve it."
        } @else if let [lock] = locks[..] {
            em { "Closed by " (whose(lock)) ":" } " " (words::shortened(&lock.title, 90)) ". It ends " (ends(lock, reader)) "."
        } @else if !locks.is_empty() {
            em { "Closed by " (words::count(locks.len() as u64, "lock")) "." } " "
            @for (n, lock) in locks.iter().take(2).enumerate() { @if n > 0 { "; " } (words::capital(&owner(lock))) " ends " (ends(lock, reader)) }
            @if locks.len() > 2 { "; and " (locks.len() - 2) " more" } "."
        } @else if let Some(live) = station.live() {
            em { "Deployment " (live.number) } " of " (live.short_commit()) @if live.state == State::Aborting { " is being stopped" } @else { " is running since " (reader.at(live.began_at())) } "."
        } @else if let Some(deployed) = &station.deployed {
            em { (deployed.short_commit()) } " has been running since " (reader.at(deployed.ended_at.unwrap_or(deployed.state_at))) "."
            @if let Some(last) = station.last().filter(|last| matches!(last.state, State::Failed | State::TimedOut)) {
                " Deployment " (last.number) " of " (last.short_commit()) " failed at " (reader.at(last.ended_at.unwrap_or(last.requested_at))) "."
            }
            @for warning in &station.decision.warnings { " Warning: " (words::shortened(&warning.title, 80)) "." }
        } @else if let Some(last) = station.last() {
            em { "Deployment " (last.number) " did not succeed." } " Nothing is known to run here."
        } @else {
            "Nothing was deployed here yet."
        }
    }
}

fn owner(lock: &Lock) -> String {
    lock.owner_name.as_ref().map_or_else(|| "one without an owner".to_owned(), |name| format!("{name}’s"))
}

fn whose(lock: &Lock) -> String {
    lock.owner_name
        .as_ref()
        .map_or_else(|| "a lock without an owner".to_owned(), |name| format!("{name}’s lock"))
}

/// How a lock ends, as the rest of a sentence.
pub fn ends(lock: &Lock, reader: Reader<'_>) -> String {
    match lock.until {
        Some(until) => format!("by itself at {}", reader.at(until)),
        None => "when somebody releases it".to_owned(),
    }
}

fn next(station: &Station, reader: Reader<'_>) -> String {
    let ends: Vec<_> = station.closing().map(|lock| lock.until).collect();
    let opens = ends.iter().copied().max().flatten().filter(|_| !ends.contains(&None));
    match (opens, station.live(), station.recent.first()) {
        _ if station.is_quarantined() => "must be resolved".to_owned(),
        (Some(opens), _, _) => format!("opens at {}", reader.at(opens)),
        (None, Some(live), _) => format!("since {}", reader.at(live.began_at())),
        (None, None, Some(last)) => format!("last at {}", reader.at(last.began_at())),
        (None, None, None) => String::new(),
    }
}

/// Deployments as a strip, oldest first: the height is how long each took, the colour how it ended.
pub fn strip(newest_first: &[Brief]) -> Markup {
    let shown = &newest_first[..newest_first.len().min(super::STRIP)];
    let longest = shown.iter().filter_map(Brief::took).max().unwrap_or_default().as_secs_f64().max(1.0);
    html! {
        svg.spark aria-hidden="true" {
            @for (n, brief) in shown.iter().rev().enumerate() {
                @let share = brief.took().map_or(0.5, |took| took.as_secs_f64() / longest);
                @let height = LEAST + (HEIGHT - LEAST) * share.sqrt();
                @let place = super::STRIP - shown.len() + n;
                rect class=(tone(brief.state)) x=(format!("{:.2}%", place as f64 / super::STRIP as f64 * 100.0)) y=(format!("{:.1}", HEIGHT - height))
                    width="3.67%" height=(format!("{height:.1}")) rx="1" {}
            }
        }
    }
}

fn tone(state: State) -> &'static str {
    match state {
        State::Succeeded => "g",
        State::Failed | State::TimedOut => "r",
        State::Lost => "a",
        State::Queued
        | State::Starting
        | State::Running
        | State::Aborting
        | State::Aborted
        | State::Superseded => "",
    }
}
