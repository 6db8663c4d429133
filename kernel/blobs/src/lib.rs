#![doc = include_str!("../README.md")]

pub mod growing;
pub mod sealed;

use base::{Error, Result};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

/// The tables of files that still grow.
pub fn migrations() -> db::Migrations {
    db::Migrations {
        name: "blobs",
        steps: &[("0001_growing", include_str!("../migrations/0001_growing.sql"))],
    }
}

/// The files, in a folder.
#[derive(Clone, Debug)]
pub struct Blobs {
    folder: PathBuf,
}

/// A file that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRef {
    /// The SHA-256 of its content in lower-case hexadecimal: its name.
    pub hash: String,
    /// Its size in bytes.
    pub size: u64,
}

impl Blobs {
    /// Keeps files in `folder`, which is made if it is not there.
    pub async fn open(folder: impl Into<PathBuf>) -> Result<Self> {
        let folder = folder.into();
        fs::create_dir_all(folder.join("incoming")).await.map_err(|e| failed(&folder, e))?;
        Ok(Self { folder })
    }

    /// Keeps `content`.
    pub async fn put(&self, content: &[u8]) -> Result<BlobRef> {
        let mut upload = self.begin(u64::MAX).await?;
        upload.write(content).await?;
        upload.finish().await
    }

    /// Begins a file that arrives in pieces, at most `most` bytes.
    pub async fn begin(&self, most: u64) -> Result<Upload> {
        let path = self.folder.join("incoming").join(base::random::word::<24>());
        let file = File::create_new(&path).await.map_err(|e| failed(&path, e))?;
        Ok(Upload { blobs: self.clone(), path, file: Some(file), hash: Sha256::new(), size: 0, most })
    }

    /// Reads a whole file. For small ones.
    pub async fn read(&self, hash: &str) -> Result<Bytes> {
        let path = self.path(hash)?;
        fs::read(&path).await.map(Bytes::from).map_err(|e| failed(&path, e))
    }

    /// Opens a file for reading.
    pub async fn file(&self, hash: &str) -> Result<File> {
        let path = self.path(hash)?;
        File::open(&path).await.map_err(|e| failed(&path, e))
    }

    /// Whether a file is kept.
    pub async fn has(&self, hash: &str) -> bool {
        match self.path(hash) {
            Ok(path) => fs::try_exists(path).await.unwrap_or(false),
            Err(_) => false,
        }
    }

    /// Removes a file that nothing refers to any more.
    pub async fn remove(&self, hash: &str) -> Result<()> {
        let path = self.path(hash)?;
        match fs::remove_file(&path).await {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(failed(&path, e)),
            _ => Ok(()),
        }
    }

    /// Where a file is. A name is the hash, with what it is sealed as behind it.
    fn path(&self, name: &str) -> Result<PathBuf> {
        let hash = name.strip_suffix(sealed::SUFFIX).unwrap_or(name);
        if hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Error::missing("blob.unknown", "there is no such file"));
        }
        Ok(self.folder.join(&hash[..2]).join(name))
    }
}

/// A file that is arriving. Dropping it removes what has arrived.
pub struct Upload {
    blobs: Blobs,
    path: PathBuf,
    file: Option<File>,
    hash: Sha256,
    size: u64,
    most: u64,
}

impl Upload {
    /// Takes the next piece.
    pub async fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.size += piece.len() as u64;
        if self.size > self.most {
            return Err(Error::too_large(
                "blob.too_large",
                format!("the file is larger than {} bytes", self.most),
            ));
        }
        self.hash.update(piece);
        let file =
            self.file.as_mut().ok_or_else(|| Error::bug("blob.finished", "the file was finished before"))?;
        file.write_all(piece).await.map_err(|e| failed(&self.path, e))
    }

    /// Makes the file durable and gives it its name.
    pub async fn finish(self) -> Result<BlobRef> {
        self.finish_as("").await
    }

    /// The same, with something behind the hash that says what the file is.
    async fn finish_as(mut self, suffix: &str) -> Result<BlobRef> {
        let mut file =
            self.file.take().ok_or_else(|| Error::bug("blob.finished", "the file was finished before"))?;
        file.flush().await.map_err(|e| failed(&self.path, e))?;
        file.sync_all().await.map_err(|e| failed(&self.path, e))?;
        let digest = std::mem::replace(&mut self.hash, Sha256::new()).finalize();
        let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + suffix;
        let target = self.blobs.path(&hash)?;
        let folder = target.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).await.map_err(|e| failed(folder, e))?;
        fs::rename(&self.path, &target).await.map_err(|e| failed(&target, e))?;
        // The name must survive the loss of power too.
        let folder = File::open(folder).await.map_err(|e| failed(&target, e))?;
        folder.sync_all().await.map_err(|e| failed(&target, e))?;
        Ok(BlobRef { hash, size: self.size })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = std::fs::remove_file(&self.path); // A leftover is harmless.
        }
    }
}

fn failed(path: &Path, e: std::io::Error) -> Error {
    let error = match e.kind() {
        std::io::ErrorKind::NotFound => Error::missing("blob.unknown", "the content of this file is gone"),
        std::io::ErrorKind::StorageFull => {
            Error::unavailable("blob.disk_full", "the disk is full; nothing was kept")
        }
        _ => Error::bug("blob.failed", "a file could not be read or written"),
    };
    error.because(e).while_doing(format!("at {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_same_content_is_kept_once_and_an_unfinished_file_leaves_nothing() {
        let folder = std::env::temp_dir().join(format!("signalbox-blobs-{}", base::random::word::<16>()));
        let blobs = Blobs::open(&folder).await.expect("a folder");
        let first = blobs.put(b"report").await.expect("kept");
        assert_eq!(first, blobs.put(b"report").await.expect("kept again"));
        assert_eq!(blobs.read(&first.hash).await.expect("read"), "report");
        let mut upload = blobs.begin(4).await.expect("begun");
        assert!(upload.write(b"too much").await.is_err(), "the limit holds");
        drop(upload);
        assert_eq!(std::fs::read_dir(folder.join("incoming")).expect("listed").count(), 0);
        assert!(blobs.read("../../etc/passwd").await.is_err(), "a name is never a path");
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
