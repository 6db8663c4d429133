//! What an agent has to be told.

use base::{Clock, Secret};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;

/// Variables of the agent's own environment that a job may have. Everything else stays with the agent.
const INHERITED: [&str; 14] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "XDG_RUNTIME_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// How an agent works.
#[derive(Debug)]
pub struct Config {
    /// The server's address, as `https://signalbox.example.com`.
    pub server: String,
    /// A file with further certificates to trust.
    pub ca: Option<PathBuf>,
    /// What the agent registers with. It needs none while the token in its folder is good.
    pub registration: Option<Secret>,
    /// Its name; people see it.
    pub name: String,
    /// What jobs ask for by name.
    pub labels: BTreeMap<String, String>,
    /// How many parts it does at once.
    pub slots: usize,
    /// Whether it leaves after its first assignment.
    pub once: bool,
    /// It ends when it has had nothing to do for so long, whether or not the server answers.
    pub idle: Option<Duration>,
    /// Where it keeps its token, workspaces and logs. No other agent may use it at the same time.
    pub folder: PathBuf,
    /// The variables that every step on this machine begins with; see [`inherited`].
    pub environment: BTreeMap<String, String>,
    /// Folders that a job behind bubblewrap must not see, as the server's own data.
    pub hidden: Vec<PathBuf>,
    /// The socket of the container engine, when it is not where it usually is.
    pub docker: Option<PathBuf>,
    /// The clock.
    pub clock: Clock,
    /// Tells the agent to end.
    pub shutdown: watch::Receiver<Shutdown>,
}

/// How the agent shall end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shutdown {
    /// Not at all.
    #[default]
    No,
    /// Take no more work, and end when what runs has ended.
    Drain,
    /// Cancel what runs, report it, and end.
    Cancel,
}

/// Why an agent ended by itself or because it was told to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was told to.
    Stopped,
    /// It has done the one thing that it was started for.
    Done,
    /// The server works with newer agents only.
    TooOld {
        /// The oldest version that the server works with.
        minimum: String,
    },
    /// The server does not want it; the sentence is the server's.
    Refused(String),
}

/// The variables out of `all` that a job may have: where programs are, who the user is, the language, the proxy.
pub fn inherited(all: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    all.into_iter()
        .filter(|(name, _)| {
            name.starts_with("LC_") || INHERITED.iter().any(|known| known.eq_ignore_ascii_case(name))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_inherits_nothing_that_may_be_a_key() {
        let all =
            ["PATH", "LC_ALL", "SIGNALBOX_KEY", "AWS_SECRET", "http_proxy", "LD_PRELOAD", "DATABASE_URL"];
        let kept = inherited(all.map(|name| (name.to_owned(), "x".to_owned())));
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["LC_ALL", "PATH", "http_proxy"]);
    }
}
