//! `/teams`.

use crate::call::Call;
use crate::routes::{Route, route};
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::fields::{Level, Want};
use crate::wire::record::{Record, named};
use crate::wire::value;
use base::Result;
use base::id::TeamId;
use db::Tx;
use people::teams::{Team, TeamChange};
use people::users::User;
use serde_json::Value;

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(GET "/workspaces/{workspace}/teams" => of_workspace),
    // From before workspaces and organizations were one thing; Python 0.x to 3.x ask here.
    route!(GET "/organizations/{workspace}/teams" => of_workspace),
    route!(POST "/teams" => create),
    route!(GET "/teams/{team}" => get),
    route!(PUT "/teams/{team}" => change),
    route!(POST "/teams/{team}/addUser" => add_user),
    route!(POST "/teams/{team}/removeUser" => remove_user),
    route!(GET "/teams/{team}/team_memberships" => memberships),
    route!(GET "/team_memberships" => all_memberships),
    route!(GET "/users/{user}/team_memberships" => memberships_of_user),
];

async fn record(tx: &mut Tx, call: &Call<'_>, team: &Team, want: Want<'_>) -> Result<Value> {
    let workspace = match want.asks("organization", Level::Full) {
        true => show::workspace(tx, want.of("organization")).await?,
        false => Value::Null,
    };
    Ok(show::team(team, workspace, call.permalink("teams", team.id), want))
}

/// Answers with a list of teams.
pub async fn answer(tx: &mut Tx, call: &Call<'_>, mut teams: Vec<Team>) -> Result<Answer> {
    teams.sort_by_key(|team| team.id);
    let listed = call.cut(teams, |team| team.id.0)?;
    let mut records = Vec::new();
    for team in &listed.items {
        records.push(record(tx, call, team, call.fields.compact()).await?);
    }
    call.list(&listed, records)
}

async fn of_workspace(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    crate::workspaces::check(&mut tx, call.id("workspace")?).await?;
    let teams = people::teams::list(&mut tx).await?;
    answer(&mut tx, call, teams).await
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let team = people::teams::get(&mut tx, call.id("team")?).await?;
    Ok(Answer::ok(record(&mut tx, call, &team, call.fields.full()).await?))
}

async fn create(call: &Call<'_>) -> Result<Answer> {
    let name = value::text(&call.data, "name")?.flatten().ok_or_else(|| value::missing_input("name"))?;
    let description = value::text(&call.data, "description")?.flatten().unwrap_or_default();
    let mut tx = call.write().await?;
    let team = people::teams::create(&mut tx, &name, &description).await?;
    let record = record(&mut tx, call, &team, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::created(record, "teams"))
}

async fn change(call: &Call<'_>) -> Result<Answer> {
    let team: TeamId = call.id("team")?;
    let change = TeamChange {
        name: value::text(&call.data, "name")?.flatten(),
        description: value::text(&call.data, "description")?.map(Option::unwrap_or_default),
    };
    let mut tx = call.write().await?;
    let team = people::teams::change(&mut tx, team, change).await?;
    let record = record(&mut tx, call, &team, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::ok(record))
}

async fn user_in_body(tx: &mut Tx, call: &Call<'_>) -> Result<User> {
    let text = value::reference(&call.data, "user")?.flatten().ok_or_else(|| value::missing_input("user"))?;
    people::users::find(tx, &text).await.map_err(|error| fault::in_body("user", error))
}

/// A membership of a team has no id of its own here: within the team, the user's names it.
fn membership(team: &Team, user: &User, want: Want<'_>) -> Value {
    Record::new("team_membership", user.id, want)
        .compact("team", named("team", team.id, &team.name, want.of("team")))
        .compact("user", named("user", user.id, &user.name, want.of("user")))
        .compact("is_guest", user.role == base::Role::Guest)
        .compact("is_limited_access", false)
        .compact("is_admin", user.role == base::Role::Admin)
        .done()
}

async fn add_user(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    let team = people::teams::get(&mut tx, call.id("team")?).await?;
    let user = user_in_body(&mut tx, call).await?;
    people::teams::add(&mut tx, team.id, user.id).await?;
    tx.commit().await?;
    Ok(Answer::ok(membership(&team, &user, call.fields.full())))
}

async fn remove_user(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    let team: TeamId = call.id("team")?;
    let user = user_in_body(&mut tx, call).await?;
    people::teams::remove(&mut tx, team, user.id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn memberships(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let team = people::teams::get(&mut tx, call.id("team")?).await?;
    members(&mut tx, call, &team).await
}

async fn members(tx: &mut Tx, call: &Call<'_>, team: &Team) -> Result<Answer> {
    let mut users = people::teams::members(tx, team.id).await?;
    users.sort_by_key(|user| user.id);
    let listed = call.cut(users, |user| user.id.0)?;
    let want = call.fields.compact();
    let records = listed.items.iter().map(|user| membership(team, user, want)).collect();
    call.list(&listed, records)
}

/// Memberships of one team, or of one user in all teams.
async fn all_memberships(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    match (call.query.id::<TeamId>("team")?, call.query.get("user")) {
        (Some(team), _) => {
            let team = people::teams::get(&mut tx, team).await?;
            members(&mut tx, call, &team).await
        }
        (None, Some(user)) => {
            let user = people::users::find(&mut tx, user).await?;
            of_user(&mut tx, call, &user).await
        }
        (None, None) => Err(value::missing_input("team")),
    }
}

async fn memberships_of_user(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let user = crate::users::in_path(&mut tx, call).await?;
    of_user(&mut tx, call, &user).await
}

async fn of_user(tx: &mut Tx, call: &Call<'_>, user: &User) -> Result<Answer> {
    let mut teams = people::teams::of_user(tx, user.id).await?;
    teams.sort_by_key(|team| team.id);
    let listed = call.cut(teams, |team| team.id.0)?;
    let records = listed.items.iter().map(|team| membership(team, user, call.fields.compact())).collect();
    call.list(&listed, records)
}
