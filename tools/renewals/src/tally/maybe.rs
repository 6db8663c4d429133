//! Licences that may be the renewal of one that did not renew, though nothing certain links them.
//!
//! A person looks at them: no figure counts them. Company, domain and the name before the `@` are compared as Atlas-Authority's
//! marketplace auditor does (weights 80, 30, 30 and what counts as like, by Dice's coefficient of pairs of letters); there 130 points
//! make a customer, here [`WORTH_A_LOOK`] make a hint.

use super::Frame;
use crate::book::contact;
use crate::input::recall::Texts;
use crate::record::Line;
use crate::rules::Obligation;
use std::collections::{BTreeMap, HashMap};

/// Terms that begin further from the due day are not its renewal.
pub const DAYS: i32 = 90;

/// So many sales are looked at for each licence that did not renew, the nearest in time first.
const NEAREST: usize = 40;

/// Points from which on a licence is named.
const WORTH_A_LOOK: u32 = 60;

/// From this coefficient on texts are alike.
const ALIKE: f64 = 0.8;

/// For each of the missed the sales that may be its renewal: of the same product, to the same country, about the due day.
pub fn candidates<'a>(frame: &Frame<'_>, missed: &[Obligation], fresh: &'a [Line]) -> Vec<Vec<&'a Line>> {
    let family = |line: &Line| frame.ledger.families[usize::from(line.app)];
    let mut sold: BTreeMap<(u16, u16), Vec<&Line>> = BTreeMap::new();
    for line in fresh {
        sold.entry((family(line), line.place)).or_default().push(line);
    }
    let near = |o: &Obligation| {
        let gap = |line: &Line| (i32::from(line.start) - o.due.0).abs();
        let all = sold.get(&(family(&o.line), o.line.place)).into_iter().flatten().copied();
        let mut near: Vec<&Line> =
            all.filter(|line| gap(line) <= DAYS && line.licence != o.line.licence).collect();
        near.sort_by_key(|line| (gap(line), frame.ledger.licence_ids[line.licence as usize], line.content()));
        near.truncate(NEAREST);
        near
    };
    missed.iter().map(near).collect()
}

/// What of a record's texts is compared. It is made once: most are compared with many others.
#[derive(Debug)]
pub struct Traits {
    company: Option<Pairs>,
    /// What stands before and behind the `@`, and whether only its owners have addresses there.
    address: Option<(Pairs, Pairs, bool)>,
}

impl Traits {
    /// The traits of a record.
    pub fn new(texts: &Texts) -> Traits {
        let address = |(name, domain): (String, String)| {
            (Pairs::new(&name), Pairs::new(&domain), !contact::is_free_mail(&domain))
        };
        Traits {
            company: contact::company_key(&texts.company).map(|name| Pairs::new(&name)),
            address: contact::address(&texts.contact).map(address),
        }
    }
}

/// The place of the licence among the candidates that is most like the missed one, if any is like it at all.
pub fn likely(own: &Traits, candidates: &[&Line], traits: &HashMap<u64, Traits>) -> Option<u64> {
    let known = candidates.iter().filter_map(|line| Some((line.at, traits.get(&line.at)?)));
    let mut best: Option<(u32, u64)> = None;
    for (at, other) in known {
        let points = points(own, other);
        if points >= WORTH_A_LOOK && best.is_none_or(|(most, _)| points > most) {
            best = Some((points, at));
        }
    }
    best.map(|(_, at)| at)
}

fn points(a: &Traits, b: &Traits) -> u32 {
    let company = match (&a.company, &b.company) {
        (Some(a), Some(b)) if a.alike(b) >= ALIKE => 80,
        _ => 0,
    };
    let (Some((name_a, domain_a, is_own_a)), Some((name_b, domain_b, is_own_b))) = (&a.address, &b.address)
    else {
        return company;
    };
    let domain = if *is_own_a && *is_own_b && domain_a.alike(domain_b) >= ALIKE { 30 } else { 0 };
    let name = if name_a.alike(name_b) >= ALIKE { 30 } else { 0 };
    company + domain + name
}

/// The pairs of neighbouring letters of a text, in order, each once. A text without any is kept itself.
#[derive(Debug, PartialEq, Eq)]
struct Pairs(Vec<(char, char)>, String);

impl Pairs {
    fn new(text: &str) -> Pairs {
        let mut pairs: Vec<(char, char)> = text.chars().zip(text.chars().skip(1)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let alone = if pairs.is_empty() { text } else { "" };
        Pairs(pairs, alone.to_string())
    }

    /// Dice's coefficient of the pairs: 1 for the same, 0 for nothing in common.
    fn alike(&self, other: &Pairs) -> f64 {
        let all = self.0.len() + other.0.len();
        if all == 0 {
            return f64::from(u8::from(self == other));
        }
        let (mut own, mut others, mut common) = (&self.0[..], &other.0[..], 0u32);
        while let ([a, own_rest @ ..], [b, others_rest @ ..]) = (own, others) {
            common += u32::from(a == b);
            (own, others) = (if a <= b { own_rest } else { own }, if b <= a { others_rest } else { others });
        }
        2.0 * f64::from(common) / all as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(company: &str, contact: &str) -> Texts {
        Texts { licence: "SEN-1".into(), company: company.into(), contact: contact.into() }
    }

    #[test]
    fn a_misspelt_company_or_the_same_person_at_a_like_address_is_worth_a_look() {
        for (a, b, expected) in [
            (texts("Fjordline Shipping AS", ""), texts("Fjordlin Shipping", ""), 80),
            (texts("Fjordline", "it@fjordline.example"), texts("Baltic", "it@fjordlines.example"), 60),
            (texts("Fjordline", "it@gmail.com"), texts("Baltic", "it@gmail.com"), 30),
            (texts("Fjordline", ""), texts("Baltic", ""), 0),
            (texts("", ""), texts("", ""), 0),
            (texts("RTBF", "RTBF"), texts("RTBF", "RTBF"), 0),
        ] {
            assert_eq!(points(&Traits::new(&a), &Traits::new(&b)), expected, "{a:?} {b:?}");
        }
    }

    #[test]
    fn likeness_is_the_share_of_common_pairs() {
        let alike = |a, b| Pairs::new(a).alike(&Pairs::new(b));
        assert_eq!(alike("night", "nacht"), 0.25, "the example of the coefficient's literature");
        assert_eq!(alike("same", "same"), 1.0);
        assert_eq!(alike("a", "b"), 0.0);
    }
}
