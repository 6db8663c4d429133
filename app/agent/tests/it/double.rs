//! The server's half of the contract, small enough to be believed: it keeps everything in memory and can misbehave.

mod answers;

use axum::Router;
use axum::routing::{get, post, put};
use serde_json::Value;
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
    /// Whether it has lost the files that were sent when the end is told, once.
    pub loses_files: bool,
    pub forgets_agents: bool,
    pub draining: bool,
    /// Log chunks that are taken and then not answered for.
    pub swallows: usize,
    pub requests: usize,
    /// What was given out in the place of what ended.
    pub given_with_ends: BTreeMap<String, Value>,
    /// Ends that are taken and then not answered for.
    pub swallows_ends: usize,
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
            .route("/api/v1/agents/register", post(answers::register))
            .route("/api/v1/agents/claim", post(answers::claim))
            .route("/api/v1/agents/leave", post(answers::leave))
            .route("/api/v1/attempts/{id}/renew", post(answers::renew))
            .route("/api/v1/attempts/{id}/events", post(answers::events))
            .route("/api/v1/attempts/{id}/log", put(answers::log))
            .route("/api/v1/attempts/{id}/source", get(answers::source))
            .route("/api/v1/attempts/{id}/inputs/{sha}", get(answers::file))
            .route("/api/v1/attempts/{id}/files/{sha}", get(answers::file).put(answers::put_file))
            .route("/api/v1/attempts/{id}/finish", post(answers::finish))
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
