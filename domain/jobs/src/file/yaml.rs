//! YAML as a tree whose every value knows its line.
//!
//! Scalars stay the text that was written, because `3.10` is a version and not a number; what they would be is asked of them. Aliases are
//! written out and merge keys merged, within limits that are counted before anything is copied. The tree is built without recursion, so
//! deep input costs nothing but an error.

use super::limits::{DEPTH, FILE_BYTES, KEYS, TEXT_BYTES, VALUES};
use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use std::collections::HashMap;

/// A place in a text, both from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it begins.
    pub at: At,
    /// A tag of the file's own, like `!include`.
    pub tag: Option<String>,
    /// What it holds.
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text; `is_plain` when it had no quotes and is no block, so that it may mean a number, a boolean or nothing.
    Scalar {
        /// The text.
        text: String,
        /// Whether it may mean something else than the text.
        is_plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the file.
    Map(Vec<Entry>),
}

/// One key of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub at: At,
    /// The value.
    pub value: Node,
}

/// What is wrong with a text, or with a place in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Where.
    pub at: At,
    /// What.
    pub message: String,
    /// The document that it spoils, from 0.
    pub document: usize,
}

/// What a plain scalar means in YAML 1.2. `on`, `yes` and `off` are texts there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A text.
    Text,
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// What a scalar means.
    pub fn meaning(&self) -> Option<Meaning> {
        let Value::Scalar { text, is_plain } = &self.value else { return None };
        if !is_plain {
            return Some(Meaning::Text);
        }
        Some(match text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => Meaning::Null,
            "true" | "True" | "TRUE" => Meaning::Bool(true),
            "false" | "False" | "FALSE" => Meaning::Bool(false),
            text if is_integer(text) => Meaning::Integer,
            text if is_number(text) => Meaning::Number,
            _ => Meaning::Text,
        })
    }

    /// Whether it says nothing.
    pub fn is_null(&self) -> bool {
        self.meaning() == Some(Meaning::Null)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The keys of a map; none when it is no map.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Scalar { .. } | Value::List(_) => &[],
        }
    }

    /// The items of a list; none when it is no list.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            Value::Scalar { .. } | Value::Map(_) => &[],
        }
    }

    /// The same as JSON, for schemas.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(entries) => {
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect()
            }
            Value::Scalar { text, .. } => match self.meaning() {
                Some(Meaning::Null) => Json::Null,
                Some(Meaning::Bool(value)) => Json::Bool(value),
                Some(Meaning::Integer) => text
                    .parse::<i64>()
                    .map_or_else(|_| text.parse::<f64>().map_or(Json::Null, Json::from), Json::from),
                Some(Meaning::Number) => text.parse::<f64>().map_or(Json::Null, Json::from),
                Some(Meaning::Text) | None => Json::String(text.clone()),
            },
        }
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b))
        && text.parse::<f64>().is_ok()
}

/// Reads a text: the documents up to the first thing that is not YAML, and what is wrong.
pub fn read(text: &str) -> (Vec<Node>, Vec<Problem>) {
    if text.len() > FILE_BYTES {
        let message = format!("the file has {} bytes, and {FILE_BYTES} are the most", text.len());
        return (Vec::new(), vec![Problem { at: At { line: 1, column: 1 }, message, document: 0 }]);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let result = match event {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => {
                let message = format!("this is not YAML: {}", error.info());
                Err((at(*error.marker()), message))
            }
        };
        if let Err((at, message)) = result {
            builder.problem(at, message);
            break;
        }
    }
    (builder.documents, builder.problems)
}

fn at(marker: saphyr_parser::Marker) -> At {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    At { line: number(marker.line().max(1)), column: number(marker.col()).saturating_add(1) }
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    problems: Vec<Problem>,
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
    fn problem(&mut self, at: At, message: String) {
        self.problems.push(Problem { at, message, document: self.documents.len() });
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Wrong> {
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
