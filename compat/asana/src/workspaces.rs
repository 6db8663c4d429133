//! `/workspaces`: there is one.

use crate::call::Call;
use crate::routes::{Route, route};
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::fields::Level;
use crate::wire::record::{Record, named};
use crate::wire::value;
use base::id::WorkspaceId;
use base::{Error, Result, Role};
use db::Tx;
use people::users::{User, UserFilter};
use serde_json::{Value, json};
use work::page::Listed;

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(GET "/workspaces" => list),
    route!(GET "/workspaces/{workspace}" => get),
    route!(PUT "/workspaces/{workspace}" => rename),
    route!(POST "/workspaces/{workspace}/addUser" => add_user),
    route!(POST "/workspaces/{workspace}/removeUser" => remove_user),
    route!(GET "/workspaces/{workspace}/workspace_memberships" => memberships),
    route!(GET "/users/{user}/workspace_memberships" => memberships_of_user),
    route!(GET "/workspace_memberships/{workspace_membership}" => membership),
];

/// Checks that a workspace that somebody names is the one that there is.
pub async fn check(tx: &mut Tx, workspace: WorkspaceId) -> Result<()> {
    match people::workspace::current(tx).await?.id == workspace {
        true => Ok(()),
        false => Err(fault::unknown("workspace", workspace)),
    }
}

/// Checks the workspace that a body names, if it names one.
pub async fn check_in_body(tx: &mut Tx, call: &Call<'_>) -> Result<()> {
    match value::given_id(&call.data, "workspace")?.flatten() {
        Some(workspace) => check(tx, workspace).await.map_err(|error| fault::in_body("workspace", error)),
        None => Ok(()),
    }
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let record = show::workspace(&mut tx, call.fields.compact()).await?;
    let listed = Listed { items: vec![()], next: None };
    call.list(&listed, vec![record])
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    check(&mut tx, call.id("workspace")?).await?;
    Ok(Answer::ok(show::workspace(&mut tx, call.fields.full()).await?))
}

async fn rename(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    check(&mut tx, call.id("workspace")?).await?;
    if let Some(name) = value::text(&call.data, "name")?.flatten() {
        people::workspace::rename(&mut tx, &name).await?;
    }
    let record = show::workspace(&mut tx, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::ok(record))
}

/// People are made by administrators under `/api/v1/users`, with a role; here somebody who is known comes back.
async fn add_user(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    check(&mut tx, call.id("workspace")?).await?;
    let text = value::reference(&call.data, "user")?.flatten().ok_or_else(|| value::missing_input("user"))?;
    let mut user =
        people::users::find(&mut tx, &text).await.map_err(|error| fault::in_body("user", error))?;
    if !user.active {
        let change = people::users::UserChange { active: Some(true), ..Default::default() };
        user = people::users::change(&mut tx, user.id, change).await?;
    }
    let mut records = show::person::users(&mut tx, call, &[user], call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::ok(records.pop().unwrap_or(Value::Null)))
}

async fn remove_user(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    check(&mut tx, call.id("workspace")?).await?;
    let text = value::reference(&call.data, "user")?.flatten().ok_or_else(|| value::missing_input("user"))?;
    let user = people::users::find(&mut tx, &text).await.map_err(|error| fault::in_body("user", error))?;
    people::users::deactivate(&mut tx, user.id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// A membership of the workspace has the id of its user: there is one workspace.
async fn member(tx: &mut Tx, call: &Call<'_>, user: &User, is_full: bool) -> Result<Value> {
    let want = if is_full { call.fields.full() } else { call.fields.compact() };
    let mut record = Record::new("workspace_membership", user.id, want)
        .compact("user", named("user", user.id, &user.name, want.of("user")))
        .full("is_active", user.active)
        .full("is_admin", user.role == Role::Admin)
        .full("is_guest", user.role == Role::Guest)
        .full("is_view_only", false)
        .full("vacation_dates", Value::Null)
        .full("created_at", user.created_at.to_string());
    if record.asks("workspace", Level::Compact) {
        let workspace = show::workspace(tx, want.of("workspace")).await?;
        record.put("workspace", workspace);
    }
    if record.asks("user_task_list", Level::OptIn) {
        record.put("user_task_list", json!(null));
    }
    Ok(record.done())
}

async fn memberships(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    check(&mut tx, call.id("workspace")?).await?;
    let users = match call.query.get("user") {
        Some(text) => vec![people::users::find(&mut tx, text).await?],
        None => people::users::list(&mut tx, &UserFilter { limit: 100_000, ..UserFilter::default() }).await?,
    };
    let listed = call.cut(users, |user| user.id.0)?;
    let mut records = Vec::new();
    for user in &listed.items {
        records.push(member(&mut tx, call, user, false).await?);
    }
    call.list(&listed, records)
}

async fn memberships_of_user(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let user = crate::users::in_path(&mut tx, call).await?;
    let record = member(&mut tx, call, &user, false).await?;
    call.list(&Listed { items: vec![()], next: None }, vec![record])
}

async fn membership(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let id: i64 = call.id("workspace_membership")?;
    let user = people::users::get(&mut tx, id.into()).await;
    let user = user.map_err(|error: Error| match error.is_missing() {
        true => fault::unknown("workspace_membership", id),
        false => error,
    })?;
    Ok(Answer::ok(member(&mut tx, call, &user, true).await?))
}
