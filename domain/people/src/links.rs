//! Links that work once: one makes the first administrator, the other lets a user set a password.

mod store;

use crate::passwords::PasswordHash;
use crate::{hash, rights, users};
use base::id::UserId;
use base::{Error, Result, Role, Secret, random};
use db::Tx;
use journal::Subject;
use serde_json::json;
use std::time::Duration;

/// How long a password link works.
pub const PASSWORD_LINK_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

base::text_enum! {
    /// What a link is for.
    pub(crate) enum Purpose {
        Setup = "setup",
        Password = "password",
    }
}

fn used_up() -> Error {
    Error::missing(
        "link.used",
        "This link has been used, or it has run out. Ask an administrator for a new one",
    )
}

/// Makes the link of a first start. Links of earlier starts go on working until one is used: two nodes may start at once, and
/// each prints its own.
pub(crate) async fn make_setup(tx: &mut Tx) -> Result<Secret> {
    let secret = Secret::new(random::word::<32>());
    store::insert(tx, &hash::of(secret.reveal()), Purpose::Setup, None, None).await?;
    Ok(secret)
}

/// Makes a link with which `user` sets a password. For administrators.
pub async fn make_password(tx: &mut Tx, user: UserId) -> Result<Secret> {
    rights::require_role(tx, Role::Admin)?;
    let user = users::get(tx, user).await?;
    if !user.active {
        return Err(Error::conflict("user.inactive", format!("{} has been deactivated", user.name)));
    }
    let secret = Secret::new(random::word::<32>());
    let expires_at = tx.now().plus(PASSWORD_LINK_LIFETIME);
    store::delete_of_user(tx, user.id).await?;
    store::insert(tx, &hash::of(secret.reveal()), Purpose::Password, Some(user.id), Some(expires_at)).await?;
    journal::enter(
        tx,
        "user.password_link_made",
        Subject::new("user", user.id.0),
        &[],
        json!({"name": user.name}),
    );
    Ok(secret)
}

/// Checks that the link of a first start works still.
pub async fn check_setup(tx: &mut Tx, secret: &str) -> Result<()> {
    store::find(tx, &hash::of(secret), Purpose::Setup).await?.map(|_| ()).ok_or_else(used_up)
}

/// Whose password a link sets, if it works still.
pub async fn check_password(tx: &mut Tx, secret: &str) -> Result<users::User> {
    let user = store::find(tx, &hash::of(secret), Purpose::Password).await?.flatten().ok_or_else(used_up)?;
    let user = users::opt(tx, user).await?;
    user.filter(|user| user.active).ok_or_else(used_up)
}

/// Uses the link of a first start: makes the first administrator. Every other such link ends with it.
pub async fn use_setup(tx: &mut Tx, secret: &str, new: users::NewUser) -> Result<users::User> {
    crate::workspace::lock(tx).await?;
    check_setup(tx, secret).await?;
    if !users::is_nobody_here(tx).await? {
        return Err(used_up());
    }
    store::delete_purpose(tx, Purpose::Setup).await?;
    let before = tx.become_actor(base::Actor::system());
    let made = users::create(tx, users::NewUser { role: Role::Admin, ..new }).await;
    tx.become_actor(before);
    made
}

/// Uses a password link.
pub async fn use_password(tx: &mut Tx, secret: &str, password: &PasswordHash) -> Result<users::User> {
    let user = check_password(tx, secret).await?;
    if !store::delete(tx, &hash::of(secret)).await? {
        return Err(used_up());
    }
    store::delete_of_user(tx, user.id).await?;
    let before = tx.become_actor(crate::door::actor_of(&user, base::Door::Web));
    let set = users::set_password(tx, user.id, password).await;
    tx.become_actor(before);
    set.map(|()| user)
}

/// Forgets the links that have run out.
pub(crate) async fn forget_expired(tx: &mut Tx) -> Result<()> {
    store::delete_expired(tx).await
}
