//! Words that several screens share. Every time has its day when that is not today, every number its unit.

use base::jiff::tz::TimeZone;
use base::{Date, Time};
use std::time::Duration;
use web::ui::days_from;

/// When it is for a reader, and where.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The time that it is.
    pub now: Time,
    /// The zone in which they read times.
    pub zone: &'a TimeZone,
}

impl Reader<'_> {
    /// The day that it is.
    pub fn today(&self) -> Date {
        self.now.date_in(self.zone)
    }

    /// An instant: `14:32` today, `Mon 14:32` within six days, else with the date.
    pub fn at(&self, time: Time) -> String {
        let civil = self.zone.to_datetime(time.timestamp());
        let pattern = match days_from(self.today(), civil.date()) {
            0 => "%H:%M",
            -6..=6 => "%a %H:%M",
            _ if civil.year() == self.today().year() => "%-d %b %H:%M",
            _ => "%-d %b %Y %H:%M",
        };
        civil.strftime(pattern).to_string()
    }

    /// The time of day alone, for places that name the day themselves.
    pub fn clock(&self, time: Time) -> String {
        self.zone.to_datetime(time.timestamp()).strftime("%H:%M").to_string()
    }
}

/// A length of time: `45 s`, `3 min 12 s`, `12 min`, `2 h 5 min`, `3 days`.
pub fn length(length: Duration) -> String {
    let s = length.as_secs();
    match s {
        0 => "less than 1 s".to_owned(),
        1..60 => format!("{s} s"),
        60..600 if !s.is_multiple_of(60) => format!("{} min {} s", s / 60, s % 60),
        60..3_600 => format!("{} min", s / 60),
        3_600..86_400 if s % 3_600 >= 60 => format!("{} h {} min", s / 3_600, s % 3_600 / 60),
        3_600..86_400 => format!("{} h", s / 3_600),
        _ => count(s / 86_400, "day"),
    }
}

/// A number with thin spaces between its thousands.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && digits.len() > 3 {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    text
}

/// `1 commit`, `23 commits`.
pub fn count(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(n), if n == 1 { "" } else { "s" })
}

/// A name as the start of a sentence or an entry of a menu.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Names as a sentence has them: `a`, `a and b`, `a, b and c`.
pub fn both<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [all @ .., last] => {
            let all: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", all.join(", "), last.as_ref())
        }
    }
}

/// The beginning of a text, on one line.
pub fn shortened(text: &str, chars: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(chars) {
        Some((cut, _)) => format!("{}…", line[..cut].trim_end()),
        None => line,
    }
}

/// The first seven letters of a commit, as git shows it.
pub fn short(commit: &str) -> &str {
    crate::gate::short(commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_numbers_are_said_with_their_units() {
        for (s, said) in [
            (0, "less than 1 s"),
            (59, "59 s"),
            (60, "1 min"),
            (192, "3 min 12 s"),
            (720, "12 min"),
            (3_600, "1 h"),
            (7_500, "2 h 5 min"),
            (86_400, "1 day"),
            (300_000, "3 days"),
        ] {
            assert_eq!(length(Duration::from_secs(s)), said, "{s}");
        }
        assert_eq!(count(8_214, "commit"), "8\u{2009}214 commits");
        assert_eq!(count(1_000_000, "line"), "1\u{2009}000\u{2009}000 lines");
        assert_eq!(both(&["Ana"]), "Ana");
        assert_eq!(both(&["Ana", "Greg", "Marco"]), "Ana, Greg and Marco");
    }

    #[test]
    fn a_time_has_its_day_when_that_is_not_today() {
        let now = Time::parse("2026-12-01T14:32:00Z").expect("a time");
        let reader = Reader { now, zone: &TimeZone::UTC };
        for (time, said) in [
            ("2026-12-01T15:10:00Z", "15:10"),
            ("2026-12-02T09:00:00Z", "Wed 09:00"),
            ("2026-11-20T09:00:00Z", "20 Nov 09:00"),
            ("2027-01-02T09:00:00Z", "2 Jan 2027 09:00"),
        ] {
            assert_eq!(reader.at(Time::parse(time).expect("a time")), said);
        }
    }
}
