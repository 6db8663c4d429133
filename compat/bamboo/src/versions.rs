//! Versions of deployment projects: what somebody named of what was built. A version is a run, and its name a label of that run.

use crate::call::{Answer, Call};
use crate::catalogue::{no_plan, no_result, run_of, seen};
use crate::deployments::repository;
use crate::routes::{Route, route};
use crate::show::result;
use crate::world::World;
use base::id::{DeploymentId, RepositoryId, RunId};
use base::{Error, Result, Right, Time};
use db::Tx;
use jobs::runs::{self, Run, State, remarks};
use serde_json::{Value, json};

/// The endpoints of this resource.
pub const ROUTES: &[Route] = &[
    route!(GET "/rest/api/latest/deploy/project/{project}/versions" => list),
    route!(POST "/rest/api/latest/deploy/project/{project}/version" => make),
    route!(GET "/rest/api/latest/deploy/version/{version}" => get),
    route!(DELETE "/rest/api/latest/deploy/version/{version}" => remove),
];

/// What the label begins with that names a version.
pub const LABEL: &str = "version:";

/// Runs of each job that versions are looked for among.
const RUNS: usize = 500;

/// The label of a version with this name.
pub fn label(name: &str) -> String {
    format!("{LABEL}{name}")
}

/// A version.
#[derive(Clone, Debug)]
pub struct Version {
    /// The id of its run.
    pub id: i64,
    /// Its name, or its commit when it has none.
    pub name: String,
    /// Whether somebody named it.
    pub is_named: bool,
    /// The repository.
    pub repository: RepositoryId,
    /// The commit.
    pub commit: String,
    made_at: Time,
    made_by: String,
    run: Option<Box<Run>>,
}

async fn name_of(tx: &mut Tx, run: &Run) -> Result<Option<String>> {
    let all = remarks::labels(tx, run.id).await?;
    Ok(all.iter().find_map(|label| label.strip_prefix(LABEL)).map(str::to_owned))
}

fn of_run(run: &Run, name: Option<String>) -> Version {
    Version {
        id: run.id.0,
        is_named: name.is_some(),
        name: name.unwrap_or_else(|| run.short_commit().to_owned()),
        repository: run.repository,
        commit: run.commit.clone(),
        made_at: run.made_at,
        made_by: run.asked_by_name.clone(),
        run: Some(Box::new(run.clone())),
    }
}

/// The version that a run deploys: the one that it was started for, otherwise what it checked out.
pub async fn of_deployed(tx: &mut Tx, world: &World, run: &Run) -> Result<Version> {
    let own = name_of(tx, run).await?;
    let Some(name) = &own else { return Ok(of_run(run, None)) };
    for (_, job) in world.sources(run.repository) {
        let found = remarks::labelled(tx, job.id, &[label(name)]).await?;
        if let Some(made) = found.into_iter().find(|made| made.commit == run.commit) {
            return Ok(of_run(&made, own));
        }
    }
    Ok(of_run(run, own))
}

/// The version with an id: a run, or a deployment for its commit.
pub async fn find(tx: &mut Tx, id: &str) -> Result<Version> {
    let missing = || Error::missing("bamboo.version", format!("There is no version {id:.100}"));
    let id: i64 = id.parse().map_err(|_| missing())?;
    match runs::require(tx, RunId(id), Right::View).await {
        Ok((run, _)) => {
            let name = name_of(tx, &run).await?;
            Ok(of_run(&run, name))
        }
        Err(error) if error.is_missing() => {
            let found = seen(releases::deployments::get(tx, DeploymentId(id)).await, missing)?;
            Ok(Version {
                id,
                name: found.short_commit().to_owned(),
                is_named: false,
                repository: found.repository,
                commit: found.commit,
                made_at: found.requested_at,
                made_by: found.requested_by_name,
                run: None,
            })
        }
        Err(error) => Err(error),
    }
}

async fn show(call: &Call<'_>, tx: &mut Tx, world: &World, version: &Version) -> Result<Value> {
    let mut items = Vec::new();
    let mut key = Value::Null;
    if let Some(run) = &version.run
        && let Ok(plan) = world.catalogue.plan(run.job)
    {
        let run_key = result::key(plan, run);
        key = json!({"key": run_key, "entityKey": {"key": plan.key()}, "resultNumber": run.number});
        let rights = runs::require(tx, run.id, Right::Log).await;
        if rights.is_ok() {
            for artifact in jobs::attempts::artifacts_of(tx, run.id).await? {
                items.push(json!({
                    "id": artifact.id.0, "name": artifact.name, "planResultKey": key, "type": "BAM_ARTIFACT",
                    "label": artifact.name, "location": "", "copyPattern": artifact.path, "size": artifact.size,
                }));
            }
        }
    }
    Ok(json!({
        "id": version.id,
        "name": version.name,
        "creationDate": version.made_at.timestamp().as_millisecond(),
        "creatorUserName": version.made_by,
        "creatorDisplayName": version.made_by,
        "vcsRevisionKey": version.commit,
        "planResultKey": key,
        "items": items,
        "operations": {"canView": true, "canEdit": false, "canDelete": version.is_named, "allowedToExecute": true, "canExecute": true},
        "link": {"href": call.link(&format!("rest/api/latest/deploy/version/{}", version.id)), "rel": "self"},
    }))
}

/// The versions of a project. As long as nobody named any, everything that was built well is offered.
async fn list(call: &Call<'_>) -> Result<Answer> {
    let page = call.page();
    let mut tx = call.read().await?;
    let world = World::load(call, &mut tx).await?;
    let id = repository(call, &world)?;
    let (mut named, mut built) = (Vec::new(), Vec::new());
    for (_, job) in world.sources(id) {
        for run in runs::page(&mut tx, job.id, &[], 0, RUNS).await? {
            match name_of(&mut tx, &run).await? {
                Some(name) => named.push(of_run(&run, Some(name))),
                None if run.state == State::Succeeded => built.push(of_run(&run, None)),
                None => {}
            }
        }
    }
    let mut all = if named.is_empty() { built } else { named };
    all.sort_by_key(|version| std::cmp::Reverse(version.id));
    let size = all.len();
    let mut items = Vec::new();
    for version in page.cut(all) {
        items.push(show(call, &mut tx, &world, &version).await?);
    }
    Ok(Answer::ok(
        json!({"size": size, "start-index": page.start, "max-result": page.max, "versions": items}),
    ))
}

/// Names a build of one of the project's plans, so that it can be deployed.
async fn make(call: &Call<'_>) -> Result<Answer> {
    let text = call.text("planResultKey").or_else(|| call.body["planResultKey"]["key"].as_str());
    let text = text.ok_or_else(|| {
        Error::invalid("bamboo.version", "Say which build the version is of: planResultKey is missing")
    })?;
    let (_, meant) = call.meant(text).await?;
    let mut tx = call.write().await?;
    let world = World::load(call, &mut tx).await?;
    let project = repository(call, &world)?;
    let job = seen(jobs::jobs::require(&mut tx, meant.plan.id, Right::Run).await, || no_plan(text))?;
    if job.repository != project {
        return Err(Error::invalid(
            "bamboo.version",
            format!("{text:.200} is of another repository than this deployment project"),
        ));
    }
    let number = meant.number.ok_or_else(|| no_result(text))?;
    let run = run_of(&mut tx, &job, number, Right::Run, text).await?;
    let name = call.text("name").map_or_else(|| format!("release-{}", run.number), str::to_owned);
    match name_of(&mut tx, &run).await? {
        Some(there) if there == name => {}
        Some(there) => remarks::unlabel(&mut tx, run.id, &label(&there)).await?,
        None => {}
    }
    for taken in remarks::labelled(&mut tx, job.id, &[label(&name)]).await? {
        if taken.id != run.id {
            let message = format!("{name:.100} is the version of {}", result::key(&meant.plan, &taken));
            return Err(Error::invalid("bamboo.version", message));
        }
    }
    remarks::label(&mut tx, run.id, &label(&name)).await?;
    let answer = show(call, &mut tx, &world, &of_run(&run, Some(name))).await?;
    tx.commit().await?;
    Ok(Answer::ok(answer))
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let world = World::load(call, &mut tx).await?;
    let version = find(&mut tx, call.param("version")).await?;
    show(call, &mut tx, &world, &version).await.map(Answer::ok)
}

/// Takes the name off a build; the build stays.
async fn remove(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    let version = find(&mut tx, call.param("version")).await?;
    if !version.is_named {
        return Err(Error::missing("bamboo.version", format!("There is no version {}", version.id)));
    }
    remarks::unlabel(&mut tx, RunId(version.id), &label(&version.name)).await?;
    tx.commit().await?;
    Ok(Answer::done())
}
