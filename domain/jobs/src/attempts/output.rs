//! The output of a try, while it comes and afterwards.

use super::{Attempt, claim, held, store};
use base::id::{AgentId, AttemptId};
use base::{Error, Limit, Result};
use blobs::{Blobs, growing};
use db::{Db, Tx};

/// Takes output that begins at `offset` and returns where the next belongs. What is here already is skipped; what goes over the
/// limit is counted and not kept.
pub(super) async fn append(
    tx: &mut Tx,
    agent: AgentId,
    id: AttemptId,
    epoch: i64,
    offset: i64,
    bytes: &[u8],
) -> Result<i64> {
    let attempt = held(tx, agent, id, epoch).await?;
    let new =
        growing::new_bytes(attempt.log_bytes, offset, bytes).ok_or_else(|| gap(offset, attempt.log_bytes))?;
    let most = i64::try_from(tx.limits().get(Limit::RunLogBytes)).unwrap_or(i64::MAX);
    let room = usize::try_from(most - attempt.log_kept).unwrap_or(0);
    let kept = growing::append(tx, id.0, attempt.log_kept, &new[..new.len().min(room)]).await?;
    let next = attempt.log_bytes + new.len() as i64;
    let until = tx.now().plus(claim::lease(tx));
    store::set_output(tx, id, next, kept, until).await?;
    Ok(next)
}

fn gap(offset: i64, next: i64) -> Error {
    let message = format!("Output up to byte {next} is here, and this begins at byte {offset}");
    Error::conflict("log.gap", message).with_detail(serde_json::json!({"next": next}))
}

/// Reads kept output from `from` on: some bytes, or none at its present end.
pub(crate) async fn read(
    db: &Db,
    blobs: &Blobs,
    attempt: &Attempt,
    from: i64,
    most: usize,
) -> Result<Vec<u8>> {
    if let Some(hash) = &attempt.log_blob {
        return growing::read_sealed(blobs, hash, from, most).await;
    }
    let mut tx = db.read(&base::Actor::system()).await?;
    let bytes = growing::read(&mut tx, attempt.id.0, from, most).await?;
    if !bytes.is_empty() {
        return Ok(bytes);
    }
    // It may have become a file since the caller looked.
    let now = super::get(&mut tx, attempt.id).await?;
    drop(tx);
    match &now.log_blob {
        Some(hash) => growing::read_sealed(blobs, hash, from, most).await,
        None => Ok(Vec::new()),
    }
}

/// Makes one file of the output of a try that is over. Doing it twice is harmless.
pub(super) async fn keep(db: &Db, blobs: &Blobs, id: AttemptId) -> Result<()> {
    let system = base::Actor::system();
    let Some(attempt) = store::get(&mut db.read(&system).await?, id).await? else { return Ok(()) };
    if attempt.log_blob.is_some() || attempt.log_kept == 0 {
        return Ok(());
    }
    let hash = growing::seal(db, blobs, id.0, attempt.log_kept).await?;
    let mut tx = db.write(&system).await?;
    store::set_log_blob(&mut tx, id, &hash).await?;
    growing::forget(&mut tx, id.0).await?;
    tx.commit().await
}
