//! Refunds: what was given back is taken out of the term that it was sold as.

use super::chain::Term;
use crate::Day;
use crate::record::Line;

/// Applies the refunds of a licence to its terms; how many fitted none.
pub fn apply(terms: &mut Vec<Term>, refunds: &mut [Line]) -> u64 {
    if refunds.is_empty() {
        return 0;
    }
    refunds.sort_unstable_by_key(|refund| (refund.sale, refund.content()));
    refunds.iter().filter(|refund| !subtract(terms, refund)).count() as u64
}

/// Takes one refund out of the term it belongs to; false if there is none.
fn subtract(terms: &mut Vec<Term>, refund: &Line) -> bool {
    let Some(n) = target(terms, refund) else { return false };
    let (from, to) = interval(refund, &terms[n]);
    let term = terms.swap_remove(n);
    // What is left before the refunded days ends where they begin, what is left behind them begins where they end.
    if term.start < from {
        terms.push(Term { end: from.min(term.end), is_cut: true, ..term });
    }
    if to < term.end {
        terms.push(Term { start: to.max(term.start), ..term });
    }
    true
}

/// The days that a refund gives back; without dates all of the term.
fn interval(refund: &Line, term: &Term) -> (Day, Day) {
    if refund.start == 0 || refund.end <= refund.start {
        (term.start, term.end)
    } else {
        (Day(refund.start.into()), Day(refund.end.into()))
    }
}

/// The term that a refund gives back: sold before it, named by it, else of the same tier, else any; of those the one it overlaps most.
fn target(terms: &[Term], refund: &Line) -> Option<usize> {
    let overlap = |term: &Term| {
        let (from, to) = interval(refund, term);
        to.min(term.end).0 - from.max(term.start).0
    };
    let is_named = |term: &Term| refund.original != 0 && term.line.transaction == refund.original;
    let needs_name = refund.start == 0 || refund.end <= refund.start;
    let rank = |term: &Term| {
        let same_price = term.line.price == refund.price.saturating_neg();
        let earliest = std::cmp::Reverse(term.line.sale);
        (
            is_named(term),
            term.line.tier == refund.tier,
            overlap(term),
            same_price,
            earliest,
            term.line.content(),
        )
    };
    terms
        .iter()
        .enumerate()
        .filter(|(_, term)| {
            term.line.sale <= refund.sale && overlap(term) > 0 && (!needs_name || is_named(term))
        })
        .max_by_key(|(_, term)| rank(term))
        .map(|(n, _)| n)
}
