//! Words that the pages of jobs share. Every time has its day when that is not today, every number its unit.

use base::Time;
use base::jiff::tz::TimeZone;
use std::time::Duration;
use web::ui::{Frame, days_from};

/// When it is for a reader, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    pub now: Time,
    pub zone: &'a TimeZone,
}

impl<'a> Reader<'a> {
    pub(crate) fn of(frame: &'a Frame) -> Self {
        Self { now: frame.now, zone: &frame.shell.zone }
    }

    /// An instant: `14:32` today, `Mon 14:32` within six days, else with the date.
    pub(crate) fn at(&self, time: Time) -> String {
        let (civil, today) = (self.zone.to_datetime(time.timestamp()), self.now.date_in(self.zone));
        let pattern = match days_from(today, civil.date()) {
            0 => "%H:%M",
            -6..=6 => "%a %H:%M",
            _ if civil.year() == today.year() => "%-d %b %H:%M",
            _ => "%-d %b %Y %H:%M",
        };
        civil.strftime(pattern).to_string()
    }

    /// Whether a clock of another zone, written `2026-11-01 06:00:00 +00:00`, shows the same as the reader's.
    pub(crate) fn shows(&self, time: Time, local: &str) -> bool {
        let own = self.zone.to_datetime(time.timestamp());
        local.starts_with(&own.strftime("%Y-%m-%d %H:%M:%S").to_string())
    }

    /// An instant that is to come: `in 12 min, 14:32`.
    pub(crate) fn soon(&self, time: Time) -> String {
        let left = time.since(self.now);
        match left.as_secs() {
            0..60 => format!("in less than a minute, {}", self.at(time)),
            s @ 60..86_400 => {
                format!("in {}, {}", length(Duration::from_secs(s / 60 * 60)), self.at(time))
            }
            _ => self.at(time),
        }
    }
}

/// A length of time: `45 s`, `3 min 12 s`, `2 h 5 min`, `3 days`.
pub(crate) fn length(length: Duration) -> String {
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
pub(crate) fn number(n: u64) -> String {
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

/// `1 run`, `23 runs`.
pub(crate) fn count(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(n), if n == 1 { "" } else { "s" })
}

/// A figure with its unit: `71.4 %`, `1 284`, `12.5 ms`.
pub(crate) fn figure(value: f64, unit: Option<&str>) -> String {
    let rounded = format!("{:.3}", value.abs());
    let (whole, rest) = rounded.split_once('.').unwrap_or((&rounded, ""));
    let rest = rest.trim_end_matches('0');
    let mut text = if value < 0.0 { "\u{2212}".to_owned() } else { String::new() };
    text.push_str(&whole.parse().map_or_else(|_| whole.to_owned(), number));
    if !rest.is_empty() {
        text.push('.');
        text.push_str(rest);
    }
    match unit {
        None | Some("") => text,
        Some("percent" | "%") => format!("{text} %"),
        Some(unit) => format!("{text} {unit}"),
    }
}

/// How large a file is: `412 kB`.
pub(crate) fn size(bytes: i64) -> String {
    let bytes = u64::try_from(bytes).unwrap_or(0);
    match bytes {
        0..1_000 => count(bytes, "byte"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// A sentence begins with a capital.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The beginning of a text, on one line.
pub(crate) fn shortened(text: &str, chars: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(chars) {
        Some((cut, _)) => format!("{}…", line[..cut].trim_end()),
        None => line,
    }
}

/// A text that ends like a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let text = capital(text.trim());
    if text.ends_with(['.', '?', '!', '…']) { text } else { format!("{text}.") }
}

/// A local time as a field for it holds it.
pub(crate) fn local(at: Time, zone: &TimeZone) -> String {
    zone.to_datetime(at.timestamp()).strftime("%Y-%m-%dT%H:%M").to_string()
}

#[cfg(test)]
#[test]
fn figures_are_said_with_their_units() {
    for (value, unit, said) in [
        (71.4, Some("percent"), "71.4 %"),
        (1_284.0, None, "1\u{2009}284"),
        (-0.5, Some("s"), "\u{2212}0.5 s"),
        (0.1 + 0.2, None, "0.3"),
    ] {
        assert_eq!(figure(value, unit), said);
    }
    assert_eq!((size(999), size(412_300)), ("999 bytes".to_owned(), "412 kB".to_owned()));
}
