//! From the domain's things to records on the wire.
//!
//! A record is built from what is wanted of it; what costs a query is only loaded when something of it is wanted. Everything is
//! loaded for a whole list at once, never row by row.

pub mod field;
pub mod person;
pub mod project;
pub mod small;
pub mod story;
pub mod task;
pub mod template;

use crate::wire::fields::Want;
use crate::wire::record::{Record, named};
use base::Result;
use base::id::TaskId;
use db::Tx;
use serde::Serialize;
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;
use work::names::TaskName;

/// A future that may build records of the same kind inside its own: a task's parent is a task.
pub type Building<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// The short form of a task of which only the name is known.
pub fn task_name(task: &TaskName, want: Want<'_>) -> Value {
    Record::new("task", task.id, want)
        .compact("name", task.name.as_str())
        .compact("resource_subtype", task.kind.as_str())
        .done()
}

/// The short forms of tasks, written: the list that scripts ask for most.
pub fn task_names(tasks: &[TaskName]) -> String {
    #[derive(Serialize)]
    struct Short<'a> {
        gid: TaskId,
        name: &'a str,
        resource_subtype: &'static str,
        resource_type: &'static str,
    }
    let mut rows = Vec::with_capacity(tasks.len());
    for task in tasks {
        let (gid, resource_subtype) = (task.id, task.kind.as_str());
        rows.push(Short { gid, name: &task.name, resource_subtype, resource_type: "task" });
    }
    serde_json::to_string(&rows).expect("texts and ids can always be written")
}

/// The workspace, full or short.
pub async fn workspace(tx: &mut Tx, want: Want<'_>) -> Result<Value> {
    let workspace = people::workspace::current(tx).await?;
    // It has teams, so that clients that know organizations find them; a project needs none all the same.
    Ok(Record::new("workspace", workspace.id, want)
        .compact("name", workspace.name)
        .full("email_domains", json!(workspace.email_domains))
        .full("is_organization", true)
        .done())
}

/// A team, full or short.
pub fn team(team: &people::teams::Team, workspace: Value, permalink: String, want: Want<'_>) -> Value {
    let visibility = if team.is_everyone { "public" } else { "request_to_join" };
    Record::new("team", team.id, want)
        .compact("name", team.name.as_str())
        .full("organization", workspace)
        .full("permalink_url", permalink)
        .full("visibility", visibility)
        .full("edit_team_name_or_description_access_level", "all_team_members")
        .full("edit_team_visibility_or_trash_team_access_level", "only_team_admins")
        .full("guest_invite_management_access_level", "all_team_members")
        .full("join_request_management_access_level", "all_team_members")
        .full("member_invite_management_access_level", "all_team_members")
        .full("team_member_removal_access_level", "only_team_admins")
        .full("team_content_management_access_level", "no_restriction")
        .full("endorsed", false)
        .opt_in("description", team.description.as_str())
        .opt_in("html_description", work::rich_text::escape(&team.description))
        .done()
}

/// Any thing by name, as story data and events hold it: `{id, name}`.
pub fn named_json(kind: &str, thing: &Value, want: Want<'_>) -> Value {
    let Some(id) = id_text(&thing["id"]) else { return Value::Null };
    named(kind, id, thing["name"].as_str().unwrap_or(""), want)
}

/// The text of an id in JSON that the domain wrote.
pub fn id_text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|id| id.to_string()))
}
