//! An agent in this process, working for a double.

use crate::double::{Double, PATIENCE};
use agent::{Config, Ended, Shutdown};
use base::{Clock, Secret};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Once;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A folder that goes with the test.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new() -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("agent-{}", base::random::word::<10>()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A test that failed has said more than a folder that stays.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub struct Hub {
    pub double: Double,
    pub folder: Scratch,
    pub shutdown: watch::Sender<Shutdown>,
    agent: Option<JoinHandle<base::Result<Ended>>>,
}

pub fn config(server: String, folder: PathBuf, shutdown: watch::Receiver<Shutdown>) -> Config {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().expect("the first provider");
    });
    let environment =
        std::env::vars_os().filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?)));
    Config {
        server,
        ca: None,
        registration: Some(Secret::new("good")),
        name: "tester".to_owned(),
        labels: [("zone".to_owned(), "a".to_owned())].into(),
        slots: 4,
        once: false,
        idle: None,
        folder,
        environment: agent::inherited(environment),
        hidden: Vec::new(),
        docker: Some(PathBuf::from("/nowhere/docker.sock")),
        clock: Clock::system(),
        shutdown,
    }
}

impl Hub {
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let double = Double::start().await;
        let folder = Scratch::new();
        let (shutdown, told) = watch::channel(Shutdown::No);
        let mut config = config(double.url(), folder.0.join("agent"), told);
        change(&mut config);
        let agent = Some(tokio::spawn(agent::run(config)));
        Self { double, folder, shutdown, agent }
    }

    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// Gives out one assignment, waits for its end and returns it with the log.
    pub async fn run(&self, assignment: Value) -> (Value, String) {
        let id = assignment["attempt"].as_str().expect("an id").to_owned();
        self.double.give(assignment);
        let finish = self.double.finish(&id).await;
        (finish, self.double.log(&id))
    }

    /// Waits until the agent has ended.
    pub async fn ended(&mut self) -> Ended {
        let agent = self.agent.take().expect("an agent");
        let ended = tokio::time::timeout(PATIENCE, agent).await.expect("the agent ends in time");
        ended.expect("no panic").expect("no error")
    }

    /// Tells the agent to end and sees that nothing stays.
    pub async fn close(mut self) {
        self.shutdown.send_replace(Shutdown::Cancel);
        assert_eq!(self.ended().await, Ended::Stopped);
        assert!(!self.double.lock().has_left, "it comes back with the same token");
        assert_eq!(self.left_over(), Vec::<String>::new(), "no folder of an attempt stays");
    }

    pub fn left_over(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.0.join("agent/attempts")).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

/// An assignment with these steps; `more` is laid over it.
pub fn job(attempt: &str, steps: &[&str], more: Value) -> Value {
    let steps: Vec<Value> = steps
        .iter()
        .enumerate()
        .map(|(n, run)| {
            json!({"name": format!("step-{n}"), "run": run, "shell": null, "workdir": null,
            "env": {}, "timeout": null, "always": false})
        })
        .collect();
    let mut job = json!({
        "attempt": attempt, "epoch": 1, "lease": 30, "renew_every": 10, "log_limit": 64 << 20,
        "run": {"id": "5", "number": 12, "job": "nightly", "title": "Nightly", "url": "http://x/runs/5", "cause": "manual"},
        "part": {"name": "build", "stage": "one", "index": 0},
        "source": null, "isolation": "none", "image": null, "pull": "missing", "network": true,
        "env": {"PARAM_REGION": "eu"}, "secrets": {}, "mask": [], "steps": steps, "finally": [],
        "finally_budget": 20, "artifacts": [], "inputs": [],
        "limits": {"memory": null, "cpus_milli": null, "pids": null, "disk": null},
        "timeouts": {"run": 120, "silent": null}, "grace": 2,
    });
    if let (Some(job), Value::Object(more)) = (job.as_object_mut(), more) {
        job.extend(more);
    }
    job
}

/// The log without the agent's own lines.
pub fn said(log: &str) -> String {
    let ours = |line: &&str| !(line.starts_with("::") || line.starts_with("signalbox:"));
    log.lines().filter(ours).map(|line| format!("{line}\n")).collect()
}
