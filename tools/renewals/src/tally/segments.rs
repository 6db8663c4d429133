//! The last months of every segment of every dimension.

use super::groups::{DIMENSIONS, Groups};
use crate::Month;
use crate::figures::{Dimension, Segment, SegmentMonth};
use crate::rules::Obligation;

/// Months that are kept.
pub const MONTHS: usize = 36;

/// A segment must be among so many of its dimension to be shown alone.
const SHOWN_MAX: usize = 40;

/// The name of all that are too small to be shown.
const OTHER: &str = "(other)";

/// Counts by dimension, segment and month.
#[derive(Debug)]
pub struct Segments {
    first: Month,
    dimensions: [Vec<Option<Box<Months>>>; 9],
}

type Months = [Cell; MONTHS];

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    due: u64,
    month_end: u64,
    retained: u64,
    expected: i64,
    gross: i64,
    net: i64,
}

impl Cell {
    fn add(&mut self, other: &Cell) {
        self.due += other.due;
        self.month_end += other.month_end;
        self.retained += other.retained;
        self.expected += other.expected;
        self.gross += other.gross;
        self.net += other.net;
    }
}

fn add(to: &mut Months, from: &Months) {
    to.iter_mut().zip(from).for_each(|(to, from)| to.add(from));
}

impl Segments {
    /// Nothing yet, for the months until `last`.
    pub fn new(groups: &Groups, last: Month) -> Segments {
        let empty = |names: &Vec<String>| names.iter().map(|_| None).collect();
        Segments { first: last.plus(1 - MONTHS as i32), dimensions: groups.segments.each_ref().map(empty) }
    }

    /// Counts an obligation of a cohort.
    pub fn add(&mut self, groups: &Groups, o: &Obligation, month: Month, month_end: bool, retained: bool) {
        let Some(at) = usize::try_from(month.0 - self.first.0).ok().filter(|at| *at < MONTHS) else { return };
        let renewed = if retained { o.renewed } else { 0 };
        let cell = Cell {
            due: 1,
            month_end: month_end.into(),
            retained: retained.into(),
            expected: o.expected,
            gross: renewed.min(o.expected),
            net: renewed,
        };
        for (dimension, segment) in self.dimensions.iter_mut().zip(groups.of(o)) {
            let months =
                dimension[segment as usize].get_or_insert_with(|| Box::new([Cell::default(); MONTHS]));
            months[at].add(&cell);
        }
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: Segments) {
        for (own, other) in self.dimensions.iter_mut().zip(other.dimensions) {
            for (own, other) in own.iter_mut().zip(other) {
                match (own.as_mut(), other) {
                    (Some(own), Some(other)) => add(own, &other),
                    (None, Some(other)) => *own = Some(other),
                    (_, None) => {}
                }
            }
        }
    }

    /// As the figures have them.
    pub fn dimensions(self, groups: &Groups, min_n: u64) -> Vec<Dimension> {
        let first = self.first;
        DIMENSIONS
            .iter()
            .zip(self.dimensions)
            .zip(&groups.segments)
            .map(|((name, segments), names)| dimension(name, segments, names, first, min_n))
            .collect()
    }
}

fn dimension(
    name: &str,
    segments: Vec<Option<Box<Months>>>,
    names: &[String],
    first: Month,
    min_n: u64,
) -> Dimension {
    let due = |months: &Months| months.iter().map(|cell| cell.due).sum::<u64>();
    let mut known: Vec<(&String, Box<Months>)> =
        names.iter().zip(segments).filter_map(|(name, months)| months.map(|months| (name, months))).collect();
    known.sort_by(|a, b| due(&b.1).cmp(&due(&a.1)).then(a.0.cmp(b.0)));
    let mut shown = Vec::new();
    let mut pooled: Months = [Cell::default(); MONTHS];
    for (n, (name, months)) in known.iter().enumerate() {
        if n < SHOWN_MAX && due(months) >= min_n {
            shown.push(Segment { name: name.to_string(), months: list(months, first) });
        } else {
            add(&mut pooled, months);
        }
    }
    if due(&pooled) > 0 {
        shown.push(Segment { name: OTHER.to_string(), months: list(&pooled, first) });
    }
    Dimension { name: name.to_string(), segments: shown }
}

fn list(months: &Months, first: Month) -> Vec<SegmentMonth> {
    let filled = months.iter().enumerate().filter(|(_, cell)| cell.due > 0);
    filled
        .map(|(n, cell)| SegmentMonth {
            month: first.plus(n as i32),
            due: cell.due,
            month_end: cell.month_end,
            retained: cell.retained,
            expected_cents: cell.expected,
            gross_cents: cell.gross,
            net_cents: cell.net,
        })
        .collect()
}
