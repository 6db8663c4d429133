//! What is said of an import, and maps that know which of their keys were taken.

use jobs::file::yaml::{At, Node};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Lines of the nth included file are counted from n times this, so that a place knows its file.
pub(super) const FILE_STRIDE: u32 = 2_000_000;

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// It is left out, and nothing is worse for it.
    Ignored,
    /// It means something else here.
    Changed,
    /// It could not be translated: the job is switched off.
    Unsupported,
    /// The document could not be read.
    Wrong,
}

/// Something to say about a place.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Note {
    /// How much it matters.
    pub weight: Weight,
    /// The file, by the name it was included by; empty for the first.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// What.
    pub message: String,
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let weight = match self.weight {
            Weight::Ignored => "ignored",
            Weight::Changed => "changed",
            Weight::Unsupported => "unsupported",
            Weight::Wrong => "wrong",
        };
        let file = if self.file.is_empty() { String::new() } else { format!("{}:", self.file) };
        write!(f, "{file}{}: {weight}: {}", self.line, self.message)
    }
}

/// More notes than this are not kept.
const NOTES: usize = 2_000;

/// The notes so far.
#[derive(Debug, Default)]
pub(super) struct Notes {
    found: RefCell<Vec<(Weight, At, String)>>,
}

impl Notes {
    pub fn add(&self, weight: Weight, at: At, message: impl Into<String>) {
        let mut found = self.found.borrow_mut();
        if found.len() < NOTES || weight >= Weight::Unsupported {
            found.push((weight, at, message.into()));
        }
    }

    pub fn ignored(&self, node: &Node, message: impl Into<String>) {
        self.add(Weight::Ignored, node.at, message);
    }

    pub fn changed(&self, node: &Node, message: impl Into<String>) {
        self.add(Weight::Changed, node.at, message);
    }

    pub fn unsupported(&self, node: &Node, message: impl Into<String>) {
        self.add(Weight::Unsupported, node.at, message);
    }

    /// How many say that something could not be translated.
    pub fn count_unsupported(&self) -> usize {
        self.found.borrow().iter().filter(|(weight, ..)| *weight >= Weight::Unsupported).count()
    }

    pub fn told(self, files: &[String]) -> Vec<Note> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|(_, at, _)| (at.line, at.column));
        found.dedup();
        let note = |(weight, at, message): (Weight, At, String)| {
            let file = usize::try_from(at.line / FILE_STRIDE).unwrap_or(0);
            let file = file.checked_sub(1).and_then(|n| files.get(n)).cloned().unwrap_or_default();
            Note { weight, file, line: at.line % FILE_STRIDE, message }
        };
        found.into_iter().map(note).collect()
    }
}

/// A map of a specification; keys that nobody takes are told at its end.
pub(super) struct Taken<'a> {
    pub node: &'a Node,
    what: String,
    taken: RefCell<BTreeSet<&'a str>>,
}

impl<'a> Taken<'a> {
    pub fn new(node: &'a Node, what: impl Into<String>) -> Self {
        Self { node, what: what.into(), taken: RefCell::default() }
    }

    pub fn get(&self, key: &str) -> Option<&'a Node> {
        let entry = self.node.entries().iter().find(|entry| entry.key == key)?;
        self.taken.borrow_mut().insert(&entry.key);
        Some(&entry.value)
    }

    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key).filter(|node| !node.is_null())?.text()
    }

    pub fn is_true(&self, key: &str) -> bool {
        self.text(key).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// Takes keys that say what is so here anyway, or what only Bamboo has.
    pub fn pass(&self, keys: &[&str]) {
        keys.iter().for_each(|key| {
            self.get(key);
        });
    }

    /// Tells every key that was not taken.
    pub fn rest(&self, notes: &Notes) {
        let taken = self.taken.borrow();
        for entry in self.node.entries().iter().filter(|entry| !taken.contains(entry.key.as_str())) {
            let key: String = entry.key.chars().take(60).collect();
            notes.add(Weight::Ignored, entry.at, format!("{key} of {} has no counterpart", self.what));
        }
    }
}

/// A list, or the one value that stands instead of it.
pub(super) fn many(node: &Node) -> Vec<&Node> {
    match &node.value {
        jobs::file::yaml::Value::List(items) => items.iter().collect(),
        _ if node.is_null() => Vec::new(),
        _ => vec![node],
    }
}

/// An item that is a word, or a map of one word with more: its word and what is more.
pub(super) fn worded(node: &Node) -> Option<(&str, Option<&Node>)> {
    match node.text() {
        Some(text) => Some((text, None)),
        None => node.entries().first().map(|entry| (entry.key.as_str(), Some(&entry.value))),
    }
}

/// Lower-case letters, digits and hyphens.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(60);
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "job".to_owned() } else { slug.to_owned() }
}
