//! The same figures without names: for showing a report to people outside.

use std::collections::BTreeMap;

use crate::figures::{Figures, Missed};

/// Returns the figures with customers, licences, contacts and partners replaced by numbers.
///
/// Counts and values stay as they are. Numbers follow the order of the lists, so they say nothing about names;
/// the same partner has the same number everywhere. Examples of unusable records are left out, for they quote
/// the export.
pub fn of(figures: &Figures) -> Figures {
    let mut hidden = figures.clone();
    let mut names = Names::default();
    for dimension in hidden.dimensions.iter_mut().filter(|dimension| dimension.name == "partner") {
        for segment in &mut dimension.segments {
            if !segment.name.starts_with('(') {
                segment.name = names.partner(&segment.name);
            }
        }
    }
    let lists = hidden.not_renewed.iter_mut().chain(&mut hidden.won_back);
    lists.for_each(|missed| names.hide(missed));
    hidden.quality.bad_examples.clear();
    hidden
}

#[derive(Default)]
struct Names {
    customers: BTreeMap<String, usize>,
    partners: BTreeMap<String, usize>,
    licences: BTreeMap<String, usize>,
}

impl Names {
    fn partner(&mut self, name: &str) -> String {
        numbered(&mut self.partners, "Partner", name)
    }

    fn hide(&mut self, missed: &mut Missed) {
        if !missed.company.is_empty() {
            missed.company = numbered(&mut self.customers, "Customer", &missed.company);
        }
        if !missed.partner.is_empty() {
            missed.partner = self.partner(&missed.partner);
        }
        missed.licence = numbered(&mut self.licences, "Licence", &missed.licence);
        missed.maybe = missed.maybe.as_ref().map(|maybe| numbered(&mut self.licences, "Licence", maybe));
        missed.contact.clear();
    }
}

fn numbered(known: &mut BTreeMap<String, usize>, kind: &str, name: &str) -> String {
    let next = known.len() + 1;
    format!("{kind} {}", known.entry(name.to_owned()).or_insert(next))
}
