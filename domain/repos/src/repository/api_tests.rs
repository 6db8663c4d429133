//! Promises of the native API.

use crate::fixture::hub;
use axum::http::StatusCode;
use serde_json::{Value, json};

db::on_both! { hub;
    async fn a_repository_is_registered_shown_changed_and_listed(hub) {
        let body = json!({"name": "app", "url": hub.up.dir.to_string_lossy(), "poll_seconds": 300});
        let (status, made) = hub.ask("admin", "POST", "/repositories", body.clone()).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        assert_eq!((&made["state"], &made["poll_seconds"], &made["url"]), (&json!("new"), &json!(300), &body["url"]));
        assert!(made["id"].is_string() && made["created_at"].as_str().is_some_and(|at| at.ends_with('Z')));
        assert!(made["hook"]["url"].as_str().is_some_and(|url| url.starts_with("https://signalbox.test/hooks/git/")));
        assert_eq!(hub.ask("admin", "POST", "/repositories", body).await.0, StatusCode::CONFLICT);

        let (status, fetched) = hub.ask("member", "POST", "/repositories/app/fetch", Value::Null).await;
        assert_eq!((status, &fetched["count"]), (StatusCode::OK, &json!(1)), "{fetched}");
        assert_eq!(fetched["repository"]["state"], "ready");
        let (_, shown) = hub.ask("member", "GET", "/repositories/app", Value::Null).await;
        assert_eq!((&shown["default_branch"], shown.get("hook")), (&json!("main"), None), "the hook is shown once");

        let change = json!({"name": "application", "default_branch": "stable"});
        let (status, changed) = hub.ask("admin", "PATCH", "/repositories/app", change).await;
        assert_eq!((status, &changed["default_branch"]), (StatusCode::OK, &json!("stable")), "{changed}");
        let (_, changed) = hub.ask("admin", "PATCH", "/repositories/application", json!({"default_branch": null})).await;
        assert_eq!((&changed["default_branch"], &changed["poll_seconds"]), (&json!("main"), &json!(300)));
    }

    async fn lists_page(hub) {
        for name in ["a", "b", "c"] {
            hub.register(name, "https://git.test/x").await;
        }
        let (_, first) = hub.ask("admin", "GET", "/repositories?limit=2", Value::Null).await;
        let names = |page: &Value| page["data"].as_array().map(|data| data.iter().map(|r| r["name"].clone()).collect::<Vec<_>>());
        assert_eq!(names(&first), Some(vec![json!("a"), json!("b")]));
        let next = first["next"].as_str().expect("a cursor");
        let (_, second) = hub.ask("admin", "GET", &format!("/repositories?limit=2&cursor={next}"), Value::Null).await;
        assert_eq!((names(&second), &second["next"]), (Some(vec![json!("c")]), &Value::Null));
        for bad in ["limit=0", "limit=x", "limit=101", "cursor=x"] {
            let (status, _) = hub.ask("admin", "GET", &format!("/repositories?{bad}"), Value::Null).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{bad}");
        }
    }

    async fn nonsense_is_refused_with_a_problem(hub) {
        hub.mirrored().await;
        for (role, method, path, body, status, code) in [
            ("", "GET", "/repositories", Value::Null, 401, "auth.missing"),
            ("guest", "GET", "/repositories/app", Value::Null, 404, "repository.missing"),
            ("guest", "POST", "/repositories/app/fetch", Value::Null, 404, "repository.missing"),
            ("member", "GET", "/repositories/nope", Value::Null, 404, "repository.missing"),
            ("admin", "POST", "/repositories", json!({"name": 1}), 400, "body.malformed"),
            ("admin", "POST", "/repositories", json!([]), 400, "body.malformed"),
            ("admin", "POST", "/repositories", json!({"name": "x", "url": "http://127.0.0.2/x"}), 400, "target.private"),
            ("admin", "POST", "/repositories", json!({"name": "x", "url": "http://localhost\u{0}/x"}), 400, "repository.address"),
            ("member", "POST", "/repositories/app/hook", json!({}), 403, "role.too_low"),
            ("admin", "POST", "/repositories/app/hook", json!({"secret": "short"}), 400, "hook.secret"),
            ("admin", "GET", "/repositories/app/contains?commit=main", Value::Null, 400, "query.malformed"),
            ("admin", "GET", "/repositories/app/commits?ref=nope", Value::Null, 400, "commit.unknown"),
            ("admin", "GET", "/repositories/app/commits?cursor=main:1", Value::Null, 400, "cursor.invalid"),
            ("admin", "GET", "/repositories/app/commits/--all", Value::Null, 400, "commit.unknown"),
            ("admin", "GET", "/repositories/app/range?from=nope", Value::Null, 400, "commit.unknown"),
        ] {
            let (found, problem) = hub.ask(role, method, path, body).await;
            assert_eq!((found.as_u16(), problem["code"].as_str()), (status, Some(code)), "{method} {path}: {problem}");
        }
        hub.register("gone", "/nowhere/at/all").await;
        let (status, problem) = hub.ask("admin", "POST", "/repositories/gone/fetch", Value::Null).await;
        assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("repository.unreadable")), "{problem}");
    }

    async fn commits_ranges_and_answers_are_told(hub) {
        let second = hub.up.grow("main", "second");
        let third = hub.up.grow("main", "third");
        hub.mirrored().await;
        let (_, page) = hub.ask("member", "GET", "/repositories/app/commits?limit=2", Value::Null).await;
        let titles = |page: &Value| page["data"].as_array().map(|data| data.iter().map(|c| c["title"].clone()).collect::<Vec<_>>());
        assert_eq!(titles(&page), Some(vec![json!("third"), json!("second")]), "{page}");
        hub.up.grow("main", "moved meanwhile");
        hub.ask("member", "POST", "/repositories/app/fetch", Value::Null).await;
        let next = page["next"].as_str().expect("a cursor");
        let (_, page) = hub.ask("member", "GET", &format!("/repositories/app/commits?cursor={next}"), Value::Null).await;
        assert_eq!((titles(&page), &page["next"]), (Some(vec![json!("first")]), &Value::Null));

        let (_, range) = hub.ask("member", "GET", &format!("/repositories/app/range?from={}&to={third}", &hub.first[..10]), Value::Null).await;
        assert_eq!((&range["from"], &range["count"], &range["leaving"]), (&json!(hub.first), &json!(2), &json!(0)), "{range}");
        let (_, shown) = hub.ask("member", "GET", &format!("/repositories/app/commits/{}", &second[..12]), Value::Null).await;
        assert_eq!((&shown["id"], &shown["parents"]), (&json!(second), &json!([hub.first])));

        let nowhere = "0123456789".repeat(4);
        for (commit, ancestor, answer, rule) in [
            (third.as_str(), second.as_str(), "yes", "reached"),
            (&second, &third, "no", "not_reached"),
            ("main", &third, "yes", "reached"),
            (&third[..10], &third, "yes", "same_commit"),
            (&nowhere, &third, "unknown", "commit_unknown"),
            (&third, "no-such-branch", "unknown", "ancestor_unknown"),
        ] {
            let path = format!("/repositories/app/contains?commit={commit}&ancestor={ancestor}");
            let (status, found) = hub.ask("member", "GET", &path, Value::Null).await;
            assert_eq!((status, &found["answer"], &found["rule"]), (StatusCode::OK, &json!(answer), &json!(rule)), "{found}");
            assert!(found["sentence"].as_str().is_some_and(|sentence| sentence.contains("because")));
        }
    }

    async fn the_document_describes_every_route(hub) {
        let (_, document) = crate::api().split_for_parts();
        let document = serde_json::to_value(&document).expect("JSON");
        let operations: Vec<String> = document["paths"].as_object().into_iter().flatten()
            .flat_map(|(path, item)| item.as_object().into_iter().flatten().map(move |(method, _)| format!("{method} {path}")))
            .collect();
        assert_eq!(operations.len(), 11, "{operations:?}");
        assert_eq!(document["components"]["schemas"]["Answer"]["enum"], json!(["yes", "no", "unknown"]));
        assert_eq!(document["components"]["schemas"]["RepositoryState"]["enum"], json!(["new", "ready", "shallow", "unreadable"]));
        drop(hub);
    }
}
