//! Instants and dates. An instant is whole milliseconds UTC, because that is what every door shows.

use crate::{Error, Result};
use std::fmt;

/// A day without a zone.
pub type Date = jiff::civil::Date;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Time(i64);

/// The years that are accepted from outside; beyond them arithmetic and other programs break.
const EARLIEST: i64 = -62_135_596_800_000; // 0001-01-01
const LATEST: i64 = 253_402_300_799_999; // 9999-12-31

impl Time {
    /// The instant so many milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339; without an offset it is UTC (Python's `datetime.isoformat()` sends none). A bare date is its midnight UTC.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let parsed = text
            .parse::<jiff::Timestamp>()
            .ok()
            .or_else(|| {
                let civil = text.parse::<jiff::civil::DateTime>().ok()?;
                civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
            })
            .map(|timestamp| timestamp.as_millisecond())
            .filter(|millis| (EARLIEST..=LATEST).contains(millis));
        parsed.map(Self).ok_or_else(|| {
            let shown: String = text.chars().take(60).collect();
            Error::invalid(
                "time.malformed",
                format!("{shown:?} is not a time; write it like 2026-11-22T15:00:00Z"),
            )
        })
    }

    /// The instant `by` later.
    #[must_use]
    pub fn plus(self, by: std::time::Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The instant `by` earlier.
    #[must_use]
    pub fn minus(self, by: std::time::Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long it is from `earlier` to here; zero when `earlier` is later.
    pub fn since(self, earlier: Time) -> std::time::Duration {
        std::time::Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The same instant as jiff has it, for zones and calendars.
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// The day that it is at this instant in `zone`.
    pub fn date_in(self, zone: &jiff::tz::TimeZone) -> Date {
        zone.to_datetime(self.timestamp()).date()
    }

    /// The day that it is at this instant in UTC.
    pub fn date_utc(self) -> Date {
        self.date_in(&jiff::tz::TimeZone::UTC)
    }
}

impl From<jiff::Timestamp> for Time {
    fn from(timestamp: jiff::Timestamp) -> Self {
        Self(timestamp.as_millisecond())
    }
}

/// RFC 3339 with milliseconds and `Z`, always: scripts compare these texts.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }
}

impl Time {
    /// The text, digit by digit: every list shows hundreds of these, and formatting machinery took a twentieth of its time.
    fn text(self) -> [u8; 24] {
        let at = jiff::tz::Offset::UTC.to_datetime(self.timestamp());
        let (day, time) = (at.date(), at.time());
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let mut put = |end: usize, digits: usize, number: i32| {
            let mut rest = number.unsigned_abs();
            for place in (end - digits..end).rev() {
                text[place] = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
        };
        // Years before 1 are not accepted from outside ([`EARLIEST`]).
        put(4, 4, day.year().into());
        put(7, 2, day.month().into());
        put(10, 2, day.day().into());
        put(13, 2, time.hour().into());
        put(16, 2, time.minute().into());
        put(19, 2, time.second().into());
        put(23, 3, time.subsec_nanosecond() / 1_000_000);
        text
    }
}

impl std::str::FromStr for Time {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(str::from_utf8(&self.text()).map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> serde::Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Reads a length of time as people type it: `90s`, `15m`, `2h`, `1h30m`, `7d`, or whole seconds.
pub fn parse_duration(text: &str) -> Result<std::time::Duration> {
    let malformed = || {
        let shown: String = text.chars().take(40).collect();
        Error::invalid(
            "duration.malformed",
            format!("{shown:?} is not a length of time; write it like 90s, 15m or 1h30m"),
        )
    };
    let trimmed = text.trim();
    if let Ok(seconds) = trimmed.parse::<u32>() {
        return Ok(std::time::Duration::from_secs(seconds.into()));
    }
    let mut seconds: u64 = 0;
    let mut digits = String::new();
    for c in trimmed.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return Err(malformed()),
        };
        let count: u64 = digits.parse::<u32>().map_err(|_| malformed())?.into();
        seconds = seconds.checked_add(count * unit).ok_or_else(malformed)?;
        digits.clear();
    }
    if !digits.is_empty() || seconds == 0 {
        return Err(malformed());
    }
    Ok(std::time::Duration::from_secs(seconds))
}

/// Says a length of time in words that fit a sentence: `40 s`, `12 min`, `3 h 5 min`, `2 days`.
pub fn in_words(length: std::time::Duration) -> String {
    let s = length.as_secs();
    match s {
        0..60 => format!("{s} s"),
        60..3_600 => format!("{} min", s / 60),
        3_600..86_400 if s % 3_600 < 60 => format!("{} h", s / 3_600),
        3_600..86_400 => format!("{} h {} min", s / 3_600, s % 3_600 / 60),
        86_400..172_800 => "1 day".to_owned(),
        _ => format!("{} days", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_scripts_write_them_and_shown_with_milliseconds() {
        for (given, shown) in [
            ("2026-11-22T15:00:00Z", "2026-11-22T15:00:00.000Z"),
            ("2026-11-22T15:00:00.147+01:00", "2026-11-22T14:00:00.147Z"),
            ("2026-11-22T15:00:00.123456", "2026-11-22T15:00:00.123Z"),
            ("2026-11-22", "2026-11-22T00:00:00.000Z"),
        ] {
            assert_eq!(Time::parse(given).expect(given).to_string(), shown, "from {given}");
        }
        for bad in ["", "now", "2026-02-31", "99999-01-01T00:00:00Z", "2026-13-01"] {
            assert!(Time::parse(bad).is_err(), "{bad:?} must be refused");
        }
    }

    #[test]
    fn durations_are_read_as_people_type_them() {
        for (given, seconds) in [("90", 90), ("90s", 90), ("15m", 900), ("1h30m", 5_400), ("7d", 604_800)] {
            assert_eq!(parse_duration(given).expect(given).as_secs(), seconds, "from {given}");
        }
        for bad in ["", "m", "5x", "5m3", "-5m", "0s", "99999999999h"] {
            assert!(parse_duration(bad).is_err(), "{bad:?} must be refused");
        }
    }
}
