//! Results: what builds came to.

use crate::call::{Answer, Call};
use crate::catalogue::{Catalogue, Meant, Plan, no_plan, no_result, part_keys, part_of, run_of, seen};
use crate::changes;
use crate::files::{Lines, tries};
use crate::keys::Number;
use crate::projects::visible;
use crate::routes::{Route, route};
use crate::show::result::{self, Detail, Scene};
use crate::show::{part, plan as show_plan, words};
use crate::wire::expand::Expand;
use crate::wire::page::{Page, collection, folded, whole};
use base::{Error, Result, Right};
use db::Tx;
use jobs::jobs::Job;
use jobs::runs::{self, Run, State};
use serde_json::{Value, json};

/// The endpoints of this resource.
pub const ROUTES: &[Route] = &[
    route!(GET "/rest/api/latest/result" => latest),
    route!(GET "/rest/api/latest/result/{key}" => get),
    route!(GET "/rest/api/latest/result/{key}/{number}" => numbered),
    route!(GET "/rest/api/latest/result/status/{key}" => status),
];

/// The most lines of a log that are told as records; the whole of it is a file.
const LOG_LINES: usize = 100_000;

/// Runs of a job that are looked through for those of one branch.
const BRANCH_RUNS: usize = 1_000;

/// The states that a list shows.
fn wanted(call: &Call<'_>) -> Vec<State> {
    let is_all =
        ["includeAllStates", "include_all_states"].iter().any(|key| call.query.flag(key) == Some(true));
    words::states(call.query.get("buildstate"), call.query.get("lifeCycleState"), is_all)
}

/// A list in its envelope.
fn listed(call: &Call<'_>, path: &str, size: usize, page: Page, items: Vec<Value>) -> Answer {
    Answer::ok(json!({
        "expand": "results",
        "link": {"href": call.link(path), "rel": "self"},
        "results": collection("result", size, page, items),
    }))
}

/// A result within a list: opened when `results.result` is.
async fn item(
    call: &Call<'_>,
    tx: &mut Tx,
    plan: &Plan,
    job: &Job,
    run: &Run,
    part: Option<&str>,
) -> Result<Option<Value>> {
    let expand = call.expand();
    let inside = expand.under("results.result");
    if part.is_none() && !expand.has("results.result") {
        return Ok(Some(result::brief(call, tx.now(), plan, job, run)));
    }
    let detail = Detail::with_changes(call, tx, job, run, &inside).await?;
    let scene = Scene { call, now: tx.now(), plan, job, run, detail: &detail, expand: &inside };
    let Some(part) = part else { return Ok(Some(result::full(&scene))) };
    let keyed = detail.keyed();
    let models = part_keys(detail.parts.iter().map(|part| &part.model));
    let found = part_of(&models, part).and_then(|(key, _)| keyed.iter().find(|(own, _)| own == key));
    Ok(found.map(|(key, part)| part::result(&scene, key, part)))
}

/// The newest result of each plan, of one project or of all.
async fn newest(call: &Call<'_>, project: Option<base::id::RepositoryId>) -> Result<(usize, Vec<Value>)> {
    let catalogue = Catalogue::load(call.app).await?;
    let (page, states) = (call.page(), wanted(call));
    let mut tx = call.read().await?;
    let mut found = Vec::new();
    for (plan, job) in visible(&mut tx, &catalogue).await? {
        if project.is_some_and(|project| project != job.repository) || states.is_empty() {
            continue;
        }
        let newest = runs::page(&mut tx, job.id, &states, 0, 1).await?.into_iter().next();
        found.extend(newest.map(|run| (plan, job, run)));
    }
    let size = found.len();
    let mut items = Vec::new();
    for (plan, job, run) in page.cut(found) {
        items.extend(item(call, &mut tx, &plan, &job, &run, None).await?);
    }
    Ok((size, items))
}

async fn latest(call: &Call<'_>) -> Result<Answer> {
    let (size, items) = newest(call, None).await?;
    Ok(listed(call, "rest/api/latest/result", size, call.page(), items))
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let text = call.param("key");
    let found = call.meant(text).await;
    let (_, meant) = match found {
        Err(error) if error.is_missing() => {
            let catalogue = Catalogue::load(call.app).await?;
            let Some(project) = catalogue.project_of(text) else { return Err(error) };
            let (size, items) = newest(call, Some(project.id)).await?;
            return Ok(listed(
                call,
                &format!("rest/api/latest/result/{}", project.key),
                size,
                call.page(),
                items,
            ));
        }
        other => other?,
    };
    match meant.number {
        Some(number) => one(call, &meant, number).await.map(Answer::ok),
        None => of_plan(call, &meant).await,
    }
}

/// The results of a plan, or of a part of one.
async fn of_plan(call: &Call<'_>, meant: &Meant) -> Result<Answer> {
    let text = call.param("key");
    let mut tx = call.read().await?;
    let job = seen(jobs::jobs::require(&mut tx, meant.plan.id, Right::View).await, || no_plan(text))?;
    if let Some(part) = &meant.part {
        let model = jobs::jobs::definition(&mut tx, job.definition).await?.model;
        part_of(&part_keys(model.parts()), part).ok_or_else(|| no_plan(text))?;
    }
    let (page, states) = (call.page(), wanted(call));
    let mut items = Vec::new();
    let mut size = 0;
    // Nothing is linked to issues here, and no state at all was asked for when the words mean none.
    if !states.is_empty() && call.query.get("issueKey").is_none() {
        let wanted: Vec<String> = call.query.all("label").map(str::to_owned).collect();
        let runs = match (wanted.is_empty(), &meant.branch) {
            (_, Some(branch)) => {
                let repository = repos::get(&mut tx, job.repository).await?;
                let mut all = runs::page(&mut tx, job.id, &states, 0, BRANCH_RUNS).await?;
                all.retain(|run| changes::branch(&repository, run) == Some(&branch.name));
                size = all.len();
                page.cut(all)
            }
            (true, None) => {
                size = runs::count(&mut tx, job.id, &states).await?;
                runs::page(&mut tx, job.id, &states, page.start, page.max).await?
            }
            (false, None) => {
                let mut all = runs::remarks::labelled(&mut tx, job.id, &wanted).await?;
                all.retain(|run| states.contains(&run.state));
                size = all.len();
                page.cut(all)
            }
        };
        for run in runs {
            items.extend(item(call, &mut tx, &meant.plan, &job, &run, meant.part.as_deref()).await?);
        }
    }
    Ok(listed(call, &format!("rest/api/latest/result/{text}"), size, page, items))
}

/// One result with everything below it.
async fn one(call: &Call<'_>, meant: &Meant, number: Number) -> Result<Value> {
    let text = call.param("key");
    let expand = call.expand();
    let mut tx = call.read().await?;
    let job = seen(jobs::jobs::require(&mut tx, meant.plan.id, Right::View).await, || no_plan(text))?;
    let run = run_of(&mut tx, &job, number, Right::View, text).await?;
    let detail = Detail::with_changes(call, &mut tx, &job, &run, &expand).await?;
    let scene = Scene {
        call,
        now: tx.now(),
        plan: &meant.plan,
        job: &job,
        run: &run,
        detail: &detail,
        expand: &expand,
    };
    let (mut all, only) = match &meant.part {
        None => (result::full(&scene), None),
        Some(name) => {
            let models = part_keys(detail.parts.iter().map(|part| &part.model));
            let (key, _) = part_of(&models, name).ok_or_else(|| no_result(text))?;
            let keyed = detail.keyed();
            let (key, part) = keyed.iter().find(|(own, _)| own == key).ok_or_else(|| no_result(text))?;
            (part::result(&scene, key, part), Some(part.id))
        }
    };
    if expand.has("plan") && meant.part.is_none() {
        all["plan"] = show_plan::listed(call, &mut tx, &meant.plan, &job).await?;
    }
    drop(tx);
    if expand.has("logEntries") && detail.rights.contains(Right::Log) {
        all["logEntries"] = log_entries(call, &expand, tries(&detail, only)).await?;
    }
    Ok(all)
}

/// Lines of the log: the slice that is named, otherwise the last ones, as whoever watches a build wants them.
async fn log_entries(call: &Call<'_>, expand: &Expand, tries: Vec<jobs::attempts::Attempt>) -> Result<Value> {
    let page = call.page();
    let (from, to) = match expand.slice("logEntries") {
        Some((from, to)) => (Some(from.unwrap_or(0)), to),
        None if page.start > 0 => (Some(page.start), Some(page.start.saturating_add(page.max))),
        None => (None, None),
    };
    let most = to.map_or(LOG_LINES, |to| to.saturating_sub(from.unwrap_or(0)).min(LOG_LINES));
    let most = if from.is_none() { page.max } else { most };
    let mut kept = std::collections::VecDeque::new();
    let mut size = 0;
    let mut lines = Lines::new(call.app, tries);
    while let Some(entries) = lines.more().await? {
        for entry in entries {
            let is_wanted = from.is_none_or(|from| size >= from && kept.len() < most);
            size += 1;
            if is_wanted {
                kept.push_back(entry);
            }
            if from.is_none() && kept.len() > most {
                kept.pop_front();
            }
        }
    }
    let start = from.unwrap_or(size - kept.len());
    let items: Vec<Value> = kept.iter().map(crate::show::log::Entry::record).collect();
    Ok(
        json!({"size": size, "expand": "logEntry", "start-index": start, "max-result": most.max(items.len()), "logEntry": items}),
    )
}

/// `result/LAB-PROV/4` and `result/LAB-PROV/latest`. Python's client looks for a list in it, so that the result is beside itself.
async fn numbered(call: &Call<'_>) -> Result<Answer> {
    let text = call.param("key");
    let (_, meant) = call.meant(text).await?;
    let number = Number::parse(call.param("number"))
        .ok_or_else(|| no_result(&format!("{text}-{}", call.param("number"))))?;
    let mut all = one(call, &meant, number).await?;
    let mut beside = all.clone();
    beside["results"] = folded(0);
    all["results"] = whole("result", vec![beside]);
    Ok(Answer::ok(all))
}

/// How far a build is. There is no such thing once it is over: clients look at the result then.
async fn status(call: &Call<'_>) -> Result<Answer> {
    let text = call.param("key");
    let (_, meant) = call.meant(text).await?;
    let number = meant.number.ok_or_else(|| no_result(text))?;
    let mut tx = call.read().await?;
    let job = seen(jobs::jobs::require(&mut tx, meant.plan.id, Right::View).await, || no_plan(text))?;
    let run = run_of(&mut tx, &job, number, Right::View, text).await?;
    let life = words::of_run(run.state);
    if run.state.is_over() || life.is_finished() {
        let message = format!("{} is over: ask for its result", result::key(&meant.plan, &run));
        return Err(Error::missing("bamboo.over", message));
    }
    let parts = runs::parts(&mut tx, run.id).await?;
    let model = jobs::jobs::definition(&mut tx, run.definition).await?.model;
    let current =
        parts.iter().find(|part| !part.state.is_over()).and_then(|part| model.stages.get(part.stage));
    let average = u64::try_from(show_plan::average_ms(&mut tx, &job).await?).unwrap_or(u64::MAX);
    let taken =
        run.started_at.map_or(0, |at| u64::try_from(tx.now().since(at).as_millis()).unwrap_or(u64::MAX));
    let share = if average == 0 { 0.0 } else { (taken as f64 / average as f64).min(0.99) };
    let left = average.saturating_sub(taken);
    Ok(Answer::ok(json!({
        "finished": false,
        "lifeCycleState": life.cycle,
        "currentStage": current.map(|stage| stage.name.as_str()),
        "progress": {
            "isValid": average > 0,
            "isUnderAverageTime": taken <= average,
            "percentageCompleted": share,
            "percentageCompletedPretty": format!("{:.0}%", share * 100.0),
            "averageBuildDuration": average,
            "prettyAverageBuildDuration": words::duration(std::time::Duration::from_millis(average)),
            "buildTime": taken,
            "prettyBuildTime": words::duration(std::time::Duration::from_millis(taken)),
            "startedTime": run.started_at,
            "prettyTimeRemaining": format!("{} remaining", words::duration(std::time::Duration::from_millis(left))),
        },
    })))
}
