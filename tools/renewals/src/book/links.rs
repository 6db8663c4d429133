//! Which licences have the same customer.
//!
//! Licences that share a key are one customer's: named by a record, the same e-mail address, the same domain and country, the same
//! company and country. Domains of partners and of free mail say nothing, nor does a key that too many licences share.

use super::contact::{self, Contact};
use super::hash;
use super::sort;
use super::union::Union;
use std::collections::HashSet;

/// A key that more licences share belongs to no one customer: an agency, or a name such as `Test`.
pub const SHARED_MAX: usize = 200;

/// By what two licences are linked, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A record of one names the other.
    Explicit,
    /// The same technical or billing e-mail.
    Email,
    /// The same e-mail domain and country.
    Domain,
    /// The same company and country.
    Company,
    /// Through a third licence.
    Chain,
}

impl Rule {
    /// As the figures name it.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Explicit => "explicit",
            Rule::Email => "email",
            Rule::Domain => "domain_and_country",
            Rule::Company => "company_and_country",
            Rule::Chain => "through_another_licence",
        }
    }
}

/// So many keys has a contact as a rule: two addresses of one domain, a company.
const KEYS: usize = 4;

/// The contacts of every licence, and what says that two are the same customer.
#[derive(Debug, Default)]
pub struct Links {
    contacts: Vec<Contact>,
    /// The contacts of the licences, one licence after the other.
    held: Vec<u32>,
    /// Where in `held` each licence begins.
    starts: Vec<u32>,
    /// Pairs of licences of which one record names both, the smaller number first.
    explicit: HashSet<(u32, u32), hash::AsIs>,
    void_domains: HashSet<u64, hash::AsIs>,
}

impl Links {
    /// Prepares links between so many licences.
    pub fn new(
        licences: u32,
        contacts: Vec<Contact>,
        held: impl Iterator<Item = (u32, u32)> + Clone,
        explicit: impl Iterator<Item = (u32, u32)>,
        partner_domains: &HashSet<u64>,
    ) -> Links {
        let (starts, held) = grouped(licences as usize, held);
        let explicit = explicit.filter(|(a, b)| a != b).map(|(a, b)| (a.min(b), a.max(b))).collect();
        let void_domains = contact::free_mail().chain(partner_domains.iter().copied()).collect();
        let mut links = Links { contacts, held, starts, explicit, void_domains };
        let partners: HashSet<u64, hash::AsIs> = partner_domains.iter().copied().collect();
        for contact in &mut links.contacts {
            for n in 0..2 {
                if partners.contains(&contact.domains[n]) {
                    (contact.emails[n], contact.domains[n]) = (0, 0);
                }
            }
        }
        links
    }

    /// The keys of a contact with the rules that they stand for, each once.
    fn keys(&self, contact: u32) -> impl Iterator<Item = (Rule, u64)> + use<'_> {
        let contact = &self.contacts[contact as usize];
        let once = |[first, second]: [u64; 2]| [first, if first == second { 0 } else { second }];
        let emails = once(contact.emails).into_iter().map(|email| (Rule::Email, email));
        let domains = once(contact.domains).into_iter().map(|domain| {
            let is_void = domain == 0 || contact.country == 0 || self.void_domains.contains(&domain);
            (Rule::Domain, if is_void { 0 } else { hash::both(domain, contact.country) })
        });
        let is_named = contact.company != 0 && contact.country != 0;
        let company =
            (Rule::Company, if is_named { hash::both(contact.company, contact.country) } else { 0 });
        emails.chain(domains).chain([company]).filter(|(_, key)| *key != 0)
    }

    fn of(&self, licence: u32) -> &[u32] {
        let at = |n: u32| self.starts[n as usize] as usize;
        &self.held[at(licence)..at(licence + 1)]
    }

    /// The customer of each licence, and how many customers there are.
    pub fn customers(&self, threads: usize) -> (Vec<u32>, u32) {
        let mut sets = Union::alone(self.starts.len() - 1);
        for (a, b) in &self.explicit {
            sets.join(*a, *b);
        }
        let licences = 0..self.starts.len() as u32 - 1;
        let holders = licences.flat_map(|licence| self.of(licence).iter().map(move |held| (*held, licence)));
        let (first, rest) = grouped(self.contacts.len(), holders);
        let held_by =
            |contact: u32| &rest[first[contact as usize] as usize..first[contact as usize + 1] as usize];
        let share = self.contacts.len().div_ceil(threads.max(1)).max(1);
        let shares = (0..self.contacts.len()).step_by(share).map(|from| {
            let contacts = from as u32..self.contacts.len().min(from + share) as u32;
            let keys = |contact| self.keys(contact).map(move |(_, key)| (key, contact));
            (contacts.len() * KEYS, contacts.flat_map(keys))
        });
        let joined = sort::runs(
            shares.collect(),
            threads,
            |out: &mut Vec<(u32, u32)>, run| {
                let count: usize = run.iter().map(|(_, contact)| held_by(*contact).len()).sum();
                if count > SHARED_MAX {
                    let mut all: Vec<u32> = Vec::new();
                    all.extend(run.iter().flat_map(|(_, contact)| held_by(*contact)));
                    all.sort_unstable();
                    all.dedup();
                    if all.len() > SHARED_MAX {
                        return;
                    }
                }
                let mut licences = run.iter().flat_map(|(_, contact)| held_by(*contact));
                if let Some(first) = licences.next() {
                    out.extend(
                        licences.filter(|licence| *licence != first).map(|licence| (*first, *licence)),
                    );
                }
            },
            Vec::new,
        );
        for (a, b) in joined.into_iter().flatten() {
            sets.join(a, b);
        }
        sets.numbered()
    }

    /// Whether a record names both licences.
    pub fn is_explicit(&self, a: u32, b: u32) -> bool {
        self.explicit.contains(&(a.min(b), a.max(b)))
    }

    /// The strongest rule that links two licences of one customer.
    pub fn rule(&self, a: u32, b: u32) -> Rule {
        if self.is_explicit(a, b) {
            return Rule::Explicit;
        }
        let keys = |licence| self.of(licence).iter().flat_map(|contact| self.keys(*contact));
        let known: HashSet<u64, hash::AsIs> = keys(a).map(|(_, key)| key).collect();
        keys(b).filter(|(_, key)| known.contains(key)).map(|(rule, _)| rule).min().unwrap_or(Rule::Chain)
    }
}

/// Numbers by what they belong to: where the ones of each begin, and all of them.
fn grouped(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0u32; count + 1];
    pairs.clone().for_each(|(owner, _)| starts[owner as usize + 1] += 1);
    for n in 1..starts.len() {
        starts[n] += starts[n - 1];
    }
    let mut next = starts.clone();
    let mut all = vec![0; starts[count] as usize];
    for (owner, number) in pairs {
        let place = &mut next[owner as usize];
        all[*place as usize] = number;
        *place += 1;
    }
    (starts, all)
}
