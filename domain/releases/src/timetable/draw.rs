//! Drawing a day.

use super::bars::{Bar, Place, bars};
use super::others;
use super::paths::{Path, paths};
use super::{Hold, Lane, Stop, Timetable};
use crate::deployments::State;
use crate::words;
use base::Time;
use maud::{Markup, html};
use web::ui;

/// The height of the hours above the lanes.
const HEAD: i64 = 26;
/// From the top of a lane to its rail, and to its first lock.
const RAIL: i64 = 31;
const LOCKS: i64 = 58;
/// The height of a lane without locks, of a row of locks, and of what is left below them.
const LANE: i64 = 62;
const ROW: i64 = 21;
const FOOT: i64 = 9;
const BAR: i64 = 15;
/// With more marks than that they are small ones.
const BIG: usize = 14;
/// The room that a big mark needs, in percent.
const BIG_ROOM: f64 = 1.9;
/// With more ways than that their commits are not written beside them.
const NAMED_PATHS: usize = 6;
/// Times beside marks need so much room, in percent.
const TIME_ROOM: f64 = 5.5;

/// Where a lane is drawn.
struct Placed<'a> {
    lane: &'a Lane,
    bars: Vec<Bar>,
    top: i64,
    height: i64,
}

impl Placed<'_> {
    fn rail(&self) -> i64 {
        self.top + RAIL
    }

    /// Whether there is room for marks that can be read.
    fn is_big(&self, table: &Timetable) -> bool {
        let stops = &self.lane.stops;
        let has_room = |pair: &[Stop]| table.x(pair[1].at) - table.x(pair[0].at) >= BIG_ROOM;
        stops.len() <= BIG && stops.windows(2).all(has_room)
    }
}

fn placed(table: &Timetable) -> Vec<Placed<'_>> {
    let mut top = HEAD;
    let mut all = Vec::new();
    for lane in &table.lanes {
        let bars = bars(table, &lane.holds);
        let rows = bars.iter().map(|bar| bar.row as i64 + 1).max().unwrap_or(0);
        let height = if rows == 0 { LANE } else { LOCKS + rows * ROW + FOOT };
        all.push(Placed { lane, bars, top, height });
        top += height;
    }
    all
}

/// A place across, as SVG writes it.
pub(super) fn at(x: f64) -> String {
    format!("{x:.3}%")
}

/// The names of the lanes and the drawing, side by side.
pub fn draw(table: &Timetable) -> Markup {
    let lanes = placed(table);
    let rows = lanes.last().map_or(HEAD + LANE, |last| last.top + last.height);
    let bottom = rows + others::height(table);
    html! {
        div.tt-scroll tabindex="0" role="group" aria-label="Timetable, scrolls sideways" data-now=[table.is_today().then(|| at(table.x(table.now)))] {
            div.tt-names {
                @for placed in &lanes {
                    div.big style={ "top:" (placed.rail() - 12) "px" } { (ui::lamp(placed.lane.lamp)) " " a.plain href=(placed.lane.href()) { (placed.lane.title()) } }
                    @if !placed.bars.is_empty() {
                        div style={ "top:" (placed.top + LOCKS - 5) "px" } { span.faint.under { "Locks" } }
                    }
                }
                (others::names(table, rows))
            }
            svg.plot height=(bottom) role="group" aria-label=(summary(table)) {
                (marks())
                (hours(table, bottom))
                @for placed in &lanes {
                    line.lane x1="0" x2="100%" y1=(placed.top) y2=(placed.top) {}
                    line.rail x1="0" x2="100%" y1=(placed.rail()) y2=(placed.rail()) {}
                }
                @let ways = paths(table);
                @for way in &ways { (path(table, &lanes, way, ways.len() <= NAMED_PATHS)) }
                @for placed in &lanes { (lane(table, placed)) }
                (others::rows(table, rows))
                @if table.is_today() { (now(table, bottom)) }
            }
        }
    }
}

/// The shapes of marks, each drawn around its own middle. Their colours are attributes, because styles do not reach into what
/// is used from elsewhere.
fn marks() -> Markup {
    html! {
        defs {
            symbol #m-cross overflow="visible" { path style="fill:var(--red-lamp)" d="M-5-9h10v5.5L2 0 5 3.5V9H-5V3.5L-2 0-5-3.5Z" {} }
            symbol #m-flag overflow="visible" {
                rect style="fill:var(--green-lamp)" x="-8" y="-14" width="16" height="28" rx="4" {}
                path d="M-3.5 .5-1 3.2 4-3" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" {}
            }
            symbol #m-miss overflow="visible" { path style="fill:var(--red-lamp)" d="M-3.5-6h7v3.7L1.4 0l2.1 2.3V6h-7V2.3L-1.4 0l-2.1-2.3Z" {} }
            symbol #m-lost overflow="visible" { path style="fill:var(--amber-lamp)" d="M0-8 8.4 7H-8.4Z" {} }
        }
    }
}

fn hours(table: &Timetable, bottom: i64) -> Markup {
    let hour = |h: i8| {
        let zoned = table.day.at(h, 0, 0, 0).to_zoned(table.zone.clone()).ok()?;
        Some((h, table.x(Time::from(zoned.timestamp()))))
    };
    let now = table.x(table.now);
    html! {
        @if table.now > table.from {
            rect.past x="0" y=(HEAD) width=(at(now)) height=(bottom - HEAD) {}
        }
        @for (h, x) in (1..24).filter_map(hour) {
            line class={ "hour" @if h % 6 == 0 { " q" } } x1=(at(x)) x2=(at(x)) y1=(HEAD) y2=(bottom) {}
            @if h % 2 == 0 && !(table.is_today() && (x - now).abs() < 3.2) {
                text x=(at(x)) y="17" text-anchor="middle" { (format!("{h:02}:00")) }
            }
        }
    }
}

fn now(table: &Timetable, bottom: i64) -> Markup {
    let x = table.x(table.now);
    // At the edges of the day the flag leans inwards.
    let shift = if x < 2.5 {
        0
    } else if x > 97.5 {
        -46
    } else {
        -23
    };
    html! {
        line.now x1=(at(x)) x2=(at(x)) y1="22" y2=(bottom) {}
        rect.now-flag x=(at(x)) y="4" width="46" height="19" rx="4" transform={ "translate(" (shift) ")" } {}
        text.now-t x=(at(x)) y="17.5" dx=(shift + 23) text-anchor="middle" { (table.reader().clock(table.now)) }
    }
}

fn path(table: &Timetable, lanes: &[Placed<'_>], way: &Path<'_>, is_named: bool) -> Markup {
    let (from, to) = (&lanes[way.from_lane], &lanes[way.to_lane]);
    let (x1, x2) = (table.x(way.from), table.x(way.to));
    html! {
        line class={ "path" @if !way.is_done { " plan" } } x1=(at(x1)) y1=(from.rail() + 10) x2=(at(x2)) y2=(to.rail() - 14) {}
        @if is_named && x2 > 8.0 {
            text.lbl.halo x=(at(x2)) dx="-12" y=(to.rail() - 17) text-anchor="end" { (words::short(way.commit)) }
        }
    }
}

fn lane(table: &Timetable, placed: &Placed<'_>) -> Markup {
    let (name, rail, reader) = (placed.lane.title(), placed.rail(), table.reader());
    let is_big = placed.is_big(table);
    let stops = &placed.lane.stops;
    html! {
        @for refusal in &placed.lane.refusals {
            a href={ (placed.lane.href()) "#locks" } tabindex="-1" {
                title { (refusal.words(reader, &name)) }
                circle.held cx=(at(table.x(refusal.at))) cy=(rail) r="3" {}
            }
        }
        @for (n, stop) in stops.iter().enumerate() {
            a href={ (placed.lane.href()) "/deployments/" (stop.number) } tabindex="-1" {
                title { (stop.words(reader, &name)) }
                (mark(table, stop, rail, is_big))
            }
            @let room = stops.get(n + 1).map_or(100.0, |next| table.x(next.at)) - table.x(stop.at);
            @if is_big && room > TIME_ROOM && table.x(stop.at) < 94.0 {
                text.st.halo x=(at(table.x(stop.at))) dx="12" y=(rail - 6) { (reader.clock(stop.at)) }
            }
        }
        @for bar in &placed.bars { (hold(table, placed, bar)) }
    }
}

fn mark(table: &Timetable, stop: &Stop, rail: i64, is_big: bool) -> Markup {
    let x = at(table.x(stop.at));
    let block = |class: &str, width: i64, height: i64| {
        html! {
            rect class=(class) x=(x) y=(rail - height / 2) width=(width) height=(height) rx=(if width > 5 { "3" } else { "1.5" })
                transform={ "translate(-" (width / 2) ")" } {}
        }
    };
    let shape = |name: &str| html! { use href={ "#" (name) } x=(x) y=(rail) {} };
    match stop.state {
        State::Succeeded if is_big => shape("m-flag"),
        State::Succeeded => block("ok", 5, 18),
        State::Failed | State::TimedOut => shape("m-cross"),
        State::Lost => shape("m-lost"),
        State::Starting | State::Running | State::Aborting => block("run", 9, 22),
        State::Queued => block("plan", 5, 18),
        State::Aborted | State::Superseded => block("off", 5, 18),
    }
}

fn hold(table: &Timetable, placed: &Placed<'_>, bar: &Bar) -> Markup {
    let hold: &Hold = &placed.lane.holds[bar.hold];
    let y = placed.top + LOCKS + bar.row as i64 * ROW;
    let is_open = hold.released.is_none();
    let tone = match (is_open, hold.is_warning) {
        (_, true) => "lock warn",
        (true, false) => "lock open",
        (false, false) => "lock",
    };
    let (anchor, class) = match (bar.place, is_open && !hold.is_warning) {
        (Place::Before, true) => ("end", "red halo"),
        (Place::Before, false) => ("end", "lbl halo"),
        (Place::Inside, true) => ("start", "on"),
        (Place::Inside, false) => ("start", "lbl"),
        (Place::Over, true) => ("start", "red"),
        (Place::After, true) => ("start", "red halo"),
        (Place::Over | Place::After, false) => ("start", "lbl halo"),
    };
    html! {
        a href=(hold.href) tabindex="-1" {
            title { (hold.words(table.reader(), &placed.lane.title())) }
            @if let Some((x, width)) = bar.held { rect class=(tone) x=(at(x)) width=(at(width)) y=(y) height=(BAR) rx="3" {} }
            @if let Some((x, width)) = bar.will { rect.lock.will x=(at(x)) width=(at(width)) y=(y) height=(BAR) {} }
            text class=(class) x=(at(bar.words_at)) y=(y + 11) text-anchor=(anchor) { (bar.words) }
        }
    }
}

/// What the drawing shows, for who does not see it.
fn summary(table: &Timetable) -> String {
    let lanes = table.lanes.iter().map(|lane| {
        let succeeded = lane.stops.iter().filter(|stop| stop.state == State::Succeeded).count();
        let failed =
            lane.stops.iter().filter(|stop| matches!(stop.state, State::Failed | State::TimedOut)).count();
        let held = lane.holds.iter().filter(|hold| hold.released.is_none() && !hold.is_warning).count();
        let mut said = match lane.stops.len() {
            0 => format!(" {}: no deployments", lane.title()),
            n => {
                format!(" {}: {}, {succeeded} succeeded", lane.title(), words::count(n as u64, "deployment"))
            }
        };
        if failed > 0 {
            said.push_str(&format!(", {failed} failed"));
        }
        if held > 0 {
            said.push_str(&format!("; {} not released yet", words::count(held as u64, "lock")));
        }
        said + "."
    });
    format!(
        "Timetable of {}.{}",
        table.day.strftime("%A %-d %B"),
        lanes.collect::<String>() + &others::summary(table)
    )
}
