//! Grouping millions of pairs by key: parted by the highest byte, then sorted part by part on all processors.

use super::shares::over;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Pairs of a key and what has it.
type Pairs = Vec<(u64, u32)>;

/// As many as a byte has values.
const PARTS: usize = 256;

/// So few pairs are sorted before other threads have begun.
const SMALL: usize = 1 << 15;

/// Calls `each` with every run of equal keys and returns what the threads gave, in no order that could be relied on.
///
/// The pairs come in shares, each from an iterator and with its size about; a thread parts each share, then all take parts in turn.
pub fn runs<T: Send>(
    shares: Vec<(usize, impl Iterator<Item = (u64, u32)> + Send)>,
    threads: usize,
    each: impl Fn(&mut T, &[(u64, u32)]) + Sync,
    start: impl Fn() -> T + Sync,
) -> Vec<T> {
    if shares.iter().map(|(size, _)| size).sum::<usize>() < SMALL {
        let mut pairs: Pairs = shares.into_iter().flat_map(|(_, pairs)| pairs).collect();
        pairs.sort_unstable_by_key(|(key, _)| *key);
        let mut out = start();
        pairs.chunk_by(|a, b| a.0 == b.0).for_each(|run| each(&mut out, run));
        return vec![out];
    }
    let mut shares: Vec<(Option<_>, Vec<Pairs>)> =
        shares.into_iter().map(|share| (Some(share), Vec::new())).collect();
    over(&mut shares, threads, |(share, parts)| {
        *parts = share.take().map_or(Vec::new(), |(size, pairs)| parted(size, pairs));
    });
    let shares: Vec<Vec<Pairs>> = shares.into_iter().map(|(_, parts)| parts).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut out, mut part) = (start(), Pairs::new());
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= PARTS {
                return out;
            }
            part.clear();
            shares.iter().for_each(|share| part.extend_from_slice(&share[n]));
            part.sort_unstable_by_key(|(key, _)| *key);
            part.chunk_by(|a, b| a.0 == b.0).for_each(|run| each(&mut out, run));
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(work)).collect();
        let mut all = vec![work()];
        all.extend(
            others
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))),
        );
        all
    })
}

/// Pairs by the highest byte of their keys.
fn parted(size: usize, pairs: impl Iterator<Item = (u64, u32)>) -> Vec<Pairs> {
    // Keys are hashes: the parts are of nearly the same size.
    let room = size / PARTS + size / PARTS / 8 + 4;
    let mut parts: Vec<Pairs> = (0..PARTS).map(|_| Vec::with_capacity(room)).collect();
    for pair in pairs {
        parts[(pair.0 >> 56) as usize].push(pair);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::hash;

    #[test]
    fn every_run_comes_once_and_whole() {
        for count in [0, 1, 100, 20_000, 50_000] {
            let pairs: Vec<(u64, u32)> = (0..count).map(|n| (hash::both(u64::from(n) % 777, 5), n)).collect();
            for threads in [1, 2, 3] {
                let shares = pairs.chunks(7_000).map(|share| (share.len(), share.iter().copied())).collect();
                let found = runs(shares, threads, |out: &mut Vec<_>, run| out.push(run.to_vec()), Vec::new);
                let mut found: Vec<Pairs> = found.into_iter().flatten().collect();
                found.sort_unstable();
                assert_eq!(found.len(), count.min(777) as usize);
                assert_eq!(found.iter().map(Vec::len).sum::<usize>(), count as usize);
                assert!(found.windows(2).all(|two| two[0][0].0 < two[1][0].0));
            }
        }
    }
}
