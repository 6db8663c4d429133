//! Schedules: expressions, time zones and what a clock change does to them.
//!
//! An expression is matched on the wall clock of its zone, day by day; [`zone`](Schedule) rules then decide what a wall clock time is in
//! UTC. Everything here is pure, and the same for every server that asks.

use crate::file::{CronTrigger, Dialect, Job};
use base::Time;

/// When something happens: an expression in a time zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    zone: base::jiff::tz::TimeZone,
}

/// One fire that is to come.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Fire {
    /// The instant.
    pub at: Time,
    /// What the clock of the schedule's zone shows then, with its offset: `2026-11-01 06:00 GMT`.
    pub local: String,
    /// The calendar that keeps it from running.
    pub excluded_by: Option<String>,
}

impl Schedule {
    /// Reads an expression. `seed` decides what `H` means; it is the job's name, so that many jobs spread.
    pub fn parse(_expression: &str, _dialect: Dialect, zone: &str, _seed: &str) -> Result<Self, String> {
        Ok(Self { zone: base::jiff::tz::TimeZone::get(zone).map_err(|error| error.to_string())? })
    }

    /// The schedule of a job's trigger, with its calendars.
    pub fn of(job: &Job, trigger: &CronTrigger) -> Result<Self, String> {
        Self::parse(&trigger.expression, trigger.dialect, &trigger.tz, &job.name)
    }

    /// The next fire after an instant.
    pub fn after(&self, _instant: Time) -> Option<Time> {
        None
    }

    /// The fires in `[from, to)`, at most so many.
    pub fn fires(&self, _from: Time, _to: Time, _most: usize) -> Vec<Time> {
        Vec::new()
    }

    /// The next fires after an instant, as people want to see them.
    pub fn preview(&self, _from: Time, _count: usize) -> Vec<Fire> {
        Vec::new()
    }

    /// The calendar whose day keeps the fire at this instant from running.
    pub fn excluded_by(&self, _at: Time) -> Option<&str> {
        None
    }

    /// The schedule in words: "at 06:00 on day 1 of each month, Europe/London".
    pub fn in_words(&self) -> String {
        format!("{:?}", self.zone.iana_name())
    }
}

/// How many seconds the start of the fire at `scheduled_at` is put off: 0 to `most`, always the same for the same fire.
pub fn jitter_s(_schedule: &str, _scheduled_at: Time, _most: u64) -> u64 {
    0
}
