//! Customers alike: how likely each kind renews, for "worse, or a harder month?" and for the forecast.

use std::collections::{BTreeMap, BTreeSet};

use super::chart::Count;
use super::interval::{Interval, Z95};
use super::judgement::Mix;
use super::shrinkage::Prior;
use super::tail::PoissonBinomial;
use crate::Month;
use crate::figures::{FutureGroup, Stratum};

/// What makes obligations alike: hosting, tenure and tier band.
type Kind<'a> = (&'a str, u8, &'a str);

/// How likely each kind renews within 30 days, by some months.
#[derive(Debug, Clone)]
pub struct Chances<'a> {
    prior: Prior,
    counts: BTreeMap<Kind<'a>, Count>,
}

impl<'a> Chances<'a> {
    /// Returns the chances by the `months` given, or nothing when nobody was due in them.
    pub fn of(strata: &'a [Stratum], months: &BTreeSet<Month>) -> Option<Self> {
        let mut counts: BTreeMap<Kind<'a>, Count> = BTreeMap::new();
        for stratum in strata {
            let sum = counts.entry((&stratum.hosting, stratum.tenure, &stratum.band)).or_default();
            for month in stratum.months.iter().filter(|month| months.contains(&month.month)) {
                sum.x += month.retained;
                sum.n += month.due;
            }
        }
        let groups: Vec<Count> = counts.values().copied().collect();
        Some(Self { prior: Prior::of(&groups)?, counts })
    }

    /// Returns the chance of a kind and its variance; a kind never seen has the common chance.
    fn chance(&self, kind: Kind<'_>) -> (f64, f64) {
        let count = self.counts.get(&kind).copied().unwrap_or_default();
        (self.prior.shrink(count), self.prior.variance(count))
    }

    /// Returns the chance of what is due in a month to come, and its variance.
    pub fn of_group(&self, group: &FutureGroup) -> (f64, f64) {
        self.chance((&group.hosting, group.tenure, &group.band))
    }

    /// Compares what renewed in `month` with what its cases would usually give.
    ///
    /// Indirect standardisation (Armitage, Berry and Matthews, Statistical Methods in Medical Research, 19.3):
    /// E = Σ nₛ·pₛ. The bounds are those of a Poisson-binomial distribution, widened by how well pₛ is known.
    pub fn mix(&self, strata: &[Stratum], month: Month, usual: f64) -> Option<Mix> {
        let (mut observed, mut due, mut unsure) = (0, 0, 0.0);
        let mut groups = Vec::new();
        for stratum in strata {
            for cell in stratum.months.iter().filter(|cell| cell.month == month) {
                let (chance, variance) = self.chance((&stratum.hosting, stratum.tenure, &stratum.band));
                observed += cell.retained;
                due += cell.due;
                unsure += (cell.due as f64).powi(2) * variance;
                groups.push((cell.due, chance));
            }
        }
        let sum = PoissonBinomial::new(groups);
        let expected = sum.mean();
        if due == 0 || expected <= 0.0 {
            return None;
        }
        let reach = Z95 * (sum.variance() + unsure).sqrt();
        let range =
            Interval { lower: (expected - reach).max(0.0), upper: (expected + reach).min(due as f64) };
        Some(Mix {
            observed,
            expected,
            range,
            ratio: observed as f64 / expected,
            p_lower: sum.lower(observed),
            shift: expected / due as f64 - usual,
        })
    }
}
