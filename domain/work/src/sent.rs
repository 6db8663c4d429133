//! Reading what clients send: absent, null and a value are three things.

use crate::fields::Input;
use base::id::UserId;
use base::{Date, Error, Result, Time};
use db::Tx;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A field that was sent, null included; use it with `#[serde(default, deserialize_with = "sent::field")]`.
pub(crate) fn field<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}

/// The user that a text names: an id, an address, or "me". Unknown ones are the request's mistake.
pub(crate) async fn user(tx: &mut Tx, text: &str) -> Result<UserId> {
    match people::users::find(tx, text).await {
        Ok(user) => Ok(user.id),
        Err(error) if error.is_missing() => Err(Error::invalid("user.unknown", error.message().to_owned())),
        Err(error) => Err(error),
    }
}

/// Several users.
pub(crate) async fn users(tx: &mut Tx, texts: &[String]) -> Result<Vec<UserId>> {
    let mut found = Vec::with_capacity(texts.len());
    for text in texts {
        found.push(user(tx, text).await?);
    }
    Ok(found)
}

impl Input {
    /// Reads a value as clients send it: text, a number, a list of ids, `{"date": ..}`, `{"date_time": ..}`, or null. Ids may be numbers or
    /// text; people must have been turned into ids before.
    pub fn from_json(value: &Value) -> Result<Self> {
        let wrong = || {
            Error::invalid(
                "field.value",
                "a value of a custom field is text, a number, a list of ids, a date or null",
            )
        };
        match value {
            Value::Null => Ok(Self::Clear),
            Value::String(text) => Ok(Self::Text(text.clone())),
            Value::Number(number) => number.as_f64().map(Self::Number).ok_or_else(wrong),
            Value::Array(items) => {
                items.iter().map(id).collect::<Option<_>>().map(Self::Ids).ok_or_else(wrong)
            }
            Value::Object(parts) => {
                let text = |key: &str| parts.get(key).and_then(Value::as_str);
                match (text("date_time"), text("date")) {
                    (Some(time), _) => Time::parse(time).map(Self::Time),
                    (None, Some(date)) => date.parse::<Date>().map(Self::Date).map_err(|_| wrong()),
                    (None, None) if parts.values().all(Value::is_null) => Ok(Self::Clear),
                    (None, None) => Err(wrong()),
                }
            }
            Value::Bool(_) => Err(wrong()),
        }
    }
}

fn id(value: &Value) -> Option<i64> {
    let id = match value {
        Value::String(text) => text.parse().ok()?,
        Value::Number(number) => number.as_i64()?,
        _ => return None,
    };
    (1..=base::id::MAX).contains(&id).then_some(id)
}
