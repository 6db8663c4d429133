//! `/memberships` and `/project_memberships`: whom a project was shared with.

use crate::call::Call;
use crate::projects::word;
use crate::routes::{Route, route};
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::value;
use base::Result;
use base::id::{AnyId, ProjectId};
use db::Tx;
use work::members::{Member, Party};
use work::projects::Access;

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(GET "/memberships" => list),
    route!(POST "/memberships" => create),
    route!(GET "/memberships/{membership}" => get),
    route!(PUT "/memberships/{membership}" => change),
    route!(DELETE "/memberships/{membership}" => delete),
    route!(GET "/projects/{project}/project_memberships" => of_project),
    route!(GET "/project_memberships/{membership}" => get),
];

/// A person (by id, address or `me`) or a team.
async fn party(tx: &mut Tx, call: &Call<'_>, key: &str, text: &str) -> Result<Party> {
    if let Ok(team) = value::id(key, text)
        && people::teams::get(tx, team).await.is_ok()
    {
        return Ok(Party::Team(team));
    }
    call.user(tx, key, text).await.map(Party::User)
}

async fn answer(tx: &mut Tx, call: &Call<'_>, members: Vec<Member>) -> Result<Answer> {
    let mut members = members;
    members.sort_by_key(|member| member.id);
    let listed = call.cut(members, |member| i64::from(member.id))?;
    let mut records = Vec::with_capacity(listed.items.len());
    for member in &listed.items {
        records.push(show::small::member(tx, member, call.fields.compact()).await?);
    }
    call.list(&listed, records)
}

async fn listed(tx: &mut Tx, call: &Call<'_>, project: ProjectId, whose: Option<&str>) -> Result<Answer> {
    let mut members = work::members::list(tx, project).await?;
    if let Some(text) = whose {
        let party = party(tx, call, "member", text).await?;
        members.retain(|member| member.party == party);
    }
    answer(tx, call, members).await
}

async fn of_project(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    listed(&mut tx, call, call.id("project")?, call.query.get("user")).await
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let member = call.query.get("member");
    if let Some(project) = call.query.id("parent")? {
        return listed(&mut tx, call, project, member).await;
    }
    let text = member.ok_or_else(|| value::missing_input("parent"))?;
    let user = call.user(&mut tx, "member", text).await?;
    let members = work::members::of(&mut tx, user).await?;
    answer(&mut tx, call, members).await
}

/// The word for what somebody may do; older scripts say `write_access`.
fn access(call: &Call<'_>) -> Result<Option<Access>> {
    if let Some(access) = word(&call.data, "access_level", Access::parse)? {
        return Ok(Some(access));
    }
    let older = value::text(&call.data, "write_access")?.flatten();
    Ok(older.map(|word| if word == "comment_only" { Access::Commenter } else { Access::Editor }))
}

async fn create(call: &Call<'_>) -> Result<Answer> {
    let project = value::required_id(&call.data, "parent")?;
    let text =
        value::reference(&call.data, "member")?.flatten().ok_or_else(|| value::missing_input("member"))?;
    let mut tx = call.write().await?;
    let party = party(&mut tx, call, "member", &text).await?;
    let access = access(call)?.unwrap_or(Access::Editor);
    let member = work::members::put(&mut tx, project, party, access)
        .await
        .map_err(|error| fault::in_body("parent", error))?;
    let record = show::small::member(&mut tx, &member, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::created(record, "memberships"))
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let id: AnyId = call.id("membership")?;
    let member = work::members::get(&mut tx, id).await?;
    Ok(Answer::ok(show::small::member(&mut tx, &member, call.fields.full()).await?))
}

async fn change(call: &Call<'_>) -> Result<Answer> {
    let id: AnyId = call.id("membership")?;
    let access = access(call)?;
    let mut tx = call.write().await?;
    let member = match access {
        Some(access) => work::members::change(&mut tx, id, access).await?,
        None => work::members::get(&mut tx, id).await?,
    };
    let record = show::small::member(&mut tx, &member, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::ok(record))
}

async fn delete(call: &Call<'_>) -> Result<Answer> {
    let id: AnyId = call.id("membership")?;
    let mut tx = call.write().await?;
    work::members::delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}
