//! The output of a deployment. It arrives in chunks that each say where they belong, so that a wrapper which does not know
//! whether a chunk arrived sends it again; nothing is lost, doubled or out of order.
//!
//! While it runs, chunks are rows: the bytes and the offset that acknowledges them are one transaction, and with PostgreSQL any node
//! can take the next and show the last; an appended file would need both to be made true by hand. A row holds at most 256 kB, so
//! that reading a part of a log reads little more than that part. 100 MB is then 400 rows. When the deployment is over, a chore
//! turns the rows into one blob. Output writes no journal entries. Of what goes over the limit only the end is kept.

use super::state::Event;
use super::{Deployment, lease, missing, store};
use base::id::DeploymentId;
use base::{Error, Limit, Result};
use blobs::Blobs;
use db::{Db, Tx};

/// The most bytes in one row.
const PIECE_BYTES: usize = 262_144;

/// How much is kept of the end of an output that is longer than the limit.
const END_BYTES: usize = 16_384;

/// Rows read at once.
const PIECES: usize = 4;

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
    if offset > next {
        return Err(gap(offset, next));
    }
    let skip = usize::try_from(next - offset).unwrap_or(usize::MAX);
    let new = bytes.get(skip..).unwrap_or_default();
    let room = most - deployment.output_kept;
    let keep = &new[..new.len().min(usize::try_from(room).unwrap_or(0))];
    let mut at = deployment.output_kept;
    for piece in keep.chunks(PIECE_BYTES) {
        store::append(tx, deployment.id, at, piece).await?;
        at += piece.len() as i64;
    }
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

/// Part of a log.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Where it begins.
    pub from: i64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Reads kept output from `from` on: some bytes, or none at its present end. Blobs are not read inside a transaction.
pub async fn read(db: &Db, blobs: &Blobs, deployment: &Deployment, from: i64, most: usize) -> Result<Part> {
    if let Some(hash) = &deployment.log_blob {
        return read_blob(blobs, hash, from, most).await;
    }
    let mut tx = db.read(&base::Actor::system()).await?;
    let pieces = store::pieces(&mut tx, deployment.id, from, PIECES).await?;
    if pieces.is_empty() {
        // The chore may have turned the rows into a blob since the caller looked.
        let now = store::get(&mut tx, deployment.id).await?.ok_or_else(|| missing(deployment.id))?;
        drop(tx);
        return match &now.log_blob {
            Some(hash) => read_blob(blobs, hash, from, most).await,
            None => Ok(Part { from, bytes: Vec::new() }),
        };
    }
    let mut part = Part { from, bytes: Vec::new() };
    let mut at = from;
    for (start, piece) in pieces {
        let skip = usize::try_from(at - start).unwrap_or(0).min(piece.len());
        part.bytes.extend_from_slice(&piece[skip..]);
        at = start + piece.len() as i64;
    }
    part.bytes.truncate(most);
    Ok(part)
}

async fn read_blob(blobs: &Blobs, hash: &str, from: i64, most: usize) -> Result<Part> {
    use tokio::io::{AsyncReadExt, AsyncSeekExt};
    let broken =
        |error: std::io::Error| Error::bug("log.unreadable", "a kept log could not be read").because(error);
    let mut file = blobs.file(hash).await?;
    file.seek(std::io::SeekFrom::Start(u64::try_from(from).unwrap_or(0))).await.map_err(broken)?;
    let mut bytes = Vec::new();
    file.take(most.min(PIECES * PIECE_BYTES) as u64).read_to_end(&mut bytes).await.map_err(broken)?;
    Ok(Part { from, bytes })
}

/// Turns the rows of a deployment that is over into one blob. Doing it twice is harmless.
pub(super) async fn keep(db: &Db, blobs: &Blobs, id: DeploymentId) -> Result<()> {
    let system = base::Actor::system();
    let found = store::get(&mut db.read(&system).await?, id).await?;
    let Some(deployment) =
        found.filter(|deployment| deployment.log_blob.is_none() && deployment.output_kept > 0)
    else {
        return Ok(());
    };
    let mut upload = blobs.begin(u64::MAX).await?;
    let mut at = 0;
    while at < deployment.output_kept {
        let pieces = store::pieces(&mut db.read(&system).await?, id, at, PIECES).await?;
        if pieces.is_empty() {
            break;
        }
        for (start, piece) in &pieces {
            let skip = usize::try_from(at - start).unwrap_or(0).min(piece.len());
            upload.write(&piece[skip..]).await?;
            at = start + piece.len() as i64;
        }
    }
    if at != deployment.output_kept {
        return Err(Error::bug(
            "log.short",
            format!("{} bytes of a log are kept and {at} were found", deployment.output_kept),
        ));
    }
    let blob = upload.finish().await?;
    let mut tx = db.write(&system).await?;
    store::into_blob(&mut tx, id, &blob.hash).await?;
    tx.commit().await
}
