//! Days and months of the proleptic Gregorian calendar, in UTC, without times: exports speak of days only.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;
use std::str::FromStr;

/// A day, counted from 1970-01-01; written `2026-11-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub i32);

/// A calendar month, counted from January of the year 0; written `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Month(pub i32);

impl Day {
    /// The day with this date; `None` where the calendar has no such day.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Day> {
        let days = *MONTH_DAYS.get(month.wrapping_sub(1) as usize)? + u32::from(month == 2 && is_leap(year));
        (1..=days).contains(&day).then(|| Day(days_before(year, month) + day as i32 - 1))
    }

    /// Year, month from 1, day from 1.
    pub fn date(self) -> (i32, u32, u32) {
        // Years begin in March here, so that the leap day is the last of a year (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i32::from(month <= 2);
        (year, month as u32, day as u32)
    }

    /// The month it lies in.
    pub fn month(self) -> Month {
        let (year, month, _) = self.date();
        Month(year * 12 + month as i32 - 1)
    }

    /// The day so many days later.
    #[must_use]
    pub fn plus(self, days: i32) -> Day {
        Day(self.0 + days)
    }

    /// Reads `2026-11-01`, also with a time of day behind it, which is dropped.
    #[inline]
    pub fn parse(text: &[u8]) -> Option<Day> {
        let date: &[u8; 10] = text.first_chunk()?;
        if date[4] != b'-' || date[7] != b'-' || !matches!(text.get(10), None | Some(b'T' | b' ')) {
            return None;
        }
        let mut wrong = 0;
        let mut digit = |at: usize| {
            let digit = date[at].wrapping_sub(b'0');
            wrong |= u8::from(digit > 9);
            u32::from(digit)
        };
        let year = digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3);
        let month = digit(5) * 10 + digit(6);
        let day = digit(8) * 10 + digit(9);
        if wrong != 0 {
            return None;
        }
        Day::new(year as i32, month, day)
    }
}

/// Days of the months of a year that is no leap year.
const MONTH_DAYS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_before(year: i32, month: u32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = (month as i32 + 9) % 12;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * from_march + 2) / 5
        - 719_468
}

impl Month {
    /// The month with this number, from 1.
    pub fn new(year: i32, month: u32) -> Option<Month> {
        (1..=12).contains(&month).then(|| Month(year * 12 + month as i32 - 1))
    }

    /// Year, and month from 1.
    pub fn parts(self) -> (i32, u32) {
        (self.0.div_euclid(12), self.0.rem_euclid(12) as u32 + 1)
    }

    /// Its first day.
    pub fn first(self) -> Day {
        let (year, month) = self.parts();
        Day(days_before(year, month))
    }

    /// Its last day.
    pub fn last(self) -> Day {
        self.plus(1).first().plus(-1)
    }

    /// The month so many months later.
    #[must_use]
    pub fn plus(self, months: i32) -> Month {
        Month(self.0 + months)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = self.parts();
        write!(f, "{year:04}-{month:02}")
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Day, String> {
        let day = if text.len() == 10 { Day::parse(text.as_bytes()) } else { None };
        day.ok_or_else(|| format!("`{text}` is no day: write it as 2026-11-01"))
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Month, String> {
        let first = if text.len() == 7 { Day::parse(format!("{text}-01").as_bytes()) } else { None };
        first.map(Day::month).ok_or_else(|| format!("`{text}` is no month: write it as 2026-11"))
    }
}

macro_rules! as_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    };
}
as_text!(Day);
as_text!(Month);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_is_the_next_of_the_one_before() {
        let calendar = jiff::civil::date(1999, 1, 1);
        let start = Day::new(1999, 1, 1).expect("a day");
        for n in 0..60_000 {
            let expected = calendar.saturating_add(jiff::Span::new().days(n));
            let day = start.plus(n);
            assert_eq!(day.to_string(), expected.to_string());
            assert_eq!(Day::parse(expected.to_string().as_bytes()), Some(day));
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2026",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "01/02/2026",
            "2026-11-01x",
            "null",
        ] {
            assert_eq!(Day::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Day::parse(b"2024-02-29T23:59:59Z"), Day::new(2024, 2, 29));
    }

    #[test]
    fn a_month_knows_its_days() {
        let month: Month = "2024-02".parse().expect("a month");
        assert_eq!(
            (month.first().to_string(), month.last().to_string()),
            ("2024-02-01".into(), "2024-02-29".into())
        );
        assert_eq!(month.plus(-2).to_string(), "2023-12");
        assert!("2024-2".parse::<Month>().is_err());
    }
}
