//! Reading the export. Everything that an import has no use for is left out, and everything may be absent.

use crate::fields::{FieldKind, Input};
use base::{Date, Error, Result, Time};
use serde::{Deserialize, Deserializer};

/// An export that was read.
#[derive(Clone, Debug, Deserialize)]
pub struct Export {
    /// The tasks, in order.
    pub data: Vec<ExportedTask>,
}

/// A task of an export.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExportedTask {
    /// Its id there.
    #[serde(deserialize_with = "text_or_number")]
    pub gid: Option<String>,
    /// The same in exports of before 2020, which may have both.
    #[serde(deserialize_with = "text_or_number")]
    pub id: Option<String>,
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// What it is about.
    #[serde(deserialize_with = "or_default")]
    pub notes: String,
    /// Whether it is completed.
    #[serde(deserialize_with = "or_default")]
    pub completed: bool,
    /// What kind of task it is.
    pub resource_subtype: Option<String>,
    /// Who is to do it.
    pub assignee: Option<ExportedPerson>,
    /// Who follows it.
    #[serde(deserialize_with = "or_default")]
    pub followers: Vec<ExportedPerson>,
    /// The day it is due.
    pub due_on: Option<Date>,
    /// The instant it is due.
    pub due_at: Option<Time>,
    /// The day it starts.
    pub start_on: Option<Date>,
    /// Where it is.
    #[serde(deserialize_with = "or_default")]
    pub memberships: Vec<ExportedMembership>,
    /// Its tags.
    #[serde(deserialize_with = "or_default")]
    pub tags: Vec<ExportedName>,
    /// Its custom fields.
    #[serde(deserialize_with = "or_default")]
    pub custom_fields: Vec<ExportedField>,
    /// Its parts.
    #[serde(deserialize_with = "or_default")]
    pub subtasks: Vec<ExportedTask>,
}

/// A person of an export.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExportedPerson {
    /// Their address.
    pub email: Option<String>,
    /// Their name.
    pub name: Option<String>,
}

impl ExportedPerson {
    /// By what they are found.
    pub(super) fn key(&self) -> Option<&str> {
        self.email.as_deref().or(self.name.as_deref()).map(str::trim).filter(|key| !key.is_empty())
    }
}

/// Where a task of an export is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExportedMembership {
    /// The section.
    pub section: Option<ExportedName>,
}

/// Something with a name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExportedName {
    /// The name.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// A colour word.
    pub color: Option<String>,
}

/// A custom field of an export, with its value.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExportedField {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// What it holds.
    pub resource_subtype: Option<String>,
    /// The same under its older name.
    pub r#type: Option<String>,
    /// Digits after the point.
    pub precision: Option<u8>,
    /// The options of an enum field.
    #[serde(deserialize_with = "or_default")]
    pub enum_options: Vec<ExportedName>,
    /// A text.
    pub text_value: Option<String>,
    /// A number.
    pub number_value: Option<f64>,
    /// An option.
    pub enum_value: Option<ExportedName>,
    /// Options.
    pub multi_enum_values: Option<Vec<ExportedName>>,
    /// A day.
    pub date_value: Option<ExportedDate>,
}

/// A day of an export.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExportedDate {
    /// The day.
    pub date: Option<Date>,
    /// The instant.
    pub date_time: Option<Time>,
}

impl ExportedField {
    pub(super) fn kind(&self) -> Option<FieldKind> {
        let word = self.resource_subtype.as_deref().or(self.r#type.as_deref());
        word.and_then(|word| FieldKind::parse(word).ok()).filter(|_| !self.name.trim().is_empty())
    }

    pub(super) fn date(&self) -> Option<Input> {
        let value = self.date_value.as_ref()?;
        value.date_time.map(Input::Time).or(value.date.map(Input::Date))
    }

    pub(super) fn option_names(&self) -> Vec<String> {
        let one = self.enum_value.iter();
        let names = one.chain(self.multi_enum_values.iter().flatten()).map(|option| option.name.clone());
        names.filter(|name| !name.trim().is_empty()).collect()
    }
}

impl Export {
    /// How many tasks it has, subtasks included.
    pub fn count(&self) -> usize {
        let mut waiting: Vec<&ExportedTask> = self.data.iter().collect();
        let mut count = 0;
        while let Some(task) = waiting.pop() {
            count += 1;
            waiting.extend(&task.subtasks);
        }
        count
    }
}

/// Reads an export.
pub fn read(bytes: &[u8]) -> Result<Export> {
    serde_json::from_slice(bytes).map_err(|error| {
        let message =
            format!("this is no project export, which is JSON like {{\"data\": [task, ...]}}: {error}");
        Error::invalid("import.malformed", message)
    })
}

/// Null is as good as absent.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    d: D,
) -> std::result::Result<T, D::Error> {
    Option::<T>::deserialize(d).map(Option::unwrap_or_default)
}

/// Ids were numbers once.
fn text_or_number<'de, D: Deserializer<'de>>(d: D) -> std::result::Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Text(String),
        Number(u64),
    }
    Ok(Option::<Id>::deserialize(d)?.map(|id| match id {
        Id::Text(text) => text,
        Id::Number(number) => number.to_string(),
    }))
}
