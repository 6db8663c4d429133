//! Projects: the repositories that jobs are in.

use crate::call::{Answer, Call};
use crate::catalogue::{Catalogue, Plan, Project};
use crate::routes::{Route, route};
use crate::show::plan as show;
use crate::wire::page::{collection, folded};
use base::{Error, Result, Role};
use db::Tx;
use jobs::jobs::Job;
use serde_json::{Value, json};

/// The endpoints of this resource.
pub const ROUTES: &[Route] = &[
    route!(GET "/rest/api/latest/project" => list),
    route!(GET "/rest/api/latest/project/{project}" => get),
    route!(GET "/rest/api/latest/project/{project}/repository" => repositories),
    route!(GET "/rest/api/latest/repository" => search),
];

/// The jobs that the caller may see, by key.
pub async fn visible(tx: &mut Tx, catalogue: &Catalogue) -> Result<Vec<(Plan, Job)>> {
    let mut all = Vec::new();
    for job in jobs::jobs::list(tx).await? {
        if let Ok(plan) = catalogue.plan(job.id) {
            all.push((plan.clone(), job));
        }
    }
    all.sort_by_key(|(plan, _)| plan.key());
    Ok(all)
}

/// The repositories of those jobs, by key; with those that have none for members who ask for them.
fn with_jobs(call: &Call<'_>, catalogue: &Catalogue, jobs: &[(Plan, Job)]) -> Vec<Project> {
    let shows_empty = call.query.has("showEmpty") && call.actor.role != Role::Guest;
    let has_jobs = |project: &Project| jobs.iter().any(|(_, job)| job.repository == project.id);
    let mut all: Vec<Project> =
        catalogue.projects().filter(|project| shows_empty || has_jobs(project)).cloned().collect();
    all.sort_by(|a, b| a.key.cmp(&b.key));
    all
}

/// The plans of a project, or of all.
async fn plans(
    call: &Call<'_>,
    tx: &mut Tx,
    jobs: &[(Plan, Job)],
    project: &Project,
    is_opened: bool,
) -> Result<Value> {
    let own: Vec<_> = jobs.iter().filter(|(_, job)| job.repository == project.id).collect();
    let page = call.page();
    let size = own.len();
    let mut items = Vec::new();
    for (plan, job) in page.cut(own) {
        items.push(match is_opened {
            true => show::listed(call, tx, plan, job).await?,
            false => show::brief(call, plan, job),
        });
    }
    Ok(collection("plan", size, page, items))
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let catalogue = Catalogue::load(call.app).await?;
    let (page, expand) = (call.page(), call.expand());
    let mut tx = call.read().await?;
    let jobs = visible(&mut tx, &catalogue).await?;
    let all = with_jobs(call, &catalogue, &jobs);
    let size = all.len();
    let mut items = Vec::new();
    for project in page.cut(all) {
        let mut item = show::project(call, &project, "");
        let count = jobs.iter().filter(|(_, job)| job.repository == project.id).count();
        item["plans"] = match expand.has("projects.project.plans") {
            true => plans(call, &mut tx, &jobs, &project, expand.has("projects.project.plans.plan")).await?,
            false => folded(count),
        };
        items.push(item);
    }
    Ok(Answer::ok(json!({
        "expand": "projects",
        "link": {"href": call.link("rest/api/latest/project"), "rel": "self"},
        "projects": collection("project", size, page, items),
    })))
}

fn missing(key: &str) -> Error {
    Error::missing("bamboo.project", format!("Project {key:.200} not found"))
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let key = call.param("project");
    let catalogue = Catalogue::load(call.app).await?;
    let project = catalogue.project_of(key).ok_or_else(|| missing(key))?;
    let mut tx = call.read().await?;
    let jobs = visible(&mut tx, &catalogue).await?;
    let may_see = call.actor.role != Role::Guest || jobs.iter().any(|(_, job)| job.repository == project.id);
    if !may_see {
        return Err(missing(key));
    }
    let mut all = show::project(call, project, "");
    all["expand"] = "plans".into();
    all["plans"] = plans(call, &mut tx, &jobs, project, call.expand().has("plans.plan")).await?;
    Ok(Answer::ok(all))
}

fn linked(call: &Call<'_>, repository: &repos::Repository) -> Value {
    json!({
        "id": repository.id.0,
        "name": repository.name,
        "url": repository.address,
        "type": "git",
        "branch": repository.default_branch(),
        "link": {"href": call.app.link(&format!("/repositories/{}", repository.name)), "rel": "self"},
    })
}

async fn repositories(call: &Call<'_>) -> Result<Answer> {
    let key = call.param("project");
    let catalogue = Catalogue::load(call.app).await?;
    let project = catalogue.project_of(key).ok_or_else(|| missing(key))?;
    let mut tx = call.read().await?;
    let found = repos::repository::view(&mut tx, &project.name).await.map_err(|_| missing(key))?;
    Ok(Answer::ok(json!([linked(call, &found)])))
}

async fn search(call: &Call<'_>) -> Result<Answer> {
    let term = call.query.get("searchTerm").unwrap_or("").to_lowercase();
    let page = call.page();
    let mut tx = call.read().await?;
    let all = repos::repository::list(&mut tx, 0, 10_000).await?;
    let all: Vec<_> = all.into_iter().filter(|found| found.name.to_lowercase().contains(&term)).collect();
    let size = all.len();
    let item = |found: repos::Repository| {
        let mut item = linked(call, &found);
        item["searchEntity"] =
            json!({"id": found.id.0.to_string(), "name": found.name, "repositoryType": "git"});
        item
    };
    let items: Vec<Value> = page.cut(all).into_iter().map(item).collect();
    Ok(Answer::ok(
        json!({"size": size, "start-index": page.start, "max-result": page.max, "searchResults": items}),
    ))
}
