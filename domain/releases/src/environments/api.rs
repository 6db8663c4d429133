//! Environments at `/api/v1/environments`.

use super::{Environment, EnvironmentChange, IfBusy, NewEnvironment};
use crate::deployments;
use crate::environments;
use crate::gate::load::{self, Question};
use axum::extract::State;
use axum::http::StatusCode;
use base::id::{AnyId, DeploymentId, EnvironmentId, RepositoryId};
use base::{Error, Right, Time};
use db::Tx;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Result};

/// Something by its id and name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleaseNamed)]
pub(crate) struct Named {
    #[schema(value_type = String)]
    pub id: AnyId,
    pub name: String,
}

impl Named {
    /// Puts the two together; what the id is of, the field says.
    pub fn new(id: i64, name: impl Into<String>) -> Self {
        Self { id: AnyId(id), name: name.into() }
    }
}

/// What is on an environment now.
#[derive(Debug, Serialize, ToSchema)]
struct DeployedJson {
    #[schema(value_type = String)]
    id: DeploymentId,
    number: i64,
    commit: String,
    #[schema(value_type = Option<String>)]
    since: Option<Time>,
}

/// A place that deployments go to.
#[derive(Debug, Serialize, ToSchema)]
struct EnvironmentJson {
    #[schema(value_type = String)]
    id: EnvironmentId,
    name: String,
    repository: Named,
    /// The environment that a commit passes first.
    after: Option<Named>,
    /// Its place in the order, from 0.
    rank: i64,
    enabled: bool,
    disabled_reason: String,
    /// Whether members need a grant to lock and to deploy.
    restricted: bool,
    /// What happens to a second deployment: `refuse` or `queue`.
    #[schema(value_type = String)]
    if_busy: IfBusy,
    /// The project whose open tasks are its locks.
    lock_project: Named,
    /// The project whose tasks are its deployments.
    deployment_project: Named,
    deployed: Option<DeployedJson>,
    /// Whether a deployment may start now.
    open: bool,
    /// Why it is open or closed.
    sentence: String,
    epoch: i64,
    url: String,
    #[schema(value_type = String)]
    made_at: Time,
}

async fn show(tx: &mut Tx, app: &App, environment: Environment) -> base::Result<EnvironmentJson> {
    let decision = load::ask(tx, &environment, &Question::default()).await?;
    let repository = repos::repository::get(tx, environment.repository).await?;
    let after = match environment.after {
        Some(after) => Some(environments::unchecked(tx, after).await?),
        None => None,
    };
    let deployed = deployments::deployed(tx, &environment).await?;
    Ok(EnvironmentJson {
        id: environment.id,
        repository: Named::new(repository.id.0, repository.name),
        after: after.map(|after| Named::new(after.id.0, after.name)),
        rank: environment.rank,
        enabled: environment.enabled,
        restricted: environment.restricted,
        if_busy: environment.if_busy,
        lock_project: Named::new(environment.lock_project.0, format!("{} locks", environment.name)),
        deployment_project: Named::new(
            environment.deployment_project.0,
            format!("{} deployments", environment.name),
        ),
        deployed: deployed.map(|deployment| DeployedJson {
            id: deployment.id,
            number: deployment.number,
            commit: deployment.commit,
            since: deployment.ended_at,
        }),
        open: decision.open,
        sentence: decision.sentence,
        epoch: decision.epoch,
        url: app.link(&format!("/environments/{}", environment.name)),
        made_at: environment.made_at,
        name: environment.name,
        disabled_reason: environment.disabled_reason,
    })
}

/// A new environment.
#[derive(Debug, Deserialize, ToSchema)]
struct NewEnvironmentJson {
    /// Letters, digits, `-`, `_` and `.`.
    name: String,
    /// The repository's name or id.
    repository: String,
    /// The name or id of the environment that a commit passes first.
    after: Option<String>,
    #[serde(default)]
    restricted: bool,
    /// `refuse` (the default) or `queue`.
    #[schema(value_type = Option<String>)]
    if_busy: Option<IfBusy>,
}

/// What changes; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct EnvironmentChangeJson {
    name: Option<String>,
    repository: Option<String>,
    /// Null puts it at the beginning.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    after: Option<Option<String>>,
    enabled: Option<bool>,
    disabled_reason: Option<String>,
    restricted: Option<bool>,
    #[schema(value_type = Option<String>)]
    if_busy: Option<IfBusy>,
}

/// Tells a null that was sent from a field that was not.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    d: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}

async fn repository(tx: &mut Tx, name: &str) -> base::Result<RepositoryId> {
    let found = match name.parse::<RepositoryId>() {
        Ok(id) => repos::repository::get(tx, id).await,
        Err(_) => repos::repository::find(tx, name).await,
    };
    match found {
        Ok(repository) => Ok(repository.id),
        Err(error) if error.is_missing() => Err(Error::invalid(
            "repository.missing",
            format!("There is no repository {name:.100}; register it first"),
        )),
        Err(error) => Err(error),
    }
}

async fn previous(tx: &mut Tx, name: &str) -> base::Result<EnvironmentId> {
    match environments::named(tx, name, Right::View).await {
        Ok(environment) => Ok(environment.id),
        Err(error) if error.is_missing() => {
            Err(Error::invalid("environment.after", error.message().to_owned()))
        }
        Err(error) => Err(error),
    }
}

/// The environments, in the order that a commit travels.
#[utoipa::path(get, path = "/environments", tag = "releases",
    responses((status = 200, body = Listing<EnvironmentJson>), (status = "default", body = ProblemDocument)))]
async fn list(State(app): State<App>, Auth(actor): Auth) -> Result<Json<Listing<EnvironmentJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let mut data = Vec::new();
    for environment in environments::list(&mut tx).await? {
        data.push(show(&mut tx, &app, environment).await?);
    }
    Ok(Json(Listing { data, next: None }))
}

/// Makes an environment with its lock project and its deployment project.
#[utoipa::path(post, path = "/environments", tag = "releases", request_body = NewEnvironmentJson,
    responses((status = 201, body = EnvironmentJson), (status = "default", body = ProblemDocument)))]
async fn make(
    State(app): State<App>,
    Auth(actor): Auth,
    Json(new): Json<NewEnvironmentJson>,
) -> Result<(StatusCode, Json<EnvironmentJson>)> {
    let mut tx = app.db.write(&actor).await?;
    people::rights::require_role(&tx, base::Role::Admin)?;
    let after = match &new.after {
        Some(after) => Some(previous(&mut tx, after).await?),
        None => None,
    };
    let new = NewEnvironment {
        repository: repository(&mut tx, &new.repository).await?,
        name: new.name,
        after,
        restricted: new.restricted,
        if_busy: new.if_busy.unwrap_or(IfBusy::Refuse),
    };
    let made = environments::make(&mut tx, new).await?;
    let shown = show(&mut tx, &app, made).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// One environment.
#[utoipa::path(get, path = "/environments/{name}", tag = "releases", params(("name" = String, Path)),
    responses((status = 200, body = EnvironmentJson), (status = "default", body = ProblemDocument)))]
async fn get(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> Result<Json<EnvironmentJson>> {
    let mut tx = app.db.read(&actor).await?;
    let environment = environments::named(&mut tx, &name, Right::View).await?;
    Ok(Json(show(&mut tx, &app, environment).await?))
}

/// Changes an environment.
#[utoipa::path(patch, path = "/environments/{name}", tag = "releases", params(("name" = String, Path)),
    request_body = EnvironmentChangeJson,
    responses((status = 200, body = EnvironmentJson), (status = "default", body = ProblemDocument)))]
async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Json(change): Json<EnvironmentChangeJson>,
) -> Result<Json<EnvironmentJson>> {
    let mut tx = app.db.write(&actor).await?;
    let environment = environments::named(&mut tx, &name, Right::Admin).await?;
    let after = match change.after {
        Some(Some(after)) => Some(Some(previous(&mut tx, &after).await?)),
        Some(None) => Some(None),
        None => None,
    };
    let repository = match &change.repository {
        Some(name) => Some(repository(&mut tx, name).await?),
        None => None,
    };
    let change = EnvironmentChange {
        name: change.name,
        repository,
        after,
        enabled: change.enabled,
        disabled_reason: change.disabled_reason,
        restricted: change.restricted,
        if_busy: change.if_busy,
    };
    let changed = environments::change(&mut tx, environment.id, change).await?;
    let shown = show(&mut tx, &app, changed).await?;
    tx.commit().await?;
    Ok(Json(shown))
}

/// The routes of environments.
pub fn api() -> Routes {
    Routes::new().routes(routes!(list, make)).routes(routes!(get, change))
}
