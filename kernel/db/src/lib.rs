#![doc = include_str!("../README.md")]

mod dialect;
pub mod file;
mod filter;
mod ids;
mod like;
mod migrate;
mod postgres;
mod row;
mod sqlite;
pub mod testing;
#[cfg(test)]
mod tests;
mod tx;

use base::{Actor, Clock, Error, Limits, Result};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

pub use filter::Filter;
pub use like::like;
pub use migrate::{Migrations, Step};
pub use row::{Columns, Row};
pub use tx::Tx;

/// Makes the parameters of a statement: `params![id, name, None::<i64>]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { [$(::base::Value::from($value)),*] };
}

/// Where the data is.
#[derive(Clone, Debug)]
pub enum Location {
    /// One SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server, as a connection URL. It may hold a password: never print it.
    Postgres(base::Secret),
}

/// Which database runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Shared>);

pub(crate) struct Shared {
    driver: Driver,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    pub(crate) ids: Arc<ids::Ids>,
    pub(crate) commits: watch::Sender<u64>,
}

enum Driver {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl Db {
    /// Opens the database, making the file if there is none, and brings it up to date with `migrations`.
    pub async fn open(
        location: &Location,
        clock: Clock,
        limits: Limits,
        migrations: &[Migrations],
    ) -> Result<Self> {
        let ids = Arc::new(ids::Ids::default());
        let commits = watch::Sender::new(0);
        let driver = match location {
            Location::Sqlite(path) => Driver::Sqlite(sqlite::Sqlite::open(path, ids.clone())?),
            Location::Postgres(url) => {
                Driver::Postgres(postgres::Postgres::open(url, commits.clone()).await?)
            }
        };
        let db = Self(Arc::new(Shared { driver, clock, limits, ids, commits }));
        migrate::run(&db, migrations).await?;
        Ok(db)
    }

    /// Begins the one write transaction. On SQLite this waits for the writers before it.
    pub async fn write(&self, actor: &Actor) -> Result<Tx> {
        let session = match &self.0.driver {
            Driver::Sqlite(sqlite) => tx::Session::Lite(sqlite.begin_write().await?),
            Driver::Postgres(postgres) => tx::Session::Pg(postgres.begin_write(&self.0.ids).await?),
        };
        let mut tx = Tx::new(self.0.clone(), actor.clone(), session);
        tx.take_key();
        Ok(tx)
    }

    /// Begins a read-only transaction that sees one state of the data throughout.
    pub async fn read(&self, actor: &Actor) -> Result<Tx> {
        let session = match &self.0.driver {
            Driver::Sqlite(sqlite) => tx::Session::LiteRead(sqlite.begin_read().await?),
            Driver::Postgres(postgres) => tx::Session::Pg(postgres.begin_read().await?),
        };
        Ok(Tx::new(self.0.clone(), actor.clone(), session))
    }

    /// Wakes whenever a transaction with deferred statements (journal entries) or [`Tx::wake`] has been committed, on any node.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.0.commits.subscribe()
    }

    /// Which database runs. For tests, diagnosis and full-text search only.
    pub fn engine(&self) -> Engine {
        match self.0.driver {
            Driver::Sqlite(_) => Engine::Sqlite,
            Driver::Postgres(_) => Engine::Postgres,
        }
    }

    /// The clock that transactions take their time from.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Moves what is in SQLite's log into the file, so that the file alone is whole. Call it when serving has ended.
    pub async fn close(&self) -> Result<()> {
        match &self.0.driver {
            Driver::Sqlite(sqlite) => sqlite.checkpoint().await,
            Driver::Postgres(_) => Ok(()),
        }
    }
}

/// The name (or description) of the constraint that an error says was violated.
pub fn violated_constraint(error: &Error) -> Option<&str> {
    (error.code() == "db.constraint").then(|| error.detail().and_then(|d| d["constraint"].as_str())).flatten()
}
