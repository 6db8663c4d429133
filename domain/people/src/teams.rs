//! Teams: people who are named and trusted together. The team "Everyone" holds every administrator and member, by itself.

pub(crate) mod api;
mod store;
#[cfg(test)]
mod tests;

use crate::{door, rights, users};
use base::id::{TeamId, UserId};
use base::{Error, Limit, Result, Right, Role, Time};
use db::Tx;
use journal::Subject;
use serde_json::json;
use std::collections::BTreeMap;
use users::User;

/// A team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it is the team of all administrators and members, whose membership follows their roles.
    pub is_everyone: bool,
    /// When it was made.
    pub created_at: Time,
}

/// What changes about a team; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct TeamChange {
    /// The name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

fn subject(team: TeamId) -> Subject {
    Subject::new("team", team.0)
}

/// The team of all administrators and members.
pub async fn everyone(tx: &mut Tx) -> Result<Team> {
    store::everyone(tx)
        .await?
        .ok_or_else(|| Error::unavailable("workspace.missing", "Signalbox has not been set up yet"))
}

/// Makes the team of everyone; once, at the first start.
pub(crate) async fn make_everyone(tx: &mut Tx) -> Result<Team> {
    let team = Team {
        id: tx.new_id(),
        name: "Everyone".to_owned(),
        description: "All members of the workspace".to_owned(),
        is_everyone: true,
        created_at: tx.now(),
    };
    store::insert(tx, &team).await?;
    Ok(team)
}

/// Makes a team; who makes it is in it. For members.
pub async fn create(tx: &mut Tx, name: &str, description: &str) -> Result<Team> {
    rights::require_role(tx, Role::Member)?;
    rights::require_scope(tx, Right::Edit)?;
    let team = Team {
        id: tx.new_id(),
        name: valid_name(tx, name)?,
        description: valid_description(tx, description)?,
        is_everyone: false,
        created_at: tx.now(),
    };
    store::insert(tx, &team).await.map_err(|error| taken(error, &team.name))?;
    journal::enter(tx, "team.created", subject(team.id), &[], json!({"name": team.name}));
    if let Some(me) = tx.actor().user {
        put_in(tx, &team, me).await?;
    }
    Ok(team)
}

/// The team with this id.
pub async fn get(tx: &mut Tx, id: TeamId) -> Result<Team> {
    let team = store::by_id(tx, id).await?;
    let seen = match (tx.actor().role, tx.actor().user) {
        _ if tx.actor().is_system() => true,
        (Role::Guest, Some(me)) => store::is_member(tx, id, me).await?,
        (_, user) => user.is_some(),
    };
    team.filter(|_| seen).ok_or_else(|| Error::missing("team.missing", format!("There is no team {id}")))
}

/// The teams that the actor may see, by name; guests see their own.
pub async fn list(tx: &mut Tx) -> Result<Vec<Team>> {
    rights::require_role(tx, Role::Guest)?;
    match (tx.actor().role, tx.actor().user) {
        (Role::Guest, Some(me)) => store::of_user(tx, me).await,
        _ => store::all(tx).await,
    }
}

/// The teams that a user is in, by name.
pub async fn of_user(tx: &mut Tx, user: UserId) -> Result<Vec<Team>> {
    users::get(tx, user).await?;
    let teams = store::of_user(tx, user).await?;
    let visible = list(tx).await?;
    Ok(teams.into_iter().filter(|team| visible.contains(team)).collect())
}

/// The active users in a team, by name.
pub async fn members(tx: &mut Tx, id: TeamId) -> Result<Vec<User>> {
    get(tx, id).await?;
    store::members(tx, id).await
}

/// How many active users each team has.
pub async fn sizes(tx: &mut Tx) -> Result<BTreeMap<TeamId, usize>> {
    rights::require_role(tx, Role::Guest)?;
    store::sizes(tx).await
}

/// Changes a team. For its members and for administrators; the team of everyone for administrators only.
pub async fn change(tx: &mut Tx, id: TeamId, change: TeamChange) -> Result<Team> {
    let mut team = require_to_run(tx, id).await?;
    let old = team.name.clone();
    if let Some(name) = change.name {
        team.name = valid_name(tx, &name)?;
    }
    if let Some(description) = change.description {
        team.description = valid_description(tx, &description)?;
    }
    store::update(tx, &team).await.map_err(|error| taken(error, &team.name))?;
    journal::enter(tx, "team.changed", subject(id), &[], json!({"name": team.name, "old_name": old}));
    Ok(team)
}

/// Deletes a team and what was granted to it. For administrators.
pub async fn delete(tx: &mut Tx, id: TeamId) -> Result<()> {
    rights::require_role(tx, Role::Admin)?;
    let team = get(tx, id).await?;
    if team.is_everyone {
        return Err(Error::conflict("team.everyone", "The team of everyone cannot be deleted"));
    }
    store::delete(tx, id).await?;
    journal::enter(tx, "team.deleted", subject(id), &[], json!({"name": team.name}));
    Ok(())
}

/// Puts a user into a team; doing it twice is the same as once. Who is put in gets what the team was granted, so only its
/// members and administrators may do it.
pub async fn add(tx: &mut Tx, id: TeamId, user: UserId) -> Result<()> {
    let team = require_to_run(tx, id).await?;
    if team.is_everyone {
        return Err(Error::conflict(
            "team.everyone",
            "Who is in the team of everyone follows from their role",
        ));
    }
    let user = users::get(tx, user).await?;
    if !user.active {
        return Err(Error::conflict("user.inactive", format!("{} has been deactivated", user.name)));
    }
    put_in(tx, &team, user.id).await
}

/// Takes a user out of a team. For its members (so oneself, too) and administrators.
pub async fn remove(tx: &mut Tx, id: TeamId, user: UserId) -> Result<()> {
    let team = require_to_run(tx, id).await?;
    if team.is_everyone {
        return Err(Error::conflict(
            "team.everyone",
            "Who is in the team of everyone follows from their role",
        ));
    }
    take_out(tx, &team, user).await
}

/// Keeps the team of everyone in step with a role.
pub(crate) async fn follow_role(tx: &mut Tx, user: UserId, role: Role) -> Result<()> {
    let team = everyone(tx).await?;
    match role {
        Role::Admin | Role::Member => put_in(tx, &team, user).await,
        Role::Guest => take_out(tx, &team, user).await,
    }
}

async fn put_in(tx: &mut Tx, team: &Team, user: UserId) -> Result<()> {
    if store::add(tx, team.id, user).await? {
        let data = json!({"name": team.name, "user": user});
        journal::enter(tx, "team.member_added", subject(team.id), &[Subject::new("user", user.0)], data);
    }
    Ok(())
}

async fn take_out(tx: &mut Tx, team: &Team, user: UserId) -> Result<()> {
    if store::remove(tx, team.id, user).await? {
        door::suspect(user);
        let data = json!({"name": team.name, "user": user});
        journal::enter(tx, "team.member_removed", subject(team.id), &[Subject::new("user", user.0)], data);
    }
    Ok(())
}

/// The team, when the actor is an administrator or one of its members.
async fn require_to_run(tx: &mut Tx, id: TeamId) -> Result<Team> {
    let team = get(tx, id).await?;
    if rights::require_role(tx, Role::Admin).is_ok() {
        return Ok(team);
    }
    rights::require_scope(tx, Right::Edit)?;
    let me = users::require_signed_in(tx)?;
    if tx.actor().role != Role::Guest && !team.is_everyone && store::is_member(tx, id, me).await? {
        return Ok(team);
    }
    Err(Error::denied(
        "team.not_member",
        format!("This takes a member of the team {} or an administrator", team.name),
    ))
}

fn taken(error: Error, name: &str) -> Error {
    if db::violated_constraint(&error).is_some_and(|constraint| constraint.contains("name")) {
        return Error::conflict("team.name_taken", format!("There is a team named {name} already"));
    }
    error
}

fn valid_name(tx: &Tx, name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Error::invalid("team.name", "A team needs a name, without line breaks"));
    }
    tx.limits().check(Limit::NameChars, name.chars().count(), "the name")?;
    Ok(name.to_owned())
}

fn valid_description(tx: &Tx, text: &str) -> Result<String> {
    if text.contains('\0') {
        return Err(Error::invalid("team.description", "A description cannot hold the character NUL"));
    }
    tx.limits().check(Limit::TextChars, text.chars().count(), "the description")?;
    Ok(text.to_owned())
}
