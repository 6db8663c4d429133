//! Which days of a month an expression means: numbers, weekdays, and the words `L`, `W` and `#`.

use super::field::{DAY, Field, QUARTZ_WEEKDAY, Rules, WEEKDAY};
use crate::file::Dialect;
use base::Date;

/// The two day fields of an expression. Sets of days are bits: bit 1 is the first of the month.
#[derive(Clone, Debug, Default)]
pub(super) struct Days {
    /// Plain days of the month.
    pub numbers: u32,
    /// Days before the last: bit 0 is `L`, bit 3 is `L-3`.
    pub from_last: u32,
    /// `15W`: the weekday nearest to the day.
    pub nearest: u32,
    /// `LW`, `L-3W`: the weekday nearest to a day before the last.
    pub nearest_from_last: u32,
    /// Plain weekdays: bit 0 is Sunday.
    pub weekdays: u8,
    /// `5L`: the last of a weekday.
    pub last_weekdays: u8,
    /// `5#3`: at 2 the third of a weekday.
    pub nth_weekdays: [u8; 5],
    /// A day must be in both fields, because one of them begins with an asterisk; otherwise one is enough.
    pub needs_both: bool,
    /// The first field says nothing.
    pub is_any_day: bool,
    /// The second field says nothing.
    pub is_any_weekday: bool,
}

impl Days {
    /// Reads the fields "day of the month" and "weekday".
    pub fn read(day: &str, weekday: &str, rules: Rules<'_>) -> Result<Self, String> {
        let mut days = Days::default();
        let is_open = |text: &str| text == "*" || text == "?";
        if rules.dialect == Dialect::Quartz && !is_open(day) && !is_open(weekday) {
            return Err(format!(
                "day {day:?} and weekday {weekday:?}: Quartz takes only one of them; write ? for the other"
            ));
        }
        days.is_any_day = is_open(day);
        days.is_any_weekday = is_open(weekday);
        // Debian's cron asks for the first character alone, so that */2 counts as an asterisk too.
        let begins_open = |text: &str| text.starts_with(['*', '?']);
        days.needs_both = begins_open(day) || begins_open(weekday);
        for item in if day == "?" { "*" } else { day }.split(',') {
            days.day(item, rules)?;
        }
        for item in if weekday == "?" { "*" } else { weekday }.split(',') {
            days.weekday(item, rules)?;
        }
        Ok(days)
    }

    fn day(&mut self, item: &str, rules: Rules<'_>) -> Result<(), String> {
        let upper = item.to_ascii_uppercase();
        let (plain, is_nearest) = match upper.strip_suffix('W') {
            Some(rest) => (rest, true),
            None => (upper.as_str(), false),
        };
        if let Some(rest) = plain.strip_prefix('L') {
            let before = match rest.strip_prefix('-') {
                Some(number) => number.parse::<u32>().ok().filter(|before| *before <= 30),
                None => rest.is_empty().then_some(0),
            };
            let before =
                before.ok_or_else(|| format!("day {item:?} is not understood; write L, L-3 or LW"))?;
            let set = if is_nearest { &mut self.nearest_from_last } else { &mut self.from_last };
            *set |= 1 << before;
            return Ok(());
        }
        if is_nearest {
            let day =
                DAY.value(plain).map_err(|_| format!("day {item:?} is not understood; write 15W or LW"))?;
            self.nearest |= 1 << day;
            return Ok(());
        }
        DAY.read(item, rules, &mut |day| self.numbers |= 1 << day).map(|_| ())
    }

    fn weekday(&mut self, item: &str, rules: Rules<'_>) -> Result<(), String> {
        let is_quartz = rules.dialect == Dialect::Quartz;
        let field: &Field = if is_quartz { &QUARTZ_WEEKDAY } else { &WEEKDAY };
        // Sunday is bit 0, however it was written.
        let bit = |value: u32| 1u8 << ((value - field.names_from) % 7);
        let upper = item.to_ascii_uppercase();
        if let Some((weekday, nth)) = upper.split_once('#') {
            if nth == "L" {
                self.last_weekdays |= bit(field.value(weekday)?);
                return Ok(());
            }
            let nth = nth.parse::<usize>().ok().filter(|nth| (1..=5).contains(nth));
            let nth =
                nth.ok_or_else(|| format!("weekday {item:?}: a month has a first (#1) to fifth (#5)"))?;
            self.nth_weekdays[nth - 1] |= bit(field.value(weekday)?);
            return Ok(());
        }
        if upper == "L" {
            if !is_quartz {
                return Err("weekday \"L\" is not understood; write 5L for the last Friday".to_owned());
            }
            self.weekdays |= 1 << 6; // Quartz's last day of the week is Saturday.
            return Ok(());
        }
        if let Some(weekday) = upper.strip_suffix('L') {
            self.last_weekdays |= bit(field.value(weekday)?);
            return Ok(());
        }
        field.read(item, rules, &mut |value| self.weekdays |= bit(value)).map(|_| ())
    }

    /// The days of a month, as bits.
    pub fn in_month(&self, year: i16, month: i8) -> u32 {
        let Some(month) = Month::new(year, month) else { return 0 };
        let by_number = self.by_number(month);
        let by_weekday = self.by_weekday(month);
        let days = if self.needs_both { by_number & by_weekday } else { by_number | by_weekday };
        days & month.all()
    }

    fn by_number(&self, month: Month) -> u32 {
        let mut days = self.numbers;
        for before in bits(self.from_last) {
            days |= month.before_last(before).map_or(0, |day| 1 << day);
        }
        for day in bits(self.nearest).filter(|day| *day <= month.length) {
            days |= 1 << month.nearest_weekday(day);
        }
        for before in bits(self.nearest_from_last) {
            days |= month.before_last(before).map_or(0, |day| 1 << month.nearest_weekday(day));
        }
        days
    }

    fn by_weekday(&self, month: Month) -> u32 {
        let mut days = month.on(self.weekdays, 1, month.length);
        if self.last_weekdays != 0 {
            days |= month.on(self.last_weekdays, month.length - 6, month.length);
        }
        for (nth, weekdays) in (0..).zip(self.nth_weekdays) {
            days |= month.on(weekdays, nth * 7 + 1, (nth * 7 + 7).min(month.length));
        }
        days
    }
}

/// A month of a year: how long it is and what it begins with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Month {
    pub length: u32,
    /// The weekday of the first; 0 is Sunday.
    first: u32,
}

impl Month {
    pub fn new(year: i16, month: i8) -> Option<Self> {
        let first = Date::new(year, month, 1).ok()?;
        Some(Self {
            length: u32::try_from(first.days_in_month()).ok()?,
            first: u32::try_from(first.weekday().to_sunday_zero_offset()).ok()?,
        })
    }

    /// Every day.
    pub fn all(self) -> u32 {
        (u32::MAX >> (31 - self.length)) & !1
    }

    fn weekday(self, day: u32) -> u32 {
        (self.first + day - 1) % 7
    }

    fn before_last(self, before: u32) -> Option<u32> {
        self.length.checked_sub(before).filter(|day| *day >= 1)
    }

    /// The days from one to another that are on one of these weekdays.
    pub fn on(self, weekdays: u8, from: u32, to: u32) -> u32 {
        if weekdays == 0 {
            return 0;
        }
        if weekdays == 0x7f {
            return (from..=to).fold(0, |days, day| days | 1 << day);
        }
        (from..=to).filter(|day| weekdays >> self.weekday(*day) & 1 == 1).fold(0, |days, day| days | 1 << day)
    }

    /// The nearest day from Monday to Friday that is in the same month.
    fn nearest_weekday(self, day: u32) -> u32 {
        match self.weekday(day) {
            6 if day == 1 => 3,
            6 => day - 1,
            0 if day == self.length => day - 2,
            0 => day + 1,
            _ => day,
        }
    }
}

/// The numbers whose bits are set, in order.
pub(super) fn bits(set: u32) -> impl Iterator<Item = u32> {
    (0..32).filter(move |bit| set >> bit & 1 == 1)
}
