//! A user is a person or a machine account. Users are made by administrators, are never deleted and keep their history.
//!
//! Everybody in the workspace but guests sees everybody; a guest sees those with whom they share a team or a subject. Not here:
//! proving who one is (`door`, `sessions`, `tokens`) and what one may do (`rights`, `grants`).

pub(crate) mod api;
mod store;
#[cfg(test)]
mod tests;

use crate::passwords::PasswordHash;
use crate::{door, rights, sessions, teams, tokens, workspace};
use base::id::{TeamId, UserId};
use base::{Error, Limit, Result, Right, Role, Time};
use db::Tx;
use journal::Subject;
use serde_json::json;
use std::collections::BTreeMap;

pub(crate) use store::{USER_COLUMNS, columns as user_from_columns, user as user_from_row};

/// A person or a machine account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The address, as it was typed; it names one user whatever its case.
    pub email: String,
    /// The name to show.
    pub name: String,
    /// What they are in the workspace.
    pub role: Role,
    /// Whether they may still come in.
    pub active: bool,
    /// The IANA name of their time zone.
    pub time_zone: String,
    /// The hash of the blob that holds their photo.
    pub photo: Option<String>,
    /// When they were made.
    pub created_at: Time,
}

/// What a new user is made from.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The address.
    pub email: String,
    /// The name to show; without one it is the first part of the address.
    pub name: Option<String>,
    /// What they are in the workspace.
    pub role: Role,
    /// The password; without one they set it through a link.
    pub password: Option<PasswordHash>,
}

/// What changes about a user; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// The address; for administrators.
    pub email: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// What they are in the workspace; for administrators.
    pub role: Option<Role>,
    /// Whether they may come in; for administrators.
    pub active: Option<bool>,
    /// The IANA name of their time zone.
    pub time_zone: Option<String>,
    /// The photo; `Some(None)` takes it away.
    pub photo: Option<Option<String>>,
}

/// Which users a list is about.
#[derive(Clone, Debug)]
pub struct UserFilter {
    /// Only members of this team.
    pub team: Option<TeamId>,
    /// Only those whose name or address contains this.
    pub query: Option<String>,
    /// Deactivated ones too.
    pub include_inactive: bool,
    /// Only those after this one.
    pub after: Option<UserId>,
    /// At most so many.
    pub limit: usize,
}

impl Default for UserFilter {
    fn default() -> Self {
        Self { team: None, query: None, include_inactive: false, after: None, limit: 100 }
    }
}

fn subject(user: UserId) -> Subject {
    Subject::new("user", user.0)
}

fn unknown(what: impl std::fmt::Display) -> Error {
    Error::missing("user.missing", format!("There is no user {what}"))
}

/// Who acts, when it is somebody who signed in.
pub fn require_signed_in(tx: &Tx) -> Result<UserId> {
    tx.actor().user.ok_or_else(|| Error::unauthenticated("people.not_signed_in", "Sign in first"))
}

/// Makes a user. For administrators.
pub async fn create(tx: &mut Tx, new: NewUser) -> Result<User> {
    rights::require_role(tx, Role::Admin)?;
    let email = valid_email(&new.email)?;
    let name = match new.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => valid_name(tx, name)?,
        None => email.split('@').next().unwrap_or("somebody").to_owned(),
    };
    let user = User {
        id: tx.new_id(),
        email,
        name,
        role: new.role,
        active: true,
        time_zone: "UTC".to_owned(),
        photo: None,
        created_at: tx.now(),
    };
    store::insert(tx, &user, new.password.as_ref()).await.map_err(|error| taken(error, &user.email))?;
    teams::follow_role(tx, user.id, user.role).await?;
    workspace::learn_domain(tx, &user.email).await?;
    let data = json!({"name": user.name, "email": user.email, "role": user.role});
    journal::enter(tx, "user.created", subject(user.id), &[], data);
    Ok(user)
}

/// The user that `text` names: an id, an address, or "me".
pub async fn find(tx: &mut Tx, text: &str) -> Result<User> {
    if text.eq_ignore_ascii_case("me") {
        let me = require_signed_in(tx)?;
        return store::by_id(tx, me).await?.ok_or_else(|| unknown("me"));
    }
    let shown: String = text.chars().take(80).collect();
    let found = match text.parse::<UserId>() {
        Ok(id) => store::by_id(tx, id).await?,
        Err(_) if text.contains('@') => store::by_email(tx, &email_key(text.trim())).await?,
        Err(_) => None,
    };
    let user = found.ok_or_else(|| unknown(&shown))?;
    if sees(tx, user.id).await? { Ok(user) } else { Err(unknown(&shown)) }
}

/// The user with this id.
pub async fn get(tx: &mut Tx, id: UserId) -> Result<User> {
    let user = store::by_id(tx, id).await?.ok_or_else(|| unknown(id))?;
    if sees(tx, id).await? { Ok(user) } else { Err(unknown(id)) }
}

/// The user with this id, if there is one; whoever sees the id somewhere may see the name.
pub async fn opt(tx: &mut Tx, id: UserId) -> Result<Option<User>> {
    store::by_id(tx, id).await
}

/// The users with these ids; whoever sees the ids somewhere may see the names.
pub async fn by_ids(tx: &mut Tx, ids: &[UserId]) -> Result<BTreeMap<UserId, User>> {
    store::by_ids(tx, ids).await
}

/// The users that `filter` is about and the actor may see, by id.
pub async fn list(tx: &mut Tx, filter: &UserFilter) -> Result<Vec<User>> {
    rights::require_role(tx, Role::Guest)?;
    let viewer = guest(tx);
    store::list(tx, filter, viewer).await
}

/// The active administrators, whom refusals name as the ones who can help.
pub async fn admins(tx: &mut Tx) -> Result<Vec<User>> {
    store::admins(tx).await
}

/// Whether there is nobody yet.
pub async fn is_nobody_here(tx: &mut Tx) -> Result<bool> {
    store::is_empty(tx).await
}

/// Changes a user: oneself, or for administrators anybody. The last active administrator stays one.
pub async fn change(tx: &mut Tx, id: UserId, change: UserChange) -> Result<User> {
    let is_self = tx.actor().user == Some(id);
    if change.email.is_some() || change.role.is_some() || change.active.is_some() || !is_self {
        rights::require_role(tx, Role::Admin)?;
    } else {
        rights::require_scope(tx, Right::Edit)?;
    }
    // Two administrators who demote each other at once must not both succeed.
    workspace::lock(tx).await?;
    let old = store::by_id(tx, id).await?.ok_or_else(|| unknown(id))?;
    let mut user = old.clone();
    if let Some(email) = change.email {
        user.email = valid_email(&email)?;
    }
    if let Some(name) = change.name {
        user.name = valid_name(tx, name.trim())?;
    }
    if let Some(zone) = change.time_zone {
        user.time_zone = valid_zone(&zone)?;
    }
    if let Some(photo) = change.photo {
        user.photo = photo;
    }
    user.role = change.role.unwrap_or(user.role);
    user.active = change.active.unwrap_or(user.active);
    if user == old {
        return Ok(user);
    }
    let was_admin = old.active && old.role == Role::Admin;
    if was_admin && !(user.active && user.role == Role::Admin) && store::count_admins(tx).await? < 2 {
        return Err(Error::conflict(
            "user.last_admin",
            format!("{} is the last administrator; make somebody else one first", old.name),
        ));
    }
    store::update(tx, &user).await.map_err(|error| taken(error, &user.email))?;
    door::suspect(user.id);
    apply_access(tx, &old, &user).await?;
    enter_change(tx, &old, &user);
    Ok(user)
}

/// Lets the user in no longer: their sessions and tokens end at once, what they did stays theirs.
pub async fn deactivate(tx: &mut Tx, id: UserId) -> Result<User> {
    change(tx, id, UserChange { active: Some(false), ..UserChange::default() }).await
}

/// Sets a password: one's own, or (through a link made by an administrator) that of whoever holds the link. Other sessions end.
pub async fn set_password(tx: &mut Tx, id: UserId, password: &PasswordHash) -> Result<()> {
    if tx.actor().user != Some(id) {
        rights::require_role(tx, Role::Admin)?;
    } else if tx.actor().scopes.is_some() {
        return Err(Error::denied(
            "token.scope",
            "A token that is limited to some rights cannot set a password",
        ));
    }
    store::by_id(tx, id).await?.ok_or_else(|| unknown(id))?;
    store::set_password(tx, id, password).await?;
    sessions::end_all(tx, id).await?;
    journal::enter(tx, "user.password_set", subject(id), &[], json!({}));
    Ok(())
}

/// The stored password of whoever has this address, and who it is; deactivated users have none.
pub(crate) async fn password_of(tx: &mut Tx, email: &str) -> Result<Option<(User, Option<PasswordHash>)>> {
    store::password_of(tx, &email_key(email.trim())).await
}

async fn apply_access(tx: &mut Tx, old: &User, user: &User) -> Result<()> {
    if old.role == user.role && old.active == user.active {
        return Ok(());
    }
    if old.role != user.role {
        teams::follow_role(tx, user.id, user.role).await?;
    }
    if !user.active {
        sessions::end_all(tx, user.id).await?;
        tokens::revoke_all(tx, user.id).await?;
    }
    Ok(())
}

fn enter_change(tx: &mut Tx, old: &User, user: &User) {
    if old.active != user.active {
        let verb = if user.active { "user.reactivated" } else { "user.deactivated" };
        journal::enter(tx, verb, subject(user.id), &[], json!({"name": user.name}));
    }
    let mut changes = serde_json::Map::new();
    let mut note = |field: &str, old: serde_json::Value, new: serde_json::Value| {
        if old != new {
            changes.insert(field.to_owned(), json!({"old": old, "new": new}));
        }
    };
    note("name", json!(old.name), json!(user.name));
    note("email", json!(old.email), json!(user.email));
    note("role", json!(old.role), json!(user.role));
    note("time_zone", json!(old.time_zone), json!(user.time_zone));
    note("photo", json!(old.photo), json!(user.photo));
    if !changes.is_empty() {
        journal::enter(
            tx,
            "user.changed",
            subject(user.id),
            &[],
            json!({"name": user.name, "changes": changes}),
        );
    }
}

/// The actor when they are a guest, who sees only some people.
fn guest(tx: &Tx) -> Option<UserId> {
    let actor = tx.actor();
    if actor.is_system() || actor.role != Role::Guest { None } else { Some(actor.user.unwrap_or(UserId(0))) }
}

async fn sees(tx: &mut Tx, other: UserId) -> Result<bool> {
    match guest(tx) {
        None => Ok(true),
        Some(me) if me == other => Ok(true),
        Some(me) => store::guest_sees(tx, me, other).await,
    }
}

fn taken(error: Error, email: &str) -> Error {
    if db::violated_constraint(&error).is_some_and(|name| name.contains("email")) {
        return Error::conflict(
            "user.email_taken",
            format!("Somebody with the address {email} is here already"),
        );
    }
    error
}

/// The form in which addresses are compared. Not SQL's `lower`, which differs between the databases outside ASCII.
pub(crate) fn email_key(email: &str) -> String {
    email.to_lowercase()
}

fn valid_email(text: &str) -> Result<String> {
    let email = text.trim();
    let is_plain = |part: &str| {
        !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control() || "<>,;\"".contains(c))
    };
    match email.split_once('@') {
        Some((local, domain))
            if email.len() <= 254 && is_plain(local) && is_plain(domain) && !domain.contains('@') =>
        {
            Ok(email.to_owned())
        }
        _ => {
            let shown: String = email.chars().take(80).collect();
            Err(Error::invalid("user.email", format!("{shown:?} is not an e-mail address")))
        }
    }
}

fn valid_name(tx: &Tx, name: &str) -> Result<String> {
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Error::invalid("user.name", "A name has at least one letter and no line breaks"));
    }
    tx.limits().check(Limit::NameChars, name.chars().count(), "the name")?;
    Ok(name.to_owned())
}

fn valid_zone(zone: &str) -> Result<String> {
    let zone = zone.trim();
    base::jiff::tz::TimeZone::get(zone).map(|_| zone.to_owned()).map_err(|_| {
        let shown: String = zone.chars().take(60).collect();
        Error::invalid("user.time_zone", format!("{shown:?} is not a time zone; write it like Europe/Berlin"))
    })
}
