//! Small drawings in a row of a table: a rate's way by quarter, and its interval.

use maud::Markup;

use crate::Month;
use crate::figures::SegmentMonth;
use crate::report::scale::Scale;
use crate::report::svg::{Path, Svg};
use crate::statistics::chart::Count;
use crate::statistics::interval::Interval;

/// Returns the mature months until `last` in quarters of three, oldest first, at most `most` of them.
pub fn quarters(months: &[SegmentMonth], last: Month, most: i32) -> Vec<Option<Count>> {
    (0..most)
        .rev()
        .map(|quarter| {
            let (from, until) = (last.plus(-2 - 3 * quarter), last.plus(-3 * quarter));
            let within = months.iter().filter(|month| month.month >= from && month.month <= until);
            Some(crate::statistics::segments::count(within)).filter(|count| count.n > 0)
        })
        .skip_while(Option::is_none)
        .collect()
}

/// Draws a rate's way; gaps where nothing was due.
pub fn line(quarters: &[Option<Count>], (low, high): (f64, f64)) -> Markup {
    let (width, height) = (110.0, 24.0);
    let mut svg = Svg::new(width, height);
    let scale = Scale::new((low, high), (height - 4.0, 4.0));
    let step = (width - 8.0) / (quarters.len().max(2) - 1) as f64;
    let mut path = Path::default();
    let mut end = None;
    for (index, quarter) in quarters.iter().enumerate() {
        let at = quarter.and_then(Count::rate).map(|rate| (4.0 + index as f64 * step, scale.at(rate)));
        match (at, end) {
            (Some(at), Some(_)) => _ = path.to(at),
            (Some(at), None) => _ = path.lift_to(at),
            (None, _) => {}
        }
        end = at;
    }
    svg.path("curve thin", &path, "");
    if let Some(at) = end {
        svg.circle("mark main", at, 2.6, "");
    }
    svg.ornament("spark")
}

/// Draws a rate in its interval on a scale from 0 to 1, with the common rate as a tick.
pub fn bar(rate: f64, interval: Interval, common: f64) -> Markup {
    let mut svg = Svg::new(120.0, 16.0);
    let scale = Scale::new((0.0, 1.0), (2.0, 118.0));
    svg.line("axis", (2.0, 8.0), (118.0, 8.0));
    svg.line("usual", (scale.at(common), 2.0), (scale.at(common), 14.0));
    svg.line("whisker", (scale.at(interval.lower), 8.0), (scale.at(interval.upper), 8.0));
    svg.circle("mark main", (scale.at(rate), 8.0), 3.4, "");
    svg.ornament("bar")
}
