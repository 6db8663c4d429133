//! The agent's folder: who it is, and one folder for every attempt that runs.
//!
//! Everything that has to be known after this program is killed is in there, in files that only its owner may read.

use crate::contract::Finish;
use crate::tree;
use base::id::AttemptId;
use base::{Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Who the agent is, as it is kept between starts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// A word that tells what this agent left on the machine from what others did.
    pub instance: String,
    /// The server that gave the token.
    pub server: String,
    /// The agent's id.
    pub id: String,
    /// The agent's token.
    pub token: String,
}

/// What has to be known of an attempt by whoever finds it later.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    pub attempt: AttemptId,
    pub epoch: i64,
    pub tree: tree::Record,
    /// Whether any of its steps may have begun. It is written down before the first is started.
    #[serde(default = "unknown")]
    pub has_begun: bool,
}

/// An agent that did not write it down may have begun.
fn unknown() -> bool {
    true
}

/// The agent's folder. While this lives, no other agent can use it.
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

/// The folder of one attempt.
#[derive(Clone, Debug)]
pub struct Home {
    path: PathBuf,
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::unavailable("agent.folder", format!("{what} {} failed: {error}", path.display()))
}

impl Folder {
    /// Opens the folder, which is made if it is missing, and keeps others out.
    pub fn open(path: &Path) -> Result<Self> {
        let attempts = path.join("attempts");
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&attempts)
            .map_err(|e| failed("Making the folder", &attempts, &e))?;
        // Processes and containers are told about places in here by their full paths.
        let path = path.canonicalize().map_err(|e| failed("Finding the folder", path, &e))?;
        let lock = path.join("lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&lock)
            .map_err(|e| failed("Opening the file", &lock, &e))?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).map_err(|_| {
            Error::conflict("agent.running", format!("Another agent uses the folder {}", path.display()))
        })?;
        Ok(Self { path, _lock: file })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Who the agent is.
    pub fn identity(&self) -> Result<Identity> {
        let mut identity: Identity = read_json(&self.path.join("agent.json")).unwrap_or_default();
        if identity.instance.is_empty() {
            identity.instance = base::random::word::<12>();
            self.remember(&identity)?;
        }
        Ok(identity)
    }

    /// Keeps who the agent is.
    pub fn remember(&self, identity: &Identity) -> Result<()> {
        write_json(&self.path.join("agent.json"), identity)
    }

    /// Makes the folder of an attempt, empty.
    pub fn make(&self, attempt: AttemptId, epoch: i64) -> Result<Home> {
        let home = Home { path: self.path.join("attempts").join(format!("{attempt}-{epoch}")) };
        home.remove();
        for path in [&home.path, &home.work(), &home.exchange(), &home.temporary()] {
            std::fs::DirBuilder::new()
                .mode(0o700)
                .create(path)
                .map_err(|e| failed("Making the folder", path, &e))?;
        }
        for path in [home.metrics(), home.variables()] {
            File::create(&path).map_err(|e| failed("Making the file", &path, &e))?;
        }
        Ok(home)
    }

    /// The folders of attempts that an earlier agent did not end.
    pub fn left_behind(&self) -> Vec<Home> {
        let entries = std::fs::read_dir(self.path.join("attempts")).into_iter().flatten().flatten();
        entries.map(|entry| Home { path: entry.path() }).collect()
    }
}

impl Home {
    /// Where the source is and the steps run.
    pub fn work(&self) -> PathBuf {
        self.path.join("work")
    }

    /// What the steps use for files of the moment.
    pub fn temporary(&self) -> PathBuf {
        self.path.join("tmp")
    }

    /// What the agent and the steps write for each other.
    pub fn exchange(&self) -> PathBuf {
        self.path.join("exchange")
    }

    /// The file in which steps report figures.
    pub fn metrics(&self) -> PathBuf {
        self.exchange().join("metrics")
    }

    /// The file in which steps leave variables for later steps.
    pub fn variables(&self) -> PathBuf {
        self.exchange().join("env")
    }

    /// The spool.
    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// A place for the source while it comes.
    pub fn source(&self) -> PathBuf {
        self.path.join("source.tar")
    }

    /// Writes down what has to be known if this program is killed.
    pub fn keep(&self, kept: &Kept) -> Result<()> {
        write_json(&self.path.join("state.json"), kept)
    }

    /// What was written down.
    pub fn kept(&self) -> Option<Kept> {
        read_json(&self.path.join("state.json"))
    }

    /// Writes down how the attempt ended, before it is told.
    pub fn keep_finish(&self, finish: &Finish) -> Result<()> {
        write_json(&self.path.join("finish.json"), finish)
    }

    /// How the attempt ended, if that was not yet told.
    pub fn finish(&self) -> Option<Finish> {
        read_json(&self.path.join("finish.json"))
    }

    /// Removes the folder with everything in it.
    pub fn remove(&self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            if error.kind() == std::io::ErrorKind::NotFound {
                return;
            }
            // A job may take its own rights away from folders.
            open_up(&self.path);
            if let Err(error) = std::fs::remove_dir_all(&self.path) {
                tracing::warn!("{} cannot be removed: {error}", self.path.display());
            }
        }
    }
}

fn open_up(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(found) = std::fs::symlink_metadata(path) else { return };
    if found.is_dir() {
        // Failing to is seen by the removal that follows.
        let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700));
        std::fs::read_dir(path).into_iter().flatten().flatten().for_each(|entry| open_up(&entry.path()));
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Writes a file whole or not at all.
fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let text =
        serde_json::to_vec(value).map_err(|e| Error::bug("agent.json", "A file has no JSON").because(e))?;
    let part = path.with_extension("part");
    let write = || {
        let mut file = File::options().create(true).truncate(true).write(true).mode(0o600).open(&part)?;
        file.write_all(&text)?;
        std::fs::rename(&part, path)
    };
    write().map_err(|e| failed("Writing the file", path, &e))
}
