//! An expression, and the search for the next time that it means on a wall clock.
//!
//! There are no zones here: a wall clock shows every time of every day once. The search goes month by month over sets of days, so
//! an expression that never comes costs microseconds, and is refused when it is read anyway.

use super::days::{Days, bits};
use super::field::{HOUR, MINUTE, MONTH, Rules, SECOND, YEAR};
use crate::file::Dialect;
use base::Date;
use base::jiff::civil::{DateTime, Time as Clock};

/// Months that a search looks at: 40 years have every weekday on every date, 29 February too, also around the year 2100; and the month
/// that the search begins in may be over, as after the Sunday of 29 February 2088, whose next is in 2128.
const MONTHS_SEARCHED: u32 = 40 * 12 + 1;
/// The last year that is ever looked at.
const LAST_YEAR: i16 = 9_998;

/// A parsed expression.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    pub seconds: u64,
    pub minutes: u64,
    pub hours: u32,
    pub days: Days,
    pub months: u16,
    /// Sorted; `None` means every year.
    pub years: Option<Vec<i16>>,
    /// It asks for an interval rather than for times of the day, in the words of cron: hour or minute begins with an asterisk.
    pub is_interval: bool,
}

/// What `@monthly` and its friends stand for.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl Expression {
    /// Reads an expression.
    pub fn parse(text: &str, dialect: Dialect, seed: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.len() > 512 {
            return Err("the expression is longer than 512 characters".to_owned());
        }
        if text.starts_with('@') {
            let lower = text.to_ascii_lowercase();
            let Some((_, plain)) = NICKNAMES.iter().find(|(name, _)| *name == lower) else {
                return Err(unknown_nickname(text));
            };
            return Self::fields(
                &plain.split(' ').collect::<Vec<_>>(),
                Rules { dialect: Dialect::Standard, seed },
            );
        }
        Self::fields(&text.split_ascii_whitespace().collect::<Vec<_>>(), Rules { dialect, seed })
    }

    fn fields(fields: &[&str], rules: Rules<'_>) -> Result<Self, String> {
        let (second, rest, year) = split(fields, rules.dialect)?;
        let [minute, hour, day, month, weekday] = rest;
        let (mut seconds, mut minutes, mut hours, mut months) = (0u64, 0u64, 0u32, 0u16);
        SECOND.read(second, rules, &mut |value| seconds |= 1 << value)?;
        let minute = MINUTE.read(minute, rules, &mut |value| minutes |= 1 << value)?;
        let hour = HOUR.read(hour, rules, &mut |value| hours |= 1 << value)?;
        // `0 * * * ? *` stands in Bamboo's own documentation: a question mark for the month.
        let month = if month == "?" && rules.dialect == Dialect::Quartz { "*" } else { month };
        MONTH.read(month, rules, &mut |value| months |= 1 << value)?;
        let years = match year {
            None | Some("*" | "?") => None,
            Some(year) => {
                let mut years = Vec::new();
                YEAR.read(year, rules, &mut |value| years.push(i16::try_from(value).unwrap_or(LAST_YEAR)))?;
                years.sort_unstable();
                years.dedup();
                Some(years)
            }
        };
        let days = Days::read(day, weekday, rules)?;
        let is_interval = minute || hour;
        Ok(Self { seconds, minutes, hours, days, months, years, is_interval })
    }

    /// Why the expression never comes, if it does not. `allows` narrows the days, see [`Self::next`].
    pub fn is_impossible(&self, allows: &dyn Fn(i16, i8) -> u32) -> Option<String> {
        // 2000 to 2039 has every kind of year; a list of years is looked through from its first.
        let first = self.years.as_ref().and_then(|years| years.first().copied()).unwrap_or(2000);
        let start = Date::new(first, 1, 1).ok()?.to_datetime(Clock::midnight());
        if self.next(start, allows).is_some() {
            return None;
        }
        if self.days.is_any_weekday && self.days.numbers != 0 {
            return Some(format!(
                "it never comes: there is no {} in {}",
                super::words::counted("day", u64::from(self.days.numbers)),
                super::words::months(self.months).unwrap_or_else(|| "any month".to_owned())
            ));
        }
        Some("it never comes: no day of 40 years is all that it asks for".to_owned())
    }

    /// The first time at or after `from`, by the wall clock. `allows` says which days of a month may be used, as bits.
    pub fn next(&self, from: DateTime, allows: &dyn Fn(i16, i8) -> u32) -> Option<DateTime> {
        let (mut year, mut month) = (from.year(), from.month());
        let mut today = Some(from);
        for _ in 0..MONTHS_SEARCHED {
            if year > LAST_YEAR {
                return None;
            }
            if self.is_in_year(year) && self.months >> month & 1 == 1 {
                let mut days = self.days.in_month(year, month);
                if days != 0 {
                    days &= allows(year, month);
                }
                if let Some(now) = today {
                    days &= u32::MAX << now.day();
                    if days >> now.day() & 1 == 1
                        && let Some(clock) = self.next_clock(now)
                    {
                        return Some(now.date().to_datetime(clock));
                    }
                    days &= !(1u32 << now.day());
                }
                if let Some(day) = bits(days).next() {
                    let date = Date::new(year, month, i8::try_from(day).ok()?).ok()?;
                    return Some(date.to_datetime(self.first_clock()?));
                }
            }
            today = None;
            (year, month) = if month == 12 { (self.year_after(year)?, 1) } else { (year, month + 1) };
        }
        None
    }

    fn is_in_year(&self, year: i16) -> bool {
        self.years.as_ref().is_none_or(|years| years.binary_search(&year).is_ok())
    }

    /// The next year to look at: a list of years is not walked through year by year.
    fn year_after(&self, year: i16) -> Option<i16> {
        match &self.years {
            None => year.checked_add(1),
            Some(years) => years.iter().copied().find(|candidate| *candidate > year),
        }
    }

    /// The first time of a day.
    fn first_clock(&self) -> Option<Clock> {
        clock(self.hours.trailing_zeros(), self.minutes.trailing_zeros(), self.seconds.trailing_zeros())
    }

    /// The first time of this day that is not before `now`.
    fn next_clock(&self, now: DateTime) -> Option<Clock> {
        let (hour, minute, second) = (
            u32::try_from(now.hour()).ok()?,
            u32::try_from(now.minute()).ok()?,
            u32::try_from(now.second()).ok()?,
        );
        if self.hours >> hour & 1 == 1 {
            if self.minutes >> minute & 1 == 1
                && let Some(second) = bit_from(self.seconds, second)
            {
                return clock(hour, minute, second);
            }
            if let Some(minute) = bit_from(self.minutes, minute + 1) {
                return clock(hour, minute, self.seconds.trailing_zeros());
            }
        }
        let hour = bit_from(u64::from(self.hours), hour + 1)?;
        clock(hour, self.minutes.trailing_zeros(), self.seconds.trailing_zeros())
    }
}

/// The fields by their meaning: seconds, the five of cron, years.
fn split<'a>(
    fields: &[&'a str],
    dialect: Dialect,
) -> Result<(&'a str, [&'a str; 5], Option<&'a str>), String> {
    let n = fields.len();
    match (dialect, fields) {
        (Dialect::Standard, &[minute, hour, day, month, weekday]) => {
            Ok(("0", [minute, hour, day, month, weekday], None))
        }
        (Dialect::Seconds | Dialect::Quartz, &[second, minute, hour, day, month, weekday]) => {
            Ok((second, [minute, hour, day, month, weekday], None))
        }
        (Dialect::Quartz, &[second, minute, hour, day, month, weekday, year]) => {
            Ok((second, [minute, hour, day, month, weekday], Some(year)))
        }
        (Dialect::Standard, _) if n == 6 || n == 7 => Err(format!(
            "it has {n} fields, and there are 5: minute, hour, day, month, weekday; \
             say dialect: seconds or dialect: quartz if seconds are in front"
        )),
        (Dialect::Standard, _) => {
            Err(format!("it has {n} fields, and there are 5: minute, hour, day, month, weekday"))
        }
        (Dialect::Seconds, _) => {
            Err(format!("it has {n} fields, and there are 6: second, minute, hour, day, month, weekday"))
        }
        (Dialect::Quartz, _) => Err(format!(
            "it has {n} fields, and Quartz has 6 or 7: second, minute, hour, day, month, weekday, year"
        )),
    }
}

fn unknown_nickname(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if lower == "@reboot" {
        return "@reboot has no time: a schedule fires by the clock alone".to_owned();
    }
    if lower.starts_with("@every") {
        return format!(
            "{text:?} counts from an unknown moment; write an interval of the clock, like */15 * * * *"
        );
    }
    let known: Vec<&str> = NICKNAMES.iter().map(|(name, _)| *name).collect();
    format!("{text:?} is not one of {}", known.join(" "))
}

fn clock(hour: u32, minute: u32, second: u32) -> Option<Clock> {
    Clock::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, 0).ok()
}

/// The first set bit at or after `from`.
fn bit_from(set: u64, from: u32) -> Option<u32> {
    let rest = set & u64::MAX.checked_shl(from)?;
    (rest != 0).then(|| rest.trailing_zeros())
}
