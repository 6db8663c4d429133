//! PostgreSQL: a pool of connections, plain `begin` and `commit`, and `notify` to wake other nodes.

use crate::{Row, ids};
use base::{Error, Result, Secret, Value, id};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use std::time::Duration;
use tokio::sync::watch;
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use tokio_postgres::{AsyncMessage, NoTls};

const CONNECTIONS: usize = 16;

/// How long a transaction waits for a connection; a handler that held one while asking for another would wait for ever.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Postgres {
    pool: Pool,
}

impl Postgres {
    pub(crate) async fn open(url: &Secret, commits: watch::Sender<u64>) -> Result<Self> {
        let config: tokio_postgres::Config = url.reveal().parse().map_err(|e| {
            Error::invalid(
                "db.url",
                "the --database address is not one of PostgreSQL (postgres://user:password@host:port/name)",
            )
            .because(e)
        })?;
        let manager = Manager::from_config(
            config.clone(),
            NoTls,
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .build()
            .map_err(|e| unavailable().because(e))?;
        let client = pool.get().await.map_err(|e| unavailable().because(e))?;
        // Two nodes that start at once may both find no table and clash in the catalogue: one of them waits here.
        client
            .batch_execute(&format!("begin; select pg_advisory_xact_lock(71070); {}; commit", ids::TABLE))
            .await
            .map_err(error)?;
        client.execute(ids::SEED, &[&id::FIRST]).await.map_err(error)?;
        tokio::spawn(listen(config, commits));
        Ok(Self { pool })
    }

    pub(crate) async fn begin_write(&self, ids: &ids::Ids) -> Result<Session> {
        let client = self.pool.get().await.map_err(|e| unavailable().because(e))?;
        if ids.are_running_out() {
            let row = client.query_one(ids::RESERVE, &[&ids::BLOCK]).await.map_err(error)?;
            ids.use_block(row.get(0));
        }
        Session::begin(client, "begin").await
    }

    pub(crate) async fn begin_read(&self) -> Result<Session> {
        let client = self.pool.get().await.map_err(|e| unavailable().because(e))?;
        Session::begin(client, "begin isolation level repeatable read read only").await
    }
}

fn unavailable() -> Error {
    Error::unavailable("db.unreachable", "the database cannot be reached; try again")
}

/// Wakes followers when another node commits. A lost listener is replaced; followers poll besides.
async fn listen(config: tokio_postgres::Config, commits: watch::Sender<u64>) {
    while !commits.is_closed() {
        if let Ok((client, mut connection)) = config.connect(NoTls).await {
            let wake = commits.clone();
            let messages = tokio::spawn(async move {
                let poll = |cx: &mut std::task::Context<'_>| connection.poll_message(cx);
                let mut poll = poll;
                while let Some(Ok(message)) = std::future::poll_fn(&mut poll).await {
                    if matches!(message, AsyncMessage::Notification(_)) {
                        wake.send_modify(|count| *count += 1);
                    }
                }
            });
            if client.batch_execute("listen signalbox").await.is_ok() {
                let _ = messages.await; // Ends when the connection does.
            }
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

/// A connection with a transaction open on it.
pub(crate) struct Session {
    client: Option<Object>,
}

impl Session {
    async fn begin(client: Object, how: &str) -> Result<Self> {
        client.batch_execute(how).await.map_err(error)?;
        Ok(Self { client: Some(client) })
    }

    fn client(&self) -> Result<&Object> {
        self.client.as_ref().ok_or_else(unavailable)
    }

    pub(crate) async fn rows(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        let client = self.client()?;
        let statement = client.prepare_cached(sql).await.map_err(error)?;
        let params: Vec<Param<'_>> = params.iter().map(Param).collect();
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| p as _).collect();
        let rows = client.query(&statement, &params).await.map_err(error)?;
        rows.iter().map(row).collect()
    }

    pub(crate) async fn run(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        let client = self.client()?;
        let statement = client.prepare_cached(sql).await.map_err(error)?;
        let params: Vec<Param<'_>> = params.iter().map(Param).collect();
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| p as _).collect();
        client.execute(&statement, &params).await.map_err(error)
    }

    pub(crate) async fn batch(&mut self, sql: &str) -> Result<()> {
        self.client()?.batch_execute(sql).await.map_err(error)
    }

    pub(crate) async fn commit(mut self, wakes: bool) -> Result<()> {
        let last = if wakes { "notify signalbox; commit" } else { "commit" };
        self.client()?.batch_execute(last).await.map_err(error)?;
        self.client = None; // Back to the pool: the transaction is over.
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            if client.batch_execute("rollback").await.is_err() {
                drop(Object::take(client)); // A broken connection does not go back to the pool.
            }
        });
    }
}

#[derive(Debug)]
struct Param<'a>(&'a Value);

impl ToSql for Param<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (self.0, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Bool(v), &Type::BOOL) => v.to_sql(ty, out),
            (Value::Bool(v), &Type::INT8) => i64::from(*v).to_sql(ty, out),
            (Value::Int(v), &Type::INT8) => v.to_sql(ty, out),
            (Value::Int(v), &Type::INT4) => i32::try_from(*v)?.to_sql(ty, out),
            (Value::Int(v), &Type::FLOAT8) => (*v as f64).to_sql(ty, out),
            (Value::Int(v), &Type::BOOL) => (*v != 0).to_sql(ty, out),
            (Value::Real(v), &Type::FLOAT8) => v.to_sql(ty, out),
            // A NUL byte is the one character that PostgreSQL's text cannot hold.
            (Value::Text(v), _) if String::accepts(ty) => v.replace('\0', "\u{fffd}").to_sql(ty, out),
            (Value::Bytes(v), &Type::BYTEA) => v.to_sql(ty, out),
            (value, ty) => Err(format!("a {ty} parameter was given {value:?}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn row(row: &tokio_postgres::Row) -> Result<Row> {
    let mut values = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        values.push(match *column.type_() {
            Type::BOOL => row.try_get::<_, Option<bool>>(index).map(|v| v.map_or(Value::Null, Value::Bool)),
            Type::INT8 => row.try_get::<_, Option<i64>>(index).map(|v| v.map_or(Value::Null, Value::Int)),
            Type::INT4 => row.try_get::<_, Option<i32>>(index).map(|v| v.map_or(Value::Null, |v| Value::Int(v.into()))),
            Type::FLOAT8 => row.try_get::<_, Option<f64>>(index).map(|v| v.map_or(Value::Null, Value::Real)),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index).map(|v| v.map_or(Value::Null, Value::Bytes)),
            Type::TEXT | Type::VARCHAR | Type::NAME | Type::UNKNOWN => {
                row.try_get::<_, Option<String>>(index).map(|v| v.map_or(Value::Null, Value::Text))
            }
            ref other => {
                return Err(Error::bug(
                    "db.column_type",
                    format!("the column {} is {other}; cast it to bigint, text, boolean, double precision or bytea", column.name()),
                ));
            }
        }
        .map_err(error)?);
    }
    Ok(Row(values))
}

fn error(e: tokio_postgres::Error) -> Error {
    use tokio_postgres::error::SqlState;
    let Some(found) = e.as_db_error() else {
        return if e.is_closed() {
            unavailable().because(e)
        } else {
            Error::bug("db.failed", "the database refused a statement").because(e)
        };
    };
    let code = found.code();
    if code.code().starts_with("23") {
        let constraint = found.constraint().or(found.column()).unwrap_or_default().to_owned();
        return Error::conflict("db.constraint", "that clashes with what is there already")
            .with_detail(serde_json::json!({ "constraint": constraint }))
            .because(e);
    }
    if [SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE, SqlState::ADMIN_SHUTDOWN]
        .contains(code)
    {
        return Error::unavailable("db.busy", "the database is busy; try again").because(e);
    }
    Error::bug("db.failed", "the database refused a statement").because(e)
}
