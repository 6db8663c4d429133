//! Custom fields: the field itself, and a field with its value on a task. The entry on a task has the field's own `gid`.

use crate::show::task_name;
use crate::wire::fields::{Level, Want};
use crate::wire::record::{Record, named, named_or_null};
use serde_json::{Value, json};
use work::fields::{Entry, Field, FieldKind, FieldOption, FieldValue, Format, Setting};

/// An option of an enum field.
pub fn option(option: &FieldOption, want: Want<'_>) -> Value {
    Record::new("enum_option", option.id, want)
        .compact("name", option.name.as_str())
        .compact("enabled", option.enabled)
        .compact("color", option.color.as_deref().unwrap_or("none"))
        .done()
}

fn options(options: &[FieldOption], want: Want<'_>) -> Value {
    options.iter().map(|o| option(o, want)).collect()
}

/// What is the same for a field by itself and on a task.
fn common<'t>(field: &Field, want: Want<'t>) -> Record<'t> {
    let mut record = Record::new("custom_field", field.id, want)
        .compact("name", field.name.as_str())
        .compact("type", field.kind.as_str())
        .compact("resource_subtype", field.kind.as_str())
        .compact("is_formula_field", false)
        .compact("representation_type", field.kind.as_str())
        .compact("id_prefix", Value::Null)
        .full("created_by", named_or_null("user", field.created_by.as_ref(), want.of("created_by")))
        .full("is_value_read_only", false)
        .full("is_global_to_workspace", field.is_global)
        .full("has_notifications_enabled", field.notifies)
        .full("input_restrictions", json!(["task"]))
        .full("privacy_setting", "public_with_guests")
        .full("default_access_level", "editor")
        .at(Level::OptIn, "description", field.description.as_str());
    if matches!(field.kind, FieldKind::Enum | FieldKind::MultiEnum)
        && record.asks("enum_options", Level::Compact)
    {
        record.put("enum_options", options(&field.options, want.of_at_least_compact("enum_options")));
    }
    if field.kind == FieldKind::Number {
        record = record
            .at(Level::Compact, "precision", field.precision.map_or(Value::Null, Value::from))
            .full("format", field.format.as_str())
            .full("currency_code", field.currency_code.clone())
            .full("custom_label", field.custom_label.clone())
            .full("custom_label_position", field.custom_label_position.clone());
    }
    record
}

/// A field by itself.
pub fn field(field: &Field, want: Want<'_>) -> Value {
    common(field, want).done()
}

/// A field on a task, with its value.
pub fn entry(entry: &Entry, want: Want<'_>) -> Value {
    let field = &entry.field;
    let value = entry.value.as_ref();
    let record = common(field, want)
        .compact("enabled", entry.enabled)
        .compact("display_value", value.map(|value| display(field, value)));
    let key = value_key(field.kind);
    if !record.asks(key, Level::Compact) {
        return record.done();
    }
    let mut record = record;
    let below = want.of_at_least_compact(key);
    record.put(key, value.map_or_else(|| nothing(field.kind), |value| shown(value, below)));
    record.done()
}

fn value_key(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text_value",
        FieldKind::Number => "number_value",
        FieldKind::Enum => "enum_value",
        FieldKind::MultiEnum => "multi_enum_values",
        FieldKind::Date => "date_value",
        FieldKind::People => "people_value",
        FieldKind::Reference => "reference_value",
    }
}

/// No value: `null`, or an empty list where clients iterate.
fn nothing(kind: FieldKind) -> Value {
    match kind {
        FieldKind::MultiEnum | FieldKind::People | FieldKind::Reference => json!([]),
        FieldKind::Text | FieldKind::Number | FieldKind::Enum | FieldKind::Date => Value::Null,
    }
}

/// Whole numbers without a point: scripts compare `number_value` with integers.
pub fn number(number: f64) -> Value {
    let is_whole = number.fract() == 0.0 && number.abs() < 9e15;
    if is_whole { json!(number as i64) } else { json!(number) }
}

fn shown(value: &FieldValue, want: Want<'_>) -> Value {
    match value {
        FieldValue::Text(text) => json!(text),
        FieldValue::Number(n) => number(*n),
        FieldValue::Enum(chosen) => option(chosen, want),
        FieldValue::MultiEnum(chosen) => options(chosen, want),
        FieldValue::Date { date, time } => {
            want.cut_plain(json!({ "date": date.to_string(), "date_time": time.map(|t| t.to_string()) }))
        }
        FieldValue::People(people) => people.iter().map(|p| named("user", p.id, &p.name, want)).collect(),
        FieldValue::Reference(tasks) => tasks.iter().map(|task| task_name(task, want)).collect(),
    }
}

/// What people see: always text.
fn display(field: &Field, value: &FieldValue) -> String {
    let joined = |names: Vec<&str>| names.join(", ");
    match value {
        FieldValue::Text(text) => text.clone(),
        FieldValue::Number(number) => display_number(field, *number),
        FieldValue::Enum(option) => option.name.clone(),
        FieldValue::MultiEnum(options) => joined(options.iter().map(|o| o.name.as_str()).collect()),
        FieldValue::Date { date, time } => time.map_or_else(|| date.to_string(), |time| time.to_string()),
        FieldValue::People(people) => joined(people.iter().map(|p| p.name.as_str()).collect()),
        FieldValue::Reference(tasks) => joined(tasks.iter().map(|t| t.name.as_str()).collect()),
    }
}

fn display_number(field: &Field, number: f64) -> String {
    let digits = usize::from(field.precision.unwrap_or(0));
    match field.format {
        Format::Percentage => format!("{:.*}%", digits.saturating_sub(2), number * 100.0),
        Format::Currency => {
            format!("{}{number:.digits$}", currency_sign(field.currency_code.as_deref().unwrap_or("")))
        }
        Format::Custom => {
            let label = field.custom_label.as_deref().unwrap_or("");
            match field.custom_label_position.as_deref() {
                Some("prefix") => format!("{label} {number:.digits$}").trim().to_owned(),
                _ => format!("{number:.digits$} {label}").trim().to_owned(),
            }
        }
        Format::None | Format::Identifier | Format::Duration => format!("{number:.digits$}"),
    }
}

fn currency_sign(code: &str) -> String {
    match code {
        "USD" => "$".to_owned(),
        "EUR" => "€".to_owned(),
        "GBP" => "£".to_owned(),
        "JPY" => "¥".to_owned(),
        other => format!("{other} "),
    }
}

/// That a project shows a field.
pub fn setting(setting: &Setting, want: Want<'_>) -> Value {
    let project = |key: &str| named("project", setting.project.id, &setting.project.name, want.of(key));
    let field_want = if want.is_asked() { want.of_at_least_compact("custom_field") } else { Want::FULL };
    Record::new("custom_field_setting", setting.id, want)
        .compact("project", project("project"))
        .compact("parent", project("parent"))
        .compact("is_important", setting.is_important)
        .compact("custom_field", field(&setting.field, field_want))
        .done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Time;
    use base::id::FieldId;

    fn price(format: Format, precision: u8) -> Field {
        Field {
            id: FieldId(7),
            kind: FieldKind::Number,
            name: "Price".to_owned(),
            description: String::new(),
            precision: Some(precision),
            format,
            currency_code: Some("EUR".to_owned()),
            custom_label: Some("seats".to_owned()),
            custom_label_position: Some("suffix".to_owned()),
            notifies: false,
            is_global: true,
            created_at: Time::from_millis(0),
            created_by: None,
            options: vec![],
        }
    }

    #[test]
    fn a_number_is_displayed_as_its_format_says() {
        for (format, precision, number, text) in [
            (Format::None, 0, 3.0, "3"),
            (Format::None, 2, 3.456, "3.46"),
            (Format::Percentage, 2, 0.25, "25%"),
            (Format::Percentage, 3, 0.255, "25.5%"),
            (Format::Currency, 2, 9.5, "€9.50"),
            (Format::Custom, 0, 4.0, "4 seats"),
        ] {
            assert_eq!(display_number(&price(format, precision), number), text);
        }
    }

    #[test]
    fn an_entry_has_the_id_of_its_field_and_null_without_a_value() {
        let mut it = Entry { field: std::sync::Arc::new(price(Format::None, 0)), value: None, enabled: true };
        let shown = entry(&it, Want::COMPACT);
        assert_eq!(
            (&shown["gid"], &shown["number_value"], &shown["display_value"]),
            (&json!("7"), &Value::Null, &Value::Null)
        );
        it.value = Some(FieldValue::Number(3.0));
        let shown = entry(&it, Want::COMPACT);
        assert_eq!((&shown["number_value"], &shown["display_value"]), (&json!(3), &json!("3")));
    }
}
