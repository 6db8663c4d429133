//! The verdict from the outside clock alone.

use super::{Act, Record};
use std::collections::HashMap;

/// What must not have happened, as sentences.
pub fn violations(records: &[Record]) -> Vec<String> {
    let mut found: Vec<String> = records
        .iter()
        .filter_map(|r| match &r.act {
            Act::Odd(text) => Some(format!("an answer that nobody should get: {text}")),
            _ => None,
        })
        .collect();
    let locks = locks(records);
    for record in records {
        match &record.act {
            Act::Started => found.extend(under_lock(record, &locks, "deployment")),
            Act::DryRun(true) => found.extend(under_lock(record, &locks, "dry run said open, id")),
            Act::Refused(named) => found.extend(stale_refusal(record, named, &locks)),
            _ => {}
        }
    }
    found.extend(overlaps(records));
    found
}

/// A lock's life as seen from outside.
struct Life<'a> {
    placed: &'a Record,
    /// When the first request for its release was sent; it may have been open until then at least.
    asked: u64,
    /// When the first release was acknowledged; it is closed from then on.
    closed: u64,
}

fn locks(records: &[Record]) -> HashMap<&str, Life<'_>> {
    let mut locks: HashMap<&str, Life<'_>> = HashMap::new();
    for placed in records.iter().filter(|r| r.act == Act::Locked) {
        locks.insert(&placed.id, Life { placed, asked: u64::MAX, closed: u64::MAX });
    }
    for release in records.iter().filter(|r| matches!(r.act, Act::Released(_))) {
        if let Some(life) = locks.get_mut(release.id.as_str()) {
            life.asked = life.asked.min(release.sent);
            life.closed = life.closed.min(release.acked);
        }
    }
    locks
}

fn under_lock(record: &Record, locks: &HashMap<&str, Life<'_>>, what: &str) -> Option<String> {
    let (id, _) = locks.iter().find(|(_, life)| {
        life.placed.environment == record.environment
            && life.placed.acked < record.sent
            && record.acked < life.asked
    })?;
    Some(format!(
        "{what} {} under lock {id}, which was open from before it was sent until after it was answered",
        record.id
    ))
}

fn stale_refusal(record: &Record, named: &[String], locks: &HashMap<&str, Life<'_>>) -> Option<String> {
    let closed = |id: &&String| locks.get(id.as_str()).is_some_and(|life| life.closed < record.sent);
    let stale = named.iter().find(closed)?;
    Some(format!("refused for lock {stale}, which had been released before the request was sent"))
}

/// From the answer to a start until the report of its end was sent, a deployment was certainly running.
fn overlaps(records: &[Record]) -> Vec<String> {
    let ends: HashMap<&str, u64> =
        records.iter().filter(|r| r.act == Act::Finished).map(|r| (r.id.as_str(), r.sent)).collect();
    let mut running: HashMap<&str, Vec<(u64, u64, &str)>> = HashMap::new();
    for start in records.iter().filter(|r| r.act == Act::Started) {
        let end = ends.get(start.id.as_str()).copied().unwrap_or(u64::MAX);
        running.entry(&start.environment).or_default().push((start.acked, end, &start.id));
    }
    let mut found = Vec::new();
    for spans in running.values_mut() {
        spans.sort_unstable();
        for pair in spans.windows(2) {
            if pair[1].0 < pair[0].1 {
                found.push(format!("deployments {} and {} overlapped", pair[0].2, pair[1].2));
            }
        }
    }
    found
}
