//! Keys in the database.

use base::Result;
use db::{Tx, params};

/// Keeps a key, unless there is one for the purpose already.
pub(super) async fn insert(tx: &mut Tx, purpose: &str, key: &[u8]) -> Result<()> {
    let sql = "insert into signing_key (purpose, key) values ($1, $2) on conflict (purpose) do nothing";
    tx.run(sql, &params![purpose, key]).await.map(drop)
}

pub(super) async fn get(tx: &mut Tx, purpose: &str) -> Result<Option<Vec<u8>>> {
    let row = tx.opt("select key from signing_key where purpose = $1", &params![purpose]).await?;
    row.map(|row| row.get(0)).transpose()
}
