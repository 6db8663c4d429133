//! Jobs, from a commit to what became of it: the server's own agent, a moved clock, locks, and servers that are killed.

use e2e::hub::{text, told};
use e2e::server::Options;
use e2e::{Database, Folder, Hub, Repository, outside};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

/// Commits a job file and waits until its last job is there.
fn commit(hub: &Hub, last: &str, file: &str) {
    std::fs::write(hub.repository.path().join("signalbox.yaml"), file).expect("written");
    hub.repository.git(&["add", "signalbox.yaml"]);
    hub.repository.git(&["commit", "-q", "-m", "jobs"]);
    hub.api.post("/api/v1/repositories/web/fetch", &json!({})).expect("fetched");
    outside::wait_for("the job file to be read", SOON, || {
        hub.api.get(&format!("/api/v1/jobs/{last}")).is_success().then_some(())
    });
}

fn runs(hub: &Hub, job: &str) -> Vec<Value> {
    hub.api.all(&format!("/api/v1/runs?job={job}"))
}

/// Waits until the newest run of a job is over.
fn over(hub: &Hub, job: &str) -> Value {
    outside::wait_for("the run to end", SOON, || {
        runs(hub, job).into_iter().next().filter(|run| run["over"] == true)
    })
}

const REPORT: &str = r#"
name: report
params: {month: {default: "2026-10"}}
secrets: [TOKEN]
steps:
  - name: analyse
    run: |
      echo "month $PARAM_MONTH, token $TOKEN"
      echo "::metric name=rate value=71.4 unit=percent"
      echo "<h1>rate</h1>" > report.html
  - name: publish
    run: exit $((FAIL))
    env: {FAIL: "0"}
finally:
  - run: echo "the end was $SIGNALBOX_OUTCOME"
artifacts:
  - {name: report, pattern: "*.html", required: true}
"#;

#[test]
fn a_commit_becomes_a_job_whose_run_can_be_followed_on_sqlite() {
    follows(Database::Sqlite);
}

#[test]
fn a_commit_becomes_a_job_whose_run_can_be_followed_on_postgres() {
    follows(Database::Postgres);
}

fn follows(database: Database) {
    if !database.is_here() {
        return;
    }
    let hub = Hub::on(database);
    commit(&hub, "report", REPORT);
    let secret = json!({"value": "correct-horse-battery"});
    let headers = [("content-type", "application/json")];
    let body = secret.to_string();
    let set = hub.api.send("PUT", "/api/v1/secrets/workspace/TOKEN", &headers, body.as_bytes());
    set.expect("answered").expect("the secret is set");
    let out = hub.server.command().args(["job", "run", "report", "-p", "month=2026-11", "--follow"]).output();
    let out = out.expect("the program can be started");
    let said = told(&out);
    assert!(out.status.success(), "{said}");
    assert!(said.contains("month 2026-11, token ***"), "the secret is hidden and the rest is there: {said}");
    assert!(said.contains("the end was succeeded"), "{said}");
    let run = over(&hub, "report");
    let whole = hub.api.get(&format!("/api/v1/runs/{}", text(&run["id"]))).expect("there");
    assert_eq!(whole["metrics"][0]["value"], 71.4, "{whole}");
    let file = hub.api.get(&format!("/api/v1/runs/{}/artifacts/report", text(&run["id"])));
    assert_eq!(file.text().trim(), "<h1>rate</h1>");
    assert!(
        file.header("content-security-policy").is_some_and(|policy| policy.contains("sandbox")),
        "nothing in a file runs in the name of the server"
    );
    commit(&hub, "report", &REPORT.replace("FAIL: \"0\"", "FAIL: \"3\""));
    outside::wait_for("the new definition", SOON, || {
        let job = hub.api.get("/api/v1/jobs/report").expect("there");
        text(&job["source"]).contains("FAIL: \"3\"").then_some(())
    });
    let out = hub.server.command().args(["job", "run", "report", "--wait"]).output().expect("started");
    assert_eq!(out.status.code(), Some(3), "the command ends as the step did: {}", told(&out));
}

#[test]
fn a_backup_holds_the_files_that_runs_kept() {
    let hub = Hub::on(Database::Sqlite);
    commit(
        &hub,
        "keep",
        "name: keep\nsteps: [{run: echo kept > file.txt}]\nartifacts: [{name: file, pattern: file.txt}]\n",
    );
    let out = hub.server.command().args(["job", "run", "keep", "--wait"]).output().expect("started");
    assert!(out.status.success(), "{}", told(&out));
    let run = over(&hub, "keep");
    let kept = hub.api.all(&format!("/api/v1/runs/{}/artifacts", text(&run["id"]))).remove(0);
    let (folder, hash) = (Folder::new("backup"), text(&kept["sha256"]));
    for (verb, data) in [("backup", hub.server.data().path().to_owned()), ("restore", folder.join("back"))] {
        let mut command = hub.server.command();
        let out =
            command.arg(verb).arg(folder.join("copy")).arg("--data").arg(data).output().expect("started");
        assert!(out.status.success(), "{verb}: {}", told(&out));
    }
    assert_eq!(folder.read(&format!("back/artifacts/{}/{hash}", &hash[..2])).trim(), "kept");
}

#[test]
fn a_moved_clock_fires_once_for_each_instant() {
    let options = Options::on(Database::Sqlite).arg("--test-clock").arg("2026-11-01T00:00:00Z");
    let hub = Hub::start(options, Repository::with_commits(1));
    commit(
        &hub,
        "quarters",
        "name: quarters\non: [{cron: '*/15 * * * *', tz: UTC}]\nsteps: [{run: 'true'}]\n",
    );
    for number in 1..=3 {
        hub.api.post("/test/clock", &json!({"advance": "15m"})).expect("time moves");
        outside::wait_for("the run to end", SOON, || {
            let all = runs(&hub, "quarters");
            (all.len() == number && all[0]["over"] == true).then_some(())
        });
    }
    let job = hub.api.get("/api/v1/jobs/quarters").expect("there");
    let fires: Vec<_> = job["fires"].as_array().into_iter().flatten().collect();
    assert_eq!(fires.len(), 3, "{fires:?}");
    assert!(fires.iter().all(|fire| fire["decision"] == "start" && fire["run"].is_string()), "{fires:?}");
}

#[test]
fn a_lock_stops_a_job_that_deploys_and_its_release_lets_it_pass() {
    let hub = Hub::on(Database::Sqlite);
    commit(&hub, "ship", "name: ship\ndeploy: beta\nsteps: [{run: 'echo shipping $SIGNALBOX_FENCE'}]\n");
    let lock = hub.lock("beta", "bad build");
    let out = hub.server.command().args(["job", "run", "ship", "--wait"]).output().expect("started");
    assert_eq!(out.status.code(), Some(75), "{}", told(&out));
    assert!(told(&out).contains("bad build"), "the sentence of the gate: {}", told(&out));
    assert!(hub.deployments("beta").is_empty(), "nothing was deployed");
    hub.release(&lock).expect("released");
    let out = hub.server.command().args(["job", "run", "ship", "--wait"]).output().expect("started");
    assert!(out.status.success(), "{}", told(&out));
    outside::wait_for("the deployment to be told", SOON, || {
        let all = hub.deployments("beta");
        (all.len() == 1 && all[0]["state"] == "succeeded").then_some(())
    });
}

#[test]
fn a_server_that_is_killed_loses_no_run_and_does_none_twice() {
    let mut hub = Hub::on(Database::Sqlite);
    let marks = hub.server.data().join("marks");
    let slow = format!("echo run >> {}; echo begun; sleep 600", marks.display());
    commit(&hub, "slow", &format!("name: slow\nsteps: [{{run: '{slow}'}}]\n"));
    let mut command = hub.server.command();
    command.args(["job", "run", "slow"]).stdout(Stdio::null()).stderr(Stdio::null());
    for round in 1..=3_usize {
        assert!(command.status().expect("started").success());
        outside::wait_for("the step to begin", SOON, || {
            let begun = std::fs::read_to_string(&marks).unwrap_or_default().lines().count();
            (begun == round).then_some(())
        });
        hub.server.kill();
        hub.server.start_again();
        let run = over(&hub, "slow");
        assert_eq!(run["state"], "lost", "nobody knows how far it got: {run}");
        let log = hub.api.get(&format!("/api/v1/runs/{}/log", text(&run["id"])));
        assert!(log.text().contains("begun"), "what was printed is there: {}", log.text());
    }
    assert_eq!(runs(&hub, "slow").len(), 3);
    assert_eq!(std::fs::read_to_string(&marks).unwrap_or_default().lines().count(), 3, "none ran twice");
}
