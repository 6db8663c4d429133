//! Steps, and the files that are kept.

use super::super::limits::STEPS;
use super::super::shapes::{self, NAME};
use super::super::view::View;
use super::super::{ArtifactRule, Step};
use super::is;
use super::pieces::variables;

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

pub(super) fn artifacts(view: &View<'_>) -> Vec<ArtifactRule> {
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
