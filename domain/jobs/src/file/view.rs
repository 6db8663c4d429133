//! A place in a job file, asked for what should stand there. Whatever does not is a finding, and the answer is `None`.

use super::findings::Findings;
use super::limits::{ENTRIES, NAME_CHARS, TEXT_CHARS};
use super::shape::Shape;
use super::yaml::{Entry, Meaning, Node, Value};
use super::{Severity, closest};

/// A value, its place, and where findings go.
#[derive(Clone, Debug)]
pub struct View<'a> {
    pub node: &'a Node,
    pub path: String,
    pub findings: &'a Findings,
}

impl<'a> View<'a> {
    pub fn error(&self, message: impl Into<String>) {
        self.findings.add(Severity::Error, self.node.at, &self.path, message.into(), None);
    }

    pub fn error_meant(&self, message: impl Into<String>, suggestion: Option<String>) {
        self.findings.add(Severity::Error, self.node.at, &self.path, message.into(), suggestion);
    }

    pub fn warn_meant(&self, message: impl Into<String>, suggestion: Option<String>) {
        self.findings.add(Severity::Warning, self.node.at, &self.path, message.into(), suggestion);
    }

    pub fn warn(&self, message: impl Into<String>) {
        self.findings.add(Severity::Warning, self.node.at, &self.path, message.into(), None);
    }

    fn inside(&self, node: &'a Node, path: String) -> View<'a> {
        View { node, path, findings: self.findings }
    }

    fn wanted(&self, what: &str) {
        self.error(format!("here belongs {what}, not {}", told(self.node)));
    }

    /// A text that is meant as one.
    pub fn text(&self) -> Option<String> {
        match (&self.node.value, self.node.meaning()) {
            (Value::Scalar { text, .. }, Some(Meaning::Text)) => self.bounded(text),
            (Value::Scalar { text, .. }, Some(meaning)) if meaning != Meaning::Null => {
                let quoted = format!("\"{text}\"");
                self.error_meant(format!("here belongs a text, not {}", told(self.node)), Some(quoted));
                None
            }
            _ => {
                self.wanted("a text");
                None
            }
        }
    }

    /// A text, number or boolean, as it was written.
    pub fn scalar(&self) -> Option<String> {
        match &self.node.value {
            Value::Scalar { text, .. } if !self.node.is_null() => self.bounded(text),
            Value::Scalar { .. } | Value::List(_) | Value::Map(_) => {
                self.wanted("a value; write \"\" for an empty one");
                None
            }
        }
    }

    fn bounded(&self, text: &str) -> Option<String> {
        if let Some(tag) = &self.node.tag {
            self.error(format!("the tag {tag} means nothing here"));
            return None;
        }
        if text.chars().count() > TEXT_CHARS {
            self.error(format!("the text is longer than {TEXT_CHARS} characters"));
            return None;
        }
        if text.contains('\0') {
            self.error("the text holds a zero byte, which no program can be given");
            return None;
        }
        Some(text.to_owned())
    }

    /// A text of a few words on one line.
    pub fn name(&self) -> Option<String> {
        let text = self.text()?;
        let trimmed = text.trim();
        if trimmed.is_empty() {
            self.error("the name is empty");
        } else if trimmed.chars().count() > NAME_CHARS {
            self.error(format!("the name is longer than {NAME_CHARS} characters"));
        } else if trimmed.chars().any(char::is_control) {
            self.error("the name has line breaks or control characters");
        } else {
            return Some(trimmed.to_owned());
        }
        None
    }

    /// A text that is one of a kind: `is_good` says so, `rule` says what is.
    pub fn text_where(&self, rule: &str, is_good: impl Fn(&str) -> bool) -> Option<String> {
        let text = self.text()?;
        if is_good(&text) {
            return Some(text);
        }
        self.error(format!("{:?} won't do: {rule}", shortened(&text)));
        None
    }

    pub fn boolean(&self) -> Option<bool> {
        match self.node.meaning() {
            Some(Meaning::Bool(value)) => Some(value),
            _ => {
                let suggestion = match self.node.text().unwrap_or_default().to_ascii_lowercase().as_str() {
                    "yes" | "on" | "y" | "true" | "1" => Some("true".to_owned()),
                    "no" | "off" | "n" | "false" | "0" => Some("false".to_owned()),
                    _ => None,
                };
                self.error_meant(format!("here belongs true or false, not {}", told(self.node)), suggestion);
                None
            }
        }
    }

    pub fn integer(&self, least: i64, most: i64) -> Option<i64> {
        let number = self.node.text().filter(|_| self.node.meaning() == Some(Meaning::Integer));
        match number.and_then(|text| text.parse::<i64>().ok()) {
            Some(number) if (least..=most).contains(&number) => Some(number),
            _ => {
                self.wanted(&format!("a whole number from {least} to {most}"));
                None
            }
        }
    }

    pub fn number(&self) -> Option<f64> {
        let is_number = matches!(self.node.meaning(), Some(Meaning::Integer | Meaning::Number));
        let number = self.node.text().filter(|_| is_number).and_then(|text| text.parse::<f64>().ok());
        let number = number.filter(|number| number.is_finite());
        if number.is_none() {
            self.wanted("a number");
        }
        number
    }

    /// Seconds.
    pub fn duration_s(&self) -> Option<u64> {
        let text = self.node.text().filter(|_| !self.node.is_null());
        match text.and_then(|text| base::time::parse_duration(text).ok()) {
            // A century is longer than anybody meant.
            Some(length) if length.as_secs() <= 3_153_600_000 => Some(length.as_secs()),
            _ => {
                self.wanted("a length of time like 90s, 15m, 1h30m or 7d");
                None
            }
        }
    }

    /// Bytes.
    pub fn size_bytes(&self) -> Option<u64> {
        let size = self.node.text().and_then(super::units::size).filter(|size| *size > 0);
        if size.is_none() {
            self.wanted("a size like 512MiB or 2GB");
        }
        size
    }

    /// One of the words of a `text_enum`.
    pub fn word<T: Copy>(&self, all: &[T], as_str: fn(T) -> &'static str) -> Option<T> {
        let found =
            self.node.text().and_then(|text| all.iter().copied().find(|value| as_str(*value) == text));
        if found.is_none() {
            let words: Vec<&str> = all.iter().map(|value| as_str(*value)).collect();
            let meant = self.node.text().and_then(|text| closest(text, words.iter().copied()));
            self.error_meant(
                format!("here belongs one of {}, not {}", words.join(", "), told(self.node)),
                meant.map(ToOwned::to_owned),
            );
        }
        found
    }

    /// The items of a list.
    pub fn list(&self) -> Vec<View<'a>> {
        let Value::List(items) = &self.node.value else {
            self.wanted("a list");
            return Vec::new();
        };
        self.items(items, ENTRIES)
    }

    /// The items of a list, or the one value that stands instead.
    pub fn many(&self) -> Vec<View<'a>> {
        match &self.node.value {
            Value::List(items) => self.items(items, ENTRIES),
            Value::Scalar { .. } | Value::Map(_) => vec![self.clone()],
        }
    }

    fn items(&self, items: &'a [Node], most: usize) -> Vec<View<'a>> {
        if items.len() > most {
            self.error(format!("the list has {} entries, and {most} are the most", items.len()));
        }
        let path = |n: usize| format!("{}[{n}]", self.path);
        items.iter().take(most).enumerate().map(|(n, item)| self.inside(item, path(n))).collect()
    }

    pub fn is_map(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    /// A map with known keys; others are findings.
    pub fn map(&self, shape: &'static Shape) -> Option<Keys<'a>> {
        let Value::Map(entries) = &self.node.value else {
            self.wanted(&format!("a map with the keys {}", known(shape)));
            return None;
        };
        let view = self.clone();
        for entry in entries {
            let is_own = shape.key(&entry.key).is_some();
            // Keys like x-defaults hold what anchors name.
            let is_free = shape.name == "job" && entry.key.starts_with("x-");
            if !is_own && !is_free {
                unknown(&view, shape, entry);
            }
        }
        for key in shape.keys.iter().filter(|key| key.is_required) {
            if entries.iter().all(|entry| entry.key != key.name) {
                view.error(format!("the key {} is missing: {}", key.name, key.doc));
            }
        }
        Some(Keys { view, shape })
    }

    /// A map with keys of people's choice, `rule` says which.
    pub fn named(&self, rule: &str, is_good: impl Fn(&str) -> bool) -> Vec<(String, View<'a>)> {
        let Value::Map(entries) = &self.node.value else {
            self.wanted("a map");
            return Vec::new();
        };
        if entries.len() > ENTRIES {
            self.error(format!("the map has {} entries, and {ENTRIES} are the most", entries.len()));
        }
        let mut named = Vec::new();
        for entry in entries.iter().take(ENTRIES) {
            let path = dotted(&self.path, &entry.key);
            if is_good(&entry.key) {
                named.push((entry.key.clone(), self.inside(&entry.value, path)));
            } else {
                let message = format!("the name {:?} won't do: {rule}", shortened(&entry.key));
                self.findings.add(Severity::Error, entry.at, &path, message, None);
            }
        }
        named
    }
}

fn unknown(view: &View<'_>, shape: &Shape, entry: &Entry) {
    let names = shape.keys.iter().map(|key| key.name);
    let meant = super::meant::key(shape.name, &entry.key)
        .or_else(|| closest(&entry.key, names).map(|name| format!("did you mean {name}?")));
    let message =
        format!("there is no key {:?} in this {}", shortened(&entry.key), shape.name.replace('_', " "));
    let suggestion = meant.or_else(|| Some(format!("known keys: {}", known(shape))));
    view.findings.add(Severity::Error, entry.at, &dotted(&view.path, &entry.key), message, suggestion);
}

fn known(shape: &Shape) -> String {
    shape.keys.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")
}

fn dotted(path: &str, key: &str) -> String {
    let key = shortened(key);
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// What stands somewhere, for messages.
fn told(node: &Node) -> String {
    match (&node.value, node.meaning()) {
        (Value::List(_), _) => "a list".to_owned(),
        (Value::Map(_), _) => "a map".to_owned(),
        (_, Some(Meaning::Null)) => "nothing".to_owned(),
        (Value::Scalar { text, .. }, Some(Meaning::Text)) => format!("{:?}", shortened(text)),
        (Value::Scalar { text, .. }, _) => shortened(text),
    }
}

/// The beginning of a text, for messages.
pub fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// A map whose keys are known.
#[derive(Clone, Debug)]
pub struct Keys<'a> {
    pub view: View<'a>,
    shape: &'static Shape,
}

impl<'a> Keys<'a> {
    /// The value of a key; `None` when it is missing or says nothing.
    pub fn get(&self, key: &str) -> Option<View<'a>> {
        self.even_empty(key).filter(|view| !view.node.is_null())
    }

    /// The value of a key that may say nothing.
    pub fn even_empty(&self, key: &str) -> Option<View<'a>> {
        debug_assert!(self.shape.key(key).is_some(), "{key} is no key of {}", self.shape.name);
        let node = self.view.node.get(key)?;
        Some(self.view.inside(node, dotted(&self.view.path, key)))
    }
}
