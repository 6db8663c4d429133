//! The types of [`crate::fields`].

use crate::names::{Person, ProjectName};
use base::id::{AnyId, FieldId, OptionId};
use base::{Date, Time};

base::text_enum! {
    /// What a field holds.
    pub enum FieldKind {
        /// Words.
        Text = "text",
        /// One option of several.
        Enum = "enum",
        /// Some options of several.
        MultiEnum = "multi_enum",
        /// A number.
        Number = "number",
        /// A day or an instant.
        Date = "date",
        /// People.
        People = "people",
        /// Other tasks.
        Reference = "reference",
    }
}

base::text_enum! {
    /// How a number is shown.
    pub enum Format {
        /// As it is.
        None = "none",
        /// With a currency.
        Currency = "currency",
        /// As a name that happens to be a number.
        Identifier = "identifier",
        /// 0.25 as 25%.
        Percentage = "percentage",
        /// With a label of its own.
        Custom = "custom",
        /// As a length of time.
        Duration = "duration",
    }
}

/// An option of an enum field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldOption {
    /// Its id.
    pub id: OptionId,
    /// The field it belongs to.
    pub field: FieldId,
    /// Its name.
    pub name: String,
    /// A colour word.
    pub color: Option<String>,
    /// Whether it may be chosen still.
    pub enabled: bool,
    pub(crate) rank: String,
}

/// A custom field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its id.
    pub id: FieldId,
    /// What it holds.
    pub kind: FieldKind,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Digits after the point, 0 to 6; of numbers.
    pub precision: Option<u8>,
    /// How a number is shown.
    pub format: Format,
    /// ISO 4217; with [`Format::Currency`].
    pub currency_code: Option<String>,
    /// With [`Format::Custom`].
    pub custom_label: Option<String>,
    /// `prefix` or `suffix`.
    pub custom_label_position: Option<String>,
    /// Whether followers are told of changes.
    pub notifies: bool,
    /// Whether it is offered to every project.
    pub is_global: bool,
    /// When it was made.
    pub created_at: Time,
    /// Who made it.
    pub created_by: Option<Person>,
    /// The options in their order; of enum fields.
    pub options: Vec<FieldOption>,
}

/// A value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// Words.
    Text(String),
    /// A number, rounded to the field's precision.
    Number(f64),
    /// The option, disabled ones included.
    Enum(FieldOption),
    /// The options, in the field's order.
    MultiEnum(Vec<FieldOption>),
    /// A day, and an instant when one was given.
    Date {
        /// The day.
        date: Date,
        /// The instant.
        time: Option<Time>,
    },
    /// People.
    People(Vec<Person>),
    /// Tasks.
    Reference(Vec<crate::names::TaskName>),
}

/// A field on a task.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The field.
    pub field: std::sync::Arc<Field>,
    /// Its value.
    pub value: Option<FieldValue>,
    /// Whether one of the task's projects still shows the field.
    pub enabled: bool,
}

/// A value as somebody sends it; the field decides which are acceptable.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// No value.
    Clear,
    /// Words; also an option's id, or a number as text.
    Text(String),
    /// A number.
    Number(f64),
    /// Ids of options, people or tasks.
    Ids(Vec<i64>),
    /// A day.
    Date(Date),
    /// An instant.
    Time(Time),
}

/// What a new field is to be.
#[derive(Clone, Debug)]
pub struct NewField {
    /// What it holds.
    pub kind: FieldKind,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Digits after the point, 0 to 6; of numbers.
    pub precision: Option<u8>,
    /// How a number is shown.
    pub format: Option<Format>,
    /// ISO 4217.
    pub currency_code: Option<String>,
    /// A label for numbers.
    pub custom_label: Option<String>,
    /// `prefix` or `suffix`.
    pub custom_label_position: Option<String>,
    /// Whether followers are told of changes.
    pub notifies: bool,
    /// Whether it is offered to every project.
    pub is_global: bool,
    /// Its options.
    pub options: Vec<NewOption>,
}

/// What a new option is to be.
#[derive(Clone, Debug)]
pub struct NewOption {
    /// Its name.
    pub name: String,
    /// A colour word.
    pub color: Option<String>,
    /// Whether it may be chosen.
    pub enabled: bool,
}

/// What is to change about a field; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct FieldChange {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Digits after the point.
    pub precision: Option<u8>,
    /// How a number is shown.
    pub format: Option<Format>,
    /// ISO 4217.
    pub currency_code: Option<Option<String>>,
    /// A label for numbers.
    pub custom_label: Option<Option<String>>,
    /// `prefix` or `suffix`.
    pub custom_label_position: Option<Option<String>>,
    /// Whether followers are told of changes.
    pub notifies: Option<bool>,
}

/// What is to change about an option; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct OptionChange {
    /// Its name.
    pub name: Option<String>,
    /// A colour word.
    pub color: Option<Option<String>>,
    /// Whether it may be chosen.
    pub enabled: Option<bool>,
}

/// That a project shows a field.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The id of the setting itself.
    pub id: AnyId,
    /// The project.
    pub project: ProjectName,
    /// The field.
    pub field: std::sync::Arc<Field>,
    /// Whether lists show it.
    pub is_important: bool,
}
