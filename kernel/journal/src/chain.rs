//! The audit chain: sealed ranges of entries, each hashed with the one before it.
//!
//! A seal keeps one digest per entry, so that a change can be pinned to its entry, and a hash over the seal before it
//! and its own digests, so that a seal cannot be replaced without replacing all that follow. Keep the newest hash
//! somewhere else (`signalbox audit verify` prints it) to notice even that.

use crate::entry::{Entry, Query, read};
use base::{Result, Time};
use db::{Tx, params};
use sha2::{Digest, Sha256};

/// Entries in one seal at most.
const RANGE: usize = 1_000;

/// What a check of the chain found.
#[derive(Debug, serde::Serialize)]
pub struct Verdict {
    /// How many sealed entries were checked.
    pub checked: i64,
    /// How many newer entries are not sealed yet.
    pub unsealed: i64,
    /// The hash of the newest seal; empty when there is none.
    pub hash: String,
    /// The first entry that is not as it was, if any.
    pub broken: Option<Broken>,
}

/// The first entry that is not as it was.
#[derive(Debug, PartialEq, Eq, serde::Serialize)]
pub struct Broken {
    /// Its seq.
    pub seq: i64,
    /// What is wrong, in a sentence.
    pub why: String,
}

struct Seal {
    first: i64,
    last: i64,
    digests: Vec<u8>,
    hash: String,
}

fn digest(entry: &Entry) -> [u8; 32] {
    // Every field with its length before it, so that no two entries have the same bytes.
    let fields = [
        entry.seq.to_string(),
        entry.id.to_string(),
        entry.at.millis().to_string(),
        entry.actor.map_or(String::new(), |id| id.to_string()),
        entry.actor_name.clone(),
        entry.door.clone(),
        entry.token.map_or(String::new(), |id| id.to_string()),
        entry.verb.clone(),
        entry.subject.to_string(),
        entry.parents.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        entry.data.to_string(),
        entry.request.clone().unwrap_or_default(),
    ];
    let mut hash = Sha256::new();
    for field in fields {
        hash.update((field.len() as u64).to_le_bytes());
        hash.update(field.as_bytes());
    }
    hash.finalize().into()
}

fn chained(before: &str, first: i64, last: i64, digests: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(before.as_bytes());
    hash.update(first.to_le_bytes());
    hash.update(last.to_le_bytes());
    hash.update(digests);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn newest(tx: &mut Tx) -> Result<Option<Seal>> {
    let sql = "select first_seq, last_seq, digests, hash from journal_seal order by first_seq desc limit 1";
    tx.opt(sql, &[]).await?.map(seal_from).transpose()
}

fn seal_from(row: db::Row) -> Result<Seal> {
    let mut c = row.columns();
    Ok(Seal { first: c.next()?, last: c.next()?, digests: c.next()?, hash: c.next()? })
}

/// Seals the next entries; returns how many. The head row is held, so that two nodes do not seal the same range.
pub async fn seal(tx: &mut Tx) -> Result<usize> {
    tx.one("select seq from journal_head /*pg: for update */", &[]).await?;
    let before = newest(tx).await?;
    let (after, hash) = before.map_or((0, String::new()), |seal| (seal.last, seal.hash));
    let entries = read(tx, &Query { after, limit: RANGE, ..Query::default() }).await?;
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(0) };
    let digests: Vec<u8> = entries.iter().flat_map(digest).collect();
    let hash = chained(&hash, first.seq, last.seq, &digests);
    let sql = "insert into journal_seal (first_seq, last_seq, digests, hash, sealed_at) values ($1, $2, $3, $4, $5)";
    let now: Time = tx.now();
    tx.run(sql, &params![first.seq, last.seq, digests, hash, now]).await?;
    Ok(entries.len())
}

/// Recomputes the whole chain and names the first entry that is not as it was.
pub async fn verify(tx: &mut Tx) -> Result<Verdict> {
    let (mut checked, mut hash) = (0, String::new());
    let mut broken = None;
    while let Some(seal) = seal_after(tx, checked).await? {
        broken = check(tx, &seal, checked, &hash).await?;
        if broken.is_some() {
            break;
        }
        (checked, hash) = (seal.last, seal.hash);
    }
    let unsealed = crate::head(tx).await? - checked;
    Ok(Verdict { checked, unsealed, hash, broken })
}

async fn seal_after(tx: &mut Tx, seq: i64) -> Result<Option<Seal>> {
    let sql = "select first_seq, last_seq, digests, hash from journal_seal where first_seq > $1 order by first_seq limit 1";
    tx.opt(sql, &params![seq]).await?.map(seal_from).transpose()
}

async fn check(tx: &mut Tx, seal: &Seal, before: i64, hash: &str) -> Result<Option<Broken>> {
    let at = |seq, why: String| Ok(Some(Broken { seq, why }));
    if seal.first != before + 1 {
        return at(
            before + 1,
            format!("the entries {} to {} have lost their seal", before + 1, seal.first - 1),
        );
    }
    let query = Query { after: before, before: Some(seal.last + 1), limit: RANGE + 1, ..Query::default() };
    let entries = read(tx, &query).await?;
    for (index, seq) in (seal.first..=seal.last).enumerate() {
        let Some(entry) = entries.get(index).filter(|entry| entry.seq == seq) else {
            return at(seq, format!("the entry {seq} is missing"));
        };
        if seal.digests.get(index * 32..index * 32 + 32) != Some(digest(entry).as_slice()) {
            return at(
                seq,
                format!(
                    "the entry {seq} ({} of {}) was changed after it was sealed",
                    entry.verb, entry.subject
                ),
            );
        }
    }
    if seal.hash != chained(hash, seal.first, seal.last, &seal.digests) {
        return at(
            seal.first,
            format!("the seal of the entries {} to {} was replaced", seal.first, seal.last),
        );
    }
    Ok(None)
}
