//! A mirror: the full copy of a remote repository, kept bare on this server's disk.
//!
//! Everything here asks the `git` program and knows nothing of the database. What comes from outside reaches git through its
//! standard input or after a look at its shape, never as something that could be an option.

mod access;
mod ancestry;
mod branches;
mod copy;
mod fetch;
mod files;
mod hosted;
mod orphans;
mod program;
mod range;
mod refs;
mod resolve;
mod seek;
mod source;
mod talk;
#[cfg(test)]
pub(crate) mod testbed;
#[cfg(test)]
mod tests;

pub use access::Credential;
pub(crate) use access::sweep as sweep_keys;
pub use ancestry::{Answer, Contains, Rule};
pub use copy::copy;
pub(crate) use fetch::digest;
pub use fetch::{CHANGES_TOLD, Fetch, Fetched};
pub use files::File;
pub(crate) use hosted::Served;
pub(crate) use orphans::end as end_orphans;
pub use program::Git;
pub use range::{Commit, Range};
pub use refs::{RefChange, is_plain_name};
pub(crate) use refs::{Tip, Tips, compare};
pub use resolve::is_full_id;
pub use source::Source;
pub(crate) use talk::{Ends, Talk};

use base::{Error, Result};
use std::path::{Path, PathBuf};

/// One mirror, whether it is there already or not. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mirror {
    git: Git,
    dir: PathBuf,
}

impl Mirror {
    /// The mirror in the folder `dir`.
    pub fn new(git: &Git, dir: impl Into<PathBuf>) -> Self {
        Self { git: git.clone(), dir: dir.into() }
    }

    /// The folder it is in.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether there is one.
    pub async fn exists(&self) -> bool {
        tokio::fs::try_exists(self.dir.join("HEAD")).await.unwrap_or(false)
    }

    /// Whether its history is cut off.
    pub async fn is_shallow(&self) -> Result<bool> {
        match tokio::fs::metadata(self.dir.join("shallow")).await {
            Ok(file) => Ok(file.len() > 0),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => {
                Err(Error::unavailable("git.unreadable", "the mirror cannot be read").because(error))
            }
        }
    }

    /// The default branch, when the mirror's HEAD names one that exists or may come.
    pub async fn default_branch(&self) -> Result<Option<String>> {
        let done = self.call(["symbolic-ref", "--quiet", "HEAD"]).run().await?;
        let name = String::from_utf8_lossy(&done.stdout).trim().to_owned();
        Ok(name.strip_prefix("refs/heads/").map(str::to_owned))
    }

    /// Removes it from the disk.
    pub async fn remove(&self) -> Result<()> {
        match tokio::fs::remove_dir_all(&self.dir).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::unavailable("git.remove", "the mirror could not be removed").because(error))
            }
            _ => Ok(()),
        }
    }

    async fn refuse_shallow(&self) -> Result<()> {
        if !self.is_shallow().await? {
            return Ok(());
        }
        Err(Error::invalid(
            "repository.shallow",
            "the repository's history is cut off (a shallow clone), so its commits cannot be judged; \
             register one with the whole history",
        ))
    }

    fn call<I, S>(&self, arguments: I) -> program::Call
    where
        I: IntoIterator<Item = S>,
        S: AsRef<std::ffi::OsStr>,
    {
        self.git.call(arguments).within(&self.dir)
    }
}
