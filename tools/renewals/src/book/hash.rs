//! Hashes of short texts, the same on every machine and in every run.

use std::hash::{BuildHasherDefault, Hasher};

const MULTIPLIERS: [u64; 4] =
    [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3];

#[inline(always)]
fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// A hash of 64 bits; never 0.
#[inline(always)]
pub fn of(text: &[u8], seed: u64) -> u64 {
    let mut state = seed ^ MULTIPLIERS[0] ^ text.len() as u64;
    let (words, rest) = text.as_chunks::<8>();
    for word in words {
        state = mix(state ^ u64::from_le_bytes(*word), MULTIPLIERS[1]);
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    state = mix(state ^ u64::from_le_bytes(last), MULTIPLIERS[2]);
    mix(state, MULTIPLIERS[3]).max(1)
}

/// Two hashes as one.
#[inline(always)]
pub fn both(a: u64, b: u64) -> u64 {
    mix(a ^ MULTIPLIERS[0], b ^ MULTIPLIERS[1]).max(1)
}

/// A name of a licence: its text as a number where it is short enough, else a hash of 128 bits.
///
/// Names are equal when their numbers are, for 128 bits do not collide by chance; short ones are ordered like their text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id(u64, u64);

impl Id {
    /// The name `text` in the column number `column`: the same text in another column is another name.
    #[inline(always)]
    pub fn new(column: u8, text: &[u8]) -> Id {
        if text.len() <= 15 {
            let mut bytes = [0; 16];
            bytes[..text.len()].copy_from_slice(text);
            bytes[15] = column;
            let number = u128::from_be_bytes(bytes);
            Id((number >> 64) as u64, number as u64)
        } else {
            // The highest bit, which no text in ASCII has, keeps them apart from short ones.
            Id(of(text, u64::from(column)) | 1 << 63, of(text, !u64::from(column)))
        }
    }

    /// The name as a hash of 64 bits.
    #[inline(always)]
    pub fn hash(&self) -> u64 {
        mix(self.0 ^ MULTIPLIERS[0], self.1 ^ MULTIPLIERS[1])
    }
}

impl std::hash::Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(Id::hash(self));
    }
}

/// Takes a hash for what it is.
#[derive(Debug, Default, Clone, Copy)]
pub struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = of(bytes, self.0);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }

    fn write_u32(&mut self, value: u32) {
        self.0 = mix(u64::from(value) ^ MULTIPLIERS[0], MULTIPLIERS[1]);
    }
}

/// Builds [`Identity`].
pub type AsIs = BuildHasherDefault<Identity>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_ordered_like_their_text() {
        assert!(Id::new(0, b"SEN-1") < Id::new(0, b"SEN-2"));
        assert!(Id::new(0, b"SEN-1") < Id::new(0, b"SEN-10"));
        assert_ne!(Id::new(0, b"12345"), Id::new(1, b"12345"));
        let uuid = b"709a7212-33f1-4b2f-8e55-0a4a1c6a3f10";
        assert_eq!(Id::new(2, uuid), Id::new(2, uuid));
        assert_ne!(Id::new(2, uuid), Id::new(3, uuid));
    }

    #[test]
    fn length_counts() {
        assert_ne!(of(b"", 0), of(b"\0", 0));
        assert_ne!(of(b"a", 0), of(b"a", 1));
    }
}
