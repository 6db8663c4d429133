//! Better or worse than usual: the statistics behind every sentence of the report.
//!
//! Everything here is a pure function of counts, and each names the publication it comes from. Percentages
//! never travel without their n. Months are compared at equal maturity only: a month that is not old enough for
//! a maturity has no value there, whatever its count says.
//!
//! Not here: who is due and who renewed (`rules`), and how it looks (`report`).

pub mod chart;
pub mod discovery;
pub mod drift;
pub mod forecast;
pub mod funnel;
pub mod incidence;
pub mod interval;
mod judge;
pub mod judgement;
pub mod months;
pub mod segments;
mod sentence;
pub mod shrinkage;
pub mod strata;
pub mod tail;
pub mod words;
pub mod young;

pub use judge::{Policy, judge, judge_by};
pub use judgement::{Judgement, Light, Verdict};

use statrs::function::erf::erfc;

/// Returns P(Z ≤ z) for a standard normal Z.
pub fn normal_below(z: f64) -> f64 {
    0.5 * erfc(-z / std::f64::consts::SQRT_2)
}
