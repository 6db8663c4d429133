//! `/users`: who is here.

use crate::call::Call;
use crate::routes::{Route, route};
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::record::named;
use crate::wire::value;
use base::Result;
use base::id::{TeamId, UserId};
use db::Tx;
use people::users::{User, UserFilter};
use serde_json::Value;
use work::favourites::FavouriteKind;
use work::page::Listed;

/// Clients show all people of a workspace at once.
const PEOPLE_MAX: usize = 2_000;

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(GET "/users" => list),
    route!(GET "/users/{user}" => get),
    route!(PUT "/users/{user}" => change),
    route!(GET "/users/{user}/favorites" => favorites),
    route!(GET "/users/{user}/teams" => teams),
    route!(GET "/users/{user}/user_task_list" => crate::user_task_lists::of_user),
    route!(GET "/workspaces/{workspace}/users" => of_workspace),
    route!(GET "/workspaces/{workspace}/users/{user}" => get),
    route!(GET "/teams/{team}/users" => of_team),
];

/// The user in the path.
pub async fn in_path(tx: &mut Tx, call: &Call<'_>) -> Result<User> {
    let text = call.param("user");
    people::users::find(tx, text).await.map_err(|error| match error.is_missing() {
        true => fault::unknown("user", text.chars().take(80).collect::<String>()),
        false => error,
    })
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let user = in_path(&mut tx, call).await?;
    let mut records = show::person::users(&mut tx, call, &[user], call.fields.full()).await?;
    Ok(Answer::ok(records.pop().unwrap_or(Value::Null)))
}

/// Only the name can be changed here; everything else belongs to the person's profile.
async fn change(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    let mut user = in_path(&mut tx, call).await?;
    if let Some(name) = value::text(&call.data, "name")?.flatten() {
        let change = people::users::UserChange { name: Some(name), ..Default::default() };
        user = people::users::change(&mut tx, user.id, change).await?;
    }
    let mut records = show::person::users(&mut tx, call, &[user], call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::ok(records.pop().unwrap_or(Value::Null)))
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let page = call.page()?;
    let after = page.after.as_deref().and_then(|key| key.parse().ok()).map(UserId);
    let team = call.query.id::<TeamId>("team")?;
    let mut tx = call.read().await?;
    if let Some(workspace) = call.query.id("workspace")? {
        crate::workspaces::check(&mut tx, workspace).await?;
    }
    let filter = UserFilter { team, after, limit: page.limit + 1, ..UserFilter::default() };
    let mut users = people::users::list(&mut tx, &filter).await?;
    let more = users.len() > page.limit;
    users.truncate(page.limit);
    let next = if more { users.last().map(|user| user.id.to_string()) } else { None };
    let listed = Listed { items: users, next };
    let records = show::person::users(&mut tx, call, &listed.items, call.fields.compact()).await?;
    call.list(&listed, records)
}

/// All people, by name and without pages, as both lists of people promise.
async fn everybody(tx: &mut Tx, call: &Call<'_>, team: Option<TeamId>) -> Result<Answer> {
    let filter = UserFilter { team, limit: PEOPLE_MAX, ..UserFilter::default() };
    let mut users = people::users::list(tx, &filter).await?;
    users.sort_by_cached_key(|user| (user.name.to_lowercase(), user.id));
    let records = show::person::users(tx, call, &users, call.fields.compact()).await?;
    Ok(Answer::ok(Value::Array(records)))
}

async fn of_workspace(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    crate::workspaces::check(&mut tx, call.id("workspace")?).await?;
    everybody(&mut tx, call, None).await
}

async fn of_team(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let team = people::teams::get(&mut tx, call.id("team")?).await?;
    everybody(&mut tx, call, Some(team.id)).await
}

async fn teams(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let user = in_path(&mut tx, call).await?;
    let teams = people::teams::of_user(&mut tx, user.id).await?;
    crate::teams::answer(&mut tx, call, teams).await
}

async fn favorites(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let user = in_path(&mut tx, call).await?;
    let kind = match call.query.required("resource_type")? {
        "project" => FavouriteKind::Project,
        "tag" => FavouriteKind::Tag,
        "task" => FavouriteKind::Task,
        "user" => FavouriteKind::User,
        "team" => FavouriteKind::Team,
        "portfolio" | "project_template" | "goal" => {
            return call.list(&Listed::<()> { items: vec![], next: None }, vec![]);
        }
        other => return Err(value::bad("resource_type", format!("Not a recognized type: {other}"))),
    };
    let favourites = work::favourites::list(&mut tx, user.id, kind).await?;
    let listed = call.cut(favourites, |favourite| i64::from(favourite.id))?;
    let want = call.fields.compact();
    let records = listed.items.iter().map(|it| named(kind.as_str(), it.id, &it.name, want)).collect();
    call.list(&listed, records)
}
