//! What a notice says, to each who is told.

use super::facts::Facts;
use super::people::Told;
use super::range::Range;
use super::rules::Event;
use super::tail::Failing;
use crate::jobs::Job;
use crate::runs::{Cause, State};
use crate::words;
use base::Time;
use base::jiff::tz::TimeZone;
use notify::message::News;
use notify::{Block, Fact, Message};
use serde_json::json;
use std::collections::BTreeMap;

/// Commits that are listed.
const LISTED: usize = 10;
/// Others that are named.
const NAMED: usize = 12;

/// What there is to tell.
pub(super) struct Story<'a> {
    pub facts: &'a Facts,
    pub range: &'a Range,
    pub failing: Option<&'a Failing>,
    pub lines: &'a [String],
}

impl Story<'_> {
    /// What one of those who are told reads.
    pub fn for_one(&self, one: &Told, all: &[Told]) -> Message {
        let (facts, run, job) = (self.facts, &self.facts.run, &self.facts.job);
        let title = words::shortened(&job.title, 120);
        let what = self.what();
        let mut blocks = self.commits();
        if one.reads_log && !self.lines.is_empty() {
            let title = match self.lines.len() {
                1 => "Its last line".to_owned(),
                n => format!("Its last {n} lines"),
            };
            blocks.push(Block { title, lines: self.lines.to_vec(), is_output: true });
        }
        let headers = [
            ("Job", job.name.clone()),
            ("Run", run.number.to_string()),
            ("State", run.state.to_string()),
            ("Repository", run.repository.to_string()),
        ];
        Message {
            kind: facts.kind().to_owned(),
            about: run.subject(),
            title: format!("{title} {what}: run {}", run.number),
            sentence: self.sentence(&title),
            path: format!("/runs/{}", run.id),
            facts: self.known(one),
            blocks,
            notes: notes(job, one, all),
            stop_path: one.user.as_ref().map(|_| format!("/jobs/{}", job.name)),
            list: job.name.clone(),
            headers: headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<BTreeMap<_, _>>(),
            news: News {
                subject: job.subject().to_string(),
                title: title.clone(),
                actor: format!("Run {}", run.number),
                text: format!("{what}{}", self.place()),
            },
            data: self.data(),
        }
    }

    /// What happened, in words that follow the job's name.
    fn what(&self) -> &'static str {
        match self.facts.moment.event {
            Event::Started => "started",
            Event::NobodyFits => "waits, and no agent fits",
            Event::Slow => "takes much longer than usual",
            Event::Ended(State::Succeeded) if self.facts.recovers() => "passes again",
            Event::Ended(state) => state.in_words(),
        }
    }

    fn place(&self) -> String {
        let at = self.failing.and_then(|failing| failing.at.as_deref());
        at.map(|at| format!(" at “{}”", words::shortened(at, 60))).unwrap_or_default()
    }

    fn sentence(&self, title: &str) -> String {
        let (facts, run) = (self.facts, &self.facts.run);
        let lead = format!("Run {} of {title} {}{}", run.number, self.what(), self.place());
        let lead = match facts.moment.event {
            Event::Ended(State::Succeeded) if facts.recovers() => match facts.moment.failures {
                0 | 1 => lead,
                n => format!("{lead}, after {n} failures in a row"),
            },
            Event::Ended(state) if state.is_bad() && facts.moment.failures > 1 => {
                format!("{lead}, as the {} in a row", ordinal(facts.moment.failures))
            }
            _ => lead,
        };
        match run.sentence.as_deref().filter(|_| !matches!(facts.moment.event, Event::Started)) {
            Some(why) => format!("{lead}. {}", words::sentence(&words::shortened(why, 400))),
            None => format!("{lead}."),
        }
    }

    fn known(&self, one: &Told) -> Vec<Fact> {
        let run = &self.facts.run;
        let zone = one.user.as_ref().and_then(|user| TimeZone::get(&user.time_zone).ok());
        let zone = zone.unwrap_or(TimeZone::UTC);
        let mut known = vec![Fact::new("Cause", self.cause(&zone, one.user.is_some()))];
        if let (Some(usual), Some(began)) = (self.facts.usual, run.started_at) {
            known.push(Fact::new("Began", at(began, &zone)));
            known.push(Fact::new("Usually takes", words::length(usual)));
        }
        if let Some(ended) = run.ended_at {
            known.push(Fact::new("Ended", at(ended, &zone)));
        }
        if let (Some(began), Some(ended)) = (run.started_at, run.ended_at) {
            known.push(Fact::new("Took", words::length(ended.since(began))));
        }
        let on = run.reference.as_ref().map(|on| format!(" on {}", words::shortened(on, 80)));
        known.push(Fact::new("Commit", format!("{}{}", run.short_commit(), on.unwrap_or_default())));
        known.push(Fact::new("Since", self.since()));
        known
    }

    fn cause(&self, zone: &TimeZone, knows_people: bool) -> String {
        let run = &self.facts.run;
        match (run.cause, run.scheduled_at) {
            (Cause::Schedule, Some(due)) => format!("Schedule, for {}", at(due, zone)),
            (Cause::Schedule, None) => "Schedule".to_owned(),
            (Cause::Push, _) => "Push".to_owned(),
            (Cause::Webhook, _) => "Webhook".to_owned(),
            (Cause::After, _) => "The end of another run".to_owned(),
            // Who is nobody here does not learn who is.
            (Cause::Manual | Cause::Repeat, _) if !knows_people => "Somebody started it".to_owned(),
            (Cause::Manual, _) => format!("Started by {}", words::shortened(&run.asked_by_name, 100)),
            (Cause::Repeat, _) => format!("Run again by {}", words::shortened(&run.asked_by_name, 100)),
        }
    }

    /// What changed since it last passed.
    fn since(&self) -> String {
        let Some(good) = &self.facts.good else { return "It never passed before".to_owned() };
        let commit = good.commit.get(..7).unwrap_or(&good.commit);
        let passed = format!("Run {} passed at {commit}", good.number);
        match (self.range.is_known, self.range.count) {
            (false, _) => format!("{passed}; the commits since could not be read"),
            (true, 0) => format!("{passed}, the same commit: what it found outside has changed"),
            (true, count) => {
                let mut names: Vec<String> = Vec::new();
                for (_, name) in self.range.authors() {
                    let name = words::shortened(&name, 60);
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                format!("{passed}; since then {} by {}", words::count(count, "commit"), listed(&names))
            }
        }
    }

    fn commits(&self) -> Vec<Block> {
        if self.range.commits.is_empty() || !(self.facts.is_bad() || self.facts.recovers()) {
            return Vec::new();
        }
        let shown = self.range.commits.iter().take(LISTED);
        let mut lines: Vec<String> = shown
            .map(|commit| {
                let id = commit.id.get(..7).unwrap_or(&commit.id);
                format!(
                    "{id} {} ({})",
                    words::shortened(&commit.title, 100),
                    words::shortened(&commit.author, 60)
                )
            })
            .collect();
        let more = self.range.count.saturating_sub(lines.len() as u64);
        if more > 0 {
            lines.push(format!("and {}", words::count(more, "earlier commit")));
        }
        vec![Block { title: "Commits".to_owned(), lines, is_output: false }]
    }

    fn data(&self) -> serde_json::Value {
        let (facts, run, job) = (self.facts, &self.facts.run, &self.facts.job);
        json!({
            "job": {"id": job.id, "name": job.name, "title": job.title},
            "run": {
                "id": run.id, "number": run.number, "state": run.state, "cause": run.cause, "commit": run.commit,
                "reference": run.reference, "sentence": run.sentence, "made_at": run.made_at, "started_at": run.started_at,
                "ended_at": run.ended_at, "failed_at": self.failing.and_then(|failing| failing.at.clone()),
            },
            "before": facts.moment.before,
            "failures_in_a_row": facts.moment.failures,
            "last_passed": facts.good.as_ref().map(|good| json!({"id": good.id, "number": good.number, "commit": good.commit})),
            "commits_since": self.range.is_known.then_some(self.range.count),
        })
    }
}

/// Why somebody is told, who else is, and how to have it stopped.
pub(super) fn notes(job: &Job, one: &Told, all: &[Told]) -> Vec<String> {
    let mut notes = Vec::new();
    if !one.why.is_empty() {
        notes.push(format!("You are told because {}.", one.why));
    }
    let others: Vec<String> = all
        .iter()
        .filter(|other| other.name != one.name)
        .map(|other| words::shortened(&other.name, 60))
        .collect();
    match (&one.user, others.len()) {
        (_, 0) => notes.push("Nobody else is told.".to_owned()),
        (Some(_), _) => notes.push(format!("Also told: {}.", listed(&others))),
        // Who is nobody here does not learn who is.
        (None, n) => notes.push(format!("Also told: {}.", words::count(n as u64, "other"))),
    }
    notes.push(match &one.user {
        Some(_) => "Watch or mute the job:".to_owned(),
        None => format!("Who is told stands under notify in {} of its repository.", job.path),
    });
    notes
}

/// An instant for its reader.
pub(super) fn at(time: Time, zone: &TimeZone) -> String {
    zone.to_datetime(time.timestamp())
        .to_zoned(zone.clone())
        .map_or_else(|_| time.to_string(), |zoned| zoned.strftime("%a %-d %b %Y %H:%M %Z").to_string())
}

fn ordinal(n: u64) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

/// `Ann`, `Ann and Bob`, `Ann, Bob and 3 others`.
fn listed(names: &[String]) -> String {
    let (shown, rest) = names.split_at(names.len().min(NAMED));
    let mut parts: Vec<String> = shown.to_vec();
    if !rest.is_empty() {
        parts.push(words::count(rest.len() as u64, "other"));
    }
    match parts.pop() {
        None => "nobody".to_owned(),
        Some(last) if parts.is_empty() => last,
        Some(last) => format!("{} and {last}", parts.join(", ")),
    }
}

#[cfg(test)]
#[test]
fn names_are_listed_as_people_say_them() {
    let names = |n: usize| (0..n).map(|n| format!("N{n}")).collect::<Vec<_>>();
    assert_eq!((listed(&names(0)), listed(&names(1))), ("nobody".to_owned(), "N0".to_owned()));
    assert_eq!(listed(&names(3)), "N0, N1 and N2");
    assert!(listed(&names(15)).ends_with("N11 and 3 others"));
    let ordinals: Vec<String> = [1, 2, 3, 4, 11, 12, 21, 112].into_iter().map(ordinal).collect();
    assert_eq!(ordinals, ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "112th"]);
}
