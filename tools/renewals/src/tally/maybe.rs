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
use std::collections::{BTreeMap, HashMap, HashSet};

/// Terms that begin further from the due day are not its renewal.
pub const DAYS: i32 = 90;

/// So many sales are looked at for each licence that did not renew, the nearest in time first.
const NEAREST: usize = 40;

/// Points from which on a licence is named.
const WORTH_A_LOOK: u32 = 60;

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

/// The licence among the candidates that is most like the missed one, if any is like it at all.
pub fn likely(own: &Texts, candidates: &[&Line], texts: &HashMap<u64, Texts>) -> Option<String> {
    let known = candidates.iter().filter_map(|line| texts.get(&line.at));
    let mut best: Option<(u32, &Texts)> = None;
    for other in known {
        let points = points(own, other);
        if points >= WORTH_A_LOOK && best.is_none_or(|(most, _)| points > most) {
            best = Some((points, other));
        }
    }
    best.map(|(_, texts)| texts.licence.clone())
}

fn points(a: &Texts, b: &Texts) -> u32 {
    let company = match (contact::company_key(&a.company), contact::company_key(&b.company)) {
        (Some(a), Some(b)) if alike(&a, &b) >= 0.8 => 80,
        _ => 0,
    };
    let (Some((name_a, domain_a)), Some((name_b, domain_b))) =
        (contact::address(&a.contact), contact::address(&b.contact))
    else {
        return company;
    };
    let is_own = !contact::is_free_mail(&domain_a) && !contact::is_free_mail(&domain_b);
    let domain = if is_own && alike(&domain_a, &domain_b) >= 0.8 { 30 } else { 0 };
    let name = if alike(&name_a, &name_b) >= 0.8 { 30 } else { 0 };
    company + domain + name
}

/// Dice's coefficient of the pairs of neighbouring letters: 1 for the same, 0 for nothing in common.
fn alike(a: &str, b: &str) -> f64 {
    let pairs = |text: &str| -> HashSet<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let (a_pairs, b_pairs) = (pairs(a), pairs(b));
    match a_pairs.len() + b_pairs.len() {
        0 => f64::from(u8::from(a == b)),
        all => 2.0 * a_pairs.intersection(&b_pairs).count() as f64 / all as f64,
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
            assert_eq!(points(&a, &b), expected, "{a:?} {b:?}");
        }
    }

    #[test]
    fn likeness_is_the_share_of_common_pairs() {
        assert_eq!(alike("night", "nacht"), 0.25, "the example of the coefficient's literature");
        assert_eq!(alike("same", "same"), 1.0);
        assert_eq!(alike("a", "b"), 0.0);
    }
}
