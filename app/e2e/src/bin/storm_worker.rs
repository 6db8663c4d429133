//! One process of a storm: `storm-worker HOST TOKEN NOTES STOP COMMIT MODE`.
//!
//! It deploys, locks, unlocks and asks for dry runs in two environments until the file STOP appears, and writes down every answer with
//! its times. In the mode `http` it speaks the API itself; in the mode `cli` every act is a `signalbox` process of its own.

use e2e::hub::text;
use e2e::storm::{Act, Record};
use e2e::{Api, outside};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const ENVIRONMENTS: [&str; 4] = ["beta", "canary", "production", "staging"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, token, notes, stop, commit, mode] = arguments.try_into().expect("six arguments");
    let notes = File::options().create(true).append(true).open(&notes).expect("the notes can be opened");
    let api = Api::new(&host, &token);
    let mut worker = Worker { api, host, token, notes, commit, done: Vec::new() };
    let stop = PathBuf::from(stop);
    while !stop.exists() {
        let environment = ENVIRONMENTS[pick(4)];
        match (mode.as_str(), pick(100)) {
            ("cli", 0..85) => worker.deploy_by_command(environment),
            ("cli", _) => worker.lock_by_command(environment),
            (_, 0..70) => worker.deploy(environment),
            (_, 70..77) => worker.lock(environment),
            (_, 77..80) => worker.release_any(environment),
            (_, 80..84) => worker.release_again(),
            _ => worker.dry_run(environment),
        }
        // People and cron lines pause between two commands; without it the environments would never be free.
        std::thread::sleep(Duration::from_millis(base::random::below(30)));
    }
}

struct Worker {
    api: Api,
    host: String,
    token: String,
    notes: File,
    commit: String,
    /// Locks that this worker has released: released again later, which must close nobody else's.
    done: Vec<(String, String)>,
}

impl Worker {
    fn note(&mut self, act: Act, environment: &str, id: &str, sent: u64, acked: u64) {
        let record = Record { act, environment: environment.into(), id: id.into(), sent, acked };
        self.notes.write_all(record.line().as_bytes()).expect("the notes can be written");
    }

    fn ask(&mut self, environment: &str, path: &str, body: &Value) -> Option<(u16, Value, u64, u64)> {
        let sent = outside::now_us();
        let answer = self.api.post_once(path, &base::random::word::<20>(), body);
        let acked = outside::now_us();
        match answer {
            Ok(answer) if answer.status < 500 => Some((answer.status, answer.json(), sent, acked)),
            // Nothing was done, and it says so; the journal tells whether that is true.
            Ok(answer) if answer.status == 503 && answer.json()["code"].is_string() => {
                self.note(Act::TryAgain, environment, "", sent, acked);
                None
            }
            Ok(answer) => {
                self.odd(environment, &format!("{path}: {} {}", answer.status, answer.text()), sent, acked);
                None
            }
            Err(error) => {
                self.odd(environment, &format!("{path}: {error}"), sent, acked);
                None
            }
        }
    }

    fn odd(&mut self, environment: &str, text: &str, sent: u64, acked: u64) {
        self.note(Act::Odd(text.into()), environment, "", sent, acked);
    }

    fn deploy(&mut self, environment: &str) {
        let path = format!("/api/v1/environments/{environment}/deployments");
        let body = json!({"commit": self.commit, "host": "storm", "pid": std::process::id()});
        let Some((status, answer, sent, acked)) = self.ask(environment, &path, &body) else { return };
        match status {
            201 => {
                let id = text(&answer["id"]);
                self.note(Act::Started, environment, &id, sent, acked);
                std::thread::sleep(Duration::from_millis(base::random::below(10))); // the deployment's work
                self.finish(environment, &id, &answer["token"]);
            }
            409 => self.note(Act::Refused(locks_in(&answer["decision"])), environment, "", sent, acked),
            _ => self.odd(environment, &format!("start: {status} {answer}"), sent, acked),
        }
    }

    fn finish(&mut self, environment: &str, id: &str, token: &Value) {
        let path = format!("/api/v1/deployments/{id}/finish");
        let body = json!({"token": token, "outcome": "succeeded", "exit_code": 0, "output_bytes": 0});
        if let Some((status, answer, sent, acked)) = self.ask(environment, &path, &body) {
            self.note(Act::Finished, environment, id, sent, acked);
            if status != 200 {
                self.odd(environment, &format!("finish: {status} {answer}"), sent, acked);
            }
        }
    }

    fn lock(&mut self, environment: &str) {
        let path = format!("/api/v1/environments/{environment}/locks");
        let Some((status, answer, sent, acked)) = self.ask(environment, &path, &json!({"reason": "storm"}))
        else {
            return;
        };
        if status != 201 && status != 200 {
            return self.odd(environment, &format!("lock: {status} {answer}"), sent, acked);
        }
        let id = text(&answer["id"]);
        self.note(Act::Locked, environment, &id, sent, acked);
        std::thread::sleep(Duration::from_millis(base::random::below(25))); // people read before they unlock
        self.release(environment, &id);
        self.done.push((environment.to_string(), id));
    }

    fn release(&mut self, environment: &str, id: &str) {
        let path = format!("/api/v1/locks/{id}/release");
        let Some((status, answer, sent, acked)) = self.ask(environment, &path, &json!({"reason": "calm"}))
        else {
            return;
        };
        match status {
            200 | 201 => self.note(Act::Released(true), environment, id, sent, acked),
            // Somebody else was faster: the lock is closed all the same, and this request may be the one that says so.
            404 | 409 => self.note(Act::Released(false), environment, id, sent, acked),
            _ => self.odd(environment, &format!("release: {status} {answer}"), sent, acked),
        }
    }

    /// Releases a lock of another worker, named by its id.
    fn release_any(&mut self, environment: &str) {
        let gate = self.api.get(&format!("/api/v1/environments/{environment}/gate")).json();
        let locks = locks_in(&gate);
        if !locks.is_empty() {
            let id = locks[pick(locks.len())].clone();
            self.release(environment, &id);
        }
    }

    /// Releases a lock that is released already.
    fn release_again(&mut self) {
        if !self.done.is_empty() {
            let (environment, id) = self.done.swap_remove(pick(self.done.len()));
            self.release(&environment, &id);
        }
    }

    fn dry_run(&mut self, environment: &str) {
        let path = format!("/api/v1/environments/{environment}/deployments");
        let body = json!({"commit": self.commit, "dry_run": true});
        let Some((status, answer, sent, acked)) = self.ask(environment, &path, &body) else { return };
        match answer["decision"]["open"].as_bool() {
            Some(open) if status == 200 => self.note(Act::DryRun(open), environment, "dry", sent, acked),
            _ => self.odd(environment, &format!("dry run: {status} {answer}"), sent, acked),
        }
    }

    fn command(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(outside::program());
        command.args(arguments).stdin(Stdio::null());
        command.env("SIGNALBOX_URL", format!("http://{}", self.host)).env("SIGNALBOX_TOKEN", &self.token);
        command.output().expect("the program can be started")
    }

    /// A deployment by the command line; the script's own clock says when it ran.
    fn deploy_by_command(&mut self, environment: &str) {
        let script = "echo \"$SIGNALBOX_DEPLOYMENT $(date +%s%N)\" >&3; sleep 0.005; date +%s%N >&3";
        let wrapped = format!("exec 3>&1; {script}");
        let sent = outside::now_us();
        let out = self.command(&[
            "deploy",
            "--env",
            environment,
            "--commit",
            &self.commit,
            "--",
            "sh",
            "-c",
            &wrapped,
        ]);
        let acked = outside::now_us();
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        match out.status.code() {
            Some(0) => {
                let words: Vec<&str> = said.split_whitespace().collect();
                let stamps: Vec<u64> =
                    words.iter().filter(|w| w.len() == 19).filter_map(|w| w.parse().ok()).collect();
                let id = words
                    .windows(2)
                    .find(|w| stamps.first().is_some_and(|s| w[1] == s.to_string()))
                    .map(|w| w[0]);
                let (Some(id), [begin, end]) = (id, stamps.as_slice()) else {
                    return self.odd(environment, &format!("deploy printed: {said}"), sent, acked);
                };
                let id = id.to_string();
                self.note(Act::Started, environment, &id, sent, begin / 1000);
                self.note(Act::Finished, environment, &id, end / 1000, acked);
            }
            Some(75 | 76) => self.note(Act::Refused(Vec::new()), environment, "", sent, acked),
            _ => {
                let err = String::from_utf8_lossy(&out.stderr);
                self.odd(environment, &format!("deploy: {} {said} {err}", out.status), sent, acked);
            }
        }
    }

    /// `signalbox lock`, then `signalbox unlock` with the id that it printed.
    fn lock_by_command(&mut self, environment: &str) {
        let sent = outside::now_us();
        let out = self.command(&["lock", environment, "--reason", "storm", "--json"]);
        let acked = outside::now_us();
        let answer: Value = serde_json::from_slice(&out.stdout).unwrap_or_default();
        if !out.status.success() || answer["id"].is_null() {
            let err = String::from_utf8_lossy(&out.stderr);
            return self.odd(environment, &format!("lock: {} {err}", out.status), sent, acked);
        }
        let id = text(&answer["id"]);
        self.note(Act::Locked, environment, &id, sent, acked);
        let sent = outside::now_us();
        let out = self.command(&["unlock", &id, "--reason", "calm"]);
        let acked = outside::now_us();
        // Not 0 when another worker released it in between.
        self.note(Act::Released(out.status.success()), environment, &id, sent, acked);
    }
}

fn locks_in(decision: &Value) -> Vec<String> {
    let blockers = decision["blockers"].as_array().cloned().unwrap_or_default();
    blockers.iter().filter(|b| b["kind"] == "lock").map(|b| text(&b["id"])).collect()
}

fn pick(below: usize) -> usize {
    usize::try_from(base::random::below(below as u64)).unwrap_or(0)
}
