//! A value as a database column holds it, and the conversions to and from it.

use crate::{Date, Error, Result, Time};

/// One column's value or one parameter of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// `boolean`.
    Bool(bool),
    /// `bigint`.
    Int(i64),
    /// `double precision`.
    Real(f64),
    /// `text`.
    Text(String),
    /// `bytea`.
    Bytes(Vec<u8>),
}

/// Reads a Rust value from a column.
pub trait FromValue: Sized {
    /// Takes the value apart; a wrong type is a bug in a statement.
    fn from_value(value: Value) -> Result<Self>;
}

fn unexpected(wanted: &str, found: &Value) -> Error {
    Error::bug("db.column_type", format!("a column should hold {wanted} and holds {found:?}"))
}

macro_rules! from_impls {
    ($($rust:ty => $variant:ident ($convert:expr)),* $(,)?) => {$(
        impl From<$rust> for Value {
            fn from(value: $rust) -> Self {
                let convert: fn($rust) -> _ = $convert;
                Value::$variant(convert(value))
            }
        }
    )*};
}

from_impls! {
    bool => Bool(|v| v),
    i64 => Int(|v| v),
    i32 => Int(i64::from),
    u32 => Int(i64::from),
    usize => Int(|v| i64::try_from(v).unwrap_or(i64::MAX)),
    u64 => Int(|v| i64::try_from(v).unwrap_or(i64::MAX)),
    f64 => Real(|v| v),
    String => Text(|v| v),
    &str => Text(str::to_owned),
    &String => Text(String::clone),
    Vec<u8> => Bytes(|v| v),
    &[u8] => Bytes(<[u8]>::to_vec),
    Time => Int(Time::millis),
    Date => Text(|v| v.to_string()),
    serde_json::Value => Text(|v| v.to_string()),
    &serde_json::Value => Text(|v| v.to_string()),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self> {
        Ok(value)
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Bool(v) => Ok(v),
            Value::Int(v) => Ok(v != 0), // SQLite has no boolean of its own.
            other => Err(unexpected("a boolean", &other)),
        }
    }
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Int(v) => Ok(v),
            other => Err(unexpected("an integer", &other)),
        }
    }
}

impl FromValue for f64 {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Real(v) => Ok(v),
            // SQLite stores a whole number in a real column as an integer where it can.
            Value::Int(v) => Ok(v as f64),
            other => Err(unexpected("a number", &other)),
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Text(v) => Ok(v),
            other => Err(unexpected("text", &other)),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Bytes(v) => Ok(v),
            other => Err(unexpected("bytes", &other)),
        }
    }
}

impl FromValue for Time {
    fn from_value(value: Value) -> Result<Self> {
        i64::from_value(value).map(Time::from_millis)
    }
}

impl FromValue for Date {
    fn from_value(value: Value) -> Result<Self> {
        let text = String::from_value(value)?;
        text.parse().map_err(|_| unexpected("a date", &Value::Text(text)))
    }
}

impl FromValue for serde_json::Value {
    fn from_value(value: Value) -> Result<Self> {
        let text = String::from_value(value)?;
        serde_json::from_str(&text).map_err(|error| unexpected("JSON", &Value::Text(text)).because(error))
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

/// Makes a text enum storable: `text_enum! { Role { Admin = "admin", Member = "member" } }`.
///
/// Gives `as_str`, `parse` (an unknown word is an `Invalid` error that lists the words), `ALL`, `Display`, serde as text,
/// and both conversions of [`Value`].
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $vis enum $name { $($(#[$vmeta])* $variant),+ }
        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// The word that is stored and shown.
            pub fn as_str(self) -> &'static str { match self { $($name::$variant => $text),+ } }
            /// Reads the word; an unknown one is an error that lists the known ones.
            pub fn parse(text: &str) -> $crate::Result<Self> {
                match text {
                    $($text => Ok($name::$variant),)+
                    _ => Err($crate::Error::invalid(
                        "value.unknown",
                        format!("{:?} is not one of: {}", text, [$($text),+].join(", ")),
                    )),
                }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::Error;
            fn from_str(text: &str) -> $crate::Result<Self> { Self::parse(text) }
        }
        impl From<$name> for $crate::Value {
            fn from(value: $name) -> Self { $crate::Value::Text(value.as_str().to_owned()) }
        }
        impl $crate::FromValue for $name {
            fn from_value(value: $crate::Value) -> $crate::Result<Self> {
                Self::parse(&<String as $crate::FromValue>::from_value(value)?)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_str(self.as_str()) }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
