//! Figures that steps report: `::metric name=… value=… unit=…` in the output, `name=value unit` in a file.

use crate::contract::Metric;
use std::collections::BTreeMap;

/// How many different figures one attempt may report.
const MOST: usize = 500;
const NAME_CHARS_MAX: usize = 100;
const UNIT_CHARS_MAX: usize = 30;

/// The figures so far; a later value takes the place of an earlier one.
#[derive(Debug, Default)]
pub struct Figures(BTreeMap<String, Metric>);

impl Figures {
    /// Takes what stands after `::metric`.
    pub fn take_line(&mut self, line: &str) {
        let words: BTreeMap<&str, &str> =
            line.split_whitespace().filter_map(|word| word.split_once('=')).collect();
        if let (Some(name), Some(value)) = (words.get("name"), words.get("value")) {
            self.take(name, value, words.get("unit").copied());
        }
    }

    /// Takes the lines of a file of figures.
    pub fn take_file(&mut self, text: &str) {
        for line in text.lines() {
            if let Some((name, value)) = line.split_once('=') {
                let mut words = value.split_whitespace();
                self.take(name.trim(), words.next().unwrap_or_default(), words.next());
            }
        }
    }

    /// Adds everything of `other`.
    pub fn merge(&mut self, other: Figures) {
        for (name, metric) in other.0 {
            if self.0.len() < MOST || self.0.contains_key(&name) {
                self.0.insert(name, metric);
            }
        }
    }

    /// The figures, by name.
    pub fn all(&self) -> Vec<Metric> {
        self.0.values().cloned().collect()
    }

    fn take(&mut self, name: &str, value: &str, unit: Option<&str>) {
        let is_name = !name.is_empty()
            && name.chars().count() <= NAME_CHARS_MAX
            && name.chars().all(|c| c.is_alphanumeric() || "_-./".contains(c));
        let Some(value) = value.parse::<f64>().ok().filter(|value| value.is_finite()) else { return };
        let unit = unit.filter(|unit| unit.chars().count() <= UNIT_CHARS_MAX).map(str::to_owned);
        if is_name && (self.0.len() < MOST || self.0.contains_key(name)) {
            self.0.insert(name.to_owned(), Metric { name: name.to_owned(), value, unit });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_figures_is_read_and_nonsense_is_left() {
        let mut figures = Figures::default();
        figures.take_file(
            "rate=71.4 percent\n rows = 12\nrate=72\nbad\n=3\nnan=NaN\nx=inf\nm m=1\nwords=many\n",
        );
        let found: Vec<_> = figures.all().into_iter().map(|m| (m.name, m.value, m.unit)).collect();
        assert_eq!(found, [("rate".to_owned(), 72.0, None), ("rows".to_owned(), 12.0, None)]);
    }
}
