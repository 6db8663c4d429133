//! The funnel plot: partners by size, within limits that narrow as partners grow.

use maud::{Markup, html};

use super::Frame;
use crate::report::frame::{self, Align, Room, cell, short};
use crate::report::scale::{Scale, step};
use crate::report::svg::{Anchor, Path, Svg};
use crate::statistics::interval::Interval;
use crate::statistics::judgement::{Funnel, FunnelLimit, Partner};
use crate::statistics::words;

/// As many partners are drawn; the smallest of more would only lie in a heap.
const DRAWN: usize = 120;
/// As many are listed.
const LISTED: usize = 30;

/// Returns the funnel plot and its table.
pub fn chart(funnel: &Funnel) -> Markup {
    html! {
        @for room in Room::BOTH { (drawing(funnel, room)) }
        p.key {
            span { span.swatch.warning {} "1 in 20 outside by chance" }
            span { span.swatch.alarm {} "1 in 500 outside by chance" }
            span { span.swatch.odd {} "differs from the others" }
        }
        (frame::numbers("partners", table(funnel)))
    }
}

fn drawing(funnel: &Funnel, room: Room) -> Markup {
    let (width, height) = (room.width(), room.choose(380.0, 360.0));
    let frame = Frame { x: (46.0, width - room.choose(92.0, 16.0)), y: (16.0, height - 46.0) };
    let largest = funnel.limits.last().map_or(10, |limit| limit.n) as f64;
    let across = Scale::new((0.0, largest), (frame.x.0, frame.x.1));
    let up = Scale::new((0.0, 1.0), (frame.y.1, frame.y.0));
    let mut svg = Svg::within(room, height);
    frame.rules(&mut svg, &up, &up.ticks(5), |tick| words::percent(tick, 0));
    svg.line("axis", (frame.x.0, frame.y.1), (frame.x.1, frame.y.1));
    let every = step(largest, room.choose(8, 4)).max(1.0);
    for tick in (0..).map(|n| f64::from(n) * every).take_while(|tick| *tick <= largest) {
        svg.line("axis", (across.at(tick), frame.y.1), (across.at(tick), frame.y.1 + 4.0));
        svg.text("tick", (across.at(tick), frame.y.1 + 19.0), Anchor::Middle, &words::count(tick as u64));
    }
    let middle = (frame.x.0 + frame.x.1) / 2.0;
    svg.text("label soft", (middle, height - 6.0), Anchor::Middle, "licences due in twelve months");
    let curve = |of: fn(&FunnelLimit) -> f64| {
        Path::through(funnel.limits.iter().map(|limit| (across.at(limit.n as f64), up.at(of(limit)))))
    };
    svg.path("warning", &curve(|limit| limit.warning.lower), "");
    svg.path("warning", &curve(|limit| limit.warning.upper), "");
    svg.path("alarm", &curve(|limit| limit.action.lower), "");
    svg.path("alarm", &curve(|limit| limit.action.upper), "");
    let y = up.at(funnel.rate);
    svg.line("usual", (frame.x.0, y), (frame.x.1, y));
    if room == Room::Wide {
        let text = format!("all {}", words::percent(funnel.rate, 0));
        svg.text("label", (frame.x.1 + 8.0, y + 4.0), Anchor::Start, &text);
    }
    points(&mut svg, funnel, &across, &up, room);
    let odd: Vec<String> = odd(funnel).map(|partner| short(&partner.name, 30)).collect();
    let said = if odd.is_empty() { "none".to_owned() } else { odd.join(", ") };
    let description = format!(
        "{} partners by licences due and share renewed, around {} for all. Different from the others: {said}.",
        funnel.partners.len(),
        words::percent(funnel.rate, 0),
    );
    svg.image(room.class(), &room.id("partners"), "Partners: renewal rate by size", &description)
}

fn odd(funnel: &Funnel) -> impl Iterator<Item = &Partner> {
    funnel.partners.iter().filter(|partner| partner.differs).take(6)
}

fn points(svg: &mut Svg, funnel: &Funnel, across: &Scale, up: &Scale, room: Room) {
    let place = |partner: &Partner| {
        let rate = partner.count.x as f64 / partner.count.n as f64;
        (across.at(partner.count.n as f64), up.at(rate))
    };
    for partner in funnel.partners.iter().take(DRAWN) {
        let (x, y) = place(partner);
        let tip = format!(
            "{}: {} of {}",
            short(&partner.name, 40),
            words::count(partner.count.x),
            words::count(partner.count.n)
        );
        if partner.differs {
            svg.path(
                "mark red",
                Path::through([(x, y - 7.0), (x + 7.0, y), (x, y + 7.0), (x - 7.0, y)]).close(),
                &tip,
            );
        } else {
            svg.circle("mark main clear", (x, y), 4.2, &tip);
        }
    }
    for partner in odd(funnel) {
        let (x, y) = place(partner);
        let name = short(&partner.name, room.choose(26, 18));
        let is_left = x > (room.width() * 0.6);
        let (at, anchor) = if is_left { (x - 11.0, Anchor::End) } else { (x + 11.0, Anchor::Start) };
        svg.text("label ink halo", (at, y + 4.0), anchor, &name);
    }
}

fn table(funnel: &Funnel) -> Markup {
    let columns = [
        ("Partner", Align::Left),
        ("Renewed", Align::Right),
        ("Due", Align::Right),
        ("Rate", Align::Right),
        ("95% interval", Align::Right),
        ("Rate to expect", Align::Right),
        ("Differs", Align::Left),
    ];
    let rows = funnel.partners.iter().take(LISTED).map(|partner| {
        let interval = crate::statistics::interval::share(partner.count.x, partner.count.n);
        let range = interval.unwrap_or(Interval { lower: 0.0, upper: 1.0 });
        vec![
            cell(short(&partner.name, 60)),
            cell(words::count(partner.count.x)),
            cell(words::count(partner.count.n)),
            cell(words::percent(partner.count.rate().unwrap_or_default(), 0)),
            cell(words::range(range.lower, range.upper, 0)),
            cell(words::percent(partner.shrunk, 0)),
            cell(if partner.differs { "yes" } else { "" }),
        ]
    });
    frame::table("Partners, last twelve mature months", &columns, rows.collect())
}
