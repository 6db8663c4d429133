//! What was read: lines, and whose they are.
//!
//! A book is written by several threads while exports are read, so its numbers for licences, apps and contacts depend on who came first.
//! Nothing that is shown or decided may depend on them; order comes from what the export says.

use crate::record::Line;
use std::collections::{BTreeMap, HashMap, HashSet};

pub mod contact;
pub mod hash;
pub mod joining;
pub mod ledger;
pub mod links;
pub mod names;
pub mod shares;
pub mod sort;
pub mod union;
pub mod words;

use contact::Contact;
use hash::Id;
use names::Names;
use union::Union;

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Book {
    /// The lines, in parts that were filled by one thread each.
    pub lines: Vec<Vec<Line>>,
    /// Which node of `nodes` a name of a licence belongs to.
    pub ids: HashMap<Id, u32, hash::AsIs>,
    /// Which node a record belongs to that names its licence by just these: most records name it like another did.
    named_before: HashMap<u64, u32, hash::AsIs>,
    nodes_of_block: Vec<Option<u32>>,
    /// Which nodes are the same licence.
    pub nodes: Union,
    /// The contacts, without repetitions.
    pub contacts: Vec<Contact>,
    contact_ids: HashMap<u64, u32, hash::AsIs>,
    /// Which contacts a node has, with repetitions.
    pub node_contacts: Vec<(u32, u32)>,
    last_contact: Vec<u64>,
    /// Nodes that one record names as belonging together, though they are different licences.
    pub related: Vec<(u32, u32)>,
    /// Domains of partners' e-mail addresses.
    pub partner_domains: HashSet<u64>,
    /// Nodes in the licence export.
    pub exported: Vec<u32>,
    /// Apps, tiers and so on.
    pub names: Names,
    /// What was odd, counted while reading.
    pub oddities: Oddities,
}

/// What was odd, counted while reading.
#[derive(Debug, Default)]
pub struct Oddities {
    /// Values that no documentation knows.
    pub unknown_values: BTreeMap<String, u64>,
    /// Records of customers who asked to be forgotten.
    pub rtbf: u64,
}

impl Oddities {
    /// Adds what another thread counted.
    pub fn add(&mut self, other: Oddities) {
        self.rtbf += other.rtbf;
        for (value, n) in other.unknown_values {
            *self.unknown_values.entry(value).or_default() += n;
        }
    }
}

/// A record that is not yet entered.
#[derive(Debug)]
pub struct Draft {
    /// The names of its licence.
    pub ids: [Option<Id>; 4],
    /// All of them as one number: see [`named`].
    pub named: u64,
    /// Names of another licence that it mentions.
    pub related: Option<Id>,
    /// Its contact.
    pub contact: Met,
    /// The line; a record of the licence export has none.
    pub line: Option<Line>,
}

/// A contact as a record gives it. What it says is looked at only if nobody has seen it before.
#[derive(Debug, Clone, Copy, Default)]
pub struct Met {
    /// Of all that it says; 0 if there is none.
    pub hash: u64,
    /// Where in the block company, country, technical and billing e-mail are.
    pub places: [(u32, u32); 4],
}

impl Met {
    /// Reads the contact, which is in that block.
    pub fn read(&self, block: &[u8]) -> Contact {
        let [company, country, technical, billing] =
            self.places.map(|(from, to)| &block[from as usize..to as usize]);
        Contact::new(company, country, technical, billing)
    }
}

/// The names of a licence as one number.
#[inline(always)]
pub fn named(ids: &[Option<Id>; 4]) -> u64 {
    ids.iter().flatten().fold(0, |all, id| hash::both(all, id.hash()))
}

const NONE: u32 = u32::MAX;

/// Lines are kept in parts of so many, so that no list of all has to be moved while it grows.
pub const PART_LINES: usize = 1 << 16;

fn add(parts: &mut Vec<Vec<Line>>, line: Line) {
    match parts.last_mut() {
        Some(part) if part.len() < PART_LINES => part.push(line),
        // A small export needs no large part.
        _ => {
            let size = if parts.is_empty() { 1 << 10 } else { PART_LINES };
            let mut part = Vec::with_capacity(size);
            part.push(line);
            parts.push(part);
        }
    }
}

impl Book {
    /// Enters the drafts of a block. `contacts` are those whose places are not in the block.
    ///
    /// Contacts that are new come to `unread`: whoever enters them reads them without keeping others from the book, and tells then.
    pub fn enter(
        &mut self,
        drafts: &[Draft],
        contacts: &mut Vec<(u64, Contact)>,
        parts: &mut Vec<Vec<Line>>,
        unread: &mut Vec<(u32, Met)>,
    ) {
        for (hash, contact) in contacts.drain(..) {
            let (number, is_new) = self.contact(hash);
            if is_new {
                self.contacts[number as usize] = contact;
            }
        }
        // All at once, so that the processor fetches many places of the large table at the same time.
        let mut nodes = std::mem::take(&mut self.nodes_of_block);
        nodes.clear();
        nodes.extend(drafts.iter().map(|draft| self.named_before.get(&draft.named).copied()));
        for (draft, known) in drafts.iter().zip(&nodes) {
            let node = known.unwrap_or_else(|| self.node(draft.named, &draft.ids));
            if draft.contact.hash != 0 {
                self.meet(node, &draft.contact, unread);
            }
            if let Some(other) = draft.related {
                let ids = [Some(other), None, None, None];
                let other = self.node(named(&ids), &ids);
                self.related.push((node, other));
            }
            match draft.line {
                Some(line) => add(parts, Line { licence: node, ..line }),
                None => self.exported.push(node),
            }
        }
        self.nodes_of_block = nodes;
    }

    /// The node of a licence that goes by these names.
    fn node(&mut self, named: u64, ids: &[Option<Id>; 4]) -> u32 {
        if let Some(node) = self.named_before.get(&named) {
            return *node;
        }
        let node = self.node_of_each(ids);
        self.named_before.insert(named, node);
        node
    }

    fn node_of_each(&mut self, ids: &[Option<Id>; 4]) -> u32 {
        let mut node = NONE;
        let mut is_new = false;
        for id in ids.iter().flatten() {
            let next = if node == NONE { self.nodes.len() } else { node };
            let known = *self.ids.entry(*id).or_insert(next);
            if node == NONE {
                node = known;
                is_new = known == next;
                if is_new {
                    self.nodes.push();
                    self.last_contact.push(0);
                }
            } else if known != node {
                if is_new {
                    // The first name was new, the second is not: the first becomes another name of the old node.
                    self.nodes.join(node, known);
                    (node, is_new) = (known, false);
                } else {
                    self.nodes.join(node, known);
                }
            }
        }
        node
    }

    fn meet(&mut self, node: u32, met: &Met, unread: &mut Vec<(u32, Met)>) {
        if std::mem::replace(&mut self.last_contact[node as usize], met.hash) == met.hash {
            return;
        }
        let (contact, is_new) = self.contact(met.hash);
        if is_new {
            unread.push((contact, *met));
        }
        self.node_contacts.push((node, contact));
    }

    /// The number of a contact, and whether it is new.
    fn contact(&mut self, hash: u64) -> (u32, bool) {
        let next = self.contacts.len() as u32;
        let number = *self.contact_ids.entry(hash).or_insert(next);
        if number == next {
            self.contacts.push(Contact::default());
        }
        (number, number == next)
    }

    /// Tells what the contacts are that [`Book::enter`] called unread.
    pub fn tell(&mut self, contacts: &mut Vec<(u32, Contact)>) {
        contacts.drain(..).for_each(|(number, contact)| self.contacts[number as usize] = contact);
    }
}
