//! Secrets at `/api/v1/secrets`. There is no way to read a value.

use super::{Scope, Secret};
use axum::extract::State;
use axum::http::StatusCode;
use base::{Secret as Text, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Result};

/// A secret, without its value.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobSecret)]
struct SecretJson {
    /// `workspace`, `repository`, `job` or `environment`.
    scope: String,
    /// Which one: an id, or the name of an environment.
    of: String,
    name: String,
    version: i64,
    /// Whether runs of any branch get it.
    any_branch: bool,
    set_by: String,
    #[schema(value_type = String)]
    set_at: Time,
    #[schema(value_type = Option<String>)]
    given_at: Option<Time>,
}

impl From<Secret> for SecretJson {
    fn from(secret: Secret) -> Self {
        Self {
            scope: secret.scope,
            of: secret.scope_key,
            name: secret.name,
            version: secret.version,
            any_branch: secret.any_branch,
            set_by: secret.set_by,
            set_at: secret.set_at,
            given_at: secret.given_at,
        }
    }
}

/// A value.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewJobSecret)]
struct ValueJson {
    value: String,
    /// Whether runs of any branch get it, not only those of the default branch.
    #[serde(default)]
    any_branch: bool,
}

/// The names of the secrets that there are.
#[utoipa::path(get, path = "/secrets", tag = "jobs",
    responses((status = 200, body = Listing<SecretJson>), (status = "default", body = ProblemDocument)))]
async fn list(State(app): State<App>, Auth(actor): Auth) -> Result<Json<Listing<SecretJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let data = super::list(&mut tx).await?.into_iter().map(SecretJson::from).collect();
    Ok(Json(Listing { data, next: None }))
}

/// Sets a secret. The scope is `workspace`, `repository:NAME`, `job:NAME` or `environment:NAME`.
#[utoipa::path(put, path = "/secrets/{scope}/{name}", tag = "jobs",
    params(("scope" = String, Path), ("name" = String, Path)), request_body = ValueJson,
    responses((status = 200, body = SecretJson), (status = "default", body = ProblemDocument)))]
async fn put(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((scope, name)): Path<(String, String)>,
    Json(body): Json<ValueJson>,
) -> Result<Json<SecretJson>> {
    let mirrors = app.part::<repos::Mirrors>()?;
    let mut tx = app.db.write(&actor).await?;
    let scope = Scope::parse(&mut tx, &scope).await?;
    let value = Text::new(body.value);
    let secret = super::set(&mut tx, mirrors.sealing(), &scope, &name, &value, body.any_branch).await?;
    tx.commit().await?;
    Ok(Json(secret.into()))
}

/// Removes a secret.
#[utoipa::path(delete, path = "/secrets/{scope}/{name}", tag = "jobs",
    params(("scope" = String, Path), ("name" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn remove(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((scope, name)): Path<(String, String)>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    let scope = Scope::parse(&mut tx, &scope).await?;
    super::remove(&mut tx, &scope, &name).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(put, remove))
}
