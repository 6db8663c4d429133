//! The forms in which a secret shows up in output.
//!
//! Programs print secrets quoted, escaped and encoded; each such form is looked for too. This is a courtesy to people
//! who make mistakes, no wall against those who mean it: a job can print its secret backwards.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Shorter values stand in ordinary text too often: masking them would make the log unreadable and tell the value.
const SHORTEST: usize = 4;
/// The widths at which common programs break base64 into lines.
const BASE64_WIDTHS: [usize; 2] = [64, 76];
/// How many leaves of a JSON secret are looked for.
const MOST_LEAVES: usize = 200;

/// Everything to look for when the secret values are `values`.
pub fn needles<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<Vec<u8>> {
    let mut found = BTreeSet::new();
    for value in values {
        take_parts(&mut found, value);
        if let Ok(json @ (serde_json::Value::Object(_) | serde_json::Value::Array(_))) =
            serde_json::from_str(value)
        {
            let mut left = MOST_LEAVES;
            take_leaves(&mut found, &json, &mut left);
        }
    }
    found.into_iter().collect()
}

/// The value as it is, without the white space around it, and each of its lines.
fn take_parts(found: &mut BTreeSet<Vec<u8>>, value: &str) {
    take_forms(found, value);
    take_forms(found, value.trim());
    if value.contains('\n') {
        // A line of dashes would be found all over.
        for line in value.lines().filter(|line| line.contains(char::is_alphanumeric)) {
            take_forms(found, line.trim());
        }
    }
}

fn take_leaves(found: &mut BTreeSet<Vec<u8>>, json: &serde_json::Value, left: &mut usize) {
    match json {
        _ if *left == 0 => {}
        serde_json::Value::String(text) => {
            *left -= 1;
            take_parts(found, text);
        }
        serde_json::Value::Number(number) => {
            *left -= 1;
            take(found, number.to_string().into_bytes());
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| take_leaves(found, item, left)),
        serde_json::Value::Object(members) => members.values().for_each(|m| take_leaves(found, m, left)),
        serde_json::Value::Null | serde_json::Value::Bool(_) => {}
    }
}

fn take(found: &mut BTreeSet<Vec<u8>>, form: Vec<u8>) {
    if form.len() >= SHORTEST {
        found.insert(form);
    }
}

fn take_forms(found: &mut BTreeSet<Vec<u8>>, value: &str) {
    if value.trim().len() < SHORTEST {
        return;
    }
    take(found, value.as_bytes().to_vec());
    for escaped in [json(value), xml(value), shell_single(value), shell_double(value), shell_backslash(value)]
    {
        take(found, escaped.into_bytes());
    }
    for plain in [NON_ALPHANUMERIC, &GENTLE, &GENTLEST] {
        let url = percent_encode(value.as_bytes(), plain).to_string();
        for url in [url.replace("%20", "+"), url] {
            take(found, lower_escapes(&url).into_bytes());
            take(found, url.into_bytes());
        }
    }
    let hex = value.bytes().fold(String::new(), |mut hex, byte| {
        // Writing to a string can't fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    take(found, hex.to_uppercase().into_bytes());
    take(found, hex.into_bytes());
    take_base64(found, value.as_bytes());
}

/// What most encoders leave as it is besides letters and digits.
const GENTLE: percent_encoding::AsciiSet =
    NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What browsers leave as it is.
const GENTLEST: percent_encoding::AsciiSet =
    GENTLE.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');

/// `%2F` as `%2f`; only the escapes may change.
fn lower_escapes(url: &str) -> String {
    let mut escape = 0;
    url.chars()
        .map(|c| {
            if c == '%' {
                escape = 2;
                c
            } else if escape > 0 {
                escape -= 1;
                c.to_ascii_lowercase()
            } else {
                c
            }
        })
        .collect()
}

/// Base64 of a text that has the value somewhere in it: what stands before shifts the letters in one of three ways,
/// and the letters at both ends also depend on what stands around.
fn take_base64(found: &mut BTreeSet<Vec<u8>>, value: &[u8]) {
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        for before in 0..3_usize {
            let mut padded = vec![0; before];
            padded.extend_from_slice(value);
            let encoded = engine.encode(&padded).into_bytes();
            let first = (before * 8).div_ceil(6);
            let last = padded.len() * 8 / 6;
            if let Some(inner) = encoded.get(first..last) {
                take(found, inner.to_vec());
            }
            if before == 0 {
                for width in BASE64_WIDTHS.into_iter().filter(|width| encoded.len() > *width) {
                    let sure = &encoded[..last];
                    sure.chunks(width).filter(|line| line.len() >= 16).for_each(|l| take(found, l.to_vec()));
                }
            }
        }
    }
}

fn json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted.trim_start_matches('"').strip_suffix('"').unwrap_or(&quoted).to_owned()
}

fn escape(value: &str, with: impl Fn(char) -> Option<String>) -> String {
    value.chars().map(|c| with(c).unwrap_or_else(|| c.to_string())).collect()
}

fn xml(value: &str) -> String {
    escape(value, |c| {
        let entity = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\'' => "&apos;",
            _ => return None,
        };
        Some(entity.to_owned())
    })
}

/// As `set -x` prints a word in single quotes.
fn shell_single(value: &str) -> String {
    value.replace('\'', r"'\''")
}

/// As a word in double quotes is written.
fn shell_double(value: &str) -> String {
    escape(value, |c| matches!(c, '"' | '\\' | '$' | '`').then(|| format!("\\{c}")))
}

/// As `printf %q` prints a word.
fn shell_backslash(value: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./,:@%+=".contains(c);
    escape(value, |c| (!is_plain(c)).then(|| format!("\\{c}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(values: &[&str], output: &str) -> bool {
        needles(values.iter().copied())
            .iter()
            .any(|needle| output.as_bytes().windows(needle.len()).any(|w| w == needle))
    }

    #[test]
    fn every_common_form_is_looked_for() {
        let secret = "p@ss \"w'rd\"/<x>&é$1";
        for (form, output) in [
            ("raw", format!("x{secret}y")),
            ("json", serde_json::json!({ "k": secret }).to_string()),
            ("url", "p%40ss%20%22w%27rd%22%2F%3Cx%3E%26%C3%A9%241".to_owned()),
            ("url in small letters", "p%40ss%20%22w%27rd%22%2f%3cx%3e%26%c3%a9%241".to_owned()),
            ("form", "p%40ss+%22w%27rd%22%2F%3Cx%3E%26%C3%A9%241".to_owned()),
            ("form in small letters", "p%40ss+%22w%27rd%22%2f%3cx%3e%26%c3%a9%241".to_owned()),
            ("browser", "p%40ss%20%22w'rd%22%2F%3Cx%3E%26%C3%A9%241".to_owned()),
            ("xml", "p@ss &quot;w&apos;rd&quot;/&lt;x&gt;&amp;é$1".to_owned()),
            ("single quotes", r#"'p@ss "w'\''rd"/<x>&é$1'"#.to_owned()),
            ("double quotes", r#""p@ss \"w'rd\"/<x>&é\$1""#.to_owned()),
            ("backslashes", r#"p@ss\ \"w\'rd\"/\<x\>\&é\$1"#.to_owned()),
        ] {
            assert!(covers(&[secret], &output), "{form}: {output}");
        }
        assert!(!covers(&[secret], "p@ss and words"));
    }

    #[test]
    fn base64_is_found_wherever_the_secret_stands_in_it() {
        let secret = "hunter2-hunter2";
        for before in 0..7 {
            for after in 0..4 {
                let text = format!("{}{secret}{}", "u".repeat(before), "/".repeat(after));
                for encoded in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                    assert!(covers(&[secret], &encoded), "{before} before, {after} after");
                }
            }
        }
        let long = "0123456789abcdefghijklmnopqrstuvwxyz-0123456789abcdefghijklmnopqrstuvwxyz-0123456789";
        let encoded = STANDARD_NO_PAD.encode(format!("{long}\n"));
        for line in encoded.as_bytes().chunks(76) {
            assert!(covers(&[long], &String::from_utf8_lossy(line)), "a line of a long one");
        }
    }

    #[test]
    fn lines_and_leaves_are_secrets_of_their_own() {
        let key = "-----BEGIN KEY-----\nabcdefgh1\n  ijklmnop2\n-----END KEY-----\n";
        assert!(covers(&[key], "got ijklmnop2"));
        let json = r#"{"user": "robot-7", "list": [{"pin": 123456}], "on": true, "s": "abc"}"#;
        assert!(covers(&[json], "robot-7") && covers(&[json], "123456"));
        assert!(!covers(&[json], "true abc"));
    }

    #[test]
    fn what_is_too_short_to_be_secret_is_left() {
        assert!(needles(["abc", "", "   ", "\n", " xyz "]).is_empty());
        assert!(!needles(["ab\n----\n"]).contains(&b"----".to_vec()));
        assert!(needles(["abcd"]).contains(&b"abcd".to_vec()));
    }
}
