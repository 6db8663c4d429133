//! Questions about real git histories.

use e2e::server::Options;
use e2e::{Database, Folder, Hub, Repository};
use serde_json::{Value, json};

const UNKNOWN: &str = "0123456789abcdef0123456789abcdef01234567";

fn contains(hub: &Hub, repository: &str, commit: &str, ancestor: &str) -> Value {
    let path = format!("/api/v1/repositories/{repository}/contains?commit={commit}&ancestor={ancestor}");
    hub.api.get(&path).expect("contains answers")["answer"].clone()
}

fn fetch(hub: &Hub, repository: &str) {
    hub.api.post(&format!("/api/v1/repositories/{repository}/fetch"), &json!({})).expect("fetched");
}

fn titles(deployment: &Value) -> Vec<String> {
    let commits = deployment["range"]["commits"].as_array().cloned().unwrap_or_default();
    commits.iter().filter_map(|c| c["title"].as_str()).map(String::from).collect()
}

fn start(hub: &Hub, commit: &str) -> Value {
    let answer = hub.api.post("/api/v1/environments/beta/deployments", &json!({"commit": commit}));
    answer.expect("the deployment starts")
}

fn finish(hub: &Hub, started: &Value) {
    let path = format!("/api/v1/deployments/{}/finish", e2e::hub::text(&started["id"]));
    let body = json!({"token": started["token"], "outcome": "succeeded", "exit_code": 0, "output_bytes": 0});
    hub.api.post(&path, &body).expect("the deployment finishes");
}

#[test]
fn a_merge_brings_both_of_its_sides() {
    let repository = Repository::with_commits(2);
    let hub = Hub::start(Options::on(Database::Sqlite), repository);
    let base = hub.repository.head();
    finish(&hub, &start(&hub, &base));
    let (branch, merge) = hub.repository.merge("feature");
    fetch(&hub, "web");
    assert_eq!(contains(&hub, "web", &merge, &branch), "yes");
    assert_eq!(contains(&hub, "web", &merge, &base), "yes");
    assert_eq!(contains(&hub, "web", &base, &branch), "no");
    let started = start(&hub, &merge);
    let mut brought = titles(&started);
    brought.sort();
    assert_eq!(brought, ["feature", "merge feature"], "{started}");
    assert_eq!(started["previous_commit"], base.as_str());
    finish(&hub, &started);
}

#[test]
fn after_a_force_push_old_and_new_history_are_told_apart() {
    let hub = Hub::on(Database::Sqlite);
    let old = hub.repository.head();
    finish(&hub, &start(&hub, &old));
    hub.repository.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    let new = hub.repository.commit("rewritten");
    fetch(&hub, "web");
    assert_eq!(contains(&hub, "web", &new, &old), "no", "the old head is no ancestor of the rewritten one");
    let started = start(&hub, &new);
    assert_eq!(started["commit"], new.as_str());
    assert_eq!(
        started["previous_commit"],
        old.as_str(),
        "what was deployed stays known although no branch has it"
    );
    assert_eq!(titles(&started), ["rewritten"], "{started}");
    finish(&hub, &started);
}

#[test]
fn an_unknown_commit_is_refused_and_never_answered_with_no() {
    let hub = Hub::on(Database::Sqlite);
    let head = hub.repository.head();
    assert_eq!(contains(&hub, "web", &head, UNKNOWN), "unknown");
    assert_eq!(contains(&hub, "web", UNKNOWN, &head), "unknown");
    let refused = hub.api.post("/api/v1/environments/beta/deployments", &json!({"commit": UNKNOWN}));
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert_eq!(refused.json()["code"], "commit.unknown");
    assert!(hub.deployments("beta").is_empty(), "a refused attempt leaves no deployment");
}

#[test]
fn a_commit_pushed_a_moment_ago_is_fetched_on_demand() {
    let hub = Hub::on(Database::Sqlite);
    let fresh = hub.repository.commit("a moment ago");
    assert_eq!(start(&hub, &fresh)["commit"], fresh.as_str());
}

#[test]
fn a_shallow_repository_answers_unknown_and_deploys_nothing() {
    let full = Repository::with_commits(5);
    let first = full.git(&["rev-list", "--max-parents=0", "HEAD"]).trim().to_string();
    let shallow = full.clone_from(Some(1));
    let hub = Hub::on(Database::Sqlite);
    let body =
        json!({"name": "shallow", "url": shallow.path().display().to_string(), "default_branch": "main"});
    let made = hub.api.post("/api/v1/repositories", &body);
    if made.is_success() {
        assert_eq!(
            contains(&hub, "shallow", &full.head(), &first),
            "unknown",
            "a shallow history cannot say no"
        );
    } else {
        assert_eq!(made.json()["code"], "repository.shallow", "{}", made.text());
    }

    // The same from the side of the command line: a bastion with a shallow clone.
    let folder = Folder::new("shallow");
    let script = folder.script("never.sh", &format!("touch {}", folder.join("ran").display()));
    let mut deploy = hub.server.command();
    deploy.current_dir(shallow.path());
    deploy.args(["deploy", "--env", "beta", "--ref", "main", "--repo", "."]).arg("--").arg(&script);
    let out = deploy.output().expect("the program can be started");
    assert_eq!(out.status.code(), Some(65), "{}", e2e::hub::told(&out));
    assert!(!folder.join("ran").exists());
}

#[test]
fn an_ambiguous_abbreviation_is_refused() {
    let hub = Hub::on(Database::Sqlite);
    let refused = hub.api.post("/api/v1/environments/beta/deployments", &json!({"commit": "a"}));
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(hub.deployments("beta").is_empty());
}
