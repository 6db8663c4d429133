//! Comments at `/api/v1/tasks/{task}/comments`, and everything that happened to a task at `/stories`.

use super::{CommentChange, NewComment, Story};
use crate::names::{Person, Text};
use crate::page::Page;
use crate::stories;
use axum::extract::State;
use axum::http::StatusCode;
use base::id::{StoryId, TaskId, UserId};
use base::{Error, Time};
use db::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{Listing, PageQuery, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Query, Result};

pub(crate) fn api() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(change, delete))
        .routes(routes!(restore))
        .routes(routes!(history))
}

/// A comment, or a line of a task's history.
#[derive(Debug, Serialize, ToSchema)]
struct StoryJson {
    #[schema(value_type = String)]
    id: StoryId,
    /// `comment_added` for comments.
    kind: String,
    text: String,
    /// What changed.
    data: serde_json::Value,
    #[schema(value_type = String)]
    created_at: Time,
    #[schema(value_type = Option<crate::tasks::api::json::NamedJson>)]
    created_by: Option<Person>,
    is_pinned: bool,
    is_edited: bool,
    num_likes: usize,
    likes: Vec<crate::tasks::api::json::NamedJson>,
    /// Whether you like it.
    liked: bool,
}

fn shown(story: Story, me: Option<UserId>) -> StoryJson {
    StoryJson {
        id: story.id,
        kind: story.kind.to_string(),
        text: story.text,
        data: story.data,
        created_at: story.created_at,
        created_by: story.created_by,
        is_pinned: story.is_pinned,
        is_edited: story.is_edited,
        num_likes: story.likes.len(),
        liked: story.likes.iter().any(|like| Some(like.by.id) == me),
        likes: story.likes.into_iter().map(|like| like.by.into()).collect(),
    }
}

/// A new comment.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct NewCommentJson {
    text: Option<String>,
    /// The rich-text subset; instead of `text`.
    html_text: Option<String>,
    is_pinned: bool,
}

/// What changes; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct CommentChangeJson {
    text: Option<String>,
    /// The rich-text subset; instead of `text`.
    html_text: Option<String>,
    is_pinned: Option<bool>,
    liked: Option<bool>,
}

fn text(plain: Option<String>, rich: Option<String>) -> base::Result<Option<Text>> {
    match (plain, rich) {
        (Some(_), Some(_)) => Err(Error::invalid("text.twice", "give plain or rich text, not both")),
        (Some(plain), None) => Ok(Some(Text::Plain(plain))),
        (None, rich) => Ok(rich.map(Text::Rich)),
    }
}

/// The comments of a task, oldest first. A page may hold fewer than its limit, because the rest of the history is passed over.
#[utoipa::path(get, path = "/tasks/{task}/comments", tag = "tasks", params(("task" = String, Path), PageQuery),
    responses((status = 200, body = Listing<StoryJson>), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listing<StoryJson>>> {
    let page = Page { limit: page.limit(&app.limits)?, after: page.cursor };
    let mut tx = app.db.read(&actor).await?;
    let found = stories::list(&mut tx, task, &page).await?;
    let comments = found.items.into_iter().filter(Story::is_comment).map(|story| shown(story, actor.user));
    Ok(Json(Listing { data: comments.collect(), next: found.next }))
}

/// Everything that happened to a task, oldest first.
#[utoipa::path(get, path = "/tasks/{task}/stories", tag = "tasks", params(("task" = String, Path), PageQuery),
    responses((status = 200, body = Listing<StoryJson>), (status = "default", body = ProblemDocument)))]
async fn history(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listing<StoryJson>>> {
    let page = Page { limit: page.limit(&app.limits)?, after: page.cursor };
    let mut tx = app.db.read(&actor).await?;
    let found = stories::list(&mut tx, task, &page).await?;
    let data = found.items.into_iter().map(|story| shown(story, actor.user)).collect();
    Ok(Json(Listing { data, next: found.next }))
}

/// Comments on a task.
#[utoipa::path(post, path = "/tasks/{task}/comments", tag = "tasks", params(("task" = String, Path)),
    request_body = NewCommentJson,
    responses((status = 201, body = StoryJson), (status = "default", body = ProblemDocument)))]
async fn create(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    Json(new): Json<NewCommentJson>,
) -> Result<(StatusCode, Json<StoryJson>)> {
    let mut tx = app.db.write(&actor).await?;
    let text = text(new.text, new.html_text)?.unwrap_or_default();
    let story =
        stories::comment(&mut tx, task, NewComment { text, is_pinned: new.is_pinned, sticker: None }).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(shown(story, actor.user))))
}

/// Checks that the story is one of this task: the address says so.
async fn of_task(tx: &mut Tx, task: TaskId, story: StoryId) -> base::Result<()> {
    let found = stories::get(tx, story).await?;
    if found.task.id == task {
        return Ok(());
    }
    Err(Error::missing("story.unknown", format!("There is no story {story} of the task {task}")))
}

/// Changes a comment; its text by its author only.
#[utoipa::path(patch, path = "/tasks/{task}/comments/{comment}", tag = "tasks",
    params(("task" = String, Path), ("comment" = String, Path)), request_body = CommentChangeJson,
    responses((status = 200, body = StoryJson), (status = "default", body = ProblemDocument)))]
async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((task, comment)): Path<(TaskId, StoryId)>,
    Json(change): Json<CommentChangeJson>,
) -> Result<Json<StoryJson>> {
    let mut tx = app.db.write(&actor).await?;
    of_task(&mut tx, task, comment).await?;
    let text = text(change.text, change.html_text)?;
    let change =
        CommentChange { text, is_pinned: change.is_pinned, liked: change.liked, ..CommentChange::default() };
    let story = stories::change(&mut tx, comment, change).await?;
    tx.commit().await?;
    Ok(Json(shown(story, actor.user)))
}

/// Deletes a comment.
#[utoipa::path(delete, path = "/tasks/{task}/comments/{comment}", tag = "tasks",
    params(("task" = String, Path), ("comment" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn delete(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((task, comment)): Path<(TaskId, StoryId)>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    of_task(&mut tx, task, comment).await?;
    stories::delete(&mut tx, comment).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a deleted comment back.
#[utoipa::path(post, path = "/tasks/{task}/comments/{comment}/restore", tag = "tasks",
    params(("task" = String, Path), ("comment" = String, Path)),
    responses((status = 200, body = StoryJson), (status = "default", body = ProblemDocument)))]
async fn restore(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((task, comment)): Path<(TaskId, StoryId)>,
) -> Result<Json<StoryJson>> {
    let mut tx = app.db.write(&actor).await?;
    let story = stories::restore(&mut tx, comment).await?;
    of_task(&mut tx, task, comment).await?;
    tx.commit().await?;
    Ok(Json(shown(story, actor.user)))
}
