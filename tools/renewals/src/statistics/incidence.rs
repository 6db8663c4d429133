//! When renewals come: cumulative incidence with competing outcomes, counted from the due date.
//!
//! A customer can return in one way only (early, by upgrade, by migration, by another licence), so the ways
//! compete. 1 − Kaplan-Meier of one way treats those who returned another way as if they might still come this
//! way, and overstates every one of them; Aalen and Johansen (1978, Scandinavian Journal of Statistics
//! 5:141–150) do not: F_k(t) = Σ S(t⁻)·d_k/n, and all F_k and the share still out sum to 1.

use serde::{Deserialize, Serialize};

/// What was seen at one age: how many had each outcome, and how many were not watched any longer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Seen {
    /// Days since the due date.
    pub age: i32,
    /// How many had outcome k at this age.
    pub outcomes: Vec<u64>,
    /// How many are known up to this age only (the month is too young to know more).
    pub censored: u64,
}

/// The state after one age.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Days since the due date.
    pub age: i32,
    /// How many were still out and watched just before.
    pub at_risk: u64,
    /// The cumulative incidence of each outcome.
    pub incidence: Vec<f64>,
    /// The share still out: 1 − Σ incidence.
    pub out: f64,
    /// The standard error of the share that returned in any way (Greenwood's formula).
    pub error: f64,
}

/// Returns the cumulative incidence of `outcomes` competing outcomes after each age of `seen`.
///
/// Ages must rise; at equal age outcomes come before censoring, as is customary.
pub fn aalen_johansen(seen: &[Seen], outcomes: usize) -> Vec<Step> {
    let total = |one: &Seen| one.outcomes.iter().sum::<u64>();
    let mut at_risk: u64 = seen.iter().map(|one| total(one) + one.censored).sum();
    let (mut out, mut greenwood) = (1.0, 0.0);
    let mut incidence = vec![0.0; outcomes];
    let mut steps = Vec::with_capacity(seen.len());
    for one in seen {
        let happened = total(one);
        if at_risk > 0 {
            let n = at_risk as f64;
            for (sum, &count) in incidence.iter_mut().zip(&one.outcomes) {
                *sum += out * count as f64 / n;
            }
            out *= 1.0 - happened as f64 / n;
            if happened < at_risk {
                greenwood += happened as f64 / (n * (at_risk - happened) as f64);
            }
        }
        steps.push(Step {
            age: one.age,
            at_risk,
            incidence: incidence.clone(),
            out,
            error: out * greenwood.sqrt(),
        });
        at_risk -= happened + one.censored;
    }
    steps
}
