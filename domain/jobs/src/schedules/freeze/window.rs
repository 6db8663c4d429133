//! When a job is frozen, as a function of what is known of the other jobs and an instant. Nothing here asks a database or a clock.
//!
//! A freeze is half-open where it begins: what falls on its first instant is frozen. It follows what the other job is really going to do:
//! fires that a calendar or a pause keeps from starting, or that are frozen themselves, make no window; a run that somebody started by hand
//! makes one for as long as it is there.

use crate::cron::{self, decide, pauses::Pause};
use crate::file::{Freeze, FreezeEnd, Missed};
use base::Time;
use base::jiff::tz::TimeZone;
use std::time::Duration;

/// Fires that are looked at to find the first that happens: a week of one each minute.
const LOOKED_AT: usize = 11_000;

/// A freeze, and what is known of the job that it is around.
#[derive(Clone, Debug)]
pub struct Around {
    /// What the file says.
    pub rule: Freeze,
    /// The other job.
    pub other: Other,
}

/// What is known of the job that a freeze is around.
#[derive(Clone, Debug, Default)]
pub struct Other {
    /// Its name.
    pub name: String,
    /// When it fires.
    pub clocks: Vec<Clock>,
    /// What keeps its schedules from starting it.
    pub pause: Option<Pause>,
    /// Its runs that are not over, and those that began lately.
    pub stays: Vec<Stay>,
    /// What it is frozen around itself.
    pub frozen: Vec<Around>,
}

/// A schedule of the other job.
#[derive(Clone, Debug)]
pub struct Clock {
    /// When it fires.
    pub schedule: cron::Schedule,
    /// Everything up to here has been decided, and what came of it is among the runs.
    pub cursor: Time,
    /// What happens with its missed fires.
    pub missed: Missed,
    /// Whether its fires wait for the end of a freeze, and so happen although they are frozen.
    pub waits: bool,
}

/// A run of the other job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// Its number.
    pub number: i64,
    /// When it was asked for.
    pub from: Time,
    /// When nothing stood in its way any more.
    pub begun: Option<Time>,
    /// When it was over.
    pub until: Option<Time>,
}

/// Why a job is frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// What names it where somebody passes it: `freeze:prod-push`.
    pub mark: String,
    /// When it ends, where that is known.
    pub until: Option<Time>,
    /// When it is worth while to look again: at its end, or when the other job is to begin.
    pub again: Option<Time>,
    /// Why, in a sentence without a full stop.
    pub sentence: String,
}

/// Why a job is frozen at an instant, as far as that is known now; of several reasons the one that ends last.
pub fn holding(all: &[Around], at: Time, now: Time) -> Option<Hold> {
    all.iter().filter_map(|around| around.hold(at, now)).max_by_key(|hold| (hold.until.is_none(), hold.until))
}

/// Every reason, one for each other job.
pub fn all_holding(all: &[Around], at: Time, now: Time) -> Vec<Hold> {
    all.iter().filter_map(|around| around.hold(at, now)).collect()
}

impl Around {
    fn hold(&self, at: Time, now: Time) -> Option<Hold> {
        let stays = self.other.stays.iter().filter_map(|stay| self.by_run(stay, at, now));
        let fires = self.other.clocks.iter();
        let fires =
            fires.filter_map(|clock| self.by_fire(clock, at, now).or_else(|| self.before(clock, at, now)));
        stays.chain(fires).max_by_key(|hold| (hold.until.is_none(), hold.until))
    }

    /// By a run that is there. What is to come nobody knows.
    fn by_run(&self, stay: &Stay, at: Time, now: Time) -> Option<Hold> {
        let is_there = stay.from <= at && stay.until.is_none_or(|until| at < until) && at <= now;
        let has_begun = stay.begun.filter(|begun| *begun <= at);
        let Other { name, .. } = &self.other;
        let number = stay.number;
        let begins = || format!("frozen until run {number} of {name} has begun");
        match (self.rule.until, has_begun) {
            (FreezeEnd::Finished, _) if is_there => {
                Some(self.open(format!("frozen until run {number} of {name} has finished")))
            }
            (FreezeEnd::Begins | FreezeEnd::After(_), None) if is_there => Some(self.open(begins())),
            (FreezeEnd::After(seconds), Some(begun)) => {
                let until = begun.plus(Duration::from_secs(seconds));
                let zone = self.zone();
                (at < until).then(|| Hold {
                    until: Some(until),
                    again: Some(until),
                    ..self.open(format!(
                        "frozen until {} because run {number} of {name} began at {}",
                        clock_time(until, at, &zone),
                        told(begun, at, &zone)
                    ))
                })
            }
            _ => None,
        }
    }

    /// By a fire at this instant or before it, of which nothing has come yet.
    fn by_fire(&self, clock: &Clock, at: Time, now: Time) -> Option<Hold> {
        let since = match self.rule.until {
            FreezeEnd::Begins => return None,
            FreezeEnd::After(seconds) => at.minus(Duration::from_secs(seconds)),
            // Those that are made up for in a moment: what is older never is.
            _ if at == now => at.minus(Duration::from_secs(clock.missed.within_s.max(decide::ON_TIME_S))),
            _ => at.minus(Duration::from_millis(1)),
        };
        let from = since.max(clock.cursor).plus(Duration::from_millis(1));
        let due = clock.schedule.fires(from, at.plus(Duration::from_millis(1)), LOOKED_AT);
        let newest = due.iter().rfind(|fire| **fire <= now).copied();
        let still_comes = |fire: Time| {
            at < now || fire > now || decide::missed(clock.missed, fire, newest.unwrap_or(fire), now).is_ok()
        };
        let fire =
            due.into_iter().rev().find(|fire| self.happens(clock, *fire, now) && still_comes(*fire))?;
        let zone = self.zone();
        match self.rule.until {
            FreezeEnd::Begins => None,
            FreezeEnd::Finished => Some(self.open(self.until_finished(fire, at, &zone))),
            FreezeEnd::After(seconds) => {
                let until = fire.plus(Duration::from_secs(seconds));
                (at < until).then(|| self.timed(until, fire, at, &zone))
            }
        }
    }

    /// By a fire that is to come.
    fn before(&self, clock: &Clock, at: Time, now: Time) -> Option<Hold> {
        let last = at.plus(Duration::from_secs(self.rule.before_s));
        let coming = std::iter::successors(clock.schedule.after(at), |fire| clock.schedule.after(*fire));
        let mut coming = coming.take_while(|fire| *fire <= last).take(LOOKED_AT);
        let fire = coming.find(|fire| self.happens(clock, *fire, now))?;
        let zone = self.zone();
        Some(match self.rule.until {
            FreezeEnd::Begins => self.timed(fire, fire, at, &zone),
            FreezeEnd::Finished => {
                Hold { again: Some(fire), ..self.open(self.until_finished(fire, at, &zone)) }
            }
            FreezeEnd::After(seconds) => self.timed(fire.plus(Duration::from_secs(seconds)), fire, at, &zone),
        })
    }

    /// Whether a fire of the other job starts a run, as far as that is known.
    fn happens(&self, clock: &Clock, fire: Time, now: Time) -> bool {
        clock.schedule.excluded_by(fire).is_none()
            && !self.other.pause.as_ref().is_some_and(|pause| pause.holds_at(fire))
            && (clock.waits || holding(&self.other.frozen, fire, now).is_none())
    }

    fn open(&self, sentence: String) -> Hold {
        Hold { mark: self.rule.mark(), until: None, again: None, sentence }
    }

    fn timed(&self, until: Time, fire: Time, at: Time, zone: &TimeZone) -> Hold {
        let name = &self.other.name;
        let (end, fire) = (clock_time(until, at, zone), told(fire, at, zone));
        let sentence = format!("frozen until {end} because {name} runs at {fire}");
        Hold { until: Some(until), again: Some(until), ..self.open(sentence) }
    }

    fn until_finished(&self, fire: Time, at: Time, zone: &TimeZone) -> String {
        format!("frozen until {} has finished, which runs at {}", self.other.name, told(fire, at, zone))
    }

    /// The zone that people know the other job's times in.
    fn zone(&self) -> TimeZone {
        let name = self.other.clocks.first().map_or("UTC", |clock| clock.schedule.zone());
        TimeZone::get(name).unwrap_or(TimeZone::UTC)
    }
}

/// `17:30`, with its date when that is another than that of `at`.
fn clock_time(time: Time, at: Time, zone: &TimeZone) -> String {
    let shown = zone.to_datetime(time.timestamp());
    let pattern = match (shown.date() == at.date_in(zone), shown.second()) {
        (true, 0) => "%H:%M",
        (true, _) => "%H:%M:%S",
        (false, 0) => "%Y-%m-%d %H:%M",
        (false, _) => "%Y-%m-%d %H:%M:%S",
    };
    shown.strftime(pattern).to_string()
}

/// `17:30 (America/Los_Angeles)`.
fn told(time: Time, at: Time, zone: &TimeZone) -> String {
    format!("{} ({})", clock_time(time, at, zone), zone.iana_name().unwrap_or("UTC"))
}
