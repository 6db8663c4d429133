//! The rows of attempts to sign in.

use base::id::AnyId;
use base::{Result, Time};
use db::{Tx, params};

pub(super) async fn insert(tx: &mut Tx, id: AnyId, account: &str, address: &str) -> Result<()> {
    let now = tx.now();
    let sql = "insert into sign_in_attempt (id, account_key, address, at) values ($1, $2, $3, $4)";
    tx.run(sql, &params![id, account, address, now]).await.map(|_| ())
}

const COUNT: &str = "select
    coalesce(sum(case when account_key = $1 then 1 else 0 end), 0),
    coalesce(sum(case when address = $2 and address <> '' then 1 else 0 end), 0), min(at)
  from sign_in_attempt where at > $3 and (account_key = $1 or address = $2)";

/// How many attempts failed for the account and for the address, and when the first of them was.
pub(super) async fn count(
    tx: &mut Tx,
    account: &str,
    address: &str,
    since: Time,
) -> Result<(i64, i64, Option<Time>)> {
    let row = tx.one(COUNT, &params![account, address, since]).await?;
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

/// Forgets the attempt that was right, and those on the same account from the same place before it.
pub(super) async fn forgive(tx: &mut Tx, attempt: AnyId, account: &str, address: &str) -> Result<()> {
    let sql = "delete from sign_in_attempt where id = $1 or (account_key = $2 and address = $3)";
    tx.run(sql, &params![attempt, account, address]).await.map(|_| ())
}

pub(super) async fn forget_before(tx: &mut Tx, at: Time) -> Result<()> {
    tx.run("delete from sign_in_attempt where at <= $1", &params![at]).await.map(|_| ())
}
