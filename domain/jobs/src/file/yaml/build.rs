//! From the events of a YAML text to a tree, counting before anything is copied.

use super::super::limits::{DEPTH, KEYS, TEXT_BYTES, VALUES};
use super::{At, Entry, Node, Problem, Value};
use saphyr_parser::{Event, ScalarStyle, Span, Tag};
use std::collections::HashMap;

pub(super) fn at(marker: saphyr_parser::Marker) -> At {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    At { line: number(marker.line().max(1)), column: number(marker.col()).saturating_add(1) }
}

#[derive(Default)]
pub(super) struct Builder {
    pub documents: Vec<Node>,
    pub problems: Vec<Problem>,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    values: usize,
    bytes: usize,
}

/// A list or map that is not closed yet.
struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<(String, At, bool)>,
    /// What was counted before it began.
    before: (usize, usize),
}

/// What an alias stands for, and what writing it out costs.
struct Anchored {
    node: Node,
    values: usize,
    bytes: usize,
}

/// Where the reading ends, and why.
type Wrong = (At, String);

impl Builder {
    pub fn problem(&mut self, at: At, message: String) {
        self.problems.push(Problem { at, message, document: self.documents.len() });
    }

    pub fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Wrong> {
        let at = at(span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let before = (self.values, self.bytes);
                self.count(1, text.len(), at)?;
                let (tag, is_text) = own_tag(tag.as_deref());
                let is_plain = style == ScalarStyle::Plain && !is_text && tag.is_none();
                let value = Value::Scalar { text: text.into_owned(), is_plain };
                self.place(Node { at, tag, value }, anchor, before)
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(Value::List(Vec::new()), anchor, tag.as_deref(), at)
            }
            Event::MappingStart(anchor, tag) => {
                self.begin(Value::Map(Vec::new()), anchor, tag.as_deref(), at)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(mut closed) => {
                    self.merge(&mut closed.node)?;
                    self.place(closed.node, closed.anchor, closed.before)
                }
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                let before = (self.values, self.bytes);
                let Some(found) = self.anchors.get(&anchor) else {
                    return Err((
                        at,
                        "the alias names nothing that ends before it in the same document".to_owned(),
                    ));
                };
                let (values, bytes) = (found.values, found.bytes);
                self.count(values, bytes, at)?;
                // Counted above, so this copies no more than the limits allow.
                let node = self.anchors[&anchor].node.clone();
                self.place(node, 0, before)
            }
            Event::DocumentStart(_) => {
                self.anchors.clear();
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn begin(&mut self, value: Value, anchor: usize, tag: Option<&Tag>, at: At) -> Result<(), Wrong> {
        let before = (self.values, self.bytes);
        self.count(1, 0, at)?;
        if self.open.len() >= DEPTH {
            let message = format!("lists and maps are nested more than {DEPTH} deep");
            return Err((at, message));
        }
        let (tag, _) = own_tag(tag);
        self.open.push(Open { node: Node { at, tag, value }, anchor, key: None, before });
        Ok(())
    }

    fn count(&mut self, values: usize, bytes: usize, at: At) -> Result<(), Wrong> {
        self.values += values;
        self.bytes += bytes;
        if self.values > VALUES {
            let message = format!("the file has more than {VALUES} values, with what its aliases repeat");
            return Err((at, message));
        }
        if self.bytes > TEXT_BYTES {
            let message =
                format!("the file's texts have more than {TEXT_BYTES} bytes, with what its aliases repeat");
            return Err((at, message));
        }
        Ok(())
    }

    /// Puts a complete value where it belongs.
    fn place(&mut self, node: Node, anchor: usize, before: (usize, usize)) -> Result<(), Wrong> {
        if anchor != 0 {
            let (values, bytes) = (self.values - before.0, self.bytes - before.1);
            // The copy that aliases are made of counts too.
            self.count(values, bytes, node.at)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), values, bytes });
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        match &mut open.node.value {
            Value::List(items) => items.push(node),
            Value::Map(entries) => match open.key.take() {
                None => {
                    let at = node.at;
                    let Value::Scalar { text, is_plain } = node.value else {
                        return Err((at, "a key must be a text".to_owned()));
                    };
                    // Merge keys may come several times; others are names.
                    let is_merge = is_plain && text == "<<";
                    if !is_merge && let Some(first) = entries.iter().find(|entry| entry.key == text) {
                        let message = format!("{text:?} is there twice, first in line {}", first.at.line);
                        self.problems.push(Problem { at, message, document: self.documents.len() });
                    }
                    open.key = Some((text, at, is_merge));
                }
                Some((_, at, _)) if entries.len() >= KEYS => {
                    let message = format!("a map has more than {KEYS} keys");
                    return Err((at, message));
                }
                Some((key, at, is_merge)) => {
                    let key = if is_merge { MERGE.to_owned() } else { key };
                    entries.push(Entry { key, at, value: node });
                }
            },
            Value::Scalar { .. } => {}
        }
        Ok(())
    }

    /// Takes in what merge keys name; a map's own keys win, then the first that is named.
    fn merge(&mut self, node: &mut Node) -> Result<(), Wrong> {
        let Value::Map(entries) = &mut node.value else { return Ok(()) };
        if entries.iter().all(|entry| entry.key != MERGE) {
            return Ok(());
        }
        let (merges, mut own): (Vec<Entry>, Vec<Entry>) =
            std::mem::take(entries).into_iter().partition(|entry| entry.key == MERGE);
        for merge in merges {
            let sources = match merge.value.value {
                Value::List(items) => items,
                Value::Map(_) | Value::Scalar { .. } => vec![merge.value],
            };
            for source in sources {
                let Value::Map(named) = source.value else {
                    let message = "<< takes in maps; name one with an alias: <<: *defaults".to_owned();
                    self.problem(merge.at, message);
                    continue;
                };
                for entry in named {
                    if own.iter().all(|own| own.key != entry.key) {
                        own.push(entry);
                    }
                }
            }
        }
        *entries = own;
        Ok(())
    }
}

/// What a merge key is called until it is merged: no text of a file holds it.
const MERGE: &str = "\0<<";

/// A tag that is not one of YAML's own, and whether YAML's own says that this is a text.
fn own_tag(tag: Option<&Tag>) -> (Option<String>, bool) {
    match tag {
        None => (None, false),
        Some(tag) if tag.is_yaml_core_schema() => (None, tag.suffix == "str"),
        Some(tag) => (Some(format!("{}{}", tag.handle, tag.suffix)), false),
    }
}
