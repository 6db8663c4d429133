//! One customer: each licence for itself, then what replaces what.

use super::chain::{Chain, Open};
use super::replace::{self, Fresh};
use super::{Sink, Thresholds};
use crate::book::ledger::Ledger;
use crate::record::{Class, Line, Sale};

/// Lines that the rules passed over, by reason.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// Sold after the day that is looked from.
    pub after_as_of: u64,
    /// Never paid.
    pub uncollectible: u64,
    /// Without a sale type.
    pub manual: u64,
    /// Value of those, in cents.
    pub manual_cents: i64,
    /// Terms without days.
    pub empty: u64,
    /// Billed monthly, for less than 60 days.
    pub monthly: u64,
    /// Of licence types that do not count.
    pub other_class: u64,
    /// Refunds that fit no term.
    pub unlinked_refunds: u64,
}

impl Passed {
    /// Adds what another thread passed over.
    pub fn add(&mut self, other: &Passed) {
        self.after_as_of += other.after_as_of;
        self.uncollectible += other.uncollectible;
        self.manual += other.manual;
        self.manual_cents += other.manual_cents;
        self.empty += other.empty;
        self.monthly += other.monthly;
        self.other_class += other.other_class;
        self.unlinked_refunds += other.unlinked_refunds;
    }

    /// Whether a line is a term or a refund; counts it otherwise.
    fn lets_through(&mut self, line: &Line, thresholds: &Thresholds) -> bool {
        if i32::from(line.sale) > thresholds.as_of.0 {
            self.after_as_of += 1;
            return false;
        }
        if line.is_uncollectible() {
            self.uncollectible += 1;
            return false;
        }
        match line.kind() {
            Sale::Refund => return true,
            Sale::Manual => {
                self.manual += 1;
                self.manual_cents += i64::from(line.price);
                return false;
            }
            Sale::Unknown => return false,
            Sale::New | Sale::Renewal | Sale::Upgrade | Sale::Downgrade => {}
        }
        match line.class() {
            Class::Trial => {
                self.other_class += 1;
                return false;
            }
            Class::Other => self.other_class += 1,
            Class::Community => self.other_class += u64::from(!thresholds.community),
            Class::Paid => {}
        }
        let days = i32::from(line.end) - i32::from(line.start);
        self.empty += u64::from(days <= 0);
        self.monthly += u64::from(line.is_monthly() && (1..60).contains(&days));
        days > 0
    }
}

/// Room to work in, used for one customer after the other.
#[derive(Debug, Default)]
pub struct Customer {
    lines: Vec<Line>,
    chain: Chain,
    open: Vec<Open>,
    fresh: Vec<Fresh>,
    /// What was passed over so far.
    pub passed: Passed,
}

impl Customer {
    /// Settles all obligations of a customer, whose lines are `all`.
    pub fn settle(&mut self, ledger: &Ledger, thresholds: &Thresholds, all: &[Line], sink: &mut impl Sink) {
        let Customer { lines, chain, open, fresh, passed } = self;
        lines.clear();
        lines.extend(all.iter().filter(|line| passed.lets_through(line, thresholds)));
        if lines.is_empty() {
            return;
        }
        lines.sort_unstable_by_key(|line| line.licence);
        open.clear();
        fresh.clear();
        for licence in lines.chunk_by(|a, b| a.licence == b.licence) {
            licence.iter().for_each(|line| chain.add(*line));
            let first = chain.settle(thresholds, |decided| sink.obligation(&decided), |one| open.push(one));
            fresh.extend(first.map(|term| Fresh { term, is_taken: false }));
        }
        passed.unlinked_refunds += std::mem::take(&mut chain.unlinked_refunds);
        if !open.is_empty() && !fresh.is_empty() {
            replace::matched(ledger, thresholds, open, fresh);
        }
        open.iter().for_each(|one| sink.obligation(&one.obligation));
        fresh.iter().filter(|one| !one.is_taken).for_each(|one| sink.unlinked(&one.term.line));
        sink.customer_done();
    }
}
