//! `signalbox lock`, `unlock` and `locks`: closing an environment and letting it go.

use crate::cli::print::field;
use crate::cli::{Printer, note};
use crate::client::{Client, Failure, segment};
use base::{Clock, Time};
use serde_json::{Value, json};

/// The options of `signalbox lock`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  signalbox lock production --reason \"checkout answers 500 since the last deployment\"
  signalbox lock production --reason \"migration\" --until 2h
  signalbox lock beta --reason \"bad build\" --fix 9f3c2e1 --assignee ann@example.com

A lock is a task in the environment's lock project: people discuss it there, and completing it releases it.")]
pub struct Lock {
    /// The environment to close.
    pub env: String,
    /// Why, in a sentence that the people who wait will read.
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub reason: String,
    /// When it ends by itself: an instant (RFC 3339) or a length of time from now (2h).
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub until: Option<Time>,
    /// The commit that resolves it.
    #[arg(long, value_name = "COMMIT")]
    pub fix: Option<String>,
    /// Who has it, by email.
    #[arg(long, value_name = "EMAIL")]
    pub assignee: Option<String>,
    /// What sort of lock it is.
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
}

/// The options of `signalbox unlock`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  signalbox locks production
  signalbox unlock 1200000000000123 --reason \"fixed by 9f3c2e1\"

A lock is released by its id, never by its environment: somebody else's lock may have come meanwhile.")]
pub struct Unlock {
    /// The lock's id, as `locks` and `why` show it.
    pub lock: String,
    /// Why it may go.
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub reason: Option<String>,
}

/// The options of `signalbox locks`.
#[derive(Debug, clap::Args)]
pub struct Locks {
    /// Only those of this environment.
    pub env: Option<String>,
}

impl Lock {
    /// Places the lock.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<(), Failure> {
        let mut body = json!({"reason": self.reason});
        let fields = [
            ("until", self.until.map(|until| until.to_string())),
            ("fix", self.fix),
            ("assignee", self.assignee),
            ("kind", self.kind),
        ];
        for (key, value) in fields {
            if let Some(value) = value {
                body[key] = value.into();
            }
        }
        let answer = client.post(&format!("environments/{}/locks", segment(&self.env)), &body).await?;
        if body["fix"].is_string() && answer["fix"].is_null() {
            note("this server does not release locks by their fix; release it by hand");
        }
        print.answer(&answer, |lock| {
            let id = id_of(lock);
            let mut lines = vec![format!(
                "{} is locked: lock {id}, {}",
                self.env,
                first(lock, &["title", "reason", "name"])
            )];
            lines.extend(running(lock));
            lines.push(format!("release it with: signalbox unlock {id}"));
            lines
        });
        Ok(())
    }
}

impl Unlock {
    /// Releases the lock.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<(), Failure> {
        let mut body = json!({});
        if let Some(reason) = self.reason {
            body["reason"] = reason.into();
        }
        let id = self.lock.trim_start_matches("lock:");
        let answer = client.post(&format!("locks/{}/release", segment(id)), &body).await?;
        print.answer(&answer, |answer| {
            let sentence = field(answer, "sentence");
            vec![if sentence.is_empty() { format!("lock {id} is released") } else { sentence }]
        });
        Ok(())
    }
}

impl Locks {
    /// Lists the locks.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<(), Failure> {
        let query: Vec<_> = self.env.iter().map(|env| ("environment", env.as_str())).collect();
        let answer = client.list("locks", &query).await?;
        print.table(&answer, "no lock holds", |lock| {
            vec![
                id_of(lock),
                field(lock, "environment"),
                first(lock, &["title", "reason", "name"]),
                first(lock, &["owner", "assignee"]),
                first(lock, &["since", "since_at", "created_at"]),
                until(lock),
            ]
        });
        Ok(())
    }
}

fn until(lock: &Value) -> String {
    match first(lock, &["until", "until_at"]) {
        none if none.is_empty() => String::new(),
        until => format!("until {until}"),
    }
}

/// Deployments that run already are not stopped by a lock; whoever places one must hear of them.
fn running(lock: &Value) -> Vec<String> {
    let all = lock["running"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter()
        .map(|deployment| format!("deployment {} is running and goes on", field(deployment, "number")))
        .collect()
}

fn id_of(lock: &Value) -> String {
    first(lock, &["id", "task"])
}

fn first(object: &Value, names: &[&str]) -> String {
    names.iter().map(|name| field(object, name)).find(|text| !text.is_empty()).unwrap_or_default()
}

/// An instant, or a length of time from now.
pub(super) fn instant(text: &str) -> Result<Time, base::Error> {
    match base::time::parse_duration(text) {
        Ok(length) => Ok(Clock::system().now().plus(length)),
        Err(_) => Time::parse(text),
    }
}
