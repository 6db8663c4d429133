//! The commits of a task at `/api/v1/tasks/{id}/commits`.

use super::reach::{Station, reach};
use super::{Arrival, Linked, Place, find, lines};
use crate::{environments, journeys};
use axum::extract::State;
use axum::http::StatusCode;
use base::id::{TaskId, UserId};
use base::{Actor, Error, Time};
use db::Tx;
use repos::{Mirrors, Repository};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Result};

/// That a commit is at a place.
#[derive(Debug, Serialize, ToSchema)]
struct ArrivalJson {
    /// An environment; none for the default branch of the repository.
    environment: Option<String>,
    /// Since when, where that was seen.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Time>,
    /// The number of the deployment that brought it, where that was seen.
    deployment: Option<i64>,
}

/// A commit that belongs to a task.
#[derive(Debug, Serialize, ToSchema)]
struct TaskCommitJson {
    /// The repository's name.
    repository: String,
    /// The full id.
    commit: String,
    title: String,
    author: String,
    /// Whether its message says that it fixes the task.
    fixes: bool,
    /// Who linked it; none when its message names the task.
    #[schema(value_type = Option<String>)]
    linked_by: Option<UserId>,
    places: Vec<ArrivalJson>,
}

/// One station of the line that a task's work travels.
#[derive(Debug, Serialize, ToSchema)]
struct StationJson {
    /// An environment; none for the default branch.
    environment: Option<String>,
    /// `ahead`, `there`, or `blocked` where the task itself is an open lock.
    state: &'static str,
}

/// The commits of a task and how far they have come.
#[derive(Debug, Serialize, ToSchema)]
struct JourneyJson {
    data: Vec<TaskCommitJson>,
    stations: Vec<StationJson>,
}

/// A commit to link.
#[derive(Debug, Deserialize, ToSchema)]
struct LinkJson {
    /// An id, the beginning of one, or the address of a commit's page.
    commit: String,
    /// The repository's name; looked for in all of them otherwise.
    repository: Option<String>,
}

async fn shown(tx: &mut Tx, commits: Vec<Linked>) -> base::Result<JourneyJson> {
    let lines = lines(tx).await?;
    let mut names: BTreeMap<_, String> = BTreeMap::new();
    for environment in environments::list(tx).await? {
        names.insert(Place::Environment(environment.id), environment.name);
    }
    let line =
        commits.iter().find_map(|linked| lines.get(&linked.repository)).or_else(|| lines.values().next());
    let stations =
        line.map_or_else(Vec::new, |line| reach(line, &commits.iter().collect::<Vec<_>>(), &[]).stations);
    let stations = stations.into_iter().map(|(place, station)| StationJson {
        environment: names.get(&place).cloned(),
        state: match station {
            Station::Ahead => "ahead",
            Station::There => "there",
            Station::Blocked => "blocked",
        },
    });
    let stations = stations.collect();
    let mut data = Vec::new();
    for linked in commits {
        let repository = repos::repository::get(tx, linked.repository).await?.name;
        let seen = |arrival: &&Arrival| arrival.place == Place::Branch || names.contains_key(&arrival.place);
        let places = linked.arrivals.iter().filter(seen).map(|arrival| ArrivalJson {
            environment: names.get(&arrival.place).cloned(),
            since: arrival.since,
            deployment: arrival.deployment,
        });
        data.push(TaskCommitJson {
            places: places.collect(),
            repository,
            commit: linked.commit,
            title: linked.title,
            author: linked.author,
            fixes: linked.fixes,
            linked_by: linked.linked_by,
        });
    }
    Ok(JourneyJson { data, stations })
}

/// The commits that belong to a task, and how far they have come.
#[utoipa::path(get, path = "/tasks/{id}/commits", tag = "releases", params(("id" = String, Path)),
    responses((status = 200, body = JourneyJson), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
) -> Result<Json<JourneyJson>> {
    let mut tx = app.db.read(&actor).await?;
    let commits = journeys::of_task(&mut tx, task).await?;
    Ok(Json(shown(&mut tx, commits).await?))
}

/// Says that a commit belongs to a task. Commits whose message has the task's id need no saying.
#[utoipa::path(post, path = "/tasks/{id}/commits", tag = "releases", params(("id" = String, Path)), request_body = LinkJson,
    responses((status = 201, body = JourneyJson), (status = "default", body = ProblemDocument)))]
async fn link(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    Json(new): Json<LinkJson>,
) -> Result<(StatusCode, Json<JourneyJson>)> {
    link_meant(&app, &actor, task, new.repository.as_deref(), &new.commit).await?;
    let mut tx = app.db.read(&actor).await?;
    let commits = journeys::of_task(&mut tx, task).await?;
    Ok((StatusCode::CREATED, Json(shown(&mut tx, commits).await?)))
}

/// Says that a commit does not belong to a task.
#[utoipa::path(delete, path = "/tasks/{id}/commits/{commit}", tag = "releases", params(("id" = String, Path), ("commit" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn unlink(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((task, commit)): Path<(TaskId, String)>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    journeys::unlink(&mut tx, task, &commit).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Links the commit that somebody means to a task.
pub(super) async fn link_meant(
    app: &App,
    actor: &Actor,
    task: TaskId,
    repository: Option<&str>,
    meant: &str,
) -> base::Result<Linked> {
    let meant = meant.trim();
    // An address ends with what it is about, and has the repository before it.
    let path: Vec<&str> = meant.split(['?', '#']).next().unwrap_or_default().split('/').collect();
    let (repository, rev) = match path.as_slice() {
        [.., "repositories", name, "commits", rev] => (Some(*name), *rev),
        [.., rev] => (repository, *rev),
        [] => (repository, meant),
    };
    if !(7..=64).contains(&rev.len()) || !rev.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let what = "Write the id of a commit, at least its first seven letters, or paste its address";
        return Err(Error::invalid("commit.unclear", what));
    }
    let mut tx = app.db.read(actor).await?;
    work::tasks::require(&mut tx, task, base::Right::Edit).await?;
    let candidates: Vec<Repository> = match repository {
        Some(name) => vec![repos::repository::view(&mut tx, name).await?],
        None => repos::repository::list(&mut tx, 0, CANDIDATES).await?,
    };
    drop(tx);
    let mirrors = app.part::<Mirrors>()?;
    let mut refused = None;
    for repository in candidates {
        match mirrors.mirror(repository.id).resolve(rev).await {
            Ok(id) => {
                let Some(commit) = mirrors.history(&repository, &id, 0, 1).await?.into_iter().next() else {
                    continue;
                };
                let arrivals = find::arrivals_of(&app.db, mirrors, &repository, &commit.id).await?;
                let mut tx = app.db.write(actor).await?;
                let linked = journeys::link(&mut tx, task, &repository, &commit, &arrivals).await?;
                tx.commit().await?;
                return Ok(linked);
            }
            Err(error) if error.code() == "commit.ambiguous" => refused = Some(error),
            Err(_) => {}
        }
    }
    let unknown = || Error::invalid("commit.unknown", format!("No repository here has a commit {rev}"));
    Err(refused.unwrap_or_else(unknown))
}

/// Repositories that are looked into for a commit.
const CANDIDATES: usize = 50;

/// The routes.
pub(crate) fn api() -> Routes {
    Routes::new().routes(routes!(list, link)).routes(routes!(unlink))
}
