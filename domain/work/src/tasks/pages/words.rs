//! Days and lines as people type them: `fri`, `in 2 weeks`, `4 Dec 16:00`; `Call Marco fri @jonas #billing`.

#[cfg(test)]
mod tests;

use crate::tasks::When;
use base::jiff::civil::{DateTime, Time as Clock, Weekday, date};
use base::jiff::tz::TimeZone;
use base::jiff::{Span, ToSpan};
use base::{Date, Error, Result, Time};

/// From where words are understood: the day it is for the reader, and their zone.
#[derive(Clone, Debug)]
pub(crate) struct Here {
    pub today: Date,
    pub zone: TimeZone,
}

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Reads when something is due. Nothing, and the words for nothing, are no date at all.
pub(crate) fn when(text: &str, here: &Here) -> Result<Option<When>> {
    let text = text.trim().to_lowercase();
    if matches!(text.as_str(), "" | "-" | "none" | "never" | "no date" | "no due date") {
        return Ok(None);
    }
    let words: Vec<&str> = text.split([' ', ',', '\u{a0}']).filter(|word| !word.is_empty()).collect();
    understood(&words, here)?.map(Some).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        Error::invalid(
            "date.unknown",
            format!("\u{201c}{shown}\u{201d} is not a day. Write today, fri, 4 Dec, in 2 weeks or 2026-12-04, and a time after it if there is one"),
        )
    })
}

/// A day and perhaps a time; none when the words say neither, an error when they name a day that there is not.
fn understood(words: &[&str], here: &Here) -> Result<Option<When>> {
    let (days, clock) = split_clock(words);
    let day = match (days.is_empty(), clock.is_some()) {
        (true, true) => Some(here.today),
        _ => day(days, here.today)?,
    };
    Ok(match (day, clock) {
        (None, _) => None,
        (Some(day), None) => Some(When::On(day)),
        (Some(day), Some(clock)) => Some(When::At(instant(day, clock, &here.zone)?)),
    })
}

fn instant(day: Date, clock: Clock, zone: &TimeZone) -> Result<Time> {
    let zoned = DateTime::from_parts(day, clock).to_zoned(zone.clone());
    zoned
        .map(|zoned| Time::from(zoned.timestamp()))
        .map_err(|e| Error::invalid("date.unknown", "that time is too far away").because(e))
}

/// Takes a time off the end: `16:00`, `4pm`, `at 4:30 pm`.
fn split_clock<'a, 'b>(words: &'a [&'b str]) -> (&'a [&'b str], Option<Clock>) {
    let (rest, found) = match words {
        [rest @ .., hour, half @ ("am" | "pm")] => (rest, clock(&format!("{hour}{half}"))),
        [rest @ .., one] => (rest, clock(one)),
        [] => (words, None),
    };
    match (rest, found) {
        ([rest @ .., "at"], Some(found)) => (rest, Some(found)),
        (rest, Some(found)) => (rest, Some(found)),
        (_, None) => (words, None),
    }
}

fn clock(word: &str) -> Option<Clock> {
    let (digits, half) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(digits), _) => (digits, Some(0)),
        (_, Some(digits)) => (digits, Some(12)),
        _ => (word, None),
    };
    let (hour, minute) = match digits.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (hour.parse().ok()?, minute.parse().ok()?),
        Some(_) => return None,
        None => (digits.parse::<i8>().ok().filter(|_| half.is_some())?, 0),
    };
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
        None => hour,
    };
    Clock::new(hour, minute, 0, 0).ok()
}

fn day(words: &[&str], today: Date) -> Result<Option<Date>> {
    let plus = |span: Span| Ok(today.checked_add(span).ok());
    match words {
        ["on" | "by" | "due" | "this", rest @ ..] if !rest.is_empty() => day(rest, today),
        ["today" | "tod"] => Ok(Some(today)),
        ["tomorrow" | "tom" | "tmr" | "tmrw"] => plus(1.day()),
        ["yesterday"] => plus((-1).days()),
        ["next", "week"] => Ok(Some(coming(today, Weekday::Monday))),
        ["next", "month"] => Ok(today.first_of_month().checked_add(1.month()).ok()),
        ["end", "of", "month"] => Ok(Some(today.last_of_month())),
        ["end", "of", "week"] => Ok(Some(coming(today.yesterday().unwrap_or(today), Weekday::Friday))),
        // The one of the week after this one.
        ["next", name] => Ok(weekday(name).map(|wanted| {
            let monday = coming(today, Weekday::Monday);
            if wanted == Weekday::Monday { monday } else { coming(monday, wanted) }
        })),
        ["in", rest @ ..] => Ok(length(rest).and_then(|span| today.checked_add(span).ok())),
        [name] if weekday(name).is_some() => Ok(weekday(name).map(|wanted| coming(today, wanted))),
        [iso] if iso.len() == 10 && iso.as_bytes()[4] == b'-' => written(iso),
        [dotted] if dotted.contains('.') => in_dots(dotted, today),
        [a, b] => match (number(a), month(b), month(a), number(b)) {
            (Some(day), Some(month), _, _) | (_, _, Some(month), Some(day)) => near(day, month, today),
            _ => Ok(length(words).and_then(|span| today.checked_add(span).ok())),
        },
        [a, b, year] => {
            let Some(year) = year.parse::<i16>().ok().filter(|year| (1900..=9998).contains(year)) else {
                return Ok(None);
            };
            match (number(a), month(b), month(a), number(b)) {
                (Some(day), Some(month), _, _) | (_, _, Some(month), Some(day)) => {
                    exactly(day, month, year).map(Some)
                }
                _ => Ok(None),
            }
        }
        _ => Ok(length(words).and_then(|span| today.checked_add(span).ok())),
    }
}

fn weekday(word: &str) -> Option<Weekday> {
    let is_short = |name: &str| word.len() >= 3 && name.starts_with(word);
    DAYS.iter().find(|(name, _)| is_short(name)).map(|(_, day)| *day)
}

fn month(word: &str) -> Option<i8> {
    let word = word.trim_end_matches('.');
    let found = MONTHS.iter().position(|name| word.len() >= 3 && name.starts_with(word))?;
    i8::try_from(found + 1).ok()
}

/// The next such day after `day`.
fn coming(day: Date, wanted: Weekday) -> Date {
    day.nth_weekday(1, wanted).unwrap_or(day)
}

/// A day of a month: `4`, `4th`, `4.`
fn number(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(['.', 's', 't', 'n', 'd', 'r', 'h']);
    digits.parse().ok().filter(|day| (1..=31).contains(day))
}

/// `3 days`, `2w`, `a month`.
fn length(words: &[&str]) -> Option<Span> {
    let (count, unit) = match words {
        ["a" | "an" | "one", unit] => (1, *unit),
        [count, unit] => (count.parse::<i32>().ok()?, *unit),
        [both] => {
            let at = both.find(|c: char| !c.is_ascii_digit())?;
            (both[..at].parse::<i32>().ok()?, &both[at..])
        }
        _ => return None,
    };
    if !(0..=3_660).contains(&count) {
        return None;
    }
    match unit {
        "d" | "day" | "days" => Some(count.days()),
        "w" | "week" | "weeks" => Some(count.weeks()),
        "month" | "months" => Some(count.months()),
        "y" | "year" | "years" => Some(count.years()),
        _ => None,
    }
}

fn written(iso: &str) -> Result<Option<Date>> {
    let parts: Vec<i16> = iso.split('-').filter_map(|part| part.parse().ok()).collect();
    match (parts.as_slice(), iso.parse()) {
        (_, Ok(day)) => Ok(Some(day)),
        ([year, month, day], Err(_)) => {
            let small = |n: &i16| i8::try_from(*n).unwrap_or(0);
            exactly(small(day), small(month), *year).map(Some)
        }
        _ => Ok(None),
    }
}

/// `4.12.` and `4.12.2027`.
fn in_dots(word: &str, today: Date) -> Result<Option<Date>> {
    let parts: Vec<&str> = word.trim_end_matches('.').split('.').collect();
    let Some((day, month)) =
        parts.first().and_then(|d| number(d)).zip(parts.get(1).and_then(|m| m.parse::<i8>().ok()))
    else {
        return Ok(None);
    };
    match parts.as_slice() {
        [_, _] => near(day, month, today),
        [_, _, year] => match year.parse::<i16>() {
            Ok(year) if (1900..=9998).contains(&year) => exactly(day, month, year).map(Some),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// A day without a year: the coming one, or one that has just passed.
fn near(day: i8, month: i8, today: Date) -> Result<Option<Date>> {
    let found = exactly(day, month, today.year())
        .or_else(|error| exactly(day, month, today.year() + 1).map_err(|_| error))?;
    let has_passed = today.since(found).is_ok_and(|span| span.get_days() > 60);
    if has_passed { exactly(day, month, today.year() + 1).map(Some) } else { Ok(Some(found)) }
}

fn exactly(day: i8, month: i8, year: i16) -> Result<Date> {
    let Some(name) = usize::try_from(month).ok().and_then(|m| MONTHS.get(m.checked_sub(1)?)) else {
        return Err(Error::invalid(
            "date.unknown",
            format!("There is no month {month}. Choose one from 1 to 12"),
        ));
    };
    Date::new(year, month, day).map_err(|_| {
        let last = date(year, month, 1).last_of_month().day();
        let name = name[..1].to_uppercase() + &name[1..];
        Error::invalid("date.unknown", format!("There is no {day} {name}. Choose a day from 1 to {last}"))
    })
}

/// A line that adds a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// What is left for the name.
    pub name: String,
    /// When it is due.
    pub due: Option<When>,
    /// Words after `@`.
    pub people: Vec<String>,
    /// Words after `#`.
    pub marks: Vec<String>,
}

/// How many words at the end of a line may be a date: `in 2 weeks at 16:00`.
const TAIL: usize = 5;

/// Reads `Call Marco fri @jonas #billing`: a date stands at the end, `@` and `#` anywhere. A line that would leave no name is all name.
pub(crate) fn line(text: &str, here: &Here) -> Line {
    let mut found = Line::default();
    let mut words: Vec<&str> = Vec::new();
    for word in text.split_whitespace() {
        match (word.strip_prefix('@'), word.strip_prefix('#')) {
            (Some(person), _) if !person.is_empty() => found.people.push(person.to_owned()),
            // `#12` is how people write numbers of things elsewhere.
            (_, Some(mark)) if mark.chars().any(char::is_alphabetic) => found.marks.push(mark.to_owned()),
            _ => words.push(word),
        }
    }
    for tail in (1..=TAIL.min(words.len().saturating_sub(1))).rev() {
        let lower: Vec<String> = words[words.len() - tail..].iter().map(|word| word.to_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        if let Ok(Some(when)) = understood(&lower, here) {
            found.due = Some(when);
            words.truncate(words.len() - tail);
            break;
        }
    }
    found.name = words.join(" ");
    if found.name.is_empty() { Line { name: text.trim().to_owned(), ..Line::default() } } else { found }
}
