//! What the double answers.

use super::{Attempt, Double, Inner};
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

fn problem(status: u16, code: &str, more: Value) -> Response {
    let mut body = json!({"code": code, "title": code, "detail": code});
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    (StatusCode::from_u16(status).expect("a status"), axum::Json(body)).into_response()
}

/// What every request meets first.
fn door(double: &Double) -> Option<Response> {
    double.change(|inner| {
        inner.requests += 1;
        inner.is_down.then(|| problem(503, "down", Value::Null))
    })
}

fn about<T>(double: &Double, id: &str, act: impl FnOnce(&mut Attempt) -> T) -> Result<T, Box<Response>> {
    if let Some(refused) = door(double) {
        return Err(Box::new(refused));
    }
    double.change(|inner| {
        let attempt = inner.attempts.entry(id.to_owned()).or_default();
        if attempt.is_fenced {
            Err(Box::new(problem(409, "attempt.fenced", Value::Null)))
        } else {
            Ok(act(attempt))
        }
    })
}

pub async fn register(State(double): State<Double>, axum::Json(body): axum::Json<Value>) -> Response {
    if let Some(refused) = door(&double) {
        return refused;
    }
    if body["token"] != "good" {
        return problem(403, "registration.refused", Value::Null);
    }
    double.change(|inner| inner.registrations.push(body));
    let answer = json!({"id": "41", "token": "agent-token", "server_version": "1", "minimum_version": "0"});
    (StatusCode::CREATED, axum::Json(answer)).into_response()
}

pub async fn claim(State(double): State<Double>, axum::Json(body): axum::Json<Value>) -> Response {
    if let Some(refused) = door(&double) {
        return refused;
    }
    if double.change(|inner| std::mem::take(&mut inner.forgets_agents)) {
        return problem(401, "agent.unknown", Value::Null);
    }
    let wait = Duration::from_secs(body["wait"].as_u64().unwrap_or(0));
    let free = body["free_slots"].as_u64().unwrap_or(0) as usize;
    double.change(|inner| {
        // What an agent does not have although it was given to it never reached it.
        let have = body["have"].as_array().cloned().unwrap_or_default();
        for given in std::mem::take(&mut inner.unconfirmed) {
            let id = given["attempt"].as_str().unwrap_or_default();
            let is_known = have.contains(&given["attempt"]) || inner.attempts.contains_key(id);
            if !is_known {
                inner.queue.push_front(given);
            }
        }
        inner.claims.push(body);
    });
    let mut changes = double.changed.subscribe();
    let waiting = async {
        loop {
            changes.mark_unchanged();
            if !double.lock().queue.is_empty() && free > 0 || double.lock().draining {
                return;
            }
            changes.changed().await.expect("the double lives");
        }
    };
    let _ = tokio::time::timeout(wait, waiting).await;
    let (assignments, draining) = double.change(|inner| {
        let n = free.min(inner.queue.len());
        let given: Vec<Value> = inner.queue.drain(..n).collect();
        inner.unconfirmed.extend(given.iter().cloned());
        (given, inner.draining)
    });
    axum::Json(json!({"assignments": assignments, "draining": draining, "too_old": false, "forget": []}))
        .into_response()
}

pub async fn leave(State(double): State<Double>) -> Response {
    double.change(|inner| inner.has_left = true);
    StatusCode::NO_CONTENT.into_response()
}

pub async fn renew(
    State(double): State<Double>,
    Path(id): Path<String>,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    let wait = Duration::from_secs(body["wait"].as_u64().unwrap_or(0));
    if let Err(refused) = about(&double, &id, |attempt| attempt.renewals.push(body)) {
        return *refused;
    }
    let mut changes = double.changed.subscribe();
    let waiting = async {
        loop {
            changes.mark_unchanged();
            let is_told =
                double.lock().attempts.get(&id).is_some_and(|a| !a.command.is_null() || a.is_fenced);
            if is_told {
                return;
            }
            changes.changed().await.expect("the double lives");
        }
    };
    let _ = tokio::time::timeout(wait, waiting).await;
    let command = match about(&double, &id, |attempt| attempt.command.clone()) {
        Ok(command) => command,
        Err(refused) => return *refused,
    };
    let mut answer = json!({"lease": 30, "command": "continue", "reason": null, "terminate": false});
    if let (Some(answer), Value::Object(command)) = (answer.as_object_mut(), command) {
        answer.extend(command);
    }
    axum::Json(answer).into_response()
}

pub async fn events(
    State(double): State<Double>,
    Path(id): Path<String>,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    let told = body["events"].as_array().cloned().unwrap_or_default();
    match about(&double, &id, |attempt| attempt.events.extend(told)) {
        Ok(()) => axum::Json(json!({})).into_response(),
        Err(refused) => *refused,
    }
}

pub async fn log(
    State(double): State<Double>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    body: Bytes,
) -> Response {
    let offset: usize = query["offset"].parse().expect("a number");
    assert!(body.len() <= 1 << 20, "a chunk is at most 1 MiB");
    let kept = about(&double, &id, |attempt| {
        let next = attempt.log.len();
        if offset > next {
            return Err(next);
        }
        attempt.log.extend_from_slice(body.get(next - offset..).unwrap_or_default());
        Ok(attempt.log.len())
    });
    let swallowed = double.change(|inner| {
        let swallows = inner.swallows > 0;
        inner.swallows = inner.swallows.saturating_sub(1);
        swallows
    });
    match kept {
        _ if swallowed => problem(502, "swallowed", Value::Null),
        Err(refused) => *refused,
        Ok(Ok(next)) => axum::Json(json!({ "next": next })).into_response(),
        Ok(Err(next)) => problem(409, "log.gap", json!({ "next": next })),
    }
}

pub async fn source(State(double): State<Double>, Path(id): Path<String>) -> Response {
    match about(&double, &id, |_| ()) {
        Ok(()) => double.lock().source.clone().into_response(),
        Err(refused) => *refused,
    }
}

pub async fn file(State(double): State<Double>, Path((id, sha)): Path<(String, String)>) -> Response {
    match about(&double, &id, |_| ()) {
        Ok(()) => match double.lock().files.get(&sha) {
            Some(bytes) => bytes.clone().into_response(),
            None => problem(404, "file.missing", Value::Null),
        },
        Err(refused) => *refused,
    }
}

pub async fn put_file(
    State(double): State<Double>,
    Path((id, sha)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    if let Err(refused) = about(&double, &id, |_| ()) {
        return *refused;
    }
    if body.len() > 10 << 20 {
        return problem(413, "file.too_large", Value::Null);
    }
    double.change(|inner| inner.files.insert(sha, body.to_vec()));
    StatusCode::CREATED.into_response()
}

pub async fn finish(
    State(double): State<Double>,
    Path(id): Path<String>,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    let is_lost = double.change(|inner| {
        let is_lost = std::mem::take(&mut inner.loses_files);
        if is_lost {
            inner.files.clear();
        }
        is_lost
    });
    if is_lost {
        return problem(409, "file.missing", Value::Null);
    }
    if let Some(refused) = door(&double) {
        return refused;
    }
    let wants_more = body["next"] == true;
    double.change(|inner| {
        let attempt = inner.attempts.entry(id.clone()).or_default();
        if attempt.is_fenced {
            return problem(409, "attempt.fenced", Value::Null);
        }
        match ended(attempt, body) {
            Some(refused) => refused,
            None if wants_more => in_its_place(inner, &id),
            None => axum::Json(json!({})).into_response(),
        }
    })
}

/// Takes an end in, or says what is missing.
fn ended(attempt: &mut Attempt, mut body: Value) -> Option<Response> {
    if body["log"].is_object() {
        let offset = body["log"]["offset"].as_u64().expect("a place") as usize;
        let bytes = BASE64.decode(body["log"]["base64"].as_str().expect("text")).expect("base64");
        let next = attempt.log.len();
        if offset > next {
            return Some(problem(409, "log.gap", json!({"next": next})));
        }
        attempt.log.extend_from_slice(bytes.get(next - offset..).unwrap_or_default());
    }
    attempt.events.extend(body["events"].as_array().cloned().unwrap_or_default());
    body.as_object_mut()
        .expect("an object")
        .retain(|name, _| !matches!(name.as_str(), "log" | "events" | "next"));
    let wanted = body["log_bytes"].as_u64().expect("a length") as usize;
    if attempt.log.len() < wanted {
        return Some(problem(409, "log.short", json!({"next": attempt.log.len()})));
    }
    attempt.finishes += 1;
    attempt.finish.get_or_insert(body);
    None
}

/// Gives out the next with an end; the same again when it is asked again.
fn in_its_place(inner: &mut Inner, ended: &str) -> Response {
    if !inner.given_with_ends.contains_key(ended)
        && let Some(next) = inner.queue.pop_front()
    {
        inner.given_with_ends.insert(ended.to_owned(), next);
    }
    if inner.swallows_ends > 0 {
        inner.swallows_ends -= 1;
        return problem(502, "swallowed", Value::Null);
    }
    let given: Vec<&Value> = inner.given_with_ends.get(ended).into_iter().collect();
    axum::Json(json!({ "assignments": given })).into_response()
}
