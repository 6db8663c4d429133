//! Which fields the caller asked for: `opt_fields`, `opt_expand`, and what is sent when nothing was asked.
//!
//! Every client writes the list its own way: with commas, with spaces, the key repeated, or as Python's `repr` of a list.
//! Groups, `(assignee|followers).name`, and a leading `this.` come from old scripts.

#[cfg(test)]
mod tests;

use super::query::Query;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// More paths than this are not read: groups multiply, and no script asks for so many.
const PATHS_MAX: usize = 1_000;
/// Deeper paths are cut: nothing nests further.
const DEPTH_MAX: usize = 8;

/// Asked paths as a tree; a leaf was asked whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, Tree>);

static NOTHING: Tree = Tree(BTreeMap::new());

impl Tree {
    fn add(&mut self, path: &str) {
        let mut node = self;
        for part in path.split('.').map(str::trim).filter(|part| !part.is_empty()).take(DEPTH_MAX) {
            node = node.0.entry(part.to_owned()).or_default();
        }
    }

    /// Reads every spelling of a list of paths.
    pub fn read<'a>(lists: impl Iterator<Item = &'a str>) -> Self {
        let mut tree = Self::default();
        let mut room = PATHS_MAX;
        for list in lists {
            for path in split_outside_groups(unwrapped(list), ',') {
                for path in expanded(path.trim_matches([' ', '\'', '"', '\t', '\n'])) {
                    if room == 0 {
                        return tree;
                    }
                    room -= 1;
                    let path = path.trim();
                    tree.add(path.strip_prefix("this.").unwrap_or(path));
                }
            }
        }
        tree
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Takes the brackets of Python's `repr` of a list away.
fn unwrapped(list: &str) -> &str {
    let list = list.trim();
    list.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(list)
}

fn split_outside_groups(text: &str, at: char) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0u32);
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if c == at && depth == 0 => {
                parts.push(&text[start..i]);
                start = i + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Multiplies groups out: `(a|b).c` is `a.c` and `b.c`.
fn expanded(path: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        let Some(start) = path.find('(') else {
            done.push(path);
            continue;
        };
        let mut depth = 0;
        let end = path[start..].char_indices().find_map(|(i, c)| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            (depth == 0).then_some(start + i)
        });
        let Some(end) = end else { continue };
        let (before, after) = (&path[..start], &path[end + 1..]);
        for choice in split_outside_groups(&path[start + 1..end], '|').iter().rev() {
            open.push(format!("{before}{choice}{after}"));
        }
        if open.len() + done.len() > PATHS_MAX {
            return done;
        }
    }
    done
}

/// What one request asked for.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    asked: Option<Tree>,
    expand: Tree,
}

impl Fields {
    /// Reads the URL, and `options` of the body where there is one. `options` may say `fields` or `opt_fields`.
    pub fn read(query: &Query, options: &Map<String, Value>) -> Self {
        let texts = |keys: [&str; 2]| -> Vec<String> {
            let values = keys.iter().filter_map(|key| options.get(*key));
            values
                .flat_map(|value| match value {
                    Value::Array(items) => {
                        items.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
                    }
                    Value::String(text) => vec![text.clone()],
                    _ => vec![],
                })
                .collect()
        };
        let (fields, expand) = (texts(["fields", "opt_fields"]), texts(["expand", "opt_expand"]));
        let asked = Tree::read(query.all("opt_fields").chain(fields.iter().map(String::as_str)));
        let expand = Tree::read(query.all("opt_expand").chain(expand.iter().map(String::as_str)));
        Self { asked: (!asked.is_empty()).then_some(asked), expand }
    }

    /// What a full record of the answer shows.
    pub fn full(&self) -> Want<'_> {
        self.want(Base::Full)
    }

    /// What an entry of a list shows.
    pub fn compact(&self) -> Want<'_> {
        // `opt_expand=this` asks for the records themselves.
        let whole = self.expand.0.contains_key("this");
        self.want(if whole { Base::Full } else { Base::Compact })
    }

    fn want(&self, base: Base) -> Want<'_> {
        match &self.asked {
            Some(asked) => Want { base: Base::Asked, asked, expand: &self.expand },
            None => Want { base, asked: &NOTHING, expand: &self.expand },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    /// `gid` and `resource_type`: what a nested object asked whole becomes.
    Ids,
    Compact,
    Full,
    Asked,
}

/// In which views a field appears by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// In lists and nested objects too.
    Compact,
    /// In full records.
    Full,
    /// Only when asked for by name.
    OptIn,
}

/// What is wanted of one object.
#[derive(Clone, Copy, Debug)]
pub struct Want<'t> {
    base: Base,
    asked: &'t Tree,
    expand: &'t Tree,
}

impl<'t> Want<'t> {
    /// A full record by default.
    pub const FULL: Want<'static> = Want { base: Base::Full, asked: &NOTHING, expand: &NOTHING };
    /// The short form.
    pub const COMPACT: Want<'static> = Want { base: Base::Compact, asked: &NOTHING, expand: &NOTHING };
    /// Only the ids.
    pub const IDS: Want<'static> = Want { base: Base::Ids, asked: &NOTHING, expand: &NOTHING };

    /// Whether the field `key`, which appears by itself at `level`, is wanted.
    pub fn asks(&self, key: &str, level: Level) -> bool {
        match self.base {
            Base::Ids => false,
            Base::Compact => level == Level::Compact || self.expand.0.contains_key(key),
            Base::Full => level <= Level::Full || self.expand.0.contains_key(key),
            Base::Asked => self.asked.0.contains_key(key) || self.expand.0.contains_key(key),
        }
    }

    /// What is wanted of the object under `key`.
    pub fn of(&self, key: &str) -> Want<'t> {
        if let Some(expand) = self.expand.0.get(key) {
            let asked = self.asked.0.get(key).filter(|tree| !tree.is_empty());
            return match asked {
                Some(asked) => Want { base: Base::Asked, asked, expand },
                None => Want { base: Base::Full, asked: &NOTHING, expand },
            };
        }
        match self.base {
            Base::Asked => match self.asked.0.get(key) {
                Some(asked) if !asked.is_empty() => Want { base: Base::Asked, asked, expand: &NOTHING },
                _ => Want::IDS,
            },
            _ => Want::COMPACT,
        }
    }

    /// The same, but whole means the short form: custom field values are of no use as bare ids.
    pub fn of_at_least_compact(&self, key: &str) -> Want<'t> {
        let want = self.of(key);
        if want.base == Base::Ids { Want::COMPACT } else { want }
    }

    /// Whether more than `gid`, `resource_type` and what `known` names is wanted: whether a record must be loaded.
    pub fn goes_beyond(&self, known: &[&str]) -> bool {
        match self.base {
            Base::Ids | Base::Compact => !self.expand.is_empty(),
            Base::Full => true,
            Base::Asked => self
                .asked
                .0
                .keys()
                .any(|key| !known.contains(&key.as_str()) && key != "gid" && key != "resource_type"),
        }
    }

    /// Whether only ids are wanted.
    pub fn is_ids(&self) -> bool {
        self.base == Base::Ids
    }

    /// Whether the short form is wanted and nothing else.
    pub fn is_compact(&self) -> bool {
        self.base == Base::Compact && self.expand.is_empty()
    }

    /// Whether names were asked for one by one.
    pub fn is_asked(&self) -> bool {
        self.base == Base::Asked
    }

    /// Cuts a plain object (one without a `gid`: a photo, dates) down to what was asked of it. Objects that have a `gid` were
    /// built by the same wish and stay as they are.
    pub fn cut_plain(&self, value: Value) -> Value {
        match value {
            Value::Object(object) if self.base == Base::Asked && !object.contains_key("gid") => {
                let kept = object.into_iter().filter(|(key, _)| self.asked.0.contains_key(key));
                Value::Object(
                    kept.map(|(key, value)| {
                        let below = self.of(&key).cut_plain(value);
                        (key, below)
                    })
                    .collect(),
                )
            }
            Value::Array(items) if self.base == Base::Asked => {
                items.into_iter().map(|item| self.cut_plain(item)).collect()
            }
            value => value,
        }
    }
}
