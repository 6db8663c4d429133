//! Counts by month, for as many months as there are.

use crate::Month;

/// Something for each month from the first to the last that was counted.
#[derive(Debug, Clone, Default)]
pub struct ByMonth<T> {
    first: Month,
    cells: Vec<T>,
}

impl<T: Default> ByMonth<T> {
    /// That of a month.
    #[inline]
    pub fn at(&mut self, month: Month) -> &mut T {
        let at = month.0.wrapping_sub(self.first.0) as usize;
        if at >= self.cells.len() {
            self.grow(month);
        }
        &mut self.cells[(month.0 - self.first.0) as usize]
    }

    #[cold]
    fn grow(&mut self, month: Month) {
        if self.cells.is_empty() || month < self.first {
            let before = if self.cells.is_empty() { 1 } else { (self.first.0 - month.0) as usize };
            self.cells.splice(0..0, std::iter::repeat_with(T::default).take(before));
            self.first = month;
        } else {
            self.cells.resize_with((month.0 - self.first.0) as usize + 1, T::default);
        }
    }

    /// All months in order, without gaps.
    pub fn iter(&self) -> impl Iterator<Item = (Month, &T)> {
        self.cells.iter().enumerate().map(|(n, cell)| (self.first.plus(n as i32), cell))
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: &ByMonth<T>, add: impl Fn(&mut T, &T)) {
        other.iter().for_each(|(month, cell)| add(self.at(month), cell));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_may_come_in_any_order() {
        let mut counts: ByMonth<u32> = ByMonth::default();
        for month in [100, 103, 98, 100] {
            *counts.at(Month(month)) += 1;
        }
        let mut sum = counts.clone();
        sum.merge(&counts, |to, from| *to += from);
        let all: Vec<(i32, u32)> = sum.iter().map(|(month, n)| (month.0, *n)).collect();
        assert_eq!(all, [(98, 2), (99, 0), (100, 4), (101, 0), (102, 0), (103, 2)]);
    }
}
