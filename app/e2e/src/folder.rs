//! Folders that vanish with the test.

use crate::outside;
use std::path::{Path, PathBuf};

/// A temporary folder; removed when dropped unless `KEEP` is set.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes an empty folder.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("signalbox-{name}-{}", base::random::word::<10>()));
        std::fs::create_dir_all(&path).expect("a temporary folder can be made");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path of something in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a shell script and returns its path.
    pub fn script(&self, name: &str, body: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("a script can be written");
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&path, executable).expect("a script can be made executable");
        path
    }

    /// The text of a file in it; empty when there is none yet.
    pub fn read(&self, name: &str) -> String {
        let bytes = std::fs::read(self.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if outside::variable("KEEP").is_none() {
            let _ = std::fs::remove_dir_all(&self.0); // a leftover folder must not fail a test
        }
    }
}
