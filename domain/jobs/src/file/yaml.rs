//! YAML as a tree whose every value knows its line.
//!
//! Scalars stay the text that was written, because `3.10` is a version and not a number; what they would be is asked of them. Aliases are
//! written out and merge keys merged, within limits that are counted before anything is copied. The tree is built without recursion, so
//! deep input costs nothing but an error.

mod build;

use super::limits::FILE_BYTES;
use build::{Builder, at};
use saphyr_parser::Parser;

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
