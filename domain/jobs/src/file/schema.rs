//! The JSON Schema of job files, for editors and other programs. It is written from the table of [`super::shapes`].

use super::shape::{Key, Kind, Shape};
use super::shapes::JOB;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The published schema, as text. A test keeps it what [`write`] writes.
pub const PUBLISHED: &str = include_str!("../../assets/signalbox.schema.json");

/// What a length of time looks like.
const DURATION: &str = "^([0-9]+[smhdw])+$";
const SIZE: &str = r"^[0-9]+(\.[0-9]+)? ?([kKmMgGtT]([iI]?[bB])?|[bB])?$";

/// Writes the schema.
pub fn write() -> Json {
    let mut shapes = BTreeMap::new();
    collect(&JOB, &mut shapes);
    let mut definitions: Map<String, Json> =
        shapes.values().map(|shape| (shape.name.to_owned(), map(shape))).collect();
    let root = definitions.remove(JOB.name).unwrap_or_default();
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("$id".to_owned(), json!("urn:signalbox:job-file"));
    schema.insert("title".to_owned(), json!("Signalbox job file"));
    if let Json::Object(root) = root {
        schema.extend(root);
    }
    schema.insert("patternProperties".to_owned(), json!({ "^x-": {} }));
    schema.insert(
        "oneOf".to_owned(),
        json!([{"required": ["steps"]}, {"required": ["jobs"]}, {"required": ["stages"]}]),
    );
    schema.insert("$defs".to_owned(), Json::Object(definitions));
    Json::Object(schema)
}

fn collect(shape: &'static Shape, into: &mut BTreeMap<&'static str, &'static Shape>) {
    if into.insert(shape.name, shape).is_none() {
        shape.keys.iter().for_each(|key| inside(&key.kind, into));
    }
}

fn inside(kind: &'static Kind, into: &mut BTreeMap<&'static str, &'static Shape>) {
    match kind {
        Kind::Map(shape) => collect(shape, into),
        Kind::Named(_, kind) | Kind::List(kind) | Kind::Many(kind) => inside(kind, into),
        Kind::Either(kinds) => kinds.iter().for_each(|kind| inside(kind, into)),
        Kind::Text
        | Kind::Scalar
        | Kind::Match(_)
        | Kind::Boolean
        | Kind::Integer(..)
        | Kind::Number
        | Kind::Duration
        | Kind::Size
        | Kind::Word(_)
        | Kind::Null => {}
    }
}

fn map(shape: &'static Shape) -> Json {
    let properties: Map<String, Json> =
        shape.keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = shape.keys.iter().filter(|key| key.is_required).map(|key| key.name).collect();
    let mut schema = json!({
        "type": "object",
        "description": shape.doc,
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(key: &'static Key) -> Json {
    // A key that says nothing is as good as a missing one, unless it must be there.
    let mut schema = of(&key.kind);
    if !key.is_required {
        schema = json!({ "anyOf": [schema, { "type": "null" }] });
    }
    schema["description"] = json!(key.doc);
    schema
}

fn of(kind: &'static Kind) -> Json {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Scalar => json!({ "type": ["string", "number", "boolean"] }),
        Kind::Match(pattern) => json!({ "type": "string", "pattern": format!("^(?:{pattern})$") }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Integer(i64::MIN, i64::MAX) => json!({ "type": "integer" }),
        Kind::Integer(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Number => json!({ "type": "number" }),
        Kind::Duration => {
            json!({ "anyOf": [{ "type": "string", "pattern": DURATION }, { "type": "integer", "minimum": 0 }] })
        }
        Kind::Size => {
            json!({ "anyOf": [{ "type": "string", "pattern": SIZE }, { "type": "integer", "minimum": 1 }] })
        }
        Kind::Word(words) => json!({ "enum": words() }),
        Kind::Map(shape) => json!({ "$ref": format!("#/$defs/{}", shape.name) }),
        Kind::Named(pattern, kind) => json!({
            "type": "object",
            "propertyNames": { "pattern": format!("^(?:{pattern})$") },
            "additionalProperties": of(kind),
        }),
        Kind::List(kind) => json!({ "type": "array", "items": of(kind) }),
        Kind::Many(kind) => json!({ "anyOf": [{ "type": "array", "items": of(kind) }, of(kind)] }),
        Kind::Either(kinds) => json!({ "anyOf": kinds.iter().map(of).collect::<Vec<_>>() }),
        Kind::Null => json!({ "type": "null" }),
    }
}
