//! `/project_templates`: projects to be made again. What is asked for is done when the answer is given; the answer is a job all the same.

use crate::call::Call;
use crate::projects::privacy;
use crate::routes::{Route, route};
use crate::show;
use crate::show::template::{DUE, START};
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::value::{self, Data};
use base::id::{AnyId, TeamId, UserId};
use base::{Date, Result};
use db::Tx;
use std::collections::BTreeMap;
use work::copies::Shift;
use work::templates::{NewFromTemplate, NewTemplate, People};

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(GET "/project_templates" => list),
    route!(GET "/project_templates/{project_template}" => get),
    route!(DELETE "/project_templates/{project_template}" => delete),
    route!(GET "/teams/{team}/project_templates" => of_team),
    route!(POST "/project_templates/{project_template}/instantiateProject" => instantiate),
    route!(POST "/projects/{project}/saveAsTemplate" => save),
];

async fn listed(tx: &mut Tx, call: &Call<'_>, team: Option<TeamId>) -> Result<Answer> {
    let mut found = work::templates::list(tx).await?;
    found.retain(|template| team.is_none() || template.team == team);
    found.sort_by_key(|template| template.id);
    let listed = call.cut(found, |template| template.id.0)?;
    let records = show::template::templates(tx, call, &listed.items, call.fields.compact()).await?;
    call.list(&listed, records)
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    if let Some(workspace) = call.query.id("workspace")? {
        crate::workspaces::check(&mut tx, workspace).await?;
    }
    listed(&mut tx, call, call.query.id("team")?).await
}

async fn of_team(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let team = people::teams::get(&mut tx, call.id("team")?).await?;
    listed(&mut tx, call, Some(team.id)).await
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let id: AnyId = call.id("project_template")?;
    let template = work::templates::get(&mut tx, id).await?;
    Ok(Answer::ok(show::template::template(&mut tx, call, &template, call.fields.full()).await?))
}

async fn delete(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    let id: AnyId = call.id("project_template")?;
    work::templates::delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// Saves a project; its assignees stay, as there is no word for anything else.
async fn save(call: &Call<'_>) -> Result<Answer> {
    let new = NewTemplate {
        name: value::text(&call.data, "name")?.flatten().ok_or_else(|| value::missing_input("name"))?,
        team: value::given_id(&call.data, "team")?.flatten(),
        is_public: value::flag(&call.data, "public")?.unwrap_or(false),
        people: People::Keep,
    };
    let mut tx = call.write().await?;
    crate::workspaces::check_in_body(&mut tx, call).await?;
    if let Some(team) = new.team {
        people::teams::get(&mut tx, team).await.map_err(|error| fault::in_body("team", error))?;
    }
    let saving = work::templates::saving(&mut tx, call.id("project")?, new).await?;
    tx.commit().await?;
    Ok(Answer::created(show::small::job(&saving, call.fields.full()), "jobs"))
}

/// The pairs of `[{"gid": ..., "value": ...}]`.
fn pairs(data: &Data, key: &str) -> Result<Vec<(String, String)>> {
    let Some(list) = data.get(key).filter(|list| !list.is_null()) else { return Ok(Vec::new()) };
    let list = list.as_array().ok_or_else(|| value::bad(key, "Not a list"))?;
    let mut found = Vec::new();
    for item in list {
        let item = item.as_object().ok_or_else(|| value::bad(key, "Not a list of gid and value"))?;
        let gid = value::text(item, "gid")?.flatten().ok_or_else(|| value::bad(key, "Missing gid"))?;
        if let Some(text) = value::text(item, "value")?.flatten() {
            found.push((gid, text));
        }
    }
    Ok(found)
}

/// The day that the project starts or ends on. Strictly asked, a template with dates needs one.
fn shift(data: &Data, is_dated: bool) -> Result<Option<Shift>> {
    let key = "requested_dates";
    let mut found = None;
    for (gid, text) in pairs(data, key)? {
        // Some clients send an instant.
        let day: Date = value::parse_date(key, text.get(..10).unwrap_or(&text))?;
        found = match gid.as_str() {
            START => Some(Shift::StartOn(day)),
            DUE => found.or(Some(Shift::DueOn(day))),
            gid => return Err(value::bad(key, format!("Unknown date variable: {gid}"))),
        };
    }
    if found.is_none() && is_dated && value::flag(data, "is_strict")?.unwrap_or(true) {
        return Err(value::bad(key, "Missing a value for the date variable 1 (Start Date)"));
    }
    Ok(found)
}

async fn roles(tx: &mut Tx, call: &Call<'_>) -> Result<BTreeMap<u32, UserId>> {
    let key = "requested_roles";
    let mut found = BTreeMap::new();
    for (gid, who) in pairs(&call.data, key)? {
        let role = gid.parse().map_err(|_| value::bad(key, format!("Unknown role: {gid}")))?;
        found.insert(role, call.user(tx, key, &who).await?);
    }
    Ok(found)
}

async fn instantiate(call: &Call<'_>) -> Result<Answer> {
    let name = value::text(&call.data, "name")?.flatten().ok_or_else(|| value::missing_input("name"))?;
    let team = value::given_id(&call.data, "team")?.flatten();
    let mut tx = call.write().await?;
    let id: AnyId = call.id("project_template")?;
    let template = work::templates::get(&mut tx, id).await?;
    if let Some(team) = team {
        people::teams::get(&mut tx, team).await.map_err(|error| fault::in_body("team", error))?;
    }
    let new = NewFromTemplate {
        name,
        team,
        privacy: privacy(&call.data)?,
        shift: shift(&call.data, template.outline.is_dated())?,
        roles: roles(&mut tx, call).await?,
    };
    let making = work::templates::making(&mut tx, id, new).await?;
    tx.commit().await?;
    Ok(Answer::created(show::small::job(&making, call.fields.full()), "jobs"))
}
