//! Rows of signing keys.

use base::id::AnyId;
use base::{Result, Time};
use db::{Tx, params};

/// The keys that sign now, the newest first.
pub(super) async fn signing_keys(tx: &mut Tx) -> Result<Vec<String>> {
    let sql = "select key from delivery_key where ends_at is null or ends_at > $1 order by ends_at is not null, id desc";
    let now = tx.now();
    tx.rows(sql, &params![now]).await?.iter().map(|row| row.get(0)).collect()
}

pub(super) async fn add_signing_key(tx: &mut Tx, key: &str, old_end: Time) -> Result<()> {
    let (id, now): (AnyId, Time) = (tx.new_id(), tx.now());
    tx.run("update delivery_key set ends_at = $1 where ends_at is null", &params![old_end]).await?;
    let sql = "insert into delivery_key (id, key, made_at) values ($1, $2, $3)";
    tx.run(sql, &params![id, key, now]).await.map(drop)
}
