//! Transactions that join licences: one that refunds a licence and sells another, one that corrects another's.

use super::hash;
use super::shares::over;
use crate::record::{Line, Sale};
use std::collections::HashSet;

/// What some of the lines say of transactions that join licences.
#[derive(Debug, Default)]
pub struct Joining {
    /// Transactions with a refund, and those that are corrected.
    wanted: Vec<u64>,
    /// Lines that correct a transaction.
    corrections: Vec<Line>,
}

impl Joining {
    /// Takes note of a line.
    #[inline]
    pub fn see(&mut self, line: &Line) {
        if line.kind() == Sale::Refund && line.transaction != 0 {
            self.wanted.push(line.transaction);
        }
        if line.original != 0 {
            self.wanted.push(line.original);
            self.corrections.push(*line);
        }
    }
}

/// Pairs of licences of one product that a transaction joins.
pub fn pairs(
    parts: &[Vec<Line>],
    joining: Vec<Joining>,
    families: &[u16],
    threads: usize,
) -> Vec<(u32, u32)> {
    let wanted: HashSet<u64, hash::AsIs> =
        joining.iter().flat_map(|joining| joining.wanted.iter().copied()).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(&Vec<Line>, Vec<&Line>)> = parts.iter().map(|part| (part, Vec::new())).collect();
    over(&mut found, threads, |(part, found)| {
        found.extend(part.iter().filter(|line| wanted.contains(&line.transaction)));
    });
    let mut found: Vec<&Line> = found.into_iter().flat_map(|(_, found)| found).collect();
    found.sort_unstable_by_key(|line| line.transaction);
    let mut pairs = Vec::new();
    let mut pair = |a: &Line, b: &Line| {
        if a.licence != b.licence && families[a.app as usize] == families[b.app as usize] {
            pairs.push((a.licence, b.licence));
        }
    };
    for lines in found.chunk_by(|a, b| a.transaction == b.transaction) {
        for refund in lines.iter().filter(|line| line.kind() == Sale::Refund) {
            lines.iter().filter(|line| line.kind() == Sale::New).for_each(|sold| pair(refund, sold));
        }
    }
    for line in joining.iter().flat_map(|joining| &joining.corrections) {
        let from = found.partition_point(|found| found.transaction < line.original);
        let originals = found[from..].iter().take_while(|found| found.transaction == line.original);
        originals.for_each(|original| pair(line, original));
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}
