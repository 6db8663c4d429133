//! The databases that a server can be started on.

use crate::outside;
use std::process::{Command, Stdio};

/// Where a server keeps its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// One file in its data folder.
    Sqlite,
    /// An empty database of its own in the cluster of `SIGNALBOX_TEST_POSTGRES`.
    Postgres,
}

/// A database made for one server; dropped with it.
#[derive(Debug)]
pub struct Made {
    cluster: String,
    name: String,
}

impl Database {
    /// Whether tests can run on it here. Says loudly when not, so that nobody takes silence for a pass.
    pub fn is_here(self) -> bool {
        let is_here = self == Self::Sqlite || cluster().is_some();
        if !is_here {
            eprintln!("SKIPPED on PostgreSQL: SIGNALBOX_TEST_POSTGRES is not set");
        }
        is_here
    }

    /// Makes an empty database, if this kind needs one.
    pub fn make(self) -> Option<Made> {
        if self == Self::Sqlite {
            return None;
        }
        let cluster = cluster().expect("SIGNALBOX_TEST_POSTGRES is set, see is_here");
        let made = Made { cluster, name: format!("e2e_{}", base::random::word::<12>()) };
        assert!(made.psql(&format!("create database {}", made.name)), "psql could not make a database");
        Some(made)
    }
}

impl Made {
    /// Its address, for `--database`.
    pub fn url(&self) -> String {
        let (server, _) = self.cluster.rsplit_once('/').expect("postgres://user@host:port/name");
        format!("{server}/{}", self.name)
    }

    fn psql(&self, sql: &str) -> bool {
        let ran = Command::new("psql")
            .args(["-q", "-X", "-d", &self.cluster, "-c", sql])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status();
        ran.is_ok_and(|status| status.success())
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        self.psql(&format!("drop database if exists {} with (force)", self.name));
    }
}

fn cluster() -> Option<String> {
    outside::variable("SIGNALBOX_TEST_POSTGRES")
}
