//! The BLAKE3 digest of a file, the same as `b3sum` prints. (SHA-256 took an eighth of all the time.)
//!
//! The hash is a tree: pieces of a power of two of bytes are hashed by whoever holds them, on several threads, and put together at the end.

use blake3::Hasher;
use blake3::hazmat::{self, ChainingValue, HasherExt, Mode};

/// A piece of a file that was read and is not yet hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Which piece of the file.
    pub number: usize,
    /// Where in the file it begins.
    pub offset: u64,
    /// Where it begins and ends among the bytes it was read to.
    pub place: (usize, usize),
}

impl Piece {
    /// Hashes the piece, which was read to `bytes`.
    pub fn hashed(self, bytes: &[u8]) -> Hashed {
        let mut hasher = Hasher::new();
        hasher.set_input_offset(self.offset).update(&bytes[self.place.0..self.place.1]);
        Hashed { number: self.number, hasher }
    }
}

/// A piece that was hashed. It is not known yet whether it is all there is.
#[derive(Debug)]
pub struct Hashed {
    number: usize,
    hasher: Hasher,
}

/// The pieces of a file that were hashed so far.
#[derive(Debug, Default)]
pub struct Pieces {
    values: Vec<ChainingValue>,
    /// The first piece, which may be the only one: the hash of that ends otherwise.
    first: Option<Hasher>,
}

impl Pieces {
    /// Takes note of a piece.
    pub fn add(&mut self, piece: Hashed) {
        if self.values.len() <= piece.number {
            self.values.resize(piece.number + 1, ChainingValue::default());
        }
        self.values[piece.number] = piece.hasher.finalize_non_root();
        if piece.number == 0 {
            self.first = Some(piece.hasher);
        }
    }

    /// The digest of a file of which all pieces were hashed.
    pub fn digest(&self) -> blake3::Hash {
        match (&self.values[..], &self.first) {
            ([] | [_], first) => first.as_ref().map_or(blake3::hash(b""), Hasher::finalize),
            (values, _) => {
                let (left, right) = values.split_at(half(values.len()));
                hazmat::merge_subtrees_root(&value(left), &value(right), Mode::Hash)
            }
        }
    }
}

/// How many of so many pieces are in the left half of the tree: the largest power of two that leaves some to the right.
fn half(count: usize) -> usize {
    count.next_power_of_two() / 2
}

/// The value of neighbouring pieces that are a part of the tree.
fn value(pieces: &[ChainingValue]) -> ChainingValue {
    match pieces {
        [] => ChainingValue::default(),
        [one] => *one,
        all => {
            let (left, right) = all.split_at(half(all.len()));
            hazmat::merge_subtrees_non_root(&value(left), &value(right), Mode::Hash)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_in_any_order_make_the_digest_of_the_whole() {
        const SIZE: usize = 4096;
        for count in (0..40).flat_map(|n| [n * SIZE, n * SIZE + 1, n * SIZE + 1500]) {
            let bytes: Vec<u8> = (0..count).map(|n| (n * n % 251) as u8).collect();
            let mut pieces = Pieces::default();
            for number in (0..count.div_ceil(SIZE)).rev() {
                let from = number * SIZE;
                let piece = Piece { number, offset: from as u64, place: (from, count.min(from + SIZE)) };
                pieces.add(piece.hashed(&bytes));
            }
            assert_eq!(pieces.digest(), blake3::hash(&bytes), "{count} bytes");
        }
    }
}
