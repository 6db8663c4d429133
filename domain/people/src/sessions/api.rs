//! Sessions at `/api/v1/users/{user}/sessions`.

use super::Session;
use crate::users::api::Named;
use crate::{sessions, users};
use axum::extract::State;
use axum::http::StatusCode;
use base::Time;
use base::id::AnyId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Result};

/// A browser that is signed in.
#[derive(Debug, Serialize, ToSchema)]
struct SessionJson {
    #[schema(value_type = String)]
    id: AnyId,
    /// The address that it was started from.
    address: String,
    /// What the browser calls itself.
    agent: String,
    #[schema(value_type = String)]
    created_at: Time,
    /// Give or take an hour.
    #[schema(value_type = String)]
    last_seen_at: Time,
    #[schema(value_type = String)]
    expires_at: Time,
}

impl From<Session> for SessionJson {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            address: session.address,
            agent: session.agent,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
        }
    }
}

/// Where a user is signed in, the newest first.
#[utoipa::path(get, path = "/users/{user}/sessions", tag = "people", params(("user" = String, Path)),
    responses((status = 200, body = Listing<SessionJson>), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Named(user): Named,
) -> Result<Json<Listing<SessionJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let user = users::find(&mut tx, &user).await?.id;
    let data = sessions::list(&mut tx, user).await?.into_iter().map(SessionJson::from).collect();
    Ok(Json(Listing { data, next: None }))
}

/// Signs a browser out.
#[utoipa::path(delete, path = "/users/{user}/sessions/{session}", tag = "people",
    params(("user" = String, Path), ("session" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn end(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((user, session)): Path<(String, AnyId)>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    let user = users::find(&mut tx, &user).await?.id;
    sessions::end(&mut tx, user, session).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn api() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(end))
}
