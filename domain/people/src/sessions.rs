//! Sessions: how browsers stay signed in. A session ends when it has not been used for thirty days, when its user ends it, and
//! at once when the user is deactivated or gets a new password.

pub(crate) mod api;
mod store;

use crate::{door, hash, rights, users};
use base::id::{AnyId, UserId};
use base::{Error, Result, Right, Role, Secret, Time, random};
use db::Tx;
use journal::Subject;
use serde_json::json;
use std::time::Duration;

/// How long a session lasts after its last use.
pub const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// A session, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: AnyId,
    /// Who is signed in.
    pub user: UserId,
    /// Since when.
    pub created_at: Time,
    /// When it was used, give or take an hour.
    pub last_seen_at: Time,
    /// When it ends unless it is used.
    pub expires_at: Time,
    /// The address that it was started from.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
}

fn enter(tx: &mut Tx, verb: &'static str, session: &Session) {
    let data = json!({"user": session.user, "address": session.address, "agent": session.agent});
    journal::enter(
        tx,
        verb,
        Subject::new("session", session.id.0),
        &[Subject::new("user", session.user.0)],
        data,
    );
}

/// Starts a session of the actor and returns what goes into the cookie.
pub async fn start(tx: &mut Tx, address: &str, agent: &str) -> Result<Secret> {
    let user = users::require_signed_in(tx)?;
    let now = tx.now();
    let session = Session {
        id: tx.new_id(),
        user,
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus(LIFETIME),
        address: printable(address, 60),
        agent: printable(agent, 200),
    };
    let secret = Secret::new(random::word::<32>());
    store::insert(tx, &session, &hash::of(secret.reveal())).await?;
    enter(tx, "session.started", &session);
    Ok(secret)
}

/// A user's sessions, the newest first. For oneself and for administrators.
pub async fn list(tx: &mut Tx, user: UserId) -> Result<Vec<Session>> {
    require_owner(tx, user)?;
    let now = tx.now();
    Ok(store::of_user(tx, user).await?.into_iter().filter(|session| session.expires_at > now).collect())
}

/// Ends one session. For its user and for administrators.
pub async fn end(tx: &mut Tx, user: UserId, id: AnyId) -> Result<()> {
    require_owner(tx, user)?;
    let sessions = store::of_user(tx, user).await?;
    let Some(session) = sessions.iter().find(|session| session.id == id) else {
        return Err(Error::missing("session.missing", format!("There is no session {id}")));
    };
    door::suspect(user);
    store::delete(tx, id).await?;
    enter(tx, "session.ended", session);
    Ok(())
}

/// Ends the session that this cookie belongs to, if there is one: signing out.
pub async fn end_by_secret(tx: &mut Tx, secret: &Secret) -> Result<()> {
    if let Some((session, _)) = store::by_hash(tx, &hash::of(secret.reveal())).await? {
        door::suspect(session.user);
        store::delete(tx, session.id).await?;
        enter(tx, "session.ended", &session);
    }
    Ok(())
}

/// The session that a request comes with, when it comes with a cookie that is good.
pub(crate) async fn of_request(tx: &mut Tx, headers: &axum::http::HeaderMap) -> Result<Option<Session>> {
    match door::cookie(headers) {
        Some(secret) => Ok(by_hash(tx, &hash::of(secret.reveal())).await?.map(|(session, _)| session)),
        None => Ok(None),
    }
}

/// Ends every session of a user.
pub(crate) async fn end_all(tx: &mut Tx, user: UserId) -> Result<()> {
    door::suspect(user);
    for session in store::of_user(tx, user).await? {
        store::delete(tx, session.id).await?;
        enter(tx, "session.ended", &session);
    }
    Ok(())
}

/// Forgets the sessions that have ended by themselves.
pub(crate) async fn forget_expired(tx: &mut Tx) -> Result<()> {
    store::delete_expired(tx).await
}

/// The session with this hash and who is signed in, when it has not ended and they are active.
pub(crate) async fn by_hash(tx: &mut Tx, hash: &str) -> Result<Option<(Session, users::User)>> {
    let now = tx.now();
    let found = store::by_hash(tx, hash).await?;
    Ok(found.filter(|(session, user)| user.active && session.expires_at > now))
}

/// Moves the end of a session that was used at `at`.
pub(crate) async fn slide(tx: &mut Tx, id: AnyId, at: Time) -> Result<()> {
    store::slide(tx, id, at, at.plus(LIFETIME)).await
}

fn require_owner(tx: &Tx, user: UserId) -> Result<()> {
    if tx.actor().user == Some(user) {
        rights::require_scope(tx, Right::Edit)
    } else {
        rights::require_role(tx, Role::Admin)
    }
}

/// What came from outside, short and without control characters.
fn printable(text: &str, chars: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(chars).collect()
}
