//! Keys to sign with: addresses that work without a token, and tokens that only this installation can have made. A key is made
//! the first time it is needed and kept, so that every node signs alike and a restart changes nothing.

mod store;

use base::{Error, Result};
use db::Tx;

/// Returns the key for a purpose, and makes it unless it is there.
pub async fn ensure(tx: &mut Tx, purpose: &str) -> Result<Vec<u8>> {
    store::insert(tx, purpose, &base::random::bytes::<32>()).await?;
    let kept = store::get(tx, purpose).await?;
    kept.ok_or_else(|| Error::bug("key.lost", "a signing key that was just made is not there"))
}
