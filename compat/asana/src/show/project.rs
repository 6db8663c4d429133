//! Projects.

use super::person::Crowd;
use super::{Building, field, small};
use crate::call::Call;
use crate::show;
use crate::wire::fields::{Level, Want};
use crate::wire::record::{Record, named, named_or_null};
use base::Result;
use base::id::ProjectId;
use db::Tx;
use serde_json::{Value, json};
use std::collections::HashMap;
use work::names::ProjectName;
use work::projects::{FullProject, Privacy, Project};

/// Records of projects.
pub fn projects<'a>(
    tx: &'a mut Tx,
    call: &'a Call<'a>,
    projects: Vec<Project>,
    want: Want<'a>,
) -> Building<'a, Vec<Value>> {
    Box::pin(async move {
        if !want.goes_beyond(&["name"]) {
            return Ok(projects
                .iter()
                .map(|project| named("project", project.id, &project.name, want))
                .collect());
        }
        let filled = work::projects::fill(tx, projects).await?;
        let around = Around::load(tx, call, &filled, want).await?;
        let mut records = Vec::with_capacity(filled.len());
        for project in &filled {
            let html = match want.asks("html_notes", Level::OptIn) {
                true => {
                    work::mentions::expand(
                        tx,
                        project.project.html.as_deref(),
                        &project.project.notes,
                        &call.app.link(""),
                    )
                    .await?
                }
                false => String::new(),
            };
            let status = project.status.as_ref();
            let statuses = Statuses {
                older: small::project_status(tx, call, status, want.of("current_status")).await?,
                update: small::status_or_null(tx, call, status, want.of("current_status_update")).await?,
            };
            records.push(record(call, project, html, statuses, &around, want));
        }
        Ok(records)
    })
}

/// The record of one project.
pub async fn project(tx: &mut Tx, call: &Call<'_>, project: Project, want: Want<'_>) -> Result<Value> {
    Ok(projects(tx, call, vec![project], want).await?.pop().unwrap_or(Value::Null))
}

/// Projects whose names are known, by id; loaded only when more than the name is wanted.
pub async fn by_name(
    tx: &mut Tx,
    call: &Call<'_>,
    names: impl Iterator<Item = &ProjectName>,
    want: Want<'_>,
) -> Result<HashMap<ProjectId, Value>> {
    if !want.goes_beyond(&["name"]) {
        return Ok(names.map(|name| (name.id, named("project", name.id, &name.name, want))).collect());
    }
    let mut ids: Vec<ProjectId> = names.map(|name| name.id).collect();
    ids.sort();
    ids.dedup();
    let mut found = Vec::with_capacity(ids.len());
    for id in &ids {
        found.push(work::projects::get(tx, *id).await?);
    }
    let records = projects(tx, call, found, want).await?;
    Ok(ids.into_iter().zip(records).collect())
}

/// The last status update, as scripts of different ages read it.
struct Statuses {
    older: Value,
    update: Value,
}

#[derive(Default)]
struct Around {
    workspace: Value,
    owners: Crowd,
    completers: Crowd,
    members: Crowd,
    followers: Crowd,
}

impl Around {
    async fn load(tx: &mut Tx, call: &Call<'_>, projects: &[FullProject], want: Want<'_>) -> Result<Self> {
        let mut around = Self::default();
        if want.asks("workspace", Level::Full) && !projects.is_empty() {
            around.workspace = show::workspace(tx, want.of("workspace")).await?;
        }
        around.owners =
            Crowd::load(tx, call, projects.iter().filter_map(|p| p.owner.as_ref()), want.of("owner")).await?;
        around.completers = Crowd::load(
            tx,
            call,
            projects.iter().filter_map(|p| p.completed_by.as_ref()),
            want.of("completed_by"),
        )
        .await?;
        around.members =
            Crowd::load(tx, call, projects.iter().flat_map(|p| &p.members), want.of("members")).await?;
        around.followers =
            Crowd::load(tx, call, projects.iter().flat_map(|p| &p.followers), want.of("followers")).await?;
        Ok(around)
    }
}

fn record(
    call: &Call<'_>,
    full: &FullProject,
    html: String,
    statuses: Statuses,
    around: &Around,
    want: Want<'_>,
) -> Value {
    let project = &full.project;
    let date = |on: Option<base::Date>| on.map(|on| on.to_string());
    let mut record = Record::new("project", project.id, want)
        .compact("name", project.name.as_str())
        .full("archived", project.archived)
        .full("color", project.color.clone())
        .full("completed", project.completed_at.is_some())
        .full("completed_at", project.completed_at.map(|at| at.to_string()))
        .full("completed_by", around.completers.person(full.completed_by.as_ref()))
        .full("created_at", project.created_at.to_string())
        .full("current_status", statuses.older)
        .full("current_status_update", statuses.update)
        .full("default_access_level", project.default_access.as_str())
        .full("default_view", project.view.as_str())
        .full("due_date", date(project.due_on))
        .full("due_on", date(project.due_on))
        .full("followers", around.followers.all(&full.followers))
        .full("icon", project.icon.clone())
        .full("members", around.members.all(&full.members))
        .full("minimum_access_level_for_customization", "editor")
        .full("minimum_access_level_for_sharing", "editor")
        .full("modified_at", project.modified_at.to_string())
        .full("notes", project.notes.as_str())
        .full("owner", around.owners.person(full.owner.as_ref()))
        .full("permalink_url", call.permalink("projects", project.id))
        .full("privacy_setting", project.privacy.as_str())
        .full("public", project.privacy == Privacy::Workspace)
        .full("start_on", date(project.start_on))
        .full("team", named_or_null("team", full.team.as_ref(), want.of("team")))
        .full("workspace", around.workspace.clone())
        .opt_in("html_notes", html)
        .opt_in("project_brief", Value::Null)
        .opt_in("created_from_template", Value::Null);
    if record.asks("custom_field_settings", Level::Full) {
        let below = want.of_at_least_compact("custom_field_settings");
        record.put(
            "custom_field_settings",
            full.fields.iter().map(|s| field::setting(s, below)).collect::<Value>(),
        );
    }
    // Fields with values of the project itself: there are none here.
    record.full("custom_fields", json!([])).done()
}
