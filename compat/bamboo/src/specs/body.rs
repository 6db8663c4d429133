//! What jobs and environments have in common: image, agent, tasks, artifacts.

use super::emit::{Keys, Out};
use super::note::{Notes, Taken, many, worded};
use super::tasks::Tasks;
use super::variables::Variables;
use jobs::file::yaml::Node;

/// The image of a `docker` key.
pub(super) fn image(node: &Node, variables: &Variables, notes: &Notes) -> Option<String> {
    let docker = Taken::new(node, "docker");
    let image = variables.resolved(node.text().or_else(|| docker.text("image")).unwrap_or_default().trim());
    for volume in docker.get("volumes").map(Node::entries).unwrap_or_default() {
        // Bamboo's own two are there by themselves.
        if !volume.key.contains("bamboo.working.directory") && !volume.key.contains("bamboo.tmp.directory") {
            notes.add(
                super::note::Weight::Unsupported,
                volume.at,
                "volumes of the machine are not mounted here",
            );
        }
    }
    if let Some(arguments) =
        docker.get("docker-run-arguments").filter(|arguments| !many(arguments).is_empty())
    {
        notes.unsupported(arguments, "arguments of docker run can't be given here; see limits and network");
    }
    docker.pass(&["use-default-volumes"]);
    if !node.entries().is_empty() {
        docker.rest(notes);
    }
    if image.is_empty()
        || image.contains(char::is_whitespace)
        || image.contains("${")
        || image.chars().any(char::is_control)
    {
        notes.unsupported(node, "the image is no plain name");
        return None;
    }
    Some(image)
}

/// The labels of `requirements`.
pub(super) fn agent(node: Option<&Node>, notes: &Notes) -> Out {
    let mut labels = Vec::new();
    for requirement in node.map(many).unwrap_or_default() {
        let Some((name, value)) = worded(requirement) else { continue };
        let label: String = name
            .chars()
            .take(100)
            .map(|c| if c.is_ascii_alphanumeric() || "-_./".contains(c) { c } else { '-' })
            .collect();
        let value = value.and_then(Node::text).filter(|value| !matches!(*value, "" | ".*"));
        let text = value.map_or_else(|| label.clone(), |value| format!("{label}~^({value})$"));
        if text.parse::<jobs::file::Requirement>().is_err() {
            notes.unsupported(requirement, "the requirement is no label that agents can have");
            continue;
        }
        notes.changed(requirement, format!("the agent needs the label {label}"));
        labels.push(text);
    }
    Out::texts(labels)
}

/// The rules of `artifacts`.
pub(super) fn artifacts(node: Option<&Node>, job: &str, shared: &mut Vec<String>, tasks: &Tasks<'_>) -> Out {
    let notes = tasks.notes;
    let (mut rules, mut names): (Vec<Out>, Vec<String>) = (Vec::new(), Vec::new());
    for item in node.map(many).unwrap_or_default() {
        let rule = Taken::new(item, "artifact");
        let name = artifact_name(rule.text("name").unwrap_or("files"));
        let location = rule.text("location").unwrap_or_default().trim_matches(['.', '/']).to_owned();
        // Ant takes several patterns, with commas or spaces between them.
        let pattern = tasks.variables.resolved(rule.text("pattern").unwrap_or("**"));
        let patterns: Vec<&str> = pattern.split([',', ' ']).filter(|text| !text.is_empty()).collect();
        for (n, pattern) in patterns.iter().enumerate() {
            let pattern = pattern.trim_start_matches("./").replace('\\', "/");
            let pattern = if pattern.ends_with('/') { format!("{pattern}**") } else { pattern };
            let pattern = if location.is_empty() { pattern } else { format!("{location}/{pattern}") };
            if pattern.starts_with('/')
                || pattern.split('/').any(|piece| piece == "..")
                || pattern.contains("${")
            {
                notes.unsupported(
                    item,
                    "the artifact is not below the workspace, or has a variable in its pattern",
                );
                continue;
            }
            let name = if n == 0 { name.clone() } else { format!("{name} {}", n + 1) };
            if names.contains(&name) {
                notes.unsupported(item, format!("the artifact {name} is there twice"));
                continue;
            }
            names.push(name.clone());
            let name = if rule.is_true("shared") && shared.contains(&name) {
                let other = artifact_name(&format!("{name} {job}"));
                notes.unsupported(item, format!("{name} is shared by another job already; this one is called {other}: look at who uses it"));
                other
            } else {
                name
            };
            if rule.is_true("shared") {
                shared.push(name.clone());
            }
            let mut keys = Keys::default();
            keys.put("name", Out::Text(name));
            keys.put("pattern", Out::Text(pattern));
            for flag in ["required", "shared"] {
                if rule.is_true(flag) {
                    keys.put(flag, Out::boolean(true));
                }
            }
            rules.push(keys.out());
        }
        rule.pass(&["required", "shared", "httpCompressionOn", "http-compression-on"]);
        rule.rest(notes);
    }
    Out::List(rules)
}

/// A name that an artifact may have.
pub(super) fn artifact_name(name: &str) -> String {
    let name: String = name
        .trim()
        .chars()
        .take(80)
        .map(|c| if c.is_ascii_alphanumeric() || " ._-".contains(c) { c } else { '-' })
        .collect();
    let name = name.trim_start_matches([' ', '.', '_', '-']).trim_end();
    if name.is_empty() { "files".to_owned() } else { name.to_owned() }
}
