//! A load of HTTP requests: `load [--header 'K: V']... HOST CLIENTS SECONDS get PATH | post PATH BODY | deploy ENV COMMIT`.
//!
//! Each client has a thread and a connection and sends as soon as it has an answer. `{n}` in a path or body becomes a number that is
//! never used twice. Prints one line of JSON: how many, how fast, latencies in microseconds.

use base::Stopwatch;
use e2e::Api;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let mut headers = Vec::new();
    while words.first().is_some_and(|word| word == "--header") {
        let header = words.get(1).and_then(|h| h.split_once(": ")).expect("--header 'K: V'");
        headers.push((header.0.to_string(), header.1.to_string()));
        words.drain(..2);
    }
    let [host, clients, seconds, mode, first, rest @ ..] = words.as_slice() else {
        panic!(
            "usage: load [--header 'K: V']... HOST CLIENTS SECONDS get PATH | post PATH BODY | deploy ENV COMMIT"
        );
    };
    let work = Arc::new(Work {
        host: host.clone(),
        limit: Duration::from_secs_f64(seconds.parse().expect("SECONDS is a number")),
        mode: mode.clone(),
        first: first.clone(),
        second: rest.first().cloned().unwrap_or_default(),
        headers,
        number: AtomicU64::new(base::random::below(1 << 40)),
    });
    let clients: usize = clients.parse().expect("CLIENTS is a number");
    let watch = Stopwatch::start();
    let threads: Vec<_> = (0..clients)
        .map(|_| {
            let work = work.clone();
            std::thread::spawn(move || work.run())
        })
        .collect();
    let mut all = Counted::default();
    for thread in threads {
        all.add(thread.join().expect("a client ends"));
    }
    println!("{}", all.summary(watch.elapsed()));
}

struct Work {
    host: String,
    limit: Duration,
    mode: String,
    first: String,
    second: String,
    headers: Vec<(String, String)>,
    number: AtomicU64,
}

#[derive(Default)]
struct Counted {
    latencies: Vec<u32>,
    failed: u64,
    refused: u64,
    bytes: u64,
    example: String,
}

impl Work {
    fn run(&self) -> Counted {
        let api = Api::new(&self.host, "");
        let (watch, mut counted) = (Stopwatch::start(), Counted::default());
        while watch.elapsed() < self.limit {
            match self.mode.as_str() {
                "get" => drop(self.ask(&api, "GET", &self.fill(&self.first), "", &mut counted)),
                "post" => drop(self.ask(
                    &api,
                    "POST",
                    &self.fill(&self.first),
                    &self.fill(&self.second),
                    &mut counted,
                )),
                "deploy" => self.deploy(&api, &mut counted),
                other => panic!("there is no mode {other}"),
            }
        }
        counted
    }

    fn fill(&self, text: &str) -> String {
        if text.contains("{n}") {
            text.replace("{n}", &self.number.fetch_add(1, Ordering::Relaxed).to_string())
        } else {
            text.to_string()
        }
    }

    fn ask(&self, api: &Api, method: &str, path: &str, body: &str, counted: &mut Counted) -> Option<Value> {
        let mut headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        if !body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        let watch = Stopwatch::start();
        let answer = api.send(method, path, &headers, body.as_bytes());
        let took = u32::try_from(watch.elapsed().as_micros()).unwrap_or(u32::MAX);
        match answer {
            Ok(answer) if answer.is_success() || answer.status == 409 => {
                counted.latencies.push(took);
                counted.bytes += answer.body.len() as u64;
                counted.refused += u64::from(answer.status == 409);
                (self.mode == "deploy" && answer.status == 201).then(|| answer.json())
            }
            Ok(answer) => counted.fail(&format!("{} {:.200}", answer.status, answer.text())),
            Err(error) => counted.fail(&error.to_string()),
        }
    }

    /// Only the start is measured; what has started is finished at once, so that the next may start.
    fn deploy(&self, api: &Api, counted: &mut Counted) {
        let path = format!("/api/v1/environments/{}/deployments", self.first);
        let Some(started) =
            self.ask(api, "POST", &path, &json!({"commit": self.second}).to_string(), counted)
        else {
            return;
        };
        let path = format!("/api/v1/deployments/{}/finish", e2e::hub::text(&started["id"]));
        let end =
            json!({"token": started["token"], "outcome": "succeeded", "exit_code": 0, "output_bytes": 0});
        self.ask(api, "POST", &path, &end.to_string(), &mut Counted::default());
    }
}

impl Counted {
    fn fail<T>(&mut self, why: &str) -> Option<T> {
        self.failed += 1;
        self.example = why.to_string();
        None
    }

    fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.failed += other.failed;
        self.refused += other.refused;
        self.bytes += other.bytes;
        if !other.example.is_empty() {
            self.example = other.example;
        }
    }

    fn summary(mut self, took: Duration) -> Value {
        self.latencies.sort_unstable();
        let n = self.latencies.len();
        let at = |percent: usize| {
            self.latencies.get((n * percent / 100).min(n.saturating_sub(1))).copied().unwrap_or(0)
        };
        json!({"count": n, "failed": self.failed, "refused": self.refused, "seconds": took.as_secs_f64(),
            "per_second": n as f64 / took.as_secs_f64(), "p50_us": at(50), "p99_us": at(99), "max_us": at(100),
            "bytes_each": self.bytes.checked_div(n as u64).unwrap_or(0), "example_of_failure": self.example})
    }
}
