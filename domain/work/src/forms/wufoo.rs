//! The webhook of Wufoo forms: form-encoded `Field1=..&Field3=..&EntryId=12&HandshakeKey=..`, with `FieldStructure`, JSON that
//! says which title each id has, when its owner asked for it. A field with parts (a name, an address) lists them as `SubFields`.

use super::{Answers, Form};
use base::{Error, Result};
use serde::Deserialize;

#[derive(Deserialize)]
struct Structure {
    #[serde(rename = "Fields", default)]
    fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    #[serde(rename = "ID", default)]
    id: String,
    #[serde(rename = "Title", default)]
    title: String,
    #[serde(rename = "Type", default)]
    kind: String,
    #[serde(rename = "SubFields", default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "ID", default)]
    id: String,
}

/// Whether a submission is in Wufoo's format.
pub(crate) fn is_one(pairs: &[(String, String)]) -> bool {
    value(pairs, "EntryId").is_some()
        || value(pairs, "FieldStructure").is_some()
        || value(pairs, "HandshakeKey").is_some()
}

fn value<'a>(pairs: &'a [(String, String)], key: &str) -> Option<&'a str> {
    pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

/// Reads a submission for `form`; the key must be right when the form asks for one.
pub(crate) fn read(form: &Form, pairs: &[(String, String)]) -> Result<Answers> {
    if let Some(hash) = &form.handshake_hash {
        let given = super::hash(value(pairs, "HandshakeKey").unwrap_or_default());
        if !base::secret::same_bytes(given.as_bytes(), hash.as_bytes()) {
            return Err(Error::denied("form.handshake", "The handshake key is not the one of this form"));
        }
    }
    let structure = match value(pairs, "FieldStructure").filter(|text| !text.trim().is_empty()) {
        None => Structure { fields: Vec::new() },
        Some(text) => serde_json::from_str(text).map_err(|error| {
            Error::invalid("form.structure", format!("FieldStructure cannot be read: {error}"))
        })?,
    };
    let mut answers = Answers {
        entry: value(pairs, "EntryId").filter(|id| !id.is_empty()).map(|id| format!("wufoo:{id}")),
        given: Vec::new(),
        is_checked: true,
    };
    let mut told: Vec<&str> = Vec::new();
    for field in &structure.fields {
        let mut ids: Vec<&str> =
            field.parts.iter().map(|part| part.id.as_str()).filter(|id| !id.is_empty()).collect();
        if ids.is_empty() {
            ids.push(&field.id);
        }
        let between = if field.kind == "checkbox" { ", " } else { " " };
        let values: Vec<&str> =
            ids.iter().filter_map(|id| value(pairs, id)).filter(|v| !v.trim().is_empty()).collect();
        let mut text = values.join(between);
        if let Some(url) = value(pairs, &format!("{}-url", field.id)) {
            text = format!("{text} {url}"); // An uploaded file: its name, and where it is.
        }
        // A question may be named by the id or by the title.
        let by_id = form.questions.iter().any(|question| question.key.eq_ignore_ascii_case(&field.id));
        let key = if by_id || field.title.trim().is_empty() { &field.id } else { &field.title };
        answers.given.push((key.clone(), text));
        told.extend(ids);
    }
    let asked = |key: &str| form.questions.iter().any(|question| question.key.eq_ignore_ascii_case(key));
    let rest = pairs.iter().filter(|(key, _)| (is_field(key) || asked(key)) && !told.contains(&key.as_str()));
    answers.given.extend(rest.filter(|(key, _)| !key.ends_with("-url")).cloned());
    Ok(answers)
}

/// Everything else that comes along (the address of the sender, who made the entry) is about Wufoo, not an answer.
fn is_field(key: &str) -> bool {
    key.strip_prefix("Field").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}
