//! Secrets at rest: sealed with one key that lies beside the database, readable by the server's user alone.
//!
//! Whoever has a copy of the database alone has no secret. Each sealed value is bound to its purpose, so that a
//! value moved to another row or column does not open. XChaCha20-Poly1305 with a random nonce.

use base::{Error, Result, Secret};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

/// The name of the key's file in the data folder.
pub const KEY_FILE: &str = "secret.key";

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Seals and opens secrets. Cheap to clone.
#[derive(Clone)]
pub struct Sealing(Arc<XChaCha20Poly1305>);

impl Sealing {
    /// Reads the key from `data`, making it at the first start.
    pub fn open(data: &Path) -> Result<Self> {
        let path = data.join(KEY_FILE);
        let failed = |error: std::io::Error| {
            Error::unavailable("sealing.key", format!("the key in {} cannot be read or made", path.display()))
                .because(error)
        };
        std::fs::create_dir_all(data).map_err(failed)?;
        if !path.try_exists().map_err(failed)? {
            make(data, &path).map_err(failed)?;
        }
        let mode = std::fs::metadata(&path).map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Error::unavailable(
                "sealing.key_open",
                format!("others can read the key; run: chmod 600 {}", path.display()),
            ));
        }
        let text = std::fs::read_to_string(&path).map_err(failed)?;
        let key = from_hex(text.trim()).and_then(|key| XChaCha20Poly1305::new_from_slice(&key).ok());
        let key = key.ok_or_else(|| {
            Error::unavailable(
                "sealing.key_broken",
                format!("{} is not a key; restore it from a backup", path.display()),
            )
        })?;
        Ok(Self(Arc::new(key)))
    }

    /// Seals `secret` for `purpose` ("repository 12 credential"); the same words open it.
    pub fn seal(&self, purpose: &str, secret: &Secret) -> Vec<u8> {
        let nonce = base::random::bytes::<NONCE_BYTES>();
        let payload = Payload { msg: secret.reveal().as_bytes(), aad: purpose.as_bytes() };
        let sealed = self
            .0
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a secret is far shorter than the cipher's limit");
        [&[VERSION], &nonce[..], &sealed].concat()
    }

    /// Opens what was sealed for `purpose`.
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<Secret> {
        let opened = sealed
            .split_first()
            .filter(|(version, _)| **version == VERSION)
            .and_then(|(_, rest)| rest.split_first_chunk::<NONCE_BYTES>())
            .and_then(|(nonce, sealed)| {
                let payload = Payload { msg: sealed, aad: purpose.as_bytes() };
                self.0.decrypt(&XNonce::from(*nonce), payload).ok()
            })
            .and_then(|plain| String::from_utf8(plain).ok());
        opened.map(Secret::new).ok_or_else(|| {
            Error::unavailable(
                "sealing.other_key",
                format!("a stored secret does not open; is {KEY_FILE} the one that belongs to this data? Restore it, or set the secret again"),
            )
        })
    }
}

impl std::fmt::Debug for Sealing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealing(***)")
    }
}

/// Writes a new key whole and durable before it gets its name; of two servers that start at once one wins.
fn make(data: &Path, path: &Path) -> std::io::Result<()> {
    let draft = data.join(format!("{KEY_FILE}.{}", base::random::word::<12>()));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let key: String = base::random::bytes::<32>().iter().map(|byte| format!("{byte:02x}")).collect();
    file.write_all(format!("{key}\n").as_bytes())?;
    file.sync_all()?;
    let named = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match named {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => std::fs::File::open(data)?.sync_all(),
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testbed::Folder;

    fn shown(error: &Error) -> String {
        format!("{error:?}")
    }

    #[test]
    fn a_secret_opens_with_the_same_key_and_purpose_and_nothing_else() {
        let (folder, other) = (Folder::new(), Folder::new());
        let sealing = Sealing::open(folder.path()).expect("a key");
        let sealed = sealing.seal("repository 1", &Secret::new("hunter2"));
        assert!(!sealed.windows(7).any(|bytes| bytes == b"hunter2"));
        assert_ne!(sealed, sealing.seal("repository 1", &Secret::new("hunter2")), "each sealing is new");
        let again = Sealing::open(folder.path()).expect("the same key");
        assert_eq!(again.unseal("repository 1", &sealed).expect("opens").reveal(), "hunter2");
        let mut broken = sealed.clone();
        broken[30] ^= 1;
        let stranger = Sealing::open(other.path()).expect("another key");
        for refused in [
            again.unseal("repository 2", &sealed),
            again.unseal("repository 1", &broken),
            again.unseal("repository 1", &sealed[..20]),
            again.unseal("repository 1", b""),
            stranger.unseal("repository 1", &sealed),
        ] {
            let error = refused.expect_err("must not open");
            assert!(!shown(&error).contains("hunter2"));
        }
    }

    #[test]
    fn the_key_is_for_the_servers_user_alone() {
        let folder = Folder::new();
        Sealing::open(folder.path()).expect("made");
        let path = folder.path().join(KEY_FILE);
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "no draft is left");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("set");
        assert_eq!(Sealing::open(folder.path()).expect_err("refused").code(), "sealing.key_open");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("set");
        std::fs::write(&path, "short").expect("written");
        assert_eq!(Sealing::open(folder.path()).expect_err("refused").code(), "sealing.key_broken");
    }
}
