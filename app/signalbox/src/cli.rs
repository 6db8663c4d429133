//! The command line: one tree of commands, each a thin client of the HTTP interface or a start of the program.
//!
//! What a command prints for people comes from the server's sentences; `--json` prints the server's JSON untouched.
//! Exit codes are those of `sysexits.h` where one fits; `deploy` has a contract of its own, see [`crate::deploy::exit`].

mod agents;
mod audit;
mod deliveries;
mod environments;
mod files;
mod import;
mod jobs;
mod locks;
mod people;
mod pools;
mod print;
mod remarks;
mod repositories;
mod runs;
mod secrets;
mod serve;
mod tasks;
#[cfg(test)]
mod tests;
mod why;

use crate::client::{Client, Failure};
use crate::deploy::exit;
use clap::{CommandFactory as _, Parser, Subcommand};
pub use print::{Printer, line as print_line, note, say};
pub use serve::{Role, Serve};

/// Signalbox: a team's operational work and the machinery that does it, in one program.
#[derive(Debug, Parser)]
#[command(name = "signalbox", version, propagate_version = true, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Cli {
    /// The flags that every client command takes.
    #[command(flatten)]
    pub door: Door,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Start here:
  signalbox demo                          see it work, with throw-away data
  signalbox serve                         start a server on 127.0.0.1:7070
  signalbox why production                may production be deployed, and if not, who can open it?
  signalbox deploy --env beta --ref main --slot 15m -- ./deploy.sh

Client commands read SIGNALBOX_URL and SIGNALBOX_TOKEN, or url and token from ~/.config/signalbox/config.toml.";

/// How to reach the server, and how to answer.
#[derive(Clone, Debug, clap::Args)]
pub struct Door {
    /// The server's address, such as https://signalbox.example.com.
    #[arg(long, global = true, env = "SIGNALBOX_URL", value_name = "URL", help_heading = "Server")]
    pub url: Option<String>,
    /// A file of certificates (PEM) to trust besides the system's.
    #[arg(long, global = true, env = "SIGNALBOX_CA_CERT", value_name = "FILE", help_heading = "Server")]
    pub ca_cert: Option<std::path::PathBuf>,
    /// Print the server's JSON instead of sentences.
    #[arg(long, global = true)]
    pub json: bool,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the server.
    Serve(Box<Serve>),
    /// Show it working: a real repository, real deployments, a lock, all on throw-away data.
    Demo(crate::demo::Options),
    /// Run a deploy script under the gate: check, start, stream its output, record how it ended.
    Deploy(Box<crate::deploy::Options>),
    /// Say whether an environment may be deployed; if not, why, who can open it and when it opens by itself.
    Why(why::Why),
    /// Close an environment with a lock.
    Lock(locks::Lock),
    /// Release a lock.
    Unlock(locks::Unlock),
    /// List the locks that hold.
    Locks(locks::Locks),
    /// Work with tasks.
    #[command(subcommand)]
    Task(tasks::Task),
    /// List and add environments.
    #[command(subcommand, visible_alias = "env")]
    Environment(environments::Environment),
    /// List, add, make and fetch repositories.
    #[command(subcommand, visible_alias = "repo")]
    Repository(repositories::Repository),
    /// Work with jobs: scheduled and triggered work.
    #[command(subcommand)]
    Job(jobs::Job),
    /// See what became of jobs, follow their output, repeat and cancel them.
    #[command(subcommand)]
    Run(runs::Run),
    /// Set what jobs get and nobody reads back.
    #[command(subcommand)]
    Secret(secrets::Secret),
    /// Make this machine an agent, which does the work of runs.
    Agent(Box<agents::Agent>),
    /// Look after the agents.
    #[command(subcommand)]
    Agents(agents::Agents),
    /// See what was told to whom by mail and webhook, send it again, and try whether mail arrives.
    #[command(subcommand)]
    Delivery(deliveries::Delivery),
    /// Read and check the log of everything that happened.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Add and list people.
    #[command(subcommand)]
    User(people::User),
    /// Make and list personal tokens.
    #[command(subcommand)]
    Token(people::Token),
    /// Check that this installation is sound and say what to do where it is not.
    Doctor(files::Doctor),
    /// Write a complete copy of the data into one file, while the server runs.
    Backup(files::Backup),
    /// Restore a copy made by `backup` into an empty data directory.
    Restore(files::Restore),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff); with --dir one page per command.
    Man {
        /// Write one page per command into this directory instead.
        #[arg(long, value_name = "DIR")]
        dir: Option<std::path::PathBuf>,
    },
}

/// Reads the arguments, does what they ask and returns the exit code.
pub fn main() -> i32 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Nothing can be done about a closed terminal while telling somebody how to use this.
            let _ = error.print();
            return if error.use_stderr() { exit::USAGE } else { 0 };
        }
    };
    // An Err means that a provider is installed already, which is just as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            note(&format!("the system gives no threads: {error}"));
            return exit::OS_ERROR;
        }
    };
    let code = runtime.block_on(run(cli));
    runtime.shutdown_background();
    code
}

async fn run(cli: Cli) -> i32 {
    let Cli { door, command } = cli;
    let outcome = match command {
        Command::Serve(options) => return crate::serve::run(*options).await,
        Command::Demo(options) => return crate::demo::run(options).await,
        Command::Deploy(options) => return crate::deploy::run(*options, &door).await,
        Command::Completions { shell } => return files::completions(shell),
        Command::Man { dir } => return files::man(dir.as_deref()),
        Command::Agent(agent) => return agent.run(door.ca_cert).await,
        Command::Job(job) if job.is_local() => return job.run_here(door.json),
        Command::Doctor(doctor) => doctor.run(&door),
        Command::Backup(backup) => backup.run(&door),
        Command::Restore(restore) => restore.run(&door),
        Command::Why(why) => match Client::connect(&door) {
            Ok(client) => why.run(&client, &Printer::new(&door)).await,
            Err(failure) => Err(failure),
        },
        other => with_client(other, &door).await.map(|()| 0),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            note(&failure.to_string());
            failure.exit_code()
        }
    }
}

async fn with_client(command: Command, door: &Door) -> Result<(), Failure> {
    let client = Client::connect(door)?;
    let print = Printer::new(door);
    match command {
        Command::Lock(lock) => lock.run(&client, &print).await,
        Command::Unlock(unlock) => unlock.run(&client, &print).await,
        Command::Locks(locks) => locks.run(&client, &print).await,
        Command::Task(task) => task.run(&client, &print).await,
        Command::Environment(environment) => environment.run(&client, &print).await,
        Command::Repository(repository) => repository.run(&client, &print).await,
        Command::Job(job) => job.run(&client, &print).await,
        Command::Run(run) => run.run(&client, &print).await,
        Command::Secret(secret) => secret.run(&client, &print).await,
        Command::Agents(agents) => agents.run(&client, &print).await,
        Command::Delivery(delivery) => delivery.run(&client, &print).await,
        Command::Audit(audit) => audit.run(&client, &print).await,
        Command::User(user) => user.run(&client, &print).await,
        Command::Token(token) => token.run(&client, &print).await,
        Command::Serve(_)
        | Command::Demo(_)
        | Command::Deploy(_)
        | Command::Agent(_)
        | Command::Why(_)
        | Command::Doctor(_)
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::Completions { .. }
        | Command::Man { .. } => Ok(()),
    }
}

/// The whole tree of commands, for completions and manual pages.
pub fn command() -> clap::Command {
    Cli::command()
}
