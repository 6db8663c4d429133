//! Months too young to compare: what they will likely read.
//!
//! A chain ladder with one step (Mack 1993, ASTIN Bulletin 23:213–225, has the general one): of those not yet
//! retained at the younger age, mature months retained a share h more until 30 days; x̂ = x + (n − x)·h. Unlike a
//! factor on x this never exceeds n.

use super::chart::Count;
use super::interval::{Interval, Z95};
use super::judgement::{Estimate, MonthJudgement};
use crate::figures::{Age, AgeFigures, MonthFigures};

/// Fills in the estimate of every month of `judged` that is too young for 30 days but old enough for less.
///
/// Both lists hold the same months; h comes from the last `baseline` months that are mature at 30 days.
pub fn estimate(judged: &mut [MonthJudgement], months: &[MonthFigures], baseline: usize) {
    for (one, month) in judged.iter_mut().zip(months) {
        if one.mature || month.due == 0 {
            continue;
        }
        let younger = [Age::MonthEnd, Age::DueDay].into_iter().filter_map(|age| at(month, age));
        let Some(seen) = younger.into_iter().find(|seen| seen.mature) else { continue };
        let Some((share, of)) = later(months, seen.age, baseline) else { continue };
        one.estimate = Some(read_ahead(seen, month.due, share, of));
    }
}

/// Returns what a month reads at `age`.
pub fn at(month: &MonthFigures, age: Age) -> Option<AgeFigures> {
    month.by_age.iter().find(|seen| seen.age == age).copied()
}

/// Returns a month's count at `age`, and whether it is mature.
pub fn count(month: &MonthFigures, age: Age) -> (Count, bool) {
    at(month, age).map_or((Count { x: 0, n: month.due }, false), |seen| {
        (Count { x: seen.retained, n: month.due }, seen.mature)
    })
}

/// Returns the share of those out at `age` that mature months retained until 30 days, and how many that were.
fn later(months: &[MonthFigures], age: Age, baseline: usize) -> Option<(f64, u64)> {
    let mature = months.iter().rev().filter(|month| at(month, Age::Days30).is_some_and(|seen| seen.mature));
    let (mut came, mut out) = (0, 0);
    for month in mature.take(baseline) {
        let (young, old) = (at(month, age)?, at(month, Age::Days30)?);
        out += month.due.saturating_sub(young.retained);
        came += old.retained.saturating_sub(young.retained);
    }
    (out > 0).then(|| (came as f64 / out as f64, out))
}

fn read_ahead(seen: AgeFigures, due: u64, share: f64, of: u64) -> Estimate {
    let (n, x) = (due as f64, seen.retained.min(due) as f64);
    let open = n - x;
    let rate = (x + open * share) / n;
    // The trials to come, and how well the share itself is known.
    let variance = open * share * (1.0 - share) + open * open * share * (1.0 - share) / of as f64;
    let reach = Z95 * variance.sqrt() / n;
    let interval = Interval { lower: (rate - reach).max(x / n), upper: (rate + reach).min(1.0) };
    Estimate { from: seen.age, rate, interval }
}
