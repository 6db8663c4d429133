//! The next twelve months: what is due, what has renewed already, and what to expect.

use maud::{Markup, html};

use super::Frame;
use crate::report::frame::{self, Align, Room, cell};
use crate::report::scale::Scale;
use crate::report::svg::{Anchor, Svg};
use crate::statistics::judgement::ForecastMonth;
use crate::statistics::words;

/// Returns the chart and its table.
pub fn chart(months: &[ForecastMonth]) -> Markup {
    html! {
        @for room in Room::BOTH { (drawing(months, room)) }
        p.key {
            span { span.swatch.due {} "due" }
            span { span.swatch.expected {} "expected to renew" }
            span { span.swatch.done {} "renewed already" }
            span { span.swatch.bar {} "95% interval" }
        }
        (frame::numbers("forecast", table(months)))
    }
}

fn drawing(months: &[ForecastMonth], room: Room) -> Markup {
    let (width, height) = (room.width(), room.choose(320.0, 320.0));
    let frame = Frame {
        x: (room.choose(56.0, 52.0), width - room.choose(16.0, 8.0)),
        y: (24.0, height - room.choose(42.0, 48.0)),
    };
    let most = months.iter().map(|month| month.due).max().unwrap_or(1).max(1) as f64;
    let scale = Scale::new((0.0, most * 1.06), (frame.y.1, frame.y.0));
    let mut svg = Svg::within(room, height);
    frame.rules(&mut svg, &scale, &scale.ticks(5), |tick| words::count(tick as u64));
    for (index, month) in months.iter().enumerate() {
        let (x, place) = frame.place(index, months.len());
        let wide = place * 0.6;
        let columns = [("due", month.due as f64), ("expected", month.expected), ("done", month.done as f64)];
        svg.group(&tip(month), |svg| {
            for (class, value) in columns {
                let top = scale.at(value);
                svg.rect(&format!("column {class}"), (x - wide / 2.0, top), (wide, frame.y.1 - top), "");
            }
        });
        let whisker = (scale.at(month.interval.lower), scale.at(month.interval.upper));
        svg.line("whisker", (x, whisker.0), (x, whisker.1));
        let label = words::count(month.expected.round() as u64);
        if room == Room::Wide {
            svg.text("value halo", (x, whisker.1 - 6.0), Anchor::Middle, &label);
        }
    }
    let all: Vec<_> = months.iter().map(|month| month.month).collect();
    frame.months(&mut svg, &all, room);
    let due: u64 = months.iter().map(|month| month.due).sum();
    let expected: f64 = months.iter().map(|month| month.expected).sum();
    let description = format!(
        "Columns of licences due, expected to renew and renewed already. Together {} are due and {} are expected.",
        words::count(due),
        words::count(expected.round() as u64)
    );
    svg.image(room.class(), &room.id("forecast"), "Forecast of renewals by month", &description)
}

fn tip(month: &ForecastMonth) -> String {
    format!(
        "{}: {} due, {} renewed already, {} expected ({}–{})",
        words::month(month.month),
        words::count(month.due),
        words::count(month.done),
        words::count(month.expected.round() as u64),
        words::count(month.interval.lower.round() as u64),
        words::count(month.interval.upper.round() as u64),
    )
}

fn table(months: &[ForecastMonth]) -> Markup {
    let columns = [
        ("Month", Align::Left),
        ("Due", Align::Right),
        ("Renewed already", Align::Right),
        ("Expected", Align::Right),
        ("95% interval", Align::Right),
        ("Value due", Align::Right),
        ("Value expected", Align::Right),
        ("95% interval", Align::Right),
        ("As the vendor receives it", Align::Right),
    ];
    let rows = months.iter().map(|month| {
        let bounds =
            [month.interval.lower, month.interval.upper].map(|bound| words::count(bound.round() as u64));
        vec![
            cell(words::month(month.month)),
            cell(words::count(month.due)),
            cell(words::count(month.done)),
            cell(words::count(month.expected.round() as u64)),
            cell(bounds.join("–")),
            cell(words::dollars(month.due_cents)),
            cell(words::dollars(month.expected_cents)),
            cell(format!("{}–{}", words::dollars(month.lower_cents), words::dollars(month.upper_cents))),
            cell(words::dollars(month.expected_vendor_cents)),
        ]
    });
    frame::table("Forecast by month", &columns, rows.collect())
}
