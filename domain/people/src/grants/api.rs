//! Grants at `/api/v1/grants/{subject}`, and the workspace at `/api/v1/workspace`.

use super::{Grant, Holder};
use crate::{RightSet, grants, rights, users, workspace};
use axum::extract::State;
use axum::http::StatusCode;
use base::id::{TeamId, UserId, WorkspaceId};
use base::{Error, Right, Time};
use db::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Result};

/// What a user or a team may do with a subject.
#[derive(Debug, Serialize, ToSchema)]
struct GrantJson {
    /// The user who may, unless it is a team.
    #[schema(value_type = Option<String>)]
    user: Option<UserId>,
    /// The team that may, unless it is a user.
    #[schema(value_type = Option<String>)]
    team: Option<TeamId>,
    /// view, comment, edit, admin, deploy, lock, override.
    #[schema(value_type = Vec<String>)]
    rights: RightSet,
    #[schema(value_type = String)]
    granted_at: Time,
    /// Who said so; null when it came with the subject.
    #[schema(value_type = Option<String>)]
    granted_by: Option<UserId>,
}

impl From<Grant> for GrantJson {
    fn from(grant: Grant) -> Self {
        let (user, team) = match grant.holder {
            Holder::User(user) => (Some(user), None),
            Holder::Team(team) => (None, Some(team)),
        };
        Self { user, team, rights: grant.rights, granted_at: grant.granted_at, granted_by: grant.granted_by }
    }
}

/// Who may do what from now on: exactly one of `user` and `team`.
#[derive(Debug, Deserialize, ToSchema)]
struct NewGrantJson {
    /// An id, an e-mail address, or "me".
    user: Option<String>,
    /// A team's id.
    #[schema(value_type = Option<String>)]
    team: Option<TeamId>,
    /// What replaces what they had; none takes it all away.
    #[schema(value_type = Vec<String>)]
    rights: RightSet,
}

async fn holder(tx: &mut Tx, new: &NewGrantJson) -> base::Result<Holder> {
    match (&new.user, new.team) {
        (Some(user), None) => Ok(Holder::User(users::find(tx, user).await?.id)),
        (None, Some(team)) => Ok(Holder::Team(team)),
        _ => Err(Error::invalid("grant.holder", "Name exactly one of user and team")),
    }
}

/// A subject from a path, which may be anything.
fn subject(text: String) -> base::Result<String> {
    let subject: journal::Subject = text.parse()?;
    Ok(subject.to_string())
}

/// Who may do what with a subject, such as project:1200000000000001.
#[utoipa::path(get, path = "/grants/{subject}", tag = "people", params(("subject" = String, Path)),
    responses((status = 200, body = Listing<GrantJson>), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(text): Path<String>,
) -> Result<Json<Listing<GrantJson>>> {
    let subject = subject(text)?;
    let mut tx = app.db.read(&actor).await?;
    rights::require(&mut tx, &subject, Right::View).await?;
    let data = grants::list(&mut tx, &subject).await?.into_iter().map(GrantJson::from).collect();
    Ok(Json(Listing { data, next: None }))
}

/// Says what a user or a team may do with a subject from now on.
#[utoipa::path(put, path = "/grants/{subject}", tag = "people", params(("subject" = String, Path)),
    request_body = NewGrantJson, responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn set(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(text): Path<String>,
    Json(new): Json<NewGrantJson>,
) -> Result<StatusCode> {
    let subject = subject(text)?;
    let mut tx = app.db.write(&actor).await?;
    // A subject that nobody holds a right on is one that does not exist, even for those who may do everything.
    if grants::list(&mut tx, &subject).await?.is_empty() {
        return Err(
            Error::missing("subject.missing", "There is no such subject, or you may not see it").into()
        );
    }
    let holder = holder(&mut tx, &new).await?;
    grants::set(&mut tx, &subject, holder, new.rights).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The workspace.
#[derive(Debug, Serialize, ToSchema)]
struct WorkspaceJson {
    #[schema(value_type = String)]
    id: WorkspaceId,
    #[schema(value_type = String)]
    gid: WorkspaceId,
    name: String,
    email_domains: Vec<String>,
}

impl From<workspace::Workspace> for WorkspaceJson {
    fn from(it: workspace::Workspace) -> Self {
        Self { id: it.id, gid: it.id, name: it.name, email_domains: it.email_domains }
    }
}

/// The workspace's new name.
#[derive(Debug, Deserialize, ToSchema)]
struct RenameJson {
    name: String,
}

/// The workspace.
#[utoipa::path(get, path = "/workspace", tag = "people",
    responses((status = 200, body = WorkspaceJson), (status = "default", body = ProblemDocument)))]
async fn current(State(app): State<App>, Auth(actor): Auth) -> Result<Json<WorkspaceJson>> {
    let mut tx = app.db.read(&actor).await?;
    Ok(Json(workspace::current(&mut tx).await?.into()))
}

/// Gives the workspace another name.
#[utoipa::path(patch, path = "/workspace", tag = "people", request_body = RenameJson,
    responses((status = 200, body = WorkspaceJson), (status = "default", body = ProblemDocument)))]
async fn rename(
    State(app): State<App>,
    Auth(actor): Auth,
    Json(new): Json<RenameJson>,
) -> Result<Json<WorkspaceJson>> {
    let mut tx = app.db.write(&actor).await?;
    let workspace = workspace::rename(&mut tx, &new.name).await?;
    tx.commit().await?;
    Ok(Json(workspace.into()))
}

pub(crate) fn api() -> Routes {
    Routes::new().routes(routes!(list, set)).routes(routes!(current, rename))
}
