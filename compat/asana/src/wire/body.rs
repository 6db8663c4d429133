//! Request bodies: JSON with `data` and `options`, flat forms, or nothing.
//!
//! Multipart bodies, the only ones that can be large, are read by [`crate::upload`].

use super::value::Data;
use base::{Error, Result};
use serde_json::{Map, Value};

/// What a body said.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The fields of the thing.
    pub data: Data,
    /// How the answer should look: `fields`, `pretty`, `expand`, `limit`, `offset`.
    pub options: Map<String, Value>,
}

/// Keys that old JavaScript and Python clients leave inside `data`, though they are about the answer.
const STRAY: &[&str] =
    &["fields", "expand", "pretty", "opt_fields", "opt_expand", "opt_pretty", "client_name"];

fn malformed(what: impl std::fmt::Display) -> Error {
    Error::invalid("asana.body", format!("Could not parse request data: {what}"))
}

/// What a `Content-Type` says, as far as bodies differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON, and everything without a type that is known: clients forget the header and mean JSON.
    Json,
    /// `key=value&...`
    Form,
    /// Parts, one of which may be a file.
    Multipart,
}

/// Reads a `Content-Type`; parameters and case do not matter.
pub fn format(content_type: Option<&str>) -> Format {
    let essence = content_type.unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/x-www-form-urlencoded" => Format::Form,
        "multipart/form-data" => Format::Multipart,
        _ => Format::Json,
    }
}

impl Parsed {
    /// Reads a body that is all there.
    pub fn read(format: Format, body: &[u8]) -> Result<Self> {
        match format {
            Format::Form => {
                let text = std::str::from_utf8(body).map_err(|_| malformed("the form is not UTF-8"))?;
                // curl sends JSON as a form unless it is told otherwise.
                if text.trim_start().starts_with('{') { Self::json(body) } else { Ok(Self::form(text)) }
            }
            Format::Json | Format::Multipart => Self::json(body),
        }
    }

    fn json(body: &[u8]) -> Result<Self> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        let value =
            serde_json::from_slice(body).map_err(|error| malformed(format!("invalid JSON: {error}")))?;
        let Value::Object(mut envelope) = value else {
            return Err(malformed("the body must be an object with the key `data`"));
        };
        let data = match envelope.remove("data") {
            Some(Value::Object(data)) => data,
            None | Some(Value::Null) if envelope.is_empty() || envelope.contains_key("options") => {
                Data::new()
            }
            None => return Err(malformed("the body must have the key `data`")),
            Some(_) => return Err(malformed("`data` must be an object")),
        };
        let options = match envelope.remove("options") {
            Some(Value::Object(options)) => options,
            _ => Map::new(),
        };
        Ok(Self { data, options }.tidied())
    }

    fn form(text: &str) -> Self {
        let mut parsed = Self::default();
        for (key, value) in super::query::Query::parse(text).pairs() {
            parsed.add(key, value.clone());
        }
        parsed.tidied()
    }

    /// Adds a pair of a form; a repeated key becomes a list, `custom_fields[12]` an entry of an object.
    pub fn add(&mut self, key: &str, value: String) {
        if let Some(option) = key.strip_prefix("opt_").or_else(|| key.strip_prefix("options.")) {
            self.options.insert(option.to_owned(), Value::String(value));
            return;
        }
        let key = key.strip_prefix("data[").and_then(|key| key.strip_suffix(']')).unwrap_or(key);
        if let Some((outer, inner)) = key.strip_suffix(']').and_then(|key| key.split_once('[')) {
            if !inner.is_empty() && inner.parse::<usize>().map_or(true, |n| n > 10_000) {
                let object = self.data.entry(outer).or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(object) = object {
                    object.insert(inner.to_owned(), Value::String(value));
                }
                return;
            }
            let list = self.data.entry(outer).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.push(Value::String(value));
            }
            return;
        }
        match self.data.get_mut(key) {
            None => {
                self.data.insert(key.to_owned(), Value::String(value));
            }
            Some(Value::Array(list)) => list.push(Value::String(value)),
            Some(first) => *first = Value::Array(vec![first.take(), Value::String(value)]),
        }
    }

    /// Moves what is about the answer out of `data`.
    #[must_use]
    pub fn tidied(mut self) -> Self {
        for key in STRAY {
            if let Some(value) = self.data.remove(*key) {
                let name = key.strip_prefix("opt_").unwrap_or(key);
                self.options.entry(name).or_insert(value);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn json_body(body: &str) -> Result<(Value, Value)> {
        let parsed = Parsed::read(Format::Json, body.as_bytes())?;
        Ok((Value::Object(parsed.data), Value::Object(parsed.options)))
    }

    #[test]
    fn the_envelopes_of_all_clients_are_read() {
        for (body, data, options) in [
            (r#"{"data": {"name": "x"}}"#, json!({"name": "x"}), json!({})),
            (
                r#"{"data": {"name": "x"}, "options": {"fields": ["name"], "pretty": true}}"#,
                json!({"name": "x"}),
                json!({"fields": ["name"], "pretty": true}),
            ),
            (
                r#"{"data":{"name":"x","opt_fields":"name"},"options":{"fields":["a"]}}"#,
                json!({"name": "x"}),
                json!({"fields": ["a"]}),
            ),
            (
                r#"{"data":{"name":"x","fields":"name","pretty":true}}"#,
                json!({"name": "x"}),
                json!({"fields": "name", "pretty": true}),
            ),
            ("{}", json!({}), json!({})),
            ("", json!({}), json!({})),
            (" \n", json!({}), json!({})),
            (r#"{"data": null}"#, json!({}), json!({})),
            (r#"{"options": {"fields": "a"}}"#, json!({}), json!({"fields": "a"})),
        ] {
            assert_eq!(json_body(body).expect(body), (data, options), "{body}");
        }
    }

    #[test]
    fn broken_bodies_are_refused_in_words() {
        for body in [
            "{",
            "[]",
            "7",
            r#"{"name": "x"}"#,
            r#"{"data": [1]}"#,
            r#"{"data": "x"}"#,
            "\u{feff}x",
            r#"{"data": {"a": 1e999999}}"#,
        ] {
            let error = json_body(body).expect_err(body);
            assert!(error.message().starts_with("Could not parse request data: "), "{error}");
        }
        let deep = format!("{{\"data\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(json_body(&deep).is_err(), "deep nesting ends before the stack does");
    }

    #[test]
    fn forms_are_flat_and_repeat_keys_for_lists() {
        let read =
            |text: &str| Value::Object(Parsed::read(Format::Form, text.as_bytes()).expect("a form").data);
        assert_eq!(
            read("name=Push+1&projects=1&projects=2&opt_fields=a"),
            json!({"name": "Push 1", "projects": ["1", "2"]})
        );
        assert_eq!(read("followers[]=me&followers[1]=5"), json!({"followers": ["me", "5"]}));
        assert_eq!(
            read("custom_fields[1200000000000009]=x&data[name]=y"),
            json!({"custom_fields": {"1200000000000009": "x"}, "name": "y"})
        );
        assert_eq!(read(r#"{"data":{"name":"x"}}"#), json!({"name": "x"}));
        let options = Parsed::read(Format::Form, b"opt_fields=a,b&opt_pretty").expect("a form").options;
        assert_eq!(Value::Object(options), json!({"fields": "a,b", "pretty": ""}));
    }

    #[test]
    fn content_types_are_not_compared_letter_by_letter() {
        for (given, format_read) in [
            (None, Format::Json),
            (Some("application/json; charset=utf-8"), Format::Json),
            (Some("APPLICATION/JSON"), Format::Json),
            (Some("text/plain"), Format::Json),
            (Some("application/x-www-form-urlencoded; charset=UTF-8"), Format::Form),
            (Some("Multipart/Form-Data; boundary=x"), Format::Multipart),
        ] {
            assert_eq!(format(given), format_read, "{given:?}");
        }
    }
}
