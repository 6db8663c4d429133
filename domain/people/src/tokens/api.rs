//! Tokens at `/api/v1/users/{user}/tokens`.

use super::{NewToken, Token};
use crate::users::api::Named;
use crate::{tokens, users};
use axum::extract::State;
use axum::http::StatusCode;
use base::id::{TokenId, UserId};
use base::{Right, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::once::ShowsSecret;
use web::{App, Auth, Json, Path, Result};

/// A personal token.
#[derive(Debug, Serialize, ToSchema)]
struct TokenJson {
    #[schema(value_type = String)]
    id: TokenId,
    #[schema(value_type = String)]
    user: UserId,
    name: String,
    /// The rights that it is limited to; null when it is not limited.
    #[schema(value_type = Option<Vec<String>>)]
    scopes: Option<Vec<Right>>,
    #[schema(value_type = String)]
    created_at: Time,
    #[schema(value_type = Option<String>)]
    expires_at: Option<Time>,
    /// Give or take an hour.
    #[schema(value_type = Option<String>)]
    last_used_at: Option<Time>,
    /// The token itself; in the answer that made it and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl TokenJson {
    fn new(token: Token, text: Option<String>) -> Self {
        Self {
            id: token.id,
            user: token.user,
            name: token.name,
            scopes: token.scopes,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            token: text,
        }
    }
}

/// A new token.
#[derive(Debug, Deserialize, ToSchema)]
struct NewTokenJson {
    /// What its owner calls it; "token" when absent.
    name: Option<String>,
    /// view, comment, edit, admin, deploy, lock, override. Absent: everything that its owner may do.
    #[schema(value_type = Option<Vec<String>>)]
    scopes: Option<Vec<Right>>,
    /// When it ends by itself.
    #[serde(alias = "expires_at")]
    #[schema(value_type = Option<String>)]
    expires: Option<Time>,
}

/// A user's tokens, the newest first, without their texts.
#[utoipa::path(get, path = "/users/{user}/tokens", tag = "people", params(("user" = String, Path)),
    responses((status = 200, body = Listing<TokenJson>), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Named(user): Named,
) -> Result<Json<Listing<TokenJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let user = users::find(&mut tx, &user).await?.id;
    let data =
        tokens::list(&mut tx, user).await?.into_iter().map(|token| TokenJson::new(token, None)).collect();
    Ok(Json(Listing { data, next: None }))
}

/// Makes a token; its text is in this answer only.
#[utoipa::path(post, path = "/users/{user}/tokens", tag = "people", params(("user" = String, Path)),
    request_body = NewTokenJson, responses((status = 201, body = TokenJson), (status = "default", body = ProblemDocument)))]
async fn create(
    State(app): State<App>,
    Auth(actor): Auth,
    Named(user): Named,
    Json(new): Json<NewTokenJson>,
) -> Result<ShowsSecret<(StatusCode, Json<TokenJson>)>> {
    let new = NewToken {
        name: new.name.unwrap_or_else(|| "token".to_owned()),
        scopes: new.scopes,
        expires_at: new.expires,
    };
    let mut tx = app.db.write(&actor).await?;
    let user = users::find(&mut tx, &user).await?.id;
    let (token, text) = tokens::create(&mut tx, user, new).await?;
    tx.commit().await?;
    let shown = TokenJson::new(token, Some(text.reveal().to_owned()));
    Ok(ShowsSecret((StatusCode::CREATED, Json(shown))))
}

/// Ends a token at once.
#[utoipa::path(delete, path = "/users/{user}/tokens/{token}", tag = "people",
    params(("user" = String, Path), ("token" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn revoke(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((user, token)): Path<(String, TokenId)>,
) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    let user = users::find(&mut tx, &user).await?.id;
    tokens::revoke(&mut tx, user, token).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn api() -> Routes {
    Routes::new().routes(routes!(list, create)).routes(routes!(revoke))
}
