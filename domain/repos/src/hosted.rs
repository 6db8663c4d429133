//! `/git/NAME.git`: the repositories that are here, as git talks with them over HTTP.
//!
//! Only the three requests of the smart protocol are answered, and only a name that is in the database leads anywhere: nothing of an
//! address reaches the disk. The work is done by `git http-backend`; bodies pass through without being kept.

mod answer;
mod asked;
mod relay;
#[cfg(test)]
mod tests;

use crate::git::Served;
use crate::{Mirrors, Repository, repository};
use answer::refusal;
use asked::{Asked, Service};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::any;
use base::{Actor, Error, Limit, Result};
use relay::Relay;
use web::App;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/git/{*path}", any(serve))
}

/// The address that git takes.
pub(crate) fn address(app: &App, repository: &Repository) -> String {
    app.link(&format!("/git/{}.git", repository.name))
}

async fn serve(State(app): State<App>, request: Request) -> Response {
    match answer(&app, request).await {
        Ok(response) => response,
        Err(error) => refusal(error),
    }
}

async fn answer(app: &App, request: Request) -> Result<Response> {
    let (parts, body) = request.into_parts();
    if let Some(name) = asked::looked_at(&parts) {
        // A person who opened the address in a browser: the page says what is to be seen, to whom.
        return Ok(Redirect::to(&format!("/repositories/{name}")).into_response());
    }
    let asked = Asked::read(&parts)?;
    let actor = who(app, &parts).await?;
    let mut tx = app.db.read(&actor).await?;
    let found = repository::open_to(&mut tx, &asked.name).await?;
    if asked.service == Service::Receive {
        repository::refuse_push(&mut tx, &found).await?;
    }
    drop(tx);
    let mirrors = app.part::<Mirrors>()?;
    let (mirror, permit) = mirrors.open_hosted(&app.db, &found).await?;
    let input_max = match asked.service {
        Service::Receive => room(app, &found, mirror.size().await)?,
        Service::Upload => 0,
    };
    let id = actor.user.map_or(0, |user| user.0);
    let served = Served { input_max, who: (actor.name.clone(), id), ..asked.served };
    let (talk, ends) = mirror.serve(&served)?;
    // A look at the refs follows everything that may have changed some, however it ended.
    let changes = (asked.service == Service::Receive && served.method == "POST").then_some((found.id, actor));
    Relay { app: app.clone(), talk, name: found.name, changes, permit }.run(ends, body).await
}

/// Who asks: a token, as Bearer or as the password of any user name. Cookies are not looked at.
async fn who(app: &App, request: &Parts) -> Result<Actor> {
    let headers = asked::token(&request.headers)?;
    let mut actor = (app.authenticate)(app, &headers).await?.ok_or_else(asked::nobody)?;
    actor.request = request.extensions.get::<web::middleware::RequestId>().map(|id| id.0.clone());
    if let Some(token) = actor.token {
        app.quota.take(&app.limits, Limit::ApiRequestsPerMinute, token.0)?;
    }
    Ok(actor)
}

/// The bytes that a push may bring.
fn room(app: &App, repository: &Repository, size: u64) -> Result<u64> {
    let most = app.limits.get(Limit::HostedRepositoryBytes);
    // Zero would mean no bound to git.
    match most.saturating_sub(size).min(app.limits.get(Limit::HostedPushBytes)) {
        0 => Err(Error::denied(
            "repository.full",
            format!(
                "{} takes up {size} bytes, and {most} are the most (hosted_repository_bytes). It takes no more pushes.",
                repository.name
            ),
        )),
        room => Ok(room),
    }
}
