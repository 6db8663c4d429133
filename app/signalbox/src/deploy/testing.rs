//! What tests start from: a directory that is removed with everything in it when the test ends, and a deployment that has started.

use crate::deploy::Options;
use crate::deploy::start::Started;
use clap::{Args as _, FromArgMatches as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

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

/// The options of a deployment of `command` to beta.
pub fn options(command: &[&str]) -> Options {
    let words = ["deploy", "--env", "beta", "--"].iter().chain(command);
    let matches = Options::augment_args(clap::Command::new("deploy")).try_get_matches_from(words);
    Options::from_arg_matches(&matches.expect("such options are taken")).expect("and read")
}

/// A deployment that has started.
pub fn started() -> Started {
    Started {
        id: "1".to_owned(),
        number: "1".to_owned(),
        token: 1,
        lease: Duration::from_secs(60),
        every: Duration::from_secs(20),
        environment: "beta".to_owned(),
        commit: "0".repeat(40),
        previous: None,
        commits: None,
        url: String::new(),
    }
}
