//! An expression in words: "every 15 minutes", "at 06:00 on day 1 of each month".

use super::days::{Days, bits};
use super::expression::Expression;

/// The months by their names.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const ORDINALS: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
/// More times of the day than this are told as minutes and hours.
const TIMES_LISTED: u32 = 6;

/// When an expression fires, without the zone.
pub(super) fn of(expression: &Expression) -> String {
    let mut words = clock(expression);
    let days = days(&expression.days);
    let months = months(expression.months);
    match (days.as_deref(), months) {
        (None, None) => {
            if words.starts_with("at ") {
                words.push_str(" each day");
            }
        }
        (Some(days), None) => {
            words.push_str(&format!(" on {days}"));
            if expression.days.is_about_months() {
                words.push_str(" of each month");
            }
        }
        (None, Some(months)) => words.push_str(&format!(" each day in {months}")),
        (Some(days), Some(months)) if expression.days.is_about_months() => {
            words.push_str(&format!(" on {days} of {months}"));
        }
        (Some(days), Some(months)) => words.push_str(&format!(" on {days} in {months}")),
    }
    if let Some(years) = &expression.years {
        words.push_str(&format!(
            " in {}",
            list(&years.iter().map(ToString::to_string).collect::<Vec<_>>(), "and")
        ));
    }
    words
}

fn clock(expression: &Expression) -> String {
    let Expression { seconds, minutes, hours, .. } = *expression;
    let every_hour = hours.count_ones() == 24;
    let every_minute = minutes.count_ones() == 60;
    if seconds != 1 {
        let second = match interval(seconds, 60) {
            Some(1) => "every second".to_owned(),
            Some(step) => format!("every {step} seconds"),
            None => format!("at {}", counted("second", seconds)),
        };
        return match (every_minute, every_hour) {
            (true, true) => second,
            _ => format!("{second}, {}", clock(&Expression { seconds: 1, ..expression.clone() })),
        };
    }
    let minute = interval(minutes, 60);
    match (minute, every_hour) {
        (Some(1), true) => return "every minute".to_owned(),
        (Some(step), true) => return format!("every {step} minutes"),
        _ => {}
    }
    if minutes.count_ones() == 1 && every_hour {
        return match minutes.trailing_zeros() {
            0 => "every hour".to_owned(),
            minute => format!("every hour at minute {minute}"),
        };
    }
    if minutes.count_ones() * hours.count_ones() <= TIMES_LISTED {
        let times: Vec<String> = bits(hours)
            .flat_map(|hour| numbers(minutes).map(move |minute| format!("{hour:02}:{minute:02}")))
            .collect();
        return format!("at {}", list(&times, "and"));
    }
    let minute = match minute {
        Some(1) => "every minute".to_owned(),
        Some(step) => format!("every {step} minutes"),
        None => format!("at {}", counted("minute", minutes)),
    };
    if every_hour {
        return format!("{minute} of each hour");
    }
    match interval(u64::from(hours), 24) {
        Some(step) if minutes.count_ones() == 1 => {
            let minute = minutes.trailing_zeros();
            if minute == 0 {
                format!("every {step} hours")
            } else {
                format!("every {step} hours at minute {minute}")
            }
        }
        _ => format!("{minute} of {}", counted("hour", u64::from(hours))),
    }
}

/// The step of a set that has every nth value from 0 on.
fn interval(set: u64, size: u32) -> Option<u32> {
    let step = match set.count_ones() {
        0 | 1 => return None,
        n if size.is_multiple_of(n) => size / n,
        _ => return None,
    };
    (0..size).step_by(step as usize).all(|value| set >> value & 1 == 1).then_some(step)
}

impl Days {
    /// Whether it means places in a month, not just weekdays.
    fn is_about_months(&self) -> bool {
        !self.is_any_day || self.last_weekdays != 0 || self.nth_weekdays.iter().any(|set| *set != 0)
    }
}

fn days(days: &Days) -> Option<String> {
    let by_number = (!days.is_any_day).then(|| numbered(days));
    let by_weekday = (!days.is_any_weekday).then(|| by_weekday(days));
    match (by_number, by_weekday) {
        (Some(numbers), Some(weekdays)) if days.needs_both => {
            Some(format!("{numbers}, where it is {weekdays},"))
        }
        (Some(numbers), Some(weekdays)) => Some(format!("{numbers} and also each {weekdays}")),
        (Some(days), None) | (None, Some(days)) => Some(days),
        (None, None) => None,
    }
}

fn numbered(days: &Days) -> String {
    let mut parts = Vec::new();
    if days.numbers != 0 {
        parts.push(counted("day", u64::from(days.numbers)));
    }
    for before in bits(days.from_last) {
        parts.push(last(before));
    }
    for day in bits(days.nearest) {
        parts.push(match day {
            1 => "the first weekday".to_owned(),
            _ => format!("the weekday nearest to day {day}"),
        });
    }
    for before in bits(days.nearest_from_last) {
        parts.push(match before {
            0 => "the last weekday".to_owned(),
            _ => format!("the weekday nearest to {}", last(before)),
        });
    }
    list(&parts, "and")
}

fn last(before: u32) -> String {
    match before {
        0 => "the last day".to_owned(),
        1 => "the day before the last".to_owned(),
        _ => format!("{before} days before the last day"),
    }
}

fn by_weekday(days: &Days) -> String {
    let mut parts = Vec::new();
    if days.weekdays != 0 {
        // People's weeks begin on Monday.
        let from_monday = u64::from(days.weekdays >> 1 | (days.weekdays & 1) << 6);
        parts.push(ranges(from_monday, |day| WEEKDAYS[(day as usize + 1) % 7].to_owned()));
    }
    for day in bits(u32::from(days.last_weekdays)) {
        parts.push(format!("the last {}", WEEKDAYS[day as usize]));
    }
    for (nth, set) in ORDINALS.iter().zip(days.nth_weekdays) {
        for day in bits(u32::from(set)) {
            parts.push(format!("the {nth} {}", WEEKDAYS[day as usize]));
        }
    }
    list(&parts, "and")
}

pub(super) fn months(set: u16) -> Option<String> {
    let set = u64::from(set >> 1);
    (set.count_ones() < 12).then(|| ranges(set, |month| MONTHS[month as usize].to_owned()))
}

/// "day 3", "days 3 to 7 and 12".
pub(super) fn counted(noun: &str, set: u64) -> String {
    let plural = if set.count_ones() == 1 { "" } else { "s" };
    format!("{noun}{plural} {}", ranges(set, |value| value.to_string()))
}

/// The values of a set, three or more in a row as a range.
fn ranges(set: u64, name: impl Fn(u32) -> String) -> String {
    let mut parts = Vec::new();
    let mut values = numbers(set).peekable();
    while let Some(from) = values.next() {
        let mut to = from;
        while values.next_if_eq(&(to + 1)).is_some() {
            to += 1;
        }
        match to - from {
            0 => parts.push(name(from)),
            1 => parts.extend([name(from), name(to)]),
            _ => parts.push(format!("{} to {}", name(from), name(to))),
        }
    }
    list(&parts, "and")
}

fn numbers(set: u64) -> impl Iterator<Item = u32> {
    (0..64).filter(move |bit| set >> bit & 1 == 1)
}

/// "a, b and c".
pub(super) fn list(parts: &[String], and: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {and} {last}", most.join(", ")),
    }
}
