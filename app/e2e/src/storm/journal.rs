//! The verdict from the journal: its order is the order of commits.

use super::{Act, Record};
use crate::hub::{number, text};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// What must not have happened, as sentences. `entries` are all of the journal, oldest first.
pub fn violations(records: &[Record], entries: &[Value]) -> Vec<String> {
    let mut state = State::new(records);
    let mut before = 0;
    for entry in entries {
        let seq = number(&entry["seq"]);
        if before != 0 && seq != before + 1 {
            state.found.push(format!("the journal has a gap between {before} and {seq}"));
        }
        before = seq;
        let (verb, subject) = (text(&entry["verb"]), text(&entry["subject"]));
        let id = subject.rsplit(':').next().unwrap_or_default();
        state.see(&verb, id);
    }
    state.close()
}

struct State<'a> {
    environments: HashMap<&'a str, &'a str>,
    asked: HashSet<&'a str>,
    started: HashSet<&'a str>,
    locked: HashSet<&'a str>,
    open: HashMap<&'a str, HashSet<&'a str>>,
    running: HashMap<&'a str, HashSet<&'a str>>,
    seen: HashMap<(&'static str, &'a str), u32>,
    found: Vec<String>,
}

impl<'a> State<'a> {
    fn new(records: &'a [Record]) -> Self {
        let ids = |act: &dyn Fn(&Act) -> bool| -> HashSet<&'a str> {
            records.iter().filter(|r| act(&r.act)).map(|r| r.id.as_str()).collect()
        };
        Self {
            environments: records.iter().map(|r| (r.id.as_str(), r.environment.as_str())).collect(),
            asked: ids(&|act| matches!(act, Act::Released(_))),
            started: ids(&|act| *act == Act::Started),
            locked: ids(&|act| *act == Act::Locked),
            open: HashMap::new(),
            running: HashMap::new(),
            seen: HashMap::new(),
            found: Vec::new(),
        }
    }

    fn see(&mut self, verb: &str, id: &str) {
        // The id comes back as the workers', so that it lives long enough.
        let Some((&id, &environment)) = self.environments.get_key_value(id) else {
            if matches!(verb, "lock.placed" | "deployment.started") {
                self.found.push(format!("{id} has {verb}, and nobody was told so"));
            }
            return;
        };
        match verb {
            "lock.placed" => {
                *self.seen.entry(("placed", id)).or_default() += 1;
                self.open.entry(environment).or_default().insert(id);
            }
            "lock.released" => {
                *self.seen.entry(("released", id)).or_default() += 1;
                self.open.entry(environment).or_default().remove(id);
                if !self.asked.contains(id) {
                    self.found.push(format!("lock {id} was closed, but nobody asked for its release"));
                }
            }
            "deployment.started" => self.start(id, environment),
            "deployment.succeeded" | "deployment.failed" | "deployment.aborted" | "deployment.lost" => {
                self.running.entry(environment).or_default().remove(id);
            }
            _ => {}
        }
    }

    fn start(&mut self, id: &'a str, environment: &'a str) {
        *self.seen.entry(("started", id)).or_default() += 1;
        if let Some(lock) = self.open.entry(environment).or_default().iter().next() {
            self.found.push(format!("deployment {id} was committed while lock {lock} was open"));
        }
        let running = self.running.entry(environment).or_default();
        if let Some(other) = running.iter().next() {
            self.found.push(format!("deployment {id} was committed while {other} was running"));
        }
        running.insert(id);
    }

    fn close(mut self) -> Vec<String> {
        let promised = [("started", &self.started), ("placed", &self.locked)];
        for (what, ids) in promised {
            for id in ids {
                let times = self.seen.get(&(what, *id)).copied().unwrap_or(0);
                if times != 1 {
                    self.found.push(format!(
                        "{id} was acknowledged as {what}, and the journal has it {times} times"
                    ));
                }
            }
        }
        for ((what, id), times) in &self.seen {
            if *what == "released" && *times > 1 {
                self.found.push(format!("lock {id} was closed {times} times"));
            }
        }
        self.found
    }
}
