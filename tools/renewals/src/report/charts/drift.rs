//! The strip below the rate: CUSUM and EWMA, which see small drops that last.

use maud::{Markup, html};

use super::Frame;
use crate::report::frame::{self, Align, Room, cell};
use crate::report::scale::Scale;
use crate::report::svg::{Anchor, Path, Svg};
use crate::statistics::drift::DECISION;
use crate::statistics::judgement::MonthJudgement;
use crate::statistics::words;

/// Returns the strip of the months given, which end with the newest.
pub fn chart(months: &[MonthJudgement]) -> Markup {
    html! {
        @for room in Room::BOTH { (drawing(last(months, room), room)) }
        (frame::numbers("CUSUM and EWMA", table(last(months, Room::Wide))))
    }
}

fn last(months: &[MonthJudgement], room: Room) -> &[MonthJudgement] {
    &months[months.len().saturating_sub(room.choose(36, 15))..]
}

fn drawing(months: &[MonthJudgement], room: Room) -> Markup {
    let (width, height) = (room.width(), room.choose(232.0, 250.0));
    let x = (46.0, width - room.choose(92.0, 16.0));
    let upper = Frame { x, y: (22.0, 96.0) };
    let lower = Frame { x, y: (130.0, height - room.choose(42.0, 48.0)) };
    let mut svg = Svg::within(room, height);
    sums(&mut svg, months, &upper, room);
    averages(&mut svg, months, &lower, room);
    let all: Vec<_> = months.iter().map(|one| one.month).collect();
    lower.months(&mut svg, &all, room);
    let alarms: Vec<String> =
        months.iter().filter(|one| one.lasting_drop).map(|one| words::month(one.month)).collect();
    let said = if alarms.is_empty() { "no month".to_owned() } else { alarms.join(", ") };
    let description =
        format!("Bars of the CUSUM with its alarm line at 4 and a line of the EWMA. Alarm in: {said}.");
    svg.image(room.class(), &room.id("drift"), "Small drops that last: CUSUM and EWMA", &description)
}

fn sums(svg: &mut Svg, months: &[MonthJudgement], frame: &Frame, room: Room) {
    let scale = Scale::new((0.0, 5.4), (frame.y.1, frame.y.0));
    svg.text("label", (frame.x.0, frame.y.0 - 8.0), Anchor::Start, "Sum of what was missing (CUSUM)");
    frame.rules(svg, &scale, &[0.0], |tick| format!("{tick:.0}"));
    for (index, one) in months.iter().enumerate() {
        let Some(sum) = one.cusum else { continue };
        let (x, place) = frame.place(index, months.len());
        let wide = (place * 0.62).min(18.0);
        let class = if one.lasting_drop { "column red" } else { "column" };
        let tip = format!("{}: CUSUM {sum:.1}", words::month(one.month));
        let top = scale.at(sum);
        svg.rect(class, (x - wide / 2.0, top), (wide, frame.y.1 - top), &tip);
    }
    let y = scale.at(DECISION);
    svg.line("alarm", (frame.x.0, y), (frame.x.1, y));
    svg.text("tick", (frame.x.0 - 8.0, y + 4.0), Anchor::End, "4");
    if room == Room::Wide {
        svg.text("label", (frame.x.1 + 8.0, y + 4.0), Anchor::Start, "alarm above 4");
    }
}

fn averages(svg: &mut Svg, months: &[MonthJudgement], frame: &Frame, room: Room) {
    let most = months
        .iter()
        .flat_map(|one| [one.ewma.map(f64::abs), one.ewma_limit])
        .flatten()
        .fold(1.2f64, f64::max);
    let scale = Scale::new((-most * 1.15, most * 1.15), (frame.y.1, frame.y.0));
    svg.text("label", (frame.x.0, frame.y.0 - 8.0), Anchor::Start, "Moving average of deviations (EWMA)");
    frame.rules(svg, &scale, &[0.0], |_| "0".to_owned());
    let (mut line, mut upper, mut lower) = (Vec::new(), Vec::new(), Vec::new());
    for (index, one) in months.iter().enumerate() {
        let (x, _) = frame.place(index, months.len());
        if let Some((average, limit)) = one.ewma.zip(one.ewma_limit) {
            line.push((x, scale.at(average)));
            upper.push((x, scale.at(limit)));
            lower.push((x, scale.at(-limit)));
        }
    }
    let Some(&(_, edge)) = lower.last() else { return };
    if room == Room::Wide {
        svg.text("label", (frame.x.1 + 8.0, edge + 4.0), Anchor::Start, "limit");
    }
    svg.path("band", Path::through(upper.into_iter().chain(lower.into_iter().rev())).close(), "");
    svg.path("curve thin", &Path::through(line), "");
    for (index, one) in months.iter().enumerate() {
        let (x, _) = frame.place(index, months.len());
        if let Some((average, limit)) = one.ewma.zip(one.ewma_limit) {
            let class = if average < -limit { "mark red" } else { "mark main" };
            let tip = format!("{}: EWMA {average:.2}, limit {limit:.2}", words::month(one.month));
            svg.circle(class, (x, scale.at(average)), 2.6, &tip);
        }
    }
}

fn table(months: &[MonthJudgement]) -> Markup {
    let columns = [
        ("Month", Align::Left),
        ("Deviation (z)", Align::Right),
        ("CUSUM", Align::Right),
        ("EWMA", Align::Right),
        ("EWMA limit", Align::Right),
        ("Run", Align::Right),
    ];
    let shown =
        |value: Option<f64>| cell(value.map_or("–".to_owned(), |value| format!("{:.2}", value + 0.0)));
    let rows = months.iter().rev().map(|one| {
        vec![
            cell(words::month(one.month)),
            shown(one.z),
            shown(one.cusum),
            shown(one.ewma),
            shown(one.ewma_limit),
            cell(one.run.to_string()),
        ]
    });
    frame::table("CUSUM and EWMA by month", &columns, rows.collect())
}
