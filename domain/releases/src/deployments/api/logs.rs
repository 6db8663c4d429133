//! The log of a deployment: whole, in part, or as it grows.

use crate::deployments::{self, Deployment, log};
use axum::extract::State;
use axum::response::Response;
use base::Actor;
use base::id::DeploymentId;
use utoipa_axum::routes;
use web::api::{ProblemDocument, Routes};
use web::log::{Doing, Log, LogQuery, Wanted};
use web::{App, Auth, Path, Result};

/// The output, as it was printed: any bytes, not only text.
#[utoipa::path(get, path = "/deployments/{id}/log", tag = "releases", params(("id" = String, Path), LogQuery),
    responses((status = 200, content_type = "text/plain", body = String), (status = 206, content_type = "text/plain", body = String),
        (status = 416, body = ProblemDocument), (status = "default", body = ProblemDocument)))]
async fn read(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<DeploymentId>,
    wanted: Wanted,
) -> Result<Response> {
    let deployment = deployments::get(&mut app.db.read(&actor).await?, id).await?;
    web::log::answer(&app, Output { app: app.clone(), actor, deployment }, &wanted)
}

/// The output of a deployment, for somebody who reads it.
pub(crate) struct Output {
    pub app: App,
    pub actor: Actor,
    pub deployment: Deployment,
}

impl Log for Output {
    fn length(&self) -> i64 {
        self.deployment.output_kept
    }

    fn end(&self) -> Option<String> {
        self.deployment.state.is_over().then(|| self.deployment.state.to_string())
    }

    fn refresh(&mut self) -> Doing<'_, ()> {
        Box::pin(async move {
            let mut tx = self.app.db.read(&self.actor).await?;
            self.deployment = deployments::get(&mut tx, self.deployment.id).await?;
            Ok(())
        })
    }

    fn read(&self, from: i64, most: usize) -> Doing<'_, Vec<u8>> {
        Box::pin(async move { log::read(&self.app.db, &self.app.blobs, &self.deployment, from, most).await })
    }
}

/// The route of logs.
pub(super) fn api() -> Routes {
    Routes::new().routes(routes!(read))
}
