//! One field of an expression: lists of numbers, names, ranges, steps and `H`.
//!
//! `L`, `W` and `#` mean days and are read in [`super::days`] before what is left comes here.

use super::hash;
use crate::file::Dialect;

/// What a field counts and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub name: &'static str,
    pub least: u32,
    pub most: u32,
    /// Names of the values from `names_from` on.
    pub names: &'static [&'static str],
    pub names_from: u32,
}

pub(super) const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
pub(super) const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

pub(super) const SECOND: Field = Field { name: "second", least: 0, most: 59, names: &[], names_from: 0 };
pub(super) const MINUTE: Field = Field { name: "minute", least: 0, most: 59, names: &[], names_from: 0 };
pub(super) const HOUR: Field = Field { name: "hour", least: 0, most: 23, names: &[], names_from: 0 };
pub(super) const DAY: Field =
    Field { name: "day of the month", least: 1, most: 31, names: &[], names_from: 0 };
pub(super) const MONTH: Field = Field { name: "month", least: 1, most: 12, names: &MONTHS, names_from: 1 };
pub(super) const YEAR: Field = Field { name: "year", least: 1970, most: 2199, names: &[], names_from: 0 };
/// Sunday is 0 and, as a number, 7 too.
pub(super) const WEEKDAY: Field =
    Field { name: "weekday", least: 0, most: 7, names: &WEEKDAYS, names_from: 0 };
pub(super) const QUARTZ_WEEKDAY: Field =
    Field { name: "weekday", least: 1, most: 7, names: &WEEKDAYS, names_from: 1 };

/// How fields are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    pub dialect: Dialect,
    /// Decides what `H` stands for.
    pub seed: &'a str,
}

impl Field {
    /// Reads a whole field and hands out its values, some perhaps twice. Answers whether it means "each so many", whatever the clock
    /// shows: `*`, `*/15`, `H/15`, Quartz's `0/15`. As in cron the beginning of a list decides.
    pub fn read(&self, text: &str, rules: Rules<'_>, take: &mut dyn FnMut(u32)) -> Result<bool, String> {
        let mut is_interval = None;
        for item in text.split(',') {
            if item.is_empty() {
                return Err(format!("the {} {text:?} has an empty place in its list", self.name));
            }
            let is_item_interval = self.item(item, rules, take)?;
            is_interval.get_or_insert(is_item_interval);
        }
        Ok(is_interval.unwrap_or(false))
    }

    /// One item of the list; answers whether it is an interval.
    fn item(&self, item: &str, rules: Rules<'_>, take: &mut dyn FnMut(u32)) -> Result<bool, String> {
        let (base, step) = match item.split_once('/') {
            Some((base, step)) => (base, Some(self.step(item, step)?)),
            None => (item, None),
        };
        if let Some(inner) = base.strip_prefix(['H', 'h']) {
            return self.hashed(item, inner, step, rules, take);
        }
        let is_quartz = rules.dialect == Dialect::Quartz;
        let (from, to, is_interval) = if base == "*" || (base.is_empty() && is_quartz && step.is_some()) {
            (self.least, self.star_end(), true)
        } else if let Some((from, to)) = base.split_once('-') {
            (self.value(from)?, self.range_end(to)?, false)
        } else {
            let value = self.value(base)?;
            match step {
                None => (value, value, false),
                Some(_) if is_quartz => (value, self.star_end(), true),
                Some(step) => {
                    let most = self.star_end();
                    return Err(format!(
                        "the {} {item:?} has a step without a range; write {value}-{most}/{step}",
                        self.name
                    ));
                }
            }
        };
        self.span(item, (from, to), step.unwrap_or(1), rules, take)?;
        Ok(is_interval)
    }

    /// Hands out the values of a range.
    fn span(
        &self,
        item: &str,
        (from, to): (u32, u32),
        step: u32,
        rules: Rules<'_>,
        take: &mut dyn FnMut(u32),
    ) -> Result<(), String> {
        if from <= to {
            (from..=to).step_by(step as usize).for_each(take);
            return Ok(());
        }
        // Quartz goes on at the field's beginning: 22-2 is 22, 23, 0, 1, 2.
        if rules.dialect == Dialect::Quartz && self.name != YEAR.name {
            let size = self.star_end() - self.least + 1;
            for value in (from..=to + size).step_by(step as usize) {
                take((value - self.least) % size + self.least);
            }
            return Ok(());
        }
        let least = self.least;
        Err(format!(
            "the {} {item:?} runs backwards; write {from}-{},{least}-{to}",
            self.name,
            self.star_end()
        ))
    }

    /// `H`, `H/15`, `H(0-29)`, `H(0-29)/10`: a place that is the same for the same job and differs between jobs.
    fn hashed(
        &self,
        item: &str,
        inner: &str,
        step: Option<u32>,
        rules: Rules<'_>,
        take: &mut dyn FnMut(u32),
    ) -> Result<bool, String> {
        if self.name == YEAR.name {
            return Err(format!("{item:?}: a year can't be hashed"));
        }
        let (from, to) = if inner.is_empty() {
            // Every month has 28 days: a hashed day must not skip February.
            (self.least, if self.name == DAY.name { 28 } else { self.star_end() })
        } else {
            inner
                .strip_prefix('(')
                .and_then(|inner| inner.strip_suffix(')'))
                .and_then(|inner| inner.split_once('-'))
                .ok_or_else(|| format!("{item:?} is not understood; write H, H/15, H(0-29) or H(0-29)/10"))
                .and_then(|(from, to)| Ok((self.value(from)?, self.value(to)?)))?
        };
        if from > to {
            return Err(format!("the {} {item:?} runs backwards", self.name));
        }
        let size = to - from + 1;
        let width = step.unwrap_or(size);
        if width > size {
            return Err(format!("the step of the {} {item:?} is longer than its range", self.name));
        }
        let first = hash::below(u64::from(width), &["cron", rules.seed, self.name]);
        let first = from + u32::try_from(first).unwrap_or(0);
        match step {
            Some(step) => (first..=to).step_by(step as usize).for_each(take),
            None => take(first),
        }
        Ok(step.is_some() && inner.is_empty())
    }

    /// The last value of `*`: weekday 7 is Sunday once more.
    fn star_end(&self) -> u32 {
        if self.names_from == 0 && !self.names.is_empty() { 6 } else { self.most }
    }

    /// The end of a range: `SAT-SUN` ends with the Sunday after.
    fn range_end(&self, text: &str) -> Result<u32, String> {
        let value = self.value(text)?;
        let is_sunday_by_name = self.most == 7 && self.names_from == 0 && text.eq_ignore_ascii_case("SUN");
        Ok(if is_sunday_by_name { 7 } else { value })
    }

    /// A number or a name.
    pub fn value(&self, text: &str) -> Result<u32, String> {
        if let Some(at) = self.names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
            return Ok(self.names_from + u32::try_from(at).unwrap_or(0));
        }
        let number: Option<u32> = if text.bytes().all(|b| b.is_ascii_digit()) && text.len() <= 4 {
            text.parse().ok()
        } else {
            None
        };
        let (least, most) = (self.least, self.most);
        match number {
            Some(number) if (least..=most).contains(&number) => Ok(number),
            Some(number) => Err(format!("{} {number} does not exist: it is {least} to {most}", self.name)),
            None if self.names.is_empty() => {
                Err(format!("{text:?} is not a {}: it is a number from {least} to {most}", self.name))
            }
            None => Err(format!(
                "{text:?} is not a {}: it is a number from {least} to {most} or one of {}",
                self.name,
                self.names.join(" ")
            )),
        }
    }

    fn step(&self, item: &str, text: &str) -> Result<u32, String> {
        let size = self.star_end() - self.least + 1;
        match text.parse::<u32>() {
            Ok(0) => Err(format!("the step of the {} {item:?} is zero", self.name)),
            Ok(step) if step > size => Err(format!(
                "the step of the {} {item:?} is longer than the whole field, which has {size} values; steps begin anew with each",
                self.name
            )),
            Ok(step) if text.bytes().all(|b| b.is_ascii_digit()) => Ok(step),
            _ => Err(format!("the step of the {} {item:?} is not a number", self.name)),
        }
    }
}
