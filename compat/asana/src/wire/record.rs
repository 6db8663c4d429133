//! Builds one object of an answer, field by field, keeping only what is wanted of it.

use super::fields::{Level, Want};
use serde_json::{Map, Value, json};

/// An object under construction.
#[derive(Debug)]
pub struct Record<'t> {
    /// What is wanted of it.
    pub want: Want<'t>,
    map: Map<String, Value>,
}

impl<'t> Record<'t> {
    /// Starts with `gid`, and with `resource_type` unless names were asked for one by one and it was not among them.
    pub fn new(kind: &str, gid: impl std::fmt::Display, want: Want<'t>) -> Self {
        let mut map = Map::new();
        map.insert("gid".to_owned(), Value::String(gid.to_string()));
        if !want.is_asked() || want.asks("resource_type", Level::Compact) {
            map.insert("resource_type".to_owned(), Value::String(kind.to_owned()));
        }
        Self { want, map }
    }

    /// Whether `key` is wanted: ask before computing what costs something.
    pub fn asks(&self, key: &str, level: Level) -> bool {
        self.want.asks(key, level)
    }

    /// A field of short records.
    #[must_use]
    pub fn compact(self, key: &str, value: impl Into<Value>) -> Self {
        self.at(Level::Compact, key, value)
    }

    /// A field of full records.
    #[must_use]
    pub fn full(self, key: &str, value: impl Into<Value>) -> Self {
        self.at(Level::Full, key, value)
    }

    /// A field that is only sent when asked for.
    #[must_use]
    pub fn opt_in(self, key: &str, value: impl Into<Value>) -> Self {
        self.at(Level::OptIn, key, value)
    }

    /// A field at a level.
    #[must_use]
    pub fn at(mut self, level: Level, key: &str, value: impl Into<Value>) -> Self {
        if self.want.asks(key, level) {
            let value = self.want.of(key).cut_plain(value.into());
            self.map.insert(key.to_owned(), value);
        }
        self
    }

    /// Adds a field whatever is wanted; the caller has asked.
    pub fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.map.insert(key.to_owned(), value.into());
    }

    /// The finished object.
    pub fn done(self) -> Value {
        Value::Object(self.map)
    }
}

/// The short form of a nested object of which id and name are known.
pub fn named(kind: &str, gid: impl std::fmt::Display, name: &str, want: Want<'_>) -> Value {
    Record::new(kind, gid, want).compact("name", name).done()
}

/// The same when it may be nobody.
pub fn named_or_null<I: std::fmt::Display>(
    kind: &str,
    named_one: Option<&work::names::Named<I>>,
    want: Want<'_>,
) -> Value {
    named_one.map_or(Value::Null, |one| named(kind, &one.id, &one.name, want))
}

/// Only the ids of an object.
pub fn ids(kind: &str, gid: impl std::fmt::Display) -> Value {
    json!({ "gid": gid.to_string(), "resource_type": kind })
}

#[cfg(test)]
mod tests {
    use super::super::fields::Fields;
    use super::super::query::Query;
    use super::*;

    fn task(want: Want<'_>) -> Value {
        let assignee = named("user", 5, "Bob", want.of("assignee"));
        Record::new("task", 1, want)
            .compact("name", "x")
            .full("assignee", assignee)
            .full("photo", json!({"a": 1, "b": 2}))
            .opt_in("html_notes", "<body/>")
            .done()
    }

    #[test]
    fn a_record_shows_what_was_asked_and_otherwise_its_view() {
        let of = |raw: &str| Fields::read(&Query::parse(raw), &Map::new());
        assert_eq!(task(of("").compact()), json!({"gid": "1", "resource_type": "task", "name": "x"}));
        assert_eq!(
            task(of("").full()),
            json!({"gid": "1", "resource_type": "task", "name": "x", "assignee": {"gid": "5", "resource_type": "user", "name": "Bob"}, "photo": {"a": 1, "b": 2}})
        );
        assert_eq!(task(of("opt_fields=name,nonsense").full()), json!({"gid": "1", "name": "x"}));
        assert_eq!(
            task(of("opt_fields=assignee").full()),
            json!({"gid": "1", "assignee": {"gid": "5", "resource_type": "user"}})
        );
        assert_eq!(
            task(of("opt_fields=assignee.name,photo.a,html_notes,resource_type").compact()),
            json!({"gid": "1", "resource_type": "task", "assignee": {"gid": "5", "name": "Bob"}, "photo": {"a": 1}, "html_notes": "<body/>"})
        );
    }
}
