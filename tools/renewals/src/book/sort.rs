//! Grouping millions of pairs by key: parted by the highest byte, then sorted part by part on all processors.

/// Calls `each` with every run of equal keys, in parts on several threads, and returns what the parts gave in the order of the keys.
pub fn runs<T: Send>(
    pairs: Vec<(u64, u32)>,
    threads: usize,
    each: impl Fn(&mut T, &[(u64, u32)]) + Sync,
    start: impl Fn() -> T + Sync,
) -> Vec<T> {
    let mut pairs = parted(pairs);
    let mut pieces: Vec<&mut [(u64, u32)]> = Vec::new();
    let mut rest = pairs.as_mut_slice();
    let wanted = rest.len().div_ceil(threads.max(1)).max(1);
    while !rest.is_empty() {
        // A piece ends where the highest byte changes, so that no run is in two.
        let mut end = wanted.min(rest.len());
        while end < rest.len() && rest[end].0 >> 56 == rest[end - 1].0 >> 56 {
            end += 1;
        }
        let (piece, after) = rest.split_at_mut(end);
        pieces.push(piece);
        rest = after;
    }
    let work = |piece: &mut [(u64, u32)]| {
        let mut out = start();
        for part in piece.chunk_by_mut(|a, b| a.0 >> 56 == b.0 >> 56) {
            part.sort_unstable();
            for run in part.chunk_by(|a, b| a.0 == b.0) {
                each(&mut out, run);
            }
        }
        out
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = pieces.into_iter().map(|piece| scope.spawn(|| work(piece))).collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// The same pairs in the order of their highest bytes.
fn parted(pairs: Vec<(u64, u32)>) -> Vec<(u64, u32)> {
    if pairs.len() < 1 << 12 {
        let mut pairs = pairs;
        pairs.sort_unstable();
        return pairs;
    }
    let mut places = [0usize; 257];
    for (key, _) in &pairs {
        places[(key >> 56) as usize + 1] += 1;
    }
    for n in 1..places.len() {
        places[n] += places[n - 1];
    }
    let mut out = vec![(0, 0); pairs.len()];
    for pair in pairs {
        let place = &mut places[(pair.0 >> 56) as usize];
        out[*place] = pair;
        *place += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::hash;

    #[test]
    fn every_run_comes_once_and_whole() {
        for count in [0, 1, 100, 20_000] {
            let pairs: Vec<(u64, u32)> = (0..count).map(|n| (hash::both(u64::from(n) % 777, 5), n)).collect();
            for threads in [1, 2, 3] {
                let found =
                    runs(pairs.clone(), threads, |out: &mut Vec<_>, run| out.push(run.to_vec()), Vec::new);
                let found: Vec<Vec<(u64, u32)>> = found.into_iter().flatten().collect();
                assert_eq!(found.len(), count.min(777) as usize);
                assert_eq!(found.iter().map(Vec::len).sum::<usize>(), count as usize);
                assert!(found.windows(2).all(|two| two[0][0].0 < two[1][0].0));
            }
        }
    }
}
