//! A server that speaks the contract of deployments and nothing else. It can be stopped and started again.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

type Answer = (StatusCode, Json<Value>);

/// The server.
pub struct Hub {
    what: Arc<Mutex<What>>,
    address: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
}

/// What it knows and how it answers.
#[derive(Default)]
struct What {
    start: Option<(u16, Value)>,
    beat: Option<(u16, Value)>,
    wait: Option<Value>,
    starts: Vec<(String, Value)>,
    starts_to_fail: usize,
    output: Vec<u8>,
    pieces: usize,
    is_lossy: bool,
    finished: Option<Value>,
    waits: usize,
    aborts: usize,
}

impl Hub {
    /// Starts one that lets everything pass.
    pub fn start() -> Self {
        let mut hub = Self { what: Arc::default(), address: ([127, 0, 0, 1], 0).into(), runtime: None };
        hub.start_again();
        hub
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops answering; connections break.
    pub fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(std::time::Duration::from_secs(5));
        }
    }

    /// Answers again at the same address, knowing what it knew.
    pub fn start_again(&mut self) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind(self.address)).expect("a port");
        self.address = listener.local_addr().expect("an address");
        let routes = axum::Router::new()
            .route("/api/v1/environments/beta/deployments", post(start))
            .route("/api/v1/environments/beta/gate/wait", get(wait))
            .route("/api/v1/deployments/77/heartbeat", post(beat))
            .route("/api/v1/deployments/77/output", post(output))
            .route("/api/v1/deployments/77/finish", post(finish))
            .route("/api/v1/deployments/77/abort", post(abort))
            .with_state(self.what.clone());
        runtime.spawn(async move { axum::serve(listener, routes).await });
        self.runtime = Some(runtime);
    }

    fn what(&self) -> MutexGuard<'_, What> {
        self.what.lock().expect("no test panicked within")
    }

    /// Answers the next starts so.
    pub fn answer_start(&self, status: u16, body: Value) {
        self.what().start = Some((status, body));
    }

    /// Lets starts pass again.
    pub fn start_normally(&self) {
        self.what().start = None;
    }

    /// Answers heartbeats so.
    pub fn answer_beat(&self, status: u16, body: Value) {
        self.what().beat = Some((status, body));
    }

    /// Answers those who wait.
    pub fn answer_wait(&self, decision: Value) {
        self.what().wait = Some(decision);
    }

    /// Fails the next starts as an overloaded server does.
    pub fn fail_starts(&self, count: usize) {
        self.what().starts_to_fail = count;
    }

    /// Keeps every piece of output and loses some of the answers.
    pub fn lose_every_fifth_answer_to_output(&self) {
        self.what().is_lossy = true;
    }

    /// The requests to start: key and body.
    pub fn starts(&self) -> Vec<(String, Value)> {
        self.what().starts.clone()
    }

    /// How often somebody asked to be told of a change.
    pub fn waits(&self) -> usize {
        self.what().waits
    }

    /// How often somebody asked for an abort.
    pub fn aborts(&self) -> usize {
        self.what().aborts
    }

    /// The output.
    pub fn output(&self) -> Vec<u8> {
        self.what().output.clone()
    }

    /// The output as text.
    pub fn output_text(&self) -> String {
        String::from_utf8_lossy(&self.what().output).into_owned()
    }

    /// The reported end.
    pub fn finished(&self) -> Value {
        self.what().finished.clone().unwrap_or_default()
    }
}

fn answer(status: u16, body: Value) -> Answer {
    (StatusCode::from_u16(status).expect("a status"), Json(body))
}

type Shared = State<Arc<Mutex<What>>>;

async fn start(State(what): Shared, headers: HeaderMap, Json(body): Json<Value>) -> Answer {
    let mut what = what.lock().expect("sound");
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default().to_owned();
    what.starts.push((key, body));
    if what.starts_to_fail > 0 {
        what.starts_to_fail -= 1;
        return answer(503, json!({"detail": "busy"}));
    }
    what.output.clear();
    if let Some((status, body)) = &what.start {
        return answer(*status, body.clone());
    }
    answer(
        201,
        json!({"id": "77", "number": 318, "token": 812, "lease": 2, "heartbeat_every": 0.1, "environment": "beta",
            "commit": "9f3c2e1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "previous_commit": "1b44f0daaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "range": {"count": 14}, "url": "http://signalbox.example.com/deployments/318"}),
    )
}

async fn beat(State(what): Shared, Json(body): Json<Value>) -> Answer {
    assert_eq!(body["token"], 812);
    let what = what.lock().expect("sound");
    let (status, body) = what.beat.clone().unwrap_or((200, json!({"lease": 2, "command": "none"})));
    answer(status, body)
}

async fn output(State(what): Shared, Query(query): Query<HashMap<String, String>>, bytes: Bytes) -> Answer {
    let mut what = what.lock().expect("sound");
    let offset: usize = query["offset"].parse().expect("an offset");
    let there = what.output.len();
    if offset > there {
        return answer(409, json!({"code": "output.gap", "detail": {"next": there}}));
    }
    if let Some(new) = bytes.get(there - offset..) {
        what.output.extend_from_slice(new);
    }
    what.pieces += 1;
    if what.is_lossy && what.pieces % 5 == 0 {
        return answer(503, json!({"detail": "in trouble"}));
    }
    answer(200, json!({"next": what.output.len()}))
}

async fn finish(State(what): Shared, Json(body): Json<Value>) -> Answer {
    what.lock().expect("sound").finished = Some(body);
    answer(200, json!({"id": "77"}))
}

async fn wait(State(what): Shared, Query(query): Query<HashMap<String, String>>) -> Answer {
    what.lock().expect("sound").waits += 1;
    assert_eq!(query["epoch"], "4");
    for _ in 0..100 {
        if let Some(decision) = what.lock().expect("sound").wait.clone() {
            return answer(200, decision);
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    answer(200, json!({"open": false, "epoch": 4}))
}

async fn abort(State(what): Shared) -> Answer {
    what.lock().expect("sound").aborts += 1;
    answer(202, json!({"id": "77"}))
}
