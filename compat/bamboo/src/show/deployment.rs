//! Deployment projects, environments and what deployments came to.

use super::words;
use crate::call::Call;
use crate::versions::Version;
use crate::world::World;
use base::id::RepositoryId;
use base::{Result, Right, Time};
use db::Tx;
use jobs::runs::{Run, State as RunState};
use releases::deployments::{Deployment, State};
use releases::environments::{self, Environment};
use serde_json::{Value, json};

fn ms(at: Time) -> i64 {
    at.timestamp().as_millisecond()
}

/// A repository with environments.
pub async fn project(call: &Call<'_>, tx: &mut Tx, world: &World, id: RepositoryId) -> Result<Value> {
    let mut places = Vec::new();
    for place in world.of(id) {
        places.push(environment(tx, world, place).await?);
    }
    let mut all_jobs = world.jobs.iter().filter(|(_, job, _)| job.repository == id).map(|(plan, _, _)| plan);
    let source = world.sources(id).next().map(|(plan, _)| plan).or_else(|| all_jobs.next());
    let name = world.catalogue.project(id).map_or_else(|| id.to_string(), |project| project.name.clone());
    let can_deploy = places.iter().any(|place| place["operations"]["canExecute"] == true);
    Ok(json!({
        "id": id.0,
        "key": {"key": id.0.to_string()},
        "name": name,
        "description": "",
        "planKey": source.map(|plan| json!({"key": plan.key()})),
        "environments": places,
        "repositorySpecsManaged": false,
        "operations": {
            "canView": true, "canEdit": false, "canDelete": false, "allowedToExecute": can_deploy, "canExecute": can_deploy,
            "allowedToCreateVersion": source.is_some(),
        },
        "link": {"href": call.link(&format!("rest/api/latest/deploy/project/{}", id.0)), "rel": "self"},
    }))
}

/// An environment.
pub async fn environment(tx: &mut Tx, world: &World, place: &Environment) -> Result<Value> {
    let allowed = environments::rights_in(tx, place).await?.contains(Right::Deploy);
    let has_job = world.deploying(place).next().is_some();
    let position = world.of(place.repository).iter().position(|other| other.id == place.id).unwrap_or(0);
    let why = if has_job { "" } else { "No job deploys here" };
    Ok(json!({
        "id": place.id.0,
        "key": {"key": format!("{}-{}", place.repository.0, place.id.0)},
        "name": place.name,
        "description": place.disabled_reason,
        "deploymentProjectId": place.repository.0,
        "position": position,
        "suspended": !place.enabled,
        "configurationState": "TASKED",
        "operations": {
            "canView": true, "canEdit": false, "canDelete": false, "allowedToExecute": allowed,
            "canExecute": allowed && has_job && place.enabled, "cantExecuteReason": why,
        },
    }))
}

/// Where a deployment is in its life, and what it came to, in the words of deployments.
fn life(cycle: &str, state: &str) -> (&'static str, &'static str) {
    let cycle = match cycle {
        "Pending" => "PENDING",
        "Queued" => "QUEUED",
        "InProgress" => "IN_PROGRESS",
        "NotBuilt" => "NOT_BUILT",
        _ => "FINISHED",
    };
    let state = match state {
        "Successful" => "SUCCESS",
        "Failed" => "FAILED",
        _ => "UNKNOWN",
    };
    (cycle, state)
}

/// What a deployment is, however it was made.
struct Facts<'a> {
    id: i64,
    place: &'a Environment,
    version: (i64, &'a str),
    commit: &'a str,
    life: (&'static str, &'static str),
    asked_at: Time,
    started_at: Option<Time>,
    ended_at: Option<Time>,
    reason: String,
}

fn record(call: &Call<'_>, facts: &Facts<'_>) -> Value {
    let place = facts.place;
    let mut all = json!({
        "id": facts.id,
        "key": {
            "key": format!("{}-{}-{}", place.repository.0, place.id.0, facts.id),
            "entityKey": {"key": format!("{}-{}", place.repository.0, place.id.0)},
            "resultNumber": facts.id,
        },
        "environmentId": place.id.0,
        "environmentName": place.name,
        "deploymentVersion": {"id": facts.version.0, "name": facts.version.1},
        "deploymentVersionName": facts.version.1,
        "vcsRevisionKey": facts.commit,
        "lifeCycleState": facts.life.0,
        "deploymentState": facts.life.1,
        "queuedDate": ms(facts.asked_at),
        "reasonSummary": facts.reason,
        "operations": {"canView": true, "canEdit": false, "canDelete": false},
        "link": {"href": call.link(&format!("rest/api/latest/deploy/result/{}", facts.id)), "rel": "self"},
    });
    if let Some(at) = facts.started_at {
        all["startedDate"] = ms(at).into();
        all["executedDate"] = ms(at).into();
    }
    if let Some(at) = facts.ended_at {
        all["finishedDate"] = ms(at).into();
    }
    all
}

/// A deployment that a run makes, or wanted to make.
pub fn of_run(
    call: &Call<'_>,
    world: &World,
    place: &Environment,
    run: &Run,
    version: &Version,
    is_open: bool,
) -> Value {
    let lived = words::of_run(run.state);
    let goes_on = run.state == RunState::Held || (is_open && run.state.is_over());
    let why = super::result::reason(run);
    let reason = match &run.sentence {
        Some(sentence) => format!("{why}: {}", words::html(sentence)),
        None => why,
    };
    let facts = Facts {
        id: run.id.0,
        place,
        version: (version.id, &version.name),
        commit: &run.commit,
        life: if goes_on { ("IN_PROGRESS", "UNKNOWN") } else { life(lived.cycle, lived.state) },
        asked_at: run.made_at,
        started_at: run.started_at,
        ended_at: run.ended_at,
        reason,
    };
    let mut all = record(call, &facts);
    if let Ok(plan) = world.catalogue.plan(run.job) {
        all["planResultKey"] = json!({"key": super::result::key(plan, run)});
    }
    all
}

/// A deployment that something else made. One that stopped reporting is not over: nobody knows.
pub fn of_deployment(call: &Call<'_>, place: &Environment, found: &Deployment) -> Value {
    let life = match found.state {
        State::Queued => ("QUEUED", "UNKNOWN"),
        State::Starting | State::Running | State::Aborting | State::Lost => ("IN_PROGRESS", "UNKNOWN"),
        State::Succeeded => ("FINISHED", "SUCCESS"),
        State::Failed | State::TimedOut => ("FINISHED", "FAILED"),
        State::Aborted | State::Superseded => ("NOT_BUILT", "UNKNOWN"),
    };
    let by = words::html(&found.requested_by_name);
    let reason = match &found.reason {
        Some(reason) => format!("Manual run by {by}: {}", words::html(reason)),
        None => format!("Manual run by {by}"),
    };
    record(
        call,
        &Facts {
            id: found.id.0,
            place,
            version: (found.id.0, found.short_commit()),
            commit: &found.commit,
            life,
            asked_at: found.requested_at,
            started_at: found.started_at,
            ended_at: found.ended_at,
            reason,
        },
    )
}
