//! Secrets in output become `***` before the output touches the disk or leaves the machine.
//!
//! Output comes in pieces that end anywhere, so a secret may be cut in two. A [`Mask`] holds back only the bytes at the
//! end of a piece that may be the start of a secret; how the output was cut never shows in the result. Secrets that
//! overlap in the output are covered by one `***`.

use super::needles::needles;
use aho_corasick::AhoCorasick;
use base::{Error, Result};
use std::sync::Arc;

/// What stands where a secret stood.
const COVER: &[u8] = b"***";

/// What has to be masked in one attempt.
#[derive(Clone)]
pub struct Secrets(Option<Arc<Needles>>);

struct Needles {
    find: AhoCorasick,
    /// The forms by their first byte, to see quickly which of them the end of a piece may start.
    starting_with: Vec<Vec<Vec<u8>>>,
    longest: usize,
}

impl Secrets {
    /// Prepares to look for every form of `values`.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let values = needles(values);
        if values.is_empty() {
            return Ok(Self(None));
        }
        // Building fails only for more than memory can hold; then nothing would be masked, so the job must not run.
        let find = AhoCorasick::new(&values).map_err(|e| {
            Error::invalid("mask.too_large", "The secrets of this job are too large to be masked").because(e)
        })?;
        let longest = values.iter().map(Vec::len).max().unwrap_or(0);
        let mut starting_with = vec![Vec::new(); 256];
        for value in values {
            starting_with[usize::from(value[0])].push(value);
        }
        Ok(Self(Some(Arc::new(Needles { find, starting_with, longest }))))
    }

    /// Starts masking one stream.
    pub fn mask(&self) -> Mask {
        Mask { secrets: self.clone(), held: Vec::new(), covered: 0 }
    }

    /// Masks a whole text.
    pub fn cover(&self, text: &str) -> String {
        let mut mask = self.mask();
        let mut out = Vec::new();
        mask.pass(text.as_bytes(), &mut out);
        mask.finish(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

impl Needles {
    /// How many bytes at the end of `bytes` may be the start of a secret.
    fn undecided(&self, bytes: &[u8]) -> usize {
        let most = self.longest.saturating_sub(1).min(bytes.len());
        let may_start = |end: &[u8]| {
            let candidates = &self.starting_with[usize::from(end[0])];
            candidates.iter().any(|value| value.len() > end.len() && value.starts_with(end))
        };
        (1..=most).rev().find(|n| may_start(&bytes[bytes.len() - n..])).unwrap_or(0)
    }
}

/// Masks one stream of output.
pub struct Mask {
    secrets: Secrets,
    held: Vec<u8>,
    /// How many of the held bytes lie under a `***` that is written already.
    covered: usize,
}

impl Mask {
    /// Takes the next piece and adds what is decided to `out`.
    pub fn pass(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let Some(needles) = self.secrets.0.clone() else {
            out.extend_from_slice(piece);
            return;
        };
        self.held.extend_from_slice(piece);
        let cut = self.held.len() - needles.undecided(&self.held);
        self.write_up_to(&needles, cut, out);
    }

    /// Adds the rest to `out`; what comes next is a new stream.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some(needles) = self.secrets.0.clone() {
            self.write_up_to(&needles, self.held.len(), out);
        }
        self.covered = 0;
    }

    fn write_up_to(&mut self, needles: &Needles, cut: usize, out: &mut Vec<u8>) {
        // `at` is the first byte that is neither written nor covered; it runs past `cut` when a secret does.
        let mut at = self.covered;
        let mut found: Vec<_> =
            needles.find.find_overlapping_iter(&self.held).map(|m| (m.start(), m.end())).collect();
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secrets: &Secrets, pieces: &[&[u8]]) -> String {
        let mut mask = secrets.mask();
        let mut out = Vec::new();
        pieces.iter().for_each(|piece| mask.pass(piece, &mut out));
        mask.finish(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    const CASES: &[(&[&str], &str, &str)] = &[
        (&["hunter2hunter2"], "a hunter2hunter2 b", "a *** b"),
        (&["hunter2hunter2"], "hunter2hunter", "hunter2hunter"),
        (&["abab"], "ababab aba", "*** aba"),
        (&["abcdefgh", "efghijkl"], "-abcdefghijkl-", "-***-"),
        (&["abcd", "abcdef"], "abcdex abcdef", "***ex ***"),
        (&["bcde", "abcdef"], "abcde abcdef", "a*** ***"),
        (&["xyzu"], "xyzuxyzu", "******"),
        (&["one\ntwo-line"], "one\ntwo-line two-line", "*** ***"),
        (&["pass word!"], "pass%20word%21 pass+word%21", "*** ***"),
    ];

    #[test]
    fn no_cut_of_the_output_shows_in_the_result() {
        for (values, text, expected) in CASES {
            let secrets = Secrets::new(values.iter().copied()).expect("secrets");
            let b = text.as_bytes();
            assert_eq!(masked(&secrets, &[b]), *expected);
            assert_eq!(masked(&secrets, &b.chunks(1).collect::<Vec<_>>()), *expected, "byte by byte");
            for i in 0..=b.len() {
                for j in i..=b.len() {
                    assert_eq!(masked(&secrets, &[&b[..i], &b[i..j], &b[j..]]), *expected, "{text} {i} {j}");
                }
            }
        }
    }

    #[test]
    fn a_long_secret_is_found_when_it_is_cut_anywhere() {
        let key: String = (0..40).map(|n| format!("line {n} of the key {}\n", n * 7919)).collect();
        let secrets = Secrets::new([key.as_str()]).expect("secrets");
        let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("k={key};"));
        for text in [key.as_str(), encoded.as_str()] {
            let whole = masked(&secrets, &[text.as_bytes()]);
            for cut in 0..text.len() {
                let (a, b) = text.as_bytes().split_at(cut);
                assert_eq!(masked(&secrets, &[a, b]), whole, "cut at {cut}");
            }
            assert!(whole.len() < 16, "{whole}");
        }
    }

    #[test]
    fn only_what_may_be_a_secret_is_held_back() {
        let mut mask = Secrets::new(["hunter2hunter2"]).expect("secrets").mask();
        let mut pass = |piece: &[u8]| {
            let mut out = Vec::new();
            mask.pass(piece, &mut out);
            String::from_utf8(out).expect("text")
        };
        assert_eq!(pass(b"all of this\n"), "all of this\n");
        assert_eq!(pass(b"Password? the end is hunt"), "Password? the end is ");
        assert_eq!(pass(b"ing"), "hunting");
    }

    #[test]
    fn bytes_that_are_not_text_pass_untouched() {
        let mut mask = Secrets::new(["secret-value"]).expect("secrets").mask();
        let mut out = Vec::new();
        mask.pass(b"\xff\xfe\x00secret-", &mut out);
        mask.pass(b"value\xc3", &mut out);
        mask.finish(&mut out);
        assert_eq!(out, b"\xff\xfe\x00***\xc3");
    }

    /// The forms in which programs print a value, made by other means than the search for them.
    fn printed(value: &str, before: &str) -> Vec<String> {
        use base64::Engine as _;
        use base64::engine::general_purpose::{STANDARD, URL_SAFE};
        let escapes = |upper: bool, plus: bool| -> String {
            let byte = |b: u8| match b {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    char::from(b).to_string()
                }
                b' ' if plus => "+".to_owned(),
                b if upper => format!("%{b:02X}"),
                b => format!("%{b:02x}"),
            };
            value.bytes().map(byte).collect()
        };
        let whole = format!("{before}{value}!");
        vec![
            value.to_owned(),
            serde_json::json!({"k": value}).to_string(),
            escapes(true, false),
            escapes(false, false),
            escapes(true, true),
            escapes(false, true),
            STANDARD.encode(&whole),
            URL_SAFE.encode(&whole),
        ]
    }

    proptest::proptest! {
        #[test]
        fn no_form_of_a_secret_passes_however_the_output_is_cut(
            value in "[a-zA-Z0-9 /+&%\"\\\\$é-]{12,60}",
            second in "[a-zA-Z0-9]{12,40}",
            is_long in proptest::bool::ANY,
            before in "[a-z]{0,3}",
            cuts in proptest::collection::vec(0_usize..400, 0..6),
        ) {
            let value = if is_long { format!("{}x\n{second}", value.trim()) } else { format!("{}x", value.trim()) };
            proptest::prop_assume!(value.len() >= 12);
            let secrets = Secrets::new([value.as_str()]).expect("secrets");
            for form in printed(&value, &before) {
                let text = format!("<{form}> and more\n");
                let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
                cuts.extend([0, text.len()]);
                cuts.sort_unstable();
                let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &text.as_bytes()[w[0]..w[1]]).collect();
                let shown = masked(&secrets, &pieces);
                proptest::prop_assert_eq!(&shown, &masked(&secrets, &[text.as_bytes()]), "cuts show");
                proptest::prop_assert!(shown.contains("***"), "{} of {:?} is shown", text, value);
                // What is left of it may only be what depends on its surroundings: less than a secret's shortest form.
                let left: String = shown.replace("***", "\n");
                for window in form.as_bytes().windows(8).filter(|w| !form.starts_with('{') && w.iter().all(u8::is_ascii_alphanumeric)) {
                    let window = std::str::from_utf8(window).expect("ASCII");
                    let is_before = before.contains(window) || "and more".contains(window);
                    proptest::prop_assert!(is_before || !left.contains(window), "{window} of {text} is shown: {shown}");
                }
            }
        }
    }
}
