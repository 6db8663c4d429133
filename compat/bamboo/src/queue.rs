//! The queue: starting, continuing and stopping builds.

use crate::call::{Answer, Call};
use crate::catalogue::{Catalogue, Plan, no_plan, run_of, seen};
use crate::keys::Number;
use crate::routes::{Route, route};
use crate::show::result;
use crate::wire::page::collection;
use base::{Error, Kind, Result, Right};
use db::Tx;
use jobs::file;
use jobs::jobs::Job;
use jobs::runs::{self, Filter, Run, State, Through};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The endpoints of this resource.
pub const ROUTES: &[Route] = &[
    route!(GET "/rest/api/latest/queue" => list),
    route!(POST "/rest/api/latest/queue/{key}" => start),
    route!(PUT "/rest/api/latest/queue/{key}" => resume),
    route!(DELETE "/rest/api/latest/queue/{key}" => stop),
    route!(POST "/rest/triggers/latest/remote/changeDetection" => look),
    route!(POST "/build/admin/stopPlan.action" => stop_plan),
];

/// What the names of variables begin with.
const VARIABLE: &str = "bamboo.variable.";

/// A build that was asked for.
fn queued(call: &Call<'_>, plan: &Plan, run: &Run) -> Value {
    let key = result::key(plan, run);
    json!({
        "planKey": plan.key(),
        "buildNumber": run.number,
        "buildResultKey": key,
        "triggerReason": if run.asked_by.is_some() { "Manual build" } else { "Scheduled" },
        "link": {"href": call.link(&format!("rest/api/latest/result/{key}")), "rel": "self"},
    })
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let catalogue = Catalogue::load(call.app).await?;
    let page = call.page();
    let mut tx = call.read().await?;
    let filter = Filter { states: vec![State::Waiting, State::Queued], limit: 1_000, ..Filter::default() };
    let mut all = runs::list(&mut tx, &filter).await?;
    all.reverse();
    let size = all.len();
    let mut items = Vec::new();
    for run in page.cut(all) {
        items.push(queued(call, catalogue.plan(run.job)?, &run));
    }
    Ok(Answer::ok(json!({
        "expand": "queuedBuilds",
        "link": {"href": call.link("rest/api/latest/queue"), "rel": "self"},
        "queuedBuilds": collection("queuedBuild", size, page, items),
    })))
}

/// What the run is handed. A variable means the parameter that is spelt like it; scripts write `cluster.name` for `cluster_name`.
fn params(call: &Call<'_>, model: &file::Job) -> BTreeMap<String, String> {
    let spelt = |name: &str| {
        name.chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
            .collect::<String>()
    };
    let given =
        call.query.pairs().iter().filter_map(|(name, value)| Some((name.strip_prefix(VARIABLE)?, value)));
    let named = |(name, value): (&str, &String)| {
        let known = model.params.iter().find(|param| param.name == name || param.name == spelt(name));
        (known.map_or(name, |param| &param.name).to_owned(), value.clone())
    };
    given.map(named).collect()
}

/// How far the build goes without waiting for a person: through the stage that is named, to its end, or to the first manual stage.
fn through(call: &Call<'_>) -> Option<Through> {
    if call.query.flag("executeAllStages") == Some(true) {
        return Some(Through::All);
    }
    call.text("stage").map(|name| Through::Stage(name.to_owned()))
}

async fn start(call: &Call<'_>) -> Result<Answer> {
    let key = call.param("key");
    let (_, meant) = call.meant(key).await?;
    if meant.part.is_some() || meant.number.is_some() {
        return Err(no_plan(key));
    }
    let mut tx = call.read().await?;
    let job = seen(jobs::jobs::require(&mut tx, meant.plan.id, Right::Run).await, || no_plan(key))?;
    let model = jobs::jobs::definition(&mut tx, job.definition).await?.model;
    drop(tx);
    let branch = meant.branch.as_ref().map(|branch| branch.name.as_str());
    let revision = call.text("customRevision").or(branch);
    let run = begin(call, &job, revision, params(call, &model)).await?;
    Ok(Answer::ok(queued(call, &meant.plan, &run)))
}

/// Starts a run. What stands against it is a bad request here: clients of the queue know no conflict.
pub async fn begin(
    call: &Call<'_>,
    job: &Job,
    reference: Option<&str>,
    params: BTreeMap<String, String>,
) -> Result<Run> {
    let started = async {
        let (job, ask) = runs::asked(call.app, &call.actor, &job.id.to_string(), reference, params).await?;
        let mut tx = call.write().await?;
        let mut run = runs::ask(&mut tx, job.id, ask).await?;
        if let Some(through) = through(call) {
            run = runs::release_through(&mut tx, run.id, &through).await?;
        }
        tx.commit().await?;
        Ok(run)
    };
    started.await.map_err(|error: Error| match error.kind() {
        Kind::Conflict => Error::invalid("bamboo.queue", error.message().to_owned()),
        _ => error,
    })
}

/// The run that a key of a result means, of the plan or of a part of it.
async fn target(call: &Call<'_>, tx: &mut Tx, right: Right) -> Result<(Plan, Job, Run)> {
    let text = call.param("key");
    let (_, meant) = call.meant(text).await?;
    let job = seen(jobs::jobs::require(tx, meant.plan.id, right).await, || no_plan(text))?;
    let number = meant.number.ok_or_else(|| crate::catalogue::no_result(text))?;
    let run = run_of(tx, &job, number, right, text).await?;
    Ok((meant.plan, job, run))
}

/// Lets the manual stage begin that a build waits with, or as many as are asked for; or builds again what did not pass.
async fn resume(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    let (plan, _, run) = target(call, &mut tx, Right::Run).await?;
    let through = through(call);
    let mut run = match run.state {
        State::Held if through.is_some() => run,
        State::Held => runs::release(&mut tx, run.id).await?,
        State::Succeeded => {
            let message =
                format!("{} was successful: there is nothing to continue", result::key(&plan, &run));
            return Err(Error::invalid("bamboo.queue", message));
        }
        state if state.is_over() => runs::repeat(&mut tx, run.id, true).await?,
        _ => run,
    };
    if let Some(through) = through {
        run = runs::release_through(&mut tx, run.id, &through).await?;
    }
    tx.commit().await?;
    Ok(Answer::ok(queued(call, &plan, &run)))
}

async fn cancel(tx: &mut Tx, run: &Run) -> Result<()> {
    if run.state.is_over() || run.state == State::Cancelling {
        return Ok(());
    }
    runs::cancel(tx, run.id, None).await.map(drop)
}

/// Stops a build; one that is over stays as it is.
async fn stop(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    let (_, _, run) = target(call, &mut tx, Right::Run).await?;
    cancel(&mut tx, &run).await?;
    tx.commit().await?;
    Ok(Answer::done())
}

/// Stops all builds of a plan, or the one that is named.
async fn stop_plan(call: &Call<'_>) -> Result<Answer> {
    let text = call.query.get("planResultKey").or_else(|| call.query.get("planKey")).unwrap_or("");
    let (_, meant) = call.meant(text).await?;
    let mut tx = call.write().await?;
    let job = seen(jobs::jobs::require(&mut tx, meant.plan.id, Right::Run).await, || no_plan(text))?;
    let live = match meant.number {
        Some(number @ Number::Is(_)) => vec![run_of(&mut tx, &job, number, Right::Run, text).await?],
        _ => {
            let states = crate::show::plan::LIVE.to_vec();
            runs::list(&mut tx, &Filter { job: Some(job.id), states, limit: 1_000, ..Filter::default() })
                .await?
        }
    };
    for run in &live {
        cancel(&mut tx, run).await?;
    }
    tx.commit().await?;
    Ok(Answer::ok(json!({"planKey": meant.plan.key(), "stopped": live.len()})))
}

/// Has the repository of a plan looked at now; pushes that are found start what they start.
async fn look(call: &Call<'_>) -> Result<Answer> {
    let text = call
        .query
        .get("planKey")
        .ok_or_else(|| Error::invalid("bamboo.plan_key", "Say which plan: planKey is missing"))?;
    let catalogue = Catalogue::load(call.app).await?;
    let plan = catalogue.plan_of(text).ok_or_else(|| no_plan(text))?;
    let mut tx = call.write().await?;
    let job = seen(jobs::jobs::require(&mut tx, plan.id, Right::Run).await, || no_plan(text))?;
    repos::repository::request_fetch(&mut tx, job.repository).await?;
    tx.commit().await?;
    Ok(Answer::ok(json!({"planKey": plan.key(), "message": "The repository is looked at"})))
}
