//! Projects at `/api/v1/projects`.

use super::{Access, Filter, FullProject, NewProject, Privacy, Project, ProjectChange, View};
use crate::names::{Place, Text};
use crate::page::Page;
use crate::tasks::api::json::NamedJson;
use crate::{projects, sections, sent};
use axum::extract::State;
use axum::http::StatusCode;
use base::id::{ProjectId, SectionId, TeamId};
use base::{Date, Error, Time};
use db::Tx;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::api::{Listing, PageQuery, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Query, Result};

pub(crate) fn api() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(get, change, delete))
        .routes(routes!(list_sections, create_section))
        .routes(routes!(rename_section, delete_section))
}

/// A project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectJson {
    #[schema(value_type = String)]
    id: ProjectId,
    #[schema(value_type = String)]
    gid: ProjectId,
    name: String,
    notes: String,
    team: Option<NamedJson>,
    owner: Option<NamedJson>,
    color: Option<String>,
    #[schema(value_type = String)]
    view: View,
    #[schema(value_type = String)]
    privacy: Privacy,
    #[schema(value_type = String)]
    default_access: Access,
    #[schema(value_type = Option<String>)]
    due_on: Option<Date>,
    #[schema(value_type = Option<String>)]
    start_on: Option<Date>,
    archived: bool,
    completed: bool,
    members: Vec<NamedJson>,
    followers: Vec<NamedJson>,
    #[schema(value_type = String)]
    created_at: Time,
    #[schema(value_type = String)]
    modified_at: Time,
    url: String,
}

pub(crate) fn show(app: &App, full: FullProject) -> ProjectJson {
    let project = full.project;
    ProjectJson {
        id: project.id,
        gid: project.id,
        url: app.link(&format!("/projects/{}", project.id)),
        name: project.name,
        notes: project.notes,
        team: full.team.map(NamedJson::from),
        owner: full.owner.map(NamedJson::from),
        color: project.color,
        view: project.view,
        privacy: project.privacy,
        default_access: project.default_access,
        due_on: project.due_on,
        start_on: project.start_on,
        archived: project.archived,
        completed: project.completed_at.is_some(),
        members: full.members.into_iter().map(NamedJson::from).collect(),
        followers: full.followers.into_iter().map(NamedJson::from).collect(),
        created_at: project.created_at,
        modified_at: project.modified_at,
    }
}

/// A new project.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct NewProjectJson {
    name: String,
    notes: Option<String>,
    #[schema(value_type = Option<String>)]
    team: Option<TeamId>,
    color: Option<String>,
    #[schema(value_type = Option<String>)]
    view: Option<View>,
    #[schema(value_type = Option<String>)]
    privacy: Option<Privacy>,
    #[schema(value_type = Option<String>)]
    default_access: Option<Access>,
    #[schema(value_type = Option<String>)]
    due_on: Option<Date>,
    #[schema(value_type = Option<String>)]
    start_on: Option<Date>,
}

/// What changes; what is absent stays, null clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct ProjectChangeJson {
    name: Option<String>,
    notes: Option<String>,
    #[schema(value_type = Option<String>)]
    team: Option<TeamId>,
    #[schema(value_type = Option<String>)]
    #[serde(deserialize_with = "crate::sent::field")]
    color: Option<Option<String>>,
    #[schema(value_type = Option<String>)]
    view: Option<View>,
    #[schema(value_type = Option<String>)]
    privacy: Option<Privacy>,
    #[schema(value_type = Option<String>)]
    default_access: Option<Access>,
    #[schema(value_type = Option<String>)]
    #[serde(deserialize_with = "crate::sent::field")]
    due_on: Option<Option<Date>>,
    #[schema(value_type = Option<String>)]
    #[serde(deserialize_with = "crate::sent::field")]
    start_on: Option<Option<Date>>,
    archived: Option<bool>,
    completed: Option<bool>,
    /// An id, an e-mail address, or "me".
    #[schema(value_type = Option<String>)]
    #[serde(deserialize_with = "crate::sent::field")]
    owner: Option<Option<String>>,
}

/// Which projects.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ProjectsQuery {
    #[param(value_type = Option<String>)]
    team: Option<TeamId>,
    archived: Option<bool>,
}

/// The projects that you see, by id.
#[utoipa::path(get, path = "/projects", tag = "projects", params(ProjectsQuery, PageQuery),
    responses((status = 200, body = Listing<ProjectJson>), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Query(query): Query<ProjectsQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listing<ProjectJson>>> {
    let page = Page { limit: page.limit(&app.limits)?, after: page.cursor };
    let mut tx = app.db.read(&actor).await?;
    let filter = Filter { team: query.team, archived: query.archived };
    let found = projects::list(&mut tx, &filter, &page).await?;
    let full = projects::fill(&mut tx, found.items).await?;
    Ok(Json(Listing {
        data: full.into_iter().map(|project| show(&app, project)).collect(),
        next: found.next,
    }))
}

async fn shown(app: &App, tx: &mut Tx, project: Project) -> base::Result<ProjectJson> {
    let full = projects::fill(tx, vec![project]).await?.pop();
    full.map(|full| show(app, full))
        .ok_or_else(|| Error::bug("project.lost", "a project was lost while it was loaded"))
}

/// Makes a project with one untitled section.
#[utoipa::path(post, path = "/projects", tag = "projects", request_body = NewProjectJson,
    responses((status = 201, body = ProjectJson), (status = "default", body = ProblemDocument)))]
async fn create(
    State(app): State<App>,
    Auth(actor): Auth,
    Json(new): Json<NewProjectJson>,
) -> Result<(StatusCode, Json<ProjectJson>)> {
    let mut tx = app.db.write(&actor).await?;
    let new = NewProject {
        name: new.name,
        notes: new.notes.map(Text::Plain),
        team: new.team,
        color: new.color,
        view: new.view,
        privacy: new.privacy,
        default_access: new.default_access,
        due_on: new.due_on,
        start_on: new.start_on,
        ..NewProject::default()
    };
    let project = projects::create(&mut tx, new).await?;
    let shown = shown(&app, &mut tx, project).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// One project.
#[utoipa::path(get, path = "/projects/{project}", tag = "projects", params(("project" = String, Path)),
    responses((status = 200, body = ProjectJson), (status = "default", body = ProblemDocument)))]
async fn get(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
) -> Result<Json<ProjectJson>> {
    let mut tx = app.db.read(&actor).await?;
    let project = projects::get(&mut tx, project).await?;
    Ok(Json(shown(&app, &mut tx, project).await?))
}

/// Changes a project.
#[utoipa::path(patch, path = "/projects/{project}", tag = "projects", params(("project" = String, Path)),
    request_body = ProjectChangeJson,
    responses((status = 200, body = ProjectJson), (status = "default", body = ProblemDocument)))]
async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
    Json(change): Json<ProjectChangeJson>,
) -> Result<Json<ProjectJson>> {
    let mut tx = app.db.write(&actor).await?;
    let owner = match &change.owner {
        Some(Some(text)) => Some(Some(sent::user(&mut tx, text).await?)),
        Some(None) => Some(None),
        None => None,
    };
    let change = ProjectChange {
        name: change.name,
        notes: change.notes.map(Text::Plain),
        team: change.team,
        color: change.color,
        view: change.view,
        privacy: change.privacy,
        default_access: change.default_access,
        due_on: change.due_on,
        start_on: change.start_on,
        archived: change.archived,
        completed: change.completed,
        owner,
        ..ProjectChange::default()
    };
    let project = projects::change(&mut tx, project, change).await?;
    let shown = shown(&app, &mut tx, project).await?;
    tx.commit().await?;
    Ok(Json(shown))
}

/// Deletes a project; its tasks stay wherever else they are.
#[utoipa::path(delete, path = "/projects/{project}", tag = "projects", params(("project" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn delete(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    projects::delete(&mut tx, project).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A new section, or the new name of one.
#[derive(Debug, Deserialize, ToSchema)]
struct SectionNameJson {
    name: String,
}

/// The sections of a project, in order.
#[utoipa::path(get, path = "/projects/{project}/sections", tag = "projects", params(("project" = String, Path)),
    responses((status = 200, body = Listing<NamedJson>), (status = "default", body = ProblemDocument)))]
async fn list_sections(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
) -> Result<Json<Listing<NamedJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let found = sections::list(&mut tx, project).await?;
    let data = found.into_iter().map(|section| crate::names::Named::new(section.id, section.name).into());
    Ok(Json(Listing { data: data.collect(), next: None }))
}

/// Adds a section at the end of a project.
#[utoipa::path(post, path = "/projects/{project}/sections", tag = "projects", params(("project" = String, Path)),
    request_body = SectionNameJson,
    responses((status = 201, body = NamedJson), (status = "default", body = ProblemDocument)))]
async fn create_section(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
    Json(new): Json<SectionNameJson>,
) -> Result<(StatusCode, Json<NamedJson>)> {
    let mut tx = app.db.write(&actor).await?;
    let section = sections::create(&mut tx, project, &new.name, Place::Last).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(crate::names::Named::new(section.id, section.name).into())))
}

/// Renames a section.
#[utoipa::path(patch, path = "/sections/{section}", tag = "projects", params(("section" = String, Path)),
    request_body = SectionNameJson,
    responses((status = 200, body = NamedJson), (status = "default", body = ProblemDocument)))]
async fn rename_section(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(section): Path<SectionId>,
    Json(new): Json<SectionNameJson>,
) -> Result<Json<NamedJson>> {
    let mut tx = app.db.write(&actor).await?;
    let section = sections::rename(&mut tx, section, &new.name).await?;
    tx.commit().await?;
    Ok(Json(crate::names::Named::new(section.id, section.name).into()))
}

/// Deletes an empty section that is not the last one.
#[utoipa::path(delete, path = "/sections/{section}", tag = "projects", params(("section" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn delete_section(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(section): Path<SectionId>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    sections::delete(&mut tx, section).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
