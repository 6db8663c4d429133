//! The output of a deployment. It arrives in chunks that each say where they belong, so that a wrapper which does not know
//! whether a chunk arrived sends it again; nothing is lost, doubled or out of order.
//!
//! While it runs it is a file that grows ([`blobs::growing`]): the bytes and the offset that acknowledges them are one transaction, and with
//! PostgreSQL any node can take the next and show the last. When the deployment is over, a chore makes one compressed blob of it. Output
//! writes no journal entries. Of what goes over the limit only the end is kept.

use super::state::Event;
use super::{Deployment, lease, missing, store};
use base::id::DeploymentId;
use base::{Error, Limit, Result};
use blobs::{Blobs, growing};
use db::{Db, Tx};

/// How much is kept of the end of an output that is longer than the limit.
const END_BYTES: usize = 16_384;

/// Output begins too far on: the wrapper is told where the next byte belongs.
pub(super) fn gap(offset: i64, next: i64) -> Error {
    Error::conflict(
        "output.gap",
        format!("Output up to byte {next} is here, and this reaches to or begins at byte {offset}"),
    )
    .with_detail(serde_json::json!({"next": next}))
}

/// Takes output that begins at `offset` and returns where the next belongs. What is here already is skipped.
pub async fn append(tx: &mut Tx, id: DeploymentId, token: i64, offset: i64, bytes: &[u8]) -> Result<i64> {
    let most = i64::try_from(tx.limits().get(Limit::DeploymentOutputBytes)).unwrap_or(i64::MAX);
    append_up_to(tx, most, id, token, offset, bytes).await
}

/// The same, keeping at most `most` bytes of the whole output.
pub(super) async fn append_up_to(
    tx: &mut Tx,
    most: i64,
    id: DeploymentId,
    token: i64,
    offset: i64,
    bytes: &[u8],
) -> Result<i64> {
    let deployment = match lease::reported(tx, id, token).await {
        Ok(deployment) => deployment,
        Err(error) => return repeated(tx, id, token, offset, bytes, error).await,
    };
    let next = deployment.output_bytes;
    let new = growing::new_bytes(next, offset, bytes).ok_or_else(|| gap(offset, next))?;
    let room = most - deployment.output_kept;
    let keep = &new[..new.len().min(usize::try_from(room).unwrap_or(0))];
    let at = growing::append(tx, deployment.id.0, deployment.output_kept, keep).await?;
    if keep.len() < new.len() {
        keep_end(tx, &deployment, &new[keep.len()..]).await?;
    }
    let until = tx.now().plus(super::start::lease(tx));
    store::set_output(tx, deployment.id, next + new.len() as i64, at, Some(until)).await?;
    Ok(next + new.len() as i64)
}

/// Beyond the limit only the end is kept, because that is where a failure says why.
async fn keep_end(tx: &mut Tx, deployment: &Deployment, dropped: &[u8]) -> Result<()> {
    let mut end = store::output_end(tx, deployment.id).await?;
    end.extend_from_slice(&dropped[dropped.len().saturating_sub(END_BYTES)..]);
    let from = end.len().saturating_sub(END_BYTES);
    store::set_output_end(tx, deployment.id, &end[from..]).await
}

/// A chunk that comes again after the end, because its answer was lost, is answered as the first time.
async fn repeated(
    tx: &mut Tx,
    id: DeploymentId,
    token: i64,
    offset: i64,
    bytes: &[u8],
    error: Error,
) -> Result<i64> {
    let deployment = super::find(tx, id).await?;
    let is_here = offset.saturating_add(bytes.len() as i64) <= deployment.output_bytes;
    if deployment.token == Some(token) && deployment.state.is_over() && is_here {
        return Ok(deployment.output_bytes);
    }
    Err(error)
}

/// Whether more output can come.
pub fn is_growing(deployment: &Deployment) -> bool {
    deployment.state.after(Event::Report, false).is_ok()
}

/// Reads kept output from `from` on: some bytes, or none at its present end. Blobs are not read inside a transaction.
pub async fn read(
    db: &Db,
    blobs: &Blobs,
    deployment: &Deployment,
    from: i64,
    most: usize,
) -> Result<Vec<u8>> {
    if let Some(name) = &deployment.log_blob {
        return growing::read_sealed(blobs, name, from, most).await;
    }
    let mut tx = db.read(&base::Actor::system()).await?;
    let bytes = growing::read(&mut tx, deployment.id.0, from, most).await?;
    if !bytes.is_empty() {
        return Ok(bytes);
    }
    // The chore may have made a blob of it since the caller looked.
    let now = store::get(&mut tx, deployment.id).await?.ok_or_else(|| missing(deployment.id))?;
    drop(tx);
    match &now.log_blob {
        Some(name) => growing::read_sealed(blobs, name, from, most).await,
        None => Ok(Vec::new()),
    }
}

/// Makes one blob of the output of a deployment that is over. Doing it twice is harmless.
pub(super) async fn keep(db: &Db, blobs: &Blobs, id: DeploymentId) -> Result<()> {
    let system = base::Actor::system();
    let found = store::get(&mut db.read(&system).await?, id).await?;
    let Some(deployment) =
        found.filter(|deployment| deployment.log_blob.is_none() && deployment.output_kept > 0)
    else {
        return Ok(());
    };
    let name = growing::seal(db, blobs, id.0, deployment.output_kept).await?;
    let mut tx = db.write(&system).await?;
    store::set_log_blob(&mut tx, id, &name).await?;
    growing::forget(&mut tx, id.0).await?;
    tx.commit().await
}
