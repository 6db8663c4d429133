//! Watching how large a workspace grows.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(2);
/// Looking may not take more than this part of the time.
const SHARE: u32 = 20;

/// Returns how much `folders` hold once it is more than `limit`.
pub async fn outgrown(folders: Vec<PathBuf>, limit: Option<u64>) -> u64 {
    let Some(limit) = limit else { return std::future::pending().await };
    let mut pause = EVERY / 4;
    loop {
        tokio::time::sleep(pause).await;
        let watch = base::Stopwatch::start();
        let folders = folders.clone();
        let used = tokio::task::spawn_blocking(move || folders.iter().map(|folder| held(folder)).sum()).await;
        match used {
            Ok(used) if used > limit => return used,
            _ => pause = EVERY.max(watch.elapsed() * SHARE),
        }
    }
}

/// How many bytes of disk a folder takes; holes in files take none.
pub fn held(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => held(&entry.path()),
        Ok(found) => found.blocks() * 512,
        Err(_) => 0,
    };
    entries.map(size).sum()
}
