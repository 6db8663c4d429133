//! Jobs at `/api/v1/jobs`.

use super::{Finding, Job};
use crate::notices::{self, Hears};
use crate::runs::{self, State as RunState};
use crate::schedules::{self, freeze};
use crate::{cron, file};
use axum::extract::State;
use base::id::{JobId, RunId};
use base::{Error, Right, Time};
use db::Tx;
use people::rights::RightSet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{Listing, PageQuery, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Query, Result};

/// A job.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub(crate) struct JobJson {
    #[schema(value_type = String)]
    id: JobId,
    name: String,
    title: String,
    owner: Option<String>,
    repository: String,
    path: String,
    /// Whether its file switches it on.
    enabled: bool,
    /// Whether schedules are kept from starting it.
    paused: bool,
    /// Whether somebody switched it off: nothing starts it, and nobody.
    disabled: bool,
    pause: Option<PauseJson>,
    /// When a schedule starts it next.
    #[schema(value_type = Option<String>)]
    next_fire_at: Option<Time>,
    last_run: Option<LastRunJson>,
    /// What the actor may do with it.
    #[schema(value_type = Vec<String>)]
    rights: people::rights::RightSet,
    url: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobPause)]
struct PauseJson {
    #[schema(value_type = String)]
    since: Time,
    #[schema(value_type = Option<String>)]
    until: Option<Time>,
    by: String,
    reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobLastRun)]
struct LastRunJson {
    #[schema(value_type = String)]
    id: RunId,
    number: i64,
    #[schema(value_type = String)]
    state: RunState,
    #[schema(value_type = Option<String>)]
    ended_at: Option<Time>,
}

async fn show(tx: &mut Tx, app: &App, job: Job, rights: RightSet) -> base::Result<JobJson> {
    let mut shown = show_all(tx, app, vec![(job, rights)]).await?;
    shown.pop().ok_or_else(|| Error::bug("job.shown", "a job was to be shown and was not"))
}

async fn show_all(tx: &mut Tx, app: &App, jobs: Vec<(Job, RightSet)>) -> base::Result<Vec<JobJson>> {
    let now = tx.now();
    let ids: Vec<JobId> = jobs.iter().map(|(job, _)| job.id).collect();
    let mut last = runs::last_of_jobs(tx, &ids, 1).await?;
    let next = schedules::next_of_jobs(tx, &ids).await?;
    let mut repositories = BTreeMap::new();
    for (job, _) in &jobs {
        if let Entry::Vacant(unknown) = repositories.entry(job.repository) {
            unknown.insert(
                repos::get(tx, job.repository).await.map_or_else(|_| String::new(), |found| found.name),
            );
        }
    }
    let shown = jobs.into_iter().map(|(job, rights)| JobJson {
        id: job.id,
        url: app.link(&format!("/jobs/{}", job.name)),
        paused: job.is_paused(now),
        disabled: job.is_switched_off(),
        pause: job.pause.clone().filter(|_| job.is_paused(now)).map(|pause| PauseJson {
            since: pause.at,
            until: pause.until,
            by: pause.by,
            reason: pause.reason,
        }),
        name: job.name,
        title: job.title,
        owner: job.owner,
        repository: repositories.get(&job.repository).cloned().unwrap_or_default(),
        path: job.path,
        enabled: job.enabled && job.gone_at.is_none(),
        next_fire_at: next.get(&job.id).copied(),
        last_run: last.remove(&job.id).and_then(|runs| runs.into_iter().next()).map(|run| LastRunJson {
            id: run.id,
            number: run.number,
            state: run.state,
            ended_at: run.ended_at,
        }),
        rights,
    });
    Ok(shown.collect())
}

/// The jobs that the actor may see.
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(PageQuery),
    responses((status = 200, body = Listing<JobJson>), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listing<JobJson>>> {
    let (limit, after) = (page.limit(&app.limits)?, page.after()?);
    let mut tx = app.db.read(&actor).await?;
    let seen = super::page(&mut tx, (after > 0).then_some(JobId(after)), limit + 1).await?;
    let data = show_all(&mut tx, &app, seen).await?;
    Ok(Json(Listing::from_overfull(data, limit, |last| last.id.to_string())))
}

/// A job with what its file says.
#[derive(Debug, Serialize, ToSchema)]
struct WholeJob {
    #[serde(flatten)]
    job: JobJson,
    description: String,
    /// The commit that its file was read at.
    commit: String,
    /// Its file as it was written.
    source: String,
    /// What it means, every default filled in.
    #[schema(value_type = Object)]
    definition: file::Job,
    schedules: Vec<ScheduleJson>,
    /// What it is frozen by at this moment.
    frozen: Vec<FrozenJson>,
    /// What was decided about the last fires, newest first.
    fires: Vec<FireJson>,
}

/// Why nothing of a job is begun at this moment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobFrozen)]
struct FrozenJson {
    /// What names it for an override.
    mark: String,
    /// When it ends, where that is known.
    #[schema(value_type = Option<String>)]
    until: Option<Time>,
    sentence: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobSchedule)]
struct ScheduleJson {
    id: String,
    cron: String,
    tz: String,
    /// The schedule in words.
    words: String,
    #[schema(value_type = Option<String>)]
    next_at: Option<Time>,
    /// The next fires.
    #[schema(value_type = Vec<Object>)]
    upcoming: Vec<cron::Fire>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobFire)]
struct FireJson {
    schedule: String,
    #[schema(value_type = String)]
    scheduled_at: Time,
    decision: String,
    reason: String,
    #[schema(value_type = Option<String>)]
    run: Option<RunId>,
    #[schema(value_type = String)]
    decided_at: Time,
}

/// Fires that are shown with a job: past and coming.
const FIRES_SHOWN: usize = 10;

/// One job, by its name or its id.
#[utoipa::path(get, path = "/jobs/{name}", tag = "jobs", params(("name" = String, Path)),
    responses((status = 200, body = WholeJob), (status = "default", body = ProblemDocument)))]
async fn get(State(app): State<App>, Auth(actor): Auth, Path(name): Path<String>) -> Result<Json<WholeJob>> {
    let mut tx = app.db.read(&actor).await?;
    let job = super::named(&mut tx, &name, Right::View).await?;
    let definition = super::definition(&mut tx, job.definition).await?;
    let now = tx.now();
    let around = freeze::around(&mut tx, &definition.model.freeze, now).await?;
    let frozen = freeze::all_holding(&around, now, now).into_iter();
    let frozen =
        frozen.map(|hold| FrozenJson { mark: hold.mark, until: hold.until, sentence: hold.sentence });
    let upcoming = |clock: cron::Schedule| {
        let mut fires = clock.preview(now, FIRES_SHOWN);
        freeze::mark(&mut fires, &around, now);
        fires
    };
    let show_schedule = |schedule: schedules::Schedule| {
        let clock = cron::Schedule::of(&definition.model, &schedule.trigger).ok();
        ScheduleJson {
            id: schedule.id.to_string(),
            cron: schedule.trigger.expression.clone(),
            tz: schedule.trigger.tz.clone(),
            words: clock.as_ref().map(cron::Schedule::in_words).unwrap_or_default(),
            next_at: schedule.next_at,
            upcoming: clock.map(upcoming).unwrap_or_default(),
        }
    };
    let schedules = schedules::of_job(&mut tx, job.id).await?.into_iter().map(show_schedule).collect();
    let fires = schedules::fires(&mut tx, job.id, FIRES_SHOWN).await?.into_iter();
    let fires = fires
        .map(|fire| FireJson {
            schedule: fire.schedule.to_string(),
            scheduled_at: fire.scheduled_at,
            decision: fire.decision.to_string(),
            reason: fire.reason,
            run: fire.run,
            decided_at: fire.decided_at,
        })
        .collect();
    let rights = super::rights(&mut tx, &job).await?;
    Ok(Json(WholeJob {
        job: show(&mut tx, &app, job, rights).await?,
        description: definition.model.description.clone(),
        commit: definition.commit,
        source: definition.source,
        definition: definition.model,
        schedules,
        frozen: frozen.collect(),
        fires,
    }))
}

/// What changes about a job. What a job does changes with its file.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct ChangeJson {
    /// Whether schedules are kept from starting it.
    paused: Option<bool>,
    /// Whether everybody is kept from starting it.
    disabled: Option<bool>,
    /// Why.
    reason: Option<String>,
    /// Until when; for ever when absent.
    #[schema(value_type = Option<String>)]
    until: Option<Time>,
    /// What the actor hears of it: `default`, which is what its file has them told, `watching` or `muted`.
    hears: Option<Hears>,
}

/// Pauses or resumes a job, disables or enables it, watches or mutes it.
#[utoipa::path(patch, path = "/jobs/{name}", tag = "jobs", params(("name" = String, Path)), request_body = ChangeJson,
    responses((status = 200, body = JobJson), (status = "default", body = ProblemDocument)))]
async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Json(body): Json<ChangeJson>,
) -> Result<Json<JobJson>> {
    let mut tx = app.db.write(&actor).await?;
    let mut job = super::named(&mut tx, &name, Right::View).await?;
    match body.paused {
        Some(true) => job = super::pause(&mut tx, job.id, body.until, body.reason.as_deref()).await?,
        Some(false) => job = super::resume(&mut tx, job.id).await?,
        None => {}
    }
    match body.disabled {
        Some(true) => job = super::disable(&mut tx, job.id, body.reason.as_deref()).await?,
        Some(false) => job = super::enable(&mut tx, job.id).await?,
        None => {}
    }
    if let Some(hears) = body.hears {
        notices::set_hears(&mut tx, job.id, hears).await?;
    }
    let rights = super::rights(&mut tx, &job).await?;
    let answer = show(&mut tx, &app, job, rights).await?;
    tx.commit().await?;
    Ok(Json(answer))
}

/// A job file.
#[derive(Debug, Deserialize, ToSchema)]
struct LintJson {
    /// Its text.
    text: String,
}

/// What is to be said of a job file.
#[derive(Debug, Serialize, ToSchema)]
struct LintedJson {
    /// Whether nothing stands against using it.
    good: bool,
    /// The names of its jobs.
    jobs: Vec<String>,
    #[schema(value_type = Vec<Object>)]
    findings: Vec<Finding>,
}

/// Reads a job file without taking it in.
#[utoipa::path(post, path = "/jobs/lint", tag = "jobs", request_body = LintJson,
    responses((status = 200, body = LintedJson), (status = "default", body = ProblemDocument)))]
async fn lint(_asked_by: Auth, Json(body): Json<LintJson>) -> Result<Json<LintedJson>> {
    let parsed = file::parse(&body.text);
    let jobs = parsed.jobs.iter().map(|job| job.name.clone()).collect();
    Ok(Json(LintedJson { good: parsed.is_good(), jobs, findings: parsed.findings }))
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(lint)).routes(routes!(get, change))
}
