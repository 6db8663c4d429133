//! Many questions at once: which of many segments really differ, at a bounded rate of false discoveries.

/// Returns the q-value of each p-value, in the order given: the smallest false discovery rate at which it would
/// be listed (Benjamini and Hochberg 1995, JRSS B 57:289–300; as q-values, Yekutieli and Benjamini 1999).
///
/// qᵢ = min over j ≥ i of p₍ⱼ₎·m/j, at most 1. Twelve apps times four segments are 48 tests a month: at p < 0.05
/// two or three of them differ "significantly" every month although nothing happened.
pub fn q_values(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by(|&a, &b| chances[a].total_cmp(&chances[b]).then(a.cmp(&b)));
    let mut values = vec![1.0; chances.len()];
    let mut least: f64 = 1.0;
    for (rank, &index) in order.iter().enumerate().rev() {
        least = least.min(chances[index] * chances.len() as f64 / (rank + 1) as f64);
        values[index] = least;
    }
    values
}

/// Segments are listed as different up to this false discovery rate: one in ten listed may be chance.
pub const RATE: f64 = 0.10;
