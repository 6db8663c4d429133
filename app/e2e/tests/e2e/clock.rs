//! `--test-clock`: time is moved, and what is due has happened when the call returns.

use e2e::server::Options;
use e2e::{Database, Folder, Hub, Repository, outside};
use serde_json::{Value, json};
use std::process::{Command, Stdio};

fn still(database: Database) -> Hub {
    let options = Options::on(database).arg("--test-clock").arg("2026-11-01T00:00:00Z");
    Hub::start(options, Repository::with_commits(2))
}

fn move_to(hub: &Hub, body: &Value) {
    hub.api.post("/test/clock", body).expect("time moves");
}

#[test]
fn time_stands_still_until_it_is_moved() {
    let hub = still(Database::Sqlite);
    let time = |hub: &Hub| hub.gate("beta")["server_time"].as_str().map(String::from).unwrap_or_default();
    assert!(time(&hub).starts_with("2026-11-01T00:00:00"), "{}", time(&hub));
    move_to(&hub, &json!({"advance": "90m"}));
    assert!(time(&hub).starts_with("2026-11-01T01:30:00"), "{}", time(&hub));
    move_to(&hub, &json!({"set": "2026-12-24T18:00:00Z"}));
    assert!(time(&hub).starts_with("2026-12-24T18:00:00"), "{}", time(&hub));
    let odd = hub.api.post("/test/clock", &json!({"advance": "soon"}));
    assert_eq!(odd.status, 400, "{}", odd.text());
}

#[test]
fn a_lock_with_an_end_lets_go_by_itself_on_sqlite() {
    lock_with_an_end(Database::Sqlite);
}

#[test]
fn a_lock_with_an_end_lets_go_by_itself_on_postgres() {
    lock_with_an_end(Database::Postgres);
}

fn lock_with_an_end(database: Database) {
    if !database.is_here() {
        return;
    }
    let hub = still(database);
    let lock = json!({"reason": "migration", "until": "2026-11-01T02:00:00Z"});
    hub.api.post("/api/v1/environments/beta/locks", &lock).expect("the lock is placed");
    move_to(&hub, &json!({"set": "2026-11-01T01:59:59Z"}));
    assert_eq!(hub.gate("beta")["open"], false, "closed until the last second");
    move_to(&hub, &json!({"set": "2026-11-01T02:00:00Z"}));
    assert_eq!(hub.gate("beta")["open"], true, "open from the end on: until is exclusive");
}

#[test]
fn the_clock_is_moved_by_nobody_on_an_ordinary_server() {
    let hub = Hub::on(Database::Sqlite);
    let answer = hub.api.post("/test/clock", &json!({"advance": "1h"}));
    assert!(matches!(answer.status, 404 | 405), "{} {}", answer.status, answer.text());
}

#[test]
fn a_test_clock_is_refused_unless_listening_on_loopback() {
    let data = Folder::new("clock");
    let out = Command::new(outside::program())
        .args(["serve", "--listen", "0.0.0.0:0", "--test-clock", "2026-11-01T00:00:00Z", "--data"])
        .arg(data.path())
        .stdin(Stdio::null())
        .output()
        .expect("the program can be started");
    assert!(!out.status.success());
    assert!(String::from_utf8_lossy(&out.stderr).contains("loopback"), "{}", e2e::hub::told(&out));
}
