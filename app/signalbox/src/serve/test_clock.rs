//! `POST /test/clock`: moves a clock that stands still, for tests of time. Only there with `--test-clock`.

use super::wiring::Work;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Extension, Router};
use base::{Error, Time, time};
use serde_json::{Value, json};
use web::{App, Json, Result};

/// The routes of the clock.
pub(super) fn routes(work: Work) -> Router<App> {
    Router::new().route("/test/clock", get(show)).route("/test/clock", post(step)).layer(Extension(work))
}

#[derive(serde::Deserialize)]
struct Step {
    advance: Option<String>,
    set: Option<Time>,
}

async fn show(State(app): State<App>) -> Json<Value> {
    Json(json!({ "now": app.clock.now() }))
}

/// Moves the clock; the work that became due has been done when this returns.
async fn step(
    State(app): State<App>,
    Extension(work): Extension<Work>,
    Json(step): Json<Step>,
) -> Result<Json<Value>> {
    match (step.advance, step.set) {
        (Some(by), None) => drop(app.clock.advance(time::parse_duration(&by)?)),
        (None, Some(to)) => app.clock.set(to),
        (None, None) => {}
        (Some(_), Some(_)) => {
            return Err(Error::invalid("clock.both", "send either advance or set, not both").into());
        }
    }
    work.settle().await?;
    Ok(Json(json!({ "now": app.clock.now() })))
}
