//! Whatever is sent, the answer is a clear refusal: no 5xx, no panic, no markup that comes alive.

use e2e::hub::text;
use e2e::{Answer, Api, Database, Hub};
use serde_json::{Value, json};

const MARKUP: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&";

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
    let long = "a".repeat(300_000);
    if let Ok(answer) = hub.api.clone().send("GET", "/api/v1/users", &[("x-long", &long)], b"") {
        assert!((400..500).contains(&answer.status), "{}", answer.status);
    }
    let lie = [("content-length", "99999999999999"), ("content-type", "application/json")];
    if let Ok(answer) = hub.api.clone().send("POST", "/api/v1/tasks", &lie, b"{}") {
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

#[test]
fn markup_in_every_text_stays_text() {
    let hub = Hub::on(Database::Sqlite);
    let project =
        hub.api.post("/api/v1/projects", &json!({"name": MARKUP, "notes": MARKUP})).expect("a project");
    let project = text(&project["id"]);
    let task = json!({"name": MARKUP, "notes": MARKUP, "projects": [project]});
    let task = text(&hub.api.post("/api/v1/tasks", &task).expect("a task")["id"]);
    let said = hub.api.post(&format!("/api/v1/tasks/{task}/comments"), &json!({"text": MARKUP}));
    assert!(said.is_success(), "{}", said.text());
    let lock = hub.lock("beta", MARKUP);
    let bob = json!({"email": "bob@hub.example", "name": MARKUP, "role": "member"});
    hub.api.post("/api/v1/users", &bob).expect("a name may look like that");
    let rich = json!({"data": {"html_notes": format!("<body>{MARKUP}</body>")}});
    let refused = hub.api.send(
        "PUT",
        &format!("/api/1.0/tasks/{task}"),
        &[("content-type", "application/json")],
        rich.to_string().as_bytes(),
    );
    let refused = refused.expect("an answer");
    assert!(
        refused.status == 400
            || !hub
                .api
                .get(&format!("/api/1.0/tasks/{task}?opt_fields=html_notes"))
                .text()
                .contains("<script")
    );

    let kept = hub.api.get(&format!("/api/1.0/tasks/{task}")).expect("the task");
    assert_eq!(kept["data"]["name"], MARKUP, "text is kept as it was written");
    let cookie = log_in(&hub);
    for page in [
        "/".to_string(),
        "/login".into(),
        "/environments/beta".into(),
        format!("/projects/{project}"),
        format!("/tasks/{task}"),
        format!("/locks/{lock}"),
        format!("/{MARKUP}").replace(['<', '>', '"', ' '], "%3C"),
        "/environments/%3Cscript%3Ealert(1)%3C%2Fscript%3E".into(),
    ] {
        let answer = hub
            .api
            .send("GET", &page, &[("cookie", &cookie), ("accept", "text/html")], b"")
            .expect("an answer");
        assert!(answer.status < 500, "{page}: {}", answer.status);
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(
            !answer.text().contains("<script>alert") && !answer.text().contains("<img src=x"),
            "{page} ({kind}) runs it"
        );
    }
    for path in
        [format!("/api/v1/tasks/{task}"), "/api/v1/environments/beta/gate".into(), "/api/v1/users".into()]
    {
        let answer = hub.api.get(&path);
        let kind = answer.header("content-type").unwrap_or_default().to_string();
        assert!(kind.contains("json"), "{path} is {kind}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
}

#[test]
fn an_attached_page_is_not_shown_as_a_page_of_ours() {
    let hub = Hub::on(Database::Sqlite);
    let task = text(&hub.api.post("/api/v1/tasks", &json!({"name": "files"})).expect("a task")["id"]);
    let boundary = "cut-here";
    let body = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"parent\"\r\n\r\n{task}\r\n--{boundary}\r\n\
         content-disposition: form-data; name=\"file\"; filename=\"page.html\"\r\ncontent-type: text/html\r\n\r\n\
         <script>alert(1)</script>\r\n--{boundary}--\r\n"
    );
    let kind = format!("multipart/form-data; boundary={boundary}");
    let made = hub.api.send("POST", "/api/1.0/attachments", &[("content-type", &kind)], body.as_bytes());
    let made = made.expect("an answer").expect("the file is attached");
    let url = made["data"]["download_url"].as_str().map_or_else(
        || {
            let path = format!("/api/1.0/attachments/{}?opt_fields=download_url", text(&made["data"]["gid"]));
            text(&hub.api.get(&path).expect("the attachment")["data"]["download_url"])
        },
        String::from,
    );
    let path = url.trim_start_matches(&hub.server.url()).to_string();
    let file = hub.api.get(&path);
    assert_eq!(file.status, 200, "{url}: {}", file.text());
    let disposition = file.header("content-disposition").unwrap_or_default();
    let policy = file.header("content-security-policy").unwrap_or_default();
    assert!(disposition.starts_with("attachment") || policy.contains("sandbox"), "{:?}", file.headers);
    assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
}

#[test]
fn a_foreign_page_cannot_act_with_our_cookie() {
    let hub = Hub::on(Database::Sqlite);
    let cookie = log_in(&hub);
    let nobody = Api::new(&hub.server.host(), "");
    let body = json!({"reason": "from a foreign page"}).to_string();
    let headers = [
        ("cookie", cookie.as_str()),
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("content-type", "application/json"),
    ];
    let answer =
        nobody.send("POST", "/api/v1/environments/beta/locks", &headers, body.as_bytes()).expect("an answer");
    assert!(matches!(answer.status, 400 | 401 | 403), "{} {}", answer.status, answer.text());
    assert_eq!(hub.gate("beta")["open"], true);
}

/// Logs in as the administrator through the form and returns the cookie.
fn log_in(hub: &Hub) -> String {
    let nobody = Api::new(&hub.server.host(), "");
    let body = "email=alice%40hub.example&password=correct+horse+battery";
    let url = hub.server.url();
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", url.as_str())];
    let answer = nobody.send("POST", "/login", &headers, body.as_bytes()).expect("an answer");
    assert!(answer.status == 303 || answer.status == 302, "{} {}", answer.status, answer.text());
    let set = answer.header("set-cookie").expect("a session cookie").to_string();
    assert!(set.to_lowercase().contains("httponly") && set.to_lowercase().contains("samesite"), "{set}");
    set.split(';').next().unwrap_or_default().to_string()
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
