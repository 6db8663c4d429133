//! One process to start as a member of a tree, and the process once it runs.

use super::enter::{self, Entry};
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use super::quick;
use super::spawner;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use tokio::process::Command;

/// What to start, and where its output goes.
#[derive(Debug)]
pub struct Start {
    pub words: Vec<OsString>,
    pub env: BTreeMap<String, String>,
    pub folder: PathBuf,
    pub output: OwnedFd,
}

/// A process that was started. When this is dropped it goes on, and is taken off the table once it has ended.
pub enum Child {
    Ordinary(tokio::process::Child),
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    Quick(quick::Child),
}

impl Child {
    /// Its number, as long as nobody has taken note of its end.
    pub fn id(&self) -> Option<u32> {
        match self {
            Self::Ordinary(child) => child.id(),
            #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
            Self::Quick(child) => child.id(),
        }
    }

    /// Waits for its end.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        match self {
            Self::Ordinary(child) => child.wait().await,
            #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
            Self::Quick(child) => child.wait().await,
        }
    }
}

/// Starts it from the lasting thread, without a copy of this program's memory where that is possible.
pub async fn start(start: Start, entry: Entry) -> io::Result<Child> {
    spawner::run(move || {
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        match quick::start(&start, &entry) {
            Ok(child) => return Ok(Child::Quick(child)),
            // The ordinary way may still work, and otherwise says what is wrong.
            Err(error) => tracing::debug!("{:?} takes the ordinary way: {error}", start.words.first()),
        }
        ordinarily(start, entry).map(Child::Ordinary)
    })
    .await?
}

fn ordinarily(start: Start, entry: Entry) -> io::Result<tokio::process::Child> {
    let (program, words) = start.words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command.args(words).env_clear().envs(&start.env).current_dir(&start.folder);
    command.stdin(Stdio::null()).stdout(start.output.try_clone()?).stderr(start.output);
    enter::on_spawn(&mut command, entry);
    command.spawn()
}
