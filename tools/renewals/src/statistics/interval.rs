//! How exactly a share is known: intervals for a proportion and for the difference of two.
//!
//! Wald's interval (p ± 1.96·√(pq/n)) is not here on purpose: its coverage is erratic even for large n
//! (Brown, Cai and DasGupta 2001, "Interval Estimation for a Binomial Proportion", Statistical Science 16:101–133).
//! The same paper recommends Wilson's or Jeffreys' interval for small n; which one is used depends on n alone,
//! so that nobody can pick the nicer one.

use serde::{Deserialize, Serialize};
use statrs::function::beta::inv_beta_reg;

/// The 97.5 % point of the standard normal distribution: every interval here is a 95 % interval.
pub const Z95: f64 = 1.959_963_984_540_054;

/// From this many on, Wilson's interval is used; below it, Jeffreys'.
pub const WILSON_FROM: u64 = 40;

/// Two bounds of a share (or of a difference of shares), lower first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower bound.
    pub lower: f64,
    /// The upper bound.
    pub upper: f64,
}

impl Interval {
    /// Says whether `value` lies within the bounds, the bounds included.
    pub fn contains(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }
}

/// Returns the 95 % interval for `x` of `n`: Wilson's from 40 on, Jeffreys' below, nothing for nobody.
pub fn share(x: u64, n: u64) -> Option<Interval> {
    match n {
        0 => None,
        n if n >= WILSON_FROM => Some(wilson(x, n)),
        n => Some(jeffreys(x, n)),
    }
}

/// Returns Wilson's score interval (Wilson 1927, JASA 22:209–212).
///
/// Centre (p̂ + z²/2n) / (1 + z²/n), half width z/(1 + z²/n)·√(p̂q̂/n + z²/4n²).
pub fn wilson(x: u64, n: u64) -> Interval {
    let (count, p) = (n as f64, x as f64 / n as f64);
    let square = Z95 * Z95;
    let shrink = 1.0 + square / count;
    let centre = (p + square / (2.0 * count)) / shrink;
    let half = Z95 / shrink * (p * (1.0 - p) / count + square / (4.0 * count * count)).sqrt();
    // At the ends the formula gives exactly 0 and 1, but for rounding.
    Interval {
        lower: if x == 0 { 0.0 } else { centre - half },
        upper: if x == n { 1.0 } else { centre + half },
    }
}

/// Returns the equal-tailed interval of Jeffreys' prior: quantiles of Beta(x + ½, n − x + ½).
///
/// As Brown, Cai and DasGupta advise, the lower bound is 0 at x = 0 and the upper bound is 1 at x = n.
pub fn jeffreys(x: u64, n: u64) -> Interval {
    let (a, b) = (x as f64 + 0.5, (n - x) as f64 + 0.5);
    Interval {
        lower: if x == 0 { 0.0 } else { inv_beta_reg(a, b, 0.025) },
        upper: if x == n { 1.0 } else { inv_beta_reg(a, b, 0.975) },
    }
}

/// Returns the interval for the difference of two independent shares, first minus second.
///
/// Newcombe's hybrid score interval (Newcombe 1998, Statistics in Medicine 17:873–890, method 10): Wilson's
/// bounds of either share, squared and added. It never leaves −1..1 and is defined where Wald's is not.
pub fn difference(first: (u64, u64), second: (u64, u64)) -> Option<Interval> {
    if first.1 == 0 || second.1 == 0 {
        return None;
    }
    let (a, b) = (first.0 as f64 / first.1 as f64, second.0 as f64 / second.1 as f64);
    let (of_a, of_b) = (wilson(first.0, first.1), wilson(second.0, second.1));
    Some(Interval {
        lower: a - b - ((a - of_a.lower).powi(2) + (of_b.upper - b).powi(2)).sqrt(),
        upper: a - b + ((of_a.upper - a).powi(2) + (b - of_b.lower).powi(2)).sqrt(),
    })
}
