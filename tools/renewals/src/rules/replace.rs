//! Licences that replace others of the same customer and product.

use super::chain::{Open, Term};
use super::{Obligation, Outcome, Thresholds};
use crate::book::ledger::Ledger;
use crate::money;

/// A first sale of a licence that may replace another.
#[derive(Debug, Clone, Copy)]
pub struct Fresh {
    /// The term.
    pub term: Term,
    /// Whether it replaced something.
    pub is_taken: bool,
}

/// Gives each open obligation at most one fresh licence, and each fresh licence at most one obligation, the nearest first.
pub fn matched(ledger: &Ledger, thresholds: &Thresholds, open: &mut [Open], fresh: &mut [Fresh]) {
    let mut pairs: Vec<(bool, i32, bool, _, usize, usize)> = Vec::new();
    for (n, old) in open.iter().enumerate() {
        for (m, new) in fresh.iter().enumerate() {
            if may_replace(ledger, thresholds, old, &new.term) {
                let (line, sold) = (&old.obligation.line, &new.term.line);
                let is_stranger = !ledger.links.is_explicit(line.licence, sold.licence);
                let distance = (new.term.start.0 - old.obligation.due.0).abs();
                let ids = (
                    old.obligation.due,
                    ledger.licence_ids[line.licence as usize],
                    ledger.licence_ids[sold.licence as usize],
                );
                pairs.push((is_stranger, distance, line.tier != sold.tier, ids, n, m));
            }
        }
    }
    pairs.sort_unstable();
    let mut is_done = vec![false; if pairs.is_empty() { 0 } else { open.len() }];
    for (.., n, m) in pairs {
        if !is_done[n] && !fresh[m].is_taken {
            (is_done[n], fresh[m].is_taken) = (true, true);
            replace(ledger, &mut open[n].obligation, &fresh[m].term);
        }
    }
}

/// Whether a first sale may stand for the renewal that did not come.
fn may_replace(ledger: &Ledger, thresholds: &Thresholds, old: &Open, new: &Term) -> bool {
    let (line, due) = (&old.obligation.line, old.obligation.due);
    line.licence != new.line.licence
        && ledger.families[usize::from(line.app)] == ledger.families[usize::from(new.line.app)]
        && new.start > old.start
        && new.start >= due.plus(-thresholds.lb)
        && new.start <= due.plus(thresholds.lf)
}

fn replace(ledger: &Ledger, obligation: &mut Obligation, new: &Term) {
    let is_same_hosting = obligation.line.hosting == new.line.hosting;
    obligation.outcome = if is_same_hosting { Outcome::Repurchased } else { Outcome::Migrated };
    obligation.next = Some(new.line);
    obligation.linked_by = Some(ledger.links.rule(obligation.line.licence, new.line.licence));
    obligation.renewed = money::per_year(new.line.price.into(), new.days());
    obligation.renewed_vendor = money::per_year(new.line.vendor.into(), new.days());
}
