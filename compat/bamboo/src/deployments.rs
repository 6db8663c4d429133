//! Deployments. A repository with environments is a deployment project; its results are the runs of the jobs that deploy there, and
//! the deployments that anything else made. What a client starts is a run of such a job: it asks the gate like any other.

use crate::call::{Answer, Call};
use crate::catalogue::no_plan;
use crate::files::{Lines, tries};
use crate::routes::{Route, route};
use crate::show::deployment as show;
use crate::show::log::Entry;
use crate::show::result::Detail;
use crate::versions;
use crate::wire::page::collection;
use crate::world::{Made, World, is_open, of_environment};
use base::id::{DeploymentId, EnvironmentId, RepositoryId, RunId};
use base::{Error, Result, Right};
use db::Tx;
use jobs::runs;
use releases::deployments::{self, Deployment};
use releases::environments::Environment;
use serde_json::{Value, json};

/// The endpoints of this resource.
pub const ROUTES: &[Route] = &[
    route!(GET "/rest/api/latest/deploy/project/all" => projects),
    route!(GET "/rest/api/latest/deploy/project/forPlan" => for_plan),
    route!(GET "/rest/api/latest/deploy/project/{project}" => project),
    route!(GET "/rest/api/latest/deploy/environment/{environment}" => environment),
    route!(GET "/rest/api/latest/deploy/environment/{environment}/results" => results),
    route!(GET "/rest/api/latest/deploy/result/{result}" => result),
    route!(GET "/rest/api/latest/deploy/dashboard" => dashboard),
    route!(GET "/rest/api/latest/deploy/dashboard/{project}" => dashboard),
];

/// Lines of a log that are told with a result.
const LOG_LINES: usize = 10_000;

async fn shown(
    call: &Call<'_>,
    tx: &mut Tx,
    world: &World,
    place: &Environment,
    made: &Made,
) -> Result<Value> {
    Ok(match made {
        Made::Run(run) => {
            let version = versions::of_deployed(tx, world, run).await?;
            show::of_run(call, world, place, run, &version, is_open(tx, run).await?)
        }
        Made::Alone(deployment) => show::of_deployment(call, place, deployment),
    })
}

fn missing_project(id: &str) -> Error {
    Error::missing("bamboo.deployment_project", format!("There is no deployment project {id:.100}"))
}

/// The repository that the path names: a deployment project has its id; its name and its key are understood, too.
pub fn repository(call: &Call<'_>, world: &World) -> Result<RepositoryId> {
    let text = call.param("project");
    let by_id = text.parse::<i64>().ok().map(RepositoryId);
    let found = by_id.or_else(|| world.catalogue.project_of(text).map(|project| project.id));
    found.filter(|id| world.repositories().contains(id)).ok_or_else(|| missing_project(text))
}

async fn all_of(
    call: &Call<'_>,
    tx: &mut Tx,
    world: &World,
    only: impl Fn(RepositoryId) -> bool,
) -> Result<Value> {
    let mut all = Vec::new();
    for id in world.repositories().into_iter().filter(|id| only(*id)) {
        all.push(show::project(call, tx, world, id).await?);
    }
    Ok(Value::Array(all))
}

async fn projects(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let world = World::load(call, &mut tx).await?;
    all_of(call, &mut tx, &world, |_| true).await.map(Answer::ok)
}

async fn for_plan(call: &Call<'_>) -> Result<Answer> {
    let text = call.query.get("planKey").unwrap_or("");
    let mut tx = call.read().await?;
    let world = World::load(call, &mut tx).await?;
    let plan = world.catalogue.plan_of(text).map(|plan| plan.id);
    let job = world.jobs.iter().find(|(_, job, _)| Some(job.id) == plan).ok_or_else(|| no_plan(text))?;
    all_of(call, &mut tx, &world, |id| id == job.1.repository).await.map(Answer::ok)
}

async fn project(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let world = World::load(call, &mut tx).await?;
    let id = repository(call, &world)?;
    show::project(call, &mut tx, &world, id).await.map(Answer::ok)
}

/// The environment that the path names, by id or by name.
pub fn place<'a>(call: &Call<'_>, world: &'a World, text: &str) -> Result<&'a Environment> {
    let id = text.parse::<i64>().ok().map(EnvironmentId);
    let found = world.environments.iter().find(|place| Some(place.id) == id);
    let found =
        found.or_else(|| world.environments.iter().find(|place| place.name.eq_ignore_ascii_case(text)));
    found.ok_or_else(|| {
        let path = &call.path;
        tracing::debug!(path, "an environment was asked for that is not there");
        Error::missing("bamboo.environment", format!("There is no environment {text:.100}"))
    })
}

async fn environment(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let world = World::load(call, &mut tx).await?;
    let found = place(call, &world, call.param("environment"))?;
    show::environment(&mut tx, &world, found).await.map(Answer::ok)
}

async fn results(call: &Call<'_>) -> Result<Answer> {
    let page = call.page();
    let mut tx = call.read().await?;
    let world = World::load(call, &mut tx).await?;
    let found = place(call, &world, call.param("environment"))?;
    // One more than is shown says whether there is a next page; what lies further back is counted when somebody gets there.
    let all =
        of_environment(&mut tx, &world, found, page.start.saturating_add(page.max).saturating_add(1)).await?;
    let size = all.len();
    let mut items = Vec::new();
    for made in page.cut(all) {
        items.push(shown(call, &mut tx, &world, found, &made).await?);
    }
    Ok(Answer::ok(collection("results", size, page, items)))
}

/// The deployment that an id means: a run's, or its own.
pub async fn made(call: &Call<'_>, tx: &mut Tx, world: &World, right: Right) -> Result<(Environment, Made)> {
    let id = call.id("result")?;
    let missing = || Error::missing("bamboo.deployment", format!("There is no deployment result {id}"));
    match runs::require(tx, RunId(id), right).await {
        Ok((run, job)) => {
            let place = world.place(job.id).ok_or_else(missing)?;
            return Ok((place.clone(), Made::Run(Box::new(run))));
        }
        Err(error) if error.is_missing() => {}
        Err(error) => return Err(error),
    }
    let found = crate::catalogue::seen(deployments::get(tx, DeploymentId(id)).await, missing)?;
    let place = world.environments.iter().find(|place| place.id == found.environment).ok_or_else(missing)?;
    // The run that it belongs to is the better answer: it has the log.
    for (_, job) in world.deploying(place) {
        let runs = runs::page(tx, job.id, &[], 0, 100).await?;
        if let Some(run) = runs.into_iter().find(|run| run.deployment == Some(found.id)) {
            return Ok((place.clone(), Made::Run(Box::new(run))));
        }
    }
    Ok((place.clone(), Made::Alone(Box::new(found))))
}

async fn result(call: &Call<'_>) -> Result<Answer> {
    let wants_log = call.query.flag("includeLogs") == Some(true) || call.expand().has("logEntries");
    let mut tx = call.read().await?;
    let world = World::load(call, &mut tx).await?;
    let (place, made) = made(call, &mut tx, &world, Right::View).await?;
    let mut all = shown(call, &mut tx, &world, &place, &made).await?;
    if !wants_log {
        return Ok(Answer::ok(all));
    }
    let entries = match &made {
        Made::Run(run) => {
            let (run, job) = runs::require(&mut tx, run.id, Right::Log).await?;
            let detail = Detail::load(&mut tx, &job, &run).await?;
            drop(tx);
            let mut lines = Lines::new(call.app, tries(&detail, None));
            let mut entries = Vec::new();
            while let Some(more) = lines.more().await? {
                entries.extend(more);
                if entries.len() > LOG_LINES {
                    entries.drain(..entries.len() - LOG_LINES);
                }
            }
            entries
        }
        Made::Alone(deployment) => {
            drop(tx);
            printed(call, deployment).await?
        }
    };
    let page = call.page();
    let start = entries.len().saturating_sub(page.max);
    let items: Vec<Value> = entries[start..].iter().map(Entry::record).collect();
    all["logEntries"] =
        json!({"size": entries.len(), "start-index": start, "max-result": page.max, "logEntry": items});
    Ok(Answer::ok(all))
}

/// The output of a deployment that no run made.
async fn printed(call: &Call<'_>, deployment: &Deployment) -> Result<Vec<Entry>> {
    let mut reader = crate::show::log::Reader::new(deployment.started_at.unwrap_or(deployment.requested_at));
    let (mut entries, mut at) = (Vec::new(), 0);
    while entries.len() < LOG_LINES {
        let part = deployments::log::read(&call.app.db, &call.app.blobs, deployment, at, 1_048_576).await?;
        if part.is_empty() {
            break;
        }
        at += part.len() as i64;
        entries.extend(reader.take(&part));
    }
    entries.extend(reader.end());
    Ok(entries)
}

async fn dashboard(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let world = World::load(call, &mut tx).await?;
    let only = match call.param("project") {
        "" => None,
        _ => Some(repository(call, &world)?),
    };
    let mut all = Vec::new();
    for id in world.repositories().into_iter().filter(|id| only.is_none_or(|only| only == *id)) {
        let mut statuses = Vec::new();
        for place in world.of(id) {
            let newest = of_environment(&mut tx, &world, place, 1).await?.into_iter().next();
            let mut status = json!({"environment": show::environment(&mut tx, &world, place).await?});
            if let Some(made) = newest {
                status["deploymentResult"] = shown(call, &mut tx, &world, place, &made).await?;
            }
            statuses.push(status);
        }
        let project = show::project(call, &mut tx, &world, id).await?;
        all.push(json!({"deploymentProject": project, "environmentStatuses": statuses}));
    }
    Ok(Answer::ok(Value::Array(all)))
}
