//! What of a contact says that two licences have the same customer.

use super::hash;

/// The hashes of a contact's traits; 0 where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Domains where anybody has an address: they say nothing of a company.
const FREE_MAIL: &[&str] = &[
    "126.com",
    "163.com",
    "aim.com",
    "aol.com",
    "att.net",
    "bellsouth.net",
    "bigpond.com",
    "bluewin.ch",
    "bol.com.br",
    "bt.com",
    "btinternet.com",
    "charter.net",
    "comcast.net",
    "cox.net",
    "daum.net",
    "earthlink.net",
    "email.com",
    "fastmail.com",
    "fastmail.fm",
    "foxmail.com",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hanmail.net",
    "hey.com",
    "hotmail.ca",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.es",
    "hotmail.fr",
    "hotmail.it",
    "hushmail.com",
    "icloud.com",
    "inbox.com",
    "inbox.ru",
    "interia.pl",
    "juno.com",
    "laposte.net",
    "libero.it",
    "live.ca",
    "live.co.uk",
    "live.com",
    "live.de",
    "live.fr",
    "live.nl",
    "mac.com",
    "mail.com",
    "mail.ru",
    "mailbox.org",
    "me.com",
    "msn.com",
    "naver.com",
    "o2.pl",
    "online.de",
    "onet.pl",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "outlook.fr",
    "pm.me",
    "posteo.de",
    "proton.me",
    "protonmail.ch",
    "protonmail.com",
    "qq.com",
    "rambler.ru",
    "rediffmail.com",
    "rocketmail.com",
    "sbcglobal.net",
    "seznam.cz",
    "sfr.fr",
    "shaw.ca",
    "sina.com",
    "sky.com",
    "sohu.com",
    "sympatico.ca",
    "t-online.de",
    "talktalk.net",
    "telenet.be",
    "telia.com",
    "tutanota.com",
    "uol.com.br",
    "verizon.net",
    "virginmedia.com",
    "wanadoo.fr",
    "web.de",
    "wp.pl",
    "ya.ru",
    "yahoo.ca",
    "yahoo.co.in",
    "yahoo.co.jp",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.com.br",
    "yahoo.de",
    "yahoo.es",
    "yahoo.fr",
    "yahoo.it",
    "yandex.com",
    "yandex.ru",
    "yeah.net",
    "ymail.com",
    "zoho.com",
    // Addresses for ten minutes.
    "10minutemail.com",
    "dispostable.com",
    "getnada.com",
    "guerrillamail.com",
    "maildrop.cc",
    "mailinator.com",
    "mailnesia.com",
    "sharklasers.com",
    "temp-mail.org",
    "tempmail.com",
    "throwawaymail.com",
    "trashmail.com",
    "yopmail.com",
];

/// What stands behind a company's name and varies in its writing.
const LEGAL_FORMS: &[&str] = &[
    "ab",
    "ag",
    "as",
    "asa",
    "bhd",
    "bv",
    "bvba",
    "co",
    "company",
    "corp",
    "corporation",
    "cv",
    "doo",
    "eg",
    "ev",
    "gmbh",
    "holding",
    "holdings",
    "inc",
    "incorporated",
    "kft",
    "kg",
    "kgaa",
    "kk",
    "limited",
    "limitada",
    "llc",
    "llp",
    "lp",
    "ltd",
    "ltda",
    "mbh",
    "nv",
    "ohg",
    "oy",
    "oyj",
    "plc",
    "pty",
    "pte",
    "pvt",
    "private",
    "sa",
    "sarl",
    "sas",
    "sdn",
    "se",
    "sl",
    "spa",
    "srl",
    "srls",
    "sro",
    "ug",
    "zoo",
];

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
            company: company_key(company).map_or(0, |name| hash::of(name.as_bytes(), COMPANY)),
            country: lowered(country).map_or(0, |name| hash::of(name.as_bytes(), COUNTRY)),
        }
    }
}

/// The hash of the domain of an address; 0 if it is none.
pub fn domain(address: &[u8]) -> u64 {
    lowered(address)
        .and_then(|a| a.rsplit_once('@').map(|(_, d)| hash::of(d.as_bytes(), DOMAIN)))
        .unwrap_or(0)
}

/// The hashes of the domains that say nothing of a company.
pub fn free_mail() -> impl Iterator<Item = u64> {
    FREE_MAIL.iter().map(|domain| hash::of(domain.as_bytes(), DOMAIN))
}

fn email(text: &[u8]) -> (u64, u64) {
    let Some(address) = lowered(text) else { return (0, 0) };
    match address.rsplit_once('@') {
        Some((name, domain)) if !name.is_empty() && domain.contains('.') => {
            (hash::of(address.as_bytes(), EMAIL), hash::of(domain.as_bytes(), DOMAIN))
        }
        _ => (0, 0),
    }
}

fn lowered(text: &[u8]) -> Option<String> {
    let text = text.trim_ascii();
    // Nearly all names are ASCII, which needs no tables.
    let text = match String::from_utf8(text.to_ascii_lowercase()) {
        Ok(lower) if lower.is_ascii() => lower,
        _ => String::from_utf8_lossy(text).to_lowercase(),
    };
    (!is_no_name(&text)).then_some(text)
}

/// What is written where there is no name; all the forgotten would be one customer.
fn is_no_name(text: &str) -> bool {
    matches!(text, "" | "rtbf" | "null" | "na" | "n/a" | "none" | "-" | "unknown")
}

/// A company's name in lower case without punctuation and legal form.
pub fn company_key(text: &[u8]) -> Option<String> {
    let text = lowered(text)?;
    // A point within a word is dropped, so that `S.A.` is `sa`; any other mark parts words.
    let mut plain = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !matches!(c, '.' | '\'' | '’')) {
        plain.push(if c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphanumeric()) { c } else { ' ' });
    }
    let mut words: Vec<&str> = plain.split_ascii_whitespace().collect();
    while words.len() > 1 && words.last().is_some_and(|last| LEGAL_FORMS.contains(last)) {
        words.pop();
    }
    let name = words.join(" ");
    (!is_no_name(&name)).then_some(name)
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
            assert_eq!(company_key(text.as_bytes()).as_deref(), expected, "{text}");
        }
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
