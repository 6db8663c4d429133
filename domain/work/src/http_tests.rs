//! What the doors of projects and tasks answer: the native API and the pages, without a network between.

use crate::fixture::{Hub, actor, hub};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base::id::UserId;
use base::{Clock, Limits};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// The doors, for tests that are about what is behind them: the header names the user.
pub(crate) async fn door(hub: &Hub) -> axum::Router {
    let app = web::App::new(web::AppParts {
        db: hub.db.clone(),
        clock: Clock::system(),
        limits: Limits::default(),
        blobs: blobs::Blobs::open(hub.place.folder().join("blobs")).await.expect("a folder"),
        public_url: "https://hub.example/".parse().expect("an address"),
        quota: web::Quota::default(),
        authenticate: |app, headers| {
            Box::pin(async move {
                let named = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
                let Some(id) = named.and_then(|text| text.parse::<UserId>().ok()) else { return Ok(None) };
                let mut tx = app.db.read(&base::Actor::system()).await?;
                Ok(people::users::opt(&mut tx, id).await?.map(|user| actor(&user)))
            })
        },
        may_see: |_, _, _| Box::pin(async { Ok(true) }),
        load_shell: web::ui::no_shell,
        parts: Default::default(),
        stop: tokio::sync::watch::channel(false).1,
    });
    let (api, _) = crate::api().split_for_parts();
    axum::Router::new().nest("/api/v1", api).merge(crate::pages()).with_state(app)
}

pub(crate) async fn send(
    door: &axum::Router,
    user: &people::User,
    method: &str,
    path: &str,
    body: &str,
) -> (StatusCode, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, user.id.to_string())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = request.body(Body::from(body.to_owned())).expect("a request");
    let (parts, body) = door.clone().oneshot(request).await.expect("answered").into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    (parts.status, String::from_utf8_lossy(&bytes).into_owned())
}

pub(crate) async fn call(
    door: &axum::Router,
    user: &people::User,
    method: &str,
    path: &str,
    body: Value,
) -> (StatusCode, Value) {
    let (status, text) = send(door, user, method, path, &body.to_string()).await;
    (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("JSON") })
}

pub(crate) fn id(value: &Value) -> String {
    value["id"].as_str().expect("ids are texts").to_owned()
}

db::on_both! { hub;
    async fn a_task_is_made_changed_discussed_and_deleted_over_http(hub) {
        let door = door(&hub).await;
        let (status, project) = call(&door, &hub.bob, "POST", "/api/v1/projects", json!({"name": "Lock"})).await;
        assert_eq!(status, StatusCode::CREATED, "{project}");
        let new = json!({"name": "hold <b>", "project": id(&project), "assignee": "me", "due_on": "2026-12-24"});
        let (status, task) = call(&door, &hub.bob, "POST", "/api/v1/tasks", new).await;
        assert_eq!(status, StatusCode::CREATED, "{task}");
        assert_eq!(task["assignee"]["name"], hub.bob.name.as_str());
        assert_eq!(task["projects"][0]["name"], "Lock");
        assert_eq!(task["url"], format!("https://hub.example/tasks/{}", id(&task)));
        let path = format!("/api/v1/tasks/{}", id(&task));
        let (_, task) = call(&door, &hub.cay, "PATCH", &path, json!({"completed": true, "due_on": null, "assignee": null})).await;
        assert_eq!((&task["completed"], &task["due_on"], &task["assignee"]), (&json!(true), &Value::Null, &Value::Null));
        let open = format!("/api/v1/tasks?project={}&completed_since=now", id(&project));
        assert_eq!(call(&door, &hub.bob, "GET", &open, json!({})).await.1["data"], json!([]));
        let comments = format!("{path}/comments");
        let (status, comment) = call(&door, &hub.cay, "POST", &comments, json!({"text": "<script>alert(1)</script>"})).await;
        assert_eq!(status, StatusCode::CREATED, "{comment}");
        assert_eq!(call(&door, &hub.bob, "GET", &comments, json!({})).await.1["data"][0]["id"], comment["id"]);
        let page = send(&door, &hub.bob, "GET", &format!("/tasks/{}", id(&task)), "").await;
        assert_eq!(page.0, StatusCode::OK, "{}", page.1);
        assert!(page.1.contains("hold &lt;b&gt;") && page.1.contains("&lt;script&gt;alert(1)"), "markup is shown, not run");
        assert!(!page.1.contains("<script>alert"), "{}", page.1);
        let own = format!("{comments}/{}", id(&comment));
        assert_eq!(call(&door, &hub.bob, "PATCH", &own, json!({"text": "mine"})).await.0, StatusCode::FORBIDDEN);
        assert_eq!(call(&door, &hub.cay, "DELETE", &own, json!({})).await.0, StatusCode::NO_CONTENT);
        assert_eq!(call(&door, &hub.bob, "DELETE", &path, json!({})).await.0, StatusCode::NO_CONTENT);
        assert_eq!(call(&door, &hub.bob, "GET", &path, json!({})).await.0, StatusCode::NOT_FOUND);
        assert_eq!(call(&door, &hub.bob, "POST", &format!("{path}/restore"), json!({})).await.0, StatusCode::OK);
        let board = format!("/projects/{}", id(&project));
        let added = send(&door, &hub.bob, "POST", &board, "name=from+the+page").await;
        assert_eq!(added.0, StatusCode::SEE_OTHER, "{}", added.1);
        assert!(send(&door, &hub.bob, "GET", &board, "").await.1.contains("from the page"));
    }

    async fn bad_input_is_refused_with_a_code_and_hidden_things_are_not_there(hub) {
        let door = door(&hub).await;
        let secret = json!({"name": "Secret", "privacy": "private"});
        let (_, project) = call(&door, &hub.bob, "POST", "/api/v1/projects", secret).await;
        let (_, task) = call(&door, &hub.bob, "POST", "/api/v1/tasks", json!({"name": "t", "project": id(&project)})).await;
        let (of_task, of_project) = (format!("/api/v1/tasks/{}", id(&task)), format!("/api/v1/projects/{}", id(&project)));
        for (method, path, body, status) in [
            ("POST", "/api/v1/tasks", json!({"name": 7}), 400),
            ("POST", "/api/v1/tasks", json!([]), 400),
            ("POST", "/api/v1/tasks", json!({"name": "nul \u{0}"}), 400),
            ("POST", "/api/v1/tasks", json!({"name": "x".repeat(10_001)}), 400),
            ("POST", "/api/v1/tasks", json!({"name": "x", "project": "99999999999999999999"}), 400),
            ("POST", "/api/v1/tasks", json!({"name": "x", "project": "7"}), 404),
            ("POST", "/api/v1/tasks", json!({"name": "x", "assignee": "nobody@example.com"}), 400),
            ("POST", "/api/v1/tasks", json!({"name": "x", "due_on": "2026-12-24", "due_at": "2026-12-24T00:00:00Z"}), 400),
            ("POST", "/api/v1/tasks", json!({"name": "x", "fields": {"x": 1}}), 400),
            ("POST", "/api/v1/tasks", json!({"name": "x", "fields": {"7": {"date": "x"}}}), 400),
            ("POST", "/api/v1/tasks", json!({"name": "x", "html_notes": "<body><p>x</p></body>"}), 400),
            ("POST", "/api/v1/tasks", json!({"name": "x", "tags": ["7"]}), 400),
            ("GET", "/api/v1/tasks", json!({}), 400),
            ("GET", "/api/v1/tasks?project=x", json!({}), 400),
            ("GET", "/api/v1/tasks?assignee=me&cursor=x%7Cy&limit=1", json!({}), 400),
            ("GET", "/api/v1/tasks?assignee=me&limit=0", json!({}), 400),
            ("GET", "/api/v1/tasks?assignee=me&completed_since=yesterday", json!({}), 400),
            ("GET", "/api/v1/tasks/0", json!({}), 404),
            ("POST", "/api/v1/projects", json!({}), 400),
            ("POST", "/api/v1/projects", json!({"name": "x", "privacy": "secret"}), 400),
            ("GET", of_task.as_str(), json!({}), 404),
            ("PATCH", of_task.as_str(), json!({"completed": true}), 404),
            ("GET", of_project.as_str(), json!({}), 404),
            ("DELETE", of_project.as_str(), json!({}), 404),
        ] {
            let (found, answer) = call(&door, &hub.cay, method, path, body.clone()).await;
            assert_eq!(found.as_u16(), status, "{method} {path} {body}: {answer}");
            assert!(answer["code"].is_string(), "{answer}");
        }
    }

    async fn a_list_shows_the_fields_that_are_asked_for_and_only_what_one_may_see(hub) {
        let door = door(&hub).await;
        let secret = json!({"name": "Secret", "privacy": "private"});
        let (_, project) = call(&door, &hub.bob, "POST", "/api/v1/projects", secret).await;
        let new = json!({"name": "t", "project": id(&project), "assignee": "me", "notes": "n"});
        let (_, task) = call(&door, &hub.bob, "POST", "/api/v1/tasks", new).await;
        let list = format!("/api/v1/tasks?project={}", id(&project));
        let of = async |fields: &str| call(&door, &hub.bob, "GET", &format!("{list}&fields={fields}"), json!({})).await;
        let whole = call(&door, &hub.bob, "GET", &list, json!({})).await.1;
        assert_eq!(whole["data"][0], task, "everything when nothing is said");
        assert_eq!(of("").await.1, whole);
        let name = json!({"id": task["id"], "name": "t", "url": task["url"]});
        assert_eq!(of("id,name,url").await.1["data"], json!([name]), "what a name knows");
        let more = json!({"name": "t", "assignee": task["assignee"], "projects": task["projects"]});
        assert_eq!(of("assignee,%20name,projects").await.1["data"], json!([more]));
        let every: Vec<&str> = task.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(of(&every.join(",")).await.1, whole, "every field has its name");
        let (status, problem) = of("id,colour").await;
        assert_eq!((status.as_u16(), &problem["code"]), (400, &json!("fields.unknown")));
        for fields in ["id,name", "id,notes"] {
            let hidden = call(&door, &hub.cay, "GET", &format!("{list}&fields={fields}"), json!({})).await;
            assert_eq!(hidden.0, StatusCode::NOT_FOUND, "a short list asks for the same rights");
            let mine = format!("/api/v1/tasks?assignee={}&fields={fields}", hub.bob.id);
            assert_eq!(call(&door, &hub.cay, "GET", &mine, json!({})).await.1["data"], json!([]));
        }
    }
}
