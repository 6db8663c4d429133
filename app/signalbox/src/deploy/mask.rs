//! Secrets in output become `***` before the output leaves this machine or touches its disk.
//!
//! Output comes in pieces that end anywhere, so a secret may be cut in two. A [`Mask`] holds back only the bytes at the
//! end of a piece that may be the start of a secret; how the output was cut never shows in the result. Secrets that
//! overlap in the output are covered by one `***`.

use aho_corasick::AhoCorasick;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What stands where a secret stood.
const COVER: &[u8] = b"***";
/// Shorter values than this stand in ordinary text too often to be masked without being asked.
const SHORTEST_UNASKED: usize = 8;
/// Parts of names that say "secret".
const SECRET_NAMES: [&str; 4] = ["TOKEN", "SECRET", "PASSWORD", "KEY"];

/// The secrets of one deployment.
#[derive(Clone)]
pub struct Secrets(Arc<Needles>);

struct Needles {
    find: Option<AhoCorasick>,
    values: Vec<Vec<u8>>,
    longest: usize,
}

impl Secrets {
    /// Collects the values to mask out of `environment`: those named in `asked`, those whose names say so, and `more`.
    pub fn collect<'a>(
        environment: impl IntoIterator<Item = (String, Vec<u8>)>,
        asked: &[String],
        more: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut values = BTreeSet::new();
        for (name, value) in environment {
            if asked.contains(&name) {
                take(&mut values, &value, 1);
            } else if sounds_secret(&name) {
                take(&mut values, &value, SHORTEST_UNASKED);
            }
        }
        for value in more {
            take(&mut values, value.as_bytes(), SHORTEST_UNASKED);
        }
        Self::new(values.into_iter().collect())
    }

    fn new(values: Vec<Vec<u8>>) -> Self {
        let longest = values.iter().map(Vec::len).max().unwrap_or(0);
        // Building fails only for more patterns than memory can hold; then nothing would be masked, so it must not pass.
        let find = (!values.is_empty())
            .then(|| AhoCorasick::new(&values).expect("a handful of secrets fits an automaton"));
        Self(Arc::new(Needles { find, values, longest }))
    }

    /// Starts masking one stream.
    pub fn mask(&self) -> Mask {
        Mask { secrets: self.clone(), held: Vec::new(), covered: 0 }
    }

    /// How many bytes at the end of `bytes` may be the start of a secret.
    fn undecided(&self, bytes: &[u8]) -> usize {
        let most = self.0.longest.saturating_sub(1).min(bytes.len());
        let may_start =
            |end: &[u8]| self.0.values.iter().any(|value| value.len() > end.len() && value.starts_with(end));
        (1..=most).rev().find(|n| may_start(&bytes[bytes.len() - n..])).unwrap_or(0)
    }
}

/// A value and, when it has several lines, each long line too: programs print a key line by line.
fn take(values: &mut BTreeSet<Vec<u8>>, value: &[u8], shortest: usize) {
    let value = value.trim_ascii();
    if value.len() >= shortest.max(1) {
        values.insert(value.to_vec());
    }
    for line in value.split(|b| *b == b'\n').map(<[u8]>::trim_ascii) {
        if line.len() >= SHORTEST_UNASKED {
            values.insert(line.to_vec());
        }
    }
}

fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// Masks one stream of output.
pub struct Mask {
    secrets: Secrets,
    held: Vec<u8>,
    /// How many of the held bytes lie under a `***` that is written already.
    covered: usize,
}

impl Mask {
    /// Takes the next piece and returns what is decided.
    pub fn pass(&mut self, piece: &[u8]) -> Vec<u8> {
        if self.secrets.0.find.is_none() {
            return piece.to_vec();
        }
        self.held.extend_from_slice(piece);
        let cut = self.held.len() - self.secrets.undecided(&self.held);
        self.write_up_to(cut)
    }

    /// Returns the rest at the end of the stream.
    pub fn finish(&mut self) -> Vec<u8> {
        self.write_up_to(self.held.len())
    }

    fn write_up_to(&mut self, cut: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(cut);
        // `at` is the first byte that is neither written nor covered; it runs past `cut` when a secret does.
        let mut at = self.covered;
        let mut found: Vec<_> = match &self.secrets.0.find {
            Some(find) => find.find_overlapping_iter(&self.held).map(|m| (m.start(), m.end())).collect(),
            None => Vec::new(),
        };
        found.sort_unstable();
        for (start, end) in found {
            if start >= cut {
                break;
            }
            if start >= at {
                out.extend_from_slice(&self.held[at..start]);
                out.extend_from_slice(COVER);
            }
            at = at.max(end);
        }
        if at < cut {
            out.extend_from_slice(&self.held[at..cut]);
            at = cut;
        }
        self.covered = at - cut;
        self.held.drain(..cut);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(values: &[&str]) -> Secrets {
        Secrets::new(values.iter().map(|v| v.as_bytes().to_vec()).collect())
    }

    fn masked(secrets: &Secrets, pieces: &[&[u8]]) -> String {
        let mut mask = secrets.mask();
        let mut out: Vec<u8> = pieces.iter().flat_map(|piece| mask.pass(piece)).collect();
        out.extend(mask.finish());
        String::from_utf8_lossy(&out).into_owned()
    }

    const CASES: &[(&[&str], &str, &str)] = &[
        (&["hunter2hunter2"], "a hunter2hunter2 b", "a *** b"),
        (&["hunter2hunter2"], "hunter2hunter", "hunter2hunter"),
        (&["aaaa"], "aaaaaa aaa", "*** aaa"),
        (&["aaaa"], "aaaaaaaa", "***"),
        (&["abcdefgh", "efghijkl"], "-abcdefghijkl-", "-***-"),
        (&["abc", "abcdef"], "abcdex abcdef", "***dex ***"),
        (&["bcd", "abcde"], "abcd abcde", "a*** ***"),
        (&["xyz"], "xyzxyz", "******"),
        (&["one-secret", "two-secret"], "one-secrettwo-secret", "******"),
    ];

    #[test]
    fn no_cut_of_the_output_shows_in_the_result() {
        for (values, text, expected) in CASES {
            let secrets = secrets(values);
            assert_eq!(masked(&secrets, &[text.as_bytes()]), *expected);
            let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            assert_eq!(masked(&secrets, &bytes), *expected, "byte by byte");
            for i in 0..=text.len() {
                for j in i..=text.len() {
                    let b = text.as_bytes();
                    assert_eq!(
                        masked(&secrets, &[&b[..i], &b[i..j], &b[j..]]),
                        *expected,
                        "{text} cut at {i} and {j}"
                    );
                }
            }
        }
    }

    #[test]
    fn only_what_may_be_a_secret_is_held_back() {
        let mut mask = secrets(&["hunter2hunter2"]).mask();
        assert_eq!(mask.pass(b"all of this\n"), b"all of this\n");
        assert_eq!(mask.pass(b"the end is hunt"), b"the end is ");
        assert_eq!(mask.pass(b"ing"), b"hunting");
    }

    #[test]
    fn secrets_are_found_by_the_names_of_variables() {
        let environment = [
            ("DEPLOY_TOKEN", "abcdefgh1"),
            ("db_password", "abcdefgh2"),
            ("SSH_KEY", "line-one\nline-two-of-it"),
            ("TOKEN_SHORT", "abc"),
            ("PIN", "1234"),
            ("PATH", "/usr/bin:/bin"),
        ];
        let environment = environment.map(|(n, v)| (n.to_owned(), v.as_bytes().to_vec()));
        let secrets = Secrets::collect(environment, &["PIN".to_owned()], ["mine-own-token"]);
        let text = b"abcdefgh1 abcdefgh2 line-two-of-it abc 1234 /usr/bin:/bin mine-own-token";
        assert_eq!(masked(&secrets, &[text]), "*** *** *** abc *** /usr/bin:/bin ***");
    }

    #[test]
    fn bytes_that_are_not_text_pass_untouched() {
        let secrets = secrets(&["secret-value"]);
        let mut mask = secrets.mask();
        let mut out = mask.pass(b"\xff\xfe\x00secret-");
        out.extend(mask.pass(b"value\xc3"));
        out.extend(mask.finish());
        assert_eq!(out, b"\xff\xfe\x00***\xc3");
    }
}
