//! The output of a run: that of its parts' newest tries, one after the other when it is read whole.

use super::store;
use crate::attempts::{self, Attempt};
use base::id::{PartId, RunId};
use base::{Actor, Error, Result};
use blobs::Blobs;
use db::{Db, Tx};

/// One try's output within the output of a run.
#[derive(Clone, Debug)]
pub struct LogPart {
    /// The part.
    pub part: PartId,
    /// The try.
    pub attempt: Attempt,
    /// Where it begins in the output of the whole run.
    pub from: i64,
}

/// What the output of a run consists of, in the order of the parts. A part that is tried again shows its newest try, unless a try is named.
pub async fn log_parts(tx: &mut Tx, run: RunId) -> Result<Vec<LogPart>> {
    let newest = attempts::store::newest_of_run(tx, run).await?;
    let mut all = Vec::new();
    let mut from = 0;
    for part in store::parts(tx, run).await? {
        let Some(id) = newest.get(&part.id) else { continue };
        let attempt = attempts::get(tx, *id).await?;
        let length = attempt.log_kept;
        all.push(LogPart { part: part.id, attempt, from });
        from += length;
    }
    Ok(all)
}

/// How long the output is that consists of these.
pub fn log_length(parts: &[LogPart]) -> i64 {
    parts.last().map_or(0, |last| last.from + last.attempt.log_kept)
}

/// Reads some bytes from `from` on; none at its present end.
pub async fn read_log(db: &Db, blobs: &Blobs, parts: &[LogPart], from: i64, most: usize) -> Result<Vec<u8>> {
    let here = parts.iter().find(|part| from >= part.from && from < part.from + part.attempt.log_kept);
    let Some(here) = here else { return Ok(Vec::new()) };
    let left = usize::try_from(here.from + here.attempt.log_kept - from).unwrap_or(usize::MAX);
    attempts::read_output(db, blobs, &here.attempt, from - here.from, most.min(left)).await
}

/// The newest try of the part of a run that people mean by a name, a key or a place.
pub async fn part_log(db: &Db, run: RunId, name: &str) -> Result<Attempt> {
    let mut tx = db.read(&Actor::system()).await?;
    let parts = store::parts(&mut tx, run).await?;
    let found = parts
        .iter()
        .find(|part| part.model.key == name || part.model.name == name || part.id.to_string() == name);
    let part = found.ok_or_else(|| {
        let known: Vec<&str> = parts.iter().map(|part| part.model.key.as_str()).collect();
        Error::missing(
            "part.missing",
            format!("This run has no part {name:.100}; it has {}", known.join(", ")),
        )
    })?;
    let newest = attempts::store::newest_of_run(&mut tx, run).await?;
    match newest.get(&part.id) {
        Some(id) => attempts::get(&mut tx, *id).await,
        None => Err(Error::missing(
            "log.missing",
            format!("{} has not begun, so it has no output", part.model.name),
        )),
    }
}
