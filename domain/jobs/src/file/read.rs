//! From the tree of a job file to its jobs.

mod check;
mod freeze;
mod job;
mod matrix;
mod params;
mod parts;
mod people;
mod pieces;
mod steps;
mod triggers;

pub use freeze::ring_in_words;

use super::findings::Findings;
use super::limits::JOBS;
use super::view::View;
use super::yaml::{self, At, Node, Value};
use super::{Job, Parsed, Severity};
use std::collections::BTreeMap;

/// Reads a job file.
pub(super) fn file(text: &str) -> Parsed {
    let findings = Findings::default();
    let (documents, problems) = yaml::read(text);
    for problem in &problems {
        findings.add(Severity::Error, problem.at, "", problem.message.clone(), None);
    }
    let full: Vec<(usize, &Node)> =
        documents.iter().enumerate().filter(|(_, document)| !document.is_null()).collect();
    let top = At { line: 1, column: 1 };
    if full.is_empty() && problems.is_empty() {
        findings.add(Severity::Error, top, "", "the file has no job".to_owned(), None);
    }
    if full.len() > JOBS {
        let message = format!("the file has {} jobs, and {JOBS} are the most", full.len());
        findings.add(Severity::Error, full[JOBS].1.at, "", message, None);
    }
    let mut jobs: Vec<Job> = Vec::new();
    let mut names: BTreeMap<String, u32> = BTreeMap::new();
    for (n, document) in full.iter().take(JOBS) {
        let before = findings.count_errors();
        tags(document, &findings);
        let view = View { node: document, path: String::new(), findings: &findings };
        let Some(job) = job::read(&view) else { continue };
        if let Some(first) = names.get(&job.name) {
            view.error(format!("the job {} is there twice, first in line {first}", job.name));
        }
        names.insert(job.name.clone(), job.line);
        // What is not YAML, or a key that is there twice, spoils the document it stands in.
        let is_spoilt = problems.iter().any(|problem| problem.document == *n);
        if findings.count_errors() == before && !is_spoilt {
            jobs.push(job);
        }
    }
    for (place, line, message) in freeze::rings(&jobs).into_iter().rev() {
        findings.add(Severity::Error, At { line, column: 1 }, "freeze", message, None);
        jobs.remove(place);
    }
    Parsed { jobs, findings: findings.into_sorted() }
}

/// Tags of the file's own mean nothing in a job file.
fn tags(root: &Node, findings: &Findings) {
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        if let Some(tag) = &node.tag {
            let message = format!("the tag {:?} means nothing in a job file", super::view::shortened(tag));
            findings.add(Severity::Error, node.at, "", message, None);
        }
        match &node.value {
            Value::List(items) => open.extend(items),
            Value::Map(entries) => open.extend(entries.iter().map(|entry| &entry.value)),
            Value::Scalar { .. } => {}
        }
    }
}

/// Whether a text is, as a whole, what a regular expression of the table says.
pub(super) fn is(pattern: &str, text: &str) -> bool {
    super::compiled(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(text))
}
