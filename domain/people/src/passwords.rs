//! Passwords: argon2id, computed on a thread of its own and never inside a write transaction, because one takes tens of
//! milliseconds and 19 MB.

use argon2::password_hash::PasswordHasher as _;
use argon2::{Argon2, PasswordVerifier as _};
use base::{Error, Result, Secret};
use std::sync::LazyLock;

/// A password as it is stored: the argon2id text with its salt and cost.
#[derive(Clone)]
pub struct PasswordHash(String);

impl PasswordHash {
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// The shortest password. Length is the only rule: rules about signs make passwords that people write down.
const CHARS_MIN: usize = 8;
/// The longest, so that nobody makes the server hash a book.
const CHARS_MAX: usize = 1_024;

/// What an unknown account's password is compared with, so that the answer takes as long as for a known one.
static NOBODY: LazyLock<PasswordHash> = LazyLock::new(|| {
    PasswordHash(hash_now(&base::random::word::<32>()).expect("argon2 hashes with its own default cost"))
});

/// Checks a new password and hashes it.
pub async fn hash(password: Secret) -> Result<PasswordHash> {
    let chars = password.reveal().chars().count();
    if !(CHARS_MIN..=CHARS_MAX).contains(&chars) {
        return Err(Error::invalid(
            "password.length",
            format!(
                "A password has between {CHARS_MIN} and {CHARS_MAX} characters, and this one has {chars}"
            ),
        ));
    }
    on_a_thread(move || hash_now(password.reveal()).map(PasswordHash)).await?
}

/// Whether `password` is the one that was stored. For an unknown account, or one without a password, pass `None`: it takes as long.
pub async fn verify(stored: Option<PasswordHash>, password: Secret) -> Result<bool> {
    on_a_thread(move || {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODY.clone());
        let matches = password.reveal().chars().count() <= CHARS_MAX
            && Argon2::default().verify_password(password.reveal().as_bytes(), stored.text()).is_ok();
        known && matches
    })
    .await
}

fn hash_now(password: &str) -> Result<String> {
    let salt = base::random::bytes::<16>();
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| {
            Error::bug("password.hash", "The password could not be hashed").because(error.to_string())
        })
}

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::bug("password.thread", "The password could not be checked").because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_opens_only_what_it_was_made_for() {
        let stored = hash(Secret::new("correct horse")).await.expect("long enough");
        assert!(stored.text().starts_with("$argon2id$"), "the kind and the cost are stored with it");
        assert!(verify(Some(stored.clone()), Secret::new("correct horse")).await.expect("verified"));
        assert!(!verify(Some(stored), Secret::new("correct horsf")).await.expect("verified"));
        assert!(!verify(None, Secret::new("correct horse")).await.expect("verified"));
        assert_eq!(hash(Secret::new("short")).await.expect_err("too short").code(), "password.length");
    }
}
