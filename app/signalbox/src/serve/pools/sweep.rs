//! What start commands leave behind: processes and folders of agents that are gone.

use super::Place;
use super::command::PROCESS;
use base::{Actor, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use std::path::Path;
use std::time::Duration;
use tokio::sync::watch;
use web::App;

/// How often is looked.
const EVERY: Duration = Duration::from_secs(10);
/// An agent that has left gets so long to end by itself.
const LAST_WORDS: Duration = Duration::from_secs(60);

/// Looks for what is left until the server stops.
pub(in crate::serve) async fn sweep(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = once(&app).await {
            tracing::warn!(?error, "what start commands leave behind could not be looked for");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn once(app: &App) -> Result<()> {
    let place = app.part::<Place>()?;
    let Ok(entries) = std::fs::read_dir(&place.folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let Ok(instance) = entry.file_name().into_string() else { continue };
        let mut tx = app.db.read(&Actor::system()).await?;
        let is_over = jobs::agents::pools::is_over(&mut tx, &instance, LAST_WORDS).await?;
        drop(tx);
        if is_over {
            clear(place, &entry.path()).await;
        }
    }
    Ok(())
}

/// Ends the command with what it started, and what the agent's jobs left, and removes the folder.
async fn clear(place: &Place, folder: &Path) {
    end(folder);
    let agent = folder.join("agent");
    if agent.exists()
        && let Err(error) = agent::clear(&agent, &place.environment).await
    {
        // It is in use: its processes are still ending. The next look finds them gone.
        tracing::info!("the folder of an agent that was started here is still in use: {error}");
        return;
    }
    if let Err(error) = std::fs::remove_dir_all(folder) {
        tracing::warn!("{} could not be removed: {error}", folder.display());
    }
}

fn end(folder: &Path) {
    let text = std::fs::read_to_string(folder.join(PROCESS)).unwrap_or_default();
    let mut words = text.split_whitespace();
    let Some(pid) = words.next().and_then(|word| word.parse::<u32>().ok()) else { return };
    // The number may be somebody else's by now; number and start time are not.
    let is_same = started(pid).is_some_and(|started| words.next() == Some(&started));
    if let Some(group) = i32::try_from(pid).ok().and_then(Pid::from_raw).filter(|_| is_same) {
        tracing::info!("a start command whose agent is gone or was given up is ended");
        // It may have ended meanwhile.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// When a process was started, in the kernel's count.
pub(super) fn started(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}
