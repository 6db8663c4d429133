//! What holds for any history.

use super::{Sold, lasting, settled, sold};
use crate::Day;
use crate::record::{Class, Sale};
use crate::rules::{Obligation, Outcome};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const FROM: i32 = 17_000;
const AS_OF: &str = "2021-01-01";

/// One licence's history: lines that follow each other more or less.
fn history() -> impl Strategy<Value = Vec<Sold>> {
    let step = (0..10u8, -40..400i32, prop_oneof![Just(365), Just(730), 1..400i32], 0..4usize, 0..3usize);
    (0..5usize, 0..3usize, 0..1000i32, proptest::collection::vec(step, 1..6)).prop_map(
        |(licence, customer, begin, steps)| {
            let mut start = FROM + begin;
            let mut lines: Vec<Sold> = Vec::new();
            for (n, (kind, lag, days, tier, hosting)) in steps.into_iter().enumerate() {
                let mut line = sold("L New 2019-03-10..2020-03-10");
                line.licence = format!("L{licence}{customer}");
                line.customer = format!("c{customer}");
                line.kind = match (n, kind) {
                    (0, 0..=7) => Sale::New,
                    (_, 0..=4) => Sale::Renewal,
                    (_, 5) => Sale::Upgrade,
                    (_, 6) => Sale::Downgrade,
                    (_, 7 | 8) => Sale::Refund,
                    _ => Sale::Manual,
                };
                if line.kind == Sale::Refund
                    && let Some(last) = lines.last()
                {
                    (line.start, line.end) = (last.start.plus(days % 200), last.end);
                    line.cents = -5_000;
                } else {
                    (line.start, line.end) = (Day(start), Day(start + days));
                    start += days;
                }
                line.sale = line.start.plus(lag - 40).max(Day(FROM - 300));
                line.tier = format!("{} Users", [10, 50, 100, 500][tier]);
                line.hosting = ["Server", "Cloud", "Data Center"][hosting].into();
                line.class = if days % 17 == 0 { Class::Community } else { Class::Paid };
                line.transaction = format!("AT-{licence}-{customer}-{begin}-{n}");
                line.line = format!("{n}");
                lines.push(line);
            }
            lines
        },
    )
}

fn market() -> impl Strategy<Value = Vec<Sold>> {
    proptest::collection::vec(history(), 1..6).prop_map(|all| all.into_iter().flatten().collect())
}

fn summary(all: &[(String, Obligation)]) -> Vec<(String, Day, Outcome, Option<Day>, i64, i64)> {
    all.iter()
        .map(|(name, o)| (name.clone(), o.due, o.outcome, o.retained_on(), o.expected, o.renewed))
        .collect()
}

fn rates(all: &[(String, Obligation)], days: i32) -> BTreeMap<crate::Month, (usize, usize)> {
    let mut rates: BTreeMap<_, (usize, usize)> = BTreeMap::new();
    for (_, o) in all.iter().filter(|(_, o)| o.outcome.is_in_cohort()) {
        let cell = rates.entry(o.due.month()).or_default();
        cell.0 += 1;
        cell.1 += usize::from(o.is_retained_until(o.due.plus(days)));
    }
    rates
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn shuffling_changes_nothing(lines in market(), seed in any::<u64>()) {
        let mut shuffled = lines.clone();
        shuffled.sort_by_key(|line| crate::book::hash::of(format!("{line:?}").as_bytes(), seed));
        prop_assert_eq!(
            summary(&settled(&lines, AS_OF, &lasting())),
            summary(&settled(&shuffled, AS_OF, &lasting()))
        );
    }

    #[test]
    fn saying_it_twice_changes_nothing(lines in market()) {
        let twice: Vec<Sold> = lines.iter().chain(&lines).cloned().collect();
        prop_assert_eq!(
            summary(&settled(&lines, AS_OF, &lasting())),
            summary(&settled(&twice, AS_OF, &lasting()))
        );
    }

    /// Without refunds every eligible term is one obligation, neither lost nor counted twice.
    #[test]
    fn every_term_is_one_obligation(lines in market()) {
        let lines: Vec<Sold> = lines.into_iter().filter(|line| line.kind != Sale::Refund).collect();
        if lines.is_empty() {
            return Ok(());
        }
        let as_of: Day = AS_OF.parse().expect("a day");
        let mut seen = BTreeSet::new();
        let mut terms: Vec<(String, Day)> = lines
            .iter()
            .filter(|line| line.kind != Sale::Manual && line.class == Class::Paid && line.sale <= as_of)
            .filter(|line| seen.insert((line.transaction.clone(), line.line.clone())))
            .map(|line| (line.licence.clone(), line.end))
            .collect();
        terms.sort();
        let found: Vec<(String, Day)> =
            settled(&lines, AS_OF, &lasting()).iter().map(|(name, o)| (name.clone(), o.due)).collect();
        prop_assert_eq!(found, terms);
    }

    /// A new licence stands for at most one old one.
    #[test]
    fn nothing_is_replaced_by_the_same_licence_twice(lines in market()) {
        let mut taken = BTreeSet::new();
        for (_, o) in settled(&lines, AS_OF, &lasting()) {
            if let (Some(next), true) = (o.next, o.linked_by.is_some()) {
                prop_assert!(taken.insert(next.licence));
                prop_assert!(matches!(o.outcome, Outcome::Migrated | Outcome::Repurchased));
            }
        }
    }

    /// Giving a renewal back never raises the rate of the month that it had renewed.
    #[test]
    fn a_refund_never_raises_a_rate(
        steps in proptest::collection::vec((60..800i32, 0..120i32), 2..6),
        which in any::<prop::sample::Index>(),
        kept_days in 0..100i32,
    ) {
        let (mut start, mut sale) = (Day(FROM), Day(FROM));
        let mut lines: Vec<Sold> = Vec::new();
        for (n, (days, lag)) in steps.into_iter().enumerate() {
            let mut line = sold(if n == 0 { "L1 New 2019-03-10..2020-03-10" } else { "L1 Renewal 2019-03-10..2020-03-10" });
            sale = sale.max(start.plus(lag - 60));
            (line.start, line.end, line.sale) = (start, start.plus(days), sale);
            (line.transaction, line.line) = (format!("AT-{n}"), format!("{n}"));
            start = line.end;
            lines.push(line);
        }
        let n = 1 + which.index(lines.len() - 1);
        let month = lines[n - 1].end.month();
        let mut refund = lines[n].clone();
        (refund.kind, refund.original, refund.line) = (Sale::Refund, refund.transaction.clone(), "refund".into());
        refund.start = refund.start.plus(if kept_days < 50 { 0 } else { kept_days - 50 });
        let with: Vec<Sold> = lines.iter().cloned().chain([refund]).collect();
        for days in [0, 30, 90, 365] {
            let share = |lines: &[Sold]| {
                let all = settled(lines, "2040-01-01", &lasting());
                rates(&all, days).get(&month).map_or(0.0, |(due, retained)| *retained as f64 / *due as f64)
            };
            prop_assert!(share(&with) <= share(&lines));
        }
    }

    /// Looking again later lets a month only mature: what was decided stays, as long as nothing more is sold.
    #[test]
    fn later_looks_only_let_a_month_mature(lines in market(), days in 0..400i32) {
        let as_of: Day = AS_OF.parse().expect("a day");
        let lines: Vec<Sold> = lines.into_iter().filter(|line| line.sale <= as_of).collect();
        if lines.is_empty() {
            return Ok(());
        }
        let before = settled(&lines, AS_OF, &lasting());
        let after = settled(&lines, &as_of.plus(days).to_string(), &lasting());
        prop_assert_eq!(before.len(), after.len());
        let known: BTreeMap<_, _> = before.iter().map(|(name, o)| ((name, o.line.key, o.due), o)).collect();
        for (name, o) in &after {
            let was = known[&(name, o.line.key, o.due)];
            match was.outcome {
                Outcome::Future => prop_assert!(
                    matches!(o.outcome, Outcome::Future | Outcome::Pending | Outcome::Lapsed)
                ),
                Outcome::Pending => prop_assert!(matches!(o.outcome, Outcome::Pending | Outcome::Lapsed)),
                outcome => prop_assert_eq!(outcome, o.outcome),
            }
        }
        for (month, (due, retained)) in rates(&before, 30) {
            let later = rates(&after, 30)[&month];
            prop_assert!(later.0 >= due && later.1 == retained);
        }
    }

    /// Sales between two looks: who was retained by a day stays so unless money was given back.
    #[test]
    fn what_was_retained_stays_retained(lines in market()) {
        let lines: Vec<Sold> = lines.into_iter().filter(|line| line.kind != Sale::Refund).collect();
        if lines.is_empty() {
            return Ok(());
        }
        let before = settled(&lines, "2019-06-01", &lasting());
        let after = settled(&lines, AS_OF, &lasting());
        let kept = |all: &[(String, Obligation)]| -> BTreeMap<(String, u64), Outcome> {
            all.iter().map(|(name, o)| ((name.clone(), o.line.key), o.outcome)).collect()
        };
        let later = kept(&after);
        for (key, outcome) in kept(&before) {
            prop_assert!(later.contains_key(&key), "{key:?} was {outcome:?} and is gone");
        }
    }
}
