//! The rows of sessions.

use super::Session;
use crate::users::{self, User};
use base::id::{AnyId, UserId};
use base::{Result, Time};
use db::{Columns, Tx, params};

const COLUMNS: &str = "s.id, s.user_id, s.created_at, s.last_seen_at, s.expires_at, s.address, s.agent";

fn columns(c: &mut Columns) -> Result<Session> {
    Ok(Session {
        id: c.next()?,
        user: c.next()?,
        created_at: c.next()?,
        last_seen_at: c.next()?,
        expires_at: c.next()?,
        address: c.next()?,
        agent: c.next()?,
    })
}

const INSERT: &str =
    "insert into login_session (id, user_id, hash, created_at, last_seen_at, expires_at, address, agent)
  values ($1, $2, $3, $4, $5, $6, $7, $8)";

pub(super) async fn insert(tx: &mut Tx, session: &Session, hash: &str) -> Result<()> {
    let params = params![
        session.id,
        session.user,
        hash,
        session.created_at,
        session.last_seen_at,
        session.expires_at,
        &session.address,
        &session.agent,
    ];
    tx.run(INSERT, &params).await.map(|_| ())
}

pub(super) async fn of_user(tx: &mut Tx, user: UserId) -> Result<Vec<Session>> {
    let sql = format!("select {COLUMNS} from login_session s where s.user_id = $1 order by s.id desc");
    tx.rows(&sql, &params![user]).await?.into_iter().map(|row| columns(&mut row.columns())).collect()
}

pub(super) async fn by_hash(tx: &mut Tx, hash: &str) -> Result<Option<(Session, User)>> {
    let sql = format!(
        "select {}, {COLUMNS} from login_session s join person p on p.id = s.user_id where s.hash = $1",
        users::USER_COLUMNS
    );
    let Some(row) = tx.opt(&sql, &params![hash]).await? else { return Ok(None) };
    let mut c = row.columns();
    let user = users::user_from_columns(&mut c)?;
    Ok(Some((columns(&mut c)?, user)))
}

pub(super) async fn delete(tx: &mut Tx, id: AnyId) -> Result<()> {
    tx.run("delete from login_session where id = $1", &params![id]).await.map(|_| ())
}

pub(super) async fn delete_expired(tx: &mut Tx) -> Result<()> {
    let now = tx.now();
    tx.run("delete from login_session where expires_at <= $1", &params![now]).await.map(|_| ())
}

pub(super) async fn slide(tx: &mut Tx, id: AnyId, seen: Time, expires: Time) -> Result<()> {
    let sql =
        "update login_session set last_seen_at = $2, expires_at = $3 where id = $1 and last_seen_at < $2";
    tx.run(sql, &params![id, seen, expires]).await.map(|_| ())
}
