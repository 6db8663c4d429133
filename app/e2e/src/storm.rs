//! What a storm writes down and how it is judged.
//!
//! Every worker notes what it asked, when it sent it and when the answer came, by the machine's clock. The verdict knows nothing
//! else but the journal. From outside: a start sent after a lock was acknowledged and answered before anybody asked for the lock's
//! release ran under an open lock. From the journal: entries are in the order of commits, so what was open at a start is certain.

mod journal;
mod outside_verdict;
#[cfg(test)]
mod tests;

pub use journal::violations as journal_violations;
pub use outside_verdict::violations as outside_violations;
use serde_json::{Value, json};
use std::path::Path;

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A deployment started.
    Started,
    /// A deployment was reported finished.
    Finished,
    /// A start was refused; with the locks that the refusal names.
    Refused(Vec<String>),
    /// A lock was placed.
    Locked,
    /// A lock was released; `true` when this was the release that counted.
    Released(bool),
    /// A dry run was answered; `true` when the gate was open.
    DryRun(bool),
    /// The server did nothing and said so: try again.
    TryAgain,
    /// An answer that nobody should get.
    Odd(String),
}

/// One request, its answer and when.
#[derive(Clone, Debug)]
pub struct Record {
    /// What was asked and answered.
    pub act: Act,
    /// The environment.
    pub environment: String,
    /// The deployment or lock; empty for refusals and dry runs.
    pub id: String,
    /// When the request was sent, in microseconds.
    pub sent: u64,
    /// When its answer had come, in microseconds.
    pub acked: u64,
}

impl Record {
    /// As a line of a worker's notes.
    pub fn line(&self) -> String {
        let (act, detail) = match &self.act {
            Act::Started => ("started", Value::Null),
            Act::Finished => ("finished", Value::Null),
            Act::Refused(locks) => ("refused", json!(locks)),
            Act::Locked => ("locked", Value::Null),
            Act::Released(counted) => ("released", json!(counted)),
            Act::DryRun(open) => ("dry run", json!(open)),
            Act::TryAgain => ("try again", Value::Null),
            Act::Odd(text) => ("odd", json!(text)),
        };
        let line = json!({"act": act, "detail": detail, "environment": self.environment, "id": self.id,
            "sent": self.sent, "acked": self.acked});
        format!("{line}\n")
    }

    /// From a line; a worker that was stopped in the middle of one leaves half of it, which tells nothing.
    pub fn parse(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let detail = &value["detail"];
        let act = match value["act"].as_str()? {
            "started" => Act::Started,
            "finished" => Act::Finished,
            "refused" => {
                Act::Refused(detail.as_array()?.iter().filter_map(Value::as_str).map(String::from).collect())
            }
            "locked" => Act::Locked,
            "released" => Act::Released(detail.as_bool()?),
            "try again" => Act::TryAgain,
            "dry run" => Act::DryRun(detail.as_bool()?),
            _ => Act::Odd(detail.as_str()?.to_string()),
        };
        Some(Self {
            act,
            environment: value["environment"].as_str()?.to_string(),
            id: value["id"].as_str()?.to_string(),
            sent: value["sent"].as_u64()?,
            acked: value["acked"].as_u64()?,
        })
    }
}

/// All notes in a folder.
pub fn read(folder: &Path) -> Vec<Record> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let notes = files.filter(|path| path.extension().is_some_and(|e| e == "notes"));
    let mut records: Vec<Record> = notes
        .flat_map(|path| {
            std::fs::read_to_string(path)
                .unwrap_or_default()
                .lines()
                .filter_map(Record::parse)
                .collect::<Vec<_>>()
        })
        .collect();
    records.sort_by_key(|record| record.sent);
    records
}
