//! The command of a deployment: what it sees, and where its output goes.

use crate::deploy::mask::Secrets;
use crate::deploy::spool::Spool;
use crate::deploy::start::Started;
use crate::deploy::supervise::How;
use crate::deploy::{Options, exit, output, session};
use std::io::Write;
use std::process::Stdio;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Opens what output is repeated to.
type Sink = fn() -> Box<dyn Write>;

/// Starts the command in a session of its own.
pub fn spawn(options: &Options, started: &Started) -> Result<Child, How> {
    let Some((program, arguments)) = options.command.split_first() else {
        return Err(How::NeverRan(exit::USAGE, "no command is given".to_owned()));
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::inherit()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
        .env("SIGNALBOX_DEPLOYMENT", &started.id)
        .env("SIGNALBOX_DEPLOYMENT_NUMBER", &started.number)
        .env("SIGNALBOX_DEPLOYMENT_URL", &started.url)
        .env("SIGNALBOX_ENVIRONMENT", &started.environment)
        .env("SIGNALBOX_COMMIT", &started.commit)
        .env("SIGNALBOX_PREVIOUS_COMMIT", started.previous.as_deref().unwrap_or_default())
        .env("SIGNALBOX_KIND", options.kind.word())
        .env("SIGNALBOX_FENCE", started.token.to_string());
    if !options.pass_token {
        command.env_remove("SIGNALBOX_TOKEN");
    }
    session::detach(&mut command);
    command.spawn().map_err(|error| {
        let code = match error.kind() {
            std::io::ErrorKind::NotFound => exit::NOT_FOUND,
            _ => exit::NOT_EXECUTABLE,
        };
        How::NeverRan(code, format!("{} cannot be run: {error}", program.to_string_lossy()))
    })
}

/// Starts taking the output of both streams, which are one in the log, as on a terminal.
pub fn pump(
    child: &mut Child,
    options: &Options,
    secrets: &Secrets,
    spool: &Spool,
    stopped: &watch::Receiver<bool>,
) -> Vec<JoinHandle<()>> {
    let (out, err): (Sink, Sink) = (|| Box::new(std::io::stdout()), || Box::new(std::io::stderr()));
    let out = if options.is_stdout_taken { err } else { out };
    let (out, err) = if options.no_output { (None, None) } else { (Some(out), Some(err)) };
    let (secrets, spool, stopped) = (|| secrets.clone(), || spool.clone(), || stopped.clone());
    let mut pumps = Vec::new();
    if let Some(from) = child.stdout.take() {
        pumps.push(tokio::spawn(output::pump(from, out, secrets(), spool(), stopped())));
    }
    if let Some(from) = child.stderr.take() {
        pumps.push(tokio::spawn(output::pump(from, err, secrets(), spool(), stopped())));
    }
    pumps
}
