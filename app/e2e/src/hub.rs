//! A server with a repository and environments: the stage of most tests.

use crate::server::Options;
use crate::{Answer, Api, Database, Repository, Server};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

/// A server, a repository `web` and the environments `beta` and `production`.
pub struct Hub {
    /// The server.
    pub server: Server,
    /// The repository that the environments deploy from.
    pub repository: Repository,
    /// The administrator's door.
    pub api: Api,
}

impl Hub {
    /// On `database`, with three commits.
    pub fn on(database: Database) -> Self {
        Self::start(Options::on(database), Repository::with_commits(3))
    }

    /// With these options and this repository.
    pub fn start(options: Options, repository: Repository) -> Self {
        let server = options.start();
        let api = server.api();
        let url = repository.path().display().to_string();
        api.post("/api/v1/repositories", &json!({"name": "web", "url": url, "default_branch": "main"}))
            .expect("the repository is registered");
        let hub = Self { server, repository, api };
        hub.environment("beta", None);
        hub.environment("production", Some("beta"));
        hub
    }

    /// Makes an environment.
    pub fn environment(&self, name: &str, after: Option<&str>) -> Value {
        let body = json!({"name": name, "repository": "web", "after": after});
        self.api.post("/api/v1/environments", &body).expect("the environment is made")
    }

    /// Closes an environment and returns the lock's id.
    pub fn lock(&self, environment: &str, reason: &str) -> String {
        let path = format!("/api/v1/environments/{environment}/locks");
        let lock = self.api.post(&path, &json!({"reason": reason})).expect("the lock is placed");
        text(&lock["id"])
    }

    /// Releases a lock.
    pub fn release(&self, lock: &str) -> Answer {
        self.api.post(&format!("/api/v1/locks/{lock}/release"), &json!({"reason": "good again"}))
    }

    /// The gate's decision.
    pub fn gate(&self, environment: &str) -> Value {
        self.api.get(&format!("/api/v1/environments/{environment}/gate")).expect("the gate decides")
    }

    /// The deployments of an environment, newest first.
    pub fn deployments(&self, environment: &str) -> Vec<Value> {
        self.api.all(&format!("/api/v1/deployments?environment={environment}"))
    }

    /// A deployment.
    pub fn deployment(&self, id: &str) -> Value {
        self.api.get(&format!("/api/v1/deployments/{id}")).expect("the deployment is there")
    }

    /// The output of a deployment, byte for byte.
    pub fn log_of(&self, id: &str) -> Vec<u8> {
        let answer = self.api.get(&format!("/api/v1/deployments/{id}/log"));
        assert!(answer.is_success(), "log: {} {}", answer.status, answer.text());
        answer.body
    }

    /// `signalbox deploy --env ENV ARGUMENTS -- COMMAND`, to be run in the repository.
    pub fn deploy(&self, environment: &str, arguments: &[&str], command: &Path) -> Command {
        let mut deploy = self.server.command();
        deploy.current_dir(self.repository.path());
        deploy.args(["deploy", "--env", environment]).args(arguments).arg("--").arg(command);
        deploy
    }

    /// Deploys `main` and returns how it went.
    pub fn deploy_main(&self, environment: &str, command: &Path) -> Output {
        let mut deploy = self.deploy(environment, &["--ref", "main"], command);
        deploy.output().expect("the program can be started")
    }

    /// Every journal entry, oldest first.
    pub fn journal(&self) -> Vec<Value> {
        let mut entries = Vec::new();
        let mut after = 0;
        loop {
            let page = self
                .api
                .get(&format!("/api/v1/journal?after={after}&limit=1000"))
                .expect("the journal is read");
            let page = page["data"].as_array().cloned().unwrap_or_default();
            let Some(last) = page.last() else { return entries };
            after = number(&last["seq"]);
            entries.extend(page);
        }
    }
}

/// An id or text, whether written as a string or as a number.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), String::from)
}

/// A number, whether written as a number or as a string.
pub fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0)
}

/// How a command ended, with all it said: for the message of an assertion.
pub fn told(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{}\nstdout: {out}\nstderr: {err}", output.status)
}
