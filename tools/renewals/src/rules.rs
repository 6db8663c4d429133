//! Which obligations there are and what became of each.
//!
//! A *term* is a sold period of a licence. Its end is an *obligation*: the licence is due for renewal on that day. What became of it is
//! its [`Outcome`]: renewed early, on time or late, upgraded, replaced by another licence, not renewed, or not due after all. Everything
//! is judged as of one day; sales after it do not exist. The functions here are pure and know nothing of files.

use crate::Day;
use crate::book::ledger::Ledger;
use crate::book::links::Rule;
use crate::book::names::List;
use crate::figures::Parameters;
use crate::record::Line;
use std::sync::atomic::{AtomicUsize, Ordering};

pub mod chain;
pub mod customer;
pub mod refund;
pub mod replace;
#[cfg(test)]
mod tests;

pub use customer::Passed;

/// What became of an obligation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Renewed before the month of the due day.
    Early,
    /// Renewed until `G` days after the due day.
    OnTime,
    /// Renewed until `W` days after the due day.
    Late,
    /// Renewed later.
    VeryLate,
    /// Another term of the licence began before the due day and was sold in its month or later.
    Upgraded,
    /// The customer bought a licence of another hosting instead.
    Migrated,
    /// The customer bought a new licence of the same hosting instead.
    Repurchased,
    /// Not renewed, less than `W` days over.
    Pending,
    /// Not renewed.
    Lapsed,
    /// Another term took its place before the month of the due day: it never was due.
    Superseded,
    /// The rest of the term was given back and nothing follows.
    Cancelled,
    /// The term was over when it was sold.
    Retro,
    /// Due after the day that is looked from.
    Future,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Outcome; 13] = [
        Outcome::Early,
        Outcome::OnTime,
        Outcome::Late,
        Outcome::VeryLate,
        Outcome::Upgraded,
        Outcome::Migrated,
        Outcome::Repurchased,
        Outcome::Pending,
        Outcome::Lapsed,
        Outcome::Superseded,
        Outcome::Cancelled,
        Outcome::Retro,
        Outcome::Future,
    ];

    /// As figures and lists name it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Early => "early",
            Outcome::OnTime => "on_time",
            Outcome::Late => "late",
            Outcome::VeryLate => "very_late",
            Outcome::Upgraded => "upgraded",
            Outcome::Migrated => "migrated",
            Outcome::Repurchased => "repurchased",
            Outcome::Pending => "pending",
            Outcome::Lapsed => "lapsed",
            Outcome::Superseded => "superseded",
            Outcome::Cancelled => "cancelled",
            Outcome::Retro => "retro",
            Outcome::Future => "future",
        }
    }

    /// Whether the customer stayed.
    pub fn is_retained(self) -> bool {
        self <= Outcome::Repurchased
    }

    /// Whether the same licence was renewed.
    pub fn is_strict(self) -> bool {
        self <= Outcome::VeryLate
    }

    /// Whether it belongs to the cohort of its month.
    pub fn is_in_cohort(self) -> bool {
        self <= Outcome::Lapsed
    }
}

/// A licence that was due on a day, and what became of it.
#[derive(Debug, Clone, Copy)]
pub struct Obligation {
    /// The last line of the term that ends.
    pub line: Line,
    /// The due day.
    pub due: Day,
    /// What became of it.
    pub outcome: Outcome,
    /// The line that retained it, or took its place.
    pub next: Option<Line>,
    /// What says that the next line's licence has the same customer, where it is another licence.
    pub linked_by: Option<Rule>,
    /// What a renewal for a year should bring, in cents as the customer pays.
    pub expected: i64,
    /// The same as the vendor receives.
    pub expected_vendor: i64,
    /// What it was renewed for, per year; 0 if it was not.
    pub renewed: i64,
    /// The same as the vendor receives.
    pub renewed_vendor: i64,
    /// Which renewal of the licence it is: 1, 2, or 3 for all later ones.
    pub tenure: u8,
    /// Days that the term was sold for.
    pub days: i32,
    /// False after the end of sale of its hosting or app.
    pub is_renewable: bool,
}

impl Obligation {
    /// When it was retained.
    pub fn retained_on(&self) -> Option<Day> {
        self.next.filter(|_| self.outcome.is_retained()).map(|next| Day(i32::from(next.sale)))
    }

    /// Whether it was retained by a sale until that day.
    pub fn is_retained_until(&self, day: Day) -> bool {
        self.retained_on().is_some_and(|sold| sold <= day)
    }
}

/// The thresholds, with names as the ledger numbers them.
#[derive(Debug, Clone)]
pub struct Thresholds {
    /// Sales after this day do not exist.
    pub as_of: Day,
    /// See [`Parameters::g`].
    pub g: i32,
    /// See [`Parameters::w`].
    pub w: i32,
    /// See [`Parameters::lb`].
    pub lb: i32,
    /// See [`Parameters::lf`].
    pub lf: i32,
    /// Whether community licences count.
    pub community: bool,
    /// Which hosting is Server: its first renewal costs half.
    pub server: Option<u8>,
    end_of_sale: Vec<Option<Day>>,
    archived: Vec<Option<Day>>,
}

impl Thresholds {
    /// The thresholds for a ledger.
    pub fn new(params: &Parameters, as_of: Day, ledger: &Ledger) -> Thresholds {
        let days = |list, days: &std::collections::BTreeMap<String, Day>| {
            ledger.names.all(list).iter().map(|name| days.get(name).copied()).collect::<Vec<_>>()
        };
        let server = ledger.names.all(List::Hosting).iter().position(|name| name == "Server");
        Thresholds {
            as_of,
            g: params.g,
            w: params.w,
            lb: params.lb,
            lf: params.lf,
            community: params.community,
            server: server.and_then(|n| u8::try_from(n).ok()),
            end_of_sale: days(List::Hosting, &params.end_of_sale),
            archived: days(List::App, &params.archived),
        }
    }

    /// Whether a term of that line could be renewed on that day.
    pub fn is_renewable(&self, line: &Line, due: Day) -> bool {
        let until = [
            self.end_of_sale.get(usize::from(line.hosting)).copied().flatten(),
            self.archived.get(usize::from(line.app)).copied().flatten(),
        ];
        until.iter().flatten().all(|last| due <= *last)
    }
}

/// What becomes of what the rules find.
pub trait Sink: Send {
    /// An obligation of the customer at hand.
    fn obligation(&mut self, obligation: &Obligation);

    /// A first sale of a licence that replaced nothing.
    fn unlinked(&mut self, _line: &Line) {}

    /// All obligations of a customer were told.
    fn customer_done(&mut self) {}
}

/// Applies the rules to every customer on several threads; each thread fills a sink of its own.
///
/// Which customers come to which sink is left to chance, so that sinks must be joined in a way that does not depend on it.
pub fn settle<S: Sink>(
    ledger: &Ledger,
    thresholds: &Thresholds,
    threads: usize,
    sink: impl Fn() -> S + Sync,
) -> (Vec<S>, Passed) {
    let pieces = pieces(ledger, threads.max(1) * 16);
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut sink, mut customer) = (sink(), customer::Customer::default());
        let mut lines: Vec<Line> = Vec::new();
        while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
            // The lines of many customers at once, so that the processor fetches them from many places at the same time.
            for from in piece.clone().step_by(AT_ONCE) {
                let customers = from..piece.end.min(from + AT_ONCE as u32);
                lines.clear();
                lines.extend(ledger.lines_of(customers.clone()));
                let mut rest = &lines[..];
                for number in customers {
                    let count = ledger.lines_before(number + 1) - ledger.lines_before(number);
                    let (own, others) = rest.split_at(count as usize);
                    customer.settle(ledger, thresholds, own, &mut sink);
                    rest = others;
                }
            }
        }
        (sink, customer.passed)
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(work)).collect();
        let mut sinks = Vec::new();
        let (own, mut passed) = work();
        sinks.push(own);
        for thread in others {
            let (sink, more) = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            sinks.push(sink);
            passed.add(&more);
        }
        (sinks, passed)
    })
}

/// Customers whose lines are fetched at once.
const AT_ONCE: usize = 64;

/// Ranges of customers with about as many lines each.
fn pieces(ledger: &Ledger, count: usize) -> Vec<std::ops::Range<u32>> {
    let share = (ledger.n_lines() / count as u32).max(1);
    let (mut pieces, mut from, mut lines) = (Vec::new(), 0, 0);
    for customer in 1..=ledger.customers() {
        if ledger.lines_before(customer) - lines >= share || customer == ledger.customers() {
            pieces.push(from..customer);
            (from, lines) = (customer, ledger.lines_before(customer));
        }
    }
    pieces
}
