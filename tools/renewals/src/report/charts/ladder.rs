//! A ladder of bars: a whole, and below it the parts that follow one another until the whole is told.
//!
//! It serves what became of a cohort, and where its value went.

use maud::{Markup, html};

use crate::report::frame::{self, Align, Room, cell};
use crate::report::scale::Scale;
use crate::report::svg::{Anchor, Svg};

/// A rung: a bar from `from` to `to`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    /// What it is.
    pub label: String,
    /// Where the bar begins.
    pub from: f64,
    /// Where it ends; it may lie before `from`.
    pub to: f64,
    /// What is written beside it.
    pub says: String,
    /// How it is coloured: a class of the style sheet.
    pub class: &'static str,
}

/// Returns the chart and its table.
pub fn chart(id: &str, title: &str, description: &str, rungs: &[Rung]) -> Markup {
    html! {
        @for room in Room::BOTH { (drawing(id, title, description, rungs, room)) }
        (frame::numbers(&frame::lower(title), table(title, rungs)))
    }
}

fn drawing(id: &str, title: &str, description: &str, rungs: &[Rung], room: Room) -> Markup {
    let step = room.choose(34.0, 52.0);
    let bar = room.choose(20.0, 20.0);
    let (width, height) = (room.width(), rungs.len() as f64 * step + 6.0);
    let (left, right) = room.choose((190.0, width - 150.0), (0.0, width - 2.0));
    let most = rungs.iter().flat_map(|rung| [rung.from, rung.to]).fold(1.0f64, f64::max);
    let scale = Scale::new((0.0, most), (left, right));
    let mut svg = Svg::within(room, height);
    for (index, rung) in rungs.iter().enumerate() {
        let top = index as f64 * step + room.choose(6.0, 24.0);
        let (a, b) = (scale.at(rung.from.min(rung.to)), scale.at(rung.from.max(rung.to)));
        // A part that exists is seen, however small it is.
        let b = if rung.from == rung.to { b } else { b.max(a + 1.5) };
        let tip = format!("{}: {}", rung.label, rung.says);
        match room {
            Room::Wide => {
                svg.text("label ink", (left - 14.0, top + bar * 0.72), Anchor::End, &rung.label);
                svg.text("value", (b + 10.0, top + bar * 0.72), Anchor::Start, &rung.says);
            }
            Room::Narrow => {
                svg.text("label ink", (left, top - 7.0), Anchor::Start, &rung.label);
                svg.text("value", (right, top - 7.0), Anchor::End, &rung.says);
            }
        }
        svg.rect(&format!("rung {}", rung.class), (a, top), (b - a, bar), &tip);
        if index + 1 < rungs.len() {
            let end = scale.at(rung.to);
            svg.line("joint", (end, top + bar), (end, top + step));
        }
    }
    svg.image(room.class(), &room.id(id), title, description)
}

fn table(title: &str, rungs: &[Rung]) -> Markup {
    let columns = [("Part", Align::Left), ("Amount", Align::Right)];
    let rows = rungs.iter().map(|rung| vec![cell(&rung.label), cell(&rung.says)]);
    frame::table(title, &columns, rows.collect())
}
