//! How random secrets are stored: as the SHA-256 of their text, in hex. They hold 160 random bits, so a slow hash adds nothing.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

pub(crate) fn of(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}"); // Writing to a String cannot fail.
        hex
    })
}

#[cfg(test)]
#[test]
fn a_hash_is_lower_case_hex() {
    assert_eq!(of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
