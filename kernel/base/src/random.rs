//! The random source, for tokens, keys and jitter. The only file that asks the operating system for it.

/// Five bits a letter, without look-alikes, so that a token can be read aloud and selected by a double click.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Fills an array with random bytes.
///
/// # Panics
/// When the operating system has no random source; nothing could be done safely then.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    getrandom::fill(&mut out).expect("the operating system gives random bytes");
    out
}

/// A random word of `N` letters and digits, five bits each: 32 letters hold 160 bits.
pub fn word<const N: usize>() -> String {
    bytes::<N>().iter().map(|b| char::from(LETTERS[usize::from(b & 31)])).collect()
}

/// A random number below `below` (zero when `below` is zero), good enough for jitter.
pub fn below(below: u64) -> u64 {
    if below == 0 { 0 } else { u64::from_le_bytes(bytes::<8>()) % below }
}
