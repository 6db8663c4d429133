//! Branches. A job is one plan whatever branch it runs on, so plans have no branches of their own.

use crate::call::{Answer, Call};
use crate::catalogue::{Catalogue, Plan};
use crate::routes::{Route, route};
use crate::wire::page::{collection, whole};
use base::{Error, Result, Right};
use serde_json::{Value, json};

/// The endpoints of this resource.
pub const ROUTES: &[Route] = &[
    route!(GET "/rest/api/latest/plan/{plan}/branch" => list),
    route!(GET "/rest/api/latest/plan/{plan}/branch/{branch}" => get),
    route!(GET "/rest/api/latest/plan/{plan}/vcsBranches" => of_git),
    route!(GET "/rest/api/latest/search/branches" => search),
];

/// Runs whose branches are told.
const RUNS: usize = 500;

/// The default branch of a plan's repository, and what its runs were asked for by.
async fn branches(call: &Call<'_>) -> Result<(Plan, Vec<String>)> {
    let mut tx = call.read().await?;
    let (plan, job) = call.plan(&mut tx, Right::View).await?;
    let repository = repos::get(&mut tx, job.repository).await?;
    let mut all: Vec<String> = repository.default_branch().map(str::to_owned).into_iter().collect();
    for run in jobs::runs::page(&mut tx, job.id, &[], 0, RUNS).await? {
        let name = run.reference.map(|name| name.trim_start_matches("refs/heads/").to_owned());
        all.extend(name.filter(|name| !all.contains(name)));
    }
    Ok((plan, all))
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let (plan, _) = call.plan(&mut tx, Right::View).await?;
    let link = call.link(&format!("rest/api/latest/plan/{}/branch", plan.key()));
    Ok(Answer::ok(json!({
        "expand": "branches",
        "link": {"href": link, "rel": "self"},
        "branches": whole("branch", Vec::new()),
    })))
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    call.plan(&mut tx, Right::View).await?;
    let name = call.param("branch");
    let message = format!("Plans have no branches here; run {name:.200} with customRevision={name:.200}");
    Err(Error::missing("bamboo.branch", message))
}

async fn of_git(call: &Call<'_>) -> Result<Answer> {
    let (plan, all) = branches(call).await?;
    let page = call.page();
    let size = all.len();
    let items: Vec<Value> = page.cut(all).into_iter().map(|name| json!({"name": name})).collect();
    let link = call.link(&format!("rest/api/latest/plan/{}/vcsBranches", plan.key()));
    Ok(Answer::ok(
        json!({"link": {"href": link, "rel": "self"}, "branches": collection("branch", size, page, items)}),
    ))
}

/// The plan itself is its only branch.
async fn search(call: &Call<'_>) -> Result<Answer> {
    let page = call.page();
    let text = call.query.get("masterPlanKey").unwrap_or("");
    let catalogue = Catalogue::load(call.app).await?;
    let plan = catalogue.plan_of(text).ok_or_else(|| crate::catalogue::no_plan(text))?;
    let mut tx = call.read().await?;
    let job = jobs::jobs::require(&mut tx, plan.id, Right::View).await;
    let job = crate::catalogue::seen(job, || crate::catalogue::no_plan(text))?;
    let term = call.query.get("searchTerm").unwrap_or("").to_lowercase();
    let with_master = call.query.flag("includeMasterBranch").unwrap_or(true);
    let branch = repos::get(&mut tx, job.repository).await?.default_branch().unwrap_or("default").to_owned();
    let mut all = Vec::new();
    if with_master && branch.to_lowercase().contains(&term) {
        let key = plan.key();
        all.push(json!({
            "id": key,
            "type": "chain",
            "searchEntity": {
                "id": key, "key": key, "projectName": plan.project_name, "planName": job.title, "branchName": branch,
                "description": "", "type": "chain",
            },
        }));
    }
    let size = all.len();
    let items = page.cut(all);
    Ok(Answer::ok(
        json!({"size": size, "start-index": page.start, "max-result": page.max, "searchResults": items}),
    ))
}
