//! The line: the stations that a commit passes, with a signal before each one that is closed.

use crate::stations::Station;
use crate::words::{self, Reader};
use maud::{Markup, html};
use web::ui::{self, Aspect};

/// Draws the line of the stations of one repository. `main` is the branch that they start from, with its tip; `here` is the
/// station that the page is about.
pub(super) fn line(
    branch: &str,
    tip: Option<&str>,
    stations: &[&Station],
    here: Option<&Station>,
    reader: Reader<'_>,
) -> Markup {
    let columns = (stations.len() != 2).then(|| {
        format!("grid-template-columns:1fr {} auto", "1.3fr ".repeat(stations.len().saturating_sub(1)))
    });
    html! {
        div.track {
            div.stations style=[columns] {
                (stop(stations.first().copied(), html! {
                    b { (branch) } span.mono { (tip.map_or("not read yet", words::short)) }
                }))
                @for (n, station) in stations.iter().enumerate() {
                    @let is_here = here.is_some_and(|here| here.environment.id == station.environment.id);
                    (stop(stations.get(n + 1).copied(), html! {
                        b { @if is_here { (station.title()) } @else { a.plain href=(station.href()) { (station.title()) } } }
                        @match &station.deployed {
                            Some(deployed) => span { span.mono { (deployed.short_commit()) } " since " (reader.at(deployed.ended_at.unwrap_or(deployed.state_at))) },
                            None => span { "nothing yet" },
                        }
                    }))
                }
            }
        }
    }
}

/// A station and the way to the next one, with its signal when it is closed.
fn stop(next: Option<&Station>, content: Markup) -> Markup {
    let is_closed = next.is_some_and(Station::is_closed);
    html! {
        div class={ "stn" @if is_closed { " stop" } } {
            span.dot {}
            @if let Some(next) = next.filter(|_| is_closed) { (ui::signal(Aspect::Red, &format!("{} is closed", next.title()))) }
            (content)
        }
    }
}
