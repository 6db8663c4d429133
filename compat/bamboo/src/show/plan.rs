//! Plans.

use crate::call::Call;
use crate::catalogue::{Plan, Project};
use base::{Result, Right};
use db::Tx;
use jobs::jobs::Job;
use jobs::runs::{self, Filter, State};
use serde_json::{Value, json};

/// States in which a run goes on.
pub const LIVE: [State; 5] = [State::Waiting, State::Queued, State::Running, State::Held, State::Cancelling];

/// Runs that the average length is made of.
const AVERAGED: usize = 10;

/// A repository.
pub fn project(call: &Call<'_>, project: &Project, description: &str) -> Value {
    json!({
        "key": project.key,
        "name": project.name,
        "description": description,
        "link": {"href": call.link(&format!("rest/api/latest/project/{}", project.key)), "rel": "self"},
    })
}

/// Whether anything starts it: its file, or somebody who switched it off, may stand against it.
pub fn is_enabled(job: &Job) -> bool {
    job.refusal().is_none()
}

/// A plan in brief.
pub fn brief(call: &Call<'_>, plan: &Plan, job: &Job) -> Value {
    let key = plan.key();
    json!({
        "key": key,
        "planKey": {"key": key},
        "name": format!("{} - {}", plan.project_name, job.title),
        "shortName": job.title,
        "shortKey": plan.short_key,
        "buildName": job.title,
        "projectKey": plan.project,
        "projectName": plan.project_name,
        "type": "chain",
        "enabled": is_enabled(job),
        "link": {"href": call.link(&format!("rest/api/latest/plan/{key}")), "rel": "self"},
    })
}

/// How long its runs take when they pass, in milliseconds.
pub async fn average_ms(tx: &mut Tx, job: &Job) -> Result<u128> {
    let filter =
        Filter { job: Some(job.id), states: vec![State::Succeeded], limit: AVERAGED, ..Filter::default() };
    let took = |run: &runs::Run| Some(run.ended_at?.since(run.started_at?).as_millis());
    let all: Vec<u128> = runs::list(tx, &filter).await?.iter().filter_map(took).collect();
    Ok(if all.is_empty() { 0 } else { all.iter().sum::<u128>() / all.len() as u128 })
}

/// A plan as lists show it.
pub async fn listed(call: &Call<'_>, tx: &mut Tx, plan: &Plan, job: &Job) -> Result<Value> {
    let mut all = brief(call, plan, job);
    let filter = Filter { job: Some(job.id), states: LIVE.to_vec(), limit: 100, ..Filter::default() };
    let live = runs::list(tx, &filter).await?;
    let definition = jobs::jobs::definition(tx, job.definition).await?.model;
    all["isActive"] = (!live.is_empty()).into();
    all["isBuilding"] = live.iter().any(|run| matches!(run.state, State::Running | State::Cancelling)).into();
    all["isFavourite"] = false.into();
    all["description"] = definition.description.into();
    all["averageBuildTimeInSeconds"] =
        Value::from(u64::try_from(average_ms(tx, job).await? / 1_000).unwrap_or(0));
    all["expand"] = "actions,stages,branches,variableContext".into();
    all["actions"] = crate::wire::page::folded(actions(tx, job).await?.len());
    all["stages"] = crate::wire::page::folded(definition.stages.len());
    Ok(all)
}

/// What the caller may do with it.
pub async fn actions(tx: &mut Tx, job: &Job) -> Result<Vec<&'static str>> {
    let held = jobs::jobs::rights(tx, job).await?;
    let all =
        [(Right::Run, "build"), (Right::Schedule, "enable"), (Right::Edit, "edit"), (Right::Admin, "admin")];
    Ok(all.into_iter().filter(|(right, _)| held.contains(*right)).map(|(_, word)| word).collect())
}
