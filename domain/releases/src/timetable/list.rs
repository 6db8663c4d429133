//! The same facts as a table.

use super::Timetable;
use crate::deployments::State;
use base::Time;
use maud::{Markup, html};
use web::ui::{self, Aspect};

/// Everything that a day's drawing shows, in the order in which it happened.
pub fn list(table: &Timetable) -> Markup {
    let rows = rows(table);
    html! {
        details #tt-list data-keep {
            summary { "Show as a list" }
            @if rows.is_empty() {
                p.dim { "Nothing happened on this day." }
            } @else {
                table.table.fold {
                    thead { tr { th {} th { "Time" } th { "What" } } }
                    tbody {
                        @for (at, row) in &rows {
                            tr { td { (row.lamp) } td.num { time datetime=(at) { (table.reader().at(*at)) } } td.s2 { a href=(row.href) { (row.text) } } }
                        }
                    }
                }
            }
            @if table.is_cut { p.dim { "More happened than is shown; the pages of the environments list everything." } }
        }
    }
}

struct Row {
    lamp: Markup,
    href: String,
    text: String,
}

fn rows(table: &Timetable) -> Vec<(Time, Row)> {
    let reader = table.reader();
    let mut rows = Vec::new();
    for lane in &table.lanes {
        let name = lane.title();
        // The time has a column of its own.
        let timeless = |text: String| text.split_once(' ').map_or(text.clone(), |(_, rest)| rest.to_owned());
        for stop in &lane.stops {
            let aspect = match stop.state {
                State::Succeeded => Aspect::Green,
                State::Failed | State::TimedOut | State::Lost => Aspect::Red,
                State::Starting | State::Running | State::Aborting => Aspect::Live,
                State::Queued | State::Aborted | State::Superseded => Aspect::Idle,
            };
            let href = format!("{}/deployments/{}", lane.href(), stop.number);
            rows.push((
                stop.at,
                Row { lamp: ui::lamp(aspect), href, text: timeless(stop.words(reader, &name)) },
            ));
        }
        for refusal in &lane.refusals {
            let href = format!("{}#locks", lane.href());
            let text = timeless(refusal.words(reader, &name));
            rows.push((refusal.at, Row { lamp: ui::lamp(Aspect::Idle), href, text }));
        }
        for hold in &lane.holds {
            let aspect = match (hold.released, hold.is_warning) {
                (Some(_), _) => Aspect::Idle,
                (None, true) => Aspect::Amber,
                (None, false) => Aspect::Red,
            };
            rows.push((
                hold.from,
                Row { lamp: ui::lamp(aspect), href: hold.href.clone(), text: hold.words(reader, &name) },
            ));
        }
    }
    for mark in table.others.iter().flat_map(|other| &other.marks) {
        let row = Row { lamp: ui::lamp(mark.aspect), href: mark.href.clone(), text: mark.words.clone() };
        rows.push((mark.at, row));
    }
    rows.sort_by_key(|(at, _)| *at);
    rows
}
