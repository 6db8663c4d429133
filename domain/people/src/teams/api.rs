//! Teams at `/api/v1/teams`.

use super::{Team, TeamChange};
use crate::users::api::UserJson;
use crate::{teams, users};
use axum::extract::State;
use axum::http::StatusCode;
use base::Time;
use base::id::TeamId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Result};

/// People who are named and trusted together.
#[derive(Debug, Serialize, ToSchema)]
struct TeamJson {
    #[schema(value_type = String)]
    id: TeamId,
    #[schema(value_type = String)]
    gid: TeamId,
    name: String,
    description: String,
    /// Whether it is the team of all administrators and members.
    is_everyone: bool,
    #[schema(value_type = String)]
    created_at: Time,
}

impl From<Team> for TeamJson {
    fn from(team: Team) -> Self {
        Self {
            id: team.id,
            gid: team.id,
            name: team.name,
            description: team.description,
            is_everyone: team.is_everyone,
            created_at: team.created_at,
        }
    }
}

/// A new team.
#[derive(Debug, Deserialize, ToSchema)]
struct NewTeamJson {
    name: String,
    #[serde(default)]
    description: String,
}

/// What changes; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
struct TeamChangeJson {
    name: Option<String>,
    description: Option<String>,
}

/// Who joins.
#[derive(Debug, Deserialize, ToSchema)]
struct MemberJson {
    /// An id, an e-mail address, or "me".
    user: String,
}

/// The teams, by name.
#[utoipa::path(get, path = "/teams", tag = "people",
    responses((status = 200, body = Listing<TeamJson>), (status = "default", body = ProblemDocument)))]
async fn list(State(app): State<App>, Auth(actor): Auth) -> Result<Json<Listing<TeamJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let data = teams::list(&mut tx).await?.into_iter().map(TeamJson::from).collect();
    Ok(Json(Listing { data, next: None }))
}

/// Makes a team; who makes it is in it.
#[utoipa::path(post, path = "/teams", tag = "people", request_body = NewTeamJson,
    responses((status = 201, body = TeamJson), (status = "default", body = ProblemDocument)))]
async fn create(
    State(app): State<App>,
    Auth(actor): Auth,
    Json(new): Json<NewTeamJson>,
) -> Result<(StatusCode, Json<TeamJson>)> {
    let mut tx = app.db.write(&actor).await?;
    let team = teams::create(&mut tx, &new.name, &new.description).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(team.into())))
}

/// One team.
#[utoipa::path(get, path = "/teams/{team}", tag = "people", params(("team" = String, Path)),
    responses((status = 200, body = TeamJson), (status = "default", body = ProblemDocument)))]
async fn get(State(app): State<App>, Auth(actor): Auth, Path(team): Path<TeamId>) -> Result<Json<TeamJson>> {
    let mut tx = app.db.read(&actor).await?;
    Ok(Json(teams::get(&mut tx, team).await?.into()))
}

/// Changes a team.
#[utoipa::path(patch, path = "/teams/{team}", tag = "people", params(("team" = String, Path)),
    request_body = TeamChangeJson, responses((status = 200, body = TeamJson), (status = "default", body = ProblemDocument)))]
async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(team): Path<TeamId>,
    Json(change): Json<TeamChangeJson>,
) -> Result<Json<TeamJson>> {
    let mut tx = app.db.write(&actor).await?;
    let change = TeamChange { name: change.name, description: change.description };
    let team = teams::change(&mut tx, team, change).await?;
    tx.commit().await?;
    Ok(Json(team.into()))
}

/// Deletes a team and what was granted to it.
#[utoipa::path(delete, path = "/teams/{team}", tag = "people", params(("team" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn delete(State(app): State<App>, Auth(actor): Auth, Path(team): Path<TeamId>) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    teams::delete(&mut tx, team).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who is in a team, by name.
#[utoipa::path(get, path = "/teams/{team}/members", tag = "people", params(("team" = String, Path)),
    responses((status = 200, body = Listing<UserJson>), (status = "default", body = ProblemDocument)))]
async fn members(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(team): Path<TeamId>,
) -> Result<Json<Listing<UserJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let found = teams::members(&mut tx, team).await?;
    let data = found.into_iter().map(|user| UserJson::new(&app, user)).collect();
    Ok(Json(Listing { data, next: None }))
}

/// Puts a user into a team.
#[utoipa::path(post, path = "/teams/{team}/members", tag = "people", params(("team" = String, Path)),
    request_body = MemberJson, responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn add(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(team): Path<TeamId>,
    Json(member): Json<MemberJson>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    let user = users::find(&mut tx, &member.user).await?.id;
    teams::add(&mut tx, team, user).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a user out of a team.
#[utoipa::path(delete, path = "/teams/{team}/members/{user}", tag = "people",
    params(("team" = String, Path), ("user" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn remove(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((team, user)): Path<(TeamId, String)>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    let user = users::find(&mut tx, &user).await?.id;
    teams::remove(&mut tx, team, user).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn api() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(get, change, delete))
        .routes(routes!(members, add))
        .routes(routes!(remove))
}
