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
    for word in text.as_chunks::<8>().0 {
        state = mix(state ^ u64::from_le_bytes(*word), MULTIPLIERS[1]);
    }
    state = mix(state ^ last(text), MULTIPLIERS[2]);
    mix(state, MULTIPLIERS[3]).max(1)
}

/// The bytes behind the last whole word of eight as a number, the first of them lowest. To copy them would take longer than to hash them.
#[inline(always)]
fn last(text: &[u8]) -> u64 {
    let count = text.len() % 8;
    match (text.last_chunk::<8>(), text.last_chunk::<4>(), text.last_chunk::<2>()) {
        // Of the last eight those that do not belong to the word before.
        (Some(eight), ..) => u64::from_le_bytes(*eight) >> 1 >> (63 - 8 * count),
        // Two halves, which may overlap.
        (_, Some(four), _) => {
            let first = text.first_chunk::<4>().map_or(0, |first| u32::from_le_bytes(*first));
            u64::from(first) | u64::from(u32::from_le_bytes(*four)) << (8 * (count - 4))
        }
        (.., Some(two)) => u64::from(text[0]) | u64::from(u16::from_le_bytes(*two)) << (8 * (count - 2)),
        _ => text.first().copied().map_or(0, u64::from),
    }
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
            // Sixteen bytes, of which the last is the column, as two numbers whose order is that of the text.
            match text.first_chunk::<8>() {
                Some(first) => Id(u64::from_be_bytes(*first), last(text).swap_bytes() | u64::from(column)),
                None => Id(last(text).swap_bytes(), column.into()),
            }
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
    fn a_name_is_its_text_and_the_last_word_is_filled_up_with_zeros() {
        let text = b"abcdefghijklmnopqrstuvwxyz";
        for count in 0..text.len() {
            let text = &text[..count];
            let mut padded = [0; 8];
            padded[..count % 8].copy_from_slice(&text[count / 8 * 8..]);
            assert_eq!(last(text), u64::from_le_bytes(padded), "{count}");
            if count <= 15 {
                let mut bytes = [0; 16];
                bytes[..count].copy_from_slice(text);
                bytes[15] = 3;
                let number = u128::from_be_bytes(bytes);
                assert_eq!(Id::new(3, text), Id((number >> 64) as u64, number as u64), "{count}");
            }
        }
    }

    #[test]
    fn length_counts() {
        assert_ne!(of(b"", 0), of(b"\0", 0));
        assert_ne!(of(b"a", 0), of(b"a", 1));
    }
}
