//! Schedules: expressions, time zones and what a clock change does to them.
//!
//! An [expression](expression) is matched on the wall clock, month by month; the rules of [zones](zone) then say which instant a wall clock
//! time is. Both are pure and the same for every server that asks. [`decide`] says what happens with a fire, [`pauses`] when nothing
//! is started. When things are due is asked with [`Schedule::after`], always from the last fire and never from now, so that nothing drifts.
//!
//! The expressions are read here and not by one of the cron crates, because none of them knows all of `L-3`, `FRI-MON`, years and `H`;
//! the tests compare with one of them, and with the cron of Debian under a clock that is not the machine's.

mod calendar;
mod days;
pub mod decide;
mod expression;
mod field;
mod hash;
pub mod pauses;
#[cfg(test)]
mod tests;
mod words;
mod zone;

pub use calendar::{Calendar, is_business_day};

use crate::file::{CronTrigger, Dialect, Job};
use base::Time;
use base::jiff::tz::TimeZone;
use expression::Expression;

/// When something happens: an expression in a time zone, narrowed by calendars.
#[derive(Clone, Debug)]
pub struct Schedule {
    expression: Expression,
    zone: TimeZone,
    zone_name: String,
    include: Vec<Calendar>,
    exclude: Vec<Calendar>,
    business_day: Option<i8>,
}

/// One fire that is to come.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Fire {
    /// The instant.
    pub at: Time,
    /// What the clock of the schedule's zone shows then, with its offset: `2026-11-01 06:00:00 +00:00`.
    pub local: String,
    /// The calendar that keeps it from running.
    pub excluded_by: Option<String>,
    /// Why its job is frozen then, as far as that is known now; a schedule alone does not know.
    pub frozen: Option<String>,
}

impl Schedule {
    /// Reads an expression. `seed` decides what `H` means; it is the job's name, so that many jobs spread. What can never come is
    /// refused here, so that nobody searches for it later.
    pub fn parse(expression: &str, dialect: Dialect, zone: &str, seed: &str) -> Result<Self, String> {
        let schedule = Self {
            expression: Expression::parse(expression, dialect, seed)?,
            zone_name: zone.to_owned(),
            zone: zone::named(zone)?,
            include: Vec::new(),
            exclude: Vec::new(),
            business_day: None,
        };
        schedule.possible()
    }

    /// The schedule of a job's trigger, with its calendars.
    pub fn of(job: &Job, trigger: &CronTrigger) -> Result<Self, String> {
        let calendars = |names: &[String]| -> Result<Vec<Calendar>, String> {
            let found = names.iter().map(|name| match job.calendars.get(name) {
                Some(calendar) => Calendar::new(name, calendar),
                None => Err(format!("there is no calendar {name:?}")),
            });
            found.collect()
        };
        let plain = Self::parse(&trigger.expression, trigger.dialect, &trigger.tz, &job.name)?;
        plain.narrowed(calendars(&trigger.include)?, calendars(&trigger.exclude)?, trigger.business_day)
    }

    /// The same schedule on fewer days: only those in all of `include`, and only the nth business day of the month (-1 is the last). Days in
    /// `exclude` are no business days; other fires on them stay, and [`Self::excluded_by`] names the calendar.
    pub fn narrowed(
        self,
        include: Vec<Calendar>,
        exclude: Vec<Calendar>,
        business_day: Option<i8>,
    ) -> Result<Self, String> {
        Self { include, exclude, business_day, ..self }.possible()
    }

    fn possible(self) -> Result<Self, String> {
        match self.expression.is_impossible(&|year, month| self.allowed(year, month)) {
            Some(reason) => Err(reason),
            None => Ok(self),
        }
    }

    /// The days of a month that calendars leave, as bits.
    fn allowed(&self, year: i16, month: i8) -> u32 {
        let mut days = u32::MAX;
        if !self.include.is_empty() {
            days &= calendar::in_all(&self.include, year, month);
        }
        if let Some(nth) = self.business_day {
            days &= calendar::business_day(nth, &self.exclude, year, month);
        }
        days
    }

    /// The next fire after an instant, which is always later than it; `None` when there is none in 40 years.
    pub fn after(&self, instant: Time) -> Option<Time> {
        let allows = |year, month| self.allowed(year, month);
        zone::after(&self.expression, &self.zone, &allows, instant.timestamp()).map(Time::from)
    }

    /// The fires in `[from, to)` in order, at most so many.
    pub fn fires(&self, from: Time, to: Time, most: usize) -> Vec<Time> {
        let before = Time::from_millis(from.millis().saturating_sub(1));
        let all = std::iter::successors(self.after(before), |fire| self.after(*fire));
        all.take_while(|fire| *fire < to).take(most).collect()
    }

    /// The next fires after an instant, as people want to see them.
    pub fn preview(&self, from: Time, count: usize) -> Vec<Fire> {
        let all = std::iter::successors(self.after(from), |fire| self.after(*fire));
        let shown = all.take(count).map(|at| Fire {
            at,
            local: self.local(at),
            excluded_by: self.excluded_by(at).map(ToOwned::to_owned),
            frozen: None,
        });
        shown.collect()
    }

    /// The name of the calendar whose day keeps the fire at this instant from running.
    pub fn excluded_by(&self, at: Time) -> Option<&str> {
        let date = at.date_in(&self.zone);
        self.exclude.iter().find(|calendar| calendar.contains(date)).map(|calendar| calendar.name.as_str())
    }

    /// What the clock of the schedule's zone shows at an instant.
    pub fn local(&self, at: Time) -> String {
        let offset = self.zone.to_offset(at.timestamp());
        let shown = offset.to_datetime(at.timestamp());
        format!("{} {} {}", shown.date(), shown.time(), zone::offset_in_words(offset))
    }

    /// The name of the zone.
    pub fn zone(&self) -> &str {
        &self.zone_name
    }

    /// The schedule in words: "at 06:00 on day 1 of each month, Europe/London".
    pub fn in_words(&self) -> String {
        let mut text = words::of(&self.expression);
        match self.business_day {
            Some(-1) => text.push_str(", on the last business day of the month"),
            Some(1) => text.push_str(", on the first business day of the month"),
            Some(nth) if nth < 0 => {
                text.push_str(&format!(", on business day {} from the end of the month", nth.unsigned_abs()));
            }
            Some(nth) => text.push_str(&format!(", on business day {nth} of the month")),
            None => {}
        }
        let names = |calendars: &[Calendar]| {
            words::list(&calendars.iter().map(|calendar| calendar.name.clone()).collect::<Vec<_>>(), "and")
        };
        if !self.include.is_empty() {
            text.push_str(&format!(", on days in {}", names(&self.include)));
        }
        if !self.exclude.is_empty() {
            text.push_str(&format!(", except days in {}", names(&self.exclude)));
        }
        format!("{text}, {}", self.zone_name)
    }
}

/// Whether there is a time zone with this name; if not, why, with the one that was probably meant.
pub fn check_zone(name: &str) -> Result<(), String> {
    zone::named(name).map(|_| ())
}

/// How many seconds the start of the fire at `scheduled_at` is put off: 0 to `most`, always the same for the same fire of the same
/// schedule, whichever server asks.
pub fn jitter_s(schedule: &str, scheduled_at: Time, most: u64) -> u64 {
    hash::below(most.saturating_add(1), &["jitter", schedule, &scheduled_at.millis().to_string()])
}
