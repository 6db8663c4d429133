//! The server's half of the contract, small enough to be believed: it keeps everything in memory and can misbehave.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long anything may take here before the test has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Default)]
pub struct Attempt {
    pub log: Vec<u8>,
    pub events: Vec<Value>,
    pub renewals: Vec<Value>,
    pub finish: Option<Value>,
    pub finishes: usize,
    pub command: Value,
    pub is_fenced: bool,
}

impl Attempt {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.log).into_owned()
    }
}

#[derive(Default)]
pub struct Inner {
    pub queue: VecDeque<Value>,
    /// What was given out and is not known to have arrived.
    pub unconfirmed: Vec<Value>,
    pub attempts: BTreeMap<String, Attempt>,
    pub files: HashMap<String, Vec<u8>>,
    pub source: Vec<u8>,
    pub registrations: Vec<Value>,
    pub claims: Vec<Value>,
    pub has_left: bool,
    pub is_down: bool,
    pub forgets_agents: bool,
    pub draining: bool,
    /// Log chunks that are taken and then not answered for.
    pub swallows: usize,
    pub requests: usize,
}

#[derive(Clone)]
pub struct Double {
    pub address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
    changed: Arc<watch::Sender<u64>>,
    serving: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Double {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let double = Self {
            address,
            inner: Arc::default(),
            changed: Arc::new(watch::Sender::new(0)),
            serving: Arc::default(),
        };
        double.serve(listener);
        double
    }

    fn serve(&self, listener: tokio::net::TcpListener) {
        let app = Router::new()
            .route("/api/v1/agents/register", post(register))
            .route("/api/v1/agents/claim", post(claim))
            .route("/api/v1/agents/leave", post(leave))
            .route("/api/v1/attempts/{id}/renew", post(renew))
            .route("/api/v1/attempts/{id}/events", post(events))
            .route("/api/v1/attempts/{id}/log", put(log))
            .route("/api/v1/attempts/{id}/source", get(source))
            .route("/api/v1/attempts/{id}/inputs/{sha}", get(file))
            .route("/api/v1/attempts/{id}/files/{sha}", get(file).put(put_file))
            .route("/api/v1/attempts/{id}/finish", post(finish))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(self.clone());
        let task = tokio::spawn(async move {
            axum::serve(listener, app).await.expect("served");
        });
        if let Some(before) = self.serving.lock().expect("unpoisoned").replace(task) {
            before.abort();
        }
    }

    /// Ends as a killed server does; what was kept stays.
    pub fn kill(&self) {
        if let Some(task) = self.serving.lock().expect("unpoisoned").take() {
            task.abort();
        }
    }

    pub async fn start_again(&self) {
        let started = tokio::time::timeout(PATIENCE, async {
            loop {
                match tokio::net::TcpListener::bind(self.address).await {
                    Ok(listener) => return listener,
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        });
        self.serve(started.await.expect("the port is free again"));
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("unpoisoned")
    }

    /// Changes something and wakes who waits for it.
    pub fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.send_modify(|n| *n += 1);
        result
    }

    pub fn give(&self, assignment: Value) {
        self.change(|inner| inner.queue.push_back(assignment));
    }

    pub fn command(&self, attempt: &str, command: Value) {
        self.change(|inner| inner.attempts.entry(attempt.to_owned()).or_default().command = command);
    }

    /// Waits until something holds.
    pub async fn until<T>(&self, what: &str, found: impl Fn(&Inner) -> Option<T>) -> T {
        let mut changes = self.changed.subscribe();
        let waiting = async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = found(&self.lock()) {
                    return found;
                }
                changes.changed().await.expect("the double lives");
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(found) => found,
            Err(_) => {
                let inner = self.lock();
                let logs: Vec<_> =
                    inner.attempts.iter().map(|(id, a)| format!("{id}: {}", a.text())).collect();
                panic!("{what} did not come about; the logs are {logs:#?}");
            }
        }
    }

    pub async fn finish(&self, attempt: &str) -> Value {
        self.until(&format!("the end of {attempt}"), |inner| inner.attempts.get(attempt)?.finish.clone())
            .await
    }

    pub async fn logged(&self, attempt: &str, text: &str) {
        self.until(&format!("{text:?} in the log of {attempt}"), |inner| {
            inner.attempts.get(attempt)?.text().contains(text).then_some(())
        })
        .await;
    }

    pub fn log(&self, attempt: &str) -> String {
        self.lock().attempts.get(attempt).map(Attempt::text).unwrap_or_default()
    }
}

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

fn about<T>(double: &Double, id: &str, act: impl FnOnce(&mut Attempt) -> T) -> Result<T, Response> {
    if let Some(refused) = door(double) {
        return Err(refused);
    }
    double.change(|inner| {
        let attempt = inner.attempts.entry(id.to_owned()).or_default();
        if attempt.is_fenced { Err(problem(409, "attempt.fenced", Value::Null)) } else { Ok(act(attempt)) }
    })
}

async fn register(State(double): State<Double>, axum::Json(body): axum::Json<Value>) -> Response {
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

async fn claim(State(double): State<Double>, axum::Json(body): axum::Json<Value>) -> Response {
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

async fn leave(State(double): State<Double>) -> Response {
    double.change(|inner| inner.has_left = true);
    StatusCode::NO_CONTENT.into_response()
}

async fn renew(
    State(double): State<Double>,
    Path(id): Path<String>,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    let wait = Duration::from_secs(body["wait"].as_u64().unwrap_or(0));
    if let Err(refused) = about(&double, &id, |attempt| attempt.renewals.push(body)) {
        return refused;
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
        Err(refused) => return refused,
    };
    let mut answer = json!({"lease": 30, "command": "continue", "reason": null, "terminate": false});
    if let (Some(answer), Value::Object(command)) = (answer.as_object_mut(), command) {
        answer.extend(command);
    }
    axum::Json(answer).into_response()
}

async fn events(
    State(double): State<Double>,
    Path(id): Path<String>,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    let told = body["events"].as_array().cloned().unwrap_or_default();
    match about(&double, &id, |attempt| attempt.events.extend(told)) {
        Ok(()) => axum::Json(json!({})).into_response(),
        Err(refused) => refused,
    }
}

async fn log(
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
        Err(refused) => refused,
        Ok(Ok(next)) => axum::Json(json!({ "next": next })).into_response(),
        Ok(Err(next)) => problem(409, "log.gap", json!({ "next": next })),
    }
}

async fn source(State(double): State<Double>, Path(id): Path<String>) -> Response {
    match about(&double, &id, |_| ()) {
        Ok(()) => double.lock().source.clone().into_response(),
        Err(refused) => refused,
    }
}

async fn file(State(double): State<Double>, Path((id, sha)): Path<(String, String)>) -> Response {
    match about(&double, &id, |_| ()) {
        Ok(()) => match double.lock().files.get(&sha) {
            Some(bytes) => bytes.clone().into_response(),
            None => problem(404, "file.missing", Value::Null),
        },
        Err(refused) => refused,
    }
}

async fn put_file(
    State(double): State<Double>,
    Path((id, sha)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    if let Err(refused) = about(&double, &id, |_| ()) {
        return refused;
    }
    if body.len() > 10 << 20 {
        return problem(413, "file.too_large", Value::Null);
    }
    double.change(|inner| inner.files.insert(sha, body.to_vec()));
    StatusCode::CREATED.into_response()
}

async fn finish(
    State(double): State<Double>,
    Path(id): Path<String>,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    let answered = about(&double, &id, |attempt| {
        let wanted = body["log_bytes"].as_u64().expect("a length") as usize;
        if attempt.log.len() < wanted {
            return problem(409, "log.short", json!({"next": attempt.log.len()}));
        }
        attempt.finishes += 1;
        attempt.finish.get_or_insert(body);
        axum::Json(json!({})).into_response()
    });
    answered.unwrap_or_else(|refused| refused)
}
