//! `signalbox agents pool`: agents that are started when they are needed.

use super::agents::labels;
use crate::cli::Printer;
use crate::cli::print::field;
use crate::client::{Client, Failure, segment};
use reqwest::Method;
use serde_json::{Map, Value, json};

/// What to do with pools.
#[derive(Debug, clap::Subcommand)]
pub enum Pools {
    /// List the pools.
    List,
    /// Make a pool.
    #[command(after_help = "\
Examples:
  signalbox agents pool add local --max 4 --command 'exec signalbox agent --once'
  signalbox agents pool add cloud --max 10 --labels docker,zone=eu --command '/opt/start-machine.sh'
  signalbox agents pool add cloud --max 10 --webhook https://machines.example.com/start

The command is run by the server's shell and finds SIGNALBOX_URL, SIGNALBOX_AGENT_TOKEN (good for one agent) and
SIGNALBOX_AGENT_NAME in its environment. A webhook gets the same as JSON, signed with the secret that is printed once.")]
    Add {
        /// Its name: small letters, digits and hyphens.
        name: String,
        #[command(flatten)]
        plan: Plan,
    },
    /// Change a pool; what is not said stays.
    Change {
        /// The pool.
        name: String,
        #[command(flatten)]
        plan: Plan,
    },
    /// Show the last agents that a pool wanted.
    Show {
        /// The pool.
        name: String,
    },
    /// Start agents again at once after failures.
    Retry {
        /// The pool.
        name: String,
    },
    /// Remove a pool; its agents end when they have done what they do.
    Remove {
        /// The pool.
        name: String,
    },
}

/// What a pool is like.
#[derive(Debug, clap::Args)]
pub struct Plan {
    /// What starts an agent: a command line of the server's shell.
    #[arg(long, value_name = "COMMAND", conflicts_with = "webhook")]
    command: Option<String>,
    /// An address that is asked for an agent instead.
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
    /// Labels that its agents get: label or label=value, separated by commas.
    #[arg(long, value_name = "LABELS", value_delimiter = ',')]
    labels: Option<Vec<String>>,
    /// Keep so many.
    #[arg(long, value_name = "N")]
    min: Option<u32>,
    /// Never have more.
    #[arg(long, value_name = "N")]
    max: Option<u32>,
    /// End one that had nothing to do for so many seconds.
    #[arg(long, value_name = "SECONDS")]
    idle: Option<u32>,
    /// Give one up that has not come after so many seconds.
    #[arg(long, value_name = "SECONDS")]
    boot: Option<u32>,
}

impl Plan {
    fn body(&self) -> Map<String, Value> {
        let labels = self.labels.as_ref().map(|given| json!(labels(given)));
        let all = [
            ("command", self.command.as_ref().map(|text| json!(text))),
            ("webhook", self.webhook.as_ref().map(|text| json!(text))),
            ("labels", labels),
            ("min", self.min.map(|number| json!(number))),
            ("max", self.max.map(|number| json!(number))),
            ("idle_seconds", self.idle.map(|number| json!(number))),
            ("boot_seconds", self.boot.map(|number| json!(number))),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

fn path(name: &str) -> String {
    format!("agents/pools/{}", segment(name))
}

fn said(pool: &Value) -> Vec<String> {
    let mut lines = vec![format!(
        "{}: {} here, {} on the way, between {} and {}",
        field(pool, "name"),
        field(pool, "here"),
        field(pool, "booting"),
        field(pool, "min"),
        field(pool, "max"),
    )];
    if pool["webhook_secret"].is_string() {
        lines.push(format!("secret of its webhook, shown once: {}", field(pool, "webhook_secret")));
    }
    if pool["trouble"].is_object() {
        lines.push(format!("starting fails: {}", field(&pool["trouble"], "sentence")));
    }
    lines
}

impl Pools {
    /// Does it.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<(), Failure> {
        match self {
            Self::List => {
                let answer = client.list("agents/pools", &[]).await?;
                print.table(&answer, "there is no pool; make one with: signalbox agents pool add", |pool| {
                    vec![
                        field(pool, "name"),
                        format!("{} here", field(pool, "here")),
                        format!("{} on the way", field(pool, "booting")),
                        format!("{} to {}", field(pool, "min"), field(pool, "max")),
                        field(&pool["trouble"], "sentence"),
                    ]
                });
            }
            Self::Add { name, plan } => {
                let mut body = plan.body();
                body.insert("name".to_owned(), json!(name));
                print.answer(&client.post("agents/pools", &Value::Object(body)).await?, said);
            }
            Self::Change { name, plan } => {
                print.answer(&client.patch(&path(&name), &Value::Object(plan.body())).await?, said);
            }
            Self::Show { name } => {
                let answer = client.list(&format!("{}/starts", path(&name)), &[]).await?;
                print.table(&answer, "it has started no agent yet", |start| {
                    vec![
                        field(start, "instance"),
                        field(start, "state"),
                        field(start, "made_at"),
                        field(start, "problem"),
                    ]
                });
            }
            Self::Retry { name } => {
                print.answer(&client.post(&format!("{}/retry", path(&name)), &json!({})).await?, said);
            }
            Self::Remove { name } => {
                let answer = client.json(client.request(Method::DELETE, &path(&name))).await?;
                print.answer(&answer, |_| vec![format!("pool {name} is removed")]);
            }
        }
        Ok(())
    }
}
