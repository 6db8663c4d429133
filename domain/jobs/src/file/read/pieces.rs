//! What documents and their parts have in common: environment, secrets, limits, steps, artifacts.

use super::super::limits::{PARAMS, STEPS};
use super::super::shapes::{self, NAME, SECRET, VARIABLE, WORD};
use super::super::view::{Keys, View};
use super::super::{
    ArtifactRule, Isolation, Limits, Param, ParamKind, Part, Pull, Requirement, Retry, RetryOn, Step,
    Timeouts,
};
use super::is;
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
    part.artifacts.extend(keys.get("artifacts").map(|view| artifacts(&view)).unwrap_or_default());
    let own = keys.get("finally").map(|view| steps(&view)).unwrap_or_default();
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

pub(super) fn steps(view: &View<'_>) -> Vec<Step> {
    let places = view.many();
    if places.len() > STEPS {
        view.error(format!("there are {} steps, and {STEPS} are the most", places.len()));
    }
    places.iter().take(STEPS).filter_map(step).collect()
}

fn step(view: &View<'_>) -> Option<Step> {
    let script = |view: &View<'_>| {
        let text = view.text()?;
        if text.trim().is_empty() {
            view.error("the script is empty");
        }
        Some(text)
    };
    if !view.is_map() {
        let run = script(view)?;
        return Some(Step { name: first_line(&run), run, line: view.node.at.line, ..Step::default() });
    }
    let keys = view.map(&shapes::STEP)?;
    let run = script(&keys.get("run")?)?;
    let rule = "a folder below the workspace, without .. and without a slash in front";
    Some(Step {
        name: keys.get("name").and_then(|name| name.name()).unwrap_or_else(|| first_line(&run)),
        shell: keys.get("shell").and_then(|shell| shell.name()),
        workdir: keys.get("workdir").and_then(|folder| folder.text_where(rule, stays_below)),
        env: keys.get("env").map(|env| variables(&env)).unwrap_or_default(),
        timeout_s: keys.get("timeout").and_then(|timeout| timeout.duration_s()),
        always: keys.get("always").is_some_and(|always| always.boolean().unwrap_or(false)),
        line: view.node.at.line,
        run,
    })
}

/// What a script is called that has no name: its first line that says something.
fn first_line(script: &str) -> String {
    let lines = || script.lines().map(str::trim).filter(|line| !line.is_empty());
    let line =
        lines().find(|line| !line.starts_with('#') && !line.starts_with("set -")).or_else(|| lines().next());
    super::super::view::shortened(line.unwrap_or_default())
}

/// Whether a path or pattern can't leave the workspace.
fn stays_below(path: &str) -> bool {
    !path.is_empty()
        && !path.starts_with(['/', '~', '\\'])
        && !path.contains(['\0', '\n'])
        && path.split(['/', '\\']).all(|piece| piece != "..")
}

fn artifacts(view: &View<'_>) -> Vec<ArtifactRule> {
    let rule = "a pattern stays below the workspace: no .. and no slash in front";
    let mut rules: Vec<ArtifactRule> = Vec::new();
    for item in view.many() {
        let found = if item.is_map() {
            let Some(keys) = item.map(&shapes::ARTIFACT) else { continue };
            let name = keys.get("name").and_then(|name| {
                name.text_where("an artifact's name has letters, digits, spaces and . _ -", |text| {
                    is(NAME, text)
                })
            });
            let is_true = |key: &str| keys.get(key).is_some_and(|view| view.boolean().unwrap_or(false));
            ArtifactRule {
                name: name.unwrap_or_default(),
                pattern: keys
                    .get("pattern")
                    .and_then(|pattern| pattern.text_where(rule, stays_below))
                    .unwrap_or_default(),
                required: is_true("required"),
                shared: is_true("shared"),
                keep_s: keys.get("keep").and_then(|keep| keep.duration_s()),
            }
        } else {
            let Some(pattern) = item.text_where(rule, stays_below) else { continue };
            let name = pattern.trim_end_matches(['*', '/']).rsplit('/').next().unwrap_or_default();
            let name = name.trim_start_matches(['*', '.']);
            let name = if is(NAME, name) { name } else { "files" };
            ArtifactRule { name: name.to_owned(), pattern, ..ArtifactRule::default() }
        };
        if rules.iter().any(|rule| rule.name == found.name && !found.name.is_empty()) {
            item.error(format!("the artifact {:?} is there twice", found.name));
        }
        rules.push(found);
    }
    rules
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

/// Values that a trigger hands to its runs.
pub(super) fn given(view: Option<View<'_>>) -> BTreeMap<String, String> {
    let rule = "a parameter's name has lower-case letters, digits and underscores";
    let named = view.map(|view| view.named(rule, |name| is(WORD, name))).unwrap_or_default();
    named.into_iter().filter_map(|(name, value)| Some((name, value.scalar()?))).collect()
}

pub(super) fn params(view: &View<'_>) -> Vec<Param> {
    let rule = "a parameter's name has lower-case letters, digits and underscores, at most 40";
    let named = view.named(rule, |name| is(WORD, name));
    if named.len() > PARAMS {
        view.error(format!("there are {} parameters, and {PARAMS} are the most", named.len()));
    }
    named.into_iter().take(PARAMS).filter_map(|(name, view)| param(name, &view)).collect()
}

fn param(name: String, view: &View<'_>) -> Option<Param> {
    if !view.is_map() {
        let default = if view.node.is_null() { None } else { Some(view.scalar()?) };
        return Some(Param { title: name.clone(), name, default, ..Param::default() });
    }
    let keys = view.map(&shapes::PARAM)?;
    let choices: Vec<String> = keys
        .get("choices")
        .map(|choices| choices.many().iter().filter_map(View::scalar).collect())
        .unwrap_or_default();
    let usual = if choices.is_empty() { ParamKind::Text } else { ParamKind::Choice };
    let kind =
        keys.get("type").and_then(|word| word.word(ParamKind::ALL, ParamKind::as_str)).unwrap_or(usual);
    if (kind == ParamKind::Choice) == choices.is_empty() {
        view.error("choices belong to the type choice, and that needs them");
    }
    let pattern = keys.get("pattern").and_then(|pattern| {
        let text = pattern.text()?;
        if let Err(message) = super::super::compiled(&text) {
            pattern.error(message);
        }
        Some(text)
    });
    let param = Param {
        title: keys.get("title").and_then(|title| title.name()).unwrap_or_else(|| name.clone()),
        name,
        kind,
        description: keys.get("description").and_then(|text| text.text()).unwrap_or_default(),
        default: keys.get("default").and_then(|default| default.scalar()),
        required: keys.get("required").is_some_and(|required| required.boolean().unwrap_or(false)),
        choices,
        pattern,
        least: keys.get("least").and_then(|least| least.number()),
        most: keys.get("most").and_then(|most| most.number()),
    };
    if let (Some(default), Some(view)) = (&param.default, keys.get("default"))
        && let Err(message) = param.accept(default)
    {
        view.error(message);
    }
    Some(param)
}
