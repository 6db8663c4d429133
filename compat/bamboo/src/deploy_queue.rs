//! The queue of deployments. What a client starts is a run of the job that deploys to the environment: it asks the gate like any other.

use crate::call::{Answer, Call};
use crate::deployments::{made, place};
use crate::routes::{Route, route};
use crate::wire::page::collection;
use crate::world::{Made, World};
use crate::{queue, versions};
use base::id::RunId;
use base::{Error, Result, Right};
use jobs::jobs::Job;
use jobs::runs::{self, Run, State};
use releases::deployments;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The endpoints of this resource.
pub const ROUTES: &[Route] = &[
    route!(GET "/rest/api/latest/queue/deployment" => queued),
    route!(POST "/rest/api/latest/queue/deployment" => start),
    route!(DELETE "/rest/api/latest/queue/deployment/{result}" => stop),
];

async fn queued(call: &Call<'_>) -> Result<Answer> {
    let page = call.page();
    let mut tx = call.read().await?;
    let world = World::load(call, &mut tx).await?;
    let filter =
        runs::Filter { states: vec![State::Waiting, State::Queued], limit: 1_000, ..runs::Filter::default() };
    let all: Vec<Run> = runs::list(&mut tx, &filter)
        .await?
        .into_iter()
        .filter(|run| world.place(run.job).is_some())
        .collect();
    let size = all.len();
    let items = page
        .cut(all)
        .into_iter()
        .map(|run| json!({"deploymentResultId": run.id.0, "link": result_link(call, run.id)}));
    let items: Vec<Value> = items.collect();
    Ok(Answer::ok(
        json!({"expand": "queuedDeployments", "queuedDeployments": collection("queuedDeployment", size, page, items)}),
    ))
}

fn result_link(call: &Call<'_>, run: RunId) -> Value {
    json!({"href": call.link(&format!("rest/api/latest/deploy/result/{run}")), "rel": "self"})
}

/// Deploys a version: a run of the job that deploys to the environment, of the version's commit.
async fn start(call: &Call<'_>) -> Result<Answer> {
    let wanted = |key: &'static str| {
        let given = call.query.get(key).map(str::to_owned).or_else(|| match &call.body[key] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        given.ok_or_else(|| Error::invalid("bamboo.deployment", format!("Say which: {key} is missing")))
    };
    let (version, environment) = (wanted("versionId")?, wanted("environmentId")?);
    let mut tx = call.read().await?;
    let world = World::load(call, &mut tx).await?;
    let place = place(call, &world, &environment)?;
    let version = versions::find(&mut tx, &version).await?;
    if version.repository != place.repository {
        let message =
            format!("{} gets its commits from another repository than {}", place.name, version.name);
        return Err(Error::invalid("bamboo.deployment", message));
    }
    let deploying: Vec<&Job> = world.deploying(place).map(|(_, job)| job).collect();
    // Of several the one that can; where none can, the first says why not.
    let able = deploying.iter().find(|job| job.refusal().is_none());
    let job = able.or(deploying.first()).copied();
    let job = job.ok_or_else(|| {
        let message = format!(
            "No job deploys to {0}: write `deploy: {0}` into one of its repository, or use the command signalbox deploy",
            place.name
        );
        Error::invalid("bamboo.deployment", message)
    })?;
    drop(tx);
    let run = queue::begin(call, job, Some(&version.commit), BTreeMap::new()).await?;
    if version.is_named {
        let mut tx = call.write().await?;
        runs::remarks::label(&mut tx, run.id, &versions::label(&version.name)).await?;
        tx.commit().await?;
    }
    Ok(Answer::ok(json!({"deploymentResultId": run.id.0, "link": result_link(call, run.id)})))
}

/// Stops a deployment that a run makes; one that is over stays as it is.
async fn stop(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let world = World::load(call, &mut tx).await?;
    let (_, made) = made(call, &mut tx, &world, Right::View).await?;
    drop(tx);
    let mut tx = call.write().await?;
    match made {
        Made::Run(run) if run.state.is_over() || run.state == State::Cancelling => {}
        Made::Run(run) => runs::cancel(&mut tx, run.id, None).await.map(drop)?,
        Made::Alone(deployment) if deployment.state.is_over() => {}
        Made::Alone(deployment) => deployments::abort(&mut tx, deployment.id, None).await.map(drop)?,
    }
    tx.commit().await?;
    Ok(Answer::done())
}
