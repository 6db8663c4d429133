//! What `signalbox deploy` is told.

use std::path::PathBuf;
use std::time::Duration;

/// The options of `signalbox deploy`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # one line of a crontab; when two machines share it, one of them deploys
  */15 * * * * signalbox deploy --env beta --ref main --slot 15m -- /opt/deploy/beta.sh

  # a commit that this clone knows, waiting up to half an hour for the environment to open
  signalbox deploy --env production --repo . --commit v2.4.1 --wait 30m -- ./deploy.sh

  # would it pass?
  signalbox deploy --env production --ref main --dry-run

The command sees SIGNALBOX_DEPLOYMENT, SIGNALBOX_DEPLOYMENT_URL, SIGNALBOX_ENVIRONMENT, SIGNALBOX_COMMIT,
SIGNALBOX_PREVIOUS_COMMIT, SIGNALBOX_KIND and SIGNALBOX_FENCE (a number that rises with every deployment of the
environment: a target that refuses a smaller one can't be overwritten by a deployment that was given up).

Exit codes:
  0    deployed, or nothing to do, or this slot was handled elsewhere
  64   the command line makes no sense
  65   the commit is unknown or ambiguous, or the clone is shallow
  69   the server cannot be reached; nothing was started
  75   blocked by a lock, a freeze or another gate
  76   another deployment is running
  77   not permitted
  87   the lease was lost; the command was stopped
  88   aborted
  124  --wait ran out
  128+n  the command was killed by signal n
  any other: the command's own code (--result-file tells them apart for certain)")]
pub struct Options {
    /// The environment to deploy to.
    #[arg(long, value_name = "ENV")]
    pub env: String,
    /// The commit to deploy: a full id, or whatever --repo or the server can resolve to exactly one.
    #[arg(long, value_name = "COMMIT", conflicts_with = "git_ref")]
    pub commit: Option<String>,
    /// The branch or tag to deploy the tip of (default: the repository's default branch).
    #[arg(long = "ref", value_name = "REF")]
    pub git_ref: Option<String>,
    /// Resolve the commit in this clone instead of on the server.
    #[arg(long, value_name = "DIR")]
    pub repo: Option<PathBuf>,
    /// One deployment for each interval of this length, however many machines try.
    #[arg(long, value_name = "INTERVAL", value_parser = length)]
    pub slot: Option<Duration>,
    /// Wait this long for the environment to open instead of ending with 75 or 76.
    #[arg(long, value_name = "DURATION", value_parser = length)]
    pub wait: Option<Duration>,
    /// Pass this blocker, named as `why` names it (lock:123); needs the right and --reason. Repeatable.
    #[arg(long = "override", value_name = "KIND:ID", requires = "reason", value_delimiter = ',')]
    pub overrides: Vec<String>,
    /// Why the blockers are passed.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Ask for the decision and start nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Write what happened into this file, as JSON.
    #[arg(long, value_name = "FILE")]
    pub result_file: Option<PathBuf>,
    /// What sort of deployment it is.
    #[arg(long, value_enum, default_value_t = Kind::Forward)]
    pub kind: Kind,
    /// What to do while another deployment runs (default: what the environment says).
    #[arg(long, value_enum, value_name = "WHAT")]
    pub if_busy: Option<IfBusy>,
    /// End with this code instead of 75 when blocked (0 for a cron that mails whatever is not 0).
    #[arg(long, value_name = "N", default_value_t = super::exit::BLOCKED, value_parser = clap::value_parser!(i32).range(0..=255))]
    pub blocked_exit: i32,
    /// Replace this variable's value by *** in the uploaded output, besides every variable whose name has TOKEN,
    /// SECRET, PASSWORD or KEY in it. Repeatable.
    #[arg(long, value_name = "VARIABLE")]
    pub mask: Vec<String>,
    /// Let the command see SIGNALBOX_TOKEN.
    #[arg(long)]
    pub pass_token: bool,
    /// Do not repeat the command's output here; it is in the deployment's log. Otherwise both its streams come out here on
    /// standard output, in the order in which they were printed.
    #[arg(long)]
    pub no_output: bool,
    /// Repeat the command's output on standard error: our standard output holds the report then.
    #[arg(skip)]
    pub is_stdout_taken: bool,
    /// Print no line of Signalbox's own unless something is wrong.
    #[arg(long, short)]
    pub quiet: bool,
    /// How long an aborted command has between TERM and KILL.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = length)]
    pub grace: Duration,
    /// How long to try to start when the server cannot be reached.
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = length)]
    pub start_timeout: Duration,
    /// How long to try to report the end when the server cannot be reached.
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = length)]
    pub finish_timeout: Duration,
    /// Where output waits until the server has it (default: the state directory of this user).
    #[arg(long, env = "SIGNALBOX_SPOOL", value_name = "DIR")]
    pub spool_dir: Option<PathBuf>,
    /// The command to run and its arguments, after `--`.
    #[arg(last = true, value_name = "COMMAND", required_unless_present = "dry_run")]
    pub command: Vec<std::ffi::OsString>,
}

/// What sort of deployment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// To a newer commit.
    Forward,
    /// Back to an older one.
    Rollback,
    /// The same commit again.
    Redeploy,
}

impl Kind {
    /// The word of the interface.
    pub fn word(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Rollback => "rollback",
            Self::Redeploy => "redeploy",
        }
    }
}

/// What to do while another deployment runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum IfBusy {
    /// End with 76.
    Refuse,
    /// Take the next place in the queue and wait for it.
    Queue,
}

impl IfBusy {
    /// The word of the interface.
    pub fn word(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Queue => "queue",
        }
    }
}

fn length(text: &str) -> Result<Duration, base::Error> {
    base::time::parse_duration(text)
}
