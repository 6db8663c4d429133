//! The pages of deployments: those of an environment, and one with its log, which can be watched, stopped and resolved.

pub(crate) mod words;

mod act;
mod list;
mod log;
mod show;

pub(crate) use log::tail;
pub(crate) use show::live_head;

use crate::deployments::{self, Deployment, store};
use crate::environments::{self, Environment};
use axum::Router;
use axum::extract::State;
use axum::response::Redirect;
use axum::routing::{get, post};
use base::Right;
use base::id::DeploymentId;
use db::Tx;
use web::{App, Auth, Path, Result};

/// The routes of these pages.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/environments/{name}/deployments", get(list::list))
        .route("/environments/{name}/deployments/{number}", get(show::show))
        .route("/environments/{name}/deployments/{number}/lines", get(log::lines))
        .route("/environments/{name}/deployments/{number}/log", get(log::download))
        .route("/environments/{name}/deployments/{number}/abort", get(act::abort_form).post(act::abort))
        .route("/environments/{name}/deployments/{number}/resolve", post(act::resolve))
        .route("/deployments/{id}", get(short))
}

/// The deployment with this number, when it went to this environment.
async fn numbered(
    tx: &mut Tx,
    name: &str,
    number: i64,
    right: Right,
) -> base::Result<(Environment, Deployment)> {
    let environment = environments::named(tx, name, right).await?;
    let found = store::by_number(tx, number).await?.filter(|found| found.environment == environment.id);
    let found = found.ok_or_else(|| deployments::missing(format!("{number} to {}", environment.name)))?;
    Ok((environment, found))
}

/// The address that commands print leads to the page.
async fn short(State(app): State<App>, Auth(actor): Auth, Path(id): Path<DeploymentId>) -> Result<Redirect> {
    let mut tx = app.db.read(&actor).await?;
    let deployment = deployments::get(&mut tx, id).await?;
    let environment = environments::unchecked(&mut tx, deployment.environment).await?;
    Ok(Redirect::to(&format!("/environments/{}/deployments/{}", environment.name, deployment.number)))
}
