//! `signalbox agent` makes this machine an agent; `signalbox agents` looks after those that there are.

use crate::cli::pools::Pools;
use crate::cli::print::field;
use crate::cli::{Printer, note};
use crate::client::{Client, Failure, segment};
use crate::deploy::exit;
use agent::{Config, Ended, Shutdown};
use base::Secret;
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// The options of an agent.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  signalbox agents token                                  on a machine of an administrator
  signalbox agent --server https://signalbox.example.com --token sbi_… --labels docker,zone=eu --slots 4

The registration token is used once; after that the agent has its own, kept in its folder. The first SIGTERM lets what runs
end and takes no more work, the second cancels what runs.")]
pub struct Agent {
    /// The server's address.
    #[arg(long, env = "SIGNALBOX_SERVER", value_name = "URL")]
    server: String,
    /// The registration token; not needed while the agent's own token is in its folder.
    #[arg(long, env = "SIGNALBOX_AGENT_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Its name, which people see; this machine's name otherwise.
    #[arg(long, env = "SIGNALBOX_AGENT_NAME", value_name = "NAME")]
    name: Option<String>,
    /// What jobs ask for by name: label or label=value, separated by commas.
    #[arg(long, env = "SIGNALBOX_AGENT_LABELS", value_name = "LABELS", value_delimiter = ',')]
    labels: Vec<String>,
    /// How many parts it does at once.
    #[arg(long, env = "SIGNALBOX_AGENT_SLOTS", value_name = "N", default_value_t = 1)]
    slots: usize,
    /// End after the first assignment.
    #[arg(long)]
    once: bool,
    /// End when there was nothing to do for so many seconds, whether or not the server answers.
    #[arg(long, env = "SIGNALBOX_AGENT_IDLE", value_name = "SECONDS")]
    idle: Option<u64>,
    /// Where it keeps its token, workspaces and logs; of one agent alone.
    #[arg(long, env = "SIGNALBOX_AGENT_DATA", value_name = "DIR", default_value = "./signalbox-agent")]
    data: PathBuf,
    /// The socket of the container engine, when it is not where it usually is.
    #[arg(long, env = "SIGNALBOX_AGENT_DOCKER", value_name = "FILE")]
    docker: Option<PathBuf>,
}

impl Agent {
    /// Works until told to end; returns the exit code.
    pub async fn run(self, ca: Option<PathBuf>) -> i32 {
        crate::serve::start_log();
        let (tell, shutdown) = watch::channel(Shutdown::No);
        tokio::spawn(listen(tell));
        let config = Config {
            server: self.server,
            ca,
            registration: self.token.map(Secret::new),
            name: self.name.unwrap_or_else(machine),
            labels: labels(&self.labels),
            slots: self.slots,
            once: self.once,
            idle: self.idle.map(Duration::from_secs),
            folder: self.data,
            environment: agent::inherited(crate::serve::variables()),
            hidden: Vec::new(),
            docker: self.docker,
            clock: base::Clock::system(),
            shutdown,
        };
        match agent::run(config).await {
            Ok(Ended::Stopped | Ended::Done) => 0,
            Ok(Ended::TooOld { minimum }) => {
                note(&format!(
                    "this agent is too old for the server, which works with {minimum} and newer: install a newer one"
                ));
                exit::NOT_PERMITTED
            }
            Ok(Ended::Refused(sentence)) => {
                note(&sentence);
                exit::NOT_PERMITTED
            }
            Err(error) => {
                note(&error.to_string());
                exit::OS_ERROR
            }
        }
    }
}

fn machine() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "agent".to_owned() } else { name }
}

pub(super) fn labels(given: &[String]) -> BTreeMap<String, String> {
    let label = |text: &String| match text.split_once('=') {
        Some((name, value)) => (name.trim().to_owned(), value.trim().to_owned()),
        None => (text.trim().to_owned(), "true".to_owned()),
    };
    given.iter().filter(|text| !text.trim().is_empty()).map(label).collect()
}

/// The first signal drains, the next cancels.
async fn listen(tell: watch::Sender<Shutdown>) {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        note("signals cannot be received; the agent will not stop gracefully");
        return;
    };
    for order in [Shutdown::Drain, Shutdown::Cancel] {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        tell.send_replace(order);
    }
}

/// What to do with the agents that there are.
#[derive(Debug, clap::Subcommand)]
pub enum Agents {
    /// List the agents.
    List,
    /// Make a registration token for one agent.
    Token {
        /// Labels that the agent gets whatever it says.
        #[arg(long, value_name = "LABELS", value_delimiter = ',')]
        labels: Vec<String>,
    },
    /// Let an agent end what it does and take no more work.
    Drain {
        /// The agent's id.
        agent: String,
    },
    /// Let a drained agent take work again.
    Undrain {
        /// The agent's id.
        agent: String,
    },
    /// Remove an agent; what it was doing is lost.
    Remove {
        /// The agent's id.
        agent: String,
    },
    /// Look after the pools, which start agents when they are needed.
    #[command(subcommand)]
    Pool(Pools),
}

impl Agents {
    /// Does it.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<(), Failure> {
        match self {
            Self::List => {
                let answer = client.list("agents", &[]).await?;
                print.table(&answer, "there is no agent; make one with: signalbox agents token", |agent| {
                    let state = match (agent["online"] == true, agent["draining"] == true) {
                        (false, _) => "away",
                        (true, true) => "draining",
                        (true, false) => "online",
                    };
                    let slots = format!("{} slots", field(agent, "slots"));
                    vec![
                        field(agent, "id"),
                        field(agent, "name"),
                        state.to_owned(),
                        slots,
                        field(agent, "seen_at"),
                    ]
                });
            }
            Self::Token { labels: given } => {
                let labels: Map<String, Value> =
                    labels(&given).into_iter().map(|(name, value)| (name, Value::String(value))).collect();
                let answer = client.post("agents/tokens", &json!({"labels": labels})).await?;
                print.answer(&answer, |token| vec![field(token, "token")]);
            }
            Self::Drain { agent } => change(client, print, &agent, true).await?,
            Self::Undrain { agent } => change(client, print, &agent, false).await?,
            Self::Remove { agent } => {
                let answer = client
                    .json(client.request(Method::DELETE, &format!("agents/{}", segment(&agent))))
                    .await?;
                print.answer(&answer, |_| vec![format!("agent {agent} is removed")]);
            }
            Self::Pool(pools) => pools.run(client, print).await?,
        }
        Ok(())
    }
}

async fn change(client: &Client, print: &Printer, agent: &str, draining: bool) -> Result<(), Failure> {
    let answer = client.patch(&format!("agents/{}", segment(agent)), &json!({"draining": draining})).await?;
    let what = if draining { "takes no more work" } else { "takes work again" };
    print.answer(&answer, |agent| vec![format!("{} {what}", field(agent, "name"))]);
    Ok(())
}
