//! What of a contact says that two licences have the same customer.

use super::hash;
use super::words::{FREE_MAIL, is_legal_form};

/// The hashes of a contact's traits; 0 where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contact {
    /// The e-mail addresses: technical, billing.
    pub emails: [u64; 2],
    /// Their domains.
    pub domains: [u64; 2],
    /// The company without what varies in its writing.
    pub company: u64,
    /// The country.
    pub country: u64,
}

const COMPANY: u64 = 1;
const COUNTRY: u64 = 2;
const EMAIL: u64 = 3;
const DOMAIN: u64 = 4;

impl Contact {
    /// Reads the traits of a contact. What is forgotten or missing must come as empty text.
    pub fn new(company: &[u8], country: &[u8], technical: &[u8], billing: &[u8]) -> Contact {
        let (technical, billing) = (email(technical), email(billing));
        Contact {
            emails: [technical.0, billing.0],
            domains: [technical.1, billing.1],
            company: with_company_key(company, |name| hash::of(name.as_bytes(), COMPANY)).unwrap_or(0),
            country: with_lowered(country, |name| Some(hash::of(name, COUNTRY))).unwrap_or(0),
        }
    }
}

/// The hash of the domain of an address; 0 if it is none.
pub fn domain(address: &[u8]) -> u64 {
    let hashed = with_lowered(address, |address| {
        let at = memchr::memrchr(b'@', address)?;
        Some(hash::of(&address[at + 1..], DOMAIN))
    });
    hashed.unwrap_or(0)
}

/// The hashes of the domains that say nothing of a company.
pub fn free_mail() -> impl Iterator<Item = u64> {
    FREE_MAIL.iter().map(|domain| hash::of(domain.as_bytes(), DOMAIN))
}

/// Whether anybody has an address there.
pub fn is_free_mail(domain: &str) -> bool {
    FREE_MAIL.contains(&domain)
}

/// A company's name in lower case without punctuation and legal form.
pub fn company_key(name: &str) -> Option<String> {
    with_company_key(name.as_bytes(), str::to_string)
}

/// What stands before and behind the `@` of an address, in lower case.
pub fn address(text: &str) -> Option<(String, String)> {
    with_lowered(text.as_bytes(), |text| {
        let (name, at) = std::str::from_utf8(text).ok()?.rsplit_once('@')?;
        Some((name.to_string(), at.to_string()))
    })
}

fn email(text: &[u8]) -> (u64, u64) {
    let hashed = with_lowered(text, |address| {
        let at = memchr::memrchr(b'@', address).filter(|at| *at > 0)?;
        let domain = &address[at + 1..];
        memchr::memchr(b'.', domain)?;
        Some((hash::of(address, EMAIL), hash::of(domain, DOMAIN)))
    });
    hashed.unwrap_or((0, 0))
}

/// Names up to this length are made lower case without asking for memory: there are millions of them.
const SHORT: usize = 128;

/// Calls `take` with a name in lower case; not where there is none.
#[inline(always)]
fn with_lowered<T>(text: &[u8], take: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
    let text = text.trim_ascii();
    let mut short = [0; SHORT];
    // Nearly all names are ASCII, which needs no tables.
    if text.len() <= SHORT && text.is_ascii() {
        let lower = &mut short[..text.len()];
        lower.copy_from_slice(text);
        lower.make_ascii_lowercase();
        return if is_no_name(lower) { None } else { take(lower) };
    }
    let lower = String::from_utf8_lossy(text).to_lowercase();
    if is_no_name(lower.as_bytes()) { None } else { take(lower.as_bytes()) }
}

/// What is written where there is no name; all the forgotten would be one customer.
fn is_no_name(text: &[u8]) -> bool {
    matches!(text, b"" | b"rtbf" | b"null" | b"na" | b"n/a" | b"none" | b"-" | b"unknown")
}

/// Calls `take` with a company's name in lower case without punctuation and legal form.
fn with_company_key<T>(text: &[u8], take: impl FnOnce(&str) -> T) -> Option<T> {
    with_lowered(text, |text| {
        let mut short = [0; SHORT];
        let name = match text.is_ascii().then(|| plain_ascii(text, &mut short)).flatten() {
            Some(name) => without_legal_form(name),
            None => return named(without_legal_form(&plain(std::str::from_utf8(text).ok()?)), take),
        };
        named(name, take)
    })
}

fn named<T>(name: &str, take: impl FnOnce(&str) -> T) -> Option<T> {
    (!is_no_name(name.as_bytes())).then(|| take(name))
}

/// Words parted by one blank. A point within a word is dropped, so that `S.A.` is `sa`; any other mark parts words.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !matches!(c, '.' | '\'' | '’')) {
        match c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphanumeric()) {
            true => plain.push(c),
            false if plain.is_empty() || plain.ends_with(' ') => {}
            false => plain.push(' '),
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

/// The same for ASCII that fits the place it is given.
fn plain_ascii<'a>(text: &[u8], place: &'a mut [u8; SHORT]) -> Option<&'a str> {
    if text.len() > SHORT {
        return None;
    }
    let mut length = 0;
    for byte in text.iter().copied().filter(|byte| !matches!(byte, b'.' | b'\'')) {
        let is_blank = !byte.is_ascii_alphanumeric();
        if is_blank && (length == 0 || place[length - 1] == b' ') {
            continue;
        }
        place[length] = if is_blank { b' ' } else { byte };
        length += 1;
    }
    std::str::from_utf8(place[..length].trim_ascii_end()).ok()
}

/// The name without the legal forms at its end; the first word stays whatever it is.
fn without_legal_form(mut name: &str) -> &str {
    while let Some(at) = memchr::memrchr(b' ', name.as_bytes())
        && is_legal_form(&name[at + 1..])
    {
        name = &name[..at];
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_is_known_however_it_is_written() {
        for (text, expected) in [
            ("Acme Ltd", Some("acme")),
            ("ACME, Ltd.", Some("acme")),
            ("acme limited", Some("acme")),
            ("Müller & Söhne GmbH & Co. KG", Some("müller söhne")),
            ("Iberia S.A.", Some("iberia")),
            ("Inc", Some("inc")),
            ("RTBF", None),
            (" n/a ", None),
            ("", None),
        ] {
            assert_eq!(with_company_key(text.as_bytes(), str::to_string).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_long_name_reads_like_a_short_one() {
        let words = "Very ".repeat(40);
        let expected = format!("{}long", "very ".repeat(40));
        let key = with_company_key(format!("{words}-- Long, Inc.").as_bytes(), str::to_string);
        assert_eq!(key.as_deref(), Some(expected.as_str()));
    }

    #[test]
    fn the_forgotten_are_nobody() {
        let nobody = Contact::new(b"RTBF", b"null", b"RTBF", b"RTBF");
        assert_eq!(nobody, Contact { emails: [0; 2], domains: [0; 2], company: 0, country: 0 });
        let somebody = Contact::new(b"Acme", b"Norway", b"A@Acme.example", b"RTBF");
        assert_eq!(somebody.emails[0], Contact::new(b"", b"", b"a@acme.example", b"").emails[0]);
        assert_eq!(somebody.domains[0], domain(b"x@ACME.example"));
    }
}
