//! The months to come: how many renewals, and how much of the value due, to expect.
//!
//! Each kind of customer renews with its (shrunk) chance of the last baseline months. Those of a month that have
//! renewed already are no longer in question, and those still open are the slower ones: with f the share of the
//! month's expected renewals that is done, an open one's chance is p(1 − f)/(1 − pf) by Bayes. The interval adds
//! the trials' variance (Poisson-binomial, widened by σ_z² where months vary by more than chance) and that of
//! the chances themselves.

use serde::{Deserialize, Serialize};

use super::interval::{Interval, Z95};
use super::strata::Chances;
use crate::Month;
use crate::figures::{FutureGroup, FutureMonth};

/// A month to come.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ForecastMonth {
    /// The month.
    pub month: Month,
    /// Due in it.
    pub due: u64,
    /// Renewed already.
    pub done: u64,
    /// Renewals to expect of it in the end, those done included.
    pub expected: f64,
    /// Their 95 % interval.
    pub interval: Interval,
    /// Value due, as customers pay.
    pub due_cents: i64,
    /// Value renewed already.
    pub done_cents: i64,
    /// Value to expect in the end.
    pub expected_cents: i64,
    /// Its lower bound.
    pub lower_cents: i64,
    /// Its upper bound.
    pub upper_cents: i64,
    /// Value to expect as the vendor receives it.
    pub expected_vendor_cents: i64,
}

/// Returns the forecast for at most twelve months; `width` is how many times wider than chance months vary.
pub fn forecast(future: &[FutureMonth], chances: &Chances<'_>, width: f64) -> Vec<ForecastMonth> {
    future.iter().take(12).map(|month| of_month(month, chances, width)).collect()
}

fn of_month(month: &FutureMonth, chances: &Chances<'_>, width: f64) -> ForecastMonth {
    let eager = eagerness(&month.groups, chances);
    let (mut open, mut count, mut value) = (0.0, Sum::default(), Sum::default());
    let mut vendor = 0.0;
    for group in &month.groups {
        let (before, unsure) = chances.of_group(group);
        let chance = before * (1.0 - eager) / (1.0 - before * eager);
        let trial = chance * (1.0 - chance) * width * width;
        let n = group.open as f64;
        open += n;
        count.add(n * chance, n * trial + n * n * unsure);
        let dollars = group.open_cents as f64 / 100.0;
        value.add(dollars * chance, group.open_square_dollars as f64 * trial + dollars * dollars * unsure);
        vendor += group.open_vendor_cents as f64 * chance;
    }
    let sum = |of: fn(&FutureGroup) -> i64| month.groups.iter().map(of).sum::<i64>();
    let done: u64 = month.groups.iter().map(|group| group.done).sum();
    let (open_cents, done_cents) = (sum(|group| group.open_cents), sum(|group| group.done_cents));
    let in_count = count.interval(open);
    let in_value = value.interval(open_cents as f64 / 100.0);
    let cents = |dollars: f64| (dollars * 100.0).round() as i64;
    ForecastMonth {
        month: month.month,
        due: open as u64 + done,
        done,
        expected: done as f64 + count.mean,
        interval: Interval { lower: done as f64 + in_count.lower, upper: done as f64 + in_count.upper },
        due_cents: open_cents + done_cents,
        done_cents,
        expected_cents: done_cents + cents(value.mean),
        lower_cents: done_cents + cents(in_value.lower),
        upper_cents: done_cents + cents(in_value.upper),
        expected_vendor_cents: sum(|group| group.done_vendor_cents) + vendor.round() as i64,
    }
}

/// Returns the share of a month's expected renewals that is done already, below 1 for there may be more.
fn eagerness(groups: &[FutureGroup], chances: &Chances<'_>) -> f64 {
    let done: u64 = groups.iter().map(|group| group.done).sum();
    let expected: f64 =
        groups.iter().map(|group| (group.open + group.done) as f64 * chances.of_group(group).0).sum();
    if expected > 0.0 { (done as f64 / expected).min(0.9) } else { 0.0 }
}

#[derive(Default)]
struct Sum {
    mean: f64,
    variance: f64,
}

impl Sum {
    fn add(&mut self, mean: f64, variance: f64) {
        self.mean += mean;
        self.variance += variance;
    }

    fn interval(&self, most: f64) -> Interval {
        let reach = Z95 * self.variance.sqrt();
        Interval { lower: (self.mean - reach).max(0.0), upper: (self.mean + reach).min(most) }
    }
}
