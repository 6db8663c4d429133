//! Where the bars of locks go: how far each one reaches, in how many rows they fit, and where their words stand.

use super::{Hold, Timetable};
use crate::words;
use base::Time;

/// How much of the width a letter takes, in percent, on a screen of usual width.
const LETTER: f64 = 0.62;
/// A lock of a moment is still seen.
const LEAST: f64 = 0.4;
/// As long as that it held at least.
const MOMENT: std::time::Duration = std::time::Duration::from_secs(1);
/// Letters of a title that are shown.
const TITLE: usize = 34;

/// A bar with its words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    /// Which of the lane's locks.
    pub hold: usize,
    /// Its row, from 0.
    pub row: usize,
    /// While it held: from where, how wide.
    pub held: Option<(f64, f64)>,
    /// While it is expected to hold.
    pub will: Option<(f64, f64)>,
    /// The words and where they stand.
    pub words: String,
    pub words_at: f64,
    pub place: Place,
}

/// Where words stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the part that held.
    Inside,
    /// Over the part that is expected, where there is room nowhere else.
    Over,
    /// After it.
    After,
    /// Before it.
    Before,
}

/// The bars of a lane, each in the first row that has room.
pub(super) fn bars(table: &Timetable, holds: &[Hold]) -> Vec<Bar> {
    let mut ends: Vec<f64> = Vec::new();
    let mut all: Vec<Bar> = Vec::new();
    for bar in holds.iter().enumerate().filter_map(|(at, hold)| bar(table, at, hold)) {
        let (left, right) = reach(&bar);
        let row = ends.iter().position(|end| *end < left).unwrap_or(ends.len());
        if row == ends.len() {
            ends.push(right);
        } else {
            ends[row] = right;
        }
        all.push(Bar { row, ..bar });
    }
    all
}

fn bar(table: &Timetable, at: usize, hold: &Hold) -> Option<Bar> {
    let ends = hold.released.or(hold.expected).unwrap_or(Time::from_millis(i64::MAX));
    if hold.from >= table.until || ends <= table.from {
        return None;
    }
    let part = |from: Time, until: Time| {
        let (x, end) = (table.x(from), table.x(until));
        (from < until && until > table.from && from < table.until).then_some((x, (end - x).max(LEAST)))
    };
    let held = part(hold.from, hold.released.unwrap_or(table.now).min(ends).max(hold.from.plus(MOMENT)));
    let held = held.filter(|_| hold.from <= table.now);
    let will = if hold.released.is_none() { part(hold.from.max(table.now), ends) } else { None };
    let (x, end) = (held.or(will)?.0, will.or(held).map(|(x, width)| x + width)?);
    let title = words::shortened(&hold.title, TITLE);
    let mut words = format!("{}: {title}", hold.who);
    if hold.released.is_none() {
        words.push_str(&format!(", {}", hold.end(table.reader())));
    }
    let width = words.chars().count() as f64 * LETTER;
    let inner = held.filter(|(_, inner)| *inner > width + 1.0);
    let (place, words_at) = match inner {
        Some((x, _)) => (Place::Inside, x + 0.5),
        None if end + width < 99.0 => (Place::After, end + 0.5),
        None if x > width => (Place::Before, x - 0.5),
        // Beside the line that says what time it is, never under it.
        None => (Place::Over, will.map_or(x, |(x, _)| x) + 0.7),
    };
    Some(Bar { hold: at, row: 0, held, will, words, words_at, place })
}

/// How far a bar and its words reach.
fn reach(bar: &Bar) -> (f64, f64) {
    let ends = [bar.held, bar.will].into_iter().flatten();
    let (left, right) =
        ends.fold((100.0_f64, 0.0_f64), |(left, right), (x, width)| (left.min(x), right.max(x + width)));
    let width = bar.words.chars().count() as f64 * LETTER;
    match bar.place {
        Place::Inside | Place::Over => (left, right.max(bar.words_at + width)),
        Place::After => (left, bar.words_at + width),
        Place::Before => (bar.words_at - width, right),
    }
}
