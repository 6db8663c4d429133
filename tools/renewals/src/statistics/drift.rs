//! Small changes that last: CUSUM, EWMA and runs see in three months what a single month cannot show.

use serde::{Deserialize, Serialize};

/// The slack of the CUSUM in standard deviations: half the shift worth finding.
pub const SLACK: f64 = 0.5;
/// The CUSUM signals above this many standard deviations.
pub const DECISION: f64 = 4.0;
/// How much the EWMA listens to the newest month.
pub const LAMBDA: f64 = 0.2;
/// The EWMA's limits in its own standard deviations.
pub const WIDTH: f64 = 2.7;
/// So many successive months on one side of the centre line are a run (Western Electric 1956, Statistical
/// Quality Control Handbook, zone test 4).
pub const RUN: usize = 8;

/// The one-sided tabular CUSUM for drops: S = max(0, S − z − k), signal when S > h (Page 1954, Biometrika
/// 41:100–115; Montgomery, Introduction to Statistical Quality Control, 9.1.2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cusum {
    /// The slack k.
    pub slack: f64,
    /// The decision interval h.
    pub decision: f64,
    /// S never grows beyond this. Without a cap a drop that is long over would keep the alarm on for as many
    /// months as it was deep; the textbook's reset after "corrective action" needs a person, this does not.
    pub cap: f64,
    /// The sum so far.
    pub sum: f64,
}

impl Cusum {
    /// Returns the CUSUM that the months are judged with: k = 0.5, h = 4, capped at 5, so that an alarm ends
    /// with the second or third ordinary month.
    pub fn for_drops() -> Self {
        Self { slack: SLACK, decision: DECISION, cap: DECISION + 2.0 * SLACK, sum: 0.0 }
    }

    /// Takes a month in and returns the sum.
    pub fn take(&mut self, z: f64) -> f64 {
        self.sum = (self.sum - z - self.slack).clamp(0.0, self.cap);
        self.sum
    }

    /// Says whether the sum is above the decision interval.
    pub fn signals(&self) -> bool {
        self.sum > self.decision
    }
}

/// The exponentially weighted moving average: Z = λz + (1 − λ)Z, limits ±L·√(λ/(2 − λ)·(1 − (1 − λ)²ⁱ))
/// (Roberts 1959, Technometrics 1:239–250; Montgomery 9.2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ewma {
    /// The weight of the newest value.
    pub lambda: f64,
    /// The limits' width in standard deviations.
    pub width: f64,
    /// The average so far.
    pub average: f64,
    /// How many values were taken in.
    pub taken: u32,
}

impl Ewma {
    /// Returns the EWMA that the months are judged with: λ = 0.2, L = 2.7, starting at the centre.
    pub fn for_drops() -> Self {
        Self { lambda: LAMBDA, width: WIDTH, average: 0.0, taken: 0 }
    }

    /// Takes a value in standard deviations in and returns the average.
    pub fn take(&mut self, z: f64) -> f64 {
        self.average = self.lambda * z + (1.0 - self.lambda) * self.average;
        self.taken += 1;
        self.average
    }

    /// Returns how far from zero the average may be by now.
    pub fn limit(&self) -> f64 {
        let fading = 1.0 - (1.0 - self.lambda).powi(2 * self.taken as i32);
        self.width * (self.lambda / (2.0 - self.lambda) * fading).sqrt()
    }

    /// Says whether the average is below its lower limit.
    pub fn signals(&self) -> bool {
        self.taken > 0 && self.average < -self.limit()
    }
}

/// Successive months on one side of the centre line: positive above, negative below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Run(pub i32);

impl Run {
    /// Takes a month in and returns the length of the run it belongs to.
    pub fn take(&mut self, z: f64) -> i32 {
        self.0 = match (z > 0.0, z < 0.0) {
            (true, _) => self.0.max(0) + 1,
            (_, true) => self.0.min(0) - 1,
            // Exactly on the line breaks a run: it is evidence for neither side.
            _ => 0,
        };
        self.0
    }
}
