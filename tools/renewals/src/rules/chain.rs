//! One licence: its terms in order, and what became of each.

use super::refund;
use super::{Obligation, Outcome, Thresholds};
use crate::record::{Class, Line, Sale};
use crate::{Day, money};

/// A sold period of a licence, or what refunds left of it.
#[derive(Debug, Clone, Copy)]
pub struct Term {
    /// The line that sold it.
    pub line: Line,
    /// Its first day.
    pub start: Day,
    /// Its due day.
    pub end: Day,
    /// Whether a refund moved its end.
    pub is_cut: bool,
}

impl Term {
    /// The term of a line.
    pub fn new(line: Line) -> Term {
        Term { line, start: Day(line.start.into()), end: Day(line.end.into()), is_cut: false }
    }

    /// Days that were paid for, refunded or not.
    pub fn days(&self) -> i32 {
        i32::from(self.line.end) - i32::from(self.line.start)
    }

    /// Whether its end is an obligation.
    fn is_eligible(&self, thresholds: &Thresholds) -> bool {
        let counts = match self.line.class() {
            Class::Paid => true,
            Class::Community => thresholds.community,
            Class::Trial | Class::Other => false,
        };
        counts && (self.line.is_annual() || self.days() >= 60)
    }

    fn order(&self) -> impl Ord + use<> {
        (self.start, self.end, self.line.sale, self.line.content())
    }
}

/// An obligation that nothing of its own licence follows.
#[derive(Debug, Clone, Copy)]
pub struct Open {
    /// The obligation, with the outcome it has if nothing replaces it.
    pub obligation: Obligation,
    /// The first day of its term.
    pub start: Day,
}

/// What a licence leaves behind.
#[derive(Debug, Default)]
pub struct Chain {
    terms: Vec<Term>,
    refunds: Vec<Line>,
    /// Refunds that fit no term.
    pub unlinked_refunds: u64,
}

impl Chain {
    /// Adds a line that is a term or a refund.
    pub fn add(&mut self, line: Line) {
        if line.kind() == Sale::Refund {
            self.refunds.push(line);
        } else {
            self.terms.push(Term::new(line));
        }
    }

    /// Settles the licence: tells decided obligations and open ones, and gives its first term if that is a new sale.
    pub fn settle(
        &mut self,
        thresholds: &Thresholds,
        mut decided: impl FnMut(Obligation),
        mut open: impl FnMut(Open),
    ) -> Option<Term> {
        self.unlinked_refunds += refund::apply(&mut self.terms, &mut self.refunds);
        if self.terms.len() > 1 {
            self.terms.sort_unstable_by_key(Term::order);
        }
        let mut tenure = 1;
        for n in 0..self.terms.len() {
            if !self.terms[n].is_eligible(thresholds) {
                continue;
            }
            let (obligation, is_open) = judge(&self.terms, n, tenure, thresholds);
            if !matches!(obligation.outcome, Outcome::Superseded | Outcome::Cancelled | Outcome::Retro) {
                tenure = (tenure + 1).min(3);
            }
            if is_open {
                open(Open { obligation, start: self.terms[n].start });
            } else {
                decided(obligation);
            }
        }
        let first = self.terms.first().copied().filter(|term| term.line.kind() == Sale::New);
        self.terms.clear();
        self.refunds.clear();
        first
    }
}

/// What became of the end of term `n`, and whether a licence of the same customer may still replace it.
fn judge(terms: &[Term], n: usize, tenure: u8, thresholds: &Thresholds) -> (Obligation, bool) {
    let term = &terms[n];
    let next = terms.get(n + 1);
    let due = term.end;
    let outcome = next.map(|next| followed(due, next, thresholds));
    let is_retro = term.line.kind() != Sale::New && due < Day(term.line.sale.into());
    let outcome = match outcome {
        // A term whose rest was given back never was due, whatever follows.
        _ if term.is_cut => match next {
            Some(next) if next.start <= due.plus(1) => Outcome::Superseded,
            _ => Outcome::Cancelled,
        },
        _ if is_retro => Outcome::Retro,
        Some(outcome) => outcome,
        None if due > thresholds.as_of => Outcome::Future,
        None if thresholds.as_of < due.plus(thresholds.w) => Outcome::Pending,
        None => Outcome::Lapsed,
    };
    let is_open = next.is_none() && !term.is_cut && !is_retro;
    // The first renewal of a Server licence costs half of its price.
    let is_half =
        thresholds.server == Some(term.line.hosting) && matches!(term.line.kind(), Sale::New | Sale::Upgrade);
    let expected = |price: i32| {
        let yearly = if is_half { money::half_per_year } else { money::per_year };
        yearly(price.into(), term.days())
    };
    let mut obligation = Obligation {
        line: term.line,
        due,
        outcome,
        next: next.map(|next| next.line),
        linked_by: None,
        expected: expected(term.line.price).max(0),
        expected_vendor: expected(term.line.vendor).max(0),
        renewed: 0,
        renewed_vendor: 0,
        tenure,
        days: term.days(),
        is_renewable: thresholds.is_renewable(&term.line, due),
    };
    if let (Some(next), true) = (next, outcome.is_retained()) {
        (obligation.renewed, obligation.renewed_vendor) = worth(&obligation, next, &terms[n + 2..]);
    }
    (obligation, is_open)
}

/// What the next term of the same licence makes of something due on `due`.
fn followed(due: Day, next: &Term, thresholds: &Thresholds) -> Outcome {
    let sold = Day(next.line.sale.into());
    let is_before_month = sold < due.month().first();
    if next.start < due {
        return if is_before_month { Outcome::Superseded } else { Outcome::Upgraded };
    }
    if is_before_month {
        Outcome::Early
    } else if sold <= due.plus(thresholds.g) {
        Outcome::OnTime
    } else if sold <= due.plus(thresholds.w) {
        Outcome::Late
    } else {
        Outcome::VeryLate
    }
}

/// What the continuation brings in a year: to the customer's purse, to the vendor's.
fn worth(obligation: &Obligation, next: &Term, later: &[Term]) -> (i64, i64) {
    let of = |term: &Term| {
        let days = term.days();
        (money::per_year(term.line.price.into(), days), money::per_year(term.line.vendor.into(), days))
    };
    let own = of(next);
    if obligation.outcome != Outcome::Upgraded {
        return own;
    }
    // The price of an upgrade is a difference: what the licence is worth shows at the next full term.
    match later.iter().find(|term| matches!(term.line.kind(), Sale::New | Sale::Renewal)) {
        Some(full) => of(full),
        None => (own.0.max(obligation.expected), own.1.max(obligation.expected_vendor)),
    }
}
