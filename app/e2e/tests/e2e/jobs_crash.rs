//! The agent, the server, and both are killed with -9 in every state of a run. No run happens twice, none is forgotten, and the log has
//! no gap. What was under way on an agent that was killed is `lost`, unless its file says that it may be tried again; what the agent had
//! not begun (it may have been fetching the source), or had ended, goes on as if nothing had been.

use e2e::hub::{text, told};
use e2e::outside::Process;
use e2e::server::{Options, signal};
use e2e::{Database, Folder, Hub, Repository, outside};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(90);
/// Lines that the first stage prints before and after it is held.
const HALF: usize = 2_000;

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Agent,
    Server,
    Both,
}

/// When.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Nobody has taken it.
    Queued,
    /// The agent has it and waits for its source.
    Starting,
    /// It is in the middle of its output.
    Running,
    /// The output and a file are on their way to a server that stands still.
    Finishing,
    /// The next stage waits for a person.
    Between,
    /// It was asked to end and has not.
    Cancelling,
}

const JOB: &str = r#"
name: NAME
on: [manual]
overlap: allow_all
params: {marks: {default: none}}
RETRY
stages:
  - name: one
    jobs:
      - name: work
        artifacts: [{name: big, pattern: big.bin, required: true}]
        finally:
          - run: |
              echo "the end comes"
              touch "$PARAM_MARKS/finally"
              while [ -e "$PARAM_MARKS/hold" ]; do sleep 0.05; done
        steps:
          - run: |
              echo "$SIGNALBOX_RUN" >> "$PARAM_MARKS/one"
              trap 'touch "$PARAM_MARKS/asked"; while [ ! -e "$PARAM_MARKS/end" ]; do sleep 0.05; done; exit 143' TERM
              i=0
              while [ $i -lt 2000 ]; do i=$((i+1)); echo "line $i"; done
              touch "$PARAM_MARKS/half"
              while [ ! -e "$PARAM_MARKS/go" ]; do sleep 0.05; done
              while [ $i -lt 4000 ]; do i=$((i+1)); echo "line $i"; done
              head -c 8000000 /dev/urandom > big.bin
  - name: two
    manual: true
    jobs: [{name: after, steps: [{run: 'echo "$SIGNALBOX_RUN" >> "$PARAM_MARKS/two"'}]}]
"#;

/// A server without an agent of its own, and one agent beside it.
struct Stage {
    hub: Hub,
    folder: Folder,
    agent: Option<Process>,
    agent_pid: u32,
}

impl Stage {
    fn new(options: Options) -> Self {
        let folder = Folder::new("crash");
        // Where the server finds git: an archive, which is the source of a run, comes when nothing holds it.
        std::fs::create_dir(folder.join("bin")).expect("made");
        let script = format!(
            "case \" $* \" in *\" archive \"*) touch {asked}; while [ -e {hold} ]; do sleep 0.02; done;; esac\nexec /usr/bin/git \"$@\"",
            asked = folder.join("source-asked").display(),
            hold = folder.join("source-hold").display()
        );
        folder.script("bin/git", &script);
        let path =
            format!("{}:{}", folder.join("bin").display(), outside::variable("PATH").unwrap_or_default());
        let options = options.arg("--agents").arg("0").env("PATH", &path);
        let hub = Hub::start(options, Repository::with_commits(1));
        let file = [("once", ""), ("again", "retry: {max: 1, on: [agent_lost], backoff: 1s}")]
            .map(|(name, retry)| JOB.replace("NAME", name).replace("RETRY", retry))
            .join("---\n");
        std::fs::write(hub.repository.path().join("signalbox.yaml"), file).expect("written");
        hub.repository.git(&["add", "signalbox.yaml"]);
        hub.repository.git(&["commit", "-q", "-m", "jobs"]);
        hub.api.post("/api/v1/repositories/web/fetch", &json!({})).expect("fetched");
        outside::wait_for("the job file to be read", SOON, || {
            hub.api.get("/api/v1/jobs/again").is_success().then_some(())
        });
        Self { hub, folder, agent: None, agent_pid: 0 }
    }

    fn start_agent(&mut self) {
        let data = self.folder.join("agent");
        let mut command = Command::new(outside::program());
        command.args(["agent", "--name", "worker", "--server", &self.hub.server.url(), "--data"]).arg(&data);
        if !data.join("agent.json").exists() {
            let made = self.hub.api.post("/api/v1/agents/tokens", &json!({})).expect("a token");
            command.args(["--token", &text(&made["token"])]);
        }
        let log = std::fs::File::options().create(true).append(true).open(self.folder.join("agent.log"));
        let log = log.expect("a log");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let process = Process::start(&mut command);
        self.agent_pid = process.id();
        self.agent = Some(process);
    }

    fn kill_agent(&mut self) {
        if let Some(mut agent) = self.agent.take() {
            agent.kill();
        }
    }

    /// Kills and starts again.
    fn strike(&mut self, victim: Victim) {
        if victim != Victim::Agent {
            self.hub.server.kill();
        }
        if victim != Victim::Server {
            self.kill_agent();
        }
        if victim != Victim::Agent {
            self.hub.server.start_again();
        }
        if victim != Victim::Server {
            self.start_agent();
        }
    }

    fn run(&self, job: &str, marks: &Folder) -> String {
        let body = json!({"params": {"marks": marks.path()}, "ref": "main"});
        text(&self.hub.api.post(&format!("/api/v1/jobs/{job}/runs"), &body).expect("asked")["id"])
    }

    fn see(&self, run: &str) -> Value {
        self.hub.api.get(&format!("/api/v1/runs/{run}")).expect("there")
    }

    fn wait_for_state(&self, run: &str, state: &str) {
        outside::wait_for(state, SOON, || {
            let now = self.see(run);
            assert!(now["over"] != true || now["state"] == state, "it should become {state}: {now}");
            (now["state"] == state).then_some(())
        });
    }

    fn ends(&self, run: &str) -> Value {
        outside::wait_for("the run to end", SOON, || Some(self.see(run)).filter(|run| run["over"] == true))
    }

    /// The numbered lines of a run's log, which must have no gap and none twice within one try.
    fn lines(&self, run: &str) -> usize {
        let log = self.hub.api.get(&format!("/api/v1/runs/{run}/log"));
        assert!(log.is_success(), "{} {}", log.status, log.text());
        let log = log.text();
        let numbers: Vec<usize> =
            log.lines().filter_map(|line| line.strip_prefix("line ")?.parse().ok()).collect();
        let expected: Vec<usize> = (1..=numbers.len()).collect();
        assert_eq!(numbers, expected, "the log has a gap");
        numbers.len()
    }

    /// Brings a run to a state; returns its id.
    fn bring(&mut self, job: &str, at: At, marks: &Folder) -> String {
        let touch = |name: &str| std::fs::write(marks.join(name), "").expect("written");
        if at == At::Queued {
            self.kill_agent();
        }
        if at == At::Starting {
            // A source that nobody has asked for yet, so that git is asked.
            let commit = self.hub.repository.commit("another source");
            self.hub.api.post("/api/v1/repositories/web/fetch", &json!({})).expect("fetched");
            outside::wait_for("the commit", SOON, || {
                let path = format!("/api/v1/repositories/web/contains?commit=main&ancestor={commit}");
                (self.hub.api.get(&path).json()["answer"] == "yes").then_some(())
            });
            std::fs::write(self.folder.join("source-hold"), "").expect("written");
            let _ = std::fs::remove_file(self.folder.join("source-asked"));
        }
        let run = self.run(job, marks);
        match at {
            At::Queued => self.wait_for_state(&run, "queued"),
            At::Starting => wait_for_file(&self.folder.join("source-asked")),
            At::Running => {
                wait_for_file(&marks.join("half"));
                outside::wait_for("output to arrive", SOON, || (self.lines(&run) > 0).then_some(()));
            }
            At::Finishing => {
                touch("hold");
                touch("go");
                wait_for_file(&marks.join("finally"));
                // From here on nothing of what the agent sends is taken.
                signal(self.hub.server.pid(), "STOP");
                std::fs::remove_file(marks.join("hold")).expect("removed");
                let spools = self.folder.join("agent/attempts");
                outside::wait_for("the last step to end", SOON, || {
                    let attempt = std::fs::read_dir(&spools).ok()?.flatten().next()?.path();
                    let log = std::fs::read_to_string(attempt.join("log")).ok()?;
                    (log.matches("::step-end::").count() == 2).then_some(())
                });
            }
            At::Between => {
                touch("go");
                self.wait_for_state(&run, "held");
            }
            At::Cancelling => {
                wait_for_file(&marks.join("half"));
                self.hub.api.post(&format!("/api/v1/runs/{run}/cancel"), &json!({})).expect("cancelled");
                wait_for_file(&marks.join("asked"));
            }
        }
        run
    }

    /// Lets a run go on after the strike, and says what it comes to.
    fn release(&self, run: &str, at: At, marks: &Folder) -> Value {
        let touch = |name: &str| std::fs::write(marks.join(name), "").expect("written");
        let _ = std::fs::remove_file(self.folder.join("source-hold"));
        touch("go");
        if at == At::Cancelling {
            touch("end");
        }
        outside::wait_for("the run to end or to be held", SOON, || {
            let now = self.see(run);
            if now["state"] == "held" {
                self.hub.api.post(&format!("/api/v1/runs/{run}/release"), &json!({})).expect("released");
            }
            (now["over"] == true).then_some(())
        });
        self.ends(run)
    }
}

fn wait_for_file(path: &std::path::Path) {
    outside::wait_for(&path.display().to_string(), SOON, || path.exists().then_some(()));
}

fn count(marks: &Folder, name: &str) -> usize {
    std::fs::read_to_string(marks.join(name)).unwrap_or_default().lines().count()
}

const ALL: [At; 6] = [At::Queued, At::Starting, At::Running, At::Finishing, At::Between, At::Cancelling];

fn matrix(database: Database, victim: Victim) {
    if !database.is_here() {
        return;
    }
    let mut stage = Stage::new(Options::on(database));
    stage.start_agent();
    for at in ALL {
        let marks = Folder::new("marks");
        let run = stage.bring("once", at, &marks);
        if at == At::Finishing && victim == Victim::Agent {
            stage.kill_agent();
            signal(stage.hub.server.pid(), "CONT");
            stage.start_agent();
        } else {
            stage.strike(victim);
        }
        if stage.agent.is_none() {
            stage.start_agent();
        }
        let ended = stage.release(&run, at, &marks);
        let state = text(&ended["state"]);
        println!("{victim:?} killed while {at:?}: {state}, {} lines", stage.lines(&run));
        let agent_died = victim != Victim::Server;
        let expected: &[&str] = match at {
            // An agent that waited for its source had begun nothing, and says so when it comes back.
            At::Queued | At::Starting | At::Between => &["succeeded"],
            At::Cancelling if agent_died => &["cancelled", "lost"],
            At::Cancelling => &["cancelled"],
            At::Running | At::Finishing if agent_died => &["lost"],
            At::Running | At::Finishing => &["succeeded"],
        };
        assert!(expected.contains(&state.as_str()), "{victim:?} killed while {at:?}: {ended}");
        let times = count(&marks, "one");
        assert!(times <= 1, "{victim:?} killed while {at:?}: it ran {times} times");
        assert_eq!(count(&marks, "two"), usize::from(state == "succeeded"), "{victim:?} killed while {at:?}");
        let lines = stage.lines(&run);
        match (state.as_str(), at) {
            ("succeeded", _) => assert_eq!((times, lines), (1, 2 * HALF), "{victim:?} killed while {at:?}"),
            (_, At::Finishing) => assert_eq!(lines, 2 * HALF, "what was written before is there"),
            (_, At::Running | At::Cancelling) => assert!(lines >= HALF, "{lines} lines are there"),
            _ => {}
        }
    }
    let verify = stage.hub.server.command().args(["audit", "verify"]).output().expect("started");
    assert!(verify.status.success(), "{}", told(&verify));
}

#[test]
fn the_agent_is_killed_in_every_state() {
    matrix(Database::Sqlite, Victim::Agent);
}

#[test]
fn the_server_is_killed_in_every_state() {
    matrix(Database::Sqlite, Victim::Server);
}

#[test]
fn both_are_killed_in_every_state() {
    matrix(Database::Sqlite, Victim::Both);
}

#[test]
fn both_are_killed_in_every_state_on_postgres() {
    matrix(Database::Postgres, Victim::Both);
}

#[test]
fn what_may_be_tried_again_is_tried_once_more_and_succeeds() {
    let mut stage = Stage::new(Options::on(Database::Sqlite));
    for victim in [Victim::Agent, Victim::Both] {
        if stage.agent.is_none() {
            stage.start_agent();
        }
        let marks = Folder::new("marks");
        let run = stage.bring("again", At::Running, &marks);
        stage.strike(victim);
        let ended = stage.release(&run, At::Running, &marks);
        assert_eq!(ended["state"], "succeeded", "{ended}");
        assert_eq!(count(&marks, "one"), 2, "the first try and one more");
        assert_eq!(stage.lines(&run), 2 * HALF, "the log is that of the last try");
    }
}

#[test]
fn a_run_whose_agent_never_comes_back_is_lost_after_its_lease() {
    let options = Options::on(Database::Sqlite).arg("--test-clock").arg("2026-11-01T00:00:00Z");
    let mut stage = Stage::new(options);
    stage.start_agent();
    let marks = Folder::new("marks");
    let run = stage.bring("once", At::Running, &marks);
    stage.kill_agent();
    stage.hub.api.post("/test/clock", &json!({"advance": "59s"})).expect("time moves");
    assert_eq!(stage.see(&run)["state"], "running", "it has its lease and a grace");
    stage.hub.api.post("/test/clock", &json!({"advance": "2m"})).expect("time moves");
    let ended = stage.ends(&run);
    assert_eq!(ended["state"], "lost", "{ended}");
    // What it left behind is ended by the next agent in its place, and told to nobody.
    stage.start_agent();
    std::fs::write(marks.join("go"), "").expect("written");
    let other = Folder::new("marks");
    let second = stage.bring("once", At::Between, &other);
    stage.release(&second, At::Between, &other);
    assert_eq!(stage.see(&run)["state"], "lost");
    assert_eq!(count(&marks, "one"), 1);
}

#[test]
fn an_agent_that_was_frozen_beyond_its_lease_stops_what_it_does() {
    let options = Options::on(Database::Sqlite).arg("--test-clock").arg("2026-11-01T00:00:00Z");
    let mut stage = Stage::new(options);
    stage.start_agent();
    let marks = Folder::new("marks");
    let run = stage.bring("once", At::Running, &marks);
    signal(stage.agent_pid, "STOP");
    stage.hub.api.post("/test/clock", &json!({"advance": "3m"})).expect("time moves");
    assert_eq!(stage.ends(&run)["state"], "lost");
    let before = stage.lines(&run);
    signal(stage.agent_pid, "CONT");
    outside::wait_for("the agent to stop it", SOON, || {
        let attempts = std::fs::read_dir(stage.folder.join("agent/attempts")).ok()?.count();
        (attempts == 0).then_some(())
    });
    assert_eq!(stage.lines(&run), before, "nothing more is taken from it");
    assert!(!marks.join("finally").exists(), "an attempt that is somebody else's has no last words");
}
