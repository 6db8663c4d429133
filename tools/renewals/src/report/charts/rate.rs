//! The renewal rate by month, with its intervals, what is usual, and the control limits.

use maud::{Markup, html};

use super::Frame;
use crate::figures::Event;
use crate::report::frame::{self, Align, Room, cell, short};
use crate::report::marks;
use crate::report::scale::{Scale, share_bounds};
use crate::report::svg::{Anchor, Path, Svg};
use crate::statistics::interval::Interval;
use crate::statistics::judgement::MonthJudgement;
use crate::statistics::words;

/// How many months a desk shows, and a telephone.
const MONTHS: (usize, usize) = (36, 15);

/// Returns the chart of the months given, which end with the newest.
pub fn chart(months: &[MonthJudgement], events: &[Event]) -> Markup {
    let told = shown_events(last(months, Room::Wide), events);
    html! {
        @for room in Room::BOTH { (drawing(last(months, room), &told, room)) }
        p.key {
            span { span.swatch.band {} "control limits" }
            span { span.swatch.usual {} "usual" }
            span { span.swatch.bar {} "95% interval" }
            span { span.swatch.open {} "too young: estimate" }
            @for verdict in shown(months) { span { (marks::lamp(verdict)) (marks::name(verdict).to_lowercase()) } }
        }
        @if !told.is_empty() {
            ol.events {
                @for event in &told { li { (words::day(event.day)) ": " (short(&event.what, 120)) } }
            }
        }
        (frame::numbers("renewal rate by month", table(months)))
    }
}

/// Returns the verdicts that need explaining because a mark of theirs is drawn.
fn shown(months: &[MonthJudgement]) -> Vec<crate::statistics::Verdict> {
    use crate::statistics::Verdict::{BelowFloor, Better, SignificantDrop, Worse};
    let drawn = last(months, Room::Wide);
    let is_drawn = |verdict: &crate::statistics::Verdict| drawn.iter().any(|one| one.verdict == *verdict);
    [BelowFloor, SignificantDrop, Worse, Better].into_iter().filter(is_drawn).collect()
}

fn last(months: &[MonthJudgement], room: Room) -> &[MonthJudgement] {
    let most = room.choose(MONTHS.0, MONTHS.1);
    &months[months.len().saturating_sub(most)..]
}

/// Returns the events within the months that are shown.
fn shown_events<'a>(months: &[MonthJudgement], events: &'a [Event]) -> Vec<&'a Event> {
    let (Some(first), Some(last)) = (months.first(), months.last()) else { return Vec::new() };
    events.iter().filter(|event| (first.month..=last.month).contains(&event.day.month())).collect()
}

fn drawing(months: &[MonthJudgement], events: &[&Event], room: Room) -> Markup {
    let (width, height) = (room.width(), room.choose(360.0, 330.0));
    let frame = Frame {
        x: (room.choose(46.0, 46.0), width - room.choose(92.0, 16.0)),
        y: (18.0, height - room.choose(42.0, 48.0)),
    };
    let (low, high) = bounds(months);
    let scale = Scale::new((low, high), (frame.y.1, frame.y.0));
    let mut svg = Svg::within(room, height);
    frame.rules(&mut svg, &scale, &scale.ticks(5), |tick| words::percent(tick, 0));
    limits(&mut svg, months, &frame, &scale);
    happened(&mut svg, months, events, &frame);
    intervals(&mut svg, months, &frame, &scale);
    curve(&mut svg, months, &frame, &scale);
    points(&mut svg, months, &frame, &scale, room);
    if room == Room::Wide {
        labels(&mut svg, months, &frame, &scale);
    }
    frame.months(&mut svg, &months.iter().map(|one| one.month).collect::<Vec<_>>(), room);
    svg.image(room.class(), &room.id("rate"), "Renewal rate by month", &description(months))
}

fn bounds(months: &[MonthJudgement]) -> (f64, f64) {
    let shown = months.iter().flat_map(|one| {
        let ranges = [one.interval, one.limits, one.estimate.map(|estimate| estimate.interval)];
        ranges.into_iter().flatten().flat_map(|range| [range.lower, range.upper])
    });
    let (low, high) = shown.fold((1.0f64, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    share_bounds(low, high)
}

/// Draws a line where something happened, with the number it has in the list below.
fn happened(svg: &mut Svg, months: &[MonthJudgement], events: &[&Event], frame: &Frame) {
    for (number, event) in events.iter().enumerate() {
        let month = event.day.month();
        let Some(index) = months.iter().position(|one| one.month == month) else { continue };
        let (x, width) = frame.place(index, months.len());
        let part = f64::from(event.day.0 - month.first().0) / f64::from(month.last().0 - month.first().0 + 1);
        let x = x - width / 2.0 + width * part;
        svg.line("event", (x, frame.y.0), (x, frame.y.1));
        svg.text("label soft halo", (x, frame.y.0 - 4.0), Anchor::Middle, &(number + 1).to_string());
    }
}

/// Draws what is usual and the limits, in steps, for they differ from month to month.
fn limits(svg: &mut Svg, months: &[MonthJudgement], frame: &Frame, scale: &Scale) {
    let (mut upper, mut lower, mut usual) = (Vec::new(), Vec::new(), Path::default());
    let mut before = None;
    for (index, one) in months.iter().enumerate() {
        let (x, width) = frame.place(index, months.len());
        let (left, right) = (x - width / 2.0, x + width / 2.0);
        let Some((range, rate)) = one.limits.zip(one.usual) else {
            band(svg, &mut upper, &mut lower);
            before = None;
            continue;
        };
        upper.extend([(left, scale.at(range.upper)), (right, scale.at(range.upper))]);
        lower.extend([(left, scale.at(range.lower)), (right, scale.at(range.lower))]);
        let y = scale.at(rate);
        if before.is_some() { usual.to((left, y)) } else { usual.lift_to((left, y)) }.to((right, y));
        before = Some(y);
    }
    band(svg, &mut upper, &mut lower);
    svg.path("usual", &usual, "");
}

fn band(svg: &mut Svg, upper: &mut Vec<(f64, f64)>, lower: &mut Vec<(f64, f64)>) {
    if !upper.is_empty() {
        let around = upper.drain(..).chain(lower.drain(..).rev());
        svg.path("band", Path::through(around).close(), "");
    }
}

fn intervals(svg: &mut Svg, months: &[MonthJudgement], frame: &Frame, scale: &Scale) {
    let (mut known, mut young) = (Path::default(), Path::default());
    for (index, one) in months.iter().enumerate() {
        let (x, _) = frame.place(index, months.len());
        let whiskers =
            [(&mut known, one.interval), (&mut young, one.estimate.map(|estimate| estimate.interval))];
        for (path, range) in whiskers {
            if let Some(range) = range {
                path.lift_to((x, scale.at(range.lower))).to((x, scale.at(range.upper)));
            }
        }
    }
    svg.path("whisker", &known, "");
    svg.path("whisker young", &young, "");
}

fn curve(svg: &mut Svg, months: &[MonthJudgement], frame: &Frame, scale: &Scale) {
    let (mut mature, mut young) = (Path::default(), Path::default());
    let mut is_drawing = false;
    let mut end = None;
    for (index, one) in months.iter().enumerate() {
        let (x, _) = frame.place(index, months.len());
        match one.rate {
            Some(rate) => {
                let at = (x, scale.at(rate));
                if is_drawing {
                    mature.to(at)
                } else {
                    mature.lift_to(at)
                };
                (is_drawing, end) = (true, Some(at));
            }
            None if one.estimate.is_some() => {
                let at = (x, scale.at(one.estimate.map_or(0.0, |estimate| estimate.rate)));
                if let Some(end) = end.replace(at) {
                    young.lift_to(end).to(at);
                }
                is_drawing = false;
            }
            None => is_drawing = false,
        }
    }
    svg.path("curve", &mature, "");
    svg.path("curve young", &young, "");
}

fn points(svg: &mut Svg, months: &[MonthJudgement], frame: &Frame, scale: &Scale, room: Room) {
    let newest = months.iter().rposition(|one| one.rate.is_some());
    for (index, one) in months.iter().enumerate() {
        let (x, _) = frame.place(index, months.len());
        let tip = tip(one);
        if let Some(rate) = one.rate {
            let at = (x, scale.at(rate));
            let size = if newest == Some(index) { 5.0 } else { 3.6 };
            marks::draw(svg, one.verdict, at, size, &tip);
            if newest == Some(index) {
                let text = words::percent(rate, words::decimals(one.count.n));
                // Beyond the end of its whisker nothing else is in the way.
                let range = one.interval.unwrap_or(Interval { lower: rate, upper: rate });
                let is_low = one.usual.is_some_and(|usual| rate < usual);
                let below = (scale.at(range.lower) + room.choose(20.0, 22.0)).min(frame.y.1 - 4.0);
                let y = if is_low { below } else { (scale.at(range.upper) - 9.0).max(frame.y.0 + 6.0) };
                svg.text("value strong halo", (x, y), Anchor::Middle, &text);
            }
        } else if let Some(estimate) = one.estimate {
            svg.circle("mark hollow young", (x, scale.at(estimate.rate)), 4.4, &tip);
        }
    }
}

fn labels(svg: &mut Svg, months: &[MonthJudgement], frame: &Frame, scale: &Scale) {
    // The newest months are narrow in what is known of them; the last judged one carries the labels.
    let Some(one) = months.iter().rev().find(|one| one.limits.is_some()) else { return };
    let (Some(range), Some(usual)) = (one.limits, one.usual) else { return };
    let x = frame.x.1 + 8.0;
    let digits = words::decimals(one.count.n);
    svg.text(
        "label",
        (x, scale.at(usual) + 4.0),
        Anchor::Start,
        &format!("usual {}", words::percent(usual, digits)),
    );
    let far = (scale.at(range.lower) - scale.at(range.upper)).abs() > 44.0;
    if far {
        let text = |share: f64| format!("limit {}", words::percent(share, digits));
        svg.text("label soft", (x, scale.at(range.upper) + 4.0), Anchor::Start, &text(range.upper));
        svg.text("label soft", (x, scale.at(range.lower) + 4.0), Anchor::Start, &text(range.lower));
    }
}

fn tip(one: &MonthJudgement) -> String {
    let month = words::month(one.month);
    let digits = words::decimals(one.count.n);
    match (one.rate, one.interval, one.estimate) {
        (Some(rate), Some(range), _) => format!(
            "{month}: {} ({}), {} of {}; {}",
            words::percent(rate, digits),
            words::range(range.lower, range.upper, digits),
            words::count(one.count.x),
            words::count(one.count.n),
            marks::name(one.verdict).to_lowercase(),
        ),
        (None, _, Some(estimate)) => format!(
            "{month}: {} of {} so far, likely {} ({}) after 30 days",
            words::count(one.count.x),
            words::count(one.count.n),
            words::percent(estimate.rate, digits),
            words::range(estimate.interval.lower, estimate.interval.upper, digits),
        ),
        _ => month,
    }
}

fn description(months: &[MonthJudgement]) -> String {
    let told: Vec<String> = months.iter().rev().find(|one| one.rate.is_some()).map(tip).into_iter().collect();
    format!(
        "{} months as a line with 95% intervals, over a band of control limits around the usual rate. Last mature \
         month: {}. The table below has every number.",
        months.len(),
        told.join("")
    )
}

fn table(months: &[MonthJudgement]) -> Markup {
    let columns = [
        ("Month", Align::Left),
        ("Renewed", Align::Right),
        ("Due", Align::Right),
        ("Rate", Align::Right),
        ("95% interval", Align::Right),
        ("Usual", Align::Right),
        ("Limits", Align::Right),
        ("Chance of so few", Align::Right),
        ("Verdict", Align::Left),
    ];
    let rows = last(months, Room::Wide).iter().rev().map(|one| {
        let digits = words::decimals(one.count.n);
        let share =
            |rate: Option<f64>| cell(rate.map_or("–".to_owned(), |rate| words::percent(rate, digits)));
        let range = |range: Option<Interval>| {
            cell(range.map_or("–".to_owned(), |range| words::range(range.lower, range.upper, digits)))
        };
        vec![
            cell(words::month(one.month)),
            cell(words::count(one.count.x)),
            cell(words::count(one.count.n)),
            share(one.rate),
            range(one.interval),
            share(one.usual),
            range(one.limits),
            cell(one.p_lower.map_or("–".to_owned(), words::chance)),
            cell(marks::name(one.verdict)),
        ]
    });
    frame::table("Renewal rate by month", &columns, rows.collect())
}
