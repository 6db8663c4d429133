//! Bamboo Specs (YAML, version 2) as job files.
//!
//! [`import`] is total and pure: it gets texts and answers with a job file for each plan and for each environment of a deployment project,
//! and with [`Note`]s for whatever means something else here. Documents of permissions go into the jobs of the same import.
//!
//! A plan of which something could not be translated is switched off in its job file, unless the caller insists.

mod body;
mod deployment;
mod emit;
mod note;
mod people;
mod plan;
mod source;
mod tasks;
#[cfg(test)]
mod tests;
mod triggers;
mod variables;

pub use note::{Note, Weight};

use emit::{Keys, Out};
use jobs::file::yaml::Node;
use note::{Notes, Taken, many};
use people::Granted;
use std::cell::Cell;
use std::collections::BTreeMap;
use triggers::Triggers;

/// What an import is told.
pub struct Options<'a> {
    /// The time zone of Bamboo's server, which no file says.
    pub zone: Option<&'a str>,
    /// The name of Bamboo's server: documents for another one are left out.
    pub server: Option<&'a str>,
    /// Reads a file beside the first, by the name that `!include` gives.
    pub includes: &'a dyn Fn(&str) -> Option<String>,
    /// Leave jobs switched on although something could not be translated.
    pub insists: bool,
}

/// What a document became.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A plan.
    Plan,
    /// An environment of a deployment project.
    Deployment,
}

/// A job that was made.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ImportedJob {
    /// What it was.
    pub kind: Kind,
    /// The key of the plan (`LAB-PROV`), or the name of the deployment project.
    pub key: String,
    /// The environment of a deployment project.
    pub environment: Option<String>,
    /// The line that it begins at.
    pub line: u32,
    /// The job file that people keep.
    pub text: String,
    /// What it means.
    pub job: jobs::file::Job,
}

/// What an import found.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Import {
    /// The jobs.
    pub jobs: Vec<ImportedJob>,
    /// What is to be said, by line.
    pub notes: Vec<Note>,
    /// There are schedules, and nobody said in which zone.
    pub needs_zone: bool,
}

impl Import {
    /// The job file that people keep: every job is a document of it.
    pub fn file(&self) -> String {
        self.jobs.iter().map(|job| job.text.trim_end()).collect::<Vec<_>>().join("\n---\n") + "\n"
    }

    /// Whether everything was read and translated.
    pub fn is_complete(&self) -> bool {
        self.notes.iter().all(|note| note.weight < Weight::Unsupported)
    }
}

/// A job before its permissions and its switch are known.
struct Translated {
    kind: Kind,
    key: String,
    environment: Option<String>,
    name: String,
    line: u32,
    is_on: bool,
    is_whole: bool,
    keys: Keys,
}

/// Permissions of plans and environments, until the jobs are known.
#[derive(Default)]
struct Rights {
    plans: BTreeMap<String, Granted>,
    environments: BTreeMap<(String, String), Granted>,
    /// For environments of a project that say nothing of their own.
    usual: BTreeMap<String, Granted>,
}

/// Reads specifications.
pub fn import(text: &str, options: &Options<'_>) -> Import {
    let notes = Notes::default();
    let needs_zone = Cell::new(false);
    let mut source = source::Source::new(&notes, options.includes);
    let documents = source.documents(text);
    let files = source.files;
    let zone = options.zone.filter(|zone| jobs::cron::check_zone(zone).is_ok());
    let triggers = Triggers { notes: &notes, zone, needs_zone: &needs_zone };
    let (mut translated, mut rights) = (Vec::new(), Rights::default());
    for document in &documents {
        self::document(document, options, &triggers, &mut translated, &mut rights);
    }
    let jobs = translated.into_iter().filter_map(|job| finished(job, &rights, options, &notes)).collect();
    Import { jobs, notes: notes.told(&files), needs_zone: needs_zone.get() }
}

fn document(
    node: &Node,
    options: &Options<'_>,
    triggers: &Triggers<'_>,
    translated: &mut Vec<Translated>,
    rights: &mut Rights,
) {
    let notes = triggers.notes;
    let root = Taken::new(node, "the document");
    if root.text("version") != Some("2") {
        notes.add(
            Weight::Wrong,
            node.at,
            "only version 2 of the format is read: the document has no `version: 2`",
        );
        return;
    }
    if let Some(pattern) = root.text("server-name") {
        let is_ours = |server: &str| {
            regex::RegexBuilder::new(&format!("^(?:{pattern})$"))
                .size_limit(1 << 18)
                .build()
                .is_ok_and(|regex| regex.is_match(server))
        };
        match options.server {
            Some(server) if !is_ours(server) => {
                notes.ignored(node, "the document is for another server");
                return;
            }
            Some(_) => {}
            None => notes.ignored(node, "the document names its server, and nobody said which one this was"),
        }
    }
    let has = |key: &str| node.get(key).is_some();
    if has("plan-permissions") {
        let plan = root
            .get("plan")
            .and_then(|plan| plan.text().or_else(|| plan.get("key")?.text()))
            .unwrap_or_default();
        let granted = rights.plans.entry(plan.to_ascii_uppercase()).or_default();
        root.get("plan-permissions").into_iter().for_each(|list| people::grant(list, granted, notes));
    } else if has("deployment-permissions")
        || has("environment-permissions")
        || has("default-environment-permissions")
    {
        environment_permissions(&root, rights, notes);
    } else if has("deployment") {
        translated.extend(deployment::translate(&root, triggers, notes));
    } else if has("plan") {
        translated.extend(plan::translate(&root, triggers, notes));
    } else {
        notes.add(
            Weight::Wrong,
            node.at,
            "the document is no plan, no deployment, and no permissions of one",
        );
    }
}

fn environment_permissions(root: &Taken<'_>, rights: &mut Rights, notes: &Notes) {
    let deployment = root.get("deployment").and_then(|node| node.text().or_else(|| node.get("name")?.text()));
    let project = tasks::one_line(deployment.unwrap_or_default());
    for key in ["deployment-permissions", "default-environment-permissions"] {
        let granted = rights.usual.entry(project.clone()).or_default();
        root.get(key).into_iter().for_each(|list| people::grant(list, granted, notes));
    }
    for item in root.get("environment-permissions").map(many).unwrap_or_default() {
        for entry in item.entries() {
            let granted = rights.environments.entry((project.clone(), entry.key.clone())).or_default();
            people::grant(&entry.value, granted, notes);
        }
    }
}

/// The job file of a job. What the reader of job files does not take is no job.
fn finished(
    mut job: Translated,
    rights: &Rights,
    options: &Options<'_>,
    notes: &Notes,
) -> Option<ImportedJob> {
    let granted = match &job.environment {
        None => rights.plans.get(&job.key.to_ascii_uppercase()),
        Some(environment) => rights
            .environments
            .get(&(job.key.clone(), environment.clone()))
            .or_else(|| rights.usual.get(&job.key)),
    };
    if let Some(granted) = granted {
        job.keys.put_some("permissions", people::permissions(granted));
    }
    if !job.is_on || !(job.is_whole || options.insists) {
        job.keys.0.insert(2, ("enabled".to_owned(), Out::boolean(false)));
    }
    let text = format!(
        "# From Bamboo: {}.\n{}",
        job.name.replace(|c: char| c.is_control(), " "),
        emit::document(&job.keys.out())
    );
    let mut parsed = jobs::file::parse(&text);
    let at = jobs::file::yaml::At { line: job.line, column: 1 };
    for finding in parsed.findings.iter().filter(|finding| finding.severity == jobs::file::Severity::Error) {
        notes.add(Weight::Wrong, at, format!("what it became can't be used: {finding}"));
    }
    let meaning = if parsed.jobs.is_empty() { return None } else { parsed.jobs.remove(0) };
    let Translated { kind, key, environment, line, .. } = job;
    Some(ImportedJob { kind, key, environment, line: line % note::FILE_STRIDE, text, job: meaning })
}
