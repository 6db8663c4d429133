//! The rows of one-time links.

use super::Purpose;
use base::id::UserId;
use base::{Result, Time};
use db::{Tx, params};

pub(super) async fn insert(
    tx: &mut Tx,
    hash: &str,
    purpose: Purpose,
    user: Option<UserId>,
    expires_at: Option<Time>,
) -> Result<()> {
    let now = tx.now();
    let sql = "insert into one_time_link (hash, purpose, user_id, created_at, expires_at) values ($1, $2, $3, $4, $5)";
    tx.run(sql, &params![hash, purpose, user, now, expires_at]).await.map(|_| ())
}

/// Whose link it is: `None` when there is no such link or it has run out, `Some(None)` when it is nobody's.
pub(super) async fn find(tx: &mut Tx, hash: &str, purpose: Purpose) -> Result<Option<Option<UserId>>> {
    let now = tx.now();
    let sql = "select user_id from one_time_link
      where hash = $1 and purpose = $2 and (expires_at is null or expires_at > $3)";
    tx.opt(sql, &params![hash, purpose, now]).await?.map(|row| row.get(0)).transpose()
}

/// Uses a link up; false when somebody else just did.
pub(super) async fn delete(tx: &mut Tx, hash: &str) -> Result<bool> {
    Ok(tx.run("delete from one_time_link where hash = $1", &params![hash]).await? > 0)
}

pub(super) async fn delete_of_user(tx: &mut Tx, user: UserId) -> Result<()> {
    tx.run("delete from one_time_link where user_id = $1", &params![user]).await.map(|_| ())
}

pub(super) async fn delete_purpose(tx: &mut Tx, purpose: Purpose) -> Result<()> {
    tx.run("delete from one_time_link where purpose = $1", &params![purpose]).await.map(|_| ())
}

pub(super) async fn delete_expired(tx: &mut Tx) -> Result<()> {
    let now = tx.now();
    tx.run("delete from one_time_link where expires_at <= $1", &params![now]).await.map(|_| ())
}
