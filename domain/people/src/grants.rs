//! Who may do what with which subject. A subject is named by its text, `project:12`, so that this crate need not know the nouns
//! above it; a right on it is held by a user or by a team.
//!
//! Not here: whether the actor may do something (`rights`), which asks this.

pub(crate) mod api;
mod store;
#[cfg(test)]
mod tests;

use crate::rights::{self, RightSet};
use crate::users::{self, User};
use base::id::{TeamId, UserId};
use base::{Error, Result, Right, Role, Time};
use db::Tx;
use journal::Subject;
use serde_json::json;

/// Who holds a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Holder {
    /// One user.
    User(UserId),
    /// Everybody in a team.
    Team(TeamId),
}

/// What one holder may do with one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The subject's text.
    pub subject: String,
    /// Who may.
    pub holder: Holder,
    /// What.
    pub rights: RightSet,
    /// Since when.
    pub granted_at: Time,
    /// Who said so; nobody when it came with the subject.
    pub granted_by: Option<UserId>,
}

/// A subject's text, taken apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'a> {
    kind: &'a str,
    id: i64,
}

impl<'a> Key<'a> {
    pub(crate) fn parse(subject: &'a str) -> Result<Self> {
        subject
            .split_once(':')
            .and_then(|(kind, id)| Some(Self { kind, id: id.parse().ok()? }))
            .filter(|key| !key.kind.is_empty())
            .ok_or_else(|| Error::bug("subject.malformed", format!("{subject:?} does not name a subject")))
    }
}

/// Gives the first rights on a new subject. For the verb that makes it: nobody can hold them before, so nothing is checked
/// but that there are none yet.
pub async fn endow(tx: &mut Tx, subject: &str, first: &[(Holder, RightSet)]) -> Result<()> {
    let key = Key::parse(subject)?;
    if !store::of_subject(tx, key).await?.is_empty() {
        return Err(Error::bug("grant.endowed", format!("{subject} has been endowed before")));
    }
    for (holder, rights) in first.iter().filter(|(_, rights)| !rights.is_empty()) {
        store::put(tx, key, *holder, *rights, None).await?;
    }
    Ok(())
}

/// Replaces what `holder` may do with `subject`; nothing takes it all away. Needs `admin` on it and every right that is given.
pub async fn set(tx: &mut Tx, subject: &str, holder: Holder, new: RightSet) -> Result<()> {
    let key = Key::parse(subject)?;
    let old = store::rights_of_holder(tx, key, holder).await?;
    require_to_grant(tx, subject, new).await?;
    require_holder(tx, holder).await?;
    if old == new {
        return Ok(());
    }
    if new.is_empty() {
        store::remove(tx, key, holder).await?;
    } else {
        let by = tx.actor().user;
        store::put(tx, key, holder, new, by).await?;
    }
    enter(tx, key, holder, old, new);
    Ok(())
}

/// Adds to what `holder` may do with `subject`.
pub async fn allow(tx: &mut Tx, subject: &str, holder: Holder, more: RightSet) -> Result<()> {
    let old = store::rights_of_holder(tx, Key::parse(subject)?, holder).await?;
    require_to_grant(tx, subject, more).await?;
    if old.covers(more) {
        return Ok(());
    }
    require_holder(tx, holder).await?;
    let (key, new) = (Key::parse(subject)?, old.union(more));
    let by = tx.actor().user;
    store::put(tx, key, holder, new, by).await?;
    enter(tx, key, holder, old, new);
    Ok(())
}

/// Takes away what `holder` may do with `subject`. Needs `admin` on it; everybody may give up their own.
pub async fn revoke(tx: &mut Tx, subject: &str, holder: Holder) -> Result<()> {
    let key = Key::parse(subject)?;
    let own = matches!((holder, tx.actor().user), (Holder::User(user), Some(me)) if user == me);
    if own {
        rights::require_scope(tx, Right::Edit)?;
    } else {
        rights::require(tx, subject, Right::Admin).await?;
    }
    let old = store::rights_of_holder(tx, key, holder).await?;
    if !old.is_empty() {
        store::remove(tx, key, holder).await?;
        enter(tx, key, holder, old, RightSet::NONE);
    }
    Ok(())
}

/// Everything that was granted on `subject`. The caller has checked that the actor sees it.
pub async fn list(tx: &mut Tx, subject: &str) -> Result<Vec<Grant>> {
    let key = Key::parse(subject)?;
    store::of_subject(tx, key).await
}

/// What one holder was granted on `subject` directly.
pub async fn of_holder(tx: &mut Tx, subject: &str, holder: Holder) -> Result<RightSet> {
    store::rights_of_holder(tx, Key::parse(subject)?, holder).await
}

/// Forgets every grant on a subject that is gone for good.
pub async fn drop_subject(tx: &mut Tx, subject: &str) -> Result<()> {
    store::drop_subject(tx, Key::parse(subject)?).await
}

/// What `user` may do with `subject`, through teams too. Deactivated users may do nothing, administrators everything.
pub async fn rights_on(tx: &mut Tx, subject: &str, user: UserId) -> Result<RightSet> {
    match users::opt(tx, user).await? {
        Some(user) if user.active && user.role == Role::Admin => Ok(RightSet::ALL),
        Some(user) if user.active => held(tx, subject, user.id).await,
        Some(_) | None => Ok(RightSet::NONE),
    }
}

/// The active users who have `right` on `subject`, by name: those with a grant, alone or through a team, and the administrators.
pub async fn who_has(tx: &mut Tx, subject: &str, right: Right) -> Result<Vec<User>> {
    let key = Key::parse(subject)?;
    store::who_has(tx, key, right).await
}

/// The ids of the subjects of a kind on which `user` holds any right (and so may see).
pub async fn subjects(tx: &mut Tx, kind: &str, user: UserId) -> Result<Vec<i64>> {
    store::subjects(tx, kind, user).await
}

/// A sub-select of the ids of subjects of `kind` that the user in parameter `$user_param` may see, for `p.id in (...)`.
/// Administrators need no condition: see [`rights::sees_all`].
pub fn visible_sql(kind: &'static str, user_param: usize) -> String {
    store::visible(kind, &format!("${user_param}"))
}

/// The same with `?` for the user's id, twice, as [`db::Filter::and`] takes it.
pub fn visible_condition(column: &str, kind: &'static str, user: UserId) -> (String, [base::Value; 2]) {
    (format!("{column} in ({})", store::visible(kind, "?")), [user.into(), user.into()])
}

pub(crate) async fn held(tx: &mut Tx, subject: &str, user: UserId) -> Result<RightSet> {
    store::rights_of_user(tx, Key::parse(subject)?, user).await
}

async fn require_to_grant(tx: &mut Tx, subject: &str, given: RightSet) -> Result<()> {
    rights::require(tx, subject, Right::Admin).await?;
    let own = rights::on(tx, subject).await?;
    if own.covers(given) {
        return Ok(());
    }
    let lacking: Vec<_> = given.iter().filter(|right| !own.contains(*right)).map(Right::as_str).collect();
    Err(Error::denied(
        "grant.lacking",
        format!("Nobody grants what they lack, and {} lacks {}", tx.actor().name, lacking.join(", ")),
    ))
}

async fn require_holder(tx: &mut Tx, holder: Holder) -> Result<()> {
    match holder {
        Holder::User(user) => {
            let user = users::opt(tx, user).await?;
            user.map(|_| ()).ok_or_else(|| Error::missing("user.missing", "There is no such user"))
        }
        Holder::Team(team) => crate::teams::get(tx, team).await.map(|_| ()),
    }
}

fn enter(tx: &mut Tx, key: Key<'_>, holder: Holder, old: RightSet, new: RightSet) {
    let (who, name) = match holder {
        Holder::User(user) => (Subject::new("user", user.0), "user"),
        Holder::Team(team) => (Subject::new("team", team.0), "team"),
    };
    let verb = if new.is_empty() { "grant.revoked" } else { "grant.given" };
    let data = json!({"holder": name, "id": match holder { Holder::User(u) => u.0, Holder::Team(t) => t.0 }.to_string(), "old": old, "new": new});
    let subject = store::subject(key);
    journal::enter(tx, verb, subject, &[who], data);
}
