//! Files that runs keep.

use super::store;
use base::id::{ArtifactId, JobId, PartId, RunId};
use base::{Error, Result, Time};
use blobs::Blobs;
use db::{Db, Tx};

/// A file that a run kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Its id.
    pub id: ArtifactId,
    /// The run.
    pub run: RunId,
    /// The job.
    pub job: JobId,
    /// The part that made it.
    pub part: PartId,
    /// What it and others are called together.
    pub name: String,
    /// Its path below the workspace.
    pub path: String,
    /// Its size in bytes.
    pub size: i64,
    /// The SHA-256 of its content.
    pub hash: String,
    /// What it is, as its agent found.
    pub media_type: String,
    /// Whether later stages may use it.
    pub shared: bool,
    /// When it was kept.
    pub made_at: Time,
    /// Until when.
    pub kept_until: Option<Time>,
}

impl Artifact {
    /// The last part of its path.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// The files that a run kept; the caller has checked that they may be seen.
pub async fn artifacts_of(tx: &mut Tx, run: RunId) -> Result<Vec<Artifact>> {
    store::artifacts(tx, run).await
}

/// The file of a run with this name: the name of its rule when that kept one file, else its path or the end of it.
pub async fn artifact(tx: &mut Tx, run: RunId, name: &str) -> Result<Artifact> {
    let all = store::artifacts(tx, run).await?;
    let called: Vec<_> = all.iter().filter(|artifact| artifact.name == name).collect();
    let found = match called[..] {
        [one] => Some(one),
        _ => all.iter().find(|artifact| artifact.path == name || artifact.id.to_string() == name).or_else(
            || {
                let mut by_end = all.iter().filter(|artifact| artifact.file_name() == name);
                by_end.next().filter(|_| by_end.next().is_none())
            },
        ),
    };
    found.cloned().ok_or_else(|| {
        let known: Vec<&str> = all.iter().take(20).map(|artifact| artifact.path.as_str()).collect();
        let message = format!("This run kept no file {name:.200}; it kept: {}", known.join(", "));
        Error::missing("artifact.missing", message)
    })
}

/// Removes the files whose time is over; returns how many.
pub(super) async fn discard(db: &Db, blobs: &Blobs) -> Result<usize> {
    const AT_ONCE: usize = 100;
    let system = base::Actor::system();
    if store::outdated(&mut db.read(&system).await?, 1).await?.is_empty() {
        return Ok(0);
    }
    let mut tx = db.write(&system).await?;
    let over = store::outdated(&mut tx, AT_ONCE).await?;
    let mut unused = Vec::new();
    for artifact in &over {
        store::remove_artifact(&mut tx, artifact.id).await?;
        if !store::is_used(&mut tx, &artifact.hash).await? {
            unused.push(artifact.hash.clone());
        }
    }
    tx.commit().await?;
    for hash in unused {
        blobs.remove(&hash).await?;
    }
    Ok(over.len())
}
