//! The fields of a task's record, each with how it is made.

use super::Around;
use crate::call::Call;
use crate::show::field;
use crate::wire::fields::{Level, Want};
use crate::wire::record::{Record, named};
use serde_json::{Map, Value, json};
use work::tasks::{FullTask, Home, Like};

fn membership(home: &Home, around: &Around, want: Want<'_>) -> Value {
    let shows = |key: &str| want.is_ids() || want.asks(key, Level::Compact);
    let mut map = Map::new();
    if shows("project") {
        map.insert(
            "project".to_owned(),
            around.home_projects.get(&home.project.id).cloned().unwrap_or(Value::Null),
        );
    }
    if shows("section") {
        map.insert(
            "section".to_owned(),
            around.home_sections.get(&home.section.id).cloned().unwrap_or(Value::Null),
        );
    }
    Value::Object(map)
}

fn likes(likes: &[Like], around: &Around) -> Value {
    likes
        .iter()
        .map(|like| json!({ "gid": like.id.to_string(), "user": around.likers.person(Some(&like.by)) }))
        .collect()
}

/// A task that is being shown, and what stands around it.
pub(super) struct Showing<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) full: &'a FullTask,
    pub(super) html: String,
    pub(super) around: &'a Around,
    pub(super) want: Want<'a>,
}

/// A field of the record: its name, where it appears by itself, and how it is made. None leaves it out.
pub(super) type Shown = (&'static str, Level, fn(&Showing<'_>) -> Option<Value>);

fn time(at: Option<base::Time>) -> Option<Value> {
    Some(at.map(|at| at.to_string()).into())
}

fn date(on: Option<base::Date>) -> Option<Value> {
    Some(on.map(|on| on.to_string()).into())
}

fn liked(it: &Showing<'_>) -> Option<Value> {
    Some(it.full.likes.iter().any(|like| Some(like.by.id) == it.call.actor.user).into())
}

/// The fields of a task, but for `gid` and `resource_type`. What is wanted is chosen once for a list; the rest costs nothing.
const FIELDS: &[Shown] = &[
    ("name", Level::Compact, |it| Some(it.full.task.name.as_str().into())),
    ("resource_subtype", Level::Compact, |it| Some(it.full.task.kind.as_str().into())),
    ("actual_time_minutes", Level::Full, |_| Some(Value::Null)),
    ("approval_status", Level::Full, |it| it.full.task.approval.map(|approval| approval.as_str().into())),
    ("assignee", Level::Full, |it| Some(it.around.assignees.person(it.full.assignee.as_ref()))),
    ("assignee_status", Level::Full, |_| Some("inbox".into())),
    ("completed", Level::Full, |it| Some(it.full.task.is_completed().into())),
    ("completed_at", Level::Full, |it| time(it.full.task.completed_at)),
    ("created_at", Level::Full, |it| time(Some(it.full.task.created_at))),
    // Bare ids of fields would be of no use to anybody: asked whole, the values come along.
    ("custom_fields", Level::Full, |it| {
        let below = it.want.of_at_least_compact("custom_fields");
        Some(it.full.fields.iter().map(|entry| field::entry(entry, below)).collect())
    }),
    ("due_at", Level::Full, |it| time(it.full.task.due_at)),
    ("due_on", Level::Full, |it| date(it.full.task.due_on)),
    ("followers", Level::Full, |it| Some(it.around.followers.all(&it.full.followers))),
    ("hearted", Level::Full, liked),
    ("hearts", Level::Full, |it| Some(likes(&it.full.likes, it.around))),
    ("liked", Level::Full, liked),
    ("likes", Level::Full, |it| Some(likes(&it.full.likes, it.around))),
    ("memberships", Level::Full, |it| {
        let below = it.want.of("memberships");
        Some(it.full.homes.iter().map(|home| membership(home, it.around, below)).collect())
    }),
    ("modified_at", Level::Full, |it| time(Some(it.full.task.modified_at))),
    ("notes", Level::Full, |it| Some(it.full.task.notes.as_str().into())),
    ("num_hearts", Level::Full, |it| Some(it.full.likes.len().into())),
    ("num_likes", Level::Full, |it| Some(it.full.likes.len().into())),
    ("parent", Level::Full, |it| {
        let parent = it.full.parent.as_ref().and_then(|parent| it.around.parents.get(&parent.id));
        Some(parent.cloned().unwrap_or(Value::Null))
    }),
    ("permalink_url", Level::Full, |it| Some(it.call.permalink("tasks", it.full.task.id).into())),
    ("projects", Level::Full, |it| {
        let homes = it.full.homes.iter();
        Some(homes.filter_map(|home| it.around.projects.get(&home.project.id).cloned()).collect())
    }),
    ("start_at", Level::Full, |it| time(it.full.task.start_at)),
    ("start_on", Level::Full, |it| date(it.full.task.start_on)),
    ("tags", Level::Full, |it| {
        Some(it.full.tags.iter().filter_map(|tag| it.around.tags.get(&tag.id).cloned()).collect())
    }),
    ("workspace", Level::Full, |it| Some(it.around.workspace.clone())),
    ("assigned_by", Level::OptIn, |it| Some(it.around.assigners.person(it.full.assigned_by.as_ref()))),
    ("assignee_section", Level::OptIn, |it| {
        let section = it.full.list_section.as_ref();
        Some(section.map(|s| named("section", s.id, &s.name, it.want.of("assignee_section"))).into())
    }),
    ("completed_by", Level::OptIn, |it| Some(it.around.completers.person(it.full.completed_by.as_ref()))),
    ("created_by", Level::OptIn, |it| Some(it.around.creators.person(it.full.created_by.as_ref()))),
    ("dependencies", Level::OptIn, |it| Some(it.around.linked(&it.full.dependencies))),
    ("dependents", Level::OptIn, |it| Some(it.around.linked(&it.full.dependents))),
    ("external", Level::OptIn, |it| {
        let external = it.full.task.external.as_ref();
        external.map(|external| json!({ "gid": external.id, "data": external.data }))
    }),
    ("html_notes", Level::OptIn, |it| Some(it.html.as_str().into())),
    ("is_rendered_as_separator", Level::OptIn, |it| Some(it.full.task.is_separator().into())),
    ("num_subtasks", Level::OptIn, |it| Some(it.full.num_subtasks.into())),
];

/// Those fields that are wanted.
pub(super) fn chosen(want: Want<'_>) -> Vec<&'static Shown> {
    FIELDS.iter().filter(|(key, level, _)| want.asks(key, *level)).collect()
}

pub(super) fn record(it: &Showing<'_>, chosen: &[&Shown]) -> Value {
    let mut record = Record::new("task", it.full.task.id, it.want);
    for (key, _, show) in chosen {
        if let Some(value) = show(it) {
            record.put(key, it.want.of(key).cut_plain(value));
        }
    }
    record.done()
}
