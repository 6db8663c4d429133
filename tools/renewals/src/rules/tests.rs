//! Worked examples: a licence, what happened, what became of the due day.

use super::{Obligation, Outcome, Sink, Thresholds, settle};
use crate::Day;
use crate::book::hash::{self, Id};
use crate::book::ledger::Ledger;
use crate::book::names::List;
use crate::book::{Book, Draft, Met, contact::Contact, named};
use crate::figures::Parameters;
use crate::record::{Class, Line, Marks, Sale};

mod examples;
mod properties;
mod value;

/// A line as a table writes it: `L1 New 2019-03-10..2020-03-10 sold 2019-03-10 tier 100 $100 server by acme`.
///
/// What is not said is usual: sold on its first day, 100 users, $100, Server, customer `acme`, annual, commercial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sold {
    pub(super) licence: String,
    pub(super) kind: Sale,
    pub(super) start: Day,
    pub(super) end: Day,
    pub(super) sale: Day,
    pub(super) tier: String,
    pub(super) cents: i64,
    pub(super) hosting: String,
    pub(super) customer: String,
    pub(super) app: String,
    pub(super) transaction: String,
    pub(super) original: String,
    pub(super) class: Class,
    pub(super) monthly: bool,
    pub(super) uncollectible: bool,
    pub(super) updated: Day,
    pub(super) line: String,
}

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

pub(super) fn sold(text: &str) -> Sold {
    let mut words = text.split_whitespace();
    let mut next = || words.next().expect("another word").to_string();
    let licence = next();
    let kind = match next().as_str() {
        "New" => Sale::New,
        "Renewal" => Sale::Renewal,
        "Upgrade" => Sale::Upgrade,
        "Downgrade" => Sale::Downgrade,
        "Refund" => Sale::Refund,
        "Manual" => Sale::Manual,
        _ => Sale::Unknown,
    };
    let period = next();
    let (start, end) = period.split_once("..").expect("a period");
    let mut sold = Sold {
        kind,
        start: day(start),
        end: day(end),
        sale: day(start),
        tier: "100 Users".into(),
        cents: if kind == Sale::Refund { -10_000 } else { 10_000 },
        hosting: "Server".into(),
        customer: "acme".into(),
        app: "com.example.app".into(),
        transaction: format!("AT-{licence}-{start}-{kind:?}"),
        original: String::new(),
        class: Class::Paid,
        monthly: false,
        uncollectible: false,
        updated: day(start),
        line: text.to_string(),
        licence,
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().expect("a value").to_string();
        match word {
            "sold" => sold.sale = day(&value()),
            "tier" => sold.tier = format!("{} Users", value()),
            "by" => sold.customer = value(),
            "app" => sold.app = value(),
            "in" => sold.transaction = value(),
            "of" => sold.original = value(),
            "line" => sold.line = value(),
            "updated" => sold.updated = day(&value()),
            "community" => sold.class = Class::Community,
            "trial" => sold.class = Class::Trial,
            "monthly" => sold.monthly = true,
            "uncollectible" => sold.uncollectible = true,
            "cloud" => sold.hosting = "Cloud".into(),
            "dc" => sold.hosting = "Data Center".into(),
            price => {
                sold.cents =
                    price.strip_prefix('$').and_then(|p| p.parse::<i64>().ok()).expect("a price") * 100
            }
        }
    }
    sold
}

pub(super) fn ledger(lines: &[Sold]) -> Ledger {
    let mut book = Book::default();
    let mut parts = Vec::new();
    for sold in lines {
        let mut line = Line::new(Marks {
            sale: sold.kind,
            class: sold.class,
            is_monthly: sold.monthly,
            is_annual: !sold.monthly,
            is_uncollectible: sold.uncollectible,
        });
        let days = |day: Day| u16::try_from(day.0).expect("a day that fits");
        (line.start, line.end, line.sale, line.updated) =
            (days(sold.start), days(sold.end), days(sold.sale), days(sold.updated));
        line.price = i32::try_from(sold.cents).expect("a price that fits");
        line.vendor = line.price;
        line.transaction = hash::of(sold.transaction.as_bytes(), 1);
        line.original = if sold.original.is_empty() { 0 } else { hash::of(sold.original.as_bytes(), 1) };
        line.key = hash::both(line.transaction, hash::of(sold.line.as_bytes(), 2));
        line.tier = book.names.number(List::Tier, &sold.tier) as u16;
        line.app = book.names.number(List::App, &sold.app) as u16;
        line.hosting = book.names.number(List::Hosting, &sold.hosting) as u8;
        line.place = book.names.number(List::Place, "Norway\u{1f}EMEA") as u16;
        line.partner = book.names.number(List::Partner, "\u{1f}Direct");
        let email = format!("it@{}.example", sold.customer);
        let contact = Contact::new(sold.customer.as_bytes(), b"Norway", email.as_bytes(), b"");
        let contact_id = hash::of(sold.customer.as_bytes(), 3);
        let ids = [Some(Id::new(0, sold.licence.as_bytes())), None, None, None];
        let draft = Draft {
            ids,
            named: named(&ids),
            related: None,
            contact: Met { hash: contact_id, places: Default::default() },
            line: Some(line),
        };
        book.enter(&[draft], &mut vec![(contact_id, contact)], &mut parts, &mut Vec::new());
    }
    book.lines = parts;
    Ledger::new(book, &Default::default(), 2)
}

#[derive(Default)]
struct All(Vec<Obligation>);

impl Sink for All {
    fn obligation(&mut self, o: &Obligation) {
        self.0.push(*o);
    }
}

/// Never so late that the end of sale matters, unless a test says so.
pub(super) fn lasting() -> Parameters {
    Parameters { end_of_sale: Default::default(), ..Parameters::default() }
}

/// Every obligation with the name of its licence, in order.
pub(super) fn settled(lines: &[Sold], as_of: &str, params: &Parameters) -> Vec<(String, Obligation)> {
    let ledger = ledger(lines);
    let thresholds = Thresholds::new(params, day(as_of), &ledger);
    let (sinks, _) = settle(&ledger, &thresholds, 2, All::default);
    let mut names: Vec<(u32, String)> = Vec::new();
    for sold in lines {
        names.push((ledger.ids[&Id::new(0, sold.licence.as_bytes())], sold.licence.clone()));
    }
    let name = |licence: u32| names.iter().find(|(n, _)| *n == licence).map(|(_, name)| name.clone());
    let mut all: Vec<(String, Obligation)> = sinks
        .into_iter()
        .flat_map(|sink| sink.0)
        .map(|o| (name(o.line.licence).expect("a name"), o))
        .collect();
    all.sort_by_key(|(name, o)| (name.clone(), o.due, o.outcome, o.line.content()));
    all
}

/// `L1 2020-03-10 on_time` for every obligation.
pub(super) fn told(lines: &[&str], as_of: &str) -> Vec<String> {
    let lines: Vec<Sold> = lines.iter().map(|line| sold(line)).collect();
    let settled = settled(&lines, as_of, &lasting());
    settled.iter().map(|(name, o)| format!("{name} {} {}", o.due, o.outcome.name())).collect()
}

/// Whether it counts as retained `days` after the due day.
pub(super) fn is_in_rate(o: &Obligation, days: i32) -> bool {
    o.outcome.is_in_cohort() && o.is_retained_until(o.due.plus(days))
}

#[test]
fn outcomes_are_sorted_by_what_they_mean() {
    let kinds = |is: fn(Outcome) -> bool| Outcome::ALL.into_iter().filter(|o| is(*o)).count();
    assert_eq!(
        (kinds(Outcome::is_strict), kinds(Outcome::is_retained), kinds(Outcome::is_in_cohort)),
        (4, 7, 9)
    );
    assert!(Outcome::ALL.windows(2).all(|two| two[0] < two[1]));
}
