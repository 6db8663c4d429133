//! Job files against their promises.

mod accepted;
mod hostile;
mod refused;
mod schema;

use super::{Job, parse};

/// The only job of a text that has nothing wrong with it.
fn job(text: &str) -> Job {
    let mut parsed = parse(text);
    assert!(parsed.findings.is_empty(), "{text}\n{}", told(&parsed.findings));
    assert_eq!(parsed.jobs.len(), 1);
    parsed.jobs.remove(0)
}

fn told(findings: &[super::Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A file that says everything that can be said.
const EVERYTHING: &str = include_str!("tests/everything.yaml");
