//! SQLite: one writer with group commit, several readers.

use crate::{Row, ids};
use base::{Error, Result, Value, id};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::{Arc, Mutex as StdMutex};
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, oneshot};

/// Connections that read. Two cores do not gain from more; four keep a long export from holding everybody up.
const READERS: usize = 4;

/// How long a transaction waits for the writer. Transactions take milliseconds; whoever began one inside another would
/// wait for ever.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Sqlite {
    writer: Arc<Mutex<Writer>>,
    readers: Arc<StdMutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

/// The writing connection, and the transactions that wait for the common commit.
struct Writer {
    connection: Connection,
    ids: Arc<ids::Ids>,
    /// A common transaction is open.
    open: bool,
    /// Somebody will commit it.
    flush_is_due: bool,
    waiting: Vec<oneshot::Sender<Result<(), String>>>,
}

impl Sqlite {
    pub(crate) fn open(path: &Path, ids: Arc<ids::Ids>) -> Result<Self> {
        let connection = connect(path, false)?;
        batch(&connection, ids::TABLE)?;
        run(&connection, ids::SEED, &[Value::Int(id::FIRST)])?;
        let readers = (0..READERS).map(|_| connect(path, true)).collect::<Result<Vec<_>>>()?;
        let writer = Writer { connection, ids, open: false, flush_is_due: false, waiting: Vec::new() };
        Ok(Self {
            writer: Arc::new(Mutex::new(writer)),
            readers: Arc::new(StdMutex::new(readers)),
            permits: Arc::new(Semaphore::new(READERS)),
        })
    }

    pub(crate) async fn begin_write(&self) -> Result<Write> {
        let waited = tokio::time::timeout(PATIENCE, self.writer.clone().lock_owned()).await;
        let mut writer = waited.map_err(|_| {
            Error::unavailable("db.writer_held", "the database was busy for too long; try again")
        })?;
        writer.begin(&self.writer)?;
        Ok(Write { writer: Some(writer), home: self.writer.clone() })
    }

    pub(crate) async fn begin_read(&self) -> Result<Read> {
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| closed())?;
        let connection = self.readers.lock().map_err(|_| closed())?.pop().ok_or_else(closed)?;
        let read = Read { connection: Some(connection), home: self.readers.clone(), _permit: permit };
        step(read.connection(), "begin")?;
        Ok(read)
    }

    pub(crate) async fn checkpoint(&self) -> Result<()> {
        let writer = self.writer.lock().await;
        rows(&writer.connection, "pragma wal_checkpoint(truncate)", &[]).map(drop)
    }
}

fn closed() -> Error {
    Error::unavailable("db.closed", "the database is shutting down; try again")
}

pub(crate) fn connect(path: &Path, reads_only: bool) -> Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)
        .map_err(|e| error(e).while_doing(format!("opening {}", path.display())))?;
    connection.set_prepared_statement_cache_capacity(512);
    // Plans do not depend on the values of parameters. Without this SQLite parses and plans every statement that could use a partial
    // index again whenever a parameter is bound anew: at each use.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(error)?;
    // synchronous = full: in WAL mode "normal" may lose the last acknowledged commits when power is lost.
    batch(
        &connection,
        "pragma busy_timeout = 10000; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;
         pragma temp_store = memory; pragma cache_size = -8000; pragma wal_autocheckpoint = 2000",
    )?;
    if reads_only {
        batch(&connection, "pragma query_only = on")?;
    }
    Ok(connection)
}

impl Writer {
    fn begin(&mut self, home: &Arc<Mutex<Writer>>) -> Result<()> {
        if !self.open {
            step(&self.connection, "begin immediate")?;
            self.open = true;
        }
        if self.ids.are_running_out() {
            // Outside the savepoint: a rollback must not give the same ids out again.
            let found = rows(&self.connection, &ids::RESERVE.replace("$1", "?1"), &[Value::Int(ids::BLOCK)])?;
            let end = found.first().ok_or_else(closed)?.get(0)?;
            self.ids.use_block(end);
            self.flush_soon(home);
        }
        step(&self.connection, "savepoint one")
    }

    /// Sees to it that the common transaction is committed after the transactions that are already in the queue. The
    /// lock is fair, so the flush runs behind them, and all of them share its fsync.
    fn flush_soon(&mut self, home: &Arc<Mutex<Writer>>) {
        if !std::mem::replace(&mut self.flush_is_due, true) {
            tokio::spawn(flush(home.clone()));
        }
    }

    fn flush(&mut self) {
        self.flush_is_due = false;
        if !std::mem::replace(&mut self.open, false) {
            return;
        }
        let outcome = step(&self.connection, "commit").map_err(|e| {
            let _ = batch(&self.connection, "rollback"); // The commit may have rolled back by itself.
            tracing::error!(error = ?e, "a commit failed; {} transactions were not acknowledged", self.waiting.len());
            format!("{e:?}")
        });
        for waiting in self.waiting.drain(..) {
            let _ = waiting.send(outcome.clone()); // Whoever waited may have gone away.
        }
    }
}

async fn flush(home: Arc<Mutex<Writer>>) {
    let mut writer = home.lock_owned().await;
    // The fsync takes milliseconds: on a thread that may block, with the lock in hand.
    let done = tokio::task::spawn_blocking(move || writer.flush()).await;
    if let Err(e) = done {
        tracing::error!(error = %e, "the writer's commit was interrupted");
    }
}

/// The write transaction: a savepoint in the common one.
pub(crate) struct Write {
    writer: Option<OwnedMutexGuard<Writer>>,
    home: Arc<Mutex<Writer>>,
}

impl Write {
    pub(crate) fn connection(&mut self) -> &Connection {
        &self.writer.as_ref().expect("the writer is held until the transaction ends").connection
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        let mut writer = self.writer.take().ok_or_else(closed)?;
        if let Err(e) = step(&writer.connection, "release one") {
            self.writer = Some(writer); // Rolled back by the drop.
            return Err(e);
        }
        let (done, outcome) = oneshot::channel();
        writer.waiting.push(done);
        writer.flush_soon(&self.home);
        drop(writer);
        match outcome.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => {
                Err(Error::unavailable("db.commit_failed", "the change could not be written; try again")
                    .because(why))
            }
            Err(_) => Err(closed()),
        }
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        let Some(mut writer) = self.writer.take() else { return };
        let undone = batch(&writer.connection, "rollback to one; release one");
        if undone.is_err() {
            // SQLite itself rolls the whole transaction back on a full disk: nothing of it may be acknowledged.
            let _ = batch(&writer.connection, "rollback");
            writer.open = false;
            for waiting in writer.waiting.drain(..) {
                let _ = waiting.send(Err("the transaction was rolled back by SQLite".to_owned()));
            }
        } else if !writer.flush_is_due {
            let _ = batch(&writer.connection, "rollback"); // Nothing is in it.
            writer.open = false;
        }
    }
}

/// A read transaction on a connection of its own.
pub(crate) struct Read {
    connection: Option<Connection>,
    home: Arc<StdMutex<Vec<Connection>>>,
    _permit: OwnedSemaphorePermit,
}

impl Read {
    pub(crate) fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("the connection is held until the transaction ends")
    }
}

impl Drop for Read {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _ = step(&connection, "rollback"); // Nothing was written.
            if let Ok(mut home) = self.home.lock() {
                home.push(connection);
            }
        }
    }
}

struct Param<'a>(&'a Value);

impl rusqlite::ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Bool(v) => ValueRef::Integer((*v).into()),
            Value::Int(v) => ValueRef::Integer(*v),
            Value::Real(v) => ValueRef::Real(*v),
            Value::Text(v) => ValueRef::Text(v.as_bytes()),
            Value::Bytes(v) => ValueRef::Blob(v),
        }))
    }
}

pub(crate) fn rows(connection: &Connection, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    let width = statement.column_count();
    let mut found = statement.query(rusqlite::params_from_iter(params.iter().map(Param))).map_err(error)?;
    let mut out = Vec::new();
    while let Some(row) = found.next().map_err(error)? {
        let mut values = Vec::with_capacity(width);
        for index in 0..width {
            values.push(match row.get_ref(index).map_err(error)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(v) => Value::Int(v),
                ValueRef::Real(v) => Value::Real(v),
                ValueRef::Text(v) => Value::Text(String::from_utf8_lossy(v).into_owned()),
                ValueRef::Blob(v) => Value::Bytes(v.to_vec()),
            });
        }
        out.push(Row(values));
    }
    Ok(out)
}

pub(crate) fn run(connection: &Connection, sql: &str, params: &[Value]) -> Result<u64> {
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    if statement.column_count() > 0 {
        let mut found =
            statement.query(rusqlite::params_from_iter(params.iter().map(Param))).map_err(error)?;
        let mut count = 0;
        while found.next().map_err(error)?.is_some() {
            count += 1;
        }
        return Ok(count);
    }
    let changed = statement.execute(rusqlite::params_from_iter(params.iter().map(Param))).map_err(error)?;
    Ok(changed as u64)
}

/// Runs one statement of the frame around a transaction; it is kept ready, for every request has one.
fn step(connection: &Connection, sql: &str) -> Result<()> {
    run(connection, sql, &[]).map(drop)
}

pub(crate) fn batch(connection: &Connection, sql: &str) -> Result<()> {
    connection.execute_batch(sql).map_err(error)
}

fn error(e: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode;
    match e.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => {
            let text = e.to_string();
            let name = text.split(": ").last().unwrap_or_default().to_owned();
            Error::conflict("db.constraint", "that clashes with what is there already")
                .with_detail(serde_json::json!({ "constraint": name }))
                .because(e)
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Error::unavailable("db.busy", "the database file is in use by another program; try again")
                .because(e)
        }
        Some(ErrorCode::DiskFull) => {
            Error::unavailable("db.disk_full", "the disk is full; nothing was changed").because(e)
        }
        _ => Error::bug("db.failed", "the database refused a statement").because(e),
    }
}
