//! Schedules against their promises. What another program thinks of them is in [`judges`].

mod calendars;
mod clock_changes;
mod decisions;
mod expressions;
mod judges;
mod laws;

use super::Schedule;
use crate::file::Dialect;
use base::Time;

fn schedule(expression: &str, zone: &str) -> Schedule {
    in_dialect(expression, Dialect::Standard, zone)
}

fn in_dialect(expression: &str, dialect: Dialect, zone: &str) -> Schedule {
    Schedule::parse(expression, dialect, zone, "nightly-backup")
        .unwrap_or_else(|error| panic!("{expression} in {zone}: {error}"))
}

fn time(text: &str) -> Time {
    Time::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// An instant by what a zone's clock shows; of two the first.
fn local(text: &str, zone: &str) -> Time {
    let zone = base::jiff::tz::TimeZone::get(zone).expect("the zone exists");
    let civil: base::jiff::civil::DateTime = text.parse().expect("a date and time");
    civil.to_zoned(zone).expect("the date is in range").timestamp().into()
}

/// The next fires in UTC to the minute: `03-08T07:00`.
fn next(schedule: &Schedule, from: Time, count: usize) -> Vec<String> {
    schedule.preview(from, count).into_iter().map(|fire| fire.at.to_string()[5..16].to_owned()).collect()
}

/// The next fires in UTC: `2026-03-08T07:00:00`.
fn next_seconds(schedule: &Schedule, from: Time, count: usize) -> Vec<String> {
    schedule.preview(from, count).into_iter().map(|fire| fire.at.to_string()[..19].to_owned()).collect()
}
