//! Lists, paging, filters, search and events.

use super::{ANN, hub};
use serde_json::{Value, json};
use std::time::Duration;

fn after_prefix(path: &str) -> String {
    path.strip_prefix("https://hub.example/api/1.0").unwrap_or(path).to_owned()
}

db::on_both! { hub;
    async fn a_page_goes_on_where_the_last_one_ended_whatever_was_deleted(hub) {
        let mut made = Vec::new();
        for n in 0..7 {
            made.push(hub.task(&format!("lock {n}")).await);
        }
        let whole = hub.get(&format!("/projects/{}/tasks", hub.project)).await;
        assert_eq!((whole.data().as_array().map(Vec::len), whole.body.get("next_page")), (Some(7), None));
        let first = hub.get(&format!("/tasks?project={}&completed_since=now&opt_fields=name&limit=3", hub.project)).await;
        assert_eq!(first.names(), ["lock 0", "lock 1", "lock 2"]);
        let next = first.body["next_page"].clone();
        assert!(next["path"].as_str().is_some_and(|path| path.starts_with("/tasks?project=") && path.contains("opt_fields=name")));
        assert!(next["uri"].as_str().is_some_and(|uri| uri.starts_with("https://hub.example/api/1.0/tasks?")));
        hub.delete(&format!("/tasks/{}", made[2])).await;
        hub.put(&format!("/tasks/{}", made[0]), json!({"completed": true})).await;
        let second = hub.get(&after_prefix(next["uri"].as_str().expect("text"))).await;
        assert_eq!(second.names(), ["lock 3", "lock 4", "lock 5"]);
        let third = hub.get(second.body["next_page"]["path"].as_str().expect("text")).await;
        assert_eq!((third.names(), &third.body["next_page"]), (vec!["lock 6"], &Value::Null));
        for bad in ["offset=50&limit=3", "limit=0", "limit=101", "limit=x"] {
            assert_eq!(hub.get(&format!("/tasks?project={}&{bad}", hub.project)).await.status, 400, "{bad}");
        }
    }

    async fn every_list_is_paged_alike(hub) {
        let task = hub.task("a").await;
        for n in 0..3 {
            hub.post(&format!("/tasks/{task}/stories"), json!({"text": format!("note {n}")})).await;
            hub.post("/tags", json!({"name": format!("tag {n}"), "workspace": hub.workspace})).await;
            hub.post(&format!("/projects/{}/sections", hub.project), json!({"name": format!("section {n}")})).await;
        }
        for path in [
            format!("/tasks/{task}/stories"),
            "/tags".to_owned(),
            "/users".to_owned(),
            format!("/projects/{}/sections", hub.project),
            format!("/workspaces/{}/workspace_memberships", hub.workspace),
        ] {
            let whole = hub.get(&path).await;
            let expected: Vec<Value> = whole.data().as_array().expect("a list").clone();
            let mut found = Vec::new();
            let mut next = Some(format!("{path}?limit=1"));
            while let Some(path) = next {
                let page = hub.get(&path).await;
                found.extend(page.data().as_array().expect("a list").clone());
                next = page.body["next_page"]["path"].as_str().map(str::to_owned);
            }
            assert_eq!(found, expected, "{path}");
            assert!(expected.len() >= 3, "{path}");
        }
    }

    async fn a_list_of_tasks_needs_a_container_and_says_so(hub) {
        let bare = hub.get("/tasks").await;
        assert_eq!(bare.status, 400);
        assert!(bare.message().starts_with("workspace: Missing input"));
        assert_eq!(hub.get("/tasks?assignee=me").await.message(), "workspace: Missing input");
        assert_eq!(hub.get(&format!("/tasks?assignee=me&workspace={}", hub.workspace)).await.status, 200);
        assert_eq!(hub.get("/tasks?project=1").await.status, 404);
    }

    async fn completed_since_keeps_open_tasks_and_fresh_ones(hub) {
        let old = hub.task("old").await;
        hub.put(&format!("/tasks/{old}"), json!({"completed": true})).await;
        hub.clock.advance(Duration::from_secs(60));
        let since = hub.clock.now();
        let fresh = hub.task("fresh").await;
        hub.put(&format!("/tasks/{fresh}"), json!({"completed": true})).await;
        hub.task("open").await;
        let list = |query: &str| hub.get(Box::leak(format!("/projects/{}/tasks{query}", hub.project).into_boxed_str()));
        assert_eq!(list("").await.names(), ["old", "fresh", "open"]);
        assert_eq!(list("?completed_since=now").await.names(), ["open"]);
        assert_eq!(list(&format!("?completed_since={since}")).await.names(), ["fresh", "open"]);
        assert_eq!(list("?completed_since=yesterday").await.status, 400);
    }

    async fn search_finds_what_meets_every_condition(hub) {
        let field = hub.post("/custom_fields", json!({"workspace": hub.workspace, "name": "Hits", "type": "number", "precision": 0})).await.gid();
        hub.post(&format!("/projects/{}/addCustomFieldSetting", hub.project), json!({"custom_field": field})).await;
        let task = hub.post("/tasks", json!({"name": "NullDeref in cart.rs:42", "projects": hub.project, "assignee": "me", "custom_fields": {&field: 3}})).await.gid();
        hub.task("other").await;
        let search = |query: String| hub.get(Box::leak(format!("/workspaces/{}/tasks/search?{query}", hub.workspace).into_boxed_str()));
        for query in [
            "text=cart.rs".to_owned(),
            format!("projects.any={}&assignee.any=me&completed=False", hub.project),
            format!("custom_fields.{field}.value=3"),
            format!("custom_fields.{field}.greater_than=2&custom_fields.{field}.is_set=true"),
            format!("assignee.not=null&projects.all={}", hub.project),
        ] {
            let found = search(query.clone()).await;
            let ids: Vec<_> = found.data().as_array().expect("a list").iter().map(|it| it["gid"].as_str().expect("text").to_owned()).collect();
            assert!(ids.contains(&task), "{query} {}", found.body);
            assert_eq!(found.body.get("next_page"), None);
        }
        assert_eq!(search("sort_by=colour".to_owned()).await.status, 400);
        assert_eq!(search("unheard_of=1&limit=100".to_owned()).await.data().as_array().map(Vec::len), Some(2));
        let ahead = hub.get(&format!("/workspaces/{}/typeahead?type=task&query=null&count=5", hub.workspace)).await;
        assert_eq!(ahead.names(), ["NullDeref in cart.rs:42"]);
    }

    async fn a_stream_starts_with_an_error_and_repeats_itself(hub) {
        let path = format!("/events?resource={}", hub.project);
        let start = hub.get(&path).await;
        assert_eq!(start.status, 412);
        assert!(start.message().starts_with("Sync token invalid or too old"));
        let sync = start.body["sync"].as_str().expect("a token").to_owned();
        assert_eq!(hub.get(&format!("{path}&sync=made-up")).await.status, 412);
        let task = hub.task("push").await;
        hub.put(&format!("/tasks/{task}"), json!({"completed": true, "assignee": "me"})).await;
        hub.post(&format!("/tasks/{task}/stories"), json!({"text": "done"})).await;
        hub.delete(&format!("/tasks/{task}")).await;
        let first = hub.get(&format!("{path}&sync={sync}")).await;
        assert_eq!(hub.get(&format!("{path}&sync={sync}")).await.data(), first.data());
        let told: Vec<String> = first.data().as_array().expect("a list").iter().map(|event| {
            let field = event["change"]["field"].as_str().unwrap_or("");
            format!("{} {} {field}", event["type"].as_str().unwrap_or("?"), event["action"].as_str().unwrap_or("?")).trim().to_owned()
        }).collect();
        for wanted in ["task added", "task changed completed", "task changed assignee", "story added", "task deleted"] {
            assert!(told.iter().any(|it| it == wanted), "{wanted} in {told:?}");
        }
        let added = &first.data()[0];
        assert_eq!((&added["resource"]["name"], &added["parent"]["gid"], &added["user"]["name"]), (&json!("push"), &json!(hub.project), &json!("ann")));
        assert_eq!(first.body["has_more"], json!(false));
        let again = hub.get(&format!("{path}&sync={}", first.body["sync"].as_str().expect("a token"))).await;
        assert_eq!(again.data(), &json!([]));
        hub.clock.advance(Duration::from_secs(25 * 3_600));
        assert_eq!(hub.get(&format!("{path}&sync={sync}")).await.status, 412);
    }

    async fn a_full_page_of_events_says_that_there_is_more(hub) {
        let path = format!("/events?resource={}", hub.project);
        let mut sync = hub.get(&path).await.body["sync"].as_str().expect("a token").to_owned();
        let start = sync.clone();
        for n in 0..60 {
            hub.task(&format!("t{n}")).await;
        }
        let mut added = 0;
        loop {
            let page = hub.get(&format!("{path}&sync={sync}")).await;
            let events = page.data().as_array().expect("a list");
            assert!(events.len() <= 100);
            added += events.iter().filter(|event| event["type"] == "task" && event["action"] == "added").count();
            sync = page.body["sync"].as_str().expect("a token").to_owned();
            if page.body["has_more"] == json!(false) {
                break;
            }
        }
        assert_eq!(added, 60);
        let big = hub.raw("GET", &format!("{path}&sync={start}"), ("x-asana-client-lib", "language=Python&version=5.4.0"), "").await;
        assert_eq!(big.body["has_more"], json!(false), "Python 5 gets everything at once");
        assert!(big.data().as_array().map_or(0, Vec::len) > 100);
    }

    async fn what_is_private_is_absent_from_lists_and_403_when_named(hub) {
        let secret = hub.post("/projects", json!({"name": "Secret", "workspace": hub.workspace, "privacy_setting": "private"})).await.gid();
        let task = hub.post("/tasks", json!({"name": "hidden", "projects": secret})).await.gid();
        let bob = |path: &str| hub.by(&hub.bob, "GET", Box::leak(path.to_owned().into_boxed_str()), None);
        assert_eq!(bob(&format!("/projects/{secret}")).await.status, 403);
        assert_eq!(bob(&format!("/tasks/{task}")).await.status, 403);
        assert_eq!(bob(&format!("/tasks?project={secret}")).await.status, 403);
        assert_eq!(bob(&format!("/events?resource={secret}")).await.status, 403);
        assert!(!bob("/projects").await.names().contains(&"Secret"));
        for kind in ["project", "task"] {
            let query = if kind == "task" { "hidden" } else { "Secret" };
            let found = bob(&format!("/workspaces/{}/typeahead?resource_type={kind}&query={query}", hub.workspace)).await;
            assert_eq!(found.data(), &json!([]));
        }
        assert_eq!(bob(&format!("/workspaces/{}/tasks/search?text=hidden", hub.workspace)).await.data(), &json!([]));
        assert_eq!(hub.by(&hub.gus, "GET", "/projects", None).await.data(), &json!([]), "a guest sees what was shared");
        assert_eq!(hub.by(ANN, "GET", &format!("/projects/{secret}"), None).await.status, 200);
    }

    async fn a_stream_of_somebody_elses_list_shows_what_the_reader_sees(hub) {
        let list = hub.get("/users/me/user_task_list").await.gid();
        let path = format!("/events?resource={list}");
        let sync = hub.by(&hub.bob, "GET", &path, None).await.body["sync"].as_str().expect("a token").to_owned();
        let secret = hub.post("/projects", json!({"name": "Secret", "workspace": hub.workspace, "privacy_setting": "private"})).await.gid();
        hub.post("/tasks", json!({"name": "hidden", "projects": secret, "assignee": "me"})).await;
        hub.post("/tasks", json!({"name": "open", "projects": hub.project, "assignee": "me"})).await;
        let path = format!("{path}&sync={sync}&opt_fields=resource.name,type");
        let names = |reply: &crate::tests::Reply| -> Vec<String> {
            let tasks = reply.data().as_array().expect("a list").iter().filter(|event| event["type"] == "task");
            tasks.map(|event| event["resource"]["name"].as_str().unwrap_or("").to_owned()).collect()
        };
        assert_eq!(names(&hub.by(&hub.bob, "GET", &path, None).await), ["open"]);
        assert_eq!(names(&hub.get(&path).await), ["hidden", "open"]);
    }

    async fn what_happens_to_subtasks_and_their_stories_is_heard_in_the_project(hub) {
        let task = hub.task("whole").await;
        let path = format!("/projects/{}/events", hub.project);
        let sync = hub.get(&path).await.body["sync"].as_str().expect("a token").to_owned();
        let part = hub.post(&format!("/tasks/{task}/subtasks"), json!({"name": "part"})).await.gid();
        let comment = hub.post(&format!("/tasks/{part}/stories"), json!({"text": "half done"})).await.gid();
        hub.delete(&format!("/stories/{comment}")).await;
        let heard = hub.get(&format!("{path}?sync={sync}&opt_fields=action,resource,parent")).await;
        let told: Vec<String> = heard.data().as_array().expect("a list").iter().map(|event| {
            let gid = |key: &str| event[key]["gid"].as_str().unwrap_or("").to_owned();
            format!("{} {} in {}", event["action"].as_str().unwrap_or(""), gid("resource"), gid("parent"))
        }).collect();
        for wanted in [format!("added {part} in {task}"), format!("added {comment} in {part}"), format!("removed {comment} in {part}")] {
            assert!(told.contains(&wanted), "{wanted} in {told:?}");
        }
        assert_eq!(hub.get("").await.status, 404);
    }
}
