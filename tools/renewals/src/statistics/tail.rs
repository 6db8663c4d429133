//! How surprising a count is: exact tails of the binomial, beta-binomial and Poisson-binomial distributions.

use statrs::function::beta::beta_reg;
use statrs::function::gamma::ln_gamma;

/// Returns P(X ≤ x) for X binomial with `n` trials and chance `p`, through the regularised incomplete beta
/// function: P(X ≤ x) = I₁₋ₚ(n − x, x + 1) (Abramowitz and Stegun 26.5.24).
pub fn binomial(x: u64, n: u64, p: f64) -> f64 {
    if x >= n {
        return 1.0;
    }
    if p <= 0.0 {
        return 1.0;
    }
    if p >= 1.0 {
        return 0.0;
    }
    beta_reg((n - x) as f64, x as f64 + 1.0, 1.0 - p)
}

/// Returns P(X ≥ x) for X binomial.
pub fn binomial_upper(x: u64, n: u64, p: f64) -> f64 {
    binomial(n - x.min(n), n, 1.0 - p)
}

/// A beta-binomial distribution: a binomial whose chance itself varies from month to month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaBinomial {
    n: u64,
    a: f64,
    b: f64,
}

impl BetaBinomial {
    /// Returns the distribution of `n` trials whose chance is itself distributed as Beta(a, b).
    pub fn new(n: u64, a: f64, b: f64) -> Self {
        Self { n, a, b }
    }

    /// Returns the distribution of `n` trials whose variance is `inflation` times the binomial one.
    ///
    /// Var X = npq(1 + (n − 1)ρ), hence ρ = (inflation − 1)/(n − 1), a = p(1 − ρ)/ρ, b = q(1 − ρ)/ρ
    /// (Johnson, Kemp and Kotz, Univariate Discrete Distributions, 6.2.2). Nothing when there is no inflation.
    pub fn inflated(n: u64, p: f64, inflation: f64) -> Option<Self> {
        if n < 2 || inflation <= 1.0 || p <= 0.0 || p >= 1.0 {
            return None;
        }
        // ρ = 1 would put everything at 0 and n; the formula has no room beyond it.
        let rho = ((inflation - 1.0) / (n as f64 - 1.0)).min(0.99);
        Some(Self::with_correlation(n, p, rho))
    }

    /// Returns the distribution of `n` trials with mean `p` and correlation `rho` between trials.
    pub fn with_correlation(n: u64, p: f64, rho: f64) -> Self {
        let scale = (1.0 - rho) / rho;
        Self { n, a: p * scale, b: (1.0 - p) * scale }
    }

    /// Returns P(X ≤ x).
    pub fn lower(&self, x: u64) -> f64 {
        self.sum_down(x.min(self.n))
    }

    /// Returns P(X ≥ x).
    pub fn upper(&self, x: u64) -> f64 {
        if x > self.n {
            return 0.0;
        }
        // n − X is beta-binomial with a and b exchanged.
        Self { n: self.n, a: self.b, b: self.a }.sum_down(self.n - x)
    }

    /// Sums P(X = k) for k from `x` down, each from the one before: months with a hundred thousand due would
    /// otherwise cost as many gamma functions.
    fn sum_down(&self, x: u64) -> f64 {
        let (n, a, b) = (self.n as f64, self.a, self.b);
        let mut term = self.probability(x);
        let mut sum = term;
        for k in (1..=x).rev() {
            let k = k as f64;
            let ratio = k * (n - k + b) / ((n - k + 1.0) * (k - 1.0 + a));
            term *= ratio;
            sum += term;
            // With a ≥ 1 the terms only shrink once they shrink.
            if a >= 1.0 && ratio < 1.0 && term < sum * 1e-17 {
                break;
            }
        }
        sum.min(1.0)
    }

    /// Returns P(X = k) = C(n, k)·B(k + a, n − k + b)/B(a, b).
    pub fn probability(&self, k: u64) -> f64 {
        let (n, k) = (self.n as f64, k as f64);
        let choose = ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
        let above = ln_gamma(k + self.a) + ln_gamma(n - k + self.b) - ln_gamma(n + self.a + self.b);
        let below = ln_gamma(self.a) + ln_gamma(self.b) - ln_gamma(self.a + self.b);
        (choose + above - below).exp()
    }
}

/// A sum of independent trials in groups of equal chance: how many come, and how sure that is.
///
/// The Poisson-binomial distribution. Exact by convolution while it is small; beyond [`EXACT_UP_TO`] trials by
/// the normal approximation with continuity correction (Hong 2013, Computational Statistics & Data Analysis
/// 59:41–51, finds its error below 0.01 from a few dozen trials on).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PoissonBinomial {
    groups: Vec<(u64, f64)>,
}

/// Up to this many trials the Poisson-binomial distribution is computed exactly.
pub const EXACT_UP_TO: u64 = 600;

impl PoissonBinomial {
    /// Returns the distribution of the sum of `count` trials of chance `p` for each group.
    pub fn new(groups: impl IntoIterator<Item = (u64, f64)>) -> Self {
        Self { groups: groups.into_iter().filter(|group| group.0 > 0).collect() }
    }

    /// Returns the number of trials.
    pub fn trials(&self) -> u64 {
        self.groups.iter().map(|group| group.0).sum()
    }

    /// Returns Σp.
    pub fn mean(&self) -> f64 {
        self.groups.iter().map(|&(count, p)| count as f64 * p).sum()
    }

    /// Returns Σp(1 − p).
    pub fn variance(&self) -> f64 {
        self.groups.iter().map(|&(count, p)| count as f64 * p * (1.0 - p)).sum()
    }

    /// Returns P(X ≤ x).
    pub fn lower(&self, x: u64) -> f64 {
        if self.trials() <= EXACT_UP_TO {
            return self.probabilities().iter().take(x as usize + 1).sum::<f64>().min(1.0);
        }
        let spread = self.variance().sqrt();
        if spread == 0.0 {
            return if x as f64 >= self.mean() { 1.0 } else { 0.0 };
        }
        super::normal_below((x as f64 + 0.5 - self.mean()) / spread)
    }

    /// Returns P(X = k) for every k.
    fn probabilities(&self) -> Vec<f64> {
        let mut chances = vec![1.0];
        for &(count, p) in &self.groups {
            for _ in 0..count {
                chances.resize(chances.len() + 1, 0.0);
                for k in (0..chances.len()).rev() {
                    let before = if k == 0 { 0.0 } else { chances[k - 1] };
                    chances[k] = chances[k] * (1.0 - p) + before * p;
                }
            }
        }
        chances
    }
}
