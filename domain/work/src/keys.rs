//! Keys to sign with: addresses that work without a token, and tokens that only this installation can have made. A key is made
//! the first time it is needed and kept, so that every node signs alike and a restart changes nothing.

use base::{Error, Result};
use db::{Tx, params};

/// Returns the key for a purpose, if it was made before.
pub async fn get(tx: &mut Tx, purpose: &str) -> Result<Option<Vec<u8>>> {
    let row = tx.opt("select key from signing_key where purpose = $1", &params![purpose]).await?;
    row.map(|row| row.get(0)).transpose()
}

/// Returns the key for a purpose and makes it unless it is there.
pub async fn ensure(tx: &mut Tx, purpose: &str) -> Result<Vec<u8>> {
    let fresh = base::random::bytes::<32>().to_vec();
    let sql = "insert into signing_key (purpose, key) values ($1, $2) on conflict (purpose) do nothing";
    tx.run(sql, &params![purpose, fresh]).await?;
    get(tx, purpose)
        .await?
        .ok_or_else(|| Error::bug("key.lost", "a signing key that was just made is not there"))
}
