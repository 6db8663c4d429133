//! Signing in with an address and a password.
//!
//! An attempt is counted before the password is looked at and forgiven when it was right, so that a thousand attempts at once
//! are not all let through. An unknown address is answered in the same words and after the same work as a wrong password.

mod store;
#[cfg(test)]
mod tests;

use crate::users::{self, User, email_key};
use crate::{door, passwords, sessions};
use base::id::AnyId;
use base::{Actor, Door, Error, Limit, Result, Secret};
use db::{Db, Tx};
use std::time::Duration;

/// The time in which failures are counted.
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// From where somebody signs in.
#[derive(Clone, Debug, Default)]
pub struct From {
    /// The address of the network; empty when it is not known.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
}

/// Checks an address and a password and starts a session; returns what goes into its cookie.
///
/// Several transactions, because a password is never checked inside one.
pub async fn sign_in(db: &Db, email: &str, password: Secret, from: &From) -> Result<(User, Secret)> {
    let account: String = email_key(email.trim()).chars().filter(|c| !c.is_control()).take(254).collect();
    let attempt = count_attempt(db, &account, &from.address).await?;

    let mut tx = db.read(&Actor::system()).await?;
    let found = users::password_of(&mut tx, &account).await?;
    drop(tx);
    let (user, stored) = found.map_or((None, None), |(user, stored)| (Some(user), stored));
    let is_right = passwords::verify(stored.clone(), password).await?;
    let Some(user) = user.filter(|_| is_right) else {
        return Err(Error::unauthenticated(
            "sign_in.no_match",
            "That email and password do not match. Try again, or set a new password.",
        ));
    };

    let mut tx = db.write(&door::actor_of(&user, Door::Web)).await?;
    // The password may have been changed, or its user deactivated, while it was being checked.
    let still = users::password_of(&mut tx, &account).await?;
    let is_same =
        still.is_some_and(|(_, now)| now.map(|h| h.text().to_owned()) == stored.map(|h| h.text().to_owned()));
    if !is_same {
        return Err(Error::conflict("sign_in.changed", "Your account has just been changed. Sign in again"));
    }
    store::forgive(&mut tx, attempt, &account, &from.address).await?;
    let secret = sessions::start(&mut tx, &from.address, &from.agent).await?;
    tx.commit().await?;
    Ok((user, secret))
}

async fn count_attempt(db: &Db, account: &str, address: &str) -> Result<AnyId> {
    let mut tx = db.write(&Actor::system()).await?;
    let (now, since) = (tx.now(), tx.now().minus(WINDOW));
    let most = i64::try_from(tx.limits().get(Limit::FailedLoginsPerQuarterHour)).unwrap_or(i64::MAX);
    let (by_account, by_address, oldest) = store::count(&mut tx, account, address, since).await?;
    if by_account >= most || by_address >= most {
        let wait = oldest.map_or(WINDOW, |at| at.plus(WINDOW).since(now));
        let minutes = wait.as_secs().div_ceil(60).max(1);
        let message = format!("Too many attempts to sign in. Try again in {minutes} minutes");
        return Err(Error::limited("sign_in.too_many", message, wait.as_secs() + 1));
    }
    let attempt = tx.new_id();
    store::insert(&mut tx, attempt, account, address).await?;
    tx.commit().await?;
    Ok(attempt)
}

/// Forgets the attempts that do not count any more.
pub(crate) async fn forget_old(tx: &mut Tx) -> Result<()> {
    let since = tx.now().minus(WINDOW);
    store::forget_before(tx, since).await
}
