//! Locks at `/api/v1/environments/{name}/locks` and `/api/v1/locks`.

mod shapes;

use super::{LockChange, LockKind, NewLock};
use crate::{environments, locks};
use axum::extract::State;
use axum::http::StatusCode;
use base::id::{TaskId, UserId};
use base::{Error, Right};
use db::Tx;
use serde::Deserialize;
use shapes::{LockChangeJson, LockJson, NewLockJson, PlacedJson, ReleaseJson, running, show};
use utoipa::IntoParams;
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Query, Result};

/// Which locks.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Only those of this environment, by name or id.
    environment: Option<String>,
}

async fn person(tx: &mut Tx, who: &str) -> base::Result<UserId> {
    match people::users::find(tx, who).await {
        Ok(user) => Ok(user.id),
        Err(error) if error.is_missing() => Err(Error::invalid("lock.assignee", error.message().to_owned())),
        Err(error) => Err(error),
    }
}

/// Places a lock. Once this answers, no deployment that has not been answered yet starts.
#[utoipa::path(post, path = "/environments/{name}/locks", tag = "releases", params(("name" = String, Path)),
    request_body = NewLockJson, responses((status = 201, body = PlacedJson), (status = "default", body = ProblemDocument)))]
async fn place(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Json(new): Json<NewLockJson>,
) -> Result<(StatusCode, Json<PlacedJson>)> {
    let mut tx = app.db.write(&actor).await?;
    let environment = environments::named(&mut tx, &name, Right::Lock).await?;
    let assignee = match &new.assignee {
        Some(who) => Some(person(&mut tx, who).await?),
        None => None,
    };
    let new = NewLock {
        title: new.title,
        kind: new.kind.unwrap_or(LockKind::Block),
        applies_to: new.applies_to,
        until: new.until,
        review_at: new.review_at,
        tag: new.tag,
        assignee,
        ..NewLock::because(new.reason)
    };
    let placed = locks::place(&mut tx, environment.id, new).await?;
    tx.commit().await?;
    let running = placed.already_running.map(|live| running(&app, live)).into_iter().collect();
    Ok((StatusCode::CREATED, Json(PlacedJson { lock: show(&app, placed.lock), running })))
}

/// The locks that hold an environment, oldest first.
#[utoipa::path(get, path = "/environments/{name}/locks", tag = "releases", params(("name" = String, Path)),
    responses((status = 200, body = Listing<LockJson>), (status = "default", body = ProblemDocument)))]
async fn list_of(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> Result<Json<Listing<LockJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let environment = environments::named(&mut tx, &name, Right::View).await?;
    let found = locks::list(&mut tx, environment.id).await?;
    Ok(Json(Listing { data: found.into_iter().map(|lock| show(&app, lock)).collect(), next: None }))
}

/// The locks that hold, of one environment or of all.
#[utoipa::path(get, path = "/locks", tag = "releases", params(Which),
    responses((status = 200, body = Listing<LockJson>), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Query(which): Query<Which>,
) -> Result<Json<Listing<LockJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let wanted = match &which.environment {
        Some(name) => vec![environments::named(&mut tx, name, Right::View).await?],
        None => environments::list(&mut tx).await?,
    };
    let mut data = Vec::new();
    for environment in wanted {
        data.extend(locks::list(&mut tx, environment.id).await?.into_iter().map(|lock| show(&app, lock)));
    }
    Ok(Json(Listing { data, next: None }))
}

/// One lock, held or released.
#[utoipa::path(get, path = "/locks/{task}", tag = "releases", params(("task" = String, Path)),
    responses((status = 200, body = LockJson), (status = "default", body = ProblemDocument)))]
async fn get(State(app): State<App>, Auth(actor): Auth, Path(task): Path<TaskId>) -> Result<Json<LockJson>> {
    let mut tx = app.db.read(&actor).await?;
    Ok(Json(show(&app, locks::get(&mut tx, task).await?)))
}

/// Changes a lock's fields.
#[utoipa::path(patch, path = "/locks/{task}", tag = "releases", params(("task" = String, Path)),
    request_body = LockChangeJson, responses((status = 200, body = LockJson), (status = "default", body = ProblemDocument)))]
async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    Json(change): Json<LockChangeJson>,
) -> Result<Json<LockJson>> {
    let mut tx = app.db.write(&actor).await?;
    let assignee = match &change.assignee {
        Some(Some(who)) => Some(Some(person(&mut tx, who).await?)),
        Some(None) => Some(None),
        None => None,
    };
    let change = LockChange {
        reason: change.reason,
        kind: change.kind,
        applies_to: change.applies_to,
        until: change.until,
        review_at: change.review_at,
        tag: change.tag,
        assignee,
        version: change.version,
    };
    let changed = locks::change(&mut tx, task, change).await?;
    tx.commit().await?;
    Ok(Json(show(&app, changed)))
}

/// Releases a lock: completes its task.
#[utoipa::path(post, path = "/locks/{task}/release", tag = "releases", params(("task" = String, Path)),
    request_body = ReleaseJson, responses((status = 200, body = LockJson), (status = "default", body = ProblemDocument)))]
async fn release(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    Json(body): Json<ReleaseJson>,
) -> Result<Json<LockJson>> {
    let mut tx = app.db.write(&actor).await?;
    let released = locks::release(&mut tx, task, body.reason.as_deref(), body.version).await?;
    tx.commit().await?;
    Ok(Json(show(&app, released)))
}

/// The routes of locks.
pub fn api() -> Routes {
    Routes::new()
        .routes(routes!(list_of, place))
        .routes(routes!(list))
        .routes(routes!(get, change))
        .routes(routes!(release))
}
