//! Stories.

use super::person::Crowd;
use super::{id_text, named_json, task_name};
use crate::call::Call;
use crate::wire::fields::{Level, Want};
use crate::wire::record::{Record, ids};
use base::{Door, Result};
use db::Tx;
use serde_json::{Map, Value, json};
use work::stories::{Story, StoryKind};

/// Records of stories.
pub async fn stories(tx: &mut Tx, call: &Call<'_>, stories: &[Story], want: Want<'_>) -> Result<Vec<Value>> {
    let writers =
        Crowd::load(tx, call, stories.iter().filter_map(|s| s.created_by.as_ref()), want.of("created_by"))
            .await?;
    let likers = stories.iter().flat_map(|s| &s.likes).map(|like| &like.by);
    let likers = Crowd::load(tx, call, likers, want.of("likes").of("user")).await?;
    let mut html = Vec::new();
    if want.asks("html_text", Level::OptIn) {
        let texts: Vec<_> = stories.iter().map(|it| (it.html.as_deref(), it.text.as_str())).collect();
        html = work::mentions::expand_all(tx, &texts, &call.app.link("")).await?;
    }
    let html = html.into_iter().chain(std::iter::repeat(String::new()));
    Ok(stories
        .iter()
        .zip(html)
        .map(|(story, html)| record(call, story, html, &writers, &likers, want))
        .collect())
}

/// The record of one story.
pub async fn story(tx: &mut Tx, call: &Call<'_>, one: &Story, want: Want<'_>) -> Result<Value> {
    Ok(stories(tx, call, std::slice::from_ref(one), want).await?.pop().unwrap_or(Value::Null))
}

/// The word for the door it came through.
fn source(door: Door) -> &'static str {
    match door {
        Door::Web | Door::Form => "web",
        Door::Api => "api",
        Door::System => "unknown",
    }
}

fn record(
    call: &Call<'_>,
    story: &Story,
    html: String,
    writers: &Crowd,
    likers: &Crowd,
    want: Want<'_>,
) -> Value {
    let is_mine = call.actor.user.is_some() && story.created_by.as_ref().map(|p| p.id) == call.actor.user;
    let liked = story.likes.iter().any(|like| Some(like.by.id) == call.actor.user);
    let likes: Value = story
        .likes
        .iter()
        .map(|like| json!({ "gid": like.id.to_string(), "user": likers.person(Some(&like.by)) }))
        .collect();
    let mut record = Record::new("story", story.id, want)
        .compact("created_at", story.created_at.to_string())
        .compact("created_by", writers.person(story.created_by.as_ref()))
        .compact("resource_subtype", story.kind.as_str())
        .compact("text", story.text.as_str())
        .compact("type", if story.is_comment() { "comment" } else { "system" })
        .full("source", source(story.door))
        .full("target", task_name(&story.task, want.of("target")))
        .full("is_editable", story.is_comment() && is_mine)
        .full("is_edited", story.is_edited)
        .full("hearted", liked)
        .full("hearts", likes.clone())
        .full("num_hearts", story.likes.len())
        .full("liked", liked)
        .full("likes", likes)
        .full("num_likes", story.likes.len())
        .full("reaction_summary", json!([]))
        .full("previews", json!([]))
        .opt_in("html_text", html);
    if story.is_comment() {
        record = record.full("is_pinned", story.is_pinned).full("sticker_name", story.sticker.clone());
    }
    for (key, value) in told(story, want) {
        record = record.full(&key, value);
    }
    record.done()
}

/// What changed, under the names that each kind of story has for it.
fn told(story: &Story, want: Want<'_>) -> Map<String, Value> {
    let data = &story.data;
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| {
        out.insert(key.to_owned(), value);
    };
    let thing = |kind: &str, from: &str, key: &str| named_json(kind, &data[from], want.of(key));
    match story.kind {
        StoryKind::CommentAdded
        | StoryKind::NotesChanged
        | StoryKind::MarkedComplete
        | StoryKind::MarkedIncomplete
        | StoryKind::Reported => {}
        StoryKind::AttachmentAdded => put("attachment", thing("attachment", "attachment", "attachment")),
        StoryKind::Assigned | StoryKind::Unassigned => put("assignee", thing("user", "assignee", "assignee")),
        StoryKind::DueDateChanged | StoryKind::StartDateChanged => {
            put("old_dates", dates(&data["old"]));
            put("new_dates", dates(&data["new"]));
        }
        StoryKind::NameChanged => pair(&mut put, "name", data, Value::clone),
        StoryKind::AddedToProject | StoryKind::RemovedFromProject => {
            put("project", thing("project", "project", "project"))
        }
        StoryKind::SectionChanged => {
            put("project", thing("project", "project", "project"));
            put("old_section", thing("section", "old", "old_section"));
            put("new_section", thing("section", "new", "new_section"));
        }
        StoryKind::AddedToTag | StoryKind::RemovedFromTag => put("tag", thing("tag", "tag", "tag")),
        StoryKind::AddedToTask | StoryKind::RemovedFromTask => put("task", thing("task", "task", "task")),
        StoryKind::FollowerAdded => put("follower", thing("user", "follower", "follower")),
        StoryKind::DependencyAdded | StoryKind::DependencyRemoved | StoryKind::DependencyMarkedComplete => {
            put("dependency", thing("task", "dependency", "dependency"));
        }
        StoryKind::DependencyDueDateChanged => {
            put("dependency", thing("task", "dependency", "dependency"));
            put("old_dates", dates(&data["old"]));
            put("new_dates", dates(&data["new"]));
        }
        StoryKind::ApprovalChanged => pair(&mut put, "approval_status", data, Value::clone),
        StoryKind::KindChanged => pair(&mut put, "resource_subtype", data, Value::clone),
        StoryKind::Liked => {
            if let Some(id) = id_text(&data["story"]["id"]).or_else(|| id_text(&data["story"])) {
                put("story", ids("story", id));
            }
        }
        StoryKind::Duplicated => put("duplicated_to", thing("task", "task", "duplicated_to")),
        StoryKind::DuplicatedFrom => put("duplicated_from", thing("task", "task", "duplicated_from")),
        StoryKind::TextFieldChanged
        | StoryKind::NumberFieldChanged
        | StoryKind::EnumFieldChanged
        | StoryKind::MultiEnumFieldChanged
        | StoryKind::DateFieldChanged
        | StoryKind::PeopleFieldChanged
        | StoryKind::ReferenceFieldChanged => {
            put("custom_field", thing("custom_field", "field", "custom_field"));
            field_values(story.kind, data, &mut put);
        }
    }
    out
}

fn pair(put: &mut impl FnMut(&str, Value), noun: &str, data: &Value, read: impl Fn(&Value) -> Value) {
    put(&format!("old_{noun}"), read(&data["old"]));
    put(&format!("new_{noun}"), read(&data["new"]));
}

fn dates(value: &Value) -> Value {
    json!({ "start_on": value["start_on"], "due_at": value["due_at"], "due_on": value["due_on"] })
}

fn field_values(kind: StoryKind, data: &Value, put: &mut impl FnMut(&str, Value)) {
    let list = |noun: &'static str| {
        move |value: &Value| -> Value {
            value
                .as_array()
                .into_iter()
                .flatten()
                .map(|thing| named_json(noun, thing, Want::COMPACT))
                .collect()
        }
    };
    match kind {
        StoryKind::TextFieldChanged => pair(put, "text_value", data, Value::clone),
        StoryKind::NumberFieldChanged => {
            pair(put, "number_value", data, |value| value.as_f64().map_or(Value::Null, super::field::number));
        }
        StoryKind::EnumFieldChanged => pair(put, "enum_value", data, option),
        StoryKind::MultiEnumFieldChanged => {
            pair(put, "multi_enum_values", data, |value| {
                value.as_array().into_iter().flatten().map(option).collect()
            });
        }
        StoryKind::DateFieldChanged => pair(put, "date_value", data, Value::clone),
        StoryKind::PeopleFieldChanged => pair(put, "people_value", data, list("user")),
        _ => pair(put, "reference_value", data, list("task")),
    }
}

fn option(value: &Value) -> Value {
    let Some(id) = id_text(&value["id"]) else { return Value::Null };
    json!({
        "gid": id, "resource_type": "enum_option", "name": value["name"],
        "color": value["color"].as_str().unwrap_or("none"), "enabled": value["enabled"].as_bool().unwrap_or(true),
    })
}
