//! Files that include each other, as documents of one tree.

use super::note::{FILE_STRIDE, Notes, Weight};
use jobs::file::yaml::{self, Node, Value};

/// How deep files may include each other.
const DEPTH: usize = 8;
/// How many files may be included.
const FILES: usize = 100;
/// How many values all files together may have.
const VALUES: usize = 100_000;

/// What reads the files that are named, and remembers them.
pub(super) struct Source<'a> {
    pub notes: &'a Notes,
    pub includes: &'a dyn Fn(&str) -> Option<String>,
    pub files: Vec<String>,
    values: usize,
}

impl<'a> Source<'a> {
    pub fn new(notes: &'a Notes, includes: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { notes, includes, files: Vec::new(), values: 0 }
    }

    /// The documents of a text, with everything that it includes.
    pub fn documents(&mut self, text: &str) -> Vec<Node> {
        self.read(text, 0, 0)
    }

    fn read(&mut self, text: &str, file: u32, depth: usize) -> Vec<Node> {
        let (documents, problems) = yaml::read(text);
        for mut problem in problems {
            problem.at.line += file * FILE_STRIDE;
            self.notes.add(Weight::Wrong, problem.at, problem.message);
        }
        let mut whole = Vec::new();
        for mut document in documents.into_iter().filter(|document| !document.is_null()) {
            shift(&mut document, file * FILE_STRIDE);
            if document.tag.as_deref() == Some("!include") {
                whole.extend(self.included(&document, depth));
            } else {
                self.fill(&mut document, depth);
                whole.push(document);
            }
        }
        whole
    }

    /// Puts included files where they are named.
    fn fill(&mut self, root: &mut Node, depth: usize) {
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            self.values += 1;
            if node.tag.as_deref() == Some("!include") {
                let mut found = self.included(node, depth);
                node.tag = None;
                match found.len() {
                    1 => {
                        node.value = found.remove(0).value;
                        // What was included is filled already.
                        continue;
                    }
                    0 => node.value = Value::Scalar { text: String::new(), is_plain: true },
                    _ => self.notes.add(
                        Weight::Wrong,
                        node.at,
                        "a file that is included as a value has one document",
                    ),
                }
            }
            match &mut node.value {
                Value::List(items) => open.extend(items),
                Value::Map(entries) => open.extend(entries.iter_mut().map(|entry| &mut entry.value)),
                Value::Scalar { .. } => {}
            }
        }
    }

    fn included(&mut self, node: &Node, depth: usize) -> Vec<Node> {
        let name = node.text().unwrap_or_default().trim();
        let shown: String = name.chars().take(100).collect();
        let wrong = |message: String| {
            self.notes.add(Weight::Wrong, node.at, message);
            Vec::new()
        };
        let stays = !name.is_empty()
            && !name.starts_with(['/', '\\', '~'])
            && name.split(['/', '\\']).all(|piece| piece != "..")
            && (name.ends_with(".yaml") || name.ends_with(".yml"));
        if !stays {
            return wrong(format!(
                "{shown:?} can't be included: only .yaml and .yml files below the folder of specs can"
            ));
        }
        if depth >= DEPTH || self.files.len() >= FILES || self.values > VALUES {
            return wrong(format!("{shown:?} is one file too many; do files include each other?"));
        }
        let Some(text) = (self.includes)(name) else {
            return wrong(format!("{shown:?} is included, and there is no such file"));
        };
        self.files.push(shown);
        let file = u32::try_from(self.files.len()).unwrap_or(0);
        self.read(&text, file, depth + 1)
    }
}

/// Moves every line of a tree.
fn shift(root: &mut Node, by: u32) {
    if by == 0 {
        return;
    }
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        node.at.line += by;
        match &mut node.value {
            Value::List(items) => open.extend(items),
            Value::Map(entries) => {
                for entry in entries {
                    entry.at.line += by;
                    open.push(&mut entry.value);
                }
            }
            Value::Scalar { .. } => {}
        }
    }
}
