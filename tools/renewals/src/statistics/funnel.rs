//! Partners against each other: rate by size within limits that narrow as partners grow.
//!
//! Spiegelhalter 2005, "Funnel plots for comparing institutional performance", Statistics in Medicine
//! 24:1185–1202: limits at 95 % and 99.8 % around the common rate. When partners differ by more than chance
//! throughout, the limits are widened by √φ̂, φ̂ the mean square of the z-scores after a tenth on either side was
//! winsorised, so that a few odd partners do not hide themselves.

use serde::{Deserialize, Serialize};

use super::chart::Count;
use super::discovery;
use super::interval::{Interval, Z95};
use super::shrinkage::Prior;
use crate::Month;
use crate::figures::Dimension;

/// The 99.9 % point of the standard normal distribution.
const Z998: f64 = 3.090_232_306_167_813;

/// With fewer partners than this their spread cannot be told from chance.
const SPREAD_FROM: usize = 10;

/// The name under which small segments are pooled: a pool is no partner.
const POOL: &str = "(other)";
/// The name of what was sold without a partner.
const NONE: &str = "(none)";

/// The partners against each other: rate by size, with limits that narrow as partners grow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Funnel {
    /// The common rate.
    pub rate: f64,
    /// How many times wider than chance the limits are.
    pub spread: f64,
    /// The limits at rising sizes.
    pub limits: Vec<FunnelLimit>,
    /// The partners, largest first.
    pub partners: Vec<Partner>,
}

/// The limits of a funnel at one size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FunnelLimit {
    /// The size.
    pub n: u64,
    /// One in twenty lies outside by chance.
    pub warning: Interval,
    /// One in five hundred lies outside by chance.
    pub action: Interval,
}

/// A partner's last twelve mature months.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Partner {
    /// Its name.
    pub name: String,
    /// How many of how many.
    #[serde(flatten)]
    pub count: Count,
    /// The rate to expect of it: pulled towards the common one the more, the smaller it is.
    pub shrunk: f64,
    /// How many (widened) standard deviations from the common rate.
    pub z: f64,
    /// The false discovery rate at which it would be listed.
    pub q: f64,
    /// Whether it is listed as different.
    pub differs: bool,
}

/// Returns the funnel of the dimension `partner` over the twelve months up to `last`, or nothing with fewer
/// than two partners.
pub fn judge(dimensions: &[Dimension], last: Month) -> Option<Funnel> {
    let partners = dimensions.iter().find(|dimension| dimension.name == "partner")?;
    let first = last.plus(-11);
    let counts: Vec<(&str, Count)> = partners
        .segments
        .iter()
        .filter(|segment| segment.name != POOL && segment.name != NONE)
        .map(|segment| {
            let months = segment.months.iter().filter(|month| month.month >= first && month.month <= last);
            (segment.name.as_str(), super::segments::count(months))
        })
        .filter(|(_, count)| count.n > 0)
        .collect();
    if counts.len() < 2 {
        return None;
    }
    of(&counts)
}

/// Returns the funnel of the counts given.
pub fn of(counts: &[(&str, Count)]) -> Option<Funnel> {
    let all: Vec<Count> = counts.iter().map(|(_, count)| *count).collect();
    let prior = Prior::of(&all)?;
    let rate = prior.rate;
    if rate <= 0.0 || rate >= 1.0 {
        return None;
    }
    let scores: Vec<f64> = all.iter().map(|count| score(*count, rate)).collect();
    let spread = spread(&scores);
    let chances: Vec<f64> = scores.iter().map(|z| 2.0 * super::normal_below(-(z / spread).abs())).collect();
    let mut partners: Vec<Partner> = counts
        .iter()
        .zip(&scores)
        .zip(discovery::q_values(&chances))
        .map(|(((name, count), z), q)| Partner {
            name: (*name).to_owned(),
            count: *count,
            shrunk: prior.shrink(*count),
            z: z / spread,
            q,
            differs: q < discovery::RATE && count.n >= 5,
        })
        .collect();
    partners.sort_by(|a, b| b.count.n.cmp(&a.count.n).then_with(|| a.name.cmp(&b.name)));
    let largest = all.iter().map(|count| count.n).max()?;
    Some(Funnel { rate, spread, limits: limits(rate, spread, largest), partners })
}

fn score(count: Count, rate: f64) -> f64 {
    (count.x as f64 / count.n as f64 - rate) / (rate * (1.0 - rate) / count.n as f64).sqrt()
}

/// Returns √φ̂, at least 1.
fn spread(scores: &[f64]) -> f64 {
    if scores.len() < SPREAD_FROM {
        return 1.0;
    }
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() / 10;
    let (low, high) = (sorted[cut], sorted[sorted.len() - 1 - cut]);
    let squares: f64 = scores.iter().map(|z| z.clamp(low, high).powi(2)).sum();
    (squares / scores.len() as f64).sqrt().max(1.0)
}

/// Returns limits at sizes that lie closer where the funnel is steep.
fn limits(rate: f64, spread: f64, largest: u64) -> Vec<FunnelLimit> {
    const STEPS: u64 = 40;
    let top = (largest as f64 * 1.05).ceil().max(10.0);
    let mut sizes: Vec<u64> = (1..=STEPS)
        .map(|step| ((step as f64 / STEPS as f64).powi(2) * top).round().max(1.0) as u64)
        .collect();
    sizes.dedup();
    sizes
        .into_iter()
        .map(|n| {
            let around = |z: f64| {
                let reach = z * spread * (rate * (1.0 - rate) / n as f64).sqrt();
                Interval { lower: (rate - reach).max(0.0), upper: (rate + reach).min(1.0) }
            };
            FunnelLimit { n, warning: around(Z95), action: around(Z998) }
        })
        .collect()
}
