//! The output of a run: whole, in part, or as it grows.

use crate::attempts;
use crate::runs::{self, LogPart, State as Life};
use axum::extract::State;
use axum::response::Response;
use base::id::RunId;
use base::{Actor, Right};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;
use web::api::{ProblemDocument, Routes};
use web::log::{Doing, Log, LogQuery, Wanted};
use web::{App, Auth, Path, Query, Result};

/// Which output.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Only that of this part, by its key or name; otherwise of all parts in order.
    part: Option<String>,
}

/// The output, as it was printed: any bytes, not only text.
#[utoipa::path(get, path = "/runs/{id}/log", tag = "jobs", params(("id" = String, Path), Which, LogQuery),
    responses((status = 200, content_type = "text/plain", body = String), (status = 206, content_type = "text/plain", body = String),
        (status = 416, body = ProblemDocument), (status = "default", body = ProblemDocument)))]
async fn read(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<RunId>,
    Query(which): Query<Which>,
    wanted: Wanted,
) -> Result<Response> {
    let mut output =
        Output { app: app.clone(), actor, run: id, only: which.part, parts: Vec::new(), state: Life::Queued };
    output.refresh().await?;
    web::log::answer(&app, output, &wanted)
}

/// The output of a run, for somebody who reads it.
pub(crate) struct Output {
    app: App,
    actor: Actor,
    run: RunId,
    only: Option<String>,
    parts: Vec<LogPart>,
    state: Life,
}

impl Output {
    /// The output of one try, for somebody who was let read it.
    pub(crate) fn of_attempt(app: &App, state: Life, attempt: attempts::Attempt) -> Self {
        let (run, part) = (attempt.run, attempt.part);
        let parts = vec![LogPart { part, attempt, from: 0 }];
        Self { app: app.clone(), actor: Actor::system(), run, only: Some(part.to_string()), parts, state }
    }
}

impl Log for Output {
    fn length(&self) -> i64 {
        runs::log_length(&self.parts)
    }

    fn end(&self) -> Option<String> {
        let is_over = match &self.only {
            Some(_) => self.parts.iter().all(|part| part.attempt.state.is_over()),
            None => self.state.is_over(),
        };
        is_over.then(|| self.state.to_string())
    }

    fn refresh(&mut self) -> Doing<'_, ()> {
        Box::pin(async move {
            let mut tx = self.app.db.read(&self.actor).await?;
            self.state = runs::require(&mut tx, self.run, Right::Log).await?.0.state;
            if let Some(name) = &self.only {
                drop(tx);
                let attempt = runs::part_log(&self.app.db, self.run, name).await?;
                self.parts = vec![LogPart { part: attempt.part, attempt, from: 0 }];
                return Ok(());
            }
            let all = runs::log_parts(&mut tx, self.run).await?;
            self.parts = settled(all);
            Ok(())
        })
    }

    fn read(&self, from: i64, most: usize) -> Doing<'_, Vec<u8>> {
        Box::pin(async move { runs::read_log(&self.app.db, &self.app.blobs, &self.parts, from, most).await })
    }
}

/// What of several parts that run side by side has a place that no longer changes: up to and with the first that still grows.
fn settled(all: Vec<LogPart>) -> Vec<LogPart> {
    let growing = all.iter().position(|part: &LogPart| !attempts::AttemptState::is_over(part.attempt.state));
    let until = growing.map_or(all.len(), |place| place + 1);
    all.into_iter().take(until).collect()
}

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(read))
}
