//! How obligations are grouped: tiers into bands, terms into lengths, and all of it into numbers.

use crate::book::names::{List, Names};
use crate::rules::Obligation;
use std::collections::HashMap;

/// The dimensions in the order of the figures.
pub const DIMENSIONS: [&str; 9] =
    ["app", "hosting", "tier", "region", "country", "partner", "partner_type", "tenure", "term"];

/// Names of the bands of tiers.
pub const BANDS: [&str; 9] =
    ["1-10", "11-50", "51-100", "101-500", "501-2000", "2001-10000", "10001+", "unlimited", "(none)"];

const TENURES: [&str; 3] = ["first renewal", "second renewal", "later renewals"];
const TERMS: [&str; 4] = ["under a year", "1 year", "2 years", "3 years and more"];

/// What stands where an export says nothing.
pub const NONE: &str = "(none)";

/// The groups of the names of a ledger.
#[derive(Debug)]
pub struct Groups {
    /// Names of the segments of each dimension.
    pub segments: [Vec<String>; 9],
    bands: Vec<u8>,
    countries: Vec<(u32, u32)>,
    partners: Vec<(u32, u32)>,
}

impl Groups {
    /// Groups the names.
    pub fn new(names: &Names) -> Groups {
        let shown = |name: &str| if name.is_empty() { NONE.to_string() } else { name.to_string() };
        let owned = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        let split = |list| {
            let mut lists = [Vec::new(), Vec::new()];
            let mut numbers: [HashMap<String, u32>; 2] = Default::default();
            let mut number = |which: usize, name: &str| {
                let next = lists[which].len() as u32;
                *numbers[which].entry(shown(name)).or_insert_with(|| {
                    lists[which].push(shown(name));
                    next
                })
            };
            let pairs: Vec<(u32, u32)> = (0..names.all(list).len() as u32)
                .map(|n| {
                    let (first, second) = names.parts(list, n);
                    (number(0, first), number(1, second))
                })
                .collect();
            (pairs, lists)
        };
        let (countries, [country_names, region_names]) = split(List::Place);
        let (partners, [partner_names, type_names]) = split(List::Partner);
        let all = |list| names.all(list).iter().map(|name| shown(name)).collect::<Vec<_>>();
        Groups {
            segments: [
                all(List::App),
                all(List::Hosting),
                owned(&BANDS),
                region_names,
                country_names,
                partner_names,
                type_names,
                owned(&TENURES),
                owned(&TERMS),
            ],
            bands: names.all(List::Tier).iter().map(|tier| band(tier)).collect(),
            countries,
            partners,
        }
    }

    /// The segment of an obligation in each dimension.
    pub fn of(&self, o: &Obligation) -> [u32; 9] {
        let (country, region) = self.countries[usize::from(o.line.place)];
        let (partner, partner_type) = self.partners[o.line.partner as usize];
        let term = match o.days {
            ..=359 => 0,
            360..=380 => 1,
            381..=745 => 2,
            _ => 3,
        };
        [
            o.line.app.into(),
            o.line.hosting.into(),
            self.bands[usize::from(o.line.tier)].into(),
            region,
            country,
            partner,
            partner_type,
            u32::from(o.tenure) - 1,
            term,
        ]
    }

    /// Hosting, tenure and band as one number.
    pub fn stratum(&self, o: &Obligation) -> u16 {
        u16::from(o.line.hosting) << 8
            | u16::from(o.tenure) << 4
            | u16::from(self.bands[usize::from(o.line.tier)])
    }

    /// The names of a stratum: hosting, tenure, band.
    pub fn stratum_names(&self, stratum: u16) -> (String, u8, String) {
        let hosting = self.segments[1].get(usize::from(stratum >> 8)).cloned().unwrap_or_default();
        (hosting, (stratum >> 4 & 15) as u8, BANDS[usize::from(stratum & 15)].to_string())
    }
}

/// The band of a tier such as `100 Users`, `Unlimited Users` or `Per Unit Pricing (593 users)`.
fn band(tier: &str) -> u8 {
    if tier.to_ascii_lowercase().contains("unlimited") {
        return 7;
    }
    // The last number is the one of users: others may be in the name of an edition.
    let number = tier.split(|c: char| !c.is_ascii_digit()).rfind(|part| !part.is_empty());
    match number.and_then(|number| number.parse::<u64>().ok()) {
        _ if tier.trim_start().starts_with('-') => 8,
        None | Some(0) => 8,
        Some(1..=10) => 0,
        Some(11..=50) => 1,
        Some(51..=100) => 2,
        Some(101..=500) => 3,
        Some(501..=2000) => 4,
        Some(2001..=10_000) => 5,
        Some(_) => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_have_bands() {
        for (tier, expected) in [
            ("10 Users", "1-10"),
            ("100 Users", "51-100"),
            ("Unlimited Users", "unlimited"),
            ("Per Unit Pricing (593 users)", "501-2000"),
            ("-5 Users", "(none)"),
            ("Subscription", "(none)"),
            ("", "(none)"),
            ("10001 Users", "10001+"),
        ] {
            assert_eq!(BANDS[usize::from(band(tier))], expected, "{tier}");
        }
    }
}
