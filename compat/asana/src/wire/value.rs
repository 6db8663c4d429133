//! Values as scripts send them: ids as numbers or text, booleans as Python prints them, lists as text.
//!
//! Absent and `null` mean different things (`assignee: null` takes the assignee away), so readers return
//! `Option<Option<T>>`: nothing sent, `null` sent, a value sent.

use base::id::MAX;
use base::{Date, Error, Result, Time};
use serde_json::{Map, Value};

/// The keys of `data` in a request.
pub type Data = Map<String, Value>;

/// Nothing sent, `null` sent, or a value sent.
pub type Given<T> = Option<Option<T>>;

/// The error for a value that cannot be applied: `due_on: Not a valid date: "soon"`.
pub fn bad(key: &str, problem: impl std::fmt::Display) -> Error {
    Error::invalid("asana.input", format!("{key}: {problem}"))
}

/// The error for something that has to be there.
pub fn missing_input(key: &str) -> Error {
    bad(key, "Missing input")
}

fn shown(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}

fn given<'a, T>(data: &'a Data, key: &str, read: impl FnOnce(&'a Value) -> Result<T>) -> Result<Given<T>> {
    match data.get(key) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(value) => read(value).map(|v| Some(Some(v))),
    }
}

/// Text as it was sent; numbers and booleans become their text, because form-encoded clients send no types.
pub fn text(data: &Data, key: &str) -> Result<Given<String>> {
    given(data, key, |value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        other => Err(bad(key, format!("Not a string: {}", shown(other)))),
    })
}

/// The words that mean yes and no, as seen from Python's `repr`, JavaScript and form-encoded scripts.
pub fn flag_word(word: &str) -> Option<bool> {
    match word.trim() {
        "true" | "True" | "TRUE" | "1" => Some(true),
        "false" | "False" | "FALSE" | "0" => Some(false),
        _ => None,
    }
}

/// A boolean; `null` counts as not sent.
pub fn flag(data: &Data, key: &str) -> Result<Option<bool>> {
    let read = given(data, key, |value| {
        let known = match value {
            Value::Bool(flag) => Some(*flag),
            Value::String(word) => flag_word(word),
            Value::Number(number) => match number.as_i64() {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            _ => None,
        };
        known.ok_or_else(|| bad(key, format!("Not a boolean: {}", shown(value))))
    })?;
    Ok(read.flatten())
}

/// A whole or broken number.
pub fn number(data: &Data, key: &str) -> Result<Given<f64>> {
    given(data, key, |value| {
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|n| n.is_finite()).ok_or_else(|| bad(key, format!("Not a number: {}", shown(value))))
    })
}

/// An instant.
pub fn time(data: &Data, key: &str) -> Result<Given<Time>> {
    given(data, key, |value| {
        let text =
            value.as_str().ok_or_else(|| bad(key, format!("Not a valid datetime: {}", shown(value))))?;
        Time::parse(text).map_err(|_| bad(key, format!("Not a valid datetime: {text}")))
    })
}

/// A day; a date-time is cut to its day, because Python scripts send `datetime.isoformat()` here as well.
pub fn date(data: &Data, key: &str) -> Result<Given<Date>> {
    given(data, key, |value| {
        let text = value.as_str().ok_or_else(|| bad(key, format!("Not a valid date: {}", shown(value))))?;
        parse_date(key, text)
    })
}

/// Reads a day from text.
pub fn parse_date(key: &str, text: &str) -> Result<Date> {
    let day = text.trim().get(..10).unwrap_or(text);
    day.parse()
        .map_err(|_| bad(key, format!("Not a valid date: {}", text.chars().take(40).collect::<String>())))
}

/// The text of one reference: an id (number or text), `me`, an e-mail address, or an object that has a `gid`
/// (scripts read a record, change it and send it back whole).
fn reference_text(key: &str, value: &Value) -> Result<String> {
    match value {
        Value::Number(number) => Ok(number.to_string()),
        Value::String(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        Value::Object(object) => match object.get("gid").or_else(|| object.get("id")) {
            Some(gid @ (Value::Number(_) | Value::String(_))) => reference_text(key, gid),
            _ => Err(bad(key, format!("Not a recognized ID: {}", shown(value)))),
        },
        other => Err(bad(key, format!("Not a recognized ID: {}", shown(other)))),
    }
}

/// A reference to one object. Empty text counts as `null`: form-encoded scripts cannot say it otherwise.
pub fn reference(data: &Data, key: &str) -> Result<Given<String>> {
    let read = given(data, key, |value| match value {
        Value::String(text) if text.trim().is_empty() => Ok(None),
        value => reference_text(key, value).map(Some),
    })?;
    Ok(read.map(Option::flatten))
}

/// A list of references: an array, one bare id, or ids with commas between (clients of 2016 send all three).
pub fn references(data: &Data, key: &str) -> Result<Option<Vec<String>>> {
    let read = given(data, key, |value| match value {
        Value::Array(items) => items.iter().map(|item| reference_text(key, item)).collect(),
        Value::String(text) => Ok(words(text)),
        other => reference_text(key, other).map(|one| vec![one]),
    })?;
    Ok(read.map(Option::unwrap_or_default))
}

/// Words with commas between, trimmed, without empty ones.
pub fn words(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Reads the text of an id.
pub fn id<T: From<i64>>(key: &str, text: &str) -> Result<T> {
    let number = text.trim().parse::<i64>().ok().filter(|n| (1..=MAX).contains(n));
    number.map(T::from).ok_or_else(|| {
        bad(key, format!("Not a recognized ID: {}", text.chars().take(80).collect::<String>()))
    })
}

/// An id that has to be there.
pub fn required_id<T: From<i64>>(data: &Data, key: &str) -> Result<T> {
    let text = reference(data, key)?.flatten().ok_or_else(|| missing_input(key))?;
    id(key, &text)
}

/// An id or `null` or nothing.
pub fn given_id<T: From<i64>>(data: &Data, key: &str) -> Result<Given<T>> {
    match reference(data, key)? {
        None => Ok(None),
        Some(None) => Ok(Some(None)),
        Some(Some(text)) => id(key, &text).map(|id| Some(Some(id))),
    }
}

/// A list of ids.
pub fn ids<T: From<i64>>(data: &Data, key: &str) -> Result<Option<Vec<T>>> {
    let Some(texts) = references(data, key)? else { return Ok(None) };
    texts.iter().map(|text| id(key, text)).collect::<Result<_>>().map(Some)
}

/// An object inside `data`, such as `custom_fields`; form-encoded scripts send it as the text of one.
pub fn object(data: &Data, key: &str) -> Result<Option<Data>> {
    let read = given(data, key, |value| match value {
        Value::Object(object) => Ok(object.clone()),
        Value::String(text) => serde_json::from_str(text).map_err(|_| bad(key, "Not an object")),
        other => Err(bad(key, format!("Not an object: {}", shown(other)))),
    })?;
    Ok(read.flatten())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::id::TaskId;
    use serde_json::json;

    fn data(value: Value) -> Data {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn lists_come_as_arrays_as_one_id_and_with_commas() {
        for (sent, read) in [
            (json!(["1", 2]), vec!["1", "2"]),
            (json!("7"), vec!["7"]),
            (json!(7), vec!["7"]),
            (json!("1, 2,,3"), vec!["1", "2", "3"]),
            (json!(["me", "bob@hub.example"]), vec!["me", "bob@hub.example"]),
            (json!([{"gid": "5", "name": "sent back whole"}]), vec!["5"]),
            (json!([]), vec![]),
            (json!(null), vec![]),
        ] {
            let read: Vec<String> = read.into_iter().map(str::to_owned).collect();
            assert_eq!(references(&data(json!({"x": sent})), "x").expect("readable"), Some(read), "{sent}");
        }
        assert_eq!(references(&data(json!({})), "x").expect("absent"), None);
        assert!(references(&data(json!({"x": [[1]]})), "x").is_err());
    }

    #[test]
    fn ids_are_whole_numbers_that_a_double_holds() {
        for (sent, wanted) in [(json!(9), Some(9)), (json!("9"), Some(9)), (json!(" 9 "), Some(9))] {
            assert_eq!(required_id::<TaskId>(&data(json!({"t": sent})), "t").ok().map(i64::from), wanted);
        }
        for bad in [
            json!("abc"),
            json!(-1),
            json!(0),
            json!(1.5),
            json!("9007199254740993"),
            json!({"a": 1}),
            json!(true),
        ] {
            let error = required_id::<TaskId>(&data(json!({"t": bad})), "t").expect_err("refused");
            assert!(error.message().starts_with("t: Not a recognized ID: "), "{error}");
        }
        let error = required_id::<TaskId>(&data(json!({})), "t").expect_err("refused");
        assert_eq!(error.message(), "t: Missing input");
    }

    #[test]
    fn null_is_not_absence() {
        let sent = data(json!({"a": null, "b": "5", "c": ""}));
        assert_eq!(given_id::<TaskId>(&sent, "a").expect("null"), Some(None));
        assert_eq!(given_id::<TaskId>(&sent, "b").expect("5"), Some(Some(TaskId(5))));
        assert_eq!(given_id::<TaskId>(&sent, "c").expect("empty"), Some(None));
        assert_eq!(given_id::<TaskId>(&sent, "d").expect("absent"), None);
        assert_eq!(date(&sent, "a").expect("null"), Some(None));
    }

    #[test]
    fn booleans_come_as_each_language_prints_them() {
        for (sent, read) in [
            (json!(true), true),
            (json!("True"), true),
            (json!("1"), true),
            (json!(1), true),
            (json!(false), false),
            (json!("False"), false),
            (json!(0), false),
        ] {
            assert_eq!(flag(&data(json!({"x": sent})), "x").expect("readable"), Some(read), "{sent}");
        }
        assert_eq!(flag(&data(json!({"x": null})), "x").expect("null"), None);
        assert!(flag(&data(json!({"x": "yes please"})), "x").is_err());
    }

    #[test]
    fn dates_and_times_are_read_as_python_writes_them() {
        let sent = data(
            json!({"on": "2026-12-01", "at": "2026-12-01T10:00:00", "cut": "2026-12-01T10:00:00.000Z", "no": "soon"}),
        );
        assert_eq!(date(&sent, "on").expect("a date").flatten().expect("sent").to_string(), "2026-12-01");
        assert_eq!(date(&sent, "cut").expect("a date").flatten().expect("sent").to_string(), "2026-12-01");
        assert_eq!(
            time(&sent, "at").expect("a time").flatten().expect("sent").to_string(),
            "2026-12-01T10:00:00.000Z"
        );
        assert!(date(&sent, "no").is_err() && time(&sent, "no").is_err());
    }
}
