//! The stretches around another job's runs in which a job is not begun.

use super::super::limits::FREEZES;
use super::super::shapes::{FREEZE, SLUG};
use super::super::view::{Keys, View};
use super::super::{Freeze, FreezeEnd, Job, freeze};
use super::is;
use std::collections::BTreeMap;
use std::time::Duration;

const FROM: &str = "write 90m before prod-push, or prod-push for the moment that it begins";
const UNTIL: &str =
    "write prod-push finished, 30m after prod-push, or prod-push for the moment that it begins";
/// What is looked ahead for each decision.
const BEFORE_MOST: Duration = Duration::from_secs(7 * 86_400);

pub(super) fn read(keys: &Keys<'_>, own: &str) -> Vec<Freeze> {
    let Some(all) = keys.get("freeze") else { return Vec::new() };
    let places = all.many();
    if places.len() > FREEZES {
        all.error(format!("there are {} freezes, and {FREEZES} are the most", places.len()));
    }
    places.iter().take(FREEZES).filter_map(|place| one(place, own)).collect()
}

fn one(view: &View<'_>, own: &str) -> Option<Freeze> {
    let keys = view.map(&FREEZE)?;
    let from = keys.get("from")?;
    let Some((before, job)) = begin(&from.text()?) else {
        from.error(format!("{:?} won't do: {FROM}", super::super::view::shortened(from.node.text()?)));
        return None;
    };
    if before > BEFORE_MOST {
        from.error("a freeze begins at most 7 days before");
        return None;
    }
    let until = match keys.get("until") {
        None => FreezeEnd::Finished,
        Some(place) => {
            let Some((until, other)) = end(&place.text()?) else {
                place.error(format!(
                    "{:?} won't do: {UNTIL}",
                    super::super::view::shortened(place.node.text()?)
                ));
                return None;
            };
            if other != job {
                place.error(format!(
                    "it begins with {job} and ends with {other}; one freeze has one other job"
                ));
                return None;
            }
            until
        }
    };
    if job == own {
        from.error(
            "a job can't be frozen around its own runs; overlap and concurrency say what happens then",
        );
        return None;
    }
    if before.is_zero() && until == FreezeEnd::Begins {
        view.error(format!("it ends where it begins; say until: {job} finished, or from: 90m before {job}"));
        return None;
    }
    Some(Freeze { job, before_s: before.as_secs(), until, line: view.node.at.line })
}

fn length(text: &str) -> Option<Duration> {
    base::time::parse_duration(text).ok()
}

fn name(text: &str) -> Option<String> {
    is(SLUG, text).then(|| text.to_owned())
}

/// `90m before prod-push`, or `prod-push`.
fn begin(text: &str) -> Option<(Duration, String)> {
    match text.split_whitespace().collect::<Vec<_>>()[..] {
        [job] => Some((Duration::ZERO, name(job)?)),
        [before, "before", job] => Some((length(before)?, name(job)?)),
        _ => None,
    }
}

/// `prod-push finished`, `30m after prod-push`, or `prod-push`.
fn end(text: &str) -> Option<(FreezeEnd, String)> {
    match text.split_whitespace().collect::<Vec<_>>()[..] {
        [job] => Some((FreezeEnd::Begins, name(job)?)),
        [job, "finished"] => Some((FreezeEnd::Finished, name(job)?)),
        [after, "after", job] => Some((FreezeEnd::After(length(after)?.as_secs()), name(job)?)),
        _ => None,
    }
}

/// The jobs of one file that are frozen around each other, with what to say: with each waiting for the other, none would run.
pub(super) fn rings(jobs: &[Job]) -> Vec<(usize, u32, String)> {
    let around: BTreeMap<String, Vec<String>> = jobs
        .iter()
        .map(|job| (job.name.clone(), job.freeze.iter().map(|one| one.job.clone()).collect()))
        .collect();
    let in_ring = |(place, job): (usize, &Job)| {
        let way = freeze::ring(&job.name, &around)?;
        let line =
            job.freeze.iter().find(|one| way.get(1) == Some(&one.job)).map_or(job.line, |one| one.line);
        Some((place, line, ring_in_words(&way)))
    };
    jobs.iter().enumerate().filter_map(in_ring).collect()
}

/// What is wrong with jobs that are frozen around each other.
pub fn ring_in_words(way: &[String]) -> String {
    format!("each is frozen around the next, so none of them would run: {}", way.join(" → "))
}
