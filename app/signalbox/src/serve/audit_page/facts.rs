//! What an entry of the journal says, for people: names, links, and values before and after.

use journal::Entry;
use maud::{Markup, html};
use serde_json::{Map, Value};

/// What is said elsewhere in the row, or is an id that a name stands beside.
const SAID: [&str; 6] = ["name", "kind", "task", "homes", "stories", "situation"];

/// Characters of one value that are shown.
const LONG: usize = 300;

/// Where the subject of an entry is.
pub(super) fn link(entry: &Entry) -> Option<String> {
    let id = entry.subject.id;
    Some(match entry.subject.kind.as_ref() {
        "task" => format!("/tasks/{id}"),
        "project" => format!("/projects/{id}"),
        "environment" => {
            format!("/environments/{}", entry.data["name"].as_str().filter(|name| is_word(name))?)
        }
        "user" => format!("/settings/people/{id}"),
        "team" => format!("/settings/teams/{id}"),
        "field" => format!("/settings/fields/{id}"),
        "delivery" => format!("/settings/deliveries/{id}"),
        "deployment" => {
            let environment = entry.data["environment"].as_str().filter(|name| is_word(name))?;
            format!("/environments/{environment}/deployments/{}", entry.data["number"].as_i64()?)
        }
        "story" | "attachment" => format!("/tasks/{}", entry.data["task"]["id"].as_str()?),
        _ => return None,
    })
}

fn is_word(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// What the subject of an entry was called at the time.
pub(super) fn name(entry: &Entry) -> String {
    let data = &entry.data;
    let named = data["name"].as_str().or(data["task"]["name"].as_str()).filter(|name| !name.is_empty());
    let numbered = || {
        Some(format!(
            "{} {} to {}",
            entry.subject.kind,
            data["number"].as_i64()?,
            data["environment"].as_str()?
        ))
    };
    named.map(short).or_else(numbered).unwrap_or_else(|| entry.subject.kind.replace('_', " "))
}

fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(LONG).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// A value in a few words: what has a name is told by it.
fn told(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(is_so) => if *is_so { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.is_empty() => "nothing".to_owned(),
        Value::String(text) => short(text),
        Value::Array(values) if values.is_empty() => "nothing".to_owned(),
        Value::Array(values) => short(&values.iter().map(told).collect::<Vec<_>>().join(", ")),
        Value::Object(thing) => match thing.get("name").or_else(|| thing.get("text")) {
            Some(name) => told(name),
            None => {
                let parts = thing.iter().filter(|(_, value)| !value.is_null() && !is_id(value));
                short(
                    &parts
                        .map(|(key, value)| format!("{} {}", words(key), told(value)))
                        .collect::<Vec<_>>()
                        .join(", "),
                )
            }
        },
    }
}

/// Whether a value is an id, which says nothing to people.
fn is_id(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() >= 16 && text.bytes().all(|b| b.is_ascii_digit()))
}

fn words(key: &str) -> String {
    key.replace('_', " ")
}

fn changed(label: &str, old: &Value, new: &Value) -> Markup {
    html! { dt { (words(label)) } dd { del { (told(old)) } " → " ins { (told(new)) } } }
}

/// Old and new values, and whatever else an entry tells.
pub(super) fn values(data: &Value) -> Markup {
    let Some(all) = data.as_object() else { return html! {} };
    let (changes, rest) = (changes(all), rest(all));
    html! {
        @if !changes.0.is_empty() { dl.facts { (changes) } }
        @match rest.len() {
            0 => {}
            1..=3 => dl.facts { @for fact in &rest { (fact) } },
            more => details { summary { (more) " values" } dl.facts { @for fact in &rest { (fact) } } },
        }
    }
}

fn changes(all: &Map<String, Value>) -> Markup {
    let null = Value::Null;
    html! {
        @if let Some(changes) = all.get("changes").and_then(Value::as_object) {
            @for (field, change) in changes { (changed(field, &change["old"], &change["new"])) }
        }
        @match (all.get("old"), all.get("new")) {
            (Some(Value::Object(old)), Some(Value::Object(new))) if !new.contains_key("name") || old.len() > 2 => {
                @for (field, now) in new { @if old.get(field) != Some(now) { (changed(field, old.get(field).unwrap_or(&null), now)) } }
            }
            (None, None) => {}
            (old, new) => (changed(label(all), old.unwrap_or(&null), new.unwrap_or(&null))),
        }
        @if let (Some(old), Some(new)) = (all.get("old_name"), all.get("name")) { @if old != new { (changed("name", old, new)) } }
    }
}

/// What old and new are values of.
fn label(all: &Map<String, Value>) -> &str {
    let custom = all.get("custom_field").and_then(|field| field["name"].as_str());
    custom.or_else(|| all.get("field").and_then(Value::as_str)).unwrap_or("value")
}

fn rest(all: &Map<String, Value>) -> Vec<Markup> {
    let is_told = |key: &str| {
        SAID.contains(&key) || ["changes", "old", "new", "old_name", "field", "custom_field"].contains(&key)
    };
    let facts = all.iter().filter(|(key, value)| !is_told(key) && !value.is_null() && !is_id(value));
    facts.map(|(key, value)| html! { dt { (words(key)) } dd { (told(value)) } }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_told_before_and_after() {
        for (data, shown) in [
            (
                json!({"field": "due", "old": {"due_on": "2026-01-01"}, "new": null}),
                "<dt>due</dt><dd><del>due on 2026-01-01</del> → <ins>nothing</ins></dd>",
            ),
            (
                json!({"field": "assignee", "old": null, "new": {"id": "7", "name": "Ben"}}),
                "<dt>assignee</dt><dd><del>nothing</del> → <ins>Ben</ins></dd>",
            ),
            (
                json!({"name": "x", "changes": {"role": {"old": "member", "new": "admin"}}}),
                "<dt>role</dt><dd><del>member</del> → <ins>admin</ins></dd>",
            ),
            (
                json!({"old": {"name": "a", "restricted": false, "if_busy": "refuse"}, "new": {"name": "a", "restricted": true, "if_busy": "refuse"}}),
                "<dt>restricted</dt><dd><del>no</del> → <ins>yes</ins></dd>",
            ),
            (json!({"old_name": "a", "name": "b"}), "<dt>name</dt><dd><del>a</del> → <ins>b</ins></dd>"),
            (
                json!({"holder": "user", "old": [], "new": ["view", "lock"]}),
                "<dt>value</dt><dd><del>nothing</del> → <ins>view, lock</ins></dd><dt>holder</dt><dd>user</dd>",
            ),
            (
                json!({"text": "<script>alert(1)</script>"}),
                "<dt>text</dt><dd>&lt;script&gt;alert(1)&lt;/script&gt;</dd>",
            ),
        ] {
            let told = values(&data).into_string().replace("</dl><dl class=\"facts\">", "");
            assert_eq!(told, format!("<dl class=\"facts\">{shown}</dl>"), "{data}");
        }
    }
}
