//! Tasks as the native API shows and takes them.

mod shows;

pub(crate) use shows::{RowJson, Shows};

use crate::fields::{FieldValue, values};
use crate::names::{Named, Person, TagName, TaskName};
use crate::tasks::{Approval, FullTask, TaskKind};
use base::id::{FieldId, OptionId, ProjectId, SectionId, TagId, TaskId};
use base::{Date, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use web::App;

/// A task.
#[derive(Debug, ToSchema)]
pub(crate) struct TaskJson {
    /// Which of its fields are written.
    #[schema(ignore)]
    shows: Shows,
    #[schema(value_type = String)]
    id: TaskId,
    #[schema(value_type = String)]
    gid: TaskId,
    name: String,
    notes: String,
    #[schema(value_type = String)]
    kind: TaskKind,
    #[schema(value_type = Option<String>)]
    approval: Option<Approval>,
    completed: bool,
    #[schema(value_type = Option<String>)]
    completed_at: Option<Time>,
    #[schema(value_type = Option<NamedJson>)]
    completed_by: Option<Person>,
    #[schema(value_type = Option<NamedJson>)]
    assignee: Option<Person>,
    #[schema(value_type = Option<String>)]
    due_on: Option<Date>,
    #[schema(value_type = Option<String>)]
    due_at: Option<Time>,
    #[schema(value_type = Option<String>)]
    start_on: Option<Date>,
    #[schema(value_type = Option<String>)]
    start_at: Option<Time>,
    #[schema(value_type = Option<NamedJson>)]
    parent: Option<TaskName>,
    projects: Vec<HomeJson>,
    #[schema(value_type = Vec<NamedJson>)]
    tags: Vec<TagName>,
    #[schema(value_type = Vec<NamedJson>)]
    followers: Vec<Person>,
    fields: Vec<FieldJson>,
    num_subtasks: i64,
    num_likes: usize,
    likes: Vec<NamedJson>,
    #[schema(value_type = Vec<String>)]
    dependencies: Vec<TaskId>,
    #[schema(value_type = Vec<String>)]
    dependents: Vec<TaskId>,
    #[schema(value_type = String)]
    created_at: Time,
    #[schema(value_type = Option<NamedJson>)]
    created_by: Option<Person>,
    #[schema(value_type = String)]
    modified_at: Time,
    url: String,
}

/// An id with the name to show.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NamedJson {
    id: String,
    name: String,
}

impl<I: std::fmt::Display> From<Named<I>> for NamedJson {
    fn from(named: Named<I>) -> Self {
        Self { id: named.id.to_string(), name: named.name }
    }
}

/// A project that a task is in.
#[derive(Debug, Serialize, ToSchema)]
struct HomeJson {
    id: String,
    name: String,
    section: NamedJson,
}

/// A custom field with its value.
#[derive(Debug, Serialize, ToSchema)]
struct FieldJson {
    #[schema(value_type = String)]
    id: FieldId,
    name: String,
    kind: String,
    /// Text, a number, `{id, name}` or a list of those, `{date, date_time}`, or null.
    value: Value,
    /// The value as people read it.
    display: Option<String>,
}

pub(crate) fn show(app: &App, full: FullTask) -> TaskJson {
    show_some(app, full, Shows::ALL)
}

pub(crate) fn show_some(app: &App, full: FullTask, shows: Shows) -> TaskJson {
    let task = full.task;
    TaskJson {
        shows,
        id: task.id,
        gid: task.id,
        url: app.link(&format!("/tasks/{}", task.id)),
        completed: task.completed_at.is_some(),
        name: task.name,
        notes: task.notes,
        kind: task.kind,
        approval: task.approval,
        completed_at: task.completed_at,
        completed_by: full.completed_by,
        assignee: full.assignee,
        due_on: task.due_on,
        due_at: task.due_at,
        start_on: task.start_on,
        start_at: task.start_at,
        parent: full.parent,
        projects: full
            .homes
            .into_iter()
            .map(|home| HomeJson {
                id: home.project.id.to_string(),
                name: home.project.name,
                section: home.section.into(),
            })
            .collect(),
        tags: full.tags,
        followers: full.followers,
        fields: full
            .fields
            .iter()
            .map(|entry| FieldJson {
                id: entry.field.id,
                name: entry.field.name.clone(),
                kind: entry.field.kind.to_string(),
                value: entry.value.as_ref().map_or(Value::Null, value),
                display: entry.value.as_ref().and_then(|value| values::display(&entry.field, value)),
            })
            .collect(),
        num_subtasks: full.num_subtasks,
        num_likes: full.likes.len(),
        likes: full.likes.into_iter().map(|like| like.by.into()).collect(),
        dependencies: full.dependencies,
        dependents: full.dependents,
        created_at: task.created_at,
        created_by: full.created_by,
        modified_at: task.modified_at,
    }
}

fn value(value: &FieldValue) -> Value {
    let option = |id: OptionId, name: &str| json!({"id": id, "name": name});
    match value {
        FieldValue::Text(text) => json!(text),
        FieldValue::Number(number) => json!(number),
        FieldValue::Enum(one) => option(one.id, &one.name),
        FieldValue::MultiEnum(some) => some.iter().map(|one| option(one.id, &one.name)).collect(),
        FieldValue::Date { date, time } => json!({"date": date, "date_time": time}),
        FieldValue::People(people) => json!(people),
        FieldValue::Reference(tasks) => json!(tasks),
    }
}

/// A new task. It needs a project, a section or a parent, or else belongs to its creator alone.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(super) struct NewTaskJson {
    /// Needed; it may be empty.
    #[schema(required = true, nullable = false)]
    pub name: Option<String>,
    pub notes: Option<String>,
    /// The rich-text subset; instead of `notes`.
    pub html_notes: Option<String>,
    #[schema(value_type = Option<String>)]
    pub kind: Option<TaskKind>,
    /// An id, an e-mail address, or "me".
    pub assignee: Option<String>,
    pub completed: bool,
    #[schema(value_type = Option<String>)]
    pub due_on: Option<Date>,
    #[schema(value_type = Option<String>)]
    pub due_at: Option<Time>,
    #[schema(value_type = Option<String>)]
    pub start_on: Option<Date>,
    #[schema(value_type = Option<String>)]
    pub start_at: Option<Time>,
    #[schema(value_type = Option<String>)]
    pub project: Option<ProjectId>,
    #[schema(value_type = Vec<String>)]
    pub projects: Vec<ProjectId>,
    #[schema(value_type = Option<String>)]
    pub section: Option<SectionId>,
    #[schema(value_type = Option<String>)]
    pub parent: Option<TaskId>,
    #[schema(value_type = Vec<String>)]
    pub tags: Vec<TagId>,
    /// Ids, e-mail addresses, or "me".
    pub followers: Vec<String>,
    /// Values by the id of the field.
    pub fields: BTreeMap<String, Value>,
}

/// What changes; what is absent stays, null clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(super) struct TaskChangeJson {
    pub name: Option<String>,
    pub notes: Option<String>,
    /// The rich-text subset; instead of `notes`.
    pub html_notes: Option<String>,
    #[schema(value_type = Option<String>)]
    pub kind: Option<TaskKind>,
    #[schema(value_type = Option<String>)]
    pub approval: Option<Approval>,
    /// An id, an e-mail address, or "me".
    #[schema(value_type = Option<String>)]
    #[serde(deserialize_with = "crate::sent::field")]
    pub assignee: Option<Option<String>>,
    pub completed: Option<bool>,
    #[schema(value_type = Option<String>)]
    #[serde(deserialize_with = "crate::sent::field")]
    pub due_on: Option<Option<Date>>,
    #[schema(value_type = Option<String>)]
    #[serde(deserialize_with = "crate::sent::field")]
    pub due_at: Option<Option<Time>>,
    #[schema(value_type = Option<String>)]
    #[serde(deserialize_with = "crate::sent::field")]
    pub start_on: Option<Option<Date>>,
    #[schema(value_type = Option<String>)]
    #[serde(deserialize_with = "crate::sent::field")]
    pub start_at: Option<Option<Time>>,
    pub liked: Option<bool>,
    /// Values by the id of the field; null clears.
    pub fields: BTreeMap<String, Value>,
}
