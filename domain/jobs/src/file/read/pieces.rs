//! What documents and their parts have in common: environment, secrets, agents, limits.

use super::super::shapes::{self, SECRET, VARIABLE};
use super::super::view::{Keys, View};
use super::super::{Isolation, Limits, Part, Pull, Requirement, Retry, RetryOn, Timeouts};
use super::{is, steps};
use std::collections::BTreeMap;

pub(super) const SECRET_RULE: &str =
    "a secret's name has upper-case letters, digits and underscores, like DB_PASSWORD";

/// Reads the keys that a document and a part have in common, on top of what `part` has already.
pub(super) fn common(keys: &Keys<'_>, part: &mut Part, deploys: bool) {
    if let Some(image) = keys.get("image") {
        let rule = "an image is a name like python:3.12-slim, without spaces";
        let is_image =
            |text: &str| !text.is_empty() && text.len() <= 512 && !text.contains(char::is_whitespace);
        part.image = image.text_where(rule, is_image);
        part.isolation = Isolation::Docker;
    }
    if let Some(isolation) = keys.get("isolation") {
        part.isolation = isolation.word(Isolation::ALL, Isolation::as_str).unwrap_or(part.isolation);
        // A part may leave the document's image behind, and says so by its isolation.
        if part.isolation != Isolation::Docker {
            if keys.get("image").is_some() {
                isolation.error(format!("an image needs isolation: docker, and {} has none", part.isolation));
            }
            part.image = None;
        } else if part.image.is_none() && keys.get("image").is_none() {
            isolation.error("isolation: docker needs an image");
        }
    }
    if let Some(pull) = keys.get("pull") {
        part.pull = pull.word(Pull::ALL, Pull::as_str).unwrap_or_default();
    }
    if let Some(network) = keys.get("network") {
        part.network = network.boolean().unwrap_or(true);
        if !part.network && part.isolation == Isolation::None {
            network.error(
                "a plain process can't be kept from the network; say isolation: bwrap or give an image",
            );
        }
    }
    part.env.extend(keys.get("env").map(|env| variables(&env)).unwrap_or_default());
    if let Some(secrets) = keys.get("secrets") {
        for secret in secrets.many() {
            let Some(name) = secret.text_where(SECRET_RULE, |text| is(SECRET, text)) else { continue };
            if part.env.contains_key(&name) {
                secret.error(format!("{name} is in env too; which of them is meant?"));
            }
            if !part.secrets.contains(&name) {
                part.secrets.push(name);
            }
        }
    }
    part.requires.extend(keys.get("agent").map(|agent| requirements(&agent)).unwrap_or_default());
    if let Some(limits) = keys.get("limits") {
        self::limits(&limits, &mut part.limits);
    }
    if let Some(timeout) = keys.get("timeout") {
        self::timeout(&timeout, &mut part.timeouts);
    }
    if let Some(retry) = keys.get("retry") {
        part.retry = self::retry(&retry, deploys).unwrap_or_default();
    }
    part.artifacts.extend(keys.get("artifacts").map(|view| steps::artifacts(&view)).unwrap_or_default());
    let own = keys.get("finally").map(|view| steps::steps(&view)).unwrap_or_default();
    part.finally.splice(0..0, own);
}

pub(super) fn variables(view: &View<'_>) -> BTreeMap<String, String> {
    let rule = "a variable's name has letters, digits and underscores and begins with no digit";
    let mut env = BTreeMap::new();
    for (name, value) in view.named(rule, |name| is(VARIABLE, name)) {
        if name.starts_with("SIGNALBOX_") {
            value.error(format!("{name} can't be set: names that begin with SIGNALBOX_ are the agent's"));
        }
        // An empty value is one: `TOKEN:` says the same as `TOKEN: ""`.
        let Some(text) = (if value.node.is_null() { Some(String::new()) } else { value.scalar() }) else {
            continue;
        };
        if looks_secret(&name, &text) {
            value.warn(format!(
                "{name} looks like a secret that everybody can read here; name it under secrets"
            ));
        }
        env.insert(name, text);
    }
    env
}

fn looks_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let tells = ["PASSWORD", "PASSPHRASE", "SECRET", "TOKEN", "API_KEY", "APIKEY", "PRIVATE_KEY", "SSHKEY"];
    let is_place = name.ends_with("_FILE")
        || name.ends_with("_PATH")
        || name.ends_with("_URL")
        || value.starts_with('$');
    !value.is_empty() && !is_place && tells.iter().any(|tell| name.contains(tell))
}

fn requirements(view: &View<'_>) -> Vec<Requirement> {
    let mut found = Vec::new();
    let mut take = |view: &View<'_>, text: String| match text.parse() {
        Ok(requirement) => found.push(requirement),
        Err(message) => view.error(message),
    };
    if view.is_map() {
        let rule = "a label has letters, digits and . _ - /";
        for (label, value) in view.named(rule, |label| is("[A-Za-z0-9_./-]{1,100}", label)) {
            match value.scalar().as_deref() {
                Some("*" | "true") => take(&value, label),
                Some(regex) if regex.starts_with('~') => take(&value, format!("{label}{regex}")),
                Some(text) => take(&value, format!("{label}={text}")),
                None => {}
            }
        }
    } else {
        for item in view.many() {
            if let Some(text) = item.text() {
                take(&item, text);
            }
        }
    }
    found
}

fn limits(view: &View<'_>, limits: &mut Limits) {
    let Some(keys) = view.map(&shapes::LIMITS) else { return };
    if let Some(memory) = keys.get("memory") {
        limits.memory_bytes = memory.size_bytes();
        if limits.memory_bytes.is_some_and(|bytes| bytes < 4 << 20) {
            memory.error("less than 4MiB of memory starts nothing; is the unit missing?");
        }
    }
    if let Some(cpus) = keys.get("cpus") {
        limits.cpus_milli = cpus.number().and_then(|_| super::super::units::cpus_milli(cpus.node.text()?));
        if limits.cpus_milli.is_none() {
            cpus.error("a number of processors is from 0.001 to 1024");
        }
    }
    if let Some(pids) = keys.get("pids") {
        limits.pids = pids.integer(1, 4_194_304).and_then(|pids| u32::try_from(pids).ok());
    }
    if let Some(disk) = keys.get("disk") {
        limits.disk_bytes = disk.size_bytes();
    }
}

fn timeout(view: &View<'_>, timeouts: &mut Timeouts) {
    if !view.is_map() {
        timeouts.run_s = view.duration_s().unwrap_or(timeouts.run_s);
        return;
    }
    let Some(keys) = view.map(&shapes::TIMEOUT) else { return };
    let seconds = |key: &str| keys.get(key).and_then(|view| view.duration_s());
    timeouts.run_s = seconds("run").unwrap_or(timeouts.run_s);
    timeouts.queue_s = seconds("queue").or(timeouts.queue_s);
    timeouts.silent_s = seconds("silent").or(timeouts.silent_s);
}

fn retry(view: &View<'_>, deploys: bool) -> Option<Retry> {
    let usual = if deploys { vec![RetryOn::Failed] } else { vec![RetryOn::Failed, RetryOn::AgentLost] };
    let count = |view: &View<'_>| view.integer(0, 20).and_then(|max| u32::try_from(max).ok());
    if !view.is_map() {
        return Some(Retry { max: count(view)?, on: usual, ..Retry::default() });
    }
    let keys = view.map(&shapes::RETRY)?;
    let mut retry = Retry { max: count(&keys.get("max")?)?, on: usual, ..Retry::default() };
    if let Some(on) = keys.get("on") {
        retry.on.clear();
        for item in on.many() {
            match item.text().map(|text| text.parse::<RetryOn>()) {
                Some(Ok(on)) => retry.on.push(on),
                Some(Err(message)) => item.error(message),
                None => {}
            }
        }
        if deploys && retry.on.contains(&RetryOn::AgentLost) {
            on.warn("a deployment whose agent was lost may have happened; trying it again deploys twice");
        }
    }
    if let Some(backoff) = keys.get("backoff") {
        let text = backoff.text()?;
        let (from, to) = text.split_once("..").unwrap_or((&text, &text));
        match (base::time::parse_duration(from), base::time::parse_duration(to)) {
            (Ok(from), Ok(to)) if from <= to && to.as_secs() <= 604_800 => {
                retry.backoff_s = from.as_secs();
                retry.backoff_most_s = to.as_secs();
            }
            _ => backoff.error("a backoff is a length of time up to 7d, or two of them: 30s..10m"),
        }
    }
    Some(retry)
}

/// Texts, one or several.
pub(super) fn texts(view: &View<'_>) -> Vec<String> {
    view.many().iter().filter_map(View::text).collect()
}

pub(super) fn names(view: &View<'_>, pattern: &str) -> Vec<String> {
    let rule = "a name has letters, digits, spaces and . _ -";
    view.many().iter().filter_map(|item| item.text_where(rule, |text| is(pattern, text))).collect()
}

/// Patterns of branches and paths.
pub(super) fn patterns(view: &View<'_>) -> Vec<String> {
    let is_pattern =
        |text: &str| !text.trim().is_empty() && text.len() <= 500 && !text.chars().any(char::is_control);
    view.many()
        .iter()
        .filter_map(|item| item.text_where("a pattern has 1 to 500 characters", is_pattern))
        .collect()
}
