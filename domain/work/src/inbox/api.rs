//! The inbox at `/api/v1/inbox`, and following at `/api/v1/tasks/{task}/following`.

use super::{Filter, Item, Reason};
use crate::page::Page;
use crate::{inbox, tasks};
use axum::extract::State;
use axum::http::StatusCode;
use base::Time;
use base::id::{AnyId, TaskId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::api::{PageQuery, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Query, Result};

/// What is new about something.
#[derive(Serialize, ToSchema)]
struct ItemJson {
    #[schema(value_type = String)]
    id: AnyId,
    /// The task; null when it is about something else.
    #[schema(value_type = Option<String>)]
    task: Option<TaskId>,
    task_name: Option<String>,
    task_completed: bool,
    task_url: Option<String>,
    /// What it is about: the task's name, or the name of something else.
    title: String,
    url: String,
    /// assigned, mentioned, follows, project, liked, asked or concerns.
    #[schema(value_type = String)]
    reason: Reason,
    /// Who did the latest; null when the program itself did.
    #[schema(value_type = Option<String>)]
    actor: Option<UserId>,
    actor_name: String,
    /// What they did, in the words that follow the name.
    text: String,
    /// News since it was last read.
    news: i64,
    unread: bool,
    archived: bool,
    #[schema(value_type = String)]
    at: Time,
}

impl ItemJson {
    fn new(app: &App, item: Item) -> Self {
        Self {
            id: item.id,
            task: item.task,
            task_name: item.task.map(|_| item.title.clone()),
            task_completed: item.is_completed,
            task_url: item.task.map(|_| app.link(&item.path)),
            url: app.link(&item.path),
            title: item.title,
            reason: item.reason,
            actor: item.actor,
            actor_name: item.actor_name,
            text: item.text,
            news: item.news,
            unread: item.is_unread,
            archived: item.is_archived,
            at: item.at,
        }
    }
}

/// A page of the inbox.
#[derive(Serialize, ToSchema)]
struct InboxJson {
    /// The items, latest first.
    data: Vec<ItemJson>,
    /// What to send as `cursor` for the next page.
    next: Option<String>,
    /// How many items are unread altogether.
    unread: i64,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct InboxQuery {
    /// Those put away instead of the others.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    archived: bool,
    /// Only unread ones.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    unread: bool,
}

/// What changes; what is absent stays.
#[derive(Deserialize, ToSchema)]
struct MarkJson {
    unread: Option<bool>,
    /// Putting it away marks it as read.
    archived: Option<bool>,
}

/// How many there were.
#[derive(Serialize, ToSchema)]
struct CountJson {
    count: u64,
}

/// One's own inbox, latest first.
#[utoipa::path(get, path = "/inbox", tag = "inbox", params(PageQuery, InboxQuery),
    responses((status = 200, body = InboxJson), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Query(page): Query<PageQuery>,
    Query(wanted): Query<InboxQuery>,
) -> Result<Json<InboxJson>> {
    let page = Page { limit: page.limit(&app.limits)?, after: page.cursor };
    let mut tx = app.db.read(&actor).await?;
    let filter = Filter { archived: wanted.archived, unread: wanted.unread };
    let listed = inbox::list(&mut tx, filter, &page).await?;
    let unread = inbox::count_unread(&mut tx).await?;
    let data = listed.items.into_iter().map(|item| ItemJson::new(&app, item)).collect();
    Ok(Json(InboxJson { data, next: listed.next, unread }))
}

/// Marks an item as read or unread, puts it away or takes it back.
#[utoipa::path(patch, path = "/inbox/{item}", tag = "inbox", params(("item" = String, Path)),
    request_body = MarkJson, responses((status = 200, body = ItemJson), (status = "default", body = ProblemDocument)))]
async fn mark(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(item): Path<AnyId>,
    Json(mark): Json<MarkJson>,
) -> Result<Json<ItemJson>> {
    let mut tx = app.db.write(&actor).await?;
    let item = inbox::mark(&mut tx, item, mark.unread, mark.archived).await?;
    tx.commit().await?;
    Ok(Json(ItemJson::new(&app, item)))
}

/// Puts everything away.
#[utoipa::path(post, path = "/inbox/archive-all", tag = "inbox",
    responses((status = 200, body = CountJson), (status = "default", body = ProblemDocument)))]
async fn archive_all(State(app): State<App>, Auth(actor): Auth) -> Result<Json<CountJson>> {
    let mut tx = app.db.write(&actor).await?;
    let count = inbox::archive_all(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(CountJson { count }))
}

/// Follows a task oneself.
#[utoipa::path(put, path = "/tasks/{task}/following", tag = "inbox", params(("task" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn follow(State(app): State<App>, Auth(actor): Auth, Path(task): Path<TaskId>) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    let me = people::users::require_signed_in(&tx)?;
    tasks::add_followers(&mut tx, task, &[me]).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Follows a task no longer.
#[utoipa::path(delete, path = "/tasks/{task}/following", tag = "inbox", params(("task" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn unfollow(State(app): State<App>, Auth(actor): Auth, Path(task): Path<TaskId>) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    let me = people::users::require_signed_in(&tx)?;
    tasks::remove_followers(&mut tx, task, &[me]).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn api() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(archive_all))
        .routes(routes!(mark))
        .routes(routes!(follow, unfollow))
}
