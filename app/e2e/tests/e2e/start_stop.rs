//! The first start, readiness, and an orderly end.

use e2e::hub::text;
use e2e::outside::Process;
use e2e::server::Options;
use e2e::{Api, Database, Folder, Hub, outside};
use serde_json::json;
use std::process::{Command, Stdio};

#[test]
fn the_first_administrator_comes_from_the_environment_on_sqlite() {
    first_administrator(Database::Sqlite);
}

#[test]
fn the_first_administrator_comes_from_the_environment_on_postgres() {
    first_administrator(Database::Postgres);
}

fn first_administrator(database: Database) {
    if !database.is_here() {
        return;
    }
    let mut server = Options::on(database).start();
    let nobody = Api::new(&server.host(), "");
    assert_eq!(nobody.get("/healthz").status, 200);
    assert_eq!(nobody.get("/readyz").status, 200);
    assert!(nobody.get("/metrics").text().contains("# TYPE "), "metrics are in Prometheus' format");
    assert_eq!(nobody.get("/api/v1/users").status, 401, "nobody may not list people");
    assert_eq!(nobody.with_token("adm_wrong").get("/api/v1/users").status, 401);
    let people = server.api().all("/api/v1/users");
    assert_eq!(people.len(), 1);
    assert_eq!(people[0]["email"], "alice@hub.example");
    assert_eq!(people[0]["role"], "admin");

    assert!(server.terminate().success(), "SIGTERM is an orderly end");
    server.start_again();
    assert_eq!(server.api().all("/api/v1/users").len(), 1, "a second start makes no second administrator");
}

#[test]
fn without_an_environment_the_server_prints_a_link_that_sets_it_up() {
    let data = Folder::new("setup");
    let log = std::fs::File::create(data.join("log")).expect("a log can be made");
    let mut command = Command::new(outside::program());
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .env_remove("SIGNALBOX_ADMIN_EMAIL")
        .env_remove("SIGNALBOX_ADMIN_PASSWORD")
        .env_remove("SIGNALBOX_ADMIN_TOKEN")
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file can be opened twice"))
        .stderr(log);
    let _server = Process::start(&mut command);
    let link = outside::wait_for("a set-up link", std::time::Duration::from_secs(30), || {
        let said = data.read("log");
        let line = said.lines().find(|line| line.contains("/setup/"))?;
        let at = line.find("http://127.0.0.1:")?;
        said.contains(&format!("{line}\n")).then(|| line[at..].split_whitespace().next().map(String::from))?
    });
    let (host, path) = link.trim_start_matches("http://").split_once('/').expect("a link has a path");
    let page = Api::new(host, "").get(&format!("/{path}"));
    assert_eq!(page.status, 200, "{link}");
    assert!(page.text().contains("<form"), "the link leads to a form");
}

#[test]
fn a_port_in_use_and_a_wrong_flag_are_said_plainly() {
    let server = Options::on(Database::Sqlite).start();
    let data = Folder::new("second");
    let second = Command::new(outside::program())
        .args(["serve", "--listen", &server.host(), "--data"])
        .arg(data.path())
        .stdin(Stdio::null())
        .output()
        .expect("the program can be started");
    assert!(!second.status.success(), "two servers cannot have one port");
    let said =
        format!("{}{}", String::from_utf8_lossy(&second.stderr), String::from_utf8_lossy(&second.stdout));
    assert!(said.contains(&server.host()) || said.contains("in use"), "{said}");
    assert!(!said.contains("panicked"), "{said}");

    let odd = Command::new(outside::program()).args(["serve", "--no-such-flag"]).output();
    assert_eq!(odd.expect("the program can be started").status.code(), Some(64));
}

#[test]
fn tokens_work_until_their_owner_is_deactivated() {
    let hub = Hub::on(Database::Sqlite);
    let bob =
        hub.api.post("/api/v1/users", &json!({"email": "bob@hub.example", "name": "Bob", "role": "member"}));
    let bob = text(&bob.expect("bob is made")["id"]);
    let path = format!("/api/v1/users/{bob}/tokens");
    let token = hub.api.post(&path, &json!({"name": "script"})).expect("a token is made");
    let api = hub.api.with_token(token["token"].as_str().expect("a token is shown once"));
    assert_eq!(api.get("/api/1.0/users/me").expect("bob is known")["data"]["name"], "Bob");
    let made =
        api.post("/api/v1/users", &json!({"email": "eve@hub.example", "name": "Eve", "role": "admin"}));
    assert_eq!(made.status, 403, "a member makes no administrator: {}", made.text());
    hub.api.patch(&format!("/api/v1/users/{bob}"), &json!({"active": false})).expect("bob is deactivated");
    assert_eq!(api.get("/api/1.0/users/me").status, 401);
}

#[test]
fn a_second_server_on_the_same_postgres_sees_the_same_state() {
    if !Database::Postgres.is_here() {
        return;
    }
    let hub = Hub::on(Database::Postgres);
    let lock = hub.lock("beta", "bad build");
    let mut node = hub.server.twin();
    let gate = node.api().get("/api/v1/environments/beta/gate").expect("the twin decides");
    assert_eq!(gate["open"], false);
    assert!(gate["sentence"].as_str().is_some_and(|s| s.contains("bad build")), "{gate}");
    node.api().post(&format!("/api/v1/locks/{lock}/release"), &json!({})).expect("the twin releases");
    assert_eq!(hub.gate("beta")["open"], true);
    assert!(node.terminate().success());
}
