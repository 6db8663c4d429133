//! Whether an entry of the journal sets off a rule: pure.

use super::Trigger;
use crate::entries;
use base::id::ProjectId;
use journal::Entry;
use serde_json::Value;

/// Whether an entry may set off any rule; decides without knowing the rules.
pub(super) fn may_matter(entry: &Entry) -> bool {
    matches!(
        entry.verb.as_str(),
        "task.created" | "task.added_to_project" | "task.moved" | "task.completed" | "task.reopened"
    ) || (entry.verb == "task.changed" && entry.data["field"] == "custom_fields")
        || entries::comment(entry).is_some()
}

/// Whether an entry is what a rule of `project` waits for. That the task is in the project is for the caller to see.
pub(super) fn matches(trigger: &Trigger, project: ProjectId, entry: &Entry) -> bool {
    let data = &entry.data;
    match (trigger, entry.verb.as_str()) {
        (Trigger::TaskAdded, "task.created") => home(data, project).is_some(),
        (Trigger::TaskAdded, "task.added_to_project") => is(&data["project"], project.0),
        (Trigger::Completed, "task.completed") | (Trigger::Reopened, "task.reopened") => true,
        (Trigger::MovedToSection { section }, "task.created") => {
            home(data, project).is_some_and(|home| is(&home["section"], section.0))
        }
        (Trigger::MovedToSection { section }, "task.added_to_project") => is(&data["section"], section.0),
        (Trigger::MovedToSection { section }, "task.moved") => {
            is(&data["new"], section.0) && data["old"]["id"] != data["new"]["id"]
        }
        (Trigger::FieldChanged { field, to }, "task.changed") => {
            is(&data["custom_field"], field.0) && to.as_ref().is_none_or(|to| is_value(&data["new"], to))
        }
        (Trigger::Commented { contains }, _) => entries::comment(entry).is_some_and(|text| {
            let text = text.to_lowercase();
            contains.as_ref().is_none_or(|wanted| text.contains(&wanted.to_lowercase()))
        }),
        _ => false,
    }
}

fn home(data: &Value, project: ProjectId) -> Option<&Value> {
    data["homes"].as_array()?.iter().find(|home| is(&home["project"], project.0))
}

/// Whether a thing told as `{id, name}` has this id.
fn is(thing: &Value, id: i64) -> bool {
    entries::id(thing) == Some(id)
}

/// Whether a field's value, as the journal tells it, is what somebody wrote into a rule.
fn is_value(value: &Value, wanted: &str) -> bool {
    let wanted = wanted.trim();
    match value {
        Value::String(text) => text.trim().eq_ignore_ascii_case(wanted),
        Value::Number(number) => wanted.parse::<f64>().ok() == number.as_f64(),
        Value::Array(values) => values.iter().any(|value| is_value(value, wanted)),
        Value::Object(thing) => {
            ["name", "id", "date"].iter().filter_map(|key| thing.get(*key)).any(|v| is_value(v, wanted))
        }
        Value::Null | Value::Bool(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_recognised_however_it_is_told() {
        for (value, wanted, same) in [
            (json!("Beta"), "beta ", true),
            (json!(3.0), "3", true),
            (json!(3.5), "3", false),
            (json!({"id": "7", "name": "High"}), "high", true),
            (json!({"id": "7", "name": "High"}), "7", true),
            (json!([{"id": "7", "name": "High"}, {"id": "8", "name": "Low"}]), "low", true),
            (json!({"date": "2026-11-22", "date_time": null}), "2026-11-22", true),
            (json!(null), "", false),
        ] {
            assert_eq!(is_value(&value, wanted), same, "{value} {wanted}");
        }
    }
}
