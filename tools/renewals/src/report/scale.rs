//! From values to places: linear scales with ticks that people would have chosen.

/// A linear scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    from: (f64, f64),
    to: (f64, f64),
}

impl Scale {
    /// Returns the scale that puts `from.0` at `to.0` and `from.1` at `to.1`.
    pub fn new(from: (f64, f64), to: (f64, f64)) -> Self {
        Self { from, to }
    }

    /// Returns the place of a value, kept within the scale.
    pub fn at(&self, value: f64) -> f64 {
        let width = self.from.1 - self.from.0;
        let share = if width == 0.0 { 0.5 } else { ((value - self.from.0) / width).clamp(0.0, 1.0) };
        self.to.0 + share * (self.to.1 - self.to.0)
    }

    /// Returns about `count` round values within the scale.
    pub fn ticks(&self, count: usize) -> Vec<f64> {
        ticks(self.from.0, self.from.1, count)
    }
}

/// Returns about `count` multiples of 1, 2 or 5 times a power of ten between `low` and `high`.
pub fn ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let step = step(high - low, count);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|n| n as f64 * step).collect()
}

/// Returns the round step that divides `width` into about `count` parts.
pub fn step(width: f64, count: usize) -> f64 {
    if !(width > 0.0 && width.is_finite()) || count == 0 {
        return 1.0;
    }
    let rough = width / count as f64;
    let power = 10f64.powf(rough.log10().floor());
    let times = match rough / power {
        r if r < 1.5 => 1.0,
        r if r < 3.5 => 2.0,
        r if r < 7.5 => 5.0,
        _ => 10.0,
    };
    times * power
}

/// Returns bounds for shares that hold `low` and `high` with a little air, on whole tenths, within 0..1.
pub fn share_bounds(low: f64, high: f64) -> (f64, f64) {
    if low > high {
        return (0.0, 1.0);
    }
    let bottom = ((low - 0.01) * 10.0).floor() / 10.0;
    let top = ((high + 0.01) * 10.0).ceil() / 10.0;
    let (bottom, top) = (bottom.max(0.0), top.min(1.0));
    // A narrow band would make noise look like news.
    if top - bottom < 0.2 { ((top - 0.2).max(0.0), (top - 0.2).max(0.0) + 0.2) } else { (bottom, top) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(0.0, 100.0, 5), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(ticks(0.0, 37.0, 4), [0.0, 10.0, 20.0, 30.0]);
        assert_eq!(ticks(3.0, 3.0, 4), [3.0]);
    }

    #[test]
    fn shares_keep_their_bounds() {
        assert_eq!(share_bounds(0.55, 0.72), (0.5, 0.8));
        assert_eq!(share_bounds(0.97, 1.0), (0.8, 1.0));
        assert_eq!(share_bounds(1.0, 0.0), (0.0, 1.0));
    }
}
