//! Tasks at `/api/v1/tasks`.

pub(crate) mod json;

use super::{Completed, Filter, NewHome, NewTask, Task, TaskChange, Want, When, Within};
use crate::fields::Input;
use crate::names::Text;
use crate::page::Page;
use crate::{sections, sent, tasks};
use axum::extract::State;
use axum::http::StatusCode;
use base::id::{FieldId, ProjectId, SectionId, TagId, TaskId};
use base::{Date, Error, Time};
use db::Tx;
use json::{NewTaskJson, RowJson, Shows, TaskChangeJson, TaskJson, show, show_some};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::api::{Listing, PageQuery, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Query, Result};

pub(crate) fn api() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(get, change, delete))
        .routes(routes!(restore))
        .routes(routes!(add_project))
        .routes(routes!(remove_project))
}

/// Which tasks. Exactly one of project, section, tag, parent and assignee is needed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TasksQuery {
    #[param(value_type = Option<String>)]
    project: Option<ProjectId>,
    #[param(value_type = Option<String>)]
    section: Option<SectionId>,
    #[param(value_type = Option<String>)]
    tag: Option<TagId>,
    #[param(value_type = Option<String>)]
    parent: Option<TaskId>,
    /// An id, an e-mail address, or "me".
    assignee: Option<String>,
    /// `now` for open tasks only, or an instant: open tasks and those completed since. Everything when absent.
    completed_since: Option<String>,
    /// Only tasks to which anything happened since this instant.
    modified_since: Option<String>,
    /// Which fields of each task are wanted, such as `id,name,assignee`; what is not asked for is not read either. All when absent.
    fields: Option<String>,
}

async fn within(tx: &mut Tx, query: &TasksQuery) -> base::Result<Within> {
    let assignee = match &query.assignee {
        Some(text) => Some(Within::Assignee(people::users::find(tx, text).await?.id)),
        None => None,
    };
    let wanted = [
        query.project.map(Within::Project),
        query.section.map(Within::Section),
        query.tag.map(Within::Tag),
        query.parent.map(Within::Parent),
        assignee,
    ];
    match wanted.into_iter().flatten().collect::<Vec<_>>()[..] {
        [within] => Ok(within),
        _ => Err(Error::invalid("tasks.which", "give one of project, section, tag, parent and assignee")),
    }
}

fn filter(query: &TasksQuery) -> base::Result<Filter> {
    Ok(Filter {
        completed: match query.completed_since.as_deref() {
            None => Completed::Any,
            Some("now") => Completed::Open,
            Some(text) => Completed::Since(Time::parse(text)?),
        },
        modified_since: query.modified_since.as_deref().map(Time::parse).transpose()?,
    })
}

/// Tasks of a project, a section, a tag, a parent or an assignee, in their order.
#[utoipa::path(get, path = "/tasks", tag = "tasks", params(TasksQuery, PageQuery),
    responses((status = 200, body = Listing<TaskJson>), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Query(query): Query<TasksQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listing<RowJson>>> {
    let shows = Shows::parse(query.fields.as_deref())?;
    let page = Page { limit: page.limit(&app.limits)?, after: page.cursor };
    let mut tx = app.db.read(&actor).await?;
    let within = within(&mut tx, &query).await?;
    if shows.is_name() {
        let found = tasks::list_names(&mut tx, within, &filter(&query)?, &page).await?;
        let found = found.map(|task| RowJson::named(&app, task, shows));
        return Ok(Json(Listing { data: found.items, next: found.next }));
    }
    let found = tasks::list(&mut tx, within, &filter(&query)?, &page).await?;
    let full = tasks::fill(&mut tx, found.items, &shows.want()).await?;
    let rows = full.into_iter().map(|task| RowJson::Full(Box::new(show_some(&app, task, shows))));
    Ok(Json(Listing { data: rows.collect(), next: found.next }))
}

fn text(plain: Option<String>, rich: Option<String>) -> base::Result<Option<Text>> {
    match (plain, rich) {
        (Some(_), Some(_)) => Err(Error::invalid("text.twice", "give plain or rich text, not both")),
        (Some(plain), None) => Ok(Some(Text::Plain(plain))),
        (None, Some(rich)) => Ok(Some(Text::Rich(rich))),
        (None, None) => Ok(None),
    }
}

/// A day and an instant exclude each other; null for one clears unless the other is given.
fn when(on: Option<Option<Date>>, at: Option<Option<Time>>) -> base::Result<Option<Option<When>>> {
    match (on, at) {
        (Some(Some(_)), Some(Some(_))) => {
            Err(Error::invalid("task.dates", "give a day or an instant, not both"))
        }
        (_, Some(Some(at))) => Ok(Some(Some(When::At(at)))),
        (Some(Some(on)), _) => Ok(Some(Some(When::On(on)))),
        (None, None) => Ok(None),
        _ => Ok(Some(None)),
    }
}

fn inputs(fields: &BTreeMap<String, Value>) -> base::Result<Vec<(FieldId, Input)>> {
    fields.iter().map(|(id, value)| Ok((id.parse()?, Input::from_json(value)?))).collect()
}

async fn homes(tx: &mut Tx, new: &NewTaskJson) -> base::Result<Vec<NewHome>> {
    let projects = new.project.iter().chain(&new.projects);
    let mut homes: Vec<NewHome> =
        projects.map(|project| NewHome { project: *project, section: None }).collect();
    if let Some(section) = new.section {
        let project = sections::get(tx, section).await?.project.id;
        homes.retain(|home| home.project != project);
        homes.insert(0, NewHome { project, section: Some(section) });
    }
    Ok(homes)
}

/// Makes a task.
#[utoipa::path(post, path = "/tasks", tag = "tasks", request_body = NewTaskJson,
    responses((status = 201, body = TaskJson), (status = "default", body = ProblemDocument)))]
async fn create(
    State(app): State<App>,
    Auth(actor): Auth,
    Json(new): Json<NewTaskJson>,
) -> Result<(StatusCode, Json<TaskJson>)> {
    let mut tx = app.db.write(&actor).await?;
    let task = NewTask {
        homes: homes(&mut tx, &new).await?,
        assignee: match &new.assignee {
            Some(text) => Some(sent::user(&mut tx, text).await?),
            None => None,
        },
        followers: sent::users(&mut tx, &new.followers).await?,
        due: when(Some(new.due_on), Some(new.due_at))?.flatten(),
        start: when(Some(new.start_on), Some(new.start_at))?.flatten(),
        fields: inputs(&new.fields)?,
        notes: text(new.notes, new.html_notes)?,
        name: new.name.ok_or_else(|| Error::invalid("name.missing", "the name is missing"))?,
        kind: new.kind,
        completed: new.completed,
        parent: new.parent,
        tags: new.tags,
        ..NewTask::default()
    };
    let task = tasks::create(&mut tx, task).await?;
    let shown = shown(&app, &mut tx, task).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(shown)))
}

async fn shown(app: &App, tx: &mut Tx, task: Task) -> base::Result<TaskJson> {
    let full = tasks::fill(tx, vec![task], &Want::ALL).await?.pop();
    full.map(|full| show(app, full))
        .ok_or_else(|| Error::bug("task.lost", "a task was lost while it was loaded"))
}

/// One task.
#[utoipa::path(get, path = "/tasks/{task}", tag = "tasks", params(("task" = String, Path)),
    responses((status = 200, body = TaskJson), (status = "default", body = ProblemDocument)))]
async fn get(State(app): State<App>, Auth(actor): Auth, Path(task): Path<TaskId>) -> Result<Json<TaskJson>> {
    let mut tx = app.db.read(&actor).await?;
    let task = tasks::get(&mut tx, task).await?;
    Ok(Json(shown(&app, &mut tx, task).await?))
}

/// Changes a task; completing it is `{"completed": true}`.
#[utoipa::path(patch, path = "/tasks/{task}", tag = "tasks", params(("task" = String, Path)),
    request_body = TaskChangeJson,
    responses((status = 200, body = TaskJson), (status = "default", body = ProblemDocument)))]
async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    Json(change): Json<TaskChangeJson>,
) -> Result<Json<TaskJson>> {
    let mut tx = app.db.write(&actor).await?;
    let change = TaskChange {
        assignee: match &change.assignee {
            Some(Some(text)) => Some(Some(sent::user(&mut tx, text).await?)),
            Some(None) => Some(None),
            None => None,
        },
        due: when(change.due_on, change.due_at)?,
        start: when(change.start_on, change.start_at)?,
        fields: inputs(&change.fields)?,
        notes: text(change.notes, change.html_notes)?,
        name: change.name,
        kind: change.kind,
        approval: change.approval,
        completed: change.completed,
        liked: change.liked,
        ..TaskChange::default()
    };
    let task = tasks::change(&mut tx, task, change).await?;
    let shown = shown(&app, &mut tx, task).await?;
    tx.commit().await?;
    Ok(Json(shown))
}

/// Puts a task and its subtasks into the trash.
#[utoipa::path(delete, path = "/tasks/{task}", tag = "tasks", params(("task" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn delete(State(app): State<App>, Auth(actor): Auth, Path(task): Path<TaskId>) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    tasks::delete(&mut tx, task).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a task out of the trash.
#[utoipa::path(post, path = "/tasks/{task}/restore", tag = "tasks", params(("task" = String, Path)),
    responses((status = 200, body = TaskJson), (status = "default", body = ProblemDocument)))]
async fn restore(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
) -> Result<Json<TaskJson>> {
    let mut tx = app.db.write(&actor).await?;
    let task = tasks::restore(&mut tx, task).await?;
    let shown = shown(&app, &mut tx, task).await?;
    tx.commit().await?;
    Ok(Json(shown))
}

/// A project to put a task into.
#[derive(Debug, Deserialize, ToSchema)]
struct HomeQuery {
    #[schema(value_type = String)]
    project: ProjectId,
    #[schema(value_type = Option<String>)]
    section: Option<SectionId>,
}

/// Puts a task into one more project.
#[utoipa::path(post, path = "/tasks/{task}/projects", tag = "tasks", params(("task" = String, Path)),
    request_body = HomeQuery,
    responses((status = 200, body = TaskJson), (status = "default", body = ProblemDocument)))]
async fn add_project(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    Json(home): Json<HomeQuery>,
) -> Result<Json<TaskJson>> {
    let mut tx = app.db.write(&actor).await?;
    tasks::add_to_project(&mut tx, task, home.project, home.section, None).await?;
    let task = tasks::get(&mut tx, task).await?;
    let shown = shown(&app, &mut tx, task).await?;
    tx.commit().await?;
    Ok(Json(shown))
}

/// Takes a task out of a project.
#[utoipa::path(delete, path = "/tasks/{task}/projects/{project}", tag = "tasks",
    params(("task" = String, Path), ("project" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn remove_project(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((task, project)): Path<(TaskId, ProjectId)>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    tasks::remove_from_project(&mut tx, task, project).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
