//! `signalbox deploy` round real scripts: what it prints, what it leaves behind, how it ends.

use e2e::hub::{text, told};
use e2e::outside::Process;
use e2e::server::{self, Options};
use e2e::{Database, Folder, Hub, Repository, outside};
use serde_json::{Value, json};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(30);

fn run(command: &mut Command) -> Output {
    command.output().expect("the program can be started")
}

fn code(out: &Output) -> i32 {
    out.status.code().unwrap_or(-1)
}

fn start(command: &mut Command) -> Process {
    Process::start(command.stdout(Stdio::null()).stderr(Stdio::null()))
}

/// Waits until a started command has written `file`, so that its script runs for certain.
fn appears(folder: &Folder, file: &str) {
    outside::wait_for(file, SOON, || folder.join(file).exists().then_some(()));
}

fn only_deployment(hub: &Hub, environment: &str) -> Value {
    let all = hub.deployments(environment);
    assert_eq!(all.len(), 1, "one deployment: {all:?}");
    hub.deployment(&text(&all[0]["id"]))
}

#[test]
fn a_deployment_is_a_task_with_its_output_on_sqlite() {
    deploys(Database::Sqlite);
}

#[test]
fn a_deployment_is_a_task_with_its_output_on_postgres() {
    deploys(Database::Postgres);
}

fn deploys(database: Database) {
    if !database.is_here() {
        return;
    }
    let (hub, folder) = (Hub::on(database), Folder::new("deploy"));
    let seen = folder.join("seen");
    let script = folder.script(
        "ok.sh",
        &format!(
            "echo copying; echo warning >&2; env | grep ^SIGNALBOX_ > {}; cat app.txt > {}/cluster",
            seen.display(),
            folder.path().display()
        ),
    );
    let out = hub.deploy_main("beta", &script);
    assert_eq!(code(&out), 0, "{}", told(&out));
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(said.contains("copying"), "the script's output is shown: {}", told(&out));
    assert!(folder.read("cluster").starts_with("change 3"), "it really copied");

    let deployment = only_deployment(&hub, "beta");
    assert_eq!(deployment["state"], "succeeded");
    assert_eq!(deployment["commit"], hub.repository.head().as_str());
    assert_eq!(deployment["exit_code"], 0);
    let log = String::from_utf8_lossy(&hub.log_of(&text(&deployment["id"]))).into_owned();
    assert!(log.contains("copying") && log.contains("warning"), "both streams are kept: {log}");
    let seen = folder.read("seen");
    for name in ["DEPLOYMENT", "DEPLOYMENT_URL", "ENVIRONMENT", "COMMIT", "KIND", "FENCE"] {
        assert!(seen.contains(&format!("SIGNALBOX_{name}=")), "the script is told its {name}: {seen}");
    }
    assert!(seen.contains(&format!("SIGNALBOX_COMMIT={}", hub.repository.head())));

    let task = text(&deployment["task"]["id"]);
    let task = hub.api.get(&format!("/api/1.0/tasks/{task}")).expect("the deployment is a task");
    assert_eq!(task["data"]["completed"], true, "success completes the task: {task}");
    let environment = hub.api.get("/api/v1/environments/beta").expect("the environment");
    let project = text(&environment["deployment_project"]["id"]);
    let in_project = task["data"]["memberships"].as_array().into_iter().flatten();
    let projects: Vec<String> = in_project.map(|m| text(&m["project"]["gid"])).collect();
    assert!(projects.contains(&project), "it lies in the deployment project: {projects:?}, not {project}");
}

#[test]
fn a_failing_script_gives_its_own_code_and_the_tail_of_its_log() {
    let (hub, folder) = (Hub::on(Database::Sqlite), Folder::new("deploy"));
    let script = folder.script("bad.sh", "echo 'disk is full on host 7'; exit 3");
    let out = hub.deploy_main("beta", &script);
    assert_eq!(code(&out), 3, "{}", told(&out));
    let deployment = only_deployment(&hub, "beta");
    assert_eq!(deployment["state"], "failed");
    assert_eq!(deployment["exit_code"], 3);
    let task = text(&deployment["task"]["id"]);
    let shown = hub.api.get(&format!("/api/1.0/tasks/{task}")).expect("the task");
    assert_eq!(shown["data"]["completed"], false, "a failure leaves the task open");
    let stories = hub.api.get(&format!("/api/1.0/tasks/{task}/stories")).expect("the stories").to_string();
    assert!(stories.contains("disk is full on host 7"), "the tail is in a comment: {stories}");
}

#[test]
fn a_lock_closes_the_gate_with_a_sentence_and_its_release_opens_it() {
    let (hub, folder) = (Hub::on(Database::Sqlite), Folder::new("deploy"));
    let script = folder.script("mark.sh", &format!("echo x >> {}", folder.join("ran").display()));
    let lock = hub.lock("production", "payments are down");
    let out = hub.deploy_main("production", &script);
    assert_eq!(code(&out), 75, "{}", told(&out));
    assert!(told(&out).contains("payments are down"), "the sentence says why: {}", told(&out));
    assert_eq!(folder.read("ran"), "", "nothing was started");
    assert!(hub.deployments("production").is_empty(), "a refused attempt is no deployment");

    let why = run(hub.server.command().args(["why", "production"]));
    assert!(told(&why).contains("payments are down"), "{}", told(&why));
    let dry = run(&mut hub.deploy("production", &["--ref", "main", "--dry-run"], &script));
    assert_eq!(code(&dry), 75, "{}", told(&dry));

    let unlock = run(hub.server.command().args(["unlock", &lock, "--reason", "fixed"]));
    assert_eq!(code(&unlock), 0, "{}", told(&unlock));
    let dry = run(&mut hub.deploy("production", &["--ref", "main", "--dry-run"], &script));
    assert_eq!(code(&dry), 0, "{}", told(&dry));
    assert_eq!(folder.read("ran"), "", "a dry run starts nothing");
    assert_eq!(code(&hub.deploy_main("production", &script)), 0);
    assert_eq!(folder.read("ran"), "x\n");
}

#[test]
fn waiting_for_a_release_deploys_at_once_and_waiting_too_long_is_124() {
    let (hub, folder) = (Hub::on(Database::Sqlite), Folder::new("deploy"));
    let script = folder.script("ok.sh", "true");
    let lock = hub.lock("beta", "wait for me");
    let out = run(&mut hub.deploy("beta", &["--ref", "main", "--wait", "1s"], &script));
    assert_eq!(code(&out), 124, "{}", told(&out));
    let mut waiting = start(&mut hub.deploy("beta", &["--ref", "main", "--wait", "5m"], &script));
    assert!(waiting.ended().is_none());
    assert!(hub.release(&lock).is_success());
    let status = outside::wait_for("the waiting deployment", SOON, || waiting.ended());
    assert_eq!(status.code(), Some(0));
    assert_eq!(only_deployment(&hub, "beta")["state"], "succeeded");
}

#[test]
fn two_at_once_are_refused_and_one_slot_is_deployed_once() {
    let (hub, folder) = (Hub::on(Database::Sqlite), Folder::new("deploy"));
    let marks = folder.path().display().to_string();
    let slow = folder.script(
        "slow.sh",
        &format!("touch {marks}/up; for i in $(seq 600); do [ -e {marks}/go ] && break; sleep 0.05; done"),
    );
    let quick = folder.script("quick.sh", &format!("echo x >> {marks}/quick"));
    let slot = ["--ref", "main", "--slot", "7d"];
    let mut first = start(&mut hub.deploy("beta", &slot, &slow));
    appears(&folder, "up");
    let busy = hub.deploy_main("beta", &quick);
    assert_eq!(code(&busy), 76, "{}", told(&busy));
    let other_bastion = run(&mut hub.deploy("beta", &slot, &quick));
    assert_eq!(code(&other_bastion), 0, "this slot is handled elsewhere: {}", told(&other_bastion));
    std::fs::write(folder.join("go"), "").expect("a file can be written");
    let status = outside::wait_for("the first to end", SOON, || first.ended());
    assert_eq!(status.code(), Some(0));
    let again = run(&mut hub.deploy("beta", &slot, &quick));
    assert_eq!(code(&again), 0, "the slot stays handled: {}", told(&again));
    assert_eq!(folder.read("quick"), "", "only the first ran its script");
    assert_eq!(hub.deployments("beta").len(), 1);
}

#[test]
fn a_hung_script_is_aborted_with_all_its_children() {
    let (hub, folder) = (Hub::on(Database::Sqlite), Folder::new("deploy"));
    let marks = folder.path().display().to_string();
    // The child ignores SIGTERM, as hung programs do, and would outlive its parent.
    let script = folder.script(
        "hung.sh",
        &format!("sh -c 'trap \"\" TERM; echo $$ > {marks}/child; touch {marks}/up; for i in $(seq 300); do sleep 1; done' & wait"),
    );
    let mut child = start(&mut hub.deploy("beta", &["--ref", "main"], &script));
    appears(&folder, "up");
    let id = text(&only_deployment(&hub, "beta")["id"]);
    let answer = hub.api.post(&format!("/api/v1/deployments/{id}/abort"), &json!({"reason": "wrong build"}));
    assert_eq!(answer.status, 202, "{}", answer.text());
    let status = outside::wait_for("the abort", Duration::from_secs(90), || child.ended());
    assert_eq!(status.code(), Some(88));
    let deployment = hub.deployment(&id);
    assert_eq!(deployment["state"], "aborted", "{deployment}");
    let pid = folder.read("child").trim().to_string();
    outside::wait_for("the grandchild to end", SOON, || {
        (!std::path::Path::new(&format!("/proc/{pid}")).exists()).then_some(())
    });
}

#[test]
fn a_script_killed_half_way_is_a_failure_that_names_the_signal() {
    let (hub, folder) = (Hub::on(Database::Sqlite), Folder::new("deploy"));
    let script = folder.script("half.sh", "echo half; kill -9 $$; echo never");
    let out = hub.deploy_main("beta", &script);
    assert_eq!(code(&out), 137, "{}", told(&out));
    let deployment = only_deployment(&hub, "beta");
    assert_eq!(deployment["state"], "failed");
    assert_eq!(e2e::hub::number(&deployment["signal"]), 9, "{deployment}");
    let log = String::from_utf8_lossy(&hub.log_of(&text(&deployment["id"]))).into_owned();
    assert!(log.contains("half") && !log.contains("never"), "{log}");
}

#[test]
fn a_wrapper_killed_half_way_quarantines_until_a_person_resolves() {
    let options = Options::on(Database::Sqlite).arg("--test-clock").arg("2026-11-01T00:00:00Z");
    let (hub, folder) = (Hub::start(options, Repository::with_commits(3)), Folder::new("deploy"));
    let marks = folder.path().display().to_string();
    let script =
        folder.script("long.sh", &format!("echo $$ > {marks}/pid; touch {marks}/up; exec sleep 600"));
    let quick = folder.script("quick.sh", "true");
    let mut wrapper = start(&mut hub.deploy("beta", &["--ref", "main"], &script));
    appears(&folder, "up");
    let id = text(&only_deployment(&hub, "beta")["id"]);
    wrapper.kill();
    hub.api.post("/test/clock", &json!({"advance": "30m"})).expect("time moves");
    assert_eq!(hub.deployment(&id)["state"], "lost", "{}", hub.deployment(&id));
    let out = hub.deploy_main("beta", &quick);
    assert_eq!(code(&out), 75, "unknown is not green: {}", told(&out));
    assert_eq!(hub.gate("beta")["open"], false);
    let resolved = json!({"outcome": "failed", "reason": "looked at the hosts"});
    hub.api.post(&format!("/api/v1/deployments/{id}/resolve"), &resolved).expect("a person resolves it");
    let out = hub.deploy_main("beta", &quick);
    assert_eq!(code(&out), 0, "{}", told(&out));
    let pid: u32 = folder.read("pid").trim().parse().expect("the script wrote its pid");
    if std::path::Path::new(&format!("/proc/{pid}")).exists() {
        server::signal(pid, "KILL");
    }
}

#[test]
fn a_lost_lease_stops_the_script_with_87() {
    let options = Options::on(Database::Sqlite).arg("--test-clock").arg("2026-11-01T00:00:00Z");
    let (hub, folder) = (Hub::start(options, Repository::with_commits(3)), Folder::new("deploy"));
    let marks = folder.path().display().to_string();
    let script = folder.script("long.sh", &format!("touch {marks}/up; exec sleep 600"));
    let mut wrapper = start(&mut hub.deploy("beta", &["--ref", "main"], &script));
    appears(&folder, "up");
    let id = text(&only_deployment(&hub, "beta")["id"]);
    hub.api.post("/test/clock", &json!({"advance": "30m"})).expect("time moves");
    let resolved = json!({"outcome": "failed", "reason": "declared dead"});
    hub.api.post(&format!("/api/v1/deployments/{id}/resolve"), &resolved).expect("a person resolves it");
    let status = outside::wait_for("the wrapper to hear of it", Duration::from_secs(120), || wrapper.ended());
    assert_eq!(status.code(), Some(87));
}

#[test]
fn an_unreachable_server_starts_nothing() {
    let (hub, folder) = (Hub::on(Database::Sqlite), Folder::new("deploy"));
    let script = folder.script("mark.sh", &format!("touch {}", folder.join("ran").display()));
    let mut deploy = hub.deploy("beta", &["--ref", "main", "--start-timeout", "1s"], &script);
    let out = run(deploy.env("SIGNALBOX_URL", "http://127.0.0.1:1"));
    assert_eq!(code(&out), 69, "{}", told(&out));
    assert!(!folder.join("ran").exists());
}

#[test]
fn usage_commit_and_rights_have_codes_of_their_own() {
    let (hub, folder) = (Hub::on(Database::Sqlite), Folder::new("deploy"));
    let script = folder.script("mark.sh", &format!("touch {}", folder.join("ran").display()));
    let out = run(hub.server.command().args(["deploy", "--env", "beta"]));
    assert_eq!(code(&out), 64, "no command: {}", told(&out));
    let out = run(hub.server.command().arg("deploy").arg("--").arg(&script));
    assert_eq!(code(&out), 64, "no environment: {}", told(&out));
    let nowhere = ["--commit", "0123456789abcdef0123456789abcdef01234567"];
    let out = run(&mut hub.deploy("beta", &nowhere, &script));
    assert_eq!(code(&out), 65, "{}", told(&out));
    let out = run(&mut hub.deploy("beta", &["--ref", "no-such-branch"], &script));
    assert_eq!(code(&out), 65, "{}", told(&out));

    let guest = json!({"email": "guest@hub.example", "name": "Guest", "role": "guest"});
    let guest = text(&hub.api.post("/api/v1/users", &guest).expect("a guest is made")["id"]);
    let token =
        hub.api.post(&format!("/api/v1/users/{guest}/tokens"), &json!({"name": "t"})).expect("a token");
    let token = token["token"].as_str().expect("the token is shown once");
    let out = run(hub.deploy("beta", &["--ref", "main"], &script).env("SIGNALBOX_TOKEN", token));
    assert_eq!(code(&out), 77, "{}", told(&out));
    let out = run(hub.deploy("beta", &["--ref", "main"], &script).env("SIGNALBOX_TOKEN", "adm_wrong"));
    assert_eq!(code(&out), 77, "{}", told(&out));
    assert!(!folder.join("ran").exists(), "none of them started anything");
    assert!(hub.deployments("beta").is_empty());
}

#[test]
fn the_result_file_tells_the_scripts_code_from_ours() {
    let (hub, folder) = (Hub::on(Database::Sqlite), Folder::new("deploy"));
    let script = folder.script("seventy_five.sh", "exit 75");
    let file = folder.join("result.json").display().to_string();
    let out = run(&mut hub.deploy("beta", &["--ref", "main", "--result-file", &file], &script));
    assert_eq!(code(&out), 75, "{}", told(&out));
    let result: Value = serde_json::from_str(&folder.read("result.json")).expect("the result file is JSON");
    assert_eq!(only_deployment(&hub, "beta")["state"], "failed");
    assert!(result.to_string().contains("75"), "{result}");
    let lock = hub.lock("beta", "closed");
    let out = run(&mut hub.deploy("beta", &["--ref", "main", "--result-file", &file], &script));
    assert_eq!(code(&out), 75);
    let blocked: Value = serde_json::from_str(&folder.read("result.json")).expect("the result file is JSON");
    assert_ne!(
        result["decision"], blocked["decision"],
        "the file tells a failure from a refusal: {result} {blocked}"
    );
    assert!(hub.release(&lock).is_success());
}
