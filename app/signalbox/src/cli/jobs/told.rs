//! What is said of jobs.

use crate::cli::print::{field, items};
use serde_json::Value;

/// A line of the list.
pub(super) fn row(job: &Value) -> Vec<String> {
    let next = if job["disabled"] == true {
        "disabled".to_owned()
    } else if job["paused"] == true {
        "paused".to_owned()
    } else {
        field(job, "next_fire_at")
    };
    vec![
        field(job, "name"),
        last_run(job).unwrap_or_default(),
        next,
        field(job, "owner"),
        field(job, "title"),
    ]
}

fn last_run(job: &Value) -> Option<String> {
    let last = &job["last_run"];
    last["number"].as_i64().map(|number| format!("run {number} {}", field(last, "state")))
}

/// Whether a job takes requests, in a sentence.
pub(super) fn taken(name: &str, hook: &Value) -> String {
    if hook["taken"] != true {
        return format!("{name} takes no requests: its file does not say on: webhook");
    }
    if hook["has_address"] != true {
        return format!("{name} has no address yet; make one with: signalbox job webhook {name} --new");
    }
    let used = field(hook, "used_at");
    let used = if used.is_empty() { "never used".to_owned() } else { format!("used last at {used}") };
    format!("{name} has an address, made by {} at {}, {used}", field(hook, "made_by"), field(hook, "made_at"))
}

/// The coming fires of all schedules in order, and what keeps each from running.
pub(super) fn coming(job: &Value) -> Vec<String> {
    let schedules = items(&job["schedules"]).iter();
    let mut fires: Vec<&Value> = schedules.flat_map(|schedule| items(&schedule["upcoming"])).collect();
    fires.sort_by_key(|fire| field(fire, "at"));
    let mut lines: Vec<String> =
        items(&job["frozen"]).iter().map(|hold| format!("now {}", field(hold, "sentence"))).collect();
    if job["paused"] == true {
        lines.push("paused; nothing of this happens until it is resumed".to_owned());
    }
    lines.extend(fires.into_iter().map(|fire| {
        let (excluded, frozen) = (field(fire, "excluded_by"), field(fire, "frozen"));
        let why = match (excluded.is_empty(), frozen.is_empty()) {
            (false, _) => format!("  not on a day in {excluded}"),
            (true, false) => format!("  {frozen}"),
            (true, true) => String::new(),
        };
        format!("{}  {}{why}", field(fire, "at"), field(fire, "local"))
    }));
    if lines.is_empty() {
        lines.push("no clock starts it".to_owned());
    }
    lines
}

/// A job, its schedules, its last run, and what became of the last fires.
pub(super) fn whole(job: &Value) -> Vec<String> {
    let mut lines = vec![format!("{} ({})", field(job, "title"), field(job, "name"))];
    let mut put = |label: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("{label}: {value}"));
        }
    };
    put("file", format!("{} in {}", field(job, "path"), field(job, "repository")));
    put("owner", field(job, "owner"));
    if job["paused"] == true {
        let pause = &job["pause"];
        let until = field(pause, "until");
        let until = if until.is_empty() { String::new() } else { format!(" until {until}") };
        let word = if job["disabled"] == true { "disabled" } else { "paused" };
        put(word, format!("by {}{until} {}", field(pause, "by"), field(pause, "reason")));
    }
    put("last run", last_run(job).unwrap_or_default());
    for hold in items(&job["frozen"]) {
        put("now", field(hold, "sentence"));
    }
    for schedule in items(&job["schedules"]) {
        put("schedule", field(schedule, "words"));
        for fire in items(&schedule["upcoming"]).iter().take(3) {
            let frozen = field(fire, "frozen");
            let frozen = if frozen.is_empty() { String::new() } else { format!("  {frozen}") };
            put("  next", format!("{}{frozen}", field(fire, "local")));
        }
    }
    for fire in items(&job["fires"]) {
        put(
            "fire",
            format!(
                "{}  {}: {}",
                field(fire, "scheduled_at"),
                field(fire, "decision"),
                field(fire, "reason")
            ),
        );
    }
    lines
}
