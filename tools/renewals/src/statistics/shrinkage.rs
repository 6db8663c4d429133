//! Small groups borrow from the whole: a partner with 3 of 3 is not the best partner.

use super::chart::Count;

/// How rates of groups are spread around the common rate: Beta(rate·weight, (1 − rate)·weight).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// The common rate.
    pub rate: f64,
    /// How many observations the common rate is worth; larger when groups hardly differ.
    pub weight: f64,
}

/// A weight never falls below this (groups that differ in everything) nor rises beyond the other.
const WEIGHTS: (f64, f64) = (2.0, 5_000.0);

impl Prior {
    /// Returns the prior that the groups themselves suggest, or nothing when nobody was due.
    ///
    /// Empirical Bayes by the method of moments for unequal group sizes (Kleinman 1973, JASA 68:46–54):
    /// S = Σ w(pᵢ − p)² over what chance alone gives, ρ solved from it, weight = (1 − ρ)/ρ.
    pub fn of(groups: &[Count]) -> Option<Self> {
        let (x, n) = groups.iter().fold((0, 0), |sum, group| (sum.0 + group.x, sum.1 + group.n));
        let rate = Count { x, n }.rate()?;
        let groups: Vec<_> = groups.iter().filter(|group| group.n > 0).collect();
        let (total, count) = (n as f64, groups.len() as f64);
        let squares: f64 = groups.iter().map(|group| (group.n as f64).powi(2)).sum();
        let room = total - squares / total;
        let chance = rate * (1.0 - rate);
        if count < 2.0 || chance == 0.0 || room <= 0.0 {
            return Some(Self { rate, weight: WEIGHTS.1 });
        }
        let between: f64 = groups
            .iter()
            .map(|group| group.n as f64 * (group.x as f64 / group.n as f64 - rate).powi(2))
            .sum();
        let rho = (between - (count - 1.0) * chance) / (chance * (room - (count - 1.0)));
        let weight = if rho > 0.0 { (1.0 - rho) / rho } else { WEIGHTS.1 };
        Some(Self { rate, weight: weight.clamp(WEIGHTS.0, WEIGHTS.1) })
    }

    /// Returns the rate to expect of a group: its own, pulled towards the common one by the prior's weight.
    pub fn shrink(&self, group: Count) -> f64 {
        (group.x as f64 + self.rate * self.weight) / (group.n as f64 + self.weight)
    }

    /// Returns the variance of that expectation: ab/((a + b)²(a + b + 1)).
    pub fn variance(&self, group: Count) -> f64 {
        let mean = self.shrink(group);
        mean * (1.0 - mean) / (group.n as f64 + self.weight + 1.0)
    }
}
