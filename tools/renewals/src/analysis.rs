//! From files to figures: reading, putting in order, applying the rules, counting.

use crate::aside;
use crate::book::ledger::Ledger;
use crate::clock::Stopwatch;
use crate::figures::{Figures, Input, Parameters, Quality, SCHEMA};
use crate::input::{self, Order, recall};
use crate::record::Line;
use crate::rules::{self, Obligation, Passed, Sink, Thresholds};
use crate::tally::maybe::{self, Traits};
use crate::tally::{Frame, Tally, assemble, lists};
use crate::{Day, Error, Month, Result};
use std::collections::{BTreeMap, HashMap};

/// What is asked of the exports.
#[derive(Debug, Clone)]
pub struct Question {
    /// The files.
    pub order: Order,
    /// The thresholds of the rules.
    pub params: Parameters,
    /// Sales after this day do not exist.
    pub as_of: Day,
    /// The month that is asked about.
    pub month: Month,
}

impl Default for Parameters {
    fn default() -> Parameters {
        let server = Day::new(2024, 2, 15).map(|day| ("Server".to_string(), day));
        Parameters {
            g: 30,
            w: 90,
            lb: 90,
            lf: 365,
            min_n: 20,
            baseline: 24,
            community: false,
            end_of_sale: server.into_iter().collect(),
            archived: BTreeMap::new(),
            families: BTreeMap::new(),
        }
    }
}

/// Exports that were read and put in order.
#[derive(Debug)]
pub struct Read {
    /// Every line once, by customer.
    pub ledger: Ledger,
    /// The thresholds in its numbers.
    pub thresholds: Thresholds,
    inputs: Vec<Input>,
    bad_examples: Vec<String>,
    threads: usize,
    wants_times: bool,
}

/// The most valuable of those that did not renew; `renewals due` lists all.
const LISTED_MAX: usize = 1000;

/// Of those, for so many a licence is looked for that may be the renewal: as many as a report shows.
const HINTED_MAX: usize = 150;

/// Reads the exports and puts them in order.
pub fn read(question: &Question) -> Result<Read> {
    // For those who tune: where the time goes, on the standard error.
    let wants_times = question.order.wants_times;
    let watch = Stopwatch::start();
    let reading = input::read(&question.order)?;
    told(wants_times, "read", watch);
    let threads = if question.order.threads == 0 { input::available() } else { question.order.threads };
    let watch = Stopwatch::start();
    let ledger = Ledger::new(reading.book, &question.params.families, threads);
    told(wants_times, "order", watch);
    let thresholds = Thresholds::new(&question.params, question.as_of, &ledger);
    let (inputs, bad_examples) = (reading.inputs, reading.bad_examples);
    if ledger.n_lines() == 0 {
        let why = bad_examples.first().map_or(String::new(), |example| format!(", such as {example}"));
        return Err(Error::input(format!("there is no transaction in the exports{why}")));
    }
    Ok(Read { ledger, thresholds, inputs, bad_examples, threads, wants_times })
}

fn told(wants_times: bool, what: &str, watch: Stopwatch) {
    if wants_times {
        eprintln!("renewals: {what} {:.3} s", watch.elapsed().as_secs_f64());
    }
}

impl Read {
    /// Applies the rules to everything.
    pub fn settle<S: Sink>(&self, sink: impl Fn() -> S + Sync) -> (Vec<S>, Passed) {
        let watch = Stopwatch::start();
        let settled = rules::settle(&self.ledger, &self.thresholds, self.threads, sink);
        told(self.wants_times, "rules", watch);
        settled
    }
}

/// The figures of a report.
pub fn figures(question: &Question) -> Result<Figures> {
    let read = read(question)?;
    let params = &question.params;
    let frame = Frame::new(&read.ledger, question.as_of, params.baseline);
    let (tallies, passed) = read.settle(|| Tally::new(&frame));
    let sum = assemble::sum(&frame, tallies, params.g, params.min_n);
    let watch = Stopwatch::start();
    let (not_renewed, won_back) = (shown(&sum.not_renewed), shown(&sum.won_back));
    let hinted = &not_renewed[..not_renewed.len().min(HINTED_MAX)];
    let candidates = maybe::candidates(&frame, hinted, &sum.fresh);
    let own = not_renewed.iter().chain(won_back).map(|o| o.line.at);
    let places = own.chain(candidates.iter().flatten().map(|line| line.at)).collect();
    let texts = recall::texts(&question.order, places)?;
    told(read.wants_times, "lists", watch);
    let mut compared: Vec<u64> = hinted.iter().map(|o| o.line.at).collect();
    compared.extend(candidates.iter().flatten().map(|line| line.at));
    compared.sort_unstable();
    compared.dedup();
    let traits: HashMap<u64, Traits> =
        compared.into_iter().filter_map(|at| Some((at, Traits::new(texts.get(&at)?)))).collect();
    let listed = |list: &[Obligation], candidates: &[Vec<&Line>]| {
        let maybe =
            |n: usize, o: &Obligation| maybe::likely(traits.get(&o.line.at)?, candidates.get(n)?, &traits);
        list.iter().enumerate().map(|(n, o)| lists::missed(&frame, o, maybe(n, o), &texts)).collect()
    };
    let quality = quality(&read, &passed, sum.linked_by, sum.unlinked_new);
    let figures = Figures {
        schema: SCHEMA,
        as_of: question.as_of,
        program: env!("CARGO_PKG_VERSION").to_string(),
        month: question.month,
        inputs: read.inputs.clone(),
        params: params.clone(),
        months: sum.months,
        dimensions: sum.dimensions,
        strata: sum.strata,
        timing: sum.timing,
        future: sum.future,
        not_renewed: listed(not_renewed, &candidates),
        won_back: listed(won_back, &[]),
        events: Vec::new(),
        restated: Vec::new(),
        quality,
    };
    drop(frame);
    aside::free(read);
    Ok(figures)
}

fn shown(list: &[Obligation]) -> &[Obligation] {
    &list[..list.len().min(LISTED_MAX)]
}

fn quality(read: &Read, passed: &Passed, linked_by: BTreeMap<String, u64>, unlinked_new: u64) -> Quality {
    let ledger = &read.ledger;
    Quality {
        bad_records: read.inputs.iter().map(|input| input.bad).sum(),
        bad_examples: read.bad_examples.clone(),
        duplicates: ledger.duplicates,
        after_as_of: passed.after_as_of,
        uncollectible: passed.uncollectible,
        manual_invoices: passed.manual,
        manual_invoices_cents: passed.manual_cents,
        empty_terms: passed.empty,
        monthly: passed.monthly,
        other_licence_types: passed.other_class,
        unlinked_refunds: passed.unlinked_refunds,
        unknown_values: ledger.oddities.unknown_values.clone(),
        rtbf: ledger.oddities.rtbf,
        unlinked_new,
        linked_by,
        licences: ledger.licence_ids.len() as u64,
        licences_without_transactions: ledger.unsold,
        customers: ledger.n_customers,
    }
}
