//! A transaction, and the statements in it.

use crate::dialect::translate;
use crate::{Engine, Row, Shared, postgres, sqlite};
use base::{Actor, Error, Limits, Result, Time, Value};
use std::sync::Arc;

/// A transaction. Dropping it rolls it back.
pub struct Tx {
    shared: Arc<Shared>,
    actor: Actor,
    now: Time,
    session: Session,
    deferred: Vec<(&'static str, Vec<Value>)>,
    wakes: bool,
}

pub(crate) enum Session {
    Lite(sqlite::Write),
    LiteRead(sqlite::Read),
    Pg(postgres::Session),
}

const TAKE_KEY: &str = "insert into once (actor_id, key, request, at) values ($1, $2, $3, $4)
  on conflict (actor_id, key) do update set at = excluded.at where once.request = excluded.request";

impl Tx {
    pub(crate) fn new(shared: Arc<Shared>, actor: Actor, session: Session) -> Self {
        let now = shared.clock.now();
        Self { shared, actor, now, session, deferred: Vec::new(), wakes: false }
    }

    /// The time of everything in this transaction.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Who acts in this transaction.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Which database runs. For full-text search only; everything else is marked in the SQL.
    pub fn engine(&self) -> Engine {
        match self.session {
            Session::Lite(_) | Session::LiteRead(_) => Engine::Sqlite,
            Session::Pg(_) => Engine::Postgres,
        }
    }

    /// Gives out a new id.
    pub fn new_id<T: From<i64>>(&mut self) -> T {
        T::from(self.shared.ids.take())
    }

    /// Does something as the program itself, with its rights, for a verb that must reach beyond its actor's.
    /// The journal still names the actor. Give the previous actor back with [`Tx::become_actor`].
    pub fn become_actor(&mut self, actor: Actor) -> Actor {
        std::mem::replace(&mut self.actor, actor)
    }

    /// The rows that a statement gives.
    pub async fn rows(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        match &mut self.session {
            Session::Lite(write) => sqlite::rows(write.connection(), &translate(sql, Engine::Sqlite), params),
            Session::LiteRead(read) => {
                sqlite::rows(read.connection(), &translate(sql, Engine::Sqlite), params)
            }
            Session::Pg(session) => session.rows(&translate(sql, Engine::Postgres), params).await,
        }
        .map_err(|error| error.while_doing(format!("running {sql}")))
    }

    /// The first row, if there is one.
    pub async fn opt(&mut self, sql: &str, params: &[Value]) -> Result<Option<Row>> {
        Ok(self.rows(sql, params).await?.into_iter().next())
    }

    /// The first row; none is a bug in the statement.
    pub async fn one(&mut self, sql: &str, params: &[Value]) -> Result<Row> {
        let row = self.opt(sql, params).await?;
        row.ok_or_else(|| {
            Error::bug("db.no_row", "a statement that always gives a row gave none").while_doing(sql)
        })
    }

    /// Runs a statement and returns how many rows it changed.
    pub async fn run(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        match &mut self.session {
            Session::Lite(write) => sqlite::run(write.connection(), &translate(sql, Engine::Sqlite), params),
            Session::LiteRead(read) => {
                sqlite::run(read.connection(), &translate(sql, Engine::Sqlite), params)
            }
            Session::Pg(session) => session.run(&translate(sql, Engine::Postgres), params).await,
        }
        .map_err(|error| error.while_doing(format!("running {sql}")))
    }

    /// Runs several statements without parameters. For migrations.
    pub async fn batch(&mut self, sql: &str) -> Result<()> {
        match &mut self.session {
            Session::Lite(write) => sqlite::batch(write.connection(), &translate(sql, Engine::Sqlite)),
            Session::LiteRead(read) => sqlite::batch(read.connection(), &translate(sql, Engine::Sqlite)),
            Session::Pg(session) => session.batch(&translate(sql, Engine::Postgres)).await,
        }
    }

    /// Keeps a statement for the moment before the commit. The journal numbers its entries there, so that the row that
    /// counts them is held as shortly as possible and their order is the order of the commits.
    pub fn defer(&mut self, sql: &'static str, params: Vec<Value>) {
        self.deferred.push((sql, params));
    }

    /// Makes the commit wake whoever listens to [`crate::Db::commits`], as deferred statements do.
    pub fn wake(&mut self) {
        self.wakes = true;
    }

    /// Takes the actor's `Idempotency-Key` with this transaction; a commit is refused when another request took it.
    /// Several transactions of one request share it. The table belongs to `kernel/web`.
    pub(crate) fn take_key(&mut self) {
        if let Some(key) = self.actor.once.clone() {
            let user = self.actor.user.map_or(0, |id| id.0);
            let request = self.actor.request.clone().unwrap_or_default();
            self.deferred.push((TAKE_KEY, crate::params![user, key, request, self.now].to_vec()));
        }
    }

    /// Makes everything durable. When this returns, it survives the loss of power.
    pub async fn commit(mut self) -> Result<()> {
        let deferred = std::mem::take(&mut self.deferred);
        for (sql, params) in &deferred {
            if self.run(sql, params).await? == 0 && *sql == TAKE_KEY {
                return Err(Error::conflict(
                    "idempotency.done",
                    "a request with this Idempotency-Key was carried out before; look at its result instead of repeating it",
                ));
            }
        }
        let wakes = self.wakes || !deferred.is_empty();
        match self.session {
            Session::Lite(write) => write.commit().await?,
            Session::LiteRead(_) => return Ok(()),
            Session::Pg(session) => session.commit(wakes).await?,
        }
        if wakes {
            self.shared.commits.send_modify(|count| *count += 1);
        }
        Ok(())
    }
}
