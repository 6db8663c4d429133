//! What became of an attempt: said to the person, and put into the report.

use crate::cli::{note, say};
use crate::deploy::report::{Deployment, Report};
use crate::deploy::start::{self, Refusal, Started};
use crate::deploy::supervise::{Ended, How};
use crate::deploy::{Options, exit, words};
use serde_json::Value;
use std::time::Duration;

/// The stable word for how a deployment ended, and the end of the sentence about it.
pub fn of(ended: &Ended, took: Duration) -> (&'static str, String) {
    let took = words::took(took);
    match (&ended.how, ended.child_exit, ended.child_signal) {
        (How::Itself, Some(0), _) => ("succeeded", format!("succeeded in {took}")),
        (How::Itself, Some(code), _) => {
            ("command_failed", format!("failed in {took}: the command ended with {code}"))
        }
        (How::Itself, None, signal) => {
            let signal = signal.unwrap_or_default();
            ("command_killed", format!("failed in {took}: the command was killed by signal {signal}"))
        }
        (How::NeverRan(exit::NOT_FOUND, why), ..) => ("command_not_found", format!("failed: {why}")),
        (How::NeverRan(_, why), ..) => ("command_not_executable", format!("failed: {why}")),
        (How::Aborted(reason), ..) if reason.is_empty() => ("aborted", format!("was aborted after {took}")),
        (How::Aborted(reason), ..) => ("aborted", format!("was aborted after {took}: {reason}")),
        (How::Interrupted(signal), ..) => {
            ("interrupted", format!("was aborted after {took}: stopped by {signal}"))
        }
        (How::Lost(why), ..) => {
            ("lease_lost", format!("was given up after {took}, its outcome is unknown: {why}"))
        }
    }
}

/// A deployment has started.
pub fn started(started: &Started, report: &mut Report) {
    report.decision = "started";
    report.environment.clone_from(&started.environment);
    report.commit = Some(started.commit.clone()).filter(|commit| !commit.is_empty()).or(report.commit.take());
    report.previous_commit.clone_from(&started.previous);
    let (id, number, url) = (started.id.clone(), started.number.clone(), started.url.clone());
    report.deployment = Some(Deployment { id, number, url });
}

/// There is nothing for this attempt to do.
pub fn nothing_to_do(options: &Options, answer: &Value, report: &mut Report) {
    report.decision = "nothing_to_do";
    report.reason_code = if answer["handled"] == true { "handled_elsewhere" } else { "nothing_to_do" };
    report.sentence = match answer["sentence"].as_str() {
        Some(sentence) => sentence.to_owned(),
        None => format!("there is nothing to do on {}", options.env),
    };
    if let Some(id) = start::text(&answer["id"]) {
        let number = start::text(&answer["number"]).unwrap_or_else(|| id.clone());
        let url = answer["url"].as_str().unwrap_or_default().to_owned();
        report.deployment = Some(Deployment { id, number, url });
    }
    if !options.quiet {
        say(&report.sentence);
    }
}

/// A dry run has its decision; a closed one is a refusal.
pub fn decided(options: &Options, answer: &Value, report: &mut Report) -> Result<(), Box<Refusal>> {
    let decision = answer["decision"].clone();
    let sentence = decision["sentence"].as_str().unwrap_or_default().to_owned();
    report.decision = "dry_run";
    report.gate = decision;
    report.commit = start::text(&report.gate["candidate"]).or(report.commit.take());
    if report.gate["open"] != true {
        return Err(Box::new(Refusal {
            exit: exit::BLOCKED,
            reason: "blocked",
            sentence,
            decision: report.gate.clone(),
        }));
    }
    report.reason_code = "open";
    report.sentence = sentence;
    if !options.quiet {
        say(&report.sentence);
    }
    Ok(())
}

/// Nothing was started.
pub fn refused(options: &Options, refusal: Refusal, report: &mut Report) {
    if report.decision.is_empty() {
        report.decision = "refused";
    }
    report.reason_code = refusal.reason;
    report.exit_code = if refusal.exit == exit::BLOCKED { options.blocked_exit } else { refusal.exit };
    let is_expected = matches!(refusal.exit, exit::BLOCKED | exit::BUSY);
    if !(options.quiet && is_expected) {
        if is_expected {
            say(&refusal.sentence)
        } else {
            note(&refusal.sentence)
        }
        for line in words::blockers(&refusal.decision) {
            say(&line);
        }
    }
    report.sentence = refusal.sentence;
    report.gate = refusal.decision;
}
