//! Personal tokens: how scripts prove who they are. A token acts for its user, with all of their rights or only with its scopes.

pub(crate) mod api;
mod store;
#[cfg(test)]
mod tests;

use crate::{door, hash, rights, users};
use base::id::{TokenId, UserId};
use base::{Error, Limit, Result, Right, Role, Secret, Time, random};
use db::Tx;
use journal::Subject;
use serde_json::json;

/// A token, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Whom it acts for.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// The rights that it is limited to; `None` when it is not limited.
    pub scopes: Option<Vec<Right>>,
    /// When it was made.
    pub created_at: Time,
    /// When it ends by itself.
    pub expires_at: Option<Time>,
    /// When it was used, give or take an hour.
    pub last_used_at: Option<Time>,
}

/// What a new token is made from.
#[derive(Clone, Debug, Default)]
pub struct NewToken {
    /// What its owner calls it.
    pub name: String,
    /// The rights that it is limited to.
    pub scopes: Option<Vec<Right>>,
    /// When it ends by itself.
    pub expires_at: Option<Time>,
}

fn enter(tx: &mut Tx, verb: &'static str, token: &Token) {
    let data = json!({"name": token.name, "user": token.user, "scopes": token.scopes, "expires_at": token.expires_at});
    journal::enter(tx, verb, Subject::new("token", token.id.0), &[Subject::new("user", token.user.0)], data);
}

/// Makes a token and returns its text, which is never shown again. For oneself; administrators make them for anybody. A limited
/// token makes only tokens that are limited at least as much.
pub async fn create(tx: &mut Tx, user: UserId, new: NewToken) -> Result<(Token, Secret)> {
    let text = Secret::new(format!("sb_{}", random::word::<32>()));
    let token = create_given(tx, user, new, &text).await?;
    Ok((token, text))
}

/// Makes a token with a text that was chosen elsewhere: the one that the environment gives at the first start.
pub(crate) async fn create_given(tx: &mut Tx, user: UserId, new: NewToken, text: &Secret) -> Result<Token> {
    require_owner(tx, user)?;
    let owner = users::get(tx, user).await?;
    if !owner.active {
        return Err(Error::conflict("user.inactive", format!("{} has been deactivated", owner.name)));
    }
    let name = new.name.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Error::invalid("token.name", "A token needs a name, without line breaks"));
    }
    tx.limits().check(Limit::NameChars, name.chars().count(), "the name")?;
    if new.expires_at.is_some_and(|at| at <= tx.now()) {
        return Err(Error::invalid("token.expired", "A token ends in the future"));
    }
    let token = Token {
        id: tx.new_id(),
        user,
        name: name.to_owned(),
        scopes: narrow(tx, new.scopes)?,
        created_at: tx.now(),
        expires_at: new.expires_at,
        last_used_at: None,
    };
    store::insert(tx, &token, &hash::of(text.reveal())).await?;
    enter(tx, "token.created", &token);
    Ok(token)
}

/// A user's tokens, the newest first. For oneself and for administrators.
pub async fn list(tx: &mut Tx, user: UserId) -> Result<Vec<Token>> {
    require_owner(tx, user)?;
    store::of_user(tx, user).await
}

/// Ends a token at once. For its owner and for administrators.
pub async fn revoke(tx: &mut Tx, user: UserId, id: TokenId) -> Result<()> {
    require_owner(tx, user)?;
    let tokens = store::of_user(tx, user).await?;
    let Some(token) = tokens.iter().find(|token| token.id == id) else {
        return Err(Error::missing("token.missing", format!("There is no token {id}")));
    };
    door::suspect(user);
    store::delete(tx, id).await?;
    enter(tx, "token.revoked", token);
    Ok(())
}

/// Ends every token of a user.
pub(crate) async fn revoke_all(tx: &mut Tx, user: UserId) -> Result<()> {
    for token in store::of_user(tx, user).await? {
        store::delete(tx, token.id).await?;
        enter(tx, "token.revoked", &token);
    }
    Ok(())
}

/// The token with this hash and its owner, when it has not ended and they are active.
pub(crate) async fn by_hash(tx: &mut Tx, hash: &str) -> Result<Option<(Token, users::User)>> {
    let now = tx.now();
    let found = store::by_hash(tx, hash).await?;
    Ok(found.filter(|(token, user)| user.active && token.expires_at.is_none_or(|at| at > now)))
}

/// Remembers that a token was used at `at`.
pub(crate) async fn record_use(tx: &mut Tx, id: TokenId, at: Time) -> Result<()> {
    store::record_use(tx, id, at).await
}

fn require_owner(tx: &Tx, user: UserId) -> Result<()> {
    if tx.actor().user == Some(user) {
        rights::require_scope(tx, Right::Edit)
    } else {
        rights::require_role(tx, Role::Admin)
    }
}

fn narrow(tx: &Tx, wanted: Option<Vec<Right>>) -> Result<Option<Vec<Right>>> {
    let Some(own) = &tx.actor().scopes else { return Ok(wanted) };
    let lacking = match &wanted {
        None => true,
        Some(wanted) => wanted.iter().any(|right| !own.contains(right)),
    };
    if lacking {
        let own: Vec<_> = own.iter().map(|right| right.as_str()).collect();
        let message = format!("A limited token makes tokens with its own scopes only: {}", own.join(", "));
        return Err(Error::denied("token.scope", message));
    }
    Ok(wanted)
}
