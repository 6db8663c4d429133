//! What people write stays what they wrote: no markup comes alive, and no foreign page acts for them.

use e2e::hub::text;
use e2e::{Api, Database, Hub};
use serde_json::json;

const MARKUP: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&";

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
