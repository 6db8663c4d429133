//! Importing Bamboo Specs, at `/api/v1/jobs/import`: texts in, a job file and notes out. Nothing is kept: the file is committed like any other.

use crate::specs::{self, ImportedJob, Note, Options};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{ProblemDocument, Routes};
use web::{Auth, Json, Result};

/// Specifications to be imported.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct ImportJson {
    /// The text of `bamboo-specs/bamboo.yaml`.
    text: String,
    /// The files that it includes, by the names that it gives them.
    #[serde(default)]
    includes: BTreeMap<String, String>,
    /// The time zone of Bamboo's server, as `Europe/London`: no file says it.
    tz: Option<String>,
    /// The name of Bamboo's server; documents for others are left out.
    server: Option<String>,
    /// Leave jobs switched on although something of them could not be translated.
    #[serde(default)]
    force: bool,
}

/// What was imported.
#[derive(Debug, Serialize, ToSchema)]
struct ImportedJson {
    /// Whether everything could be translated.
    complete: bool,
    /// Whether there are schedules, and nobody said in which zone.
    needs_tz: bool,
    /// The job file: put it into the repository as `signalbox.yaml`.
    file: String,
    /// Its jobs: the key of the plan or the name of the deployment project, the environment, and whether the job is switched on.
    #[schema(value_type = Vec<Object>)]
    jobs: Vec<JobJson>,
    /// What means something else here, or nothing, by file and line.
    #[schema(value_type = Vec<Object>)]
    notes: Vec<Note>,
}

#[derive(Debug, Serialize)]
struct JobJson {
    kind: specs::Kind,
    key: String,
    environment: Option<String>,
    line: u32,
    name: String,
    title: String,
    enabled: bool,
}

fn job(found: &ImportedJob) -> JobJson {
    JobJson {
        kind: found.kind,
        key: found.key.clone(),
        environment: found.environment.clone(),
        line: found.line,
        name: found.job.name.clone(),
        title: found.job.title.clone(),
        enabled: found.job.enabled,
    }
}

/// Translates Bamboo Specs (YAML, version 2) into a job file.
#[utoipa::path(post, path = "/jobs/import", tag = "jobs", request_body = ImportJson,
    responses((status = 200, body = ImportedJson), (status = "default", body = ProblemDocument)))]
async fn import(_asked_by: Auth, Json(body): Json<ImportJson>) -> Result<Json<ImportedJson>> {
    let options = Options {
        zone: body.tz.as_deref(),
        server: body.server.as_deref(),
        includes: &|name| body.includes.get(name).cloned(),
        insists: body.force,
    };
    if let Some(zone) = &body.tz {
        jobs::cron::check_zone(zone).map_err(|why| base::Error::invalid("import.tz", why))?;
    }
    let found = specs::import(&body.text, &options);
    Ok(Json(ImportedJson {
        complete: found.is_complete(),
        needs_tz: found.needs_zone,
        file: found.file(),
        jobs: found.jobs.iter().map(job).collect(),
        notes: found.notes,
    }))
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(import))
}
