//! What is usual: the p-chart, widened for months that differ by more than chance (Laney's p').
//!
//! Limits of a month with n due: p₀ ± 3·√(p₀q₀/n)·max(1, σ_z), where σ_z is the mean moving range of the
//! months' z-scores divided by 1.128 (Laney 2002, "Improved Control Charts for Attributes", Quality Engineering
//! 14:531–537). Laney lets σ_z fall below 1 as well; here it does not, because limits narrower than chance
//! allows would raise alarms about nothing.

use serde::{Deserialize, Serialize};

use super::interval::Interval;
use super::tail::{self, BetaBinomial};

/// The mean range of two standard normal values: d₂ for n = 2 (Montgomery, Introduction to Statistical Quality
/// Control, appendix VI).
pub const D2: f64 = 1.128;

/// Beyond this σ_z the tails of a month are beta-binomial, not binomial.
pub const OVERDISPERSED: f64 = 1.3;

/// How many renewed of how many due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Count {
    /// Renewed.
    pub x: u64,
    /// Due.
    pub n: u64,
}

impl Count {
    /// Returns the share, or nothing when nobody was due.
    pub fn rate(self) -> Option<f64> {
        (self.n > 0).then(|| self.x as f64 / self.n as f64)
    }
}

/// The usual rate and how far months stray from it by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usual {
    /// The centre line p₀: all renewed of all due in the baseline months.
    pub rate: f64,
    /// Laney's σ_z as measured; limits use at least 1.
    pub sigma_z: f64,
    /// How many months it rests on.
    pub months: usize,
}

impl Usual {
    /// Returns what is usual over `months` in their order, or nothing when nobody was due.
    pub fn of(months: &[Count]) -> Option<Self> {
        let (x, n) = months.iter().fold((0, 0), |sum, month| (sum.0 + month.x, sum.1 + month.n));
        let rate = Count { x, n }.rate()?;
        let mut usual = Self { rate, sigma_z: 1.0, months: months.len() };
        let scores: Vec<f64> = months.iter().filter_map(|month| usual.score(*month)).collect();
        if scores.len() > 1 {
            let ranges = scores.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>();
            usual.sigma_z = ranges / (scores.len() - 1) as f64 / D2;
        }
        Some(usual)
    }

    /// Returns what limits are widened by: σ_z, but at least 1.
    pub fn width(&self) -> f64 {
        self.sigma_z.max(1.0)
    }

    /// Returns z = (p − p₀)/√(p₀q₀/n), or nothing where it has no meaning.
    fn score(&self, month: Count) -> Option<f64> {
        let deviation = self.deviation(month.n)?;
        Some((month.rate()? - self.rate) / deviation)
    }

    /// Returns √(p₀q₀/n), or nothing when it is zero or nobody was due.
    fn deviation(&self, n: u64) -> Option<f64> {
        if n == 0 {
            return None;
        }
        let deviation = (self.rate * (1.0 - self.rate) / n as f64).sqrt();
        (deviation > 0.0).then_some(deviation)
    }

    /// Returns how many (widened) standard deviations a month lies from the centre line; 0 where none exists.
    pub fn z(&self, month: Count) -> f64 {
        self.score(month).map_or(0.0, |score| score / self.width())
    }

    /// Returns the control limits for a month with `n` due, within 0..1.
    pub fn limits(&self, n: u64) -> Option<Interval> {
        let reach = 3.0 * self.width() * self.deviation(n)?;
        Some(Interval { lower: (self.rate - reach).max(0.0), upper: (self.rate + reach).min(1.0) })
    }

    /// Returns the chance of so few or fewer: exact binomial, or beta-binomial when months are overdispersed.
    pub fn chance_of_so_few(&self, month: Count) -> f64 {
        match self.varying(month.n) {
            Some(varying) => varying.lower(month.x),
            None => tail::binomial(month.x, month.n, self.rate),
        }
    }

    /// Returns the chance of so many or more.
    pub fn chance_of_so_many(&self, month: Count) -> f64 {
        match self.varying(month.n) {
            Some(varying) => varying.upper(month.x),
            None => tail::binomial_upper(month.x, month.n, self.rate),
        }
    }

    fn varying(&self, n: u64) -> Option<BetaBinomial> {
        if self.sigma_z <= OVERDISPERSED {
            return None;
        }
        BetaBinomial::inflated(n, self.rate, self.sigma_z * self.sigma_z)
    }
}
