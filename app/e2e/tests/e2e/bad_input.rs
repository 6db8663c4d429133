//! Whatever is sent, the answer is a clear refusal: no 5xx, no panic.

use e2e::{Answer, Api, Database, Hub};
use serde_json::{Value, json};
use std::time::Duration;

/// Paths of the native API and the facade with a place for an id.
const WITH_ID: &[&str] = &[
    "/api/v1/users/{}",
    "/api/v1/tasks/{}",
    "/api/v1/projects/{}",
    "/api/v1/locks/{}",
    "/api/v1/deployments/{}",
    "/api/v1/deployments/{}/log",
    "/api/v1/environments/{}",
    "/api/v1/environments/{}/gate",
    "/api/v1/repositories/{}",
    "/api/1.0/tasks/{}",
    "/api/1.0/projects/{}",
    "/api/1.0/users/{}",
    "/api/1.0/attachments/{}",
];

const ABSURD: &[&str] = &[
    "0",
    "-1",
    "99999999999999999999999999",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "1e9",
    "0x10",
    "%00",
    "%ff%fe",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%27%20or%201%3D1--",
    "%F0%9F%92%A9",
    "null",
    "undefined",
    "%20",
];

fn is_clear(answer: &Answer, what: &str) {
    assert!((400..500).contains(&answer.status), "{what}: {} {:.300}", answer.status, answer.text());
    assert!(!answer.json().is_null(), "{what}: the refusal is no JSON: {:.300}", answer.text());
}

#[test]
fn absurd_ids_are_not_found_and_nothing_worse() {
    let hub = Hub::on(Database::Sqlite);
    for path in WITH_ID {
        for id in ABSURD {
            let path = path.replace("{}", id);
            is_clear(&hub.api.get(&path), &path);
        }
        let long = path.replace("{}", &"9".repeat(4_000));
        is_clear(&hub.api.get(&long), "an id of 4,000 digits");
    }
}

#[test]
fn absurd_ids_mean_the_same_on_postgres() {
    if !Database::Postgres.is_here() {
        return;
    }
    let hub = Hub::on(Database::Postgres);
    for path in WITH_ID {
        for id in ABSURD {
            let path = path.replace("{}", id);
            is_clear(&hub.api.get(&path), &path);
        }
    }
    let nul = json!({"name": "a\u{0}b", "projects": []});
    let answer = hub.api.post("/api/v1/tasks", &nul);
    assert!(answer.status < 500, "PostgreSQL's text holds no NUL: {} {}", answer.status, answer.text());
}

#[test]
fn broken_bodies_are_refused_clearly() {
    let hub = Hub::on(Database::Sqlite);
    let bodies: &[&[u8]] = &[
        b"{",
        b"",
        b"null",
        b"[]",
        b"\"text\"",
        b"{\"name\": }",
        b"{\"name\": 1e999}",
        b"\xff\xfe{}",
        b"{\"name\": {\"a\": []}, \"reason\": 7, \"commit\": [], \"email\": {}, \"data\": 3}",
        b"{\"name\": \"\\ud800\", \"reason\": \"\\ud800\", \"commit\": \"\\ud800\", \"email\": \"\\ud800\"}",
    ];
    let deep = "[".repeat(200_000);
    for path in [
        "/api/v1/users",
        "/api/v1/tasks",
        "/api/v1/projects",
        "/api/v1/repositories",
        "/api/v1/environments",
        "/api/v1/environments/beta/locks",
        "/api/v1/environments/beta/deployments",
        "/api/1.0/tasks",
        "/api/1.0/projects",
        "/api/1.0/batch",
        "/api/1.0/webhooks",
    ] {
        for body in bodies.iter().copied().chain([deep.as_bytes()]) {
            let sent = hub.api.send("POST", path, &[("content-type", "application/json")], body);
            let answer = sent.unwrap_or_else(|e| panic!("{path}: {e}"));
            let what = format!("{path} with {:?}", String::from_utf8_lossy(&body[..body.len().min(60)]));
            assert!(answer.status < 500, "{what}: {} {:.300}", answer.status, answer.text());
            assert!(!answer.json().is_null(), "{what}: the answer is no JSON: {:.300}", answer.text());
        }
        let odd =
            hub.api.send("POST", path, &[("content-type", "image/png")], b"\x89PNG").expect("an answer");
        is_clear(&odd, path);
    }
}

#[test]
fn oversized_bodies_and_headers_are_cut_off() {
    let hub = Hub::on(Database::Sqlite);
    let huge = json!({"name": "x".repeat(30_000_000), "projects": []}).to_string();
    // The server may close before it has read everything; then there is no answer, and none is needed.
    if let Ok(answer) =
        hub.api.send("POST", "/api/v1/tasks", &[("content-type", "application/json")], huge.as_bytes())
    {
        assert!(matches!(answer.status, 400 | 413), "{} {:.300}", answer.status, answer.text());
    }
    let long = "a".repeat(1_000_000);
    if let Ok(answer) = hub.api.clone().send("GET", "/api/v1/users", &[("x-long", &long)], b"") {
        assert!((400..500).contains(&answer.status), "{}", answer.status);
    }
    let lie = [("content-length", "99999999999999"), ("content-type", "application/json")];
    // A server that waits for the rest is right, too: it is asked again below whether it still serves others.
    let hasty = hub.api.clone().waiting(Duration::from_secs(3));
    if let Ok(answer) = hasty.send("POST", "/api/v1/tasks", &lie, b"{}") {
        assert!((400..500).contains(&answer.status), "{}", answer.status);
    }
    assert_eq!(hub.api.clone().get("/readyz").status, 200, "it is still there");
}

#[test]
fn nonsense_on_the_wire_does_no_harm() {
    let hub = Hub::on(Database::Sqlite);
    for bytes in [
        &b"GET / HTTP/9.9\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /api/v1/tasks HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"GET /%zz HTTP/1.1\r\nhost: x\r\n\r\n",
        b"G\0T / HTTP/1.1\r\n\r\n",
    ] {
        let door = Api::new(&hub.server.host(), hub.server.token());
        if let Ok(answer) = door.exchange(bytes, false) {
            assert!(answer.status < 500 || answer.status == 505, "{}", answer.status);
        }
    }
    assert_eq!(hub.api.clone().get("/readyz").status, 200, "it is still there");
    assert!(!hub.server.log().contains("panicked"), "{}", hub.server.log());
}

#[test]
fn odd_queries_are_refused_clearly() {
    let hub = Hub::on(Database::Sqlite);
    for query in [
        "/api/v1/users?limit=-1",
        "/api/v1/users?limit=banana",
        "/api/v1/users?limit=999999999999999999999",
        "/api/v1/users?cursor=%ff",
        "/api/v1/deployments?state=nonsense",
        "/api/v1/journal?after=-9223372036854775809",
        "/api/v1/environments/beta/gate?at=yesterday",
        "/api/v1/environments/beta/gate?at=99999-01-01T00:00:00Z",
        "/api/v1/environments/beta/gate?commit=;rm%20-rf",
        "/api/v1/repositories/web/contains?commit=--upload-pack%3Dx&ancestor=--all",
        "/api/1.0/tasks?limit=0&offset=nonsense",
        "/api/1.0/tasks?opt_fields=%00,,,a.b.c.d.e.f.g.h",
    ] {
        let answer = hub.api.get(query);
        assert!(answer.status < 500, "{query}: {} {:.300}", answer.status, answer.text());
        assert!(!answer.json().is_null(), "{query}: the answer is no JSON: {:.300}", answer.text());
    }
}

/// Sent by hand in one piece: what the document says must be true of every operation in it.
#[test]
fn every_operation_of_the_document_asks_who_you_are() {
    let hub = Hub::on(Database::Sqlite);
    let document = hub.api.get("/api/v1/openapi.json").expect("the document");
    assert!(document["openapi"].as_str().is_some_and(|v| v.starts_with("3.1")), "{}", document["openapi"]);
    let nobody = Api::new(&hub.server.host(), "");
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    assert!(paths.len() > 20, "only {} paths are documented", paths.len());
    for (path, operations) in paths {
        for method in operations.as_object().into_iter().flatten().map(|(method, _)| method.to_uppercase()) {
            if !matches!(method.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE") {
                continue;
            }
            let filled: String = path
                .split('/')
                .map(|p| if p.starts_with('{') { "1" } else { p })
                .collect::<Vec<_>>()
                .join("/");
            let filled = if filled.starts_with("/api/v1") { filled } else { format!("/api/v1{filled}") };
            let body = Value::Object(serde_json::Map::new()).to_string();
            let answer =
                nobody.send(&method, &filled, &[("content-type", "application/json")], body.as_bytes());
            let answer = answer.unwrap_or_else(|e| panic!("{method} {filled}: {e}"));
            let open =
                filled.ends_with("openapi.json") || filled.contains("/hooks/") || filled.contains("/login");
            assert!(
                open || answer.status == 401,
                "{method} {path} answers nobody with {}: {:.200}",
                answer.status,
                answer.text()
            );
        }
    }
}
