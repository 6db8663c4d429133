//! Branches. A job is one plan whatever branch it runs on; that it runs on a branch by itself is for its file to say. So the plan branches of a
//! plan are the branches of its repository that its triggers build, and those that somebody had built.

use crate::call::{Answer, Call};
use crate::catalogue::{Catalogue, Plan, no_plan, seen};
use crate::changes;
use crate::keys;
use crate::routes::{Route, route};
use crate::show::plan as show;
use crate::wire::page::{collection, whole};
use base::{Error, Result, Right};
use db::Tx;
use jobs::jobs::Job;
use repos::Mirrors;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The endpoints of this resource.
pub const ROUTES: &[Route] = &[
    route!(GET "/rest/api/latest/plan/{plan}/branch" => list),
    route!(GET "/rest/api/latest/plan/{plan}/branch/{branch}" => get),
    route!(PUT "/rest/api/latest/plan/{plan}/branch/{branch}" => make),
    route!(GET "/rest/api/latest/plan/{plan}/vcsBranches" => of_git),
    route!(GET "/rest/api/latest/search/branches" => search),
];

/// Runs whose branches are told.
const RUNS: usize = 500;

/// A branch of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its name in git.
    pub name: String,
    /// Whether the triggers of the job build it.
    pub is_built: bool,
}

impl Branch {
    /// Its key: that of the plan and a number that the name alone makes, so that it stays.
    pub fn key(&self, plan: &Plan) -> String {
        format!("{}{}", plan.key(), keys::branch_digits(&self.name))
    }
}

/// The branches that a repository has, the default branch first, and the plan branches among them.
struct Known {
    default: Option<String>,
    all: Vec<String>,
    own: Vec<Branch>,
}

async fn known(call: &Call<'_>, tx: &mut Tx, job: &Job) -> Result<Known> {
    let repository = repos::get(tx, job.repository).await?;
    let model = jobs::jobs::definition(tx, job.definition).await?.model;
    let mut asked = BTreeSet::new();
    for run in jobs::runs::page(tx, job.id, &[], 0, RUNS).await? {
        asked.extend(changes::branch(&repository, &run).map(str::to_owned));
    }
    let there = call.app.part::<Mirrors>()?.mirror(job.repository).branches().await?;
    let default = repository.default_branch().map(str::to_owned);
    let others: Vec<String> = there.into_keys().filter(|name| Some(name) != default.as_ref()).collect();
    let branch = |name: &String| Branch {
        name: name.clone(),
        is_built: jobs::is_built(&model, name, default.as_deref()),
    };
    let own = others.iter().map(branch).filter(|branch| branch.is_built || asked.contains(&branch.name));
    let own = own.collect();
    let all = default.iter().cloned().chain(others).collect();
    Ok(Known { default, all, own })
}

/// The branches of a plan, for its record.
pub async fn of_plan(call: &Call<'_>, tx: &mut Tx, plan: &Plan, job: &Job) -> Result<Vec<Value>> {
    let own = known(call, tx, job).await?.own;
    Ok(own.iter().map(|branch| record(call, plan, job, branch)).collect())
}

/// The plan and the branch that a key means, when it ends as those of branches do.
pub async fn find(call: &Call<'_>, catalogue: &Catalogue, key: &str) -> Result<Option<(Plan, Branch)>> {
    let Some((rest, digits)) = keys::split_branch(key) else { return Ok(None) };
    let Some(plan) = catalogue.plan_of(rest) else { return Ok(None) };
    let mut tx = call.read().await?;
    let job = seen(jobs::jobs::require(&mut tx, plan.id, Right::View).await, || no_plan(key))?;
    let mut own = known(call, &mut tx, &job).await?.own.into_iter();
    let found = own.find(|branch| keys::branch_digits(&branch.name) == digits);
    Ok(found.map(|branch| (plan.clone(), branch)))
}

/// A branch as a plan of its own, which is what clients take it for.
pub fn dress(all: &mut Value, plan: &Plan, job: &Job, branch: &Branch) {
    let key = branch.key(plan);
    all["shortKey"] = key.rsplit('-').next().unwrap_or_default().into();
    all["shortName"] = branch.name.as_str().into();
    all["name"] = format!("{} - {} - {}", plan.project_name, job.title, branch.name).into();
    all["type"] = "chain_branch".into();
    all["enabled"] = (branch.is_built && job.refusal().is_none()).into();
    all["planKey"] = json!({"key": key});
    all["master"] = json!({"key": plan.key(), "name": all["name"], "shortName": job.title});
    all["vcsBranch"] = branch.name.as_str().into();
    all["key"] = key.into();
}

fn record(call: &Call<'_>, plan: &Plan, job: &Job, branch: &Branch) -> Value {
    let mut all = show::brief(call, plan, job);
    dress(&mut all, plan, job, branch);
    let link = call.link(&format!("rest/api/latest/plan/{}", branch.key(plan)));
    all["link"] = json!({"href": link, "rel": "self"});
    all["workflowType"] = "INHERITED".into();
    all
}

/// Pushes to a branch start a job when its file says so, and only then.
pub fn unchangeable(job: &Job, branch: &Branch) -> Error {
    let message = match branch.is_built {
        true => format!(
            "Pushes to {0} start {1}, as {2} says: to change that, change `on: push: branches` there",
            branch.name, job.title, job.path
        ),
        false => format!(
            "Pushes to {0} do not start {1}: name it in `on: push: branches` of {2}. One build of it is started with customRevision={0}",
            branch.name, job.title, job.path
        ),
    };
    Error::invalid("bamboo.branch", message)
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let (plan, job) = call.plan(&mut tx, Right::View).await?;
    let mut all = known(call, &mut tx, &job).await?.own;
    if call.query.flag("enabledOnly") == Some(true) {
        all.retain(|branch| branch.is_built);
    }
    let (page, size) = (call.page(), all.len());
    let items = page.cut(all).iter().map(|branch| record(call, &plan, &job, branch)).collect();
    let link = call.link(&format!("rest/api/latest/plan/{}/branch", plan.key()));
    Ok(Answer::ok(json!({
        "expand": "branches",
        "link": {"href": link, "rel": "self"},
        "branches": collection("branch", size, page, items),
    })))
}

/// One branch by its name, its short name or its key. Clients write what has slashes with dashes.
async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let (plan, job) = call.plan(&mut tx, Right::View).await?;
    let wanted = call.param("branch");
    let own = known(call, &mut tx, &job).await?.own;
    let found = own.iter().find(|branch| is_called(branch, &plan, wanted));
    let found = found.ok_or_else(|| {
        Error::missing("bamboo.branch", format!("{} has no branch {wanted:.200}", plan.key()))
    })?;
    Ok(Answer::ok(record(call, &plan, &job, found)))
}

fn is_called(branch: &Branch, plan: &Plan, text: &str) -> bool {
    branch.name == text
        || branch.name.replace('/', "-") == text
        || branch.key(plan).eq_ignore_ascii_case(text)
}

/// A plan branch is there as soon as the branch is and the job's file has it built, so that making it changes nothing and answers with it.
async fn make(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let (plan, job) = call.plan(&mut tx, Right::Run).await?;
    let wanted = call.text("vcsBranch").unwrap_or_else(|| call.param("branch"));
    let wanted = wanted.trim_start_matches('/').trim_start_matches("refs/heads/").to_owned();
    let known = known(call, &mut tx, &job).await?;
    if let Some(found) = known.own.iter().find(|branch| branch.name == wanted) {
        return Ok(Answer::ok(record(call, &plan, &job, found)));
    }
    if known.default.as_ref() == Some(&wanted) {
        let message = format!("{wanted} is the branch of {} itself", plan.key());
        return Err(Error::invalid("bamboo.branch", message));
    }
    if known.all.contains(&wanted) {
        return Err(unchangeable(&job, &Branch { name: wanted, is_built: false }));
    }
    let message = format!("{} has no branch {wanted:.200}", plan.project_name);
    Err(Error::invalid("bamboo.branch", message))
}

async fn of_git(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let (plan, job) = call.plan(&mut tx, Right::View).await?;
    let all = known(call, &mut tx, &job).await?.all;
    let (page, size) = (call.page(), all.len());
    let items: Vec<Value> = page.cut(all).into_iter().map(|name| json!({"name": name})).collect();
    let link = call.link(&format!("rest/api/latest/plan/{}/vcsBranches", plan.key()));
    Ok(Answer::ok(
        json!({"link": {"href": link, "rel": "self"}, "branches": collection("branch", size, page, items)}),
    ))
}

/// The plan itself for its default branch, and its branches.
async fn search(call: &Call<'_>) -> Result<Answer> {
    let page = call.page();
    let text = call.query.get("masterPlanKey").unwrap_or("");
    let catalogue = Catalogue::load(call.app).await?;
    let plan = catalogue.plan_of(text).ok_or_else(|| no_plan(text))?;
    let mut tx = call.read().await?;
    let job = seen(jobs::jobs::require(&mut tx, plan.id, Right::View).await, || no_plan(text))?;
    let term = call.query.get("searchTerm").unwrap_or("").to_lowercase();
    let known = known(call, &mut tx, &job).await?;
    let master = (plan.key(), known.default.unwrap_or_else(|| "default".to_owned()), "chain");
    let with_master = call.query.flag("includeMasterBranch").unwrap_or(true);
    let own = known.own.iter().map(|branch| (branch.key(plan), branch.name.clone(), "chain_branch"));
    let found = with_master.then_some(master).into_iter().chain(own);
    let found = found.filter(|(_, name, _)| name.to_lowercase().contains(&term));
    let all: Vec<Value> = found
        .map(|(key, name, kind)| {
            json!({
                "id": key,
                "type": kind,
                "searchEntity": {
                    "id": key, "key": key, "projectName": plan.project_name, "planName": job.title, "branchName": name,
                    "description": "", "type": kind,
                },
            })
        })
        .collect();
    let size = all.len();
    let items = page.cut(all);
    Ok(Answer::ok(
        json!({"size": size, "start-index": page.start, "max-result": page.max, "searchResults": items}),
    ))
}

/// The branches of a plan as its record has them.
pub fn listed(all: Vec<Value>, is_opened: bool) -> Value {
    match is_opened {
        true => whole("branch", all),
        false => crate::wire::page::folded(all.len()),
    }
}
