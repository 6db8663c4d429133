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
        let mut licence_ids: Vec<Option<hash::Id>> = vec![None; count as usize];
        for (id, node) in &mut ids {
            *node = licences[*node as usize];
            let least = &mut licence_ids[*node as usize];
            *least = Some(least.map_or(*id, |known| known.min(*id)));
        }
        let licence_ids: Vec<hash::Id> = licence_ids.into_iter().flatten().collect();
        let mut parts = std::mem::take(&mut book.lines);
        over(&mut parts, threads, |part| {
            for line in part {
                line.licence = licences[line.licence as usize];
            }
        });
        let families = families_of(&book.names, families);
        // Who the customers are and which lines are repeated do not depend on each other.
        let ((links, customers, n_customers), repeated) = std::thread::scope(|scope| {
            let repeated = scope.spawn(|| repeated(&parts, &licence_ids, threads.div_ceil(2)));
            let linked = linked(&mut book, &licences, count, &parts, &families, threads.div_ceil(2));
            (linked, repeated.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        let (order, starts) = by_customer(&parts, &customers, n_customers, &repeated);
        let mut is_sold = vec![false; count as usize];
        parts.iter().flatten().for_each(|line| is_sold[line.licence as usize] = true);
        let exported: HashSet<u32> = book.exported.iter().map(|node| licences[*node as usize]).collect();
        let unsold = exported.iter().filter(|licence| !is_sold[**licence as usize]).count() as u64;
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
fn over(parts: &mut [Vec<Line>], threads: usize, work: impl Fn(&mut Vec<Line>) + Sync) {
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

/// The numbers of lines by customer, and where each customer begins.
fn by_customer(
    parts: &[Vec<Line>],
    customers: &[u32],
    count: u32,
    repeated: &HashSet<u32, hash::AsIs>,
) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0u32; count as usize + 1];
    let kept = |n: usize, at: usize| {
        let number = (n * PART_LINES + at) as u32;
        (repeated.is_empty() || !repeated.contains(&number)).then_some(number)
    };
    for (n, part) in parts.iter().enumerate() {
        for (at, line) in part.iter().enumerate() {
            if kept(n, at).is_some() {
                starts[customers[line.licence as usize] as usize + 1] += 1;
            }
        }
    }
    for n in 1..starts.len() {
        starts[n] += starts[n - 1];
    }
    let mut next = starts.clone();
    let mut order = vec![0; starts.last().copied().unwrap_or(0) as usize];
    for (n, part) in parts.iter().enumerate() {
        for (at, line) in part.iter().enumerate() {
            if let Some(number) = kept(n, at) {
                let place = &mut next[customers[line.licence as usize] as usize];
                order[*place as usize] = number;
                *place += 1;
            }
        }
    }
    (order, starts)
}
