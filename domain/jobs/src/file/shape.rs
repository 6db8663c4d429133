//! What shapes are made of: the keys of each map of a job file and what may stand there.
//!
//! One table says it for both: the reader refuses what the table has not, and the JSON Schema that editors use is written from it.
//! So no key is known to one of them alone.

/// A map with known keys.
#[derive(Debug)]
pub struct Shape {
    /// What it is, for editors; also its name among the schema's definitions.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

/// One key.
#[derive(Debug)]
pub struct Key {
    /// How it is written.
    pub name: &'static str,
    /// What may stand there.
    pub kind: Kind,
    /// What it means.
    pub doc: &'static str,
    /// Whether it must be there.
    pub is_required: bool,
}

/// What may stand somewhere.
#[derive(Debug)]
pub enum Kind {
    /// A text.
    Text,
    /// A text, number or boolean, kept as it was written.
    Scalar,
    /// A text that matches a regular expression as a whole.
    Match(&'static str),
    /// `true` or `false`.
    Boolean,
    /// A whole number in a range.
    Integer(i64, i64),
    /// A number that is not negative.
    Number,
    /// `90s`, `15m`, `1h30m`, `7d`, or whole seconds.
    Duration,
    /// `512MiB`, `2GB`, or whole bytes.
    Size,
    /// One of a list of words.
    Word(fn() -> Vec<&'static str>),
    /// A map with known keys.
    Map(&'static Shape),
    /// A map with keys that people choose; they match a regular expression.
    Named(&'static str, &'static Kind),
    /// A list.
    List(&'static Kind),
    /// A list, or one value instead of a list of one.
    Many(&'static Kind),
    /// One of several.
    Either(&'static [Kind]),
    /// Nothing.
    Null,
}

impl Shape {
    /// The key with this name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

/// A key that may be left out.
pub const fn may(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, doc, is_required: false }
}

/// A key that must be there.
pub const fn must(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, doc, is_required: true }
}
