//! From the headers of a request to the actor who sends it: a token (Bearer, or Basic as older clients do it) or a session's cookie.
//!
//! What a token or cookie means is remembered for five seconds, so that a busy script costs no query per request. A verb that
//! takes something away calls [`suspect`] before it commits: from then on this node asks the database about that user every time,
//! until no transaction begun before the change can be alive. So a revoked token stops at once here, and within five seconds on
//! other nodes.

use crate::users::{User, email_key};
use crate::{hash, sessions, tokens};
use axum::http::{HeaderMap, header};
use base::id::{AnyId, TokenId, UserId};
use base::{Actor, Door, Error, Result, Secret, Stopwatch, Time};
use base64::Engine as _;
use db::Db;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The cookie of a session.
pub const COOKIE: &str = "signalbox_session";

/// How long another node may go on using what has been taken away.
const REMEMBERED: Duration = Duration::from_secs(5);
/// Longer than any transaction lives.
const SUSPECTED: Duration = Duration::from_secs(120);
/// How exactly the last use is recorded: a write per request would halve what the server can do.
const USE_RECORDED_EVERY: Duration = Duration::from_secs(3600);
/// More than any team has tokens in use; beyond it everything is forgotten and asked again.
const REMEMBERED_MAX: usize = 20_000;

struct Known {
    /// Which database it was asked of; a process has one, its tests have many.
    db: watch::Receiver<u64>,
    actor: Actor,
    email_key: String,
    ends_at: Option<Time>,
    since: Stopwatch,
}

#[derive(Default)]
struct Memory {
    known: HashMap<String, Known>,
    suspects: HashMap<UserId, Stopwatch>,
}

impl Memory {
    fn is_suspect(&self, user: Option<UserId>) -> bool {
        user.and_then(|user| self.suspects.get(&user)).is_some_and(|since| since.elapsed() < SUSPECTED)
    }

    fn recall(&self, db: &Db, hash: &str) -> Option<(Actor, String)> {
        let known = self.known.get(hash)?;
        let is_good = known.since.elapsed() < REMEMBERED
            && known.ends_at.is_none_or(|at| at > db.clock().now())
            && !self.is_suspect(known.actor.user)
            && known.db.same_channel(&db.commits());
        is_good.then(|| (known.actor.clone(), known.email_key.clone()))
    }

    fn remember(&mut self, hash: String, known: Known) {
        if self.is_suspect(known.actor.user) {
            return;
        }
        if self.known.len() >= REMEMBERED_MAX {
            self.known.clear();
        }
        self.known.insert(hash, known);
    }
}

static MEMORY: LazyLock<Mutex<Memory>> = LazyLock::new(Mutex::default);

fn with_memory<T>(work: impl FnOnce(&mut Memory) -> T) -> T {
    work(&mut MEMORY.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Stops trusting what is remembered of a user. Called by every verb that takes something away from them, before it commits.
pub(crate) fn suspect(user: UserId) {
    with_memory(|memory| {
        memory.suspects.retain(|_, since| since.elapsed() < SUSPECTED);
        memory.suspects.insert(user, Stopwatch::start());
    });
}

/// The actor that a user is when they come through `door`.
pub fn actor_of(user: &User, door: Door) -> Actor {
    Actor {
        user: Some(user.id),
        name: user.name.clone(),
        role: user.role,
        door,
        token: None,
        scopes: None,
        ..Actor::stranger()
    }
}

/// What a request brings to prove who sends it.
enum Proof {
    Token { text: Secret, email: Option<String> },
    Cookie(Secret),
}

/// Who sends a request with these headers. A token that is not good is an error; a cookie that has run out is nobody, so that the
/// sign-in page can be shown.
pub async fn authenticate(db: &Db, headers: &HeaderMap) -> Result<Option<Actor>> {
    let found = actor(db, headers).await?;
    if found.is_none() && headers.contains_key(header::AUTHORIZATION) {
        let message = "This token is unknown, has ended, or its owner was deactivated";
        return Err(Error::unauthenticated("token.unknown", message));
    }
    Ok(found)
}

/// Who sends a request with these headers; nobody when it brings nothing, or nothing that is good.
pub(crate) async fn actor(db: &Db, headers: &HeaderMap) -> Result<Option<Actor>> {
    match proof(headers) {
        None => Ok(None),
        Some(Proof::Token { text, email }) => {
            let found = known_or_asked(db, hash::of(text.reveal()), false).await?;
            Ok(found
                .filter(|(_, key)| email.is_none_or(|email| email_key(&email) == *key))
                .map(|(actor, _)| actor))
        }
        Some(Proof::Cookie(secret)) => {
            let found = known_or_asked(db, hash::of(secret.reveal()), true).await?;
            Ok(found.map(|(actor, _)| actor))
        }
    }
}

async fn known_or_asked(db: &Db, hash: String, is_cookie: bool) -> Result<Option<(Actor, String)>> {
    // Two kinds of secrets, so that a cookie is no token and a token no cookie.
    let key = format!("{}{hash}", if is_cookie { "cookie " } else { "token " });
    if let Some(found) = with_memory(|memory| memory.recall(db, &key)) {
        return Ok(Some(found));
    }
    let mut tx = db.read(&Actor::system()).await?;
    let now = tx.now();
    let found = if is_cookie {
        sessions::by_hash(&mut tx, &hash).await?.map(|(session, user)| {
            let used =
                (now.since(session.last_seen_at) >= USE_RECORDED_EVERY).then_some(Used::Session(session.id));
            (actor_of(&user, Door::Web), user.email, Some(session.expires_at), used)
        })
    } else {
        tokens::by_hash(&mut tx, &hash).await?.map(|(token, user)| {
            let is_stale = token.last_used_at.is_none_or(|at| now.since(at) >= USE_RECORDED_EVERY);
            let actor = Actor { token: Some(token.id), scopes: token.scopes, ..actor_of(&user, Door::Api) };
            (actor, user.email, token.expires_at, is_stale.then_some(Used::Token(token.id)))
        })
    };
    drop(tx);
    let Some((actor, email, ends_at, used)) = found else { return Ok(None) };
    if let Some(used) = used {
        tokio::spawn(record(db.clone(), used, now));
    }
    let email_key = email_key(&email);
    let known = Known {
        db: db.commits(),
        actor: actor.clone(),
        email_key: email_key.clone(),
        ends_at,
        since: Stopwatch::start(),
    };
    with_memory(|memory| memory.remember(key, known));
    Ok(Some((actor, email_key)))
}

enum Used {
    Token(TokenId),
    Session(AnyId),
}

/// Records a use beside the request that made it, which need not wait for the write and does not fail with it. The time is the
/// request's: a write that comes late must not bring back what has ended since.
async fn record(db: Db, used: Used, at: Time) {
    let recorded = async {
        let mut tx = db.write(&Actor::system()).await?;
        match used {
            Used::Token(id) => tokens::record_use(&mut tx, id, at).await?,
            Used::Session(id) => sessions::slide(&mut tx, id, at).await?,
        }
        tx.commit().await
    };
    if let Err(error) = recorded.await {
        tracing::warn!(
            ?error,
            "the last use of a token or session was not recorded; the next request tries again"
        );
    }
}

/// The session's cookie, if the request has one.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<Secret> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| Secret::new(value))
}

fn proof(headers: &HeaderMap) -> Option<Proof> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return cookie(headers).map(Proof::Cookie) };
    let (scheme, rest) = value.to_str().ok()?.trim().split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return (!rest.is_empty()).then(|| Proof::Token { text: Secret::new(rest), email: None });
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(rest).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (name, password) = decoded.split_once(':').unwrap_or((&decoded, ""));
    // Trackers take the token as the user name with an empty password; wikis take the address and the token.
    if name.contains('@') && !password.is_empty() {
        return Some(Proof::Token { text: Secret::new(password), email: Some(name.to_owned()) });
    }
    let text = if name.is_empty() { password } else { name };
    (!text.is_empty()).then(|| Proof::Token { text: Secret::new(text), email: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_bring_a_token_is_read() {
        let basic = |text: &str| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text));
        for (value, token, email) in [
            ("Bearer sb_x".to_owned(), Some("sb_x"), None),
            ("bearer   sb_x ".to_owned(), Some("sb_x"), None),
            ("Bearer ".to_owned(), None, None),
            ("Bearer".to_owned(), None, None),
            (basic("sb_x:"), Some("sb_x"), None),
            (basic("sb_x"), Some("sb_x"), None),
            (basic(":sb_x"), Some("sb_x"), None),
            (basic("ann@example.com:sb_x"), Some("sb_x"), Some("ann@example.com")),
            (basic(":"), None, None),
            ("Basic %%%".to_owned(), None, None),
            ("Digest sb_x".to_owned(), None, None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().expect("a header"));
            let found = match proof(&headers) {
                Some(Proof::Token { text, email }) => Some((text.reveal().to_owned(), email)),
                _ => None,
            };
            assert_eq!(found, token.map(|token| (token.to_owned(), email.map(str::to_owned))), "{value}");
        }
    }

    #[test]
    fn the_cookie_is_found_among_others_and_only_without_a_header() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "theme=dark; signalbox_session=abc; x=y".parse().expect("a header"));
        assert!(matches!(proof(&headers), Some(Proof::Cookie(secret)) if secret.matches("abc")));
        headers.insert(header::AUTHORIZATION, "Bearer wrong".parse().expect("a header"));
        assert!(
            matches!(proof(&headers), Some(Proof::Token { .. })),
            "a bad token is not mended by a cookie"
        );
    }
}
