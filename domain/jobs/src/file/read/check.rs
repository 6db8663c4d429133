//! What can be judged only when all of a document is read.

use super::super::view::{Keys, View};
use super::super::{AfterResult, CronTrigger, Job, Trigger, closest};
use crate::cron::Schedule;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn whole(keys: &Keys<'_>, job: &Job) {
    let on = keys.get("on").map(|on| on.many()).unwrap_or_default();
    // Triggers that could not be read are not there, so places are found again by their lines.
    for (_, cron) in job.schedules() {
        if let Some(place) = on.iter().find(|place| place.node.at.line == cron.line && place.is_map()) {
            schedule(job, cron, place);
        }
    }
    for trigger in &job.triggers {
        if let Trigger::After(after) = trigger
            && after.job == job.name
            && let Some(place) = on.iter().find(|place| place.node.get("after").is_some())
        {
            match after.result {
                AfterResult::Success | AfterResult::Any => {
                    place.error("a job that starts after itself never ends")
                }
                AfterResult::Failure => {
                    place.error("say retry instead: a job can't start after its own failure")
                }
            }
        }
    }
    artifacts(keys, job);
    if job.enabled
        && !job.triggers.is_empty()
        && job.schedules().all(|(_, cron)| !cron.enabled)
        && job.schedules().next().is_some()
    {
        keys.view.warn("every schedule of the job is switched off");
    }
}

fn schedule(job: &Job, cron: &CronTrigger, place: &View<'_>) {
    let mut known = true;
    for name in cron.include.iter().chain(&cron.exclude) {
        if !job.calendars.contains_key(name) {
            known = false;
            let meant = closest(name, job.calendars.keys().map(String::as_str));
            place.error_meant(
                format!("there is no calendar {name:?} under calendars"),
                meant.map(|name| format!("did you mean {name}?")),
            );
        }
    }
    let plain = Schedule::parse(&cron.expression, cron.dialect, &cron.tz, &job.name);
    if known
        && plain.is_ok()
        && let Err(reason) = Schedule::of(job, cron)
    {
        place.error(format!("with its calendars the schedule can't be used: {reason}"));
    }
    if let Err(reasons) = job.arguments(&cron.params) {
        reasons
            .iter()
            .for_each(|reason| place.error(format!("what the schedule hands over won't do: {reason}")));
    }
}

/// Shared artifacts have one source each, and what is used was shared before.
fn artifacts(keys: &Keys<'_>, job: &Job) {
    let mut shared: BTreeMap<&str, &str> = BTreeMap::new();
    for stage in &job.stages {
        let earlier: BTreeSet<&str> = shared.keys().copied().collect();
        for part in &stage.parts {
            for name in part.uses.iter().filter(|name| !earlier.contains(name.as_str())) {
                let meant =
                    closest(name, earlier.iter().copied()).map(|name| format!("did you mean {name}?"));
                let message =
                    format!("{} uses the artifact {name:?}, and no earlier stage shares it", part.name);
                keys.view.error_meant(message, meant);
            }
            for rule in part.artifacts.iter().filter(|rule| !super::parts::is_artifact_name(&rule.name)) {
                keys.view.error(format!("{:?} is no name for an artifact", rule.name));
            }
            for rule in part.artifacts.iter().filter(|rule| rule.shared) {
                if let Some(other) = shared.insert(&rule.name, &part.key).filter(|other| *other != part.key) {
                    keys.view.error(format!(
                        "the parts {other} and {} share an artifact of the same name, {:?}; put ${{matrix.NAME}} or another word into it",
                        part.key, rule.name
                    ));
                }
            }
        }
    }
}
