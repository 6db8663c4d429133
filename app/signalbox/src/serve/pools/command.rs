//! The start command: a shell in a process group of its own, whose output is a file.

use super::Place;
use base::id::AnyId;
use base::{Error, Result, Secret};
use db::Db;
use jobs::agents::pools::{Launcher, Order, Outcome};
use std::fs::File;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::{Child, Command};
use web::App;

/// The file with what the command writes.
const OUTPUT: &str = "output";
/// The file with the number of the process, and what tells it from others that had the number before.
pub(super) const PROCESS: &str = "process";
/// How much of the output is shown.
const TAIL: usize = 4_096;

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::unavailable("pool.folder", format!("{what} {} failed: {error}", path.display()))
}

/// Starts the command and returns. The token reaches it by its environment alone: others can see command lines.
pub(super) async fn start(app: &App, order: &Order, line: &str) -> Result<()> {
    let place = app.part::<Place>()?;
    let folder = place.folder.join(&order.instance);
    let output = prepare(&folder)?;
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(line).current_dir(&folder).env_clear().envs(&place.environment);
    let url = app.link("");
    command.env("SIGNALBOX_URL", url.trim_end_matches('/'));
    command.env("SIGNALBOX_SERVER", url.trim_end_matches('/'));
    command.env("SIGNALBOX_POOL", &order.pool);
    command.env("SIGNALBOX_AGENT_NAME", &order.instance);
    command.env("SIGNALBOX_AGENT_TOKEN", order.token.reveal());
    command.env("SIGNALBOX_AGENT_DATA", folder.join("agent"));
    if let Some(idle) = order.idle {
        command.env("SIGNALBOX_AGENT_IDLE", idle.as_secs().to_string());
    }
    let again = output.try_clone().map_err(|e| failed("Opening", &folder, &e))?;
    command.stdin(Stdio::null()).stdout(output).stderr(again).process_group(0);
    let child = command.spawn().map_err(|e| {
        Error::unavailable("pool.command", format!("The start command could not be run: {e}"))
    })?;
    note(&folder, &child)?;
    tokio::spawn(watch(app.db.clone(), order.start, child, folder.join(OUTPUT), order.token.clone()));
    Ok(())
}

fn prepare(folder: &Path) -> Result<File> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|e| failed("Making", folder, &e))?;
    let path = folder.join(OUTPUT);
    let mut options = File::options();
    options.create(true).append(true).mode(0o600);
    options.open(&path).map_err(|e| failed("Opening", &path, &e))
}

/// Writes down which process it is, for whoever has to end it after this server was killed.
fn note(folder: &Path, child: &Child) -> Result<()> {
    let Some(pid) = child.id() else { return Ok(()) };
    let text = format!("{pid} {}", super::sweep::started(pid).unwrap_or_default());
    let path = folder.join(PROCESS);
    std::fs::write(&path, text).map_err(|e| failed("Writing", &path, &e))
}

/// Waits for the end of the command and tells it. One that goes on is the agent itself.
async fn watch(db: Db, start: AnyId, mut child: Child, output: PathBuf, token: Secret) {
    let outcome = match child.wait().await {
        Ok(status) if status.success() => Outcome::Begun,
        Ok(status) => Outcome::Failed {
            sentence: format!("The start command ended with {status}"),
            output: tail(&output).replace(token.reveal(), "***"),
        },
        Err(error) => Outcome::Failed {
            sentence: format!("The start command could not be waited for: {error}"),
            output: String::new(),
        },
    };
    if let Err(error) = Launcher::report(&db, start, outcome).await {
        tracing::warn!(?error, "what came of a start command could not be noted");
    }
}

fn tail(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(TAIL)..]).into_owned()
}
