//! What the doors of search, inbox, forms, rules, import and export answer.

use crate::fixture::hub;
use crate::http_tests::{call, door, id, send};
use axum::http::StatusCode;
use journal::Followers;
use serde_json::{Value, json};

db::on_both! { hub;
    async fn a_form_is_filled_in_by_a_stranger_and_a_rule_takes_it_from_there(hub) {
        let door = door(&hub).await;
        let (_, project) = call(&door, &hub.bob, "POST", "/api/v1/projects", json!({"name": "Bugs"})).await;
        let at = format!("/api/v1/projects/{}", id(&project));
        let rule = json!({"name": "triage", "when": {"on": "task_added"}, "then": [{"do": "assign", "user": hub.cay.id}, {"do": "comment", "text": "Thanks"}]});
        let (status, rule) = call(&door, &hub.bob, "POST", &format!("{at}/rules"), rule).await;
        assert_eq!(status, StatusCode::CREATED, "{rule}");
        let form = json!({"name": "Report <b>", "handshake_key": "s3cret", "questions": [
            {"key": "what", "label": "What?", "kind": "line", "is_required": true, "target": "name"},
            {"key": "where", "label": "Where?", "kind": "choices", "options": ["beta", "prod"], "target": "notes"}]});
        let (status, form) = call(&door, &hub.bob, "POST", &format!("{at}/forms"), form).await;
        assert_eq!(status, StatusCode::CREATED, "{form}");
        assert!(form.get("handshake_key").is_none() && form["has_handshake"] == json!(true));
        let path = |url: &Value| url.as_str().expect("an address").trim_start_matches("https://hub.example").to_owned();
        let (page, hook) = (path(&form["url"]), path(&form["hook_url"]));

        // Nobody is signed in here: the fixture's header names no user for id 1.
        let stranger = people::User { id: base::id::UserId(1), ..hub.gus.clone() };
        let (status, text) = send(&door, &stranger, "GET", &page, "").await;
        assert!(status == StatusCode::OK && text.contains("Report &lt;b&gt;") && !text.contains("Report <b>"), "{text}");
        let (status, text) = send(&door, &stranger, "POST", &page, "what=&where=beta").await;
        assert!(status == StatusCode::BAD_REQUEST && text.contains("This needs an answer") && text.contains("checked"), "{text}");
        for _ in 0..2 {
            let (status, text) = send(&door, &stranger, "POST", &page, "signalbox_entry=e1&what=It+broke&where=beta&where=prod").await;
            assert!(status == StatusCode::OK && text.contains("Thank you"), "{text}");
        }
        assert_eq!(send(&door, &stranger, "POST", &hook, "Field1=x&EntryId=4&HandshakeKey=wrong").await.0, StatusCode::FORBIDDEN);
        let (status, text) = send(&door, &stranger, "POST", &hook, "what=From+a+hook&EntryId=4&HandshakeKey=s3cret").await;
        assert_eq!(status, StatusCode::OK, "{text}");
        assert_eq!(send(&door, &stranger, "GET", "/forms/wrong", "").await.0, StatusCode::NOT_FOUND);

        assert!(!Followers::new(hub.db.clone(), crate::extra_followers()).catch_up().await);
        assert!(!Followers::new(hub.db.clone(), crate::extra_followers()).catch_up().await, "the rule's own changes are news, too");
        let (_, inbox) = call(&door, &hub.cay, "GET", "/api/v1/inbox?unread=true", json!({})).await;
        assert_eq!((&inbox["unread"], inbox["data"].as_array().map(Vec::len)), (&json!(2), Some(2)), "{inbox}");
        assert_eq!((&inbox["data"][0]["reason"], &inbox["data"][0]["actor_name"]), (&json!("assigned"), &json!("Rule: triage")));
        let item = format!("/api/v1/inbox/{}", id(&inbox["data"][0]));
        let (_, marked) = call(&door, &hub.cay, "PATCH", &item, json!({"archived": true})).await;
        assert_eq!((&marked["archived"], &marked["unread"]), (&json!(true), &json!(false)));
        assert_eq!(call(&door, &hub.bob, "PATCH", &item, json!({"archived": true})).await.0, StatusCode::NOT_FOUND);
        assert_eq!(call(&door, &hub.cay, "POST", "/api/v1/inbox/archive-all", json!({})).await.1["count"], 1);
        let (_, found) = call(&door, &hub.cay, "GET", "/api/v1/search?q=BROKE&assignee=me", json!({})).await;
        assert_eq!(found["data"][0]["name"], "It broke");
        let following = format!("/api/v1/tasks/{}/following", id(&found["data"][0]));
        assert_eq!(send(&door, &hub.bob, "PUT", &following, "").await.0, StatusCode::NO_CONTENT);
        assert_eq!(send(&door, &hub.bob, "DELETE", &following, "").await.0, StatusCode::NO_CONTENT);
        assert_eq!(call(&door, &hub.bob, "GET", &format!("/api/v1/rules/{}", id(&rule)), json!({})).await.1["runs"], 2);
    }

    async fn a_project_goes_out_and_comes_in_as_a_table_and_as_an_export(hub) {
        let door = door(&hub).await;
        let (_, project) = call(&door, &hub.bob, "POST", "/api/v1/projects", json!({"name": "Moved"})).await;
        let at = format!("/api/v1/projects/{}", id(&project));
        let mut table = String::from("Name,Section,Mood\n");
        for n in 0..250 {
            table.push_str(&format!("task {n},S{},good\n", n % 3));
        }
        let (status, text) = send(&door, &hub.bob, "POST", &format!("{at}/import"), &table).await;
        assert_eq!((status, text.as_str()), (StatusCode::OK, r#"{"made":250,"skipped":0,"ignored_columns":["Mood"]}"#));
        let (_, text) = send(&door, &hub.bob, "GET", &format!("{at}/export.csv"), "").await;
        assert_eq!((text.lines().count(), text.matches("Task ID").count()), (251, 1), "in several parts, with one heading");
        let export = r#"{"data": [{"gid": "1", "name": "from elsewhere", "subtasks": [{"gid": "2", "name": "part"}]}]}"#;
        for answer in [r#"{"made":2,"skipped":0,"ignored_columns":[]}"#, r#"{"made":0,"skipped":2,"ignored_columns":[]}"#] {
            assert_eq!(send(&door, &hub.bob, "POST", &format!("{at}/import"), export).await.1, answer);
        }
    }

    async fn bad_input_is_refused_with_a_code(hub) {
        let door = door(&hub).await;
        let (_, project) = call(&door, &hub.bob, "POST", "/api/v1/projects", json!({"name": "P"})).await;
        let at = format!("/api/v1/projects/{}", id(&project));
        for (method, path, body, status, code) in [
            ("GET", "/api/v1/search?due_before=soon".to_owned(), json!({}), 400, "query.malformed"),
            ("GET", "/api/v1/typeahead?type=ghost".to_owned(), json!({}), 400, "query.malformed"),
            ("GET", "/api/v1/inbox?cursor=x".to_owned(), json!({}), 400, "page.stale"),
            ("GET", "/api/v1/inbox?limit=9999".to_owned(), json!({}), 400, "limit.invalid"),
            ("GET", "/api/v1/forms/7".to_owned(), json!({}), 404, "form.unknown"),
            ("GET", "/api/v1/rules/x".to_owned(), json!({}), 404, "path.unknown"),
            ("POST", format!("{at}/rules"), json!({}), 400, "rule.incomplete"),
            ("POST", format!("{at}/rules"), json!({"when": {"on": "full moon"}, "then": []}), 400, "body.malformed"),
            ("POST", format!("{at}/forms"), json!({}), 400, "name.empty"),
            ("POST", format!("{at}/forms"), json!({"name": "f", "questions": [{"key": "a", "label": "b", "kind": "line", "target": "moon"}]}), 400, "body.malformed"),
            ("POST", format!("{at}/import?format=xls"), json!({}), 400, "import.format"),
            ("POST", format!("{at}/import"), json!({"data": 1}), 400, "import.malformed"),
            ("POST", "/api/v1/projects/7/import".to_owned(), json!({"data": []}), 404, "project.unknown"),
        ] {
            let (found, answer) = call(&door, &hub.bob, method, &path, body).await;
            assert_eq!((found.as_u16(), answer["code"].as_str()), (status, Some(code)), "{method} {path}: {answer}");
        }
    }
}
