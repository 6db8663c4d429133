//! Who asks.

use crate::middleware::RequestId;
use crate::{App, Problem, once};
use axum::extract::FromRequestParts;
use base::{Actor, Error, Limit};
use http::request::Parts;

/// Somebody who said who they are. A handler without this (or [`Maybe`]) is open to everybody.
#[derive(Clone, Debug)]
pub struct Auth(pub Actor);

/// Somebody, or nobody.
#[derive(Clone, Debug)]
pub struct Maybe(pub Option<Actor>);

impl FromRequestParts<App> for Auth {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Maybe(actor) = Maybe::from_request_parts(parts, app).await?;
        let actor = actor.ok_or_else(|| {
            Error::unauthenticated(
                "auth.missing",
                "say who you are: send a token as Authorization: Bearer, or sign in",
            )
        })?;
        Ok(Self(actor))
    }
}

impl FromRequestParts<App> for Maybe {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if let Some(known) = parts.extensions.get::<Maybe>() {
            return Ok(known.clone());
        }
        let mut found = (app.authenticate)(app, &parts.headers).await?;
        if let Some(actor) = &mut found {
            actor.request = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
            if let Some(token) = actor.token {
                app.quota.take(&app.limits, Limit::ApiRequestsPerMinute, token.0)?;
            }
            once::mark(actor, parts);
        }
        let found = Maybe(found);
        parts.extensions.insert(found.clone());
        Ok(found)
    }
}
