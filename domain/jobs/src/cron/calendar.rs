//! Named sets of days: holidays, quarter ends, the week a company is closed.

use super::days::Month;
use crate::file::{self, Observed};
use base::Date;
use base::jiff::ToSpan;
use base::jiff::civil::Weekday;

/// A calendar that is ready to be asked.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// The name that schedules use.
    pub name: String,
    dates: Vec<Date>,
    ranges: Vec<(Date, Date)>,
    yearly: Vec<Yearly>,
    weekdays: u8,
    observed: Observed,
}

/// A day that returns each year.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Yearly {
    /// Month and day. 29 February is in leap years only.
    Fixed(i8, i8),
    /// The nth of a weekday in a month; -1 is the last.
    Nth(i8, Weekday, i8),
    /// So many days from Easter Sunday.
    Easter(i32),
}

const ORDINALS: [(&str, i8); 11] = [
    ("first", 1),
    ("second", 2),
    ("third", 3),
    ("fourth", 4),
    ("fifth", 5),
    ("last", -1),
    ("1st", 1),
    ("2nd", 2),
    ("3rd", 3),
    ("4th", 4),
    ("5th", 5),
];

impl Calendar {
    /// Makes a job file's calendar ready.
    pub fn new(name: &str, calendar: &file::Calendar) -> Result<Self, String> {
        let mut dates = calendar.dates.clone();
        dates.sort_unstable();
        let yearly = calendar.yearly.iter().map(|rule| Yearly::parse(rule)).collect::<Result<_, _>>()?;
        let weekdays =
            calendar.weekdays.iter().fold(0, |set, day| set | 1 << weekday_of(*day).to_sunday_zero_offset());
        let (name, ranges, observed) = (name.to_owned(), calendar.ranges.clone(), calendar.observed);
        Ok(Self { name, dates, ranges, yearly, weekdays, observed })
    }

    /// Whether a day is in the set.
    pub fn contains(&self, date: Date) -> bool {
        self.weekdays >> date.weekday().to_sunday_zero_offset() & 1 == 1
            || self.dates.binary_search(&date).is_ok()
            || self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&date))
            || self.is_yearly(date)
    }

    fn is_yearly(&self, date: Date) -> bool {
        // An observed New Year's Day can be in the year before, and one on a Sunday in December could move into the next.
        let years = [date.year() - 1, date.year(), date.year() + 1];
        let years = if self.observed == Observed::No { &years[1..2] } else { &years[..] };
        years.iter().any(|year| {
            let days: Vec<Date> = self.yearly.iter().filter_map(|rule| rule.in_year(*year)).collect();
            days.contains(&date) || days.iter().any(|day| self.observed_on(*day, &days) == Some(date))
        })
    }

    /// The weekday on which a day is observed that falls on a weekend.
    fn observed_on(&self, day: Date, others: &[Date]) -> Option<Date> {
        let shift = match (self.observed, day.weekday()) {
            (Observed::Nearest, Weekday::Saturday) => -1,
            (Observed::Nearest, Weekday::Sunday) => 1,
            (Observed::Following, Weekday::Saturday | Weekday::Sunday) => return following(day, others),
            _ => return None,
        };
        day.checked_add(shift.days()).ok()
    }
}

/// The first weekday behind a weekend that no other day has taken. Days before this one in the same weekend move first.
fn following(day: Date, others: &[Date]) -> Option<Date> {
    let is_weekend = |day: Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let before = others
        .iter()
        .filter(|other| **other < day && is_weekend(**other) && day.duration_since(**other).as_hours() < 48)
        .count();
    let mut free = 0;
    let mut candidate = day;
    for _ in 0..14 {
        candidate = candidate.tomorrow().ok()?;
        if is_weekend(candidate) || others.contains(&candidate) {
            continue;
        }
        if free == before {
            return Some(candidate);
        }
        free += 1;
    }
    None
}

impl Yearly {
    fn parse(text: &str) -> Result<Self, String> {
        let refused = || {
            let shown: String = text.chars().take(60).collect();
            format!("{shown:?} is not a day of the year; write 12-25, last monday of may, or easter -2")
        };
        let lower = text.trim().to_ascii_lowercase();
        if let Some(rest) = lower.strip_prefix("easter") {
            let rest = rest.replace(' ', "");
            let days = if rest.is_empty() { Ok(0) } else { rest.trim_start_matches('+').parse::<i32>() };
            return match days {
                Ok(days) if days.abs() <= 100 && (rest.is_empty() || rest.starts_with(['+', '-'])) => {
                    Ok(Self::Easter(days))
                }
                _ => Err(refused()),
            };
        }
        if let Some((month, day)) = lower.split_once('-') {
            let (month, day) = (month.parse().map_err(|_| refused())?, day.parse().map_err(|_| refused())?);
            // 2000 was a leap year, so 02-29 is a day of the year.
            return match Date::new(2000, month, day) {
                Ok(_) => Ok(Self::Fixed(month, day)),
                Err(_) => Err(refused()),
            };
        }
        let words: Vec<&str> = lower.split_whitespace().collect();
        let [nth, weekday, "of" | "in", month] = words[..] else { return Err(refused()) };
        let nth = ORDINALS.iter().find(|(word, _)| *word == nth).ok_or_else(refused)?.1;
        let weekday = file::Weekday::parse(weekday).map_err(|_| refused())?;
        let month = super::words::MONTHS
            .iter()
            .position(|name| name.eq_ignore_ascii_case(month))
            .and_then(|at| i8::try_from(at + 1).ok())
            .ok_or_else(refused)?;
        Ok(Self::Nth(nth, weekday_of(weekday), month))
    }

    fn in_year(self, year: i16) -> Option<Date> {
        match self {
            Self::Fixed(month, day) => Date::new(year, month, day).ok(),
            Self::Nth(nth, weekday, month) => {
                Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, weekday).ok()
            }
            Self::Easter(days) => easter(year)?.checked_add(days.days()).ok(),
        }
    }
}

/// Easter Sunday of the Gregorian calendar, by the method that is printed in Butcher's Ecclesiastical Calendar.
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (golden, century, rest) = (y % 19, y / 100, y % 100);
    let moon = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
    let late = (golden + 11 * moon + 22 * weekday) / 451;
    let days = moon + weekday - 7 * late + 114;
    Date::new(year, i8::try_from(days / 31).ok()?, i8::try_from(days % 31 + 1).ok()?).ok()
}

fn weekday_of(day: file::Weekday) -> Weekday {
    match day {
        file::Weekday::Monday => Weekday::Monday,
        file::Weekday::Tuesday => Weekday::Tuesday,
        file::Weekday::Wednesday => Weekday::Wednesday,
        file::Weekday::Thursday => Weekday::Thursday,
        file::Weekday::Friday => Weekday::Friday,
        file::Weekday::Saturday => Weekday::Saturday,
        file::Weekday::Sunday => Weekday::Sunday,
    }
}

/// The days of a month that a test holds for, as bits.
fn days_where(year: i16, month: i8, test: impl Fn(Date) -> bool) -> u32 {
    let length = Month::new(year, month).map_or(0, |month| month.length);
    (1..=length)
        .filter(|day| {
            i8::try_from(*day).ok().and_then(|day| Date::new(year, month, day).ok()).is_some_and(&test)
        })
        .fold(0, |days, day| days | 1 << day)
}

/// The days of a month that are in all of these calendars.
pub(super) fn in_all(calendars: &[Calendar], year: i16, month: i8) -> u32 {
    days_where(year, month, |date| calendars.iter().all(|calendar| calendar.contains(date)))
}

/// The nth business day of a month, counted from its end when negative: no weekend, and in none of the calendars.
pub(super) fn business_day(nth: i8, holidays: &[Calendar], year: i16, month: i8) -> u32 {
    let open = days_where(year, month, |date| is_business_day(date, holidays));
    let mut days = super::days::bits(open);
    let place = usize::from(nth.unsigned_abs()).saturating_sub(1);
    let day = if nth > 0 { days.nth(place) } else { days.collect::<Vec<_>>().into_iter().rev().nth(place) };
    day.map_or(0, |day| 1 << day)
}

/// Whether people work on a day: Monday to Friday, and in none of the calendars.
pub fn is_business_day(date: Date, holidays: &[Calendar]) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
        && !holidays.iter().any(|calendar| calendar.contains(date))
}
