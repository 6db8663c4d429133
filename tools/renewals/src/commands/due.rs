//! `renewals due`: who is due in a month, and who has not renewed.

use super::asked::{self, Asked};
use crate::book::ledger::Ledger;
use crate::book::names::List;
use crate::input::recall::{self, Texts};
use crate::rules::{Obligation, Outcome, Sink};
use crate::{Day, Month, Result, analysis};
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

/// What a list of due licences may be asked for.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    asked: Asked,
    /// The month in which licences are due [default: the one before --as-of]
    #[arg(long, value_name = "MONTH")]
    month: Option<Month>,
    /// Only those who have not renewed
    #[arg(long)]
    open: bool,
    /// Where to write the list [default: the standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

const HEADER: [&str; 20] = [
    "licence",
    "app",
    "app_name",
    "hosting",
    "tier",
    "due",
    "outcome",
    "renewed_on",
    "days_overdue",
    "last_price",
    "expected",
    "renewed_for",
    "company",
    "country",
    "region",
    "partner",
    "partner_type",
    "contact",
    "renewed_as",
    "linked_by",
];

/// Collects the obligations of a month.
#[derive(Debug)]
struct Due {
    month: Month,
    is_open_only: bool,
    found: Vec<Obligation>,
}

impl Sink for Due {
    fn obligation(&mut self, o: &Obligation) {
        let is_open = matches!(o.outcome, Outcome::Pending | Outcome::Lapsed | Outcome::Future);
        let is_due = is_open || (!self.is_open_only && o.outcome.is_retained());
        if is_due && o.due.month() == self.month {
            self.found.push(*o);
        }
    }
}

/// Lists the due licences of a month: those who did not renew first, the most valuable first.
pub fn run(args: Args) -> Result<ExitCode> {
    let question = args.asked.question(args.month, false)?;
    let read = analysis::read(&question)?;
    let (lists, _) =
        read.settle(|| Due { month: question.month, is_open_only: args.open, found: Vec::new() });
    let mut found: Vec<Obligation> = lists.into_iter().flat_map(|list| list.found).collect();
    let ledger = &read.ledger;
    found.sort_by_key(|o| {
        let id = ledger.licence_ids[o.line.licence as usize];
        (o.outcome.is_retained(), std::cmp::Reverse(o.expected), o.due, id, o.line.content())
    });
    let lines = found.iter().map(|o| o.line.at);
    let others = found.iter().filter_map(|o| o.linked_by.and(o.next)).map(|next| next.at);
    let texts = recall::texts(&question.order, lines.chain(others).collect())?;
    let mut csv = String::new();
    row(&mut csv, HEADER.map(String::from));
    for o in &found {
        row(&mut csv, fields(ledger, o, question.as_of, &texts));
    }
    asked::write(args.out.as_deref(), csv.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn fields(ledger: &Ledger, o: &Obligation, as_of: Day, texts: &HashMap<u64, Texts>) -> [String; 20] {
    let names = &ledger.names;
    let name = |list, number| names.name(list, number).to_string();
    let texts_of = |at: u64| texts.get(&at).cloned().unwrap_or_default();
    let own = texts_of(o.line.at);
    let (country, region) = names.parts(List::Place, o.line.place.into());
    let (partner, partner_type) = names.parts(List::Partner, o.line.partner);
    let app = name(List::App, o.line.app.into());
    let is_open = !o.outcome.is_retained() && o.due <= as_of;
    let other = o.linked_by.and(o.next).map(|next| texts_of(next.at).licence);
    [
        own.licence,
        app.clone(),
        names.app_names.get(&app).cloned().unwrap_or_default(),
        name(List::Hosting, o.line.hosting.into()),
        name(List::Tier, o.line.tier.into()),
        o.due.to_string(),
        o.outcome.name().to_string(),
        o.retained_on().map(|day| day.to_string()).unwrap_or_default(),
        if is_open { (as_of.0 - o.due.0).to_string() } else { String::new() },
        dollars(o.line.price.into()),
        dollars(o.expected),
        if o.outcome.is_retained() { dollars(o.renewed) } else { String::new() },
        harmless(own.company),
        country.to_string(),
        region.to_string(),
        harmless(partner.to_string()),
        partner_type.to_string(),
        harmless(own.contact),
        other.unwrap_or_default(),
        o.linked_by.map(|rule| rule.name().to_string()).unwrap_or_default(),
    ]
}

/// An amount with two digits behind the point.
pub fn dollars(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

/// What others typed must not become a formula where the list is opened.
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

/// Adds a record as RFC 4180 has it.
pub fn row<const N: usize>(csv: &mut String, fields: [String; N]) {
    for (n, field) in fields.into_iter().enumerate() {
        if n > 0 {
            csv.push(',');
        }
        if field.contains(['"', ',', '\n', '\r']) {
            csv.push('"');
            csv.push_str(&field.replace('"', "\"\""));
            csv.push('"');
        } else {
            csv.push_str(&field);
        }
    }
    csv.push('\n');
}
