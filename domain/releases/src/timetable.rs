//! The timetable: one day of the environments on a strip. Every deployment is a mark with its result, every refused attempt
//! a dot, every lock a bar; a line joins the deployment of a commit to the one that took the same commit further.
//!
//! Drawing is pure: from data to markup. Places are percentages of the day, so that it stretches without scaling its text.

mod bars;
mod draw;
mod list;
mod load;
mod others;
mod paths;
#[cfg(test)]
mod tests;

pub use draw::draw;
pub use list::list;
pub use load::load;
pub use others::{Mark, Other};

use crate::deployments::State;
use crate::words::{self, Reader};
use base::jiff::tz::TimeZone;
use base::{Date, Time};
use web::ui::Aspect;

/// One day of some environments.
#[derive(Clone, Debug)]
pub struct Timetable {
    /// The day.
    pub day: Date,
    /// The zone whose day it is.
    pub zone: TimeZone,
    /// When the day begins.
    pub from: Time,
    /// When it ends.
    pub until: Time,
    /// What time it is.
    pub now: Time,
    /// The environments, in the order that a commit travels.
    pub lanes: Vec<Lane>,
    /// What else has a day, below the environments: jobs.
    pub others: Vec<Other>,
    /// Whether more happened than is drawn.
    pub is_cut: bool,
}

/// An environment's day.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// What its lamp shows now.
    pub lamp: Aspect,
    /// The lane of the environment that a commit passes first.
    pub after: Option<usize>,
    /// Its deployments, oldest first.
    pub stops: Vec<Stop>,
    /// The times at which somebody was refused, oldest first.
    pub refusals: Vec<Refusal>,
    /// Its locks, oldest first.
    pub holds: Vec<Hold>,
}

/// A deployment.
#[derive(Clone, Debug)]
pub struct Stop {
    /// Its number.
    pub number: i64,
    /// When it began.
    pub at: Time,
    /// How long it took, when it is over.
    pub took: Option<std::time::Duration>,
    /// How it is, or how it ended.
    pub state: State,
    /// The full id of its commit.
    pub commit: String,
    /// Who asked for it.
    pub by: String,
}

/// A time at which somebody was refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// When, or the slot that did not start.
    pub at: Time,
    /// How many attempts were refused then.
    pub count: u64,
    /// Why.
    pub why: String,
}

/// A lock.
#[derive(Clone, Debug)]
pub struct Hold {
    /// Since when it holds.
    pub from: Time,
    /// When it was released.
    pub released: Option<Time>,
    /// When it ends by itself.
    pub expected: Option<Time>,
    /// Who is responsible.
    pub who: String,
    /// Its title.
    pub title: String,
    /// The address of its task.
    pub href: String,
    /// Whether it stops nobody and is only shown.
    pub is_warning: bool,
}

impl Timetable {
    /// A day without anything in it.
    pub fn empty(day: Date, zone: TimeZone, now: Time) -> Self {
        let (from, until) = bounds(day, &zone);
        Self { day, zone, from, until, now, lanes: Vec::new(), others: Vec::new(), is_cut: false }
    }

    /// Where an instant is, in percent of the day; before and after it, at its edges.
    fn x(&self, at: Time) -> f64 {
        let length = self.until.since(self.from).as_secs_f64().max(1.0);
        (at.since(self.from).as_secs_f64() / length * 100.0).clamp(0.0, 100.0)
    }

    fn is_today(&self) -> bool {
        self.from <= self.now && self.now < self.until
    }

    fn reader(&self) -> Reader<'_> {
        Reader { now: self.now, zone: &self.zone }
    }
}

/// The first instant of a day in a zone, and the first after it.
pub fn bounds(day: Date, zone: &TimeZone) -> (Time, Time) {
    let start = |day: Date| {
        let zoned = day.at(0, 0, 0, 0).to_zoned(zone.clone());
        zoned.map_or_else(|_| Time::from_millis(0), |zoned| zoned.timestamp().into())
    };
    (start(day), start(day.tomorrow().unwrap_or(day)))
}

impl Lane {
    /// Its name as people read it.
    pub fn title(&self) -> String {
        words::capital(&self.name)
    }

    fn href(&self) -> String {
        format!("/environments/{}", self.name)
    }
}

impl Stop {
    /// What it is, in words.
    fn words(&self, reader: Reader<'_>, lane: &str) -> String {
        let took = self.took.map(|took| format!(" after {}", words::length(took))).unwrap_or_default();
        let how = match self.state {
            State::Queued => "waits for its turn".to_owned(),
            State::Starting | State::Running => "is running".to_owned(),
            State::Aborting => "is being stopped".to_owned(),
            State::Lost => "was lost, and nobody knows how it ended".to_owned(),
            State::Succeeded => format!("succeeded{took}"),
            State::Failed => format!("failed{took}"),
            State::Aborted => format!("was aborted{took}"),
            State::TimedOut => format!("took too long and was stopped{took}"),
            State::Superseded => "waited, and something newer was deployed first".to_owned(),
        };
        format!(
            "{} Deployment {} of {} to {lane} by {} {how}",
            reader.clock(self.at),
            self.number,
            words::short(&self.commit),
            self.by
        )
    }
}

impl Refusal {
    fn words(&self, reader: Reader<'_>, lane: &str) -> String {
        let times =
            if self.count > 1 { format!(" {} times", words::number(self.count)) } else { String::new() };
        format!("{} A deployment to {lane} was refused{times}: {}", reader.clock(self.at), self.why)
    }
}

impl Hold {
    /// Until when it holds or held, as the end of a sentence.
    fn end(&self, reader: Reader<'_>) -> String {
        match (self.released, self.expected) {
            (Some(released), _) => format!("until {}", reader.at(released)),
            (None, Some(expected)) => format!("until {}", reader.at(expected)),
            (None, None) => "until somebody releases it".to_owned(),
        }
    }

    fn words(&self, reader: Reader<'_>, lane: &str) -> String {
        let what = if self.is_warning { "Warning" } else { "Lock" };
        format!(
            "{what} on {lane} from {} {}, {}: {}",
            reader.at(self.from),
            self.end(reader),
            self.who,
            self.title
        )
    }
}
