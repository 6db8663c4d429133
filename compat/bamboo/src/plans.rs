//! Plans: the jobs of job files.

use crate::branches;
use crate::call::{Answer, Call};
use crate::catalogue::{Catalogue, no_plan, part_keys, seen};
use crate::projects::visible;
use crate::routes::{Route, route};
use crate::show::{part::job_key, plan as show};
use crate::wire::page::{collection, folded, whole};
use base::{Error, Result, Right};
use jobs::file;
use serde_json::{Value, json};

/// The endpoints of this resource.
pub const ROUTES: &[Route] = &[
    route!(GET "/rest/api/latest/plan" => list),
    route!(GET "/rest/api/latest/plan/{plan}" => get),
    route!(POST "/rest/api/latest/plan/{plan}/enable" => enable),
    route!(DELETE "/rest/api/latest/plan/{plan}/enable" => disable),
    route!(GET "/rest/api/latest/plan/{plan}/variable" => variables),
    route!(GET "/rest/api/latest/plan/{plan}/variables" => variables),
    route!(GET "/rest/api/latest/plan/{plan}/variable/{name}" => variable),
    route!(GET "/rest/api/latest/plan/{plan}/specs" => specs),
    route!(GET "/rest/api/latest/plan/{plan}/artifact" => artifacts),
    route!(GET "/rest/api/latest/plan/{plan}/label" => labels),
];

/// What is shown instead of a secret.
const HIDDEN: &str = "********";

async fn list(call: &Call<'_>) -> Result<Answer> {
    let catalogue = Catalogue::load(call.app).await?;
    let (page, is_opened) = (call.page(), call.expand().has("plans.plan"));
    let mut tx = call.read().await?;
    let all = visible(&mut tx, &catalogue).await?;
    let size = all.len();
    let mut items = Vec::new();
    for (plan, job) in page.cut(all) {
        items.push(match is_opened {
            true => show::listed(call, &mut tx, &plan, &job).await?,
            false => show::brief(call, &plan, &job),
        });
    }
    Ok(Answer::ok(json!({
        "expand": "plans",
        "link": {"href": call.link("rest/api/latest/plan"), "rel": "self"},
        "plans": collection("plan", size, page, items),
    })))
}

/// A plan, or the part of one: a job in Bamboo's sense.
async fn get(call: &Call<'_>) -> Result<Answer> {
    let text = call.param("plan");
    let (catalogue, meant) = call.meant(text).await?;
    if meant.number.is_some() {
        return Err(no_plan(text));
    }
    let plan = &meant.plan;
    let mut tx = call.read().await?;
    let job = seen(jobs::jobs::require(&mut tx, plan.id, Right::View).await, || no_plan(text))?;
    let model = jobs::jobs::definition(&mut tx, job.definition).await?.model;
    let mut all = show::listed(call, &mut tx, plan, &job).await?;
    let keys = part_keys(model.parts());
    if let Some(part) = meant.part {
        let (short, part) = crate::catalogue::part_of(&keys, &part).ok_or_else(|| no_plan(text))?;
        all["key"] = job_key(plan, short).into();
        all["planKey"] = json!({"key": job_key(plan, short)});
        all["shortKey"] = short.as_str().into();
        all["shortName"] = part.name.as_str().into();
        all["buildName"] = part.name.as_str().into();
        all["type"] = "job".into();
        return Ok(Answer::ok(all));
    }
    let expand = call.expand();
    all["project"] =
        catalogue.project(job.repository).map_or(Value::Null, |found| show::project(call, found, ""));
    all["project"]["description"] = "".into();
    if expand.has("stages") {
        all["stages"] = whole("stage", stages(call, plan, &model, &keys));
    }
    if expand.has("actions") {
        let actions = show::actions(&mut tx, &job).await?;
        all["actions"] = whole("action", actions.into_iter().map(|name| json!({"name": name})).collect());
    }
    let own = branches::of_plan(call, &mut tx, plan, &job).await?;
    all["branches"] = branches::listed(own, expand.has("branches"));
    let variables = context(&model);
    all["variableContext"] = match expand.has("variableContext") {
        true => whole("variable", variables.into_iter().map(|(name, value, kind)| json!({"key": name, "name": name, "value": value, "variableType": kind, "isPassword": value == HIDDEN})).collect()),
        false => folded(variables.len()),
    };
    if let Some(branch) = &meant.branch {
        branches::dress(&mut all, plan, &job, branch);
    }
    Ok(Answer::ok(all))
}

fn stages(
    call: &Call<'_>,
    plan: &crate::catalogue::Plan,
    model: &file::Job,
    keys: &[(String, &file::Part)],
) -> Vec<Value> {
    let mut keys = keys.iter();
    let stage = |stage: &file::Stage| {
        let jobs = keys.by_ref().take(stage.parts.len()).map(|(short, part)| {
            let key = job_key(plan, short);
            json!({
                "key": key, "shortKey": short, "name": part.name, "shortName": part.name, "type": "job", "enabled": true,
                "link": {"href": call.link(&format!("rest/api/latest/plan/{key}")), "rel": "self"},
            })
        });
        json!({
            "name": stage.name, "description": "", "manual": stage.manual, "final": false,
            "plans": whole("plan", jobs.collect()),
        })
    };
    model.stages.iter().map(stage).collect()
}

/// The variables of a plan: what runs may be handed, what the environment of its steps holds, and the names of its secrets.
fn context(model: &file::Job) -> Vec<(String, String, &'static str)> {
    let params = model
        .params
        .iter()
        .map(|param| (param.name.clone(), param.default.clone().unwrap_or_default(), "PLAN"));
    let env = model.env.iter().map(|(name, value)| (name.clone(), value.clone(), "ENVIRONMENT"));
    let secrets = model.secrets.iter().map(|name| (name.clone(), HIDDEN.to_owned(), "SECRET"));
    params.chain(env).chain(secrets).collect()
}

async fn model_of(call: &Call<'_>) -> Result<file::Job> {
    let mut tx = call.read().await?;
    let (_, job) = call.plan(&mut tx, Right::View).await?;
    Ok(jobs::jobs::definition(&mut tx, job.definition).await?.model)
}

fn variable_json((name, value, kind): &(String, String, &'static str)) -> Value {
    json!({"name": name, "value": value, "variableType": kind})
}

async fn variables(call: &Call<'_>) -> Result<Answer> {
    let all = context(&model_of(call).await?);
    Ok(Answer::ok(all.iter().map(variable_json).collect()))
}

async fn variable(call: &Call<'_>) -> Result<Answer> {
    let wanted = call.param("name");
    let all = context(&model_of(call).await?);
    let found = all.iter().find(|(name, ..)| name == wanted);
    let found = found.ok_or_else(|| {
        Error::missing("bamboo.variable", format!("{} has no variable {wanted:.200}", call.param("plan")))
    })?;
    Ok(Answer::ok(variable_json(found)))
}

/// The definition of a plan, as its job file has it.
async fn specs(call: &Call<'_>) -> Result<Answer> {
    if call.query.get("format").is_some_and(|format| !format.eq_ignore_ascii_case("yaml")) {
        return Err(Error::invalid("bamboo.specs", "Definitions are YAML: ask with format=YAML"));
    }
    let mut tx = call.read().await?;
    let (plan, job) = call.plan(&mut tx, Right::View).await?;
    let definition = jobs::jobs::definition(&mut tx, job.definition).await?;
    Ok(Answer::ok(json!({
        "spec": {"projectKey": plan.project, "buildKey": plan.short_key, "code": definition.source},
    })))
}

/// What the plan says that it keeps.
async fn artifacts(call: &Call<'_>) -> Result<Answer> {
    let model = model_of(call).await?;
    let mut id = 0;
    let rule = |rule: &file::ArtifactRule| {
        id += 1;
        json!({"id": id, "name": rule.name, "copyPattern": rule.pattern, "shared": rule.shared, "required": rule.required, "location": ""})
    };
    let all = model.parts().flat_map(|part| &part.artifacts).map(rule).collect();
    Ok(Answer::ok(json!({"artifacts": whole("artifact", all)})))
}

async fn labels(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    call.plan(&mut tx, Right::View).await?;
    Ok(Answer::ok(json!({"labels": whole("label", Vec::new())})))
}

/// The plan that is to be switched, when its key is not that of a branch whose file says otherwise.
async fn switched(call: &Call<'_>, is_on: bool) -> Result<Option<base::id::JobId>> {
    let text = call.param("plan");
    let (_, meant) = call.meant(text).await?;
    let mut tx = call.read().await?;
    let job = seen(jobs::jobs::require(&mut tx, meant.plan.id, Right::View).await, || no_plan(text))?;
    match meant.branch {
        Some(branch) if branch.is_built != is_on => Err(branches::unchangeable(&job, &branch)),
        Some(_) => Ok(None),
        None if meant.part.is_some() || meant.number.is_some() => Err(no_plan(text)),
        None => Ok(Some(job.id)),
    }
}

async fn enable(call: &Call<'_>) -> Result<Answer> {
    let Some(id) = switched(call, true).await? else { return Ok(Answer::done()) };
    let mut tx = call.write().await?;
    let job = jobs::jobs::enable(&mut tx, id).await?;
    if let Some(refusal) = job.refusal() {
        return Err(refusal);
    }
    tx.commit().await?;
    Ok(Answer::done())
}

async fn disable(call: &Call<'_>) -> Result<Answer> {
    let Some(id) = switched(call, false).await? else { return Ok(Answer::done()) };
    let mut tx = call.write().await?;
    jobs::jobs::disable(&mut tx, id, Some("Disabled by a Bamboo client")).await?;
    tx.commit().await?;
    Ok(Answer::done())
}
