//! Counting what the rules find, for the figures.
//!
//! Every thread has a tally of its own; tallies are added up, so that it does not matter who counted what.

use crate::book::ledger::Ledger;
use crate::book::links::Rule;
use crate::figures::{Age, Outcomes};
use crate::record::Line;
use crate::rules::{Obligation, Outcome, Sink};
use crate::{Day, Month};
use std::collections::BTreeMap;

pub mod assemble;
pub mod by_month;
pub mod groups;
pub mod lists;
pub mod maybe;
pub mod segments;

use by_month::ByMonth;
use groups::Groups;
use segments::Segments;

/// What one thread counted.
#[derive(Debug)]
pub struct Tally<'a> {
    frame: &'a Frame<'a>,
    /// By month.
    pub months: ByMonth<MonthTally>,
    /// The last months by app, hosting and so on.
    pub segments: Segments,
    /// By stratum, then by month.
    pub strata: Vec<ByMonth<StratumTally>>,
    /// By week after the due day.
    pub weeks: Vec<WeekTally>,
    /// By month and stratum.
    pub future: BTreeMap<(Month, u16), FutureTally>,
    /// Not renewed lately.
    pub not_renewed: Vec<Obligation>,
    /// Renewed lately and very late.
    pub won_back: Vec<Obligation>,
    /// Replacements by what linked them.
    pub linked_by: [u64; 5],
    /// First sales that replaced nothing.
    pub unlinked_new: u64,
    /// Those that are late enough to be the renewal of what the lists speak of.
    pub fresh: Vec<Line>,
    /// Of the customer at hand: month, app, whether retained within 30 days.
    customer: Vec<(Month, u16, bool)>,
}

/// What all tallies of a report have in common.
#[derive(Debug)]
pub struct Frame<'a> {
    /// The names.
    pub ledger: &'a Ledger,
    /// How names are grouped.
    pub groups: Groups,
    /// The day that is looked from.
    pub as_of: Day,
    /// Due days from here until before there are timed.
    pub timed: (Day, Day),
    /// Lists speak of due days and sales from here on.
    pub listed_from: Day,
}

/// Months that lists speak of, besides that of the day that is looked from.
pub const LISTED_MONTHS: i32 = 3;

impl<'a> Frame<'a> {
    /// The frame for a day; the last `baseline` months before it are timed.
    pub fn new(ledger: &'a Ledger, as_of: Day, baseline: u32) -> Frame<'a> {
        let month = as_of.month();
        Frame {
            ledger,
            groups: Groups::new(&ledger.names),
            as_of,
            timed: (month.plus(-(baseline.min(1200) as i32)).first(), month.first()),
            listed_from: month.plus(-LISTED_MONTHS).first(),
        }
    }
}

/// A month's obligations.
#[derive(Debug, Clone, Copy, Default)]
pub struct MonthTally {
    /// By outcome, in the order of [`Outcome::ALL`].
    pub outcomes: [u64; 13],
    /// Due, migrated and otherwise continued after the end of sale.
    pub not_renewable: [u64; 3],
    /// The last due day of the cohort.
    pub last_due: Day,
    /// Expected value of the cohort.
    pub expected: i64,
    /// By age.
    pub ages: [AgeTally; Age::ALL.len()],
    /// Where the expected value went.
    pub value: crate::figures::ValueFlow,
    /// Customers times apps, and those that retained one.
    pub customers: [u64; 2],
}

/// A cohort at an age.
#[derive(Debug, Clone, Copy, Default)]
pub struct AgeTally {
    /// Retained.
    pub retained: u64,
    /// Renewed on the same licence.
    pub strict: u64,
    /// Retained value without expansion.
    pub gross: i64,
    /// Retained value with expansion.
    pub net: i64,
}

/// A month of a stratum.
#[derive(Debug, Clone, Copy, Default)]
pub struct StratumTally {
    /// The cohort.
    pub due: u64,
    /// Retained until the end of the month.
    pub month_end: u64,
    /// Retained within 30 days.
    pub retained: u64,
}

/// Events of one week after the due day.
#[derive(Debug, Clone, Copy, Default)]
pub struct WeekTally {
    /// Renewed, upgraded, migrated, repurchased.
    pub events: [u64; 4],
    /// Not retained when last looked at.
    pub censored: u64,
}

/// A stratum of a future month.
#[derive(Debug, Clone, Copy, Default)]
pub struct FutureTally {
    /// To be renewed: count, value, vendor's value, square of the value in dollars.
    pub open: (u64, i64, i64, u64),
    /// Renewed already: count, value, vendor's value.
    pub done: (u64, i64, i64),
}

impl<'a> Tally<'a> {
    /// An empty tally.
    pub fn new(frame: &'a Frame<'a>) -> Tally<'a> {
        Tally {
            frame,
            months: ByMonth::default(),
            segments: Segments::new(&frame.groups, frame.as_of.month()),
            strata: Vec::new(),
            weeks: Vec::new(),
            future: BTreeMap::new(),
            not_renewed: Vec::new(),
            won_back: Vec::new(),
            linked_by: [0; 5],
            unlinked_new: 0,
            fresh: Vec::new(),
            customer: Vec::new(),
        }
    }

    /// Counts what is in the cohort of its month.
    fn cohort(&mut self, o: &Obligation, month: Month) {
        let month_end = o.is_retained_until(month.last());
        let retained = o.is_retained_until(Age::Days30.until(o.due));
        let gross = o.renewed.min(o.expected);
        let cell = self.months.at(month);
        cell.last_due = cell.last_due.max(o.due);
        cell.expected += o.expected;
        for (age, tally) in Age::ALL.into_iter().zip(&mut cell.ages) {
            let until = if age == Age::MonthEnd { month_end } else { o.is_retained_until(age.until(o.due)) };
            if until {
                tally.retained += 1;
                tally.strict += u64::from(o.outcome.is_strict());
                tally.gross += gross;
                tally.net += o.renewed;
            }
        }
        flow(&mut cell.value, o);
        let stratum = usize::from(self.frame.groups.stratum(o));
        if self.strata.len() <= stratum {
            self.strata.resize_with(stratum + 1, ByMonth::default);
        }
        let cell = self.strata[stratum].at(month);
        cell.due += 1;
        cell.month_end += u64::from(month_end);
        cell.retained += u64::from(retained);
        self.segments.add(&self.frame.groups, o, month, month_end, retained);
        self.customer.push((month, o.line.app, retained));
        if (self.frame.timed.0..self.frame.timed.1).contains(&o.due) {
            self.time(o);
        }
    }

    fn time(&mut self, o: &Obligation) {
        let day = o.retained_on().unwrap_or(self.frame.as_of);
        let week = ((day.0 - o.due.0).max(0) as usize).div_ceil(7);
        if self.weeks.len() <= week {
            self.weeks.resize(week + 1, WeekTally::default());
        }
        match o.outcome {
            Outcome::Early | Outcome::OnTime | Outcome::Late | Outcome::VeryLate => {
                self.weeks[week].events[0] += 1
            }
            Outcome::Upgraded => self.weeks[week].events[1] += 1,
            Outcome::Migrated => self.weeks[week].events[2] += 1,
            Outcome::Repurchased => self.weeks[week].events[3] += 1,
            _ => self.weeks[week].censored += 1,
        }
    }

    fn coming(&mut self, o: &Obligation, month: Month) {
        let cell = self.future.entry((month, self.frame.groups.stratum(o))).or_default();
        if o.outcome.is_retained() {
            cell.done.0 += 1;
            cell.done.1 += o.renewed;
            cell.done.2 += o.renewed_vendor;
        } else {
            let dollars = (o.expected / 100) as u64;
            cell.open.0 += 1;
            cell.open.1 += o.expected;
            cell.open.2 += o.expected_vendor;
            cell.open.3 += dollars * dollars;
        }
    }

    fn list(&mut self, o: &Obligation) {
        let from = self.frame.listed_from;
        match o.outcome {
            Outcome::Pending | Outcome::Lapsed if o.due >= from => self.not_renewed.push(*o),
            Outcome::VeryLate if o.retained_on().is_some_and(|day| day >= from) => self.won_back.push(*o),
            _ => {}
        }
    }
}

fn flow(value: &mut crate::figures::ValueFlow, o: &Obligation) {
    match o.outcome {
        Outcome::Pending => value.pending_cents += o.expected,
        Outcome::Lapsed => value.lapsed_cents += o.expected,
        outcome => {
            let kept = o.renewed.min(o.expected);
            value.kept_cents += kept;
            value.contraction_cents += o.expected - kept;
            if outcome == Outcome::Migrated {
                value.migration_cents += o.renewed - kept;
            } else {
                value.expansion_cents += o.renewed - kept;
            }
        }
    }
}

impl Sink for Tally<'_> {
    fn obligation(&mut self, o: &Obligation) {
        if let Some(rule) = o.linked_by {
            let rules = [Rule::Explicit, Rule::Email, Rule::Domain, Rule::Company, Rule::Chain];
            self.linked_by[rules.iter().position(|known| *known == rule).unwrap_or(4)] += 1;
        }
        let month = o.due.month();
        if o.due > self.frame.as_of
            && o.is_renewable
            && (o.outcome == Outcome::Future || o.outcome.is_retained())
        {
            self.coming(o, month);
        }
        if !o.is_renewable && o.outcome.is_in_cohort() {
            let cell = self.months.at(month);
            cell.not_renewable[0] += 1;
            match o.outcome {
                Outcome::Migrated => cell.not_renewable[1] += 1,
                outcome => cell.not_renewable[2] += u64::from(outcome.is_retained()),
            }
            return;
        }
        self.months.at(month).outcomes[o.outcome as usize] += 1;
        if o.outcome.is_in_cohort() {
            self.cohort(o, month);
            self.list(o);
        }
    }

    fn unlinked(&mut self, line: &Line) {
        self.unlinked_new += 1;
        if i32::from(line.start) >= self.frame.listed_from.0 - maybe::DAYS {
            self.fresh.push(*line);
        }
    }

    fn customer_done(&mut self) {
        let mut all = std::mem::take(&mut self.customer);
        all.sort_unstable();
        for one in all.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let cell = self.months.at(one[0].0);
            cell.customers[0] += 1;
            cell.customers[1] += u64::from(one.iter().any(|(_, _, retained)| *retained));
        }
        all.clear();
        self.customer = all;
    }
}

/// The outcomes of a cohort as the figures have them.
pub fn outcomes(counts: &[u64; 13]) -> Outcomes {
    let [early, on_time, late, very_late, upgraded, migrated, repurchased, pending, lapsed, ..] = *counts;
    Outcomes { early, on_time, late, very_late, upgraded, migrated, repurchased, pending, lapsed }
}
