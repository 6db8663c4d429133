//! Asks the server to start: the decision and the start are one request, so no lock can come in between.
//!
//! The request carries a key. When the network fails it is repeated under the same key, and the server, which may have
//! started the deployment and lost only the answer, gives the same answer again.

use crate::client::{Client, Failure, segment};
use crate::deploy::exit;
use base::Stopwatch;
use serde_json::{Value, json};
use std::time::Duration;

/// What the server answered.
#[derive(Debug)]
pub enum Answer {
    /// The deployment has started and is ours.
    Started(Box<Started>),
    /// There is nothing for us to do: somebody else handled this slot, or the commit is there already.
    NothingToDo(Value),
    /// It has a place in the queue; the same request under the same key asks whether its turn has come.
    Queued(Value),
    /// The decision of a dry run.
    Decided(Value),
    /// Refused, and why.
    Refused(Box<Refusal>),
}

/// A deployment that has started.
#[derive(Clone, Debug, Default)]
pub struct Started {
    /// Its id.
    pub id: String,
    /// The number that people see.
    pub number: String,
    /// The fencing token.
    pub token: i64,
    /// How long the lease lasts without a beat.
    pub lease: Duration,
    /// How long to wait between beats.
    pub every: Duration,
    /// The environment.
    pub environment: String,
    /// The full commit id.
    pub commit: String,
    /// What is deployed now, if anything is.
    pub previous: Option<String>,
    /// How many commits this brings.
    pub commits: Option<u64>,
    /// Its page.
    pub url: String,
}

/// Why nothing was started.
#[derive(Debug)]
pub struct Refusal {
    /// The exit code.
    pub exit: i32,
    /// The stable word for programs.
    pub reason: &'static str,
    /// The sentence for people.
    pub sentence: String,
    /// The whole decision, when there is one.
    pub decision: Value,
}

/// Asks once, repeating under one key while the network fails, for at most `patience`.
pub async fn ask(client: &Client, environment: &str, body: &Value, key: &str, patience: Duration) -> Answer {
    let path = format!("environments/{}/deployments", segment(environment));
    let waited = Stopwatch::start();
    let mut pause = Duration::from_millis(250);
    loop {
        match client.post_once(&path, body, key).await {
            Ok(answer) => return read(answer, environment),
            Err(failure) if failure.is_passing() && waited.elapsed() + pause < patience => {
                let left = patience.saturating_sub(waited.elapsed());
                tokio::time::sleep(failure.retry_after().unwrap_or(pause).max(pause).min(left)).await;
                pause = (pause * 2).min(Duration::from_secs(5));
            }
            Err(failure) => return Answer::Refused(Box::new(Refusal::from(failure))),
        }
    }
}

fn read(answer: Value, environment: &str) -> Answer {
    if answer["handled"] == true || answer["nothing_to_do"] == true {
        return Answer::NothingToDo(answer);
    }
    match answer["state"].as_str() {
        Some("queued") => return Answer::Queued(answer),
        Some("superseded") => return Answer::NothingToDo(answer),
        Some("aborted") => {
            let sentence = "the deployment was aborted while it waited in the queue".to_owned();
            let decision = Value::Null;
            return Answer::Refused(Box::new(Refusal {
                exit: exit::ABORTED,
                reason: "aborted",
                sentence,
                decision,
            }));
        }
        _ => {}
    }
    if answer.get("decision").is_some() && answer.get("token").is_none() {
        return Answer::Decided(answer);
    }
    let (Some(id), Some(token)) = (text(&answer["id"]), whole(&answer["token"])) else {
        return Answer::Refused(Box::new(Refusal {
            exit: exit::UNREACHABLE,
            reason: "unreachable",
            sentence:
                "the server's answer is not that of Signalbox: is the address right? Nothing was started"
                    .to_owned(),
            decision: Value::Null,
        }));
    };
    let lease =
        Duration::from_secs(whole(&answer["lease"]).and_then(|s| u64::try_from(s).ok()).unwrap_or(60).max(1));
    let every = answer["heartbeat_every"].as_f64().filter(|s| s.is_finite() && *s > 0.0);
    Answer::Started(Box::new(Started {
        number: text(&answer["number"]).unwrap_or_else(|| id.clone()),
        id,
        token,
        lease,
        every: every.map_or(lease / 6, Duration::from_secs_f64).clamp(Duration::from_millis(50), lease),
        environment: text(&answer["environment"]["name"])
            .or_else(|| text(&answer["environment"]))
            .unwrap_or_else(|| environment.to_owned()),
        commit: text(&answer["commit"]["id"]).or_else(|| text(&answer["commit"])).unwrap_or_default(),
        previous: text(&answer["previous_commit"]),
        commits: answer["range"]["count"].as_u64(),
        url: text(&answer["url"]).unwrap_or_default(),
    }))
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let (exit, reason) = match &failure {
            Failure::Usage(_) | Failure::Ended(..) => (exit::USAGE, "usage"),
            Failure::Unreachable(_) => (exit::UNREACHABLE, "unreachable"),
            Failure::Refused(problem) => classify(problem.status, &problem.code),
        };
        let nothing = if exit == exit::UNREACHABLE { "; nothing was started" } else { "" };
        let sentence = format!("{failure}{nothing}");
        let decision = match failure {
            Failure::Refused(problem) => problem.body["decision"].clone(),
            _ => Value::Null,
        };
        Self { exit, reason, sentence, decision }
    }
}

/// The exit code and the stable word for a refusal by the server.
fn classify(status: u16, code: &str) -> (i32, &'static str) {
    match (status, code) {
        (_, "deployment.busy") => (exit::BUSY, "busy"),
        (_, "deployment.quarantined") => (exit::BLOCKED, "quarantined"),
        (_, "deployment.blocked") => (exit::BLOCKED, "blocked"),
        (_, "commit.unknown") => (exit::COMMIT, "commit_unknown"),
        (_, "commit.ambiguous") => (exit::COMMIT, "commit_ambiguous"),
        (_, "repository.shallow") => (exit::COMMIT, "repository_shallow"),
        (401 | 403, _) => (exit::NOT_PERMITTED, "not_permitted"),
        (404, _) => (exit::USAGE, "environment_unknown"),
        // A conflict without a known word is a gate of a newer server: closed, not broken.
        (409, _) => (exit::BLOCKED, "blocked"),
        (429 | 500..=599, _) => (exit::UNREACHABLE, "unreachable"),
        _ => (exit::USAGE, "usage"),
    }
}

/// What is sent to start.
pub fn request(options: &super::Options, commit: Option<&str>, slot: Option<base::Time>) -> Value {
    let mut body = json!({"kind": options.kind.word()});
    let mut put = |key: &str, value: Value| {
        if !value.is_null() {
            body[key] = value;
        }
    };
    put("commit", commit.map(Into::into).unwrap_or_default());
    if commit.is_none() {
        // HEAD is the tip of the default branch.
        put("ref", options.git_ref.as_deref().unwrap_or("HEAD").into());
    }
    put("if_busy", options.if_busy.map(|what| what.word().into()).unwrap_or_default());
    put("slot", slot.map(|slot| slot.to_string().into()).unwrap_or_default());
    if !options.overrides.is_empty() {
        put("override", json!(options.overrides));
    }
    put("reason", options.reason.as_deref().map(Into::into).unwrap_or_default());
    if options.dry_run {
        put("dry_run", true.into());
    }
    put("host", rustix::system::uname().nodename().to_str().unwrap_or_default().into());
    put("pid", std::process::id().into());
    body
}

/// A text, or a number as text.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A whole number, or one in a text.
pub fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Problem;

    #[test]
    fn every_refusal_has_the_exit_code_of_the_contract() {
        for (status, code, exit, reason) in [
            (409, "deployment.blocked", 75, "blocked"),
            (409, "deployment.busy", 76, "busy"),
            (409, "deployment.quarantined", 75, "quarantined"),
            (409, "deployment.frozen_by_something_new", 75, "blocked"),
            (400, "commit.unknown", 65, "commit_unknown"),
            (400, "commit.ambiguous", 65, "commit_ambiguous"),
            (400, "repository.shallow", 65, "repository_shallow"),
            (400, "time.malformed", 64, "usage"),
            (401, "token.unknown", 77, "not_permitted"),
            (403, "right.missing", 77, "not_permitted"),
            (404, "environment.missing", 64, "environment_unknown"),
            (429, "limit.requests", 69, "unreachable"),
            (503, "", 69, "unreachable"),
        ] {
            let body = json!({"code": code, "detail": "why"}).to_string();
            let refusal =
                Refusal::from(Failure::Refused(Box::new(Problem::read(status, None, body.as_bytes()))));
            assert_eq!((refusal.exit, refusal.reason), (exit, reason), "{status} {code}");
        }
        assert_eq!(Refusal::from(Failure::Unreachable("gone".to_owned())).exit, 69);
    }

    #[test]
    fn an_answer_is_read_with_ids_as_text_or_number() {
        let answer = json!({"id": "12", "number": 318, "token": "7", "lease": 60, "heartbeat_every": 10,
            "environment": "beta", "commit": "c1", "previous_commit": null, "range": {"count": 3}, "url": "http://x/d"});
        let Answer::Started(started) = read(answer, "beta") else { panic!("a start") };
        assert_eq!((started.id.as_str(), started.number.as_str(), started.token), ("12", "318", 7));
        assert_eq!((started.lease.as_secs(), started.every.as_secs(), started.commits), (60, 10, Some(3)));
        assert!(matches!(read(json!({"handled": true}), "beta"), Answer::NothingToDo(_)));
        assert!(matches!(read(json!({"decision": {"open": true}}), "beta"), Answer::Decided(_)));
        assert!(matches!(read(json!({"hello": 1}), "beta"), Answer::Refused(_)));
    }
}
