//! A clock that jumps: what runs goes on, because its agent was not silent, and what may take only so long has taken it.

use e2e::hub::text;
use e2e::server::Options;
use e2e::{Database, Folder, Hub, Repository, outside};
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(90);

const JOBS: &str = r#"
name: held
params: {marks: {default: none}}
steps:
  - run: touch "$PARAM_MARKS/began"; while [ ! -e "$PARAM_MARKS/go" ]; do sleep 0.05; done; echo it goes on
---
name: brief
params: {marks: {default: none}}
timeout: {run: 45m}
steps:
  - run: touch "$PARAM_MARKS/began"; exec sleep 1000
---
name: silent
params: {marks: {default: none}}
timeout: {silent: 10m}
steps:
  - run: touch "$PARAM_MARKS/began"; exec sleep 1000
"#;

struct Stage {
    hub: Hub,
    marks: Folder,
}

impl Stage {
    fn new() -> Self {
        let options = Options::on(Database::Sqlite).arg("--test-clock").arg("2026-11-01T00:00:00Z");
        let hub = Hub::start(options, Repository::with_commits(1));
        std::fs::write(hub.repository.path().join("signalbox.yaml"), JOBS).expect("written");
        hub.repository.git(&["add", "signalbox.yaml"]);
        hub.repository.git(&["commit", "-q", "-m", "jobs"]);
        hub.api.post("/api/v1/repositories/web/fetch", &json!({})).expect("fetched");
        outside::wait_for("the job file to be read", SOON, || {
            hub.api.get("/api/v1/jobs/silent").is_success().then_some(())
        });
        Self { hub, marks: Folder::new("marks") }
    }

    /// Starts a run whose process has begun when this returns.
    fn begin(&self, job: &str) -> String {
        let params = json!({"params": {"marks": self.marks.path()}});
        let run = self.hub.api.post(&format!("/api/v1/jobs/{job}/runs"), &params).expect("a run");
        outside::wait_for("the process", SOON, || self.marks.join("began").exists().then_some(()));
        text(&run["id"])
    }

    fn advance(&self, by: &str) {
        self.hub.api.post("/test/clock", &json!({"advance": by})).expect("time moves");
    }

    fn see(&self, run: &str) -> Value {
        self.hub.api.get(&format!("/api/v1/runs/{run}")).expect("the run")
    }

    fn end(&self, run: &str) -> Value {
        outside::wait_for("the run to be over", SOON, || {
            Some(self.see(run)).filter(|run| run["over"] == true)
        })
    }
}

#[test]
fn a_run_goes_on_when_the_clock_jumps_over_its_lease() {
    let stage = Stage::new();
    let run = stage.begin("held");
    for _ in 0..3 {
        stage.advance("10m");
        assert_eq!(stage.see(&run)["state"], "running");
    }
    std::fs::write(stage.marks.join("go"), "").expect("written");
    let ended = stage.end(&run);
    assert_eq!(ended["state"], "succeeded", "{ended}");
}

#[test]
fn a_run_that_may_take_45_minutes_has_taken_them_when_the_clock_says_so() {
    let stage = Stage::new();
    let run = stage.begin("brief");
    stage.advance("44m");
    assert_eq!(stage.see(&run)["state"], "running");
    stage.advance("1m");
    let ended = stage.end(&run);
    assert_eq!(ended["state"], "timed_out", "{ended}");
}

#[test]
fn silence_is_counted_by_the_clock_that_is_moved() {
    let stage = Stage::new();
    let run = stage.begin("silent");
    stage.advance("11m");
    let ended = stage.end(&run);
    assert_eq!(ended["state"], "timed_out", "{ended}");
}
