//! The spool: a file that holds a deployment's output until the server has it.
//!
//! One writer appends, one reader follows; the file's offsets are the offsets of the upload, so that a piece sent
//! twice is the same piece. Memory does not grow with the output. The file goes when the server has everything and
//! stays, for a person to look at, when it has not.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// The writing end; clones append to the same file.
#[derive(Clone)]
pub struct Spool(Arc<Inner>);

struct Inner {
    file: Mutex<File>,
    path: PathBuf,
    written: watch::Sender<u64>,
}

/// The reading end.
pub struct Reader {
    file: File,
    written: watch::Receiver<u64>,
}

impl Spool {
    /// Makes the file `name` in `dir`, which only this user can read.
    pub fn create(dir: &Path, name: &str) -> std::io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let path = dir.join(name);
        let file = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)?;
        Ok(Self(Arc::new(Inner { file: Mutex::new(file), path, written: watch::Sender::new(0) })))
    }

    /// Appends `bytes`.
    pub fn append(&self, bytes: &[u8]) -> std::io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let mut file = self.0.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.write_all(bytes)?;
        self.0.written.send_modify(|written| *written += bytes.len() as u64);
        Ok(())
    }

    /// How many bytes there are.
    pub fn written(&self) -> u64 {
        *self.0.written.borrow()
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Opens the reading end.
    pub fn reader(&self) -> std::io::Result<Reader> {
        Ok(Reader { file: File::open(&self.0.path)?, written: self.0.written.subscribe() })
    }

    /// Removes the file: the server has everything.
    pub fn remove(&self) {
        // A file that stays is untidy, not wrong, and its name says which deployment it belongs to.
        let _ = std::fs::remove_file(&self.0.path);
    }
}

impl Reader {
    /// Returns up to `most` bytes from `offset`; empty when there are none yet.
    pub fn read(&self, offset: u64, most: usize) -> std::io::Result<Vec<u8>> {
        let there = self.written.borrow().saturating_sub(offset);
        let mut bytes = vec![0; usize::try_from(there).unwrap_or(most).min(most)];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    /// Waits until there is something after `offset`; false when there never will be.
    pub async fn more_than(&mut self, offset: u64) -> bool {
        self.written.wait_for(|written| *written > offset).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::testing::Scratch;

    #[tokio::test]
    async fn a_reader_gets_every_byte_once_at_any_offset() {
        let scratch = Scratch::new();
        let spool = Spool::create(&scratch.path().join("a/b"), "deployment-1.log").expect("a spool");
        let mut reader = spool.reader().expect("a reader");
        assert_eq!(reader.read(0, 10).expect("nothing yet"), b"");
        spool.append(b"hello ").expect("appended");
        spool.append(b"world").expect("appended");
        assert!(reader.more_than(0).await);
        assert_eq!(reader.read(0, 4).expect("four"), b"hell");
        assert_eq!(reader.read(4, 100).expect("the rest"), b"o world");
        assert_eq!(reader.read(11, 100).expect("the end"), b"");
        assert_eq!(reader.read(99, 100).expect("beyond the end"), b"");
        let path = spool.path().to_owned();
        spool.remove();
        assert!(!path.exists());
        drop(spool);
        assert!(!reader.more_than(11).await, "the writer is gone");
    }
}
