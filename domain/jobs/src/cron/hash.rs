//! Numbers that are the same on every server and in every release: what `H` stands for, and jitter.

use sha2::{Digest, Sha256};

/// A number made of texts; the same texts give the same number for ever. Changing this moves everybody's hashed schedules.
pub(super) fn stable(parts: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// One of `span` numbers from 0, spread evenly.
pub(super) fn below(span: u64, parts: &[&str]) -> u64 {
    stable(parts) % span.max(1)
}
