//! Sections, tags, status updates, attachments, memberships, lists and copies: records with little around them.

use super::person::Crowd;
use super::task_name;
use crate::call::Call;
use crate::download;
use crate::show;
use crate::wire::fields::{Level, Want};
use crate::wire::record::{Record, named, named_or_null};
use base::Result;
use base::id::{SectionId, TagId};
use db::Tx;
use serde_json::{Value, json};
use std::collections::HashMap;
use work::attachments::{Attachment, AttachmentKind};
use work::copies::Copying;
use work::lists::TaskList;
use work::members::{Member, Party};
use work::names::{SectionName, TagName};
use work::projects::Access;
use work::sections::Section;
use work::statuses::StatusUpdate;
use work::tags::Tag;

/// A section.
pub async fn section(tx: &mut Tx, call: &Call<'_>, section: &Section, want: Want<'_>) -> Result<Value> {
    let mut record = Record::new("section", section.id, want)
        .compact("name", section.name.as_str())
        .full("created_at", section.created_at.to_string());
    for key in ["project", "projects"] {
        if record.asks(key, Level::Full) {
            let name = std::iter::once(&section.project);
            let project =
                show::project::by_name(tx, call, name, want.of(key)).await?.remove(&section.project.id);
            record.put(key, if key == "project" { json!(project) } else { json!([project]) });
        }
    }
    Ok(record.done())
}

/// Sections whose names are known, by id; loaded only when more than the name is wanted.
pub async fn sections_by_name(
    tx: &mut Tx,
    call: &Call<'_>,
    names: impl Iterator<Item = &SectionName>,
    want: Want<'_>,
) -> Result<HashMap<SectionId, Value>> {
    let mut found = HashMap::new();
    let is_plain = !want.goes_beyond(&["name"]);
    for name in names {
        if found.contains_key(&name.id) {
            continue;
        }
        let value = if is_plain {
            named("section", name.id, &name.name, want)
        } else {
            let loaded = work::sections::get(tx, name.id).await?;
            section(tx, call, &loaded, want).await?
        };
        found.insert(name.id, value);
    }
    Ok(found)
}

/// Records of tags.
pub async fn tags(tx: &mut Tx, call: &Call<'_>, tags: &[Tag], want: Want<'_>) -> Result<Vec<Value>> {
    let workspace = match want.asks("workspace", Level::Full) && !tags.is_empty() {
        true => show::workspace(tx, want.of("workspace")).await?,
        false => Value::Null,
    };
    let record = |tag: &Tag| {
        Record::new("tag", tag.id, want)
            .compact("name", tag.name.as_str())
            .full("color", tag.color.clone())
            .full("notes", tag.notes.as_str())
            .full("created_at", tag.created_at.to_string())
            .full("followers", json!([]))
            .full("workspace", workspace.clone())
            .full("permalink_url", call.permalink("tags", tag.id))
            .done()
    };
    Ok(tags.iter().map(record).collect())
}

/// Tags whose names are known, by id; loaded only when more than the name is wanted.
pub async fn tags_by_name(
    tx: &mut Tx,
    call: &Call<'_>,
    names: impl Iterator<Item = &TagName>,
    want: Want<'_>,
) -> Result<HashMap<TagId, Value>> {
    if !want.goes_beyond(&["name"]) {
        return Ok(names.map(|name| (name.id, named("tag", name.id, &name.name, want))).collect());
    }
    let mut found = HashMap::new();
    for name in names {
        if found.contains_key(&name.id) {
            continue;
        }
        let loaded = [work::tags::get(tx, name.id).await?];
        found.insert(name.id, tags(tx, call, &loaded, want).await?.remove(0));
    }
    Ok(found)
}

/// A status update.
pub async fn status(tx: &mut Tx, call: &Call<'_>, update: &StatusUpdate, want: Want<'_>) -> Result<Value> {
    let html = match want.asks("html_text", Level::OptIn) {
        true => work::mentions::expand(tx, update.html.as_deref(), &update.text, &call.app.link("")).await?,
        false => String::new(),
    };
    let author = Crowd::load(tx, call, update.created_by.iter(), want.of("author")).await?;
    let creator = Crowd::load(tx, call, update.created_by.iter(), want.of("created_by")).await?;
    Ok(Record::new("status_update", update.id, want)
        .compact("title", update.title.as_str())
        .compact("resource_subtype", "project_status_update")
        .full("text", update.text.as_str())
        .full("status_type", update.status.as_str())
        .full("color", traffic_light(update.status))
        .full("author", author.person(update.created_by.as_ref()))
        .full("created_by", creator.person(update.created_by.as_ref()))
        .full("created_at", update.created_at.to_string())
        .full("modified_at", update.modified_at.to_string())
        .full("parent", named("project", update.project.id, &update.project.name, want.of("parent")))
        .full("hearted", false)
        .full("hearts", json!([]))
        .full("num_hearts", 0)
        .full("liked", false)
        .full("likes", json!([]))
        .full("num_likes", 0)
        .full("reaction_summary", json!([]))
        .opt_in("html_text", html)
        .done())
}

/// The last status update of a project in its older form, which shows everything wherever it appears.
pub async fn project_status(
    tx: &mut Tx,
    call: &Call<'_>,
    update: Option<&StatusUpdate>,
    want: Want<'_>,
) -> Result<Value> {
    let Some(update) = update else { return Ok(Value::Null) };
    let author = Crowd::load(tx, call, update.created_by.iter(), want.of("author")).await?;
    let color = traffic_light(update.status);
    Ok(Record::new("project_status", update.id, want)
        .compact("title", update.title.as_str())
        .compact("text", update.text.as_str())
        .compact("color", color)
        .compact("author", author.person(update.created_by.as_ref()))
        .compact("created_at", update.created_at.to_string())
        .compact("modified_at", update.modified_at.to_string())
        .done())
}

/// The colour that scripts older than status words read.
fn traffic_light(status: work::statuses::Status) -> &'static str {
    use work::statuses::Status;
    match status {
        Status::OnTrack => "green",
        Status::AtRisk => "yellow",
        Status::OffTrack => "red",
        Status::OnHold => "blue",
        Status::Complete => "complete",
        Status::Dropped => "dropped",
    }
}

/// The last status update of a project, if there is one.
pub async fn status_or_null(
    tx: &mut Tx,
    call: &Call<'_>,
    update: Option<&StatusUpdate>,
    want: Want<'_>,
) -> Result<Value> {
    match update {
        Some(update) => status(tx, call, update, want).await,
        None => Ok(Value::Null),
    }
}

/// An attachment.
pub fn attachment(call: &Call<'_>, attachment: &Attachment, want: Want<'_>) -> Value {
    let is_file = attachment.kind == AttachmentKind::File;
    let link = attachment.url.clone();
    let address = if is_file { Some(download::address(call, attachment.id)) } else { link.clone() };
    Record::new("attachment", attachment.id, want)
        .compact("name", attachment.name.as_str())
        .compact("resource_subtype", if is_file { "asana" } else { "external" })
        .full("created_at", attachment.created_at.to_string())
        .full("download_url", if is_file { address.clone() } else { None })
        .full(
            "permanent_url",
            if is_file { Some(call.permalink("attachments", attachment.id)) } else { link },
        )
        .full("view_url", address)
        .full("host", if is_file { "asana" } else { "external" })
        .full("parent", task_name(&attachment.task, want.of("parent")))
        .full("size", attachment.size)
        .full("connected_to_app", false)
        .done()
}

/// That a project was shared with somebody.
pub async fn member(tx: &mut Tx, member: &Member, want: Want<'_>) -> Result<Value> {
    let found = work::projects::get(tx, member.project).await?;
    let project = |key: &str| named("project", found.id, &found.name, want.of(key));
    let (kind, id, user) = match member.party {
        Party::User(id) => ("user", id.0, true),
        Party::Team(id) => ("team", id.0, false),
    };
    let party = |key: &str| named(kind, id, &member.name, want.of(key));
    let writes = matches!(member.access, Access::Admin | Access::Editor);
    Ok(Record::new("project_membership", member.id, want)
        .compact("parent", project("parent"))
        .compact("member", party("member"))
        .compact("access_level", member.access.as_str())
        .compact("resource_subtype", "project_membership")
        .compact("user", if user { party("user") } else { Value::Null })
        .compact("project", project("project"))
        .compact("write_access", if writes { "full_write" } else { "comment_only" })
        .done())
}

/// A person's own list.
pub async fn task_list(tx: &mut Tx, list: &TaskList, want: Want<'_>) -> Result<Value> {
    let workspace = match want.asks("workspace", Level::Full) {
        true => show::workspace(tx, want.of("workspace")).await?,
        false => Value::Null,
    };
    Ok(Record::new("user_task_list", list.id, want)
        .compact("name", format!("My tasks of {}", list.owner.name))
        .full("owner", named("user", list.owner.id, &list.owner.name, want.of("owner")))
        .full("workspace", workspace)
        .done())
}

/// A copying, which the API calls a job.
pub fn job(copying: &Copying, want: Want<'_>) -> Value {
    let task = copying.new_task.as_ref().map(|task| task_name(task, want.of("new_task")));
    Record::new("job", copying.id, want)
        .compact("resource_subtype", copying.kind.as_str())
        .compact("status", copying.state.as_str())
        .compact(
            "new_project",
            named_or_null("project", copying.new_project.as_ref(), want.of("new_project")),
        )
        .compact("new_task", task)
        .compact(
            "new_project_template",
            named_or_null("project_template", copying.new_template.as_ref(), want.of("new_project_template")),
        )
        .done()
}
