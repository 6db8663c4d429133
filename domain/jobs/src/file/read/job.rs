//! One document.

use super::super::shapes::{JOB, NAME, SLUG};
use super::super::view::{Keys, View};
use super::super::{
    Calendar, Concurrency, Job, Notify, NotifyOn, Observed, Overlap, Part, Recipient, Trigger, Weekday,
};
use super::{check, freeze, is, params, parts, people, pieces, triggers};
use std::collections::BTreeMap;

pub(super) fn read(view: &View<'_>) -> Option<Job> {
    let keys = view.map(&JOB)?;
    let name = keys
        .get("name")
        .and_then(|name| {
            name.text_where(
                "a job's name has lower-case letters, digits and hyphens, at most 64, like nightly-backup",
                |text| is(SLUG, text),
            )
        })
        .unwrap_or_default();
    let mut job = Job {
        title: keys.get("title").and_then(|title| title.name()).unwrap_or_else(|| name.clone()),
        name,
        description: keys.get("description").and_then(|text| text.text()).unwrap_or_default(),
        owner: keys.get("owner").and_then(|owner| owner.name()),
        enabled: keys.get("enabled").is_none_or(|enabled| enabled.boolean().unwrap_or(true)),
        line: view.node.at.line,
        ..Job::default()
    };
    job.overlap =
        keys.get("overlap").and_then(|word| word.word(Overlap::ALL, Overlap::as_str)).unwrap_or_default();
    job.deploy = keys.get("deploy").and_then(|environment| {
        environment.text_where("it is the name of an environment, like beta", |text| is(SLUG, text))
    });
    job.concurrency = keys.get("concurrency").and_then(|concurrency| self::concurrency(&concurrency));
    job.freeze = freeze::read(&keys, &job.name);
    job.notify = keys.get("notify").map_or_else(usual_notify, |notify| people::notify(&notify));
    job.permissions = keys.get("permissions").and_then(|permissions| people::permissions(&permissions));
    job.calendars = keys.get("calendars").map(|calendars| self::calendars(&calendars)).unwrap_or_default();
    if let Some(params) = keys.get("params") {
        job.params = params::params(&params);
    }
    job.triggers = triggers::read(&keys, &mut job.params);
    if job.triggers.is_empty() {
        job.triggers.push(Trigger::Manual);
    }
    let everywhere = everywhere(&keys, &mut job);
    job.stages = parts::stages(&keys, &everywhere, job.deploy.is_some());
    check::whole(&keys, &job);
    Some(job)
}

/// What every part begins with.
fn everywhere(keys: &Keys<'_>, job: &mut Job) -> Part {
    let mut part = Part { network: true, ..Part::default() };
    pieces::common(keys, &mut part, job.deploy.is_some());
    job.env = part.env.clone();
    job.secrets = part.secrets.clone();
    job.image = part.image.clone();
    job.isolation = part.isolation;
    job.pull = part.pull;
    job.network = part.network;
    job.finally = part.finally.clone();
    job.artifacts = part.artifacts.clone();
    job.limits = part.limits;
    job.timeouts = part.timeouts;
    job.retry = part.retry.clone();
    job.requires = part.requires.clone();
    part
}

fn usual_notify() -> Vec<Notify> {
    vec![Notify {
        on: vec![NotifyOn::Failed, NotifyOn::Recovered],
        to: vec![Recipient::Owner, Recipient::Committers, Recipient::Watchers],
        after_failures: 1,
        always: false,
    }]
}

fn concurrency(view: &View<'_>) -> Option<Concurrency> {
    let group = |view: &View<'_>| {
        view.text_where("a group's name has letters, digits, spaces and . _ -, at most 100", |text| {
            is(NAME, text)
        })
    };
    if !view.is_map() {
        return Some(Concurrency { group: group(view)?, limit: 1, when_full: Overlap::BufferAll });
    }
    let keys = view.map(&super::super::shapes::CONCURRENCY)?;
    let limit = keys.get("limit").and_then(|limit| limit.integer(1, 1_000)).unwrap_or(1);
    Some(Concurrency {
        group: group(&keys.get("group")?)?,
        limit: u32::try_from(limit).unwrap_or(1),
        when_full: keys
            .get("when_full")
            .and_then(|word| word.word(Overlap::ALL, Overlap::as_str))
            .unwrap_or(Overlap::BufferAll),
    })
}

fn calendars(view: &View<'_>) -> BTreeMap<String, Calendar> {
    let rule = "a calendar's name has letters, digits, spaces and . _ -, at most 100";
    let named = view.named(rule, |name| is(NAME, name));
    named.into_iter().filter_map(|(name, view)| Some((name.clone(), calendar(&name, &view)?))).collect()
}

fn calendar(name: &str, view: &View<'_>) -> Option<Calendar> {
    let keys = view.map(&super::super::shapes::CALENDAR)?;
    let mut calendar = Calendar::default();
    for item in keys.get("dates").map(|dates| dates.many()).unwrap_or_default() {
        let Some(text) = item.text() else { continue };
        let (from, to) = text.split_once("..").unwrap_or((&text, &text));
        match (from.parse::<base::Date>(), to.parse::<base::Date>()) {
            (Ok(from), Ok(to)) if from == to => calendar.dates.push(from),
            (Ok(from), Ok(to)) if from < to => calendar.ranges.push((from, to)),
            (Ok(_), Ok(_)) => item.error(format!("{text:?} ends before it begins")),
            _ => item.error(format!(
                "{text:?} is not a day; write 2026-12-24, or 2026-12-24..2027-01-02 for a stretch"
            )),
        }
    }
    calendar.yearly = keys.get("yearly").map(|rules| pieces::texts(&rules)).unwrap_or_default();
    for item in keys.get("weekdays").map(|days| days.many()).unwrap_or_default() {
        calendar.weekdays.extend(item.word(Weekday::ALL, Weekday::as_str));
    }
    calendar.observed =
        keys.get("observed").and_then(|word| word.word(Observed::ALL, Observed::as_str)).unwrap_or_default();
    if let Err(message) = crate::cron::Calendar::new(name, &calendar) {
        keys.get("yearly").unwrap_or_else(|| view.clone()).error(message);
    }
    Some(calendar)
}
