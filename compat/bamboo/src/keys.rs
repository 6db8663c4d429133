//! Keys: how projects, plans, jobs of plans and results are named in the API.
//!
//! `LAB` is a repository, `LAB-PROV` a job of its job files, `LAB-PROV-PACK` a part of that job, `LAB-PROV-4` its fourth run and
//! `LAB-PROV-PACK-4` what that run's part came to. They are made of names and read back by [`crate::catalogue`].

use std::collections::BTreeSet;

/// A name as a key: its letters and digits in upper case. A key begins with a letter, so that a number at the end is a number.
pub fn key(name: &str) -> String {
    let key: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    match key.chars().next() {
        Some(c) if c.is_ascii_alphabetic() => key,
        _ => format!("X{key}"),
    }
}

/// The key of a job within its repository. Bamboo's own keys carry the project's, and what came from there is named by the
/// whole of it: `lic-renew` of the repository `lic` is `RENEW`.
pub fn plan_key(repository: &str, job: &str) -> String {
    let own = key(repository);
    let rest = job.match_indices('-').find(|(at, _)| key(&job[..*at]) == own).map(|(at, _)| &job[at + 1..]);
    key(rest.filter(|rest| !rest.is_empty()).unwrap_or(job))
}

/// A key that is not taken: of two that would be the same, the later has a number at its end.
pub fn untaken(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let mut found = wanted.to_owned();
    let mut number = 1;
    while !taken.insert(found.clone()) {
        number += 1;
        found = format!("{wanted}N{number}");
    }
    found
}

/// Letters and digits alone, in upper case: two texts that agree in this mean the same thing.
pub fn folded(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// Which result of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// The one with this number.
    Is(i64),
    /// The newest.
    Latest,
}

impl Number {
    /// Reads a number, or `latest`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("latest") {
            return Some(Self::Latest);
        }
        text.parse().ok().filter(|number| *number > 0).map(Self::Is)
    }
}

/// Takes the number off the end of a key: `LAB-PROV-4` and `LAB-PROV-latest` have one, `LAB-PROV` has none.
pub fn split(text: &str) -> (&str, Option<Number>) {
    match text.rsplit_once('-') {
        Some((rest, last)) => match Number::parse(last) {
            Some(number) => (rest, Some(number)),
            None => (text, None),
        },
        None => (text, None),
    }
}

/// How many digits the key of a branch has at its end.
const BRANCH_DIGITS: usize = 9;

/// The digits of a branch: a number that its name alone makes (FNV-1a), so that it is the same tomorrow.
pub fn branch_digits(name: &str) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    format!("{}", 100_000_000 + hash % 900_000_000)
}

/// Takes the digits of a branch off the end of a key.
pub fn split_branch(text: &str) -> Option<(&str, &str)> {
    let (rest, digits) = text.split_at_checked(text.len().checked_sub(BRANCH_DIGITS)?)?;
    (!rest.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some((rest, digits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_become_keys() {
        for (repository, job, project, plan) in [
            ("lab", "prov", "LAB", "PROV"),
            ("web-shop.v2", "nightly-backup", "WEBSHOPV2", "NIGHTLYBACKUP"),
            ("lic", "lic-renew", "LIC", "RENEW"),
            ("lic", "lic", "LIC", "LIC"),
            ("web-shop", "web-shop-build", "WEBSHOP", "BUILD"),
            ("2fa", "7-zip", "X2FA", "X7ZIP"),
            ("__", "a", "X", "A"),
        ] {
            assert_eq!((key(repository), plan_key(repository, job)), (project.to_owned(), plan.to_owned()));
        }
    }

    #[test]
    fn the_later_of_two_gets_a_number() {
        let mut taken = BTreeSet::new();
        let keys: Vec<_> = ["AB", "AB", "ABN2", "AB"].iter().map(|key| untaken(key, &mut taken)).collect();
        assert_eq!(keys, ["AB", "ABN2", "ABN2N2", "ABN3"]);
    }

    #[test]
    fn numbers_come_off() {
        for (text, rest, number) in [
            ("LAB-PROV-4", "LAB-PROV", Some(Number::Is(4))),
            ("LAB-PROV-PACK-12", "LAB-PROV-PACK", Some(Number::Is(12))),
            ("LAB-PROV-latest", "LAB-PROV", Some(Number::Latest)),
            ("LAB-PROV", "LAB-PROV", None),
            ("LAB-PROV-0", "LAB-PROV-0", None),
            ("LAB", "LAB", None),
        ] {
            assert_eq!(split(text), (rest, number), "{text}");
        }
    }

    #[test]
    fn a_branch_has_digits_of_its_own_for_ever() {
        assert_eq!(branch_digits("topic/faster"), branch_digits("topic/faster"));
        assert_ne!(branch_digits("topic/faster"), branch_digits("topic/fasten"));
        let key = format!("LAB-PROV2{}", branch_digits("größe"));
        assert_eq!(split_branch(&key), Some(("LAB-PROV2", branch_digits("größe").as_str())));
        for text in ["LAB-PROV2", "123456789", "", "LAB-PROVö23456789x", "LAB-ö12345678"] {
            assert_eq!(split_branch(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_key_never_ends_like_a_number_does(name in ".{0,40}") {
            let key = key(&name);
            prop_assert_eq!(split(&format!("A-{key}")).1, None);
            prop_assert!(key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()));
        }
    }
}
