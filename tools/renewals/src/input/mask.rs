//! Sixty-four bytes at a time: which of them are this character, as the bits of one number.

use wide::u8x16;

/// How many bytes a mask speaks of.
pub const WIDTH: usize = 64;

/// Sixty-four bytes of an export.
pub struct Chunk([u8x16; 4]);

impl Chunk {
    /// The bytes from `at` on; behind the end of `bytes` there are zeros.
    pub fn at(bytes: &[u8], at: usize) -> Chunk {
        let rest = &bytes[at..];
        match rest.first_chunk::<WIDTH>() {
            Some(chunk) => Chunk::new(chunk),
            None => {
                let mut padded = [0; WIDTH];
                padded[..rest.len()].copy_from_slice(rest);
                Chunk::new(&padded)
            }
        }
    }

    fn new(bytes: &[u8; WIDTH]) -> Chunk {
        let mut parts = bytes.as_chunks::<16>().0.iter();
        let mut next = || u8x16::new(*parts.next().expect("64 bytes are four times 16"));
        Chunk([next(), next(), next(), next()])
    }

    /// Bit n says whether byte n is `wanted`.
    #[inline(always)]
    pub fn mask(&self, wanted: u8) -> u64 {
        let wanted = u8x16::splat(wanted);
        let bits = |n: usize| u64::from(self.0[n].simd_eq(wanted).to_bitmask());
        bits(0) | bits(1) << 16 | bits(2) << 32 | bits(3) << 48
    }
}

/// Bit n says whether the number of bits of `quotes` up to and including n is odd: what stands between quotes.
#[inline(always)]
pub fn between(quotes: u64) -> u64 {
    let mut bits = quotes;
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_where_the_bytes_are() {
        let text = b"a,b\n\"c,d\",e";
        let chunk = Chunk::at(text, 0);
        assert_eq!(chunk.mask(b','), 1 << 1 | 1 << 6 | 1 << 9);
        assert_eq!(chunk.mask(b'\n'), 1 << 3);
        let quoted = between(chunk.mask(b'"'));
        assert_eq!(chunk.mask(b',') & !quoted, 1 << 1 | 1 << 9);
        assert_eq!(Chunk::at(text, 10).mask(b'e'), 1);
    }
}
