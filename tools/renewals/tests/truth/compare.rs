//! Compares the analysis with the truth that `renewals generate` wrote beside its sample, to the last licence.

use renewals::analysis::{self, Question};
use renewals::book::hash::Id;
use renewals::figures::Parameters;
use renewals::input::Order;
use renewals::input::column::Kind;
use renewals::record::Line;
use renewals::rules::{Obligation, Outcome, Sink};
use renewals::{Day, money};
use std::collections::HashMap;
use std::path::Path;

#[derive(Default)]
struct All(Vec<Obligation>);

impl Sink for All {
    fn obligation(&mut self, o: &Obligation) {
        self.0.push(*o);
    }
}

/// Compares the sample in a folder with its truth; how many obligations agree.
pub fn compare(folder: &Path, as_of: Day) -> usize {
    let found = |start: &str| {
        let mut files = std::fs::read_dir(folder).expect("a folder").flatten();
        let file = files.find(|file| file.file_name().to_string_lossy().starts_with(start)).expect("a file");
        file.path()
    };
    let files = vec![(found("transactions."), Kind::Transactions), (found("licenses."), Kind::Licences)];
    let order = Order { files, ..Order::default() };
    let question = Question { order, params: Parameters::default(), as_of, month: as_of.month() };
    let read = analysis::read(&question).expect("a reading");
    let (sinks, _) = read.settle(All::default);
    let mut known: HashMap<(u32, Day), Vec<String>> = HashMap::new();
    let mut count = 0;
    for o in sinks.iter().flat_map(|sink| &sink.0) {
        known.entry((o.line.licence, o.due)).or_default().push(told(o));
        count += 1;
    }
    let truth = std::fs::read_to_string(found("truth-obligations.")).expect("the truth");
    let mut faults = Vec::new();
    let mut n_truth = 0;
    for line in truth.lines().skip(1) {
        n_truth += 1;
        let fields: Vec<&str> = line.split(',').collect();
        let [licence, due, _, outcome, renewed_on, value, renewed, is_renewable] = fields[..] else {
            panic!("eight fields in {line}")
        };
        let column = if licence.starts_with("E-") { 3 } else { 1 };
        let number = read.ledger.ids.get(&Id::new(column, licence.as_bytes())).copied();
        let key = (number.unwrap_or(u32::MAX), due.parse().expect("a day"));
        let wanted = format!("{outcome} {renewed_on} {value} {renewed} {is_renewable}");
        let told = known.get_mut(&key).and_then(|all| {
            let at = all.iter().position(|one| *one == wanted).unwrap_or(0);
            (!all.is_empty()).then(|| all.swap_remove(at))
        });
        if told.as_deref() != Some(&wanted) {
            faults.push(format!("{licence} {due}: truth `{wanted}`, told `{}`", told.unwrap_or_default()));
        }
    }
    let mut kinds: HashMap<String, usize> = HashMap::new();
    for fault in &faults {
        let words: Vec<&str> = fault.split('`').collect();
        let outcome = |text: &str| text.split(' ').next().unwrap_or("").to_string();
        *kinds.entry(format!("{} -> {}", outcome(words[1]), outcome(words[3]))).or_default() += 1;
    }
    assert!(
        faults.is_empty(),
        "{} of {n_truth}: {:#?} {kinds:#?}",
        faults.len(),
        &faults[..faults.len().min(30)]
    );
    assert_eq!(count, n_truth);
    count
}

/// As the truth tells it: what the line costs a year that kept the customer, not what an upgraded licence is worth.
fn told(o: &Obligation) -> String {
    let is_kept = o.outcome.is_retained() || o.outcome == Outcome::Superseded;
    let next = o.next.filter(|_| is_kept && !is_cut(o));
    let renewed_on = next.map(|next| Day(next.sale.into()).to_string()).unwrap_or_default();
    let year = |line: Line| money::per_year(line.price.into(), i32::from(line.end) - i32::from(line.start));
    let renewed = next.map(|next| year(next).to_string()).unwrap_or_default();
    let is_renewable = if o.is_renewable { "yes" } else { "no" };
    format!("{} {renewed_on} {} {renewed} {is_renewable}", o.outcome.name(), o.expected)
}

/// Whether a refund ended the term.
fn is_cut(o: &Obligation) -> bool {
    o.due < Day(o.line.end.into())
}
