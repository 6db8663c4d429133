//! The server is killed with -9 at random, again and again, while clients write and deployments run.

use e2e::hub::{number, text};
use e2e::outside::Process;
use e2e::server::Options;
use e2e::{Api, Database, Folder, Hub, Repository, outside};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

const CLIENTS: usize = 6;

#[test]
fn crash_on_sqlite_loses_nothing_and_repeats_nothing() {
    crash(Database::Sqlite, outside::number("SIGNALBOX_CRASHES", 20));
}

#[test]
fn crash_on_postgres_loses_nothing_and_repeats_nothing() {
    if Database::Postgres.is_here() {
        let few = if outside::variable("SIGNALBOX_TEST_FULL").is_some() { 20 } else { 8 };
        crash(Database::Postgres, outside::number("SIGNALBOX_CRASHES", few));
    }
}

fn crash(database: Database, kills: u64) {
    let mut hub = Hub::start(Options::on(database), Repository::with_commits(3));
    hub.environment("staging", None);
    let project = hub.api.post("/api/v1/projects", &json!({"name": "Load"})).expect("a project is made");
    let project = text(&project["id"]);
    let folder = Folder::new("crash");
    let deployments = [Running::start(&hub, &folder, "beta"), Running::start(&hub, &folder, "production")];

    let stop = Arc::new(AtomicBool::new(false));
    let (commit, answered) = (hub.repository.head(), Arc::new(AtomicU64::new(0)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|n| {
            let (api, stop) = (hub.api.clone(), stop.clone());
            let (project, commit, answered) = (project.clone(), commit.clone(), answered.clone());
            let mut client = Client { n, api, project, commit, answered, kept: Kept::default() };
            std::thread::spawn(move || client.work(&stop))
        })
        .collect();

    for _ in 0..kills {
        // However slow the machine is, each kill falls on a server that is at work.
        let before = answered.load(Ordering::SeqCst);
        outside::wait_for("work between two kills", Duration::from_secs(60), || {
            (answered.load(Ordering::SeqCst) >= before + 10).then_some(())
        });
        std::thread::sleep(Duration::from_millis(base::random::below(700))); // the random moment
        hub.server.kill();
        hub.server.start_again();
    }
    std::thread::sleep(Duration::from_millis(500)); // a last stretch of undisturbed work
    stop.store(true, Ordering::SeqCst);
    let kept: Vec<Kept> = clients.into_iter().map(|c| c.join().expect("a client ends")).collect();
    let acknowledged: usize = kept.iter().map(|k| k.tasks.len() + k.locks.len() + k.starts.len()).sum();
    let lost: usize = kept.iter().map(|k| k.unnamed.len()).sum();
    println!("{kills} kills, {acknowledged} acknowledged writes, {lost} done with their answer lost");

    for deployment in deployments {
        deployment.ends_whole(&hub);
    }
    for client in &kept {
        client.is_all_there(&hub);
    }
    tasks_are_there_once(&hub, &project, &kept);
    journal_is_whole(&hub);
    let verify = hub.server.command().args(["audit", "verify"]).output().expect("the program can be started");
    assert!(verify.status.success(), "{}", e2e::hub::told(&verify));
}

/// What a client was promised: by name or key, the ids that the answers gave.
#[derive(Default)]
struct Kept {
    tasks: BTreeMap<String, String>,
    /// Tasks that were made, but the answer with their id was lost in a crash.
    unnamed: BTreeSet<String>,
    locks: BTreeSet<String>,
    starts: BTreeSet<String>,
}

impl Kept {
    fn is_all_there(&self, hub: &Hub) {
        for lock in &self.locks {
            hub.api.get(&format!("/api/v1/locks/{lock}")).expect("an acknowledged lock is there");
        }
        for start in &self.starts {
            assert_eq!(hub.deployment(start)["state"], "succeeded", "an acknowledged end is there");
        }
    }
}

struct Client {
    n: usize,
    api: Api,
    project: String,
    commit: String,
    answered: Arc<AtomicU64>,
    kept: Kept,
}

impl Client {
    fn work(&mut self, stop: &AtomicBool) -> Kept {
        let mut turn = 0;
        while !stop.load(Ordering::SeqCst) {
            turn += 1;
            match turn % 5 {
                0 if self.n == 0 => self.lock(),
                1 if self.n == 0 => self.deploy(),
                _ => self.task(turn),
            }
        }
        std::mem::take(&mut self.kept)
    }

    /// Sends until there is an answer, with the same key every time, as a careful script does.
    fn insist(&self, path: &str, body: &Value) -> (u16, Value) {
        let key = base::random::word::<24>();
        outside::wait_for(path, Duration::from_secs(60), || match self.api.post_once(path, &key, body) {
            Ok(answer) if answer.status < 500 => {
                self.answered.fetch_add(1, Ordering::SeqCst);
                Some((answer.status, answer.json()))
            }
            _ => None,
        })
    }

    fn task(&mut self, turn: usize) {
        let name = format!("task {} of client {}", turn, self.n);
        let (status, task) = self.insist("/api/v1/tasks", &json!({"name": name, "projects": [self.project]}));
        if was_done(status, &task) {
            self.kept.unnamed.insert(name);
        } else {
            assert!(status < 300, "{status} {task}");
            self.kept.tasks.insert(name, text(&task["id"]));
        }
    }

    fn lock(&mut self) {
        let (status, lock) = self.insist("/api/v1/environments/staging/locks", &json!({"reason": "load"}));
        let id = if was_done(status, &lock) { self.placed_lock() } else { text(&lock["id"]) };
        let (status, answer) = self.insist(&format!("/api/v1/locks/{id}/release"), &json!({}));
        assert!(status < 300 || was_done(status, &answer), "{status} {answer}");
        self.kept.locks.insert(id);
    }

    /// The lock that was placed although its answer was lost: the only one, because nobody else locks staging.
    fn placed_lock(&self) -> String {
        let list = outside::wait_for("the list of locks", Duration::from_secs(60), || {
            let answer = self.api.send("GET", "/api/v1/environments/staging/locks", &[], b"").ok()?;
            answer.is_success().then(|| answer.json())
        });
        assert_eq!(list["data"].as_array().map(Vec::len), Some(1), "{list}");
        text(&list["data"][0]["id"])
    }

    /// Here a repeat must give the same answer: without its token nobody could go on with the deployment.
    fn deploy(&mut self) {
        let (status, started) =
            self.insist("/api/v1/environments/staging/deployments", &json!({"commit": self.commit}));
        assert_eq!(status, 201, "nobody else deploys to staging: {started}");
        let id = text(&started["id"]);
        let end =
            json!({"token": started["token"], "outcome": "succeeded", "exit_code": 0, "output_bytes": 0});
        let (status, answer) = self.insist(&format!("/api/v1/deployments/{id}/finish"), &end);
        assert!(status == 200 || was_done(status, &answer), "{status} {answer}");
        self.kept.starts.insert(id);
    }
}

/// The crash fell between the change and the note of its answer: the server says that it was done, once, and no more.
fn was_done(status: u16, answer: &Value) -> bool {
    status == 409 && answer["code"] == "idempotency.done"
}

/// A real `signalbox deploy` whose script prints numbered lines until it is told to end.
struct Running {
    child: Process,
    environment: String,
    go_on: std::path::PathBuf,
}

impl Running {
    fn start(hub: &Hub, folder: &Folder, environment: &str) -> Self {
        let end = folder.join(&format!("{environment}.end"));
        let script = folder.script(
            &format!("{environment}.sh"),
            &format!(
                "i=0; while [ ! -e {end} ]; do i=$((i+1)); echo \"line $i\"; sleep 0.01; done; echo \"the end after $i\"",
                end = end.display()
            ),
        );
        let mut deploy = hub.deploy(environment, &["--ref", "main"], &script);
        let child = Process::start(deploy.stdout(Stdio::null()).stderr(Stdio::null()));
        let running = Self { child, environment: environment.into(), go_on: end };
        outside::wait_for("the deployment to start", Duration::from_secs(30), || {
            (!hub.deployments(environment).is_empty()).then_some(())
        });
        running
    }

    fn ends_whole(mut self, hub: &Hub) {
        std::fs::write(&self.go_on, "").expect("a file can be written");
        let status =
            outside::wait_for("the deployment to end", Duration::from_secs(60), || self.child.ended());
        assert_eq!(status.code(), Some(0), "a deployment survives the server's crashes");
        let all = hub.deployments(&self.environment);
        assert_eq!(all.len(), 1, "it was started once: {all:?}");
        let id = text(&all[0]["id"]);
        assert_eq!(all[0]["state"], "succeeded");
        let log = String::from_utf8(hub.log_of(&id)).expect("the script prints ASCII");
        let lines: Vec<&str> = log.lines().collect();
        let (last, counted) = lines.split_last().expect("there is output");
        assert_eq!(*last, format!("the end after {}", counted.len()));
        for (at, line) in counted.iter().enumerate() {
            assert_eq!(*line, format!("line {}", at + 1), "the output has no gap and no repeat");
        }
        assert!(counted.len() > 50, "only {} lines: the crashes fell on silence", counted.len());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = std::fs::write(&self.go_on, ""); // ends the script also when the test failed
    }
}

fn tasks_are_there_once(hub: &Hub, project: &str, kept: &[Kept]) {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for task in hub.api.all(&format!("/api/v1/tasks?project={project}")) {
        found.entry(text(&task["name"])).or_default().push(text(&task["id"]));
    }
    for (name, ids) in &found {
        assert_eq!(ids.len(), 1, "{name} is there {} times", ids.len());
    }
    for name in kept.iter().flat_map(|k| &k.unnamed) {
        assert!(found.contains_key(name), "{name} was said to be done");
    }
    for (name, id) in kept.iter().flat_map(|k| &k.tasks) {
        assert_eq!(found.get(name), Some(&vec![id.clone()]), "{name} was acknowledged as {id}");
    }
}

fn journal_is_whole(hub: &Hub) {
    let entries = hub.journal();
    for pair in entries.windows(2) {
        assert_eq!(number(&pair[1]["seq"]), number(&pair[0]["seq"]) + 1, "the journal has no gap");
    }
    let made = entries.iter().filter(|e| e["verb"] == "task.created");
    let mut subjects = BTreeSet::new();
    for entry in made {
        assert!(subjects.insert(text(&entry["subject"])), "made twice: {entry}");
    }
}
