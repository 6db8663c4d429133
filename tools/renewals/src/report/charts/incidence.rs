//! When renewals come: areas of the ways to be retained, week by week after the due day.

use maud::{Markup, html};

use super::Frame;
use crate::report::frame::{self, Align, Room, cell};
use crate::report::scale::Scale;
use crate::report::svg::{Anchor, Path, Svg};
use crate::statistics::incidence::Step;
use crate::statistics::judgement::WAYS;
use crate::statistics::words;

/// The days shown.
const DAYS: i32 = 364;
/// How each way is called, in the order of [`WAYS`].
const NAMES: [&str; WAYS.len()] = ["same licence", "upgraded", "migrated", "bought anew"];

/// Returns the chart and its table.
pub fn chart(steps: &[Step]) -> Markup {
    let shown = coarser(steps);
    html! {
        @for room in Room::BOTH { (drawing(&shown, room)) }
        p.key { @for (way, name) in NAMES.iter().enumerate() {
            span { span class={ "swatch way" (way) } {} (name) }
        } }
        (frame::numbers("when renewals come", table(&shown)))
    }
}

/// Returns the steps to show: week by week for a quarter, then every fourth week, for little happens there.
fn coarser(steps: &[Step]) -> Vec<&Step> {
    let mut next = 0;
    let mut shown = Vec::new();
    for step in steps.iter().filter(|step| step.age <= DAYS) {
        if step.age >= next {
            next = if step.age < 91 { step.age + 7 } else { step.age + 28 };
            shown.push(step);
        }
    }
    // The last one known is what the labels tell.
    if let Some(last) = steps.iter().rfind(|step| step.age <= DAYS).filter(|last| shown.last() != Some(last))
    {
        shown.push(last);
    }
    shown
}

/// Returns the state after `days`.
pub fn after(steps: &[Step], days: i32) -> Option<&Step> {
    steps.iter().rev().find(|step| step.age <= days)
}

fn drawing(steps: &[&Step], room: Room) -> Markup {
    let (width, height) = (room.width(), room.choose(320.0, 320.0));
    let frame = Frame { x: (46.0, width - room.choose(150.0, 16.0)), y: (16.0, height - 46.0) };
    let across = Scale::new((0.0, f64::from(DAYS)), (frame.x.0, frame.x.1));
    let up = Scale::new((0.0, 1.0), (frame.y.1, frame.y.0));
    let mut svg = Svg::within(room, height);
    for way in (0..WAYS.len()).rev() {
        let top = |step: &Step| step.incidence[..=way].iter().sum::<f64>();
        let mut area = stairs(steps, &across, &up, top);
        let below = |step: &Step| step.incidence[..way].iter().sum::<f64>();
        area.extend(stairs(steps, &across, &up, below).into_iter().rev());
        svg.path(&format!("area way{way}"), Path::through(area).close(), NAMES[way]);
    }
    frame.rules(&mut svg, &up, &up.ticks(5), |tick| words::percent(tick, 0));
    svg.line("axis", (frame.x.0, frame.y.1), (frame.x.1, frame.y.1));
    for days in [0, 30, 90, 180, 270, 360] {
        let x = across.at(f64::from(days));
        svg.line("axis", (x, frame.y.1), (x, frame.y.1 + 4.0));
        svg.text("tick", (x, frame.y.1 + 19.0), Anchor::Middle, &days.to_string());
    }
    let middle = (frame.x.0 + frame.x.1) / 2.0;
    svg.text("label soft", (middle, height - 6.0), Anchor::Middle, "days after the due day");
    if room == Room::Wide {
        labels(&mut svg, steps, &frame, &up);
    }
    svg.image(room.class(), &room.id("incidence"), "When renewals come", &description(steps))
}

fn stairs(steps: &[&Step], across: &Scale, up: &Scale, of: impl Fn(&Step) -> f64) -> Vec<(f64, f64)> {
    let mut points = Vec::new();
    let mut before: Option<f64> = None;
    for step in steps {
        let (x, y) = (across.at(f64::from(step.age)), up.at(of(step)));
        if let Some(before) = before {
            points.push((x, before));
        }
        points.push((x, y));
        before = Some(y);
    }
    if let Some(before) = before {
        points.push((across.at(f64::from(DAYS)), before));
    }
    points
}

/// Writes what each way comes to at the right, apart from each other.
fn labels(svg: &mut Svg, steps: &[&Step], frame: &Frame, up: &Scale) {
    let Some(last) = steps.last() else { return };
    let mut lowest = frame.y.1 + 10.0;
    let mut sum = 0.0;
    for (way, name) in NAMES.iter().enumerate() {
        let share = last.incidence[way];
        let middle = up.at(sum + share / 2.0) + 4.0;
        sum += share;
        let y = middle.min(lowest - 15.0);
        let text = format!("{name} {}", words::percent(share, 0));
        svg.text("label", (frame.x.1 + 8.0, y), Anchor::Start, &text);
        lowest = y;
    }
    let y = ((frame.y.0 + up.at(sum)) / 2.0 + 4.0).min(lowest - 15.0);
    let text = format!("never came {}", words::percent(last.out, 0));
    svg.text("label soft", (frame.x.1 + 8.0, y), Anchor::Start, &text);
}

fn description(steps: &[&Step]) -> String {
    let Some(last) = steps.last() else { return "Nothing is known yet.".to_owned() };
    let parts: Vec<String> = NAMES
        .iter()
        .zip(&last.incidence)
        .map(|(name, share)| format!("{name} {}", words::percent(*share, 0)))
        .collect();
    format!("A year after the due day: {}; {} still out.", parts.join(", "), words::percent(last.out, 0))
}

fn table(steps: &[&Step]) -> Markup {
    let mut columns = vec![("Days after due", Align::Left), ("Still out before", Align::Right)];
    columns.extend(NAMES.iter().map(|name| (*name, Align::Right)));
    columns.push(("All retained", Align::Right));
    columns.push(("± (95%)", Align::Right));
    let rows = steps.iter().map(|step| {
        let mut row = vec![cell(step.age.to_string()), cell(words::count(step.at_risk))];
        row.extend(step.incidence.iter().map(|share| cell(words::percent(*share, 1))));
        row.push(cell(words::percent(1.0 - step.out, 1)));
        row.push(cell(words::percent(crate::statistics::interval::Z95 * step.error, 1)));
        row
    });
    frame::table("Share retained by days after the due day", &columns, rows.collect())
}
