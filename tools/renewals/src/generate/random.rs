//! Random numbers that depend on nothing but the seed and the place they are asked for.
//!
//! Every account draws from streams of its own, so accounts can be told in any order, on any number of threads,
//! again and again, and always come out the same. Whole numbers only: no platform rounds them differently.

/// One stream of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Stream(u64);

/// Mixes the bits of a number (the finaliser of SplitMix64).
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Stream {
    /// The stream for one thing (`number`) and one purpose (`field`).
    pub(crate) fn new(seed: u64, number: u64, field: u64) -> Self {
        Self(mix(mix(seed).wrapping_add(number)) ^ mix(field.wrapping_mul(0x2545_f491_4f6c_dd1d)))
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number from 0 up to, but without, `end`.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        // The high word of a 32 by 32 bit product: even enough for ends far below 2^32.
        u32::try_from(((self.bits() >> 32) * u64::from(end)) >> 32).expect("a product's high word is 32 bits")
    }

    /// A number from `low` to `high`, both included; `low` when the range is empty.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        if high <= low {
            return low;
        }
        low + self.below(high.abs_diff(low) + 1).cast_signed()
    }

    /// Whether something that happens `times` in 10,000 happens now.
    pub(crate) fn chance(&mut self, times: u32) -> bool {
        self.below(10_000) < times
    }

    /// The position of one of `weights`, each as likely as its weight says.
    pub(crate) fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (at, weight) in weights.iter().enumerate() {
            if left < *weight {
                return at;
            }
            left -= weight;
        }
        0
    }

    /// One of `choices`.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u32) as usize]
    }
}
