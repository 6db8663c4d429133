//! Tallies become figures.

use super::by_month::ByMonth;
use super::{Frame, FutureTally, MonthTally, StratumTally, Tally, WeekTally, outcomes};
use crate::Month;
use crate::book::links::Rule;
use crate::figures::{
    Age, AgeFigures, Dimension, FutureGroup, FutureMonth, MonthFigures, NotRenewable, Stratum, StratumMonth,
    Timing, TimingWeek,
};
use crate::record::Line;
use crate::rules::{Obligation, Outcome};
use std::collections::BTreeMap;

/// What tallies add up to.
#[derive(Debug)]
pub struct Sum {
    /// See [`crate::figures::Figures::months`].
    pub months: Vec<MonthFigures>,
    /// See [`crate::figures::Figures::dimensions`].
    pub dimensions: Vec<Dimension>,
    /// See [`crate::figures::Figures::strata`].
    pub strata: Vec<Stratum>,
    /// See [`crate::figures::Figures::timing`].
    pub timing: Timing,
    /// See [`crate::figures::Figures::future`].
    pub future: Vec<FutureMonth>,
    /// Not renewed lately, most valuable first.
    pub not_renewed: Vec<Obligation>,
    /// Won back lately, most valuable first.
    pub won_back: Vec<Obligation>,
    /// See [`crate::figures::Quality::linked_by`].
    pub linked_by: BTreeMap<String, u64>,
    /// See [`crate::figures::Quality::unlinked_new`].
    pub unlinked_new: u64,
    /// See [`Tally::fresh`].
    pub fresh: Vec<Line>,
}

/// Later months than this are not foretold.
const FUTURE_MONTHS: i32 = 36;

/// Adds up what the threads counted.
pub fn sum(frame: &Frame<'_>, tallies: Vec<Tally<'_>>, g: i32, min_n: u64) -> Sum {
    let mut tallies = tallies.into_iter();
    let mut all = tallies.next().unwrap_or_else(|| Tally::new(frame));
    for tally in tallies {
        merge(&mut all, tally);
    }
    let rank = |o: &Obligation| {
        let id = frame.ledger.licence_ids[o.line.licence as usize];
        (std::cmp::Reverse(o.expected), o.due, id, o.line.content())
    };
    all.not_renewed.sort_by_key(rank);
    all.won_back.sort_by_key(rank);
    let rules = [Rule::Explicit, Rule::Email, Rule::Domain, Rule::Company, Rule::Chain];
    let linked = rules.iter().zip(all.linked_by).filter(|(_, n)| *n > 0);
    Sum {
        months: months(&all.months, frame, g),
        dimensions: all.segments.dimensions(&frame.groups, min_n),
        strata: strata(&all.strata, frame),
        timing: timing(&all.weeks, frame),
        future: future(&all.future, frame),
        not_renewed: all.not_renewed,
        won_back: all.won_back,
        linked_by: linked.map(|(rule, n)| (rule.name().to_string(), n)).collect(),
        unlinked_new: all.unlinked_new,
        fresh: all.fresh,
    }
}

fn merge(all: &mut Tally<'_>, tally: Tally<'_>) {
    all.months.merge(&tally.months, merge_month);
    all.segments.merge(tally.segments);
    if all.strata.len() < tally.strata.len() {
        all.strata.resize_with(tally.strata.len(), ByMonth::default);
    }
    for (to, from) in all.strata.iter_mut().zip(&tally.strata) {
        to.merge(from, |to, from| {
            to.due += from.due;
            to.month_end += from.month_end;
            to.retained += from.retained;
        });
    }
    extend(&mut all.weeks, &tally.weeks, |to: &mut WeekTally, from| {
        to.events.iter_mut().zip(from.events).for_each(|(to, n)| *to += n);
        to.censored += from.censored;
    });
    for (key, from) in tally.future {
        let FutureTally { open, done } = all.future.entry(key).or_default();
        *open = (open.0 + from.open.0, open.1 + from.open.1, open.2 + from.open.2, open.3 + from.open.3);
        *done = (done.0 + from.done.0, done.1 + from.done.1, done.2 + from.done.2);
    }
    all.not_renewed.extend(tally.not_renewed);
    all.won_back.extend(tally.won_back);
    all.linked_by.iter_mut().zip(tally.linked_by).for_each(|(to, n)| *to += n);
    all.unlinked_new += tally.unlinked_new;
    all.fresh.extend(tally.fresh);
}

fn extend<T: Default + Clone>(to: &mut Vec<T>, from: &[T], add: impl Fn(&mut T, &T)) {
    if to.len() < from.len() {
        to.resize(from.len(), T::default());
    }
    to.iter_mut().zip(from).for_each(|(to, from)| add(to, from));
}

fn merge_month(to: &mut MonthTally, from: &MonthTally) {
    to.outcomes.iter_mut().zip(from.outcomes).for_each(|(to, n)| *to += n);
    to.not_renewable.iter_mut().zip(from.not_renewable).for_each(|(to, n)| *to += n);
    to.last_due = to.last_due.max(from.last_due);
    to.expected += from.expected;
    for (to, from) in to.ages.iter_mut().zip(from.ages) {
        to.retained += from.retained;
        to.strict += from.strict;
        to.gross += from.gross;
        to.net += from.net;
    }
    let (value, other) = (&mut to.value, &from.value);
    value.pending_cents += other.pending_cents;
    value.lapsed_cents += other.lapsed_cents;
    value.contraction_cents += other.contraction_cents;
    value.kept_cents += other.kept_cents;
    value.expansion_cents += other.expansion_cents;
    value.migration_cents += other.migration_cents;
    to.customers.iter_mut().zip(from.customers).for_each(|(to, n)| *to += n);
}

fn months(tallies: &ByMonth<MonthTally>, frame: &Frame<'_>, g: i32) -> Vec<MonthFigures> {
    let is_filled = |tally: &MonthTally| tally.outcomes.iter().any(|n| *n > 0) || tally.not_renewable[0] > 0;
    let last = frame.as_of.month();
    let known: Vec<(Month, &MonthTally)> = tallies
        .iter()
        .skip_while(|(_, tally)| !is_filled(tally))
        .take_while(|(month, _)| *month <= last)
        .collect();
    let Some((first, _)) = known.first() else { return Vec::new() };
    let none = MonthTally::default();
    let of = |n: i32| known.get(n as usize).map_or(&none, |(_, tally)| tally);
    (0..=last.0 - first.0).map(|n| month_figures(first.plus(n), of(n), frame, g)).collect()
}

fn month_figures(month: Month, tally: &MonthTally, frame: &Frame<'_>, g: i32) -> MonthFigures {
    let outcomes = outcomes(&tally.outcomes);
    let count = |outcome: Outcome| tally.outcomes[outcome as usize];
    let last_due = if outcomes.total() == 0 { month.last() } else { tally.last_due };
    let [due, migrated, continued] = tally.not_renewable;
    let age = |(age, tally): (Age, &super::AgeTally)| AgeFigures {
        age,
        mature: frame.as_of >= age.until(last_due),
        retained: tally.retained,
        strict: tally.strict,
        gross_cents: tally.gross,
        net_cents: tally.net,
    };
    MonthFigures {
        month,
        due: outcomes.total(),
        outcomes,
        superseded: count(Outcome::Superseded),
        cancelled: count(Outcome::Cancelled),
        retro: count(Outcome::Retro),
        future: count(Outcome::Future),
        not_renewable: NotRenewable { due, migrated, continued },
        mature: frame.as_of >= last_due.plus(g) && count(Outcome::Future) == 0,
        expected_cents: tally.expected,
        by_age: Age::ALL.into_iter().zip(&tally.ages).map(age).collect(),
        value: tally.value,
        customers: tally.customers[0],
        customers_retained: tally.customers[1],
    }
}

fn strata(tallies: &[ByMonth<StratumTally>], frame: &Frame<'_>) -> Vec<Stratum> {
    let last = frame.as_of.month();
    let mut strata: Vec<Stratum> = tallies
        .iter()
        .enumerate()
        .filter(|(_, months)| months.iter().next().is_some())
        .map(|(stratum, months)| {
            let (hosting, tenure, band) = frame.groups.stratum_names(stratum as u16);
            let filled = months.iter().filter(|(month, tally)| *month <= last && tally.due > 0);
            let months = filled.map(|(month, tally)| StratumMonth {
                month,
                due: tally.due,
                month_end: tally.month_end,
                retained: tally.retained,
            });
            Stratum { hosting, tenure, band, months: months.collect() }
        })
        .filter(|stratum| !stratum.months.is_empty())
        .collect();
    strata.sort_by(|a, b| (&a.hosting, a.tenure, &a.band).cmp(&(&b.hosting, b.tenure, &b.band)));
    strata
}

fn timing(weeks: &[WeekTally], frame: &Frame<'_>) -> Timing {
    let weeks = weeks.iter().enumerate().map(|(week, tally)| {
        let [renewed, upgraded, migrated, repurchased] = tally.events;
        TimingWeek { week: week as u32, renewed, upgraded, migrated, repurchased, censored: tally.censored }
    });
    let is_filled = |week: &TimingWeek| {
        week.renewed + week.upgraded + week.migrated + week.repurchased + week.censored > 0
    };
    Timing { from: frame.timed.0, until: frame.timed.1, weeks: weeks.filter(is_filled).collect() }
}

fn future(tallies: &BTreeMap<(Month, u16), FutureTally>, frame: &Frame<'_>) -> Vec<FutureMonth> {
    let mut months: BTreeMap<Month, Vec<FutureGroup>> = BTreeMap::new();
    let last = frame.as_of.month().plus(FUTURE_MONTHS);
    for ((month, stratum), tally) in tallies.iter().filter(|((month, _), _)| *month <= last) {
        let (hosting, tenure, band) = frame.groups.stratum_names(*stratum);
        months.entry(*month).or_default().push(FutureGroup {
            hosting,
            tenure,
            band,
            open: tally.open.0,
            open_cents: tally.open.1,
            open_vendor_cents: tally.open.2,
            open_square_dollars: tally.open.3,
            done: tally.done.0,
            done_cents: tally.done.1,
            done_vendor_cents: tally.done.2,
        });
    }
    let month = |(month, mut groups): (Month, Vec<FutureGroup>)| {
        groups.sort_by(|a, b| (&a.hosting, a.tenure, &a.band).cmp(&(&b.hosting, b.tenure, &b.band)));
        FutureMonth { month, groups }
    };
    months.into_iter().map(month).collect()
}
