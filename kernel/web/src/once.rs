//! A retried write does not act twice: `Idempotency-Key`.
//!
//! The key is taken in the transaction of the write ([`base::Actor::once`], [`db::Db::write`]); a second write with the
//! same key is refused by the database, whatever crashed in between. The answer is kept afterwards for the retry.

#[cfg(test)]
mod tests;

use crate::middleware::RequestId;
use crate::problem::Problem;
use crate::{App, extract};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::{Actor, Error, Limit, Result};
use db::params;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};

const HEADER: &str = "idempotency-key";
const REPLAYED: &str = "idempotency-replayed";

/// Answers larger than this are not kept; their retry is told that the work is done.
const KEPT_BYTES: usize = 262_144;

#[derive(Clone)]
struct Key(String);

/// Marks an actor whose request has a key, so that the write takes it.
pub(crate) fn mark(actor: &mut Actor, parts: &Parts) {
    actor.once = parts.extensions.get::<Key>().map(|key| key.0.clone());
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    match value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= 255) {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(Error::invalid(
            "idempotency.malformed",
            "an Idempotency-Key has 1 to 255 visible ASCII characters",
        )),
    }
}

/// Deployments keep their own keys, because their answer is made again from the deployment (and holds its token).
fn keeps_its_own(path: &str) -> bool {
    path.ends_with("/deployments")
}

/// An answer that shows a secret: a handler wraps it in this. It is not kept, because the table would hold the secret in the
/// clear; its retry is told that the work is done.
#[derive(Debug)]
pub struct ShowsSecret<R>(pub R);

#[derive(Clone, Copy)]
struct HasSecret;

impl<R: IntoResponse> IntoResponse for ShowsSecret<R> {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        response.extensions_mut().insert(HasSecret);
        response
    }
}

/// The middleware of the native API.
pub async fn middleware(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_write = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    match key_of(request.headers()) {
        Ok(Some(key)) if is_write && !keeps_its_own(request.uri().path()) => {
            keyed(app, key, request, next).await.unwrap_or_else(|error| Problem(error).into_response())
        }
        Err(error) if is_write => Problem(error).into_response(),
        _ => next.run(request).await,
    }
}

async fn keyed(app: App, key: String, request: Request, next: Next) -> Result<Response> {
    let (mut parts, body) = request.into_parts();
    let Some(actor) = (app.authenticate)(&app, &parts.headers).await? else {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    let most = app.limits.count(Limit::BodyBytes);
    let body = extract::body(Request::new(body), most).await?;
    let fingerprint = fingerprint(&parts, &body);
    let caller = actor.user.map_or(0, |id| id.0);
    if let Some(kept) = recall(&app, &actor, caller, &key, &fingerprint).await? {
        return Ok(kept);
    }
    let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    parts.extensions.insert(Key(key.clone()));
    let response = next.run(Request::from_parts(parts, body.into())).await;
    if !response.status().is_success() || response.extensions().get::<HasSecret>().is_some() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|e| Error::bug("answer.broken", "an answer broke off").because(e))?
        .to_bytes();
    if body.len() <= KEPT_BYTES {
        let text = String::from_utf8_lossy(&body).into_owned();
        let system = Actor::system();
        let mut tx = app.db.write(&system).await?;
        let now = tx.now();
        tx.run(
            "insert into once (actor_id, key, request, fingerprint, status, body, at) values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (actor_id, key) do update set fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body
             where once.request = excluded.request",
            &params![caller, key, request_id, fingerprint, i64::from(parts.status.as_u16()), text, now],
        )
        .await?;
        tx.commit().await?;
    }
    Ok(Response::from_parts(parts, body.into()))
}

async fn recall(
    app: &App,
    actor: &Actor,
    caller: i64,
    key: &str,
    fingerprint: &str,
) -> Result<Option<Response>> {
    let mut tx = app.db.read(actor).await?;
    let sql = "select fingerprint, status, body, request, at from once where actor_id = $1 and key = $2";
    let Some(row) = tx.opt(sql, &params![caller, key]).await? else { return Ok(None) };
    let (known, status, body) =
        (row.get::<Option<String>>(0)?, row.get::<Option<i64>>(1)?, row.get::<Option<String>>(2)?);
    if known.as_deref().is_some_and(|known| known != fingerprint) {
        return Err(Error::conflict(
            "idempotency.reused",
            "this Idempotency-Key was used for another request; choose a new one",
        ));
    }
    let (Some(status), Some(body)) = (status, body) else {
        return Err(answer_lost(&mut tx, row.get(3)?, row.get(4)?).await?);
    };
    let status =
        u16::try_from(status).ok().and_then(|s| StatusCode::from_u16(s).ok()).unwrap_or(StatusCode::OK);
    let mut response = (status, body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(Some(response))
}

/// The server ended between the write and its answer, or the answer showed a secret. The journal still knows what was done.
async fn answer_lost(tx: &mut db::Tx, request: String, at: base::Time) -> Result<Error> {
    let query = journal::Query { request: Some((request, at)), limit: 20, ..journal::Query::default() };
    let entries = journal::read(tx, &query).await?;
    let done: Vec<_> = entries
        .iter()
        .map(|e| serde_json::json!({ "verb": e.verb, "subject": e.subject, "id": e.subject.id.to_string() }))
        .collect();
    let message =
        "this request was carried out before, and its answer is not there any more; `done` says what it did";
    Ok(Error::conflict("idempotency.done", message).with_detail(serde_json::json!({ "done": done })))
}

/// Forgets the keys of writes before `before`; a retry comes within minutes, not weeks.
pub async fn forget_before(tx: &mut db::Tx, before: base::Time) -> Result<u64> {
    tx.run("delete from once where at < $1", &params![before]).await
}

fn fingerprint(parts: &Parts, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(parts.method.as_str());
    hash.update([0]);
    hash.update(parts.uri.path());
    hash.update([0]);
    hash.update(body);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
