//! A directory for one test, removed with everything in it when the test ends.

use std::path::{Path, PathBuf};

/// A directory for one test.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes an empty directory.
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("signalbox-test-{}", base::random::word::<12>()));
        std::fs::create_dir_all(&path).expect("the temporary directory is writable");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A directory that stays in the temporary directory is not worth failing for.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
