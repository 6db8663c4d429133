//! Parts of the whole: where each stands over a year, and which of them changed lately.
//!
//! A change is the last three mature months against up to 24 before, by the beta-binomial chance of so few (or
//! so many) given those before, which knows how little a small segment's past says. All segments together are
//! one family of tests; what is listed keeps the false discovery rate at [`discovery::RATE`]. An alarm is
//! raised by the total alone.

use serde::{Deserialize, Serialize};

use super::chart::Count;
use super::discovery;
use super::interval::{self, Interval};
use super::tail::BetaBinomial;
use crate::Month;
use crate::figures::{Dimension, Segment, SegmentMonth};

/// The months that a segment's standing rests on.
const YEAR: i32 = 12;
/// The months that are asked whether they differ.
const RECENT: i32 = 3;
/// The months before those.
const BEFORE: i32 = 24;

/// A segment: where it stands and whether it changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentJudgement {
    /// The dimension, such as `hosting`.
    pub dimension: String,
    /// The segment, such as `Cloud`.
    pub name: String,
    /// The last twelve mature months.
    pub year: Count,
    /// Gross revenue retention of those.
    pub grr: Option<f64>,
    /// Net revenue retention of those.
    pub nrr: Option<f64>,
    /// Expected value of those.
    pub expected_cents: i64,
    /// The interval of the year's rate.
    pub interval: Option<Interval>,
    /// The last three mature months.
    pub recent: Count,
    /// Up to 24 months before those.
    pub before: Count,
    /// The chance of a difference as large between `recent` and `before`.
    pub p: Option<f64>,
    /// The false discovery rate at which it would be listed among all segments.
    pub q: Option<f64>,
    /// Whether it is listed as changed.
    pub changed: bool,
}

/// Returns every segment's standing up to the mature month `last`.
pub fn judge(dimensions: &[Dimension], last: Month, min_n: u64) -> Vec<SegmentJudgement> {
    let mut judged: Vec<SegmentJudgement> = dimensions
        .iter()
        .flat_map(|dimension| dimension.segments.iter().map(|segment| standing(dimension, segment, last)))
        .collect();
    let tested: Vec<usize> = (0..judged.len())
        .filter(|&index| judged[index].recent.n >= min_n && judged[index].before.n >= min_n)
        .collect();
    let chances: Vec<f64> = tested.iter().filter_map(|&index| judged[index].p).collect();
    for (&index, q) in tested.iter().zip(discovery::q_values(&chances)) {
        judged[index].q = Some(q);
        judged[index].changed = q < discovery::RATE;
    }
    for (index, segment) in judged.iter_mut().enumerate() {
        if !tested.contains(&index) {
            segment.p = None;
        }
    }
    judged
}

fn standing(dimension: &Dimension, segment: &Segment, last: Month) -> SegmentJudgement {
    let within = |from: i32, until: i32| {
        let (first, end) = (last.plus(1 - from), last.plus(-until));
        segment.months.iter().filter(move |month| month.month >= first && month.month <= end)
    };
    let year = count(within(YEAR, 0));
    let (recent, before) = (count(within(RECENT, 0)), count(within(RECENT + BEFORE, RECENT)));
    let expected_cents: i64 = within(YEAR, 0).map(|month| month.expected_cents).sum();
    let share = |cents: i64| (expected_cents > 0).then(|| cents as f64 / expected_cents as f64);
    SegmentJudgement {
        dimension: dimension.name.clone(),
        name: segment.name.clone(),
        year,
        grr: share(within(YEAR, 0).map(|month| month.gross_cents).sum()),
        nrr: share(within(YEAR, 0).map(|month| month.net_cents).sum()),
        expected_cents,
        interval: interval::share(year.x, year.n),
        recent,
        before,
        p: chance_of_difference(recent, before),
        q: None,
        changed: false,
    }
}

/// Sums the counts of months at 30 days.
pub fn count<'a>(months: impl Iterator<Item = &'a SegmentMonth>) -> Count {
    months.fold(Count::default(), |sum, month| Count { x: sum.x + month.retained, n: sum.n + month.due })
}

/// Returns the two-sided chance of `recent`, given `before`; nothing without both.
///
/// The predictive distribution of Jeffreys' posterior: beta-binomial with a = x + ½, b = n − x + ½ of `before`.
fn chance_of_difference(recent: Count, before: Count) -> Option<f64> {
    if recent.n == 0 || before.n == 0 {
        return None;
    }
    let predictive =
        BetaBinomial::new(recent.n, before.x as f64 + 0.5, (before.n - before.x.min(before.n)) as f64 + 0.5);
    Some((2.0 * predictive.lower(recent.x).min(predictive.upper(recent.x))).min(1.0))
}
