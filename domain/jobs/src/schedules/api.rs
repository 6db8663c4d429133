//! Schedules at `/api/v1/schedules`: what an expression would do, before it is saved.

use crate::cron;
use crate::file::Dialect;
use axum::extract::State;
use base::{Error, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::api::{ProblemDocument, Routes};
use web::{App, Auth, Json, Query, Result};

/// Fires that are shown unless somebody says otherwise, and at most.
const SHOWN: usize = 10;
const SHOWN_MOST: usize = 1_000;

/// An expression.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// The expression, as `30 2 * * *` or `@monthly`.
    cron: String,
    /// The IANA zone; UTC when absent.
    tz: Option<String>,
    /// `standard`, `seconds` or `quartz`.
    #[param(value_type = Option<String>)]
    dialect: Option<Dialect>,
    /// The first fire is after this instant; now when absent.
    #[param(value_type = Option<String>)]
    from: Option<String>,
    /// How many fires.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    count: Option<String>,
    /// The name of the job, which decides what `H` means.
    job: Option<String>,
}

/// What an expression does.
#[derive(Debug, Serialize, ToSchema)]
struct Preview {
    /// The schedule in words.
    words: String,
    tz: String,
    fires: Vec<FireJson>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ComingFire)]
struct FireJson {
    #[schema(value_type = String)]
    at: Time,
    /// What the clock of the zone shows then.
    local: String,
}

/// The next fires of an expression.
#[utoipa::path(get, path = "/schedules/preview", tag = "jobs", params(Which),
    responses((status = 200, body = Preview), (status = "default", body = ProblemDocument)))]
async fn preview(
    State(app): State<App>,
    _asked_by: Auth,
    Query(which): Query<Which>,
) -> Result<Json<Preview>> {
    let tz = which.tz.unwrap_or_else(|| "UTC".to_owned());
    let dialect = which.dialect.unwrap_or_default();
    let schedule =
        cron::Schedule::parse(which.cron.trim(), dialect, &tz, which.job.as_deref().unwrap_or_default())
            .map_err(|why| Error::invalid("schedule.invalid", why))?;
    let from = which.from.as_deref().map(Time::parse).transpose()?.unwrap_or_else(|| app.clock.now());
    let count = match which.count.as_deref().map(str::parse) {
        None => SHOWN,
        Some(Ok(count)) if (1..=SHOWN_MOST).contains(&count) => count,
        Some(_) => {
            let message = format!("count takes a whole number from 1 to {SHOWN_MOST}");
            return Err(Error::invalid("schedule.count", message).into());
        }
    };
    let fires = schedule.preview(from, count).into_iter();
    let fires = fires.map(|fire| FireJson { at: fire.at, local: fire.local }).collect();
    Ok(Json(Preview { words: schedule.in_words(), tz, fires }))
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(preview))
}
