//! Files that still grow: the output of a run, before it is over.
//!
//! Bytes arrive in pieces that each say where they belong, so that a sender which does not know whether a piece arrived sends it
//! again; nothing is lost, doubled or out of order. A row holds at most 256 kB, so that reading a part of a file reads little
//! more than that part. How long the file is, is its owner's to keep, in the same transaction.

use crate::{Blobs, sealed};
use base::{Actor, Error, Result};
use db::{Db, Tx, params};

/// The most bytes in one row.
const PIECE_BYTES: usize = 262_144;

/// Rows read at once.
const PIECES: usize = 4;

/// What is to be kept of a piece that begins at `offset`, when `length` bytes are here already. `None` is a gap.
pub fn new_bytes(length: i64, offset: i64, bytes: &[u8]) -> Option<&[u8]> {
    if offset > length || offset < 0 {
        return None;
    }
    let skip = usize::try_from(length - offset).unwrap_or(usize::MAX);
    Some(bytes.get(skip..).unwrap_or_default())
}

/// Adds `bytes` to the file of `owner`, which is `length` bytes long, and returns how long it is then.
pub async fn append(tx: &mut Tx, owner: i64, length: i64, bytes: &[u8]) -> Result<i64> {
    let mut at = length;
    for piece in bytes.chunks(PIECE_BYTES) {
        let sql = "insert into growing_piece (owner_id, from_byte, bytes) values ($1, $2, $3)";
        tx.run(sql, &params![owner, at, piece.to_vec()]).await?;
        at += piece.len() as i64;
    }
    Ok(at)
}

/// The rows that hold the bytes from `from` on: where each begins, and what it holds.
async fn pieces(tx: &mut Tx, owner: i64, from: i64) -> Result<Vec<(i64, Vec<u8>)>> {
    let sql = "select from_byte, bytes from growing_piece where owner_id = $1 and from_byte >= coalesce(
        (select max(from_byte) from growing_piece where owner_id = $1 and from_byte <= $2), 0) order by from_byte limit $3";
    let rows = tx.rows(sql, &params![owner, from, PIECES as i64]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

fn joined(pieces: Vec<(i64, Vec<u8>)>, from: i64, most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = from;
    for (start, piece) in pieces {
        let skip = usize::try_from(at - start).unwrap_or(0).min(piece.len());
        bytes.extend_from_slice(&piece[skip..]);
        at = start + piece.len() as i64;
    }
    bytes.truncate(most);
    bytes
}

/// Some bytes of the file of `owner` from `from` on, at most `most`; none at its present end.
pub async fn read(tx: &mut Tx, owner: i64, from: i64, most: usize) -> Result<Vec<u8>> {
    Ok(joined(pieces(tx, owner, from).await?, from, most))
}

/// Makes one compressed blob of a file that grows no more, `length` bytes long, and returns its name for [`read_sealed`]. The rows stay
/// until [`forget`], in the transaction in which the owner notes the name. Doing it twice is harmless.
pub async fn seal(db: &Db, blobs: &Blobs, owner: i64, length: i64) -> Result<String> {
    let mut sealer = sealed::Sealer::begin(blobs).await?;
    let mut at = 0;
    while at < length {
        let mut tx = db.read(&Actor::system()).await?;
        let bytes = joined(pieces(&mut tx, owner, at).await?, at, usize::MAX);
        drop(tx);
        if bytes.is_empty() {
            return Err(Error::bug(
                "growing.short",
                format!("{length} bytes of a file are kept and {at} were found"),
            ));
        }
        sealer.write(&bytes).await?;
        at += bytes.len() as i64;
    }
    sealer.finish().await
}

/// Removes the rows of a file that has become a blob.
pub async fn forget(tx: &mut Tx, owner: i64) -> Result<()> {
    tx.run("delete from growing_piece where owner_id = $1", &params![owner]).await.map(drop)
}

/// Some bytes of what [`seal`] made, or once made, from `from` on: at most `most` and never more than a megabyte.
pub async fn read_sealed(blobs: &Blobs, name: &str, from: i64, most: usize) -> Result<Vec<u8>> {
    sealed::read(blobs, name, from, most).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_here_already_is_skipped_and_a_gap_is_told() {
        assert_eq!(new_bytes(5, 0, b"abcdefg"), Some(&b"fg"[..]));
        assert_eq!(new_bytes(5, 5, b"x"), Some(&b"x"[..]));
        assert_eq!(new_bytes(5, 0, b"abc"), Some(&b""[..]));
        assert_eq!(new_bytes(5, 6, b"x"), None);
        assert_eq!(new_bytes(5, -1, b"x"), None);
    }

    db::on_both! { opened;
        async fn a_file_that_grew_reads_the_same_before_and_after_it_is_sealed(place) {
            let db = place.open(&[crate::migrations()]).await;
            let blobs = Blobs::open(place.folder().join("blobs")).await.expect("a folder");
            let whole: Vec<u8> = (0..700_000_u32).map(|n| (n % 251) as u8).collect();
            let mut at = 0;
            for piece in whole.chunks(300_001) {
                let mut tx = db.write(&Actor::system()).await.expect("begun");
                at = append(&mut tx, 7, at, piece).await.expect("appended");
                tx.commit().await.expect("committed");
            }
            let mut tx = db.read(&Actor::system()).await.expect("begun");
            assert_eq!(read(&mut tx, 7, 299_000, 2_000).await.expect("read"), &whole[299_000..301_000]);
            assert_eq!(read(&mut tx, 7, at, 10).await.expect("read"), b"");
            drop(tx);
            let hash = seal(&db, &blobs, 7, at).await.expect("sealed");
            let mut tx = db.write(&Actor::system()).await.expect("begun");
            forget(&mut tx, 7).await.expect("forgotten");
            tx.commit().await.expect("committed");
            assert_eq!(read_sealed(&blobs, &hash, 699_990, 100).await.expect("read"), &whole[699_990..]);
            assert_eq!(read_sealed(&blobs, &hash, 0, usize::MAX).await.expect("read"), &whole[..]);
            assert!(blobs.read(&hash).await.expect("read").len() < whole.len() / 2, "it is compressed");
        }
    }

    async fn opened(place: db::testing::Place) -> db::testing::Place {
        place
    }
}
