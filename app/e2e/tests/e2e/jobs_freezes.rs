//! A job that is frozen around another, and what is said of runs, by the command line and the HTTP interface of the real program.

use e2e::hub::{text, told};
use e2e::{Database, Hub, outside};
use serde_json::json;
use std::process::Output;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

/// Production goes out each full hour: beta is frozen from the minute after one to the end of the next.
const FILE: &str = r#"
name: beta
on: [{cron: "*/5 * * * *", tz: UTC}, manual]
agent: nobody-has-this
freeze: [{from: 59m before prod, until: prod finished}, {from: 1h before prod, until: 1m after prod}]
steps: echo beta
---
name: prod
on: [{cron: "@hourly", tz: UTC}, manual]
agent: nobody-has-this
steps: echo production
"#;

fn cli(hub: &Hub, words: &[&str]) -> Output {
    hub.server.command().args(words).output().expect("the program can be started")
}

#[test]
fn a_frozen_job_is_passed_by_name_and_its_runs_are_talked_about_on_sqlite() {
    frozen(Database::Sqlite);
}

#[test]
fn a_frozen_job_is_passed_by_name_and_its_runs_are_talked_about_on_postgres() {
    frozen(Database::Postgres);
}

fn frozen(database: Database) {
    if !database.is_here() {
        return;
    }
    let hub = Hub::on(database);
    std::fs::write(hub.repository.path().join("signalbox.yaml"), FILE).expect("written");
    hub.repository.git(&["add", "signalbox.yaml"]);
    hub.repository.git(&["commit", "-q", "-m", "jobs"]);
    hub.api.post("/api/v1/repositories/web/fetch", &json!({})).expect("fetched");
    outside::wait_for("the job file to be read", SOON, || {
        hub.api.get("/api/v1/jobs/prod").is_success().then_some(())
    });
    let job = hub.api.get("/api/v1/jobs/beta").expect("there");
    assert_eq!(job["definition"]["freeze"][0]["before_s"], 3_540);
    assert_eq!(job["frozen"][1]["mark"], "freeze:prod", "{job}");
    let coming = job["schedules"][0]["upcoming"].as_array().expect("fires");
    assert!(coming.iter().all(|fire| text(&fire["frozen"]).starts_with("frozen until ")), "{job}");
    let said = told(&cli(&hub, &["job", "next", "beta"]));
    assert!(said.contains("now frozen until ") && said.lines().count() > 10, "{said}");

    let refused = cli(&hub, &["job", "run", "beta"]);
    let said = told(&refused);
    assert!(!refused.status.success() && said.contains("override freeze:prod with a reason"), "{said}");
    let half = cli(&hub, &["job", "run", "beta", "--override", "freeze:prod"]);
    assert!(!half.status.success() && told(&half).contains("--reason"), "{}", told(&half));
    let other = cli(&hub, &["job", "run", "beta", "--override", "freeze:other", "--reason", "why not"]);
    assert!(!other.status.success() && told(&other).contains("frozen"), "{}", told(&other));
    let passed =
        cli(&hub, &["job", "run", "beta", "--override", "freeze:prod", "--reason", "the shop is down"]);
    assert!(passed.status.success(), "{}", told(&passed));
    let run = hub.api.all("/api/v1/runs?job=beta").remove(0);
    assert_eq!(run["state"], "queued", "{run}");

    let id = text(&run["id"]);
    for words in [
        &["run", "comment", &id, "it was worth it"][..],
        &["run", "label", &id, "hotfix", "shop/1 ü"],
        &["run", "label", &id, "hotfix", "--remove"],
    ] {
        let out = cli(&hub, words);
        assert!(out.status.success(), "{words:?}: {}", told(&out));
    }
    assert!(told(&cli(&hub, &["run", "label", &id])).contains("shop/1 ü"));
    let comments = hub.api.all(&format!("/api/v1/runs/{id}/comments"));
    assert_eq!(comments[0]["text"], "it was worth it");
    let comment = text(&comments[0]["id"]);
    let taken_back = cli(&hub, &["run", "comment", &id, "--remove", &comment]);
    assert!(taken_back.status.success(), "{}", told(&taken_back));
    assert!(hub.api.all(&format!("/api/v1/runs/{id}/comments")).is_empty());
}
