//! The book put in order: every line once, with its licence, by customer.

use super::joining::{self, Joining};
use super::links::Links;
use super::names::{List, Names};
use super::shares::{by_customer, number, over};
use super::{Book, Oddities, PART_LINES, hash, sort};
use crate::aside;
use crate::record::Line;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

/// What the rules work on.
#[derive(Debug)]
pub struct Ledger {
    parts: Vec<Vec<Line>>,
    /// Lines by customer.
    order: Vec<u32>,
    /// Where in `order` each customer begins.
    starts: Vec<u32>,
    /// The smallest name of each licence: the same however the input is shuffled.
    pub licence_ids: Vec<hash::Id>,
    /// Which names licences have.
    pub ids: HashMap<hash::Id, u32, hash::AsIs>,
    /// What says that licences are one customer's.
    pub links: Links,
    /// Apps, tiers and so on.
    pub names: Names,
    /// The product family of each app.
    pub families: Vec<u16>,
    /// Lines that were there more than once.
    pub duplicates: u64,
    /// What was odd, counted while reading.
    pub oddities: Oddities,
    /// Licences without any transaction.
    pub unsold: u64,
    /// Customers with a transaction.
    pub n_customers: u64,
}

impl Ledger {
    /// Puts a book in order. `families` says which apps are one product under several keys.
    pub fn new(mut book: Book, families: &BTreeMap<String, String>, threads: usize) -> Ledger {
        let (licences, count) = std::mem::take(&mut book.nodes).numbered();
        let mut ids = std::mem::take(&mut book.ids);
        let mut parts = std::mem::take(&mut book.lines);
        let families = families_of(&book.names, families);
        // Names and lines are told their licences at the same time.
        let (licence_ids, by_transaction) = std::thread::scope(|scope| {
            let named = scope.spawn(|| least_names(&mut ids, &licences, count));
            let mut named_there: Vec<(&mut Vec<Line>, Joining)> =
                parts.iter_mut().map(|part| (part, Joining::default())).collect();
            over(&mut named_there, threads.div_ceil(2), |(part, joining)| {
                for line in part.iter_mut() {
                    line.licence = licences[line.licence as usize];
                    joining.see(line);
                }
            });
            let joining = named_there.into_iter().map(|(_, joining)| joining).collect();
            let pairs = joining::pairs(&parts, joining, &families, threads);
            (named.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), pairs)
        });
        // Who the customers are and which lines are repeated do not depend on each other. Either may take longer: both ask for all threads.
        let ((links, customers, n_customers), repeated) = std::thread::scope(|scope| {
            let repeated = scope.spawn(|| repeated(&parts, &licence_ids, threads));
            let linked = linked(&mut book, &licences, count, by_transaction, threads);
            (linked, repeated.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        let (order, starts) = by_customer(&parts, &customers, n_customers, &repeated, threads);
        let unsold = unsold(&book.exported, &licences, count, &parts);
        let (names, oddities) = (std::mem::take(&mut book.names), std::mem::take(&mut book.oddities));
        aside::free(book);
        Ledger {
            parts,
            order,
            n_customers: starts.windows(2).filter(|two| two[0] < two[1]).count() as u64,
            starts,
            licence_ids,
            ids,
            links,
            names,
            families,
            duplicates: repeated.len() as u64,
            oddities,
            unsold,
        }
    }

    /// A line by its number.
    pub fn line(&self, number: u32) -> &Line {
        &self.parts[number as usize / PART_LINES][number as usize % PART_LINES]
    }

    /// How many customers have a number, though some may have no lines.
    pub fn customers(&self) -> u32 {
        self.starts.len() as u32 - 1
    }

    /// How many lines there are of customers with smaller numbers.
    pub fn lines_before(&self, customer: u32) -> u32 {
        self.starts[customer as usize]
    }

    /// How many lines there are.
    pub fn n_lines(&self) -> u32 {
        self.order.len() as u32
    }

    /// The lines of customers, one customer after the other.
    pub fn lines_of(&self, customers: Range<u32>) -> impl Iterator<Item = &Line> {
        let at = |n: u32| self.starts[n as usize] as usize;
        self.order[at(customers.start)..at(customers.end)].iter().map(|number| self.line(*number))
    }
}

/// Links between licences, and the customer of each.
fn linked(
    book: &mut Book,
    licences: &[u32],
    count: u32,
    by_transaction: Vec<(u32, u32)>,
    threads: usize,
) -> (Links, Vec<u32>, u32) {
    let related = book.related.iter().map(|(a, b)| (licences[*a as usize], licences[*b as usize]));
    let explicit = related.chain(by_transaction);
    let held = book.node_contacts.iter().map(|(node, contact)| (licences[*node as usize], *contact));
    let contacts = std::mem::take(&mut book.contacts);
    let links = Links::new(count, contacts, held, explicit, &book.partner_domains);
    let (customers, n_customers) = links.customers(threads);
    (links, customers, n_customers)
}

fn families_of(names: &Names, families: &BTreeMap<String, String>) -> Vec<u16> {
    let mut numbers: HashMap<&str, u16> = HashMap::new();
    names
        .all(List::App)
        .iter()
        .map(|app| {
            let family = families.get(app).unwrap_or(app);
            let next = numbers.len() as u16;
            *numbers.entry(family).or_insert(next)
        })
        .collect()
}

/// The numbers of lines of which there is a later version, or the same again.
fn repeated(parts: &[Vec<Line>], licence_ids: &[hash::Id], threads: usize) -> Vec<u32> {
    let share = parts.len().div_ceil(threads.max(1)).max(1);
    let shares = parts.chunks(share).enumerate().map(|(n, parts)| {
        let size = parts.iter().map(Vec::len).sum();
        let first = n * share;
        let keys = parts.iter().enumerate().flat_map(move |(n, part)| {
            part.iter().enumerate().map(move |(at, line)| (line.key, number(first + n, at)))
        });
        (size, keys)
    });
    let line = |number: u32| &parts[number as usize / PART_LINES][number as usize % PART_LINES];
    let lost = sort::runs(
        shares.collect(),
        threads,
        |out: &mut Vec<u32>, run| {
            if run.len() > 1 {
                let rank = |number: u32| {
                    let line = line(number);
                    (line.updated, line.content(), licence_ids[line.licence as usize], line.at)
                };
                let kept = run.iter().map(|(_, number)| *number).max_by_key(|number| rank(*number));
                out.extend(run.iter().map(|(_, number)| *number).filter(|number| Some(*number) != kept));
            }
        },
        Vec::new,
    );
    lost.into_iter().flatten().collect()
}

/// Of the licences in the licence export, how many have no transaction.
fn unsold(exported: &[u32], licences: &[u32], count: u32, parts: &[Vec<Line>]) -> u64 {
    if exported.is_empty() {
        return 0;
    }
    let mut is_sold = vec![false; count as usize];
    parts.iter().flatten().for_each(|line| is_sold[line.licence as usize] = true);
    let exported: HashSet<u32> = exported.iter().map(|node| licences[*node as usize]).collect();
    exported.iter().filter(|licence| !is_sold[**licence as usize]).count() as u64
}

/// Tells each name the number of its licence, and returns the smallest name of each licence.
fn least_names(ids: &mut HashMap<hash::Id, u32, hash::AsIs>, licences: &[u32], count: u32) -> Vec<hash::Id> {
    let mut least: Vec<Option<hash::Id>> = vec![None; count as usize];
    for (id, node) in ids {
        *node = licences[*node as usize];
        let least = &mut least[*node as usize];
        *least = Some(least.map_or(*id, |known| known.min(*id)));
    }
    least.into_iter().flatten().collect()
}
