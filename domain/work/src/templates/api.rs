//! Project templates at `/api/v1/project-templates`.

use super::{
    Doer, NewFromTemplate, NewTemplate, Offset, OutlineTask, People, Template, TemplateChange, TemplateRole,
};
use crate::copies::Shift;
use crate::projects::api::ProjectJson;
use crate::projects::{self, Privacy, View};
use crate::tasks::TaskKind;
use crate::templates;
use axum::extract::State;
use axum::http::StatusCode;
use base::id::{AnyId, ProjectId, TeamId, UserId};
use base::{Date, Error, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Result};

pub(crate) fn api() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(get, change, delete))
        .routes(routes!(save))
        .routes(routes!(make))
}

/// A project template.
#[derive(Debug, Serialize, ToSchema)]
struct TemplateJson {
    #[schema(value_type = String)]
    id: AnyId,
    name: String,
    notes: String,
    #[schema(value_type = Option<String>)]
    team: Option<TeamId>,
    /// Whether its team sees it; otherwise only whoever saved it.
    public: bool,
    #[schema(value_type = String)]
    view: View,
    #[schema(value_type = String)]
    created_at: Time,
    #[schema(value_type = Option<String>)]
    created_by: Option<UserId>,
    #[schema(value_type = String)]
    modified_at: Time,
    url: String,
}

/// A project template with what it holds.
#[derive(Debug, Serialize, ToSchema)]
struct FullTemplateJson {
    #[serde(flatten)]
    template: TemplateJson,
    /// Whether its tasks have dates, so that a project of it has a day to start on.
    dated: bool,
    roles: Vec<RoleJson>,
    sections: Vec<SectionJson>,
}

/// Who is named when a project is made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct RoleJson {
    id: u32,
    name: String,
}

/// A section of a template.
#[derive(Debug, Serialize, ToSchema)]
struct SectionJson {
    name: String,
    tasks: Vec<OutlineTaskJson>,
}

/// A task of a template.
#[derive(Debug, Serialize, ToSchema)]
struct OutlineTaskJson {
    name: String,
    notes: String,
    #[schema(value_type = String)]
    kind: TaskKind,
    /// Always this person.
    #[schema(value_type = Option<String>)]
    assignee: Option<UserId>,
    /// Whoever plays this role.
    role: Option<u32>,
    /// Days after the start of the project.
    due_in: Option<i32>,
    /// Days after the start of the project.
    start_in: Option<i32>,
    #[schema(no_recursion)]
    subtasks: Vec<OutlineTaskJson>,
}

fn shown(app: &App, template: &Template) -> TemplateJson {
    TemplateJson {
        id: template.id,
        name: template.name.clone(),
        notes: template.notes.clone(),
        team: template.team,
        public: template.is_public,
        view: template.view,
        created_at: template.created_at,
        created_by: template.created_by,
        modified_at: template.modified_at,
        url: app.link(&format!("/templates/{}", template.id)),
    }
}

fn task(task: &OutlineTask) -> OutlineTaskJson {
    let days = |offset: &Option<Offset>| offset.as_ref().map(|offset| offset.days);
    OutlineTaskJson {
        name: task.name.clone(),
        notes: task.notes.clone(),
        kind: task.kind,
        assignee: match task.doer {
            Some(Doer::Person(user)) => Some(user),
            _ => None,
        },
        role: match task.doer {
            Some(Doer::Role(role)) => Some(role),
            _ => None,
        },
        due_in: days(&task.due),
        start_in: days(&task.start),
        subtasks: task.subtasks.iter().map(self::task).collect(),
    }
}

fn full(app: &App, template: &Template) -> FullTemplateJson {
    let outline = &template.outline;
    let sections = outline.sections.iter();
    FullTemplateJson {
        template: shown(app, template),
        dated: outline.is_dated(),
        roles: outline.roles.iter().map(|role| RoleJson { id: role.id, name: role.name.clone() }).collect(),
        sections: sections
            .map(|section| SectionJson {
                name: section.name.clone(),
                tasks: section.tasks.iter().map(task).collect(),
            })
            .collect(),
    }
}

/// How a project is saved.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct SaveJson {
    /// The project's own name when it is absent.
    name: String,
    /// The team that sees it; the project's own when it is absent.
    #[schema(value_type = Option<String>)]
    team: Option<TeamId>,
    /// Whether its team sees it.
    public: bool,
    /// What becomes of assignees: keep (when absent), roles or drop.
    #[schema(value_type = Option<String>)]
    people: Option<People>,
}

/// What changes; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct TemplateChangeJson {
    name: Option<String>,
    notes: Option<String>,
    public: Option<bool>,
    /// New names of roles.
    roles: Vec<RoleJson>,
}

/// What project is made.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct MakeJson {
    /// The template's own name when it is absent.
    name: String,
    #[schema(value_type = Option<String>)]
    team: Option<TeamId>,
    #[schema(value_type = Option<String>)]
    privacy: Option<Privacy>,
    /// The day it starts on; today when neither is given.
    #[schema(value_type = Option<String>)]
    start_on: Option<Date>,
    /// The day its last task is due on; instead of `start_on`.
    #[schema(value_type = Option<String>)]
    due_on: Option<Date>,
    /// Who plays which role: an id, an e-mail address, or "me", by the id of the role.
    roles: BTreeMap<u32, String>,
}

/// The templates that one can make projects of, by name.
#[utoipa::path(get, path = "/project-templates", tag = "projects",
    responses((status = 200, body = Listing<TemplateJson>), (status = "default", body = ProblemDocument)))]
async fn list(State(app): State<App>, Auth(actor): Auth) -> Result<Json<Listing<TemplateJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let found = templates::list(&mut tx).await?;
    Ok(Json(Listing { data: found.iter().map(|template| shown(&app, template)).collect(), next: None }))
}

/// Saves a project as a template: its sections, tasks, subtasks, tags, custom fields and dates, without comments and files.
#[utoipa::path(post, path = "/projects/{project}/template", tag = "projects", params(("project" = String, Path)),
    request_body = SaveJson, responses((status = 201, body = FullTemplateJson), (status = "default", body = ProblemDocument)))]
async fn save(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
    Json(sent): Json<SaveJson>,
) -> Result<(StatusCode, Json<FullTemplateJson>)> {
    let mut tx = app.db.write(&actor).await?;
    let new = NewTemplate {
        name: sent.name,
        team: sent.team,
        is_public: sent.public,
        people: sent.people.unwrap_or(People::Keep),
    };
    let template = templates::save(&mut tx, project, new).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(full(&app, &template))))
}

/// A template with what it holds.
#[utoipa::path(get, path = "/project-templates/{template}", tag = "projects", params(("template" = String, Path)),
    responses((status = 200, body = FullTemplateJson), (status = "default", body = ProblemDocument)))]
async fn get(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(template): Path<AnyId>,
) -> Result<Json<FullTemplateJson>> {
    let mut tx = app.db.read(&actor).await?;
    Ok(Json(full(&app, &templates::get(&mut tx, template).await?)))
}

/// Changes a template: whoever saved it, and administrators.
#[utoipa::path(patch, path = "/project-templates/{template}", tag = "projects", params(("template" = String, Path)),
    request_body = TemplateChangeJson,
    responses((status = 200, body = FullTemplateJson), (status = "default", body = ProblemDocument)))]
async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(template): Path<AnyId>,
    Json(sent): Json<TemplateChangeJson>,
) -> Result<Json<FullTemplateJson>> {
    let mut tx = app.db.write(&actor).await?;
    let change = TemplateChange {
        name: sent.name,
        notes: sent.notes,
        is_public: sent.public,
        roles: sent.roles.into_iter().map(|role| TemplateRole { id: role.id, name: role.name }).collect(),
    };
    let template = templates::change(&mut tx, template, change).await?;
    tx.commit().await?;
    Ok(Json(full(&app, &template)))
}

/// Deletes a template; projects that were made of it stay.
#[utoipa::path(delete, path = "/project-templates/{template}", tag = "projects", params(("template" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn delete(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(template): Path<AnyId>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    templates::delete(&mut tx, template).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a project of a template.
#[utoipa::path(post, path = "/project-templates/{template}/projects", tag = "projects", params(("template" = String, Path)),
    request_body = MakeJson, responses((status = 201, body = ProjectJson), (status = "default", body = ProblemDocument)))]
async fn make(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(template): Path<AnyId>,
    Json(sent): Json<MakeJson>,
) -> Result<(StatusCode, Json<ProjectJson>)> {
    let shift = match (sent.start_on, sent.due_on) {
        (Some(_), Some(_)) => {
            return Err(Error::invalid("template.dates", "give start_on or due_on, not both").into());
        }
        (start, due) => start.map(Shift::StartOn).or(due.map(Shift::DueOn)),
    };
    let mut tx = app.db.write(&actor).await?;
    let mut roles = BTreeMap::new();
    for (role, who) in &sent.roles {
        roles.insert(*role, people::users::find(&mut tx, who).await?.id);
    }
    let new = NewFromTemplate { name: sent.name, team: sent.team, privacy: sent.privacy, shift, roles };
    let project = templates::make(&mut tx, template, new).await?;
    let shown = projects::fill(&mut tx, vec![project]).await?.pop();
    tx.commit().await?;
    let shown = shown.ok_or_else(|| Error::bug("project.lost", "the project was lost while it was shown"))?;
    Ok((StatusCode::CREATED, Json(projects::api::show(&app, shown))))
}
