//! The command of a deployment: what it sees, and where its output goes.

use crate::deploy::mask::Secrets;
use crate::deploy::spool::Spool;
use crate::deploy::start::Started;
use crate::deploy::supervise::How;
use crate::deploy::{Options, exit, output, session};
use std::io::Write;
use std::process::Stdio;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Opens what output is repeated to.
type Sink = fn() -> Box<dyn Write>;

/// A command that runs, and the one pipe that it prints into.
pub struct Running {
    /// The command.
    pub child: Child,
    /// What it prints.
    pub output: Receiver,
}

/// Starts the command in a session of its own. Both its streams are one pipe, so that the log has its lines in the order in which
/// they were printed: what comes through two pipes is in an order only within each of them, and the last words before an end are
/// those that matter. It is a pipe and no terminal, which would change the bytes.
pub fn spawn(options: &Options, started: &Started) -> Result<Running, How> {
    let Some((program, arguments)) = options.command.split_first() else {
        return Err(How::NeverRan(exit::USAGE, "no command is given".to_owned()));
    };
    let failed = |error: std::io::Error| {
        How::NeverRan(exit::OS_ERROR, format!("there is no pipe for the command's output: {error}"))
    };
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    let output = Receiver::from_owned_fd(reader.into()).map_err(failed)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::inherit())
        .stdout(writer.try_clone().map_err(failed)?)
        .stderr(writer);
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
    let child = command.spawn().map_err(|error| {
        let code = match error.kind() {
            std::io::ErrorKind::NotFound => exit::NOT_FOUND,
            _ => exit::NOT_EXECUTABLE,
        };
        How::NeverRan(code, format!("{} cannot be run: {error}", program.to_string_lossy()))
    })?;
    // Our own ends of the pipe go with `command`; it ends when the last process that prints into it has ended.
    Ok(Running { child, output })
}

/// Starts taking the output, and repeats it here.
pub fn pump(
    output: Receiver,
    options: &Options,
    secrets: &Secrets,
    spool: &Spool,
    stopped: &watch::Receiver<bool>,
) -> JoinHandle<()> {
    let to: Sink = match options.is_stdout_taken {
        true => || Box::new(std::io::stderr()),
        false => || Box::new(std::io::stdout()),
    };
    let to = (!options.no_output).then_some(to);
    tokio::spawn(output::pump(output, to, secrets.clone(), spool.clone(), stopped.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

    #[tokio::test]
    async fn both_streams_arrive_in_the_order_in_which_they_were_printed() {
        let script = "for n in 1 2 3 4 5; do echo out $n; echo err $n >&2; done; printf '\\377\\r\\n'";
        let options = crate::deploy::testing::options(&["sh", "-c", script]);
        let mut running = spawn(&options, &crate::deploy::testing::started()).expect("it runs");
        let mut printed = Vec::new();
        running.output.read_to_end(&mut printed).await.expect("read");
        let mut wanted: Vec<u8> = (1..=5).flat_map(|n| format!("out {n}\nerr {n}\n").into_bytes()).collect();
        wanted.extend(b"\xff\r\n");
        assert_eq!(printed, wanted, "{}", String::from_utf8_lossy(&printed));
        assert!(running.child.wait().await.expect("it ends").success());
    }
}
