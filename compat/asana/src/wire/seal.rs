//! Sealed text: page and sync tokens that only this server can have made, for this very request.
//!
//! A token carries where the caller stands. The seal binds it to what was asked, so that a made-up token, or one of another
//! list, is an error instead of a wrong page. It protects no secret: every page checks rights again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of the signature that are kept: nobody guesses 96 bits by asking.
const SIGNATURE: usize = 12;

/// Makes and opens tokens.
#[derive(Clone)]
pub struct Seal(Vec<u8>);

impl Seal {
    /// A seal with this key; every node of an installation has to derive the same one.
    pub fn new(key: &[u8]) -> Self {
        Self(key.to_vec())
    }

    fn sign(&self, purpose: &str, text: &str) -> [u8; SIGNATURE] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of every length");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        let mut out = [0; SIGNATURE];
        out.copy_from_slice(&mac.finalize().into_bytes()[..SIGNATURE]);
        out
    }

    /// Wraps `text` for `purpose` into a token of letters, digits, `-` and `_`.
    pub fn close(&self, purpose: &str, text: &str) -> String {
        let mut bytes = self.sign(purpose, text).to_vec();
        bytes.extend_from_slice(text.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Gives the text back, if the token was made here for this purpose.
    pub fn open(&self, purpose: &str, token: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (signature, text) = bytes.split_at_checked(SIGNATURE)?;
        let text = std::str::from_utf8(text).ok()?;
        base::secret::same_bytes(signature, &self.sign(purpose, text)).then(|| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_untouched_token_of_the_same_purpose_opens() {
        let seal = Seal::new(b"a key");
        let token = seal.close("/tasks?project=1", "3|7|99");
        assert_eq!(seal.open("/tasks?project=1", &token).as_deref(), Some("3|7|99"));
        assert_eq!(seal.open("/tasks?project=2", &token), None);
        assert_eq!(Seal::new(b"another").open("/tasks?project=1", &token), None);
        for made_up in ["50", "", "eyJhIjoxfQ", "!!!", &format!("{token}x"), &token[1..]] {
            assert_eq!(seal.open("/tasks?project=1", made_up), None, "{made_up}");
        }
    }
}
