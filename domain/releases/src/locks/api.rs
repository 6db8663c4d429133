//! Locks at `/api/v1/environments/{name}/locks` and `/api/v1/locks`.

use super::{Attempts, Lock, LockChange, LockKind, NewLock};
use crate::deployments::Kind;
use crate::environments::api::{Named, given};
use crate::gate::Live;
use crate::{environments, locks};
use axum::extract::State;
use axum::http::StatusCode;
use base::id::{DeploymentId, TaskId, UserId};
use base::{Error, Right, Time};
use db::Tx;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Query, Result};

/// How often a lock stopped somebody.
#[derive(Debug, Serialize, ToSchema)]
struct AttemptsJson {
    count: i64,
    #[schema(value_type = String)]
    first_at: Time,
    #[schema(value_type = String)]
    last_at: Time,
}

impl From<Attempts> for AttemptsJson {
    fn from(attempts: Attempts) -> Self {
        Self { count: attempts.count, first_at: attempts.first_at, last_at: attempts.last_at }
    }
}

/// A lock: an open task in an environment's lock project.
#[derive(Debug, Serialize, ToSchema)]
struct LockJson {
    /// The id of the task that it is.
    #[schema(value_type = String)]
    id: TaskId,
    title: String,
    reason: String,
    /// `block` (nobody passes), `claim` (only its owner passes) or `warn` (it is only shown).
    #[schema(value_type = String)]
    kind: LockKind,
    /// The kinds of deployment that it stops.
    #[schema(value_type = Vec<String>)]
    applies_to: Vec<Kind>,
    /// The first of the environments that it closes.
    environment: Option<Named>,
    /// Every environment that it closes: a task may be in several lock projects.
    environments: Vec<Named>,
    /// Who is responsible for it.
    owner: Option<Named>,
    placed_by: Option<Named>,
    #[schema(value_type = String)]
    since: Time,
    /// When it ends by itself; it holds before this instant.
    #[schema(value_type = Option<String>)]
    until: Option<Time>,
    /// When somebody should look whether it is still needed.
    #[schema(value_type = Option<String>)]
    review_at: Option<Time>,
    tag: Option<String>,
    /// Send it along with a release or change to be sure that it is the lock you looked at.
    version: i64,
    /// Whether it holds now.
    open: bool,
    #[schema(value_type = Option<String>)]
    released_at: Option<Time>,
    attempts: Option<AttemptsJson>,
    url: String,
    sentence: String,
}

fn show(app: &App, lock: Lock) -> LockJson {
    let environments: Vec<&str> = lock.environments.iter().map(|(_, name)| name.as_str()).collect();
    let sentence = match (lock.is_open, lock.until) {
        (false, _) => format!("\"{}\" no longer holds {}", lock.title, environments.join(" and ")),
        (true, Some(until)) => {
            format!("\"{}\" holds {} until {until}", lock.title, environments.join(" and "))
        }
        (true, None) => {
            format!("\"{}\" holds {} until somebody releases it", lock.title, environments.join(" and "))
        }
    };
    let person =
        |id: Option<UserId>, name: Option<String>| id.map(|id| Named::new(id.0, name.unwrap_or_default()));
    let named: Vec<Named> =
        lock.environments.iter().map(|(id, name)| Named::new(id.0, name.clone())).collect();
    LockJson {
        id: lock.task,
        kind: lock.kind,
        applies_to: lock.applies_to,
        environment: lock.environments.first().map(|(id, name)| Named::new(id.0, name.clone())),
        environments: named,
        owner: person(lock.owner, lock.owner_name),
        placed_by: person(lock.placed_by, lock.placed_by_name),
        since: lock.since,
        until: lock.until,
        review_at: lock.review_at,
        tag: lock.tag,
        version: lock.version,
        open: lock.is_open,
        released_at: lock.released_at,
        attempts: lock.attempts.map(AttemptsJson::from),
        url: app.link(&format!("/tasks/{}", lock.task)),
        sentence,
        title: lock.title,
        reason: lock.reason,
    }
}

/// A deployment that had started before a lock.
#[derive(Debug, Serialize, ToSchema)]
struct RunningJson {
    #[schema(value_type = String)]
    id: DeploymentId,
    number: i64,
    commit: String,
    by: String,
    host: String,
    #[schema(value_type = String)]
    since: Time,
    url: String,
}

/// A lock that was just placed.
#[derive(Debug, Serialize, ToSchema)]
struct PlacedJson {
    #[serde(flatten)]
    lock: LockJson,
    /// The deployment that slipped in before it, if there is one; it goes on.
    running: Vec<RunningJson>,
}

fn running(app: &App, live: Live) -> RunningJson {
    RunningJson {
        id: live.id,
        number: live.number,
        commit: live.commit,
        by: live.by,
        host: live.host,
        since: live.since,
        url: app.link(&format!("/deployments/{}", live.id)),
    }
}

/// A new lock.
#[derive(Debug, Deserialize, ToSchema)]
struct NewLockJson {
    /// Why; people who are stopped will read it.
    reason: String,
    /// The task's name; the first line of the reason otherwise.
    title: Option<String>,
    /// `block` (the default), `claim` or `warn`.
    #[schema(value_type = Option<String>)]
    kind: Option<LockKind>,
    /// Of `forward`, `rollback` and `redeploy`; all for `block` and `warn`, `forward` for `claim`.
    #[schema(value_type = Option<Vec<String>>)]
    applies_to: Option<Vec<Kind>>,
    /// When it ends by itself.
    #[schema(value_type = Option<String>)]
    until: Option<Time>,
    #[schema(value_type = Option<String>)]
    review_at: Option<Time>,
    tag: Option<String>,
    /// An id, an e-mail address, or "me"; who places it, otherwise.
    assignee: Option<String>,
}

/// What changes; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct LockChangeJson {
    reason: Option<String>,
    #[schema(value_type = Option<String>)]
    kind: Option<LockKind>,
    #[schema(value_type = Option<Vec<String>>)]
    applies_to: Option<Vec<Kind>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    until: Option<Option<Time>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    review_at: Option<Option<Time>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    tag: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    assignee: Option<Option<String>>,
    /// Refuse when the lock is not at this version any more.
    version: Option<i64>,
}

/// Why a lock may go.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct ReleaseJson {
    reason: Option<String>,
    /// Refuse when the lock is not at this version any more.
    version: Option<i64>,
}

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
