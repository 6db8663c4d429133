//! Deployments. A repository with environments is a deployment project; its results are the runs of the jobs that deploy there, and
//! the deployments that anything else made. What a client starts is a run of such a job: it asks the gate like any other.

use crate::call::{Answer, Call};
use crate::catalogue::{Catalogue, Plan, no_plan};
use crate::files::{Lines, tries};
use crate::projects::visible;
use crate::queue;
use crate::routes::{Route, route};
use crate::show::deployment as show;
use crate::show::log::Entry;
use crate::show::result::Detail;
use crate::versions;
use crate::wire::page::collection;
use base::id::{DeploymentId, EnvironmentId, RepositoryId, RunId};
use base::{Error, Result, Right, Time};
use db::Tx;
use jobs::jobs::Job;
use jobs::runs::{self, Run, State};
use releases::deployments::{self, Deployment};
use releases::environments::{self, Environment};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub const ROUTES: &[Route] = &[
    route!(GET "/rest/api/latest/deploy/project/all" => projects),
    route!(GET "/rest/api/latest/deploy/project/forPlan" => for_plan),
    route!(GET "/rest/api/latest/deploy/project/{project}" => project),
    route!(GET "/rest/api/latest/deploy/environment/{environment}" => environment),
    route!(GET "/rest/api/latest/deploy/environment/{environment}/results" => results),
    route!(GET "/rest/api/latest/deploy/result/{result}" => result),
    route!(GET "/rest/api/latest/deploy/dashboard" => dashboard),
    route!(GET "/rest/api/latest/deploy/dashboard/{project}" => dashboard),
    route!(GET "/rest/api/latest/queue/deployment" => queued),
    route!(POST "/rest/api/latest/queue/deployment" => start),
    route!(DELETE "/rest/api/latest/queue/deployment/{result}" => stop),
];

/// Lines of a log that are told with a result.
const LOG_LINES: usize = 10_000;

/// Everything that deploys, as far as the caller sees it.
pub struct World {
    /// The keys.
    pub catalogue: Catalogue,
    /// The environments, in the order that a commit travels.
    pub environments: Vec<Environment>,
    /// The jobs, each with the environment that it deploys to.
    pub jobs: Vec<(Plan, Job, Option<String>)>,
}

impl World {
    /// Reads it.
    pub async fn load(call: &Call<'_>, tx: &mut Tx) -> Result<Self> {
        let catalogue = Catalogue::load(call.app).await?;
        let environments = environments::list(tx).await?;
        let mut all = Vec::new();
        for (plan, job) in visible(tx, &catalogue).await? {
            let is_near = environments.iter().any(|environment| environment.repository == job.repository);
            let deploys = match is_near {
                true => jobs::jobs::definition(tx, job.definition).await?.model.deploy,
                false => None,
            };
            all.push((plan, job, deploys));
        }
        all.sort_by_key(|(_, job, _)| job.id);
        Ok(Self { catalogue, environments, jobs: all })
    }

    /// The jobs of a repository that deploy nowhere: those that make what is deployed.
    pub fn sources(&self, repository: RepositoryId) -> impl Iterator<Item = (&Plan, &Job)> {
        let own = self
            .jobs
            .iter()
            .filter(move |(_, job, deploys)| job.repository == repository && deploys.is_none());
        own.map(|(plan, job, _)| (plan, job))
    }

    /// The jobs that deploy to an environment.
    pub fn deploying<'a>(
        &'a self,
        environment: &'a Environment,
    ) -> impl Iterator<Item = (&'a Plan, &'a Job)> {
        let own = self.jobs.iter().filter(|(_, job, deploys)| {
            job.repository == environment.repository
                && deploys.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&environment.name))
        });
        own.map(|(plan, job, _)| (plan, job))
    }

    /// The environments of a repository.
    pub fn of(&self, repository: RepositoryId) -> Vec<&Environment> {
        self.environments.iter().filter(|environment| environment.repository == repository).collect()
    }

    /// The repositories that have environments.
    fn repositories(&self) -> BTreeSet<RepositoryId> {
        self.environments.iter().map(|environment| environment.repository).collect()
    }

    /// The environment that a run of one of these jobs deploys to.
    fn place(&self, job: base::id::JobId) -> Option<&Environment> {
        let (_, job, deploys) = self.jobs.iter().find(|(_, own, _)| own.id == job)?;
        let name = deploys.as_ref()?;
        let mut own = self.environments.iter().filter(|environment| environment.repository == job.repository);
        own.find(|environment| environment.name.eq_ignore_ascii_case(name))
    }
}

/// A deployment, however it was made.
pub enum Made {
    /// By a run, which may still wait for the gate or have been turned away by it.
    Run(Box<Run>),
    /// By anything else.
    Alone(Box<Deployment>),
}

impl Made {
    /// When it was asked for.
    fn asked_at(&self) -> Time {
        match self {
            Self::Run(run) => run.made_at,
            Self::Alone(deployment) => deployment.requested_at,
        }
    }
}

/// The deployments of an environment, newest first: at most so many of them.
async fn of_environment(tx: &mut Tx, world: &World, place: &Environment, most: usize) -> Result<Vec<Made>> {
    let mut all = Vec::new();
    let mut known = BTreeSet::new();
    for (_, job) in world.deploying(place) {
        for run in runs::page(tx, job.id, &[], 0, most).await? {
            known.extend(run.deployment);
            all.push(Made::Run(Box::new(run)));
        }
    }
    let filter =
        deployments::Filter { environment: Some(place.id), limit: most, ..deployments::Filter::default() };
    let others = deployments::list(tx, &filter).await?;
    all.extend(
        others
            .into_iter()
            .filter(|found| !known.contains(&found.id))
            .map(|found| Made::Alone(Box::new(found))),
    );
    all.sort_by_key(|made| std::cmp::Reverse(made.asked_at()));
    Ok(all)
}

/// Whether the deployment of a run is not over, though the run may be: it ends a moment later, and what nobody heard of any more is
/// over when a person says so.
async fn is_open(tx: &mut Tx, run: &Run) -> Result<bool> {
    let Some(id) = run.deployment else { return Ok(false) };
    match deployments::get(tx, id).await {
        Ok(found) => Ok(!found.state.is_over()),
        Err(error) if error.is_missing() => Ok(false),
        Err(error) => Err(error),
    }
}

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
fn place<'a>(call: &Call<'_>, world: &'a World, text: &str) -> Result<&'a Environment> {
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
async fn made(call: &Call<'_>, tx: &mut Tx, world: &World, right: Right) -> Result<(Environment, Made)> {
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
        if part.bytes.is_empty() {
            break;
        }
        at += part.bytes.len() as i64;
        entries.extend(reader.take(&part.bytes));
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
    let job = world.deploying(place).map(|(_, job)| job).find(|job| job.refusal().is_none());
    let job = job.ok_or_else(|| {
        let message = format!(
            "No job deploys to {0}: write `deploy: {0}` into one of its repository, or use the command signalbox deploy",
            place.name
        );
        Error::invalid("bamboo.deployment", message)
    })?;
    if job.is_paused(tx.now()) {
        return Err(Error::invalid(
            "bamboo.disabled",
            format!("{} is disabled: nothing starts it until somebody enables it", job.title),
        ));
    }
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
