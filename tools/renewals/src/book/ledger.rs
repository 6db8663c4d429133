//! The book put in order: every line once, with its licence, by customer.

use super::links::Links;
use super::names::{List, Names};
use super::{Book, Oddities, PART_LINES, hash, sort};
use crate::record::{Line, Sale};
use std::collections::{BTreeMap, HashMap, HashSet};

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
        // Names and lines are told their licences at the same time.
        let licence_ids = std::thread::scope(|scope| {
            let named = scope.spawn(|| least_names(&mut ids, &licences, count));
            over(&mut parts, threads.div_ceil(2), |part| {
                for line in part {
                    line.licence = licences[line.licence as usize];
                }
            });
            named.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        let families = families_of(&book.names, families);
        // Who the customers are and which lines are repeated do not depend on each other.
        let ((links, customers, n_customers), repeated) = std::thread::scope(|scope| {
            let repeated = scope.spawn(|| repeated(&parts, &licence_ids, threads.div_ceil(2)));
            let linked = linked(&mut book, &licences, count, &parts, &families, threads.div_ceil(2));
            (linked, repeated.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        let (order, starts) = by_customer(&parts, &customers, n_customers, &repeated, threads);
        let unsold = unsold(&book.exported, &licences, count, &parts);
        Ledger {
            parts,
            order,
            n_customers: starts.windows(2).filter(|two| two[0] < two[1]).count() as u64,
            starts,
            licence_ids,
            ids,
            links,
            names: book.names,
            families,
            duplicates: repeated.len() as u64,
            oddities: book.oddities,
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

    /// The lines of a customer.
    pub fn lines_of(&self, customer: u32) -> impl Iterator<Item = &Line> {
        let at = |n: u32| self.starts[n as usize] as usize;
        self.order[at(customer)..at(customer + 1)].iter().map(|number| self.line(*number))
    }
}

/// Links between licences, and the customer of each.
fn linked(
    book: &mut Book,
    licences: &[u32],
    count: u32,
    parts: &[Vec<Line>],
    families: &[u16],
    threads: usize,
) -> (Links, Vec<u32>, u32) {
    let related = book.related.iter().map(|(a, b)| (licences[*a as usize], licences[*b as usize]));
    let explicit: Vec<(u32, u32)> = related.chain(by_transaction(parts, families)).collect();
    let held =
        book.node_contacts.iter().map(|(node, contact)| (licences[*node as usize], *contact)).collect();
    let contacts = std::mem::take(&mut book.contacts);
    let links = Links::new(count, contacts, held, explicit.into_iter(), &book.partner_domains);
    let (customers, n_customers) = links.customers(threads);
    (links, customers, n_customers)
}

/// Does the same with every part, on several threads.
fn over<T: Send>(parts: &mut [T], threads: usize, work: impl Fn(&mut T) + Sync) {
    let share = parts.len().div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        for share in parts.chunks_mut(share) {
            scope.spawn(|| share.iter_mut().for_each(&work));
        }
    });
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

/// Pairs of licences of one product that a transaction joins: it refunds one and sells the other, or it corrects the other's.
fn by_transaction(parts: &[Vec<Line>], families: &[u16]) -> Vec<(u32, u32)> {
    let mut wanted: HashSet<u64, hash::AsIs> = HashSet::default();
    for line in parts.iter().flatten() {
        if line.kind() == Sale::Refund && line.transaction != 0 {
            wanted.insert(line.transaction);
        }
        if line.original != 0 {
            wanted.insert(line.original);
        }
    }
    let mut found: HashMap<u64, Vec<&Line>, hash::AsIs> = HashMap::default();
    for line in parts.iter().flatten().filter(|line| wanted.contains(&line.transaction)) {
        found.entry(line.transaction).or_default().push(line);
    }
    let mut pairs = Vec::new();
    let mut pair = |a: &Line, b: &Line| {
        if a.licence != b.licence && families[a.app as usize] == families[b.app as usize] {
            pairs.push((a.licence, b.licence));
        }
    };
    for lines in found.values() {
        for refund in lines.iter().filter(|line| line.kind() == Sale::Refund) {
            lines.iter().filter(|line| line.kind() == Sale::New).for_each(|sold| pair(refund, sold));
        }
    }
    for line in parts.iter().flatten().filter(|line| line.original != 0) {
        found.get(&line.original).into_iter().flatten().for_each(|original| pair(line, original));
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// The numbers of lines of which there is a later version, or the same again.
fn repeated(parts: &[Vec<Line>], licence_ids: &[hash::Id], threads: usize) -> HashSet<u32, hash::AsIs> {
    let mut keys = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    for (n, part) in parts.iter().enumerate() {
        keys.extend(part.iter().enumerate().map(|(at, line)| (line.key, (n * PART_LINES + at) as u32)));
    }
    let line = |number: u32| &parts[number as usize / PART_LINES][number as usize % PART_LINES];
    let lost = sort::runs(
        keys,
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

/// The numbers of lines by customer, and where each customer begins.
///
/// Each thread does a share of the customers, so that none waits for the places that another writes.
fn by_customer(
    parts: &[Vec<Line>],
    customers: &[u32],
    count: u32,
    repeated: &HashSet<u32, hash::AsIs>,
    threads: usize,
) -> (Vec<u32>, Vec<u32>) {
    let customer_of = |n: usize, at: usize, line: &Line| {
        let is_kept = repeated.is_empty() || !repeated.contains(&((n * PART_LINES + at) as u32));
        if is_kept { customers[line.licence as usize] } else { NOBODY }
    };
    let mut of_lines: Vec<(usize, Vec<u32>)> = (0..parts.len()).map(|n| (n, Vec::new())).collect();
    over(&mut of_lines, threads, |(n, of_lines)| {
        let of_line = |(at, line)| customer_of(*n, at, line);
        *of_lines = parts[*n].iter().enumerate().map(of_line).collect();
    });
    let share = count.div_ceil(threads.max(1) as u32).max(1);
    let mut shares: Vec<Share> = (0..count)
        .step_by(share as usize)
        .map(|from| Share { customers: from..count.min(from + share), ..Share::default() })
        .collect();
    over(&mut shares, threads, |share| share.fill(&of_lines));
    let (mut order, mut starts) = (Vec::new(), Vec::with_capacity(count as usize + 1));
    for share in &shares {
        let before = order.len() as u32;
        starts.extend(share.starts[..share.customers.len()].iter().map(|start| before + start));
        order.extend_from_slice(&share.order);
    }
    starts.push(order.len() as u32);
    (order, starts)
}

/// In the place of a customer: the line is there more than once.
const NOBODY: u32 = u32::MAX;

/// Some of the customers, with their lines.
#[derive(Debug, Default)]
struct Share {
    customers: std::ops::Range<u32>,
    order: Vec<u32>,
    /// Where in `order` each begins, and the end.
    starts: Vec<u32>,
}

impl Share {
    fn fill(&mut self, of_lines: &[(usize, Vec<u32>)]) {
        let (from, count) = (self.customers.start, self.customers.len() as u32);
        self.starts = vec![0; count as usize + 1];
        for customer in of_lines.iter().flat_map(|(_, customers)| customers) {
            let own = customer.wrapping_sub(from);
            if own < count {
                self.starts[own as usize + 1] += 1;
            }
        }
        for n in 1..self.starts.len() {
            self.starts[n] += self.starts[n - 1];
        }
        let mut next = self.starts.clone();
        self.order = vec![0; self.starts[count as usize] as usize];
        for (n, customers) in of_lines {
            for (at, customer) in customers.iter().enumerate() {
                let own = customer.wrapping_sub(from);
                if own < count {
                    let place = &mut next[own as usize];
                    self.order[*place as usize] = (n * PART_LINES + at) as u32;
                    *place += 1;
                }
            }
        }
    }
}
