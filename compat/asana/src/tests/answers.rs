//! Envelopes, statuses, bodies and who calls.

use super::{ANN, Hub, hub, hub_with};
use base::Limits;
use base64::Engine as _;
use db::testing::Place;
use serde_json::{Value, json};

db::on_both! { hub;
    async fn a_token_comes_in_any_form_and_without_one_nothing_is_told(hub) {
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("{ANN}:"));
        for (value, status) in [
            (format!("Bearer {ANN}"), 200),
            (format!("bearer {ANN}"), 200),
            (format!("Basic {basic}"), 200),
            ("Bearer ".to_owned(), 401),
            ("Bearer wrong".to_owned(), 401),
            ("Basic !!!".to_owned(), 401),
        ] {
            let request = axum::http::Request::get("/api/1.0/users/me").header("authorization", &value);
            let reply = hub.send(request.body(axum::body::Body::empty()).expect("a request")).await;
            assert_eq!(reply.status, status, "{value}");
            if status == 401 {
                assert_eq!(reply.message(), "Not Authorized");
            }
        }
        let bare = axum::http::Request::get("/api/1.0/nonsense").body(axum::body::Body::empty()).expect("a request");
        assert_eq!(hub.send(bare).await.status, 401);
    }

    async fn what_is_not_there_is_404_in_the_envelope(hub) {
        for (method, path, message) in [
            ("GET", "/nonsense", "No matching route"),
            ("PATCH", "/tasks/1", "No matching route"),
            ("GET", "/goals", "does not offer"),
            ("GET", "/tasks/1", "task: Unknown object: 1"),
            ("GET", "/projects/1", "project: Unknown object: 1"),
            ("GET", "/sections/1", "section: Unknown object: 1"),
            ("GET", "/stories/1", "story: Unknown object: 1"),
            ("GET", "/tags/1", "tag: Unknown object: 1"),
            ("GET", "/attachments/1", "attachment: Unknown object: 1"),
            ("GET", "/custom_fields/1", "custom_field: Unknown object: 1"),
            ("GET", "/users/1", "user: Unknown object: 1"),
            ("GET", "/users/nobody%40hub.example", "user: Unknown object: nobody@hub.example"),
            ("GET", "/teams/1", "team: Unknown object: 1"),
            ("GET", "/workspaces/1", "workspace: Unknown object: 1"),
            ("GET", "/webhooks/1", "webhook: Unknown object: 1"),
            ("GET", "/jobs/1", "job: Unknown object: 1"),
            ("GET", "/memberships/1", "membership: Unknown object: 1"),
            ("GET", "/status_updates/1", "status_update: Unknown object: 1"),
            ("GET", "/user_task_lists/1", "user_task_list: Unknown object: 1"),
            ("GET", "/tasks/abc", "task: Not a recognized ID: abc"),
            ("DELETE", "/tasks/99999999999999999999", "task: Not a recognized ID"),
        ] {
            let reply = hub.by(ANN, method, path, None).await;
            assert_eq!(reply.status, 404, "{method} {path} {}", reply.body);
            assert!(reply.message().starts_with(message) || reply.message().contains(message), "{path}: {}", reply.message());
        }
    }

    async fn bodies_are_read_whatever_the_client_calls_them(hub) {
        let json_body = r#"{"data": {"name": "x", "projects": "PROJECT"}}"#.replace("PROJECT", &hub.project);
        let form = format!("name=x&projects={}", hub.project);
        for (content_type, body) in [
            ("application/json; charset=utf-8", json_body.as_str()),
            ("text/plain", json_body.as_str()),
            ("application/x-www-form-urlencoded", form.as_str()),
            ("application/x-www-form-urlencoded", json_body.as_str()),
        ] {
            let reply = hub.raw("POST", "/tasks?body=%5Bobject%20Object%5D&limit=7", ("content-type", content_type), body).await;
            assert_eq!((reply.status, &reply.data()["name"]), (201, &json!("x")), "{content_type}");
        }
        for body in ["{", "[1]", "\"x\"", r#"{"data": [1]}"#, r#"{"name": "no envelope"}"#] {
            assert_eq!(hub.raw("POST", "/tasks", ("content-type", "application/json"), body).await.status, 400, "{body}");
        }
        let huge = format!("{{\"data\": {{\"name\": \"{}\"}}}}", "x".repeat(11_000_000));
        assert_eq!(hub.raw("POST", "/tasks", ("content-type", "application/json"), &huge).await.status, 400);
        let task = hub.task("push").await;
        let removed = hub.raw("DELETE", &format!("/tasks/{task}"), ("content-type", "application/json"), "{}").await;
        assert_eq!((removed.status, removed.body), (200, json!({"data": {}})));
    }

    async fn creations_are_201_with_a_place_and_uploads_200(hub) {
        let made = hub.post("/tasks", json!({"name": "x", "projects": [hub.project]})).await;
        assert_eq!(made.status, 201);
        assert_eq!(made.headers["location"], format!("/api/1.0/tasks/{}", made.gid()).as_str());
        assert_eq!(made.headers["content-type"], "application/json; charset=UTF-8");
        let body = format!(
            "--X\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nhello\r\n--X\r\nContent-Disposition: form-data; name=\"parent\"\r\n\r\n{}\r\n--X\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nlog.txt\r\n--X--\r\n",
            made.gid()
        );
        let upload = hub.raw("POST", "/attachments", ("content-type", "multipart/form-data; boundary=X"), &body).await;
        assert_eq!((upload.status, &upload.data()["name"], &upload.data()["size"]), (200, &json!("log.txt"), &json!(5)));
        let address = upload.data()["download_url"].as_str().expect("an address").replace("https://hub.example", "");
        let request = axum::http::Request::get(&address).body(axum::body::Body::empty()).expect("a request");
        let file = axum::body::to_bytes(tower::ServiceExt::oneshot(hub.router.clone(), request).await.expect("answered").into_body(), 100).await;
        assert_eq!(file.expect("a file"), "hello");
        hub.clock.advance(std::time::Duration::from_secs(3_600));
        let late = axum::http::Request::get(&address).body(axum::body::Body::empty()).expect("a request");
        assert_eq!(hub.send(late).await.status, 404, "the address works for a while only");
    }

    async fn old_clients_find_integer_ids_and_pretty_answers_are_indented(hub) {
        let old = hub.raw("GET", "/users/me", ("x-asana-client-lib", "language=Python&version=0.5.1"), "").await;
        assert_eq!(old.data()["id"].as_i64().map(|id| id.to_string()).as_deref(), old.data()["gid"].as_str());
        assert!(old.data()["workspaces"][0]["id"].is_i64());
        assert!(hub.get("/users/me").await.data().get("id").is_none());
        assert!(hub.get("/users/me?opt_pretty").await.status == 200 && hub.get("/users/me?opt_pretty=True").await.status == 200);
    }

    async fn a_batch_runs_each_action_by_itself(hub) {
        let actions = json!([
            {"relative_path": "/users/me", "method": "get", "options": {"fields": ["name"]}},
            {"relative_path": "/tasks", "method": "POST", "data": {"name": "x", "projects": [hub.project]}},
            {"relative_path": "/tasks", "method": "get", "data": {"project": hub.project}, "options": {"limit": 1}},
            {"relative_path": "/tasks/1", "method": "get"},
            {"relative_path": "/batch", "method": "post"},
            {"relative_path": "/tasks"},
        ]);
        let reply = hub.raw("POST", "/batch?limit=100", ("content-type", "application/json"), &json!({"data": {"actions": actions}}).to_string()).await;
        let results = reply.data().as_array().expect("a list").clone();
        assert_eq!(reply.body.get("next_page"), None);
        let statuses: Vec<_> = results.iter().map(|result| result["status_code"].as_i64()).collect();
        assert_eq!(statuses, [200, 201, 200, 404, 400, 400].map(Some));
        assert_eq!(crate::tests::keys(&results[0]["body"]["data"]), ["gid", "name"]);
        assert!(results[1]["headers"]["Location"].as_str().is_some_and(|path| path.starts_with("/api/1.0/tasks/")));
        assert_eq!(results[2]["body"]["next_page"], Value::Null);
        for bad in [json!([]), json!(vec![json!({"relative_path": "/users/me", "method": "get"}); 11]), Value::Null] {
            assert_eq!(hub.post("/batch", json!({"actions": bad})).await.status, 400);
        }
    }
}

async fn narrow(place: Place) -> Hub {
    let mut limits = Limits::default();
    limits.set("api_requests_per_minute", "12").expect("a limit");
    limits.set("searches_per_minute", "2").expect("a limit");
    hub_with(place, limits).await
}

db::on_both! { narrow;
    async fn too_many_requests_are_429_with_a_wait_in_both_places(hub) {
        let search = format!("/workspaces/{}/tasks/search", hub.workspace);
        let statuses = [hub.get(&search).await.status, hub.get(&search).await.status, hub.get(&search).await.status];
        assert_eq!(statuses, [200, 200, 429], "searches have a budget of their own");
        let action = json!({"relative_path": "/users/me", "method": "get"});
        assert_eq!(hub.post("/batch", json!({"actions": vec![action; 10]})).await.status, 429, "every action counts");
        let mut last = hub.get("/users/me").await;
        for _ in 0..12 {
            last = hub.get("/users/me").await;
        }
        assert_eq!(last.status, 429);
        let header = last.headers["retry-after"].to_str().expect("text").parse::<u64>().expect("whole seconds");
        assert!(header >= 1 && last.body["retry_after"] == json!(header));
        assert!(last.message().starts_with("You've made too many requests and hit a rate limit"));
        assert_eq!(hub.by(&hub.bob, "GET", "/users/me", None).await.status, 200, "everybody has a budget of their own");
    }
}
