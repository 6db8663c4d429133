//! The rows below the verdict: each environment, then only what asks for somebody.

use super::Situation;
use maud::{Markup, html};
use releases::gate::BlockerKind;
use releases::stations::row::{self, Row};
use releases::words::{self, Reader};
use repos::repository::State;
use web::ui::{Aspect, Frame};

/// Failing jobs with a row of their own.
const FAILING_ROWS: usize = 4;

/// The rows.
pub(super) fn rows(situation: &Situation, frame: &Frame, reader: Reader<'_>) -> Markup {
    html! {
        @for station in &situation.stations { (row::station(station, reader)) }
        @for station in &situation.stations {
            @for lost in station.decision.blockers.iter().filter(|blocker| blocker.kind == BlockerKind::Quarantine) {
                @let number = station.live().map_or(0, |live| live.number);
                (row::row(&Row {
                    aspect: Aspect::Red,
                    name: &format!("Deployment {number}"),
                    say: html! { em { "Nobody knows how it ended." } " " (words::capital(&lost.who_can_release.join(" or "))) " must look at what it did." },
                    strip: html! {},
                    next: lost.since.map(|since| format!("silent since {}", reader.at(since))).unwrap_or_default(),
                    href: &format!("{}/deployments/{number}", station.href()),
                }))
            }
        }
        @for repository in situation.repositories.iter().filter(|repository| repository.state == State::Unreadable) {
            (row::row(&Row {
                aspect: Aspect::Amber,
                name: &words::shortened(&repository.name, 24),
                say: html! { em { "Cannot be read:" } " " (words::shortened(repository.problem.as_deref().unwrap_or("nobody knows why"), 140)) },
                strip: html! {},
                next: repository.fetched_at.map_or("never read".to_owned(), |at| format!("last read {}", reader.at(at))),
                href: &format!("/repositories/{}", repository.name),
            }))
        }
        @for one in situation.failing.iter().take(FAILING_ROWS) {
            @let ended = one.run.ended_at.unwrap_or(one.run.state_at);
            (row::row(&Row {
                aspect: Aspect::Red,
                name: &words::shortened(&one.job.title, 24),
                say: html! {
                    em { "Run " (one.run.number) " " (one.run.state.in_words()) "." }
                    @if let Some(sentence) = &one.run.sentence { " " (words::shortened(sentence, 140)) }
                },
                strip: html! {},
                next: format!("ended {}", reader.at(ended)),
                href: &format!("/runs/{}", one.run.id),
            }))
        }
        @if situation.failing.len() > FAILING_ROWS {
            (row::row(&Row {
                aspect: Aspect::Red,
                name: "Jobs",
                say: html! { em { (words::count((situation.failing.len() - FAILING_ROWS) as u64, "more job")) " failed." } },
                strip: html! {},
                next: String::new(),
                href: "/jobs",
            }))
        }
        @if let Some(oldest) = situation.overdue.first() {
            (row::row(&Row {
                aspect: Aspect::Amber,
                name: "My tasks",
                say: html! {
                    em { (words::count(situation.overdue.len() as u64, "task")) @if situation.overdue.len() == 1 { " is" } @else { " are" } " overdue." }
                    " The oldest is “" (words::shortened(&oldest.name, 80)) "”."
                },
                strip: html! {},
                next: oldest.due_on.map(|day| format!("due {}", frame.day(day))).unwrap_or_default(),
                href: "/my-tasks",
            }))
        }
    }
}
