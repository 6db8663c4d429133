//! Webhooks against a receiver on this machine.

use super::{Hub, hub};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Answers the handshake, and keeps letters; on `/mute` it keeps silent, on `/broken` it refuses letters.
#[derive(Clone, Default)]
pub(super) struct Receiver(Arc<Mutex<Vec<(String, Value)>>>);

impl Receiver {
    pub(super) async fn listen() -> (Self, String) {
        let receiver = Self::default();
        let take = |State(it): State<Receiver>, uri: axum::http::Uri, headers: HeaderMap, body: Bytes| async move {
            if let Some(secret) = headers.get("x-hook-secret") {
                let echo = if uri.path() == "/mute" { "x-silent" } else { "x-hook-secret" };
                return ([(echo, secret.clone())], "").into_response();
            }
            if uri.path() == "/broken" {
                return axum::http::StatusCode::BAD_GATEWAY.into_response();
            }
            let signature = headers["x-hook-signature"].to_str().expect("text").to_owned();
            let letter = serde_json::from_slice(&body).expect("JSON");
            it.0.lock().expect("not poisoned").push((signature, letter));
            axum::http::StatusCode::NO_CONTENT.into_response()
        };
        let router = axum::Router::new().fallback(take).with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, address)
    }

    pub(super) fn letters(&self) -> Vec<(String, Value)> {
        self.0.lock().expect("not poisoned").clone()
    }
}

/// Lets the journal be followed and everything due be sent.
pub(super) async fn settle(hub: &Hub) {
    let followers = journal::Followers::new(hub.db.clone(), crate::followers(&hub.app));
    let runner = chores::Runner::new(hub.db.clone(), "test", crate::chores(&hub.app), vec![]);
    for _ in 0..3 {
        assert!(!followers.catch_up().await, "nothing fails");
        runner.settle().await.expect("settled");
    }
}

db::on_both! { hub;
    async fn letters_follow_the_handshake_signed_and_filtered(hub) {
        let (receiver, address) = Receiver::listen().await;
        hub.task("before").await;
        let filters = json!([{"resource_type": "task", "action": "added"}, {"resource_type": "task", "action": "changed", "fields": ["completed"]}]);
        let made = hub.post("/webhooks", json!({"resource": hub.project, "target": format!("{address}/h"), "filters": filters})).await;
        let secret = made.body["X-Hook-Secret"].as_str().expect("a secret beside the data").to_owned();
        assert_eq!((made.status, &made.data()["active"], &made.data()["resource"]["gid"]), (201, &json!(true), &json!(hub.project)));
        settle(&hub).await;
        assert_eq!(receiver.letters().iter().map(|(_, letter)| letter.clone()).collect::<Vec<_>>(), [json!({"events": []})]);
        let task = hub.task("lock").await;
        hub.put(&format!("/tasks/{task}"), json!({"name": "renamed"})).await;
        hub.put(&format!("/tasks/{task}"), json!({"completed": true})).await;
        settle(&hub).await;
        let letters = receiver.letters();
        let events: Vec<Value> = letters.iter().flat_map(|(_, letter)| letter["events"].as_array().expect("a list").clone()).collect();
        let told: Vec<String> = events.iter().map(|event| format!("{} {}", event["action"].as_str().unwrap_or("?"), event["change"]["field"].as_str().unwrap_or(""))).collect();
        assert_eq!(told, ["added ", "changed completed"]);
        assert_eq!(events[0]["resource"].get("name"), None);
        for (signature, letter) in &letters {
            assert_eq!(*signature, crate::webhooks::signature(&secret, letter.to_string().as_bytes()));
        }
        let path = format!("/webhooks/{}", made.gid());
        assert!(hub.get(&path).await.data()["last_success_at"].is_string());
        assert_eq!(hub.put(&path, json!({"filters": []})).await.data()["filters"], json!([]));
        assert_eq!(hub.by(&hub.bob, "GET", &path, None).await.status, 404, "one sees one's own");
        assert_eq!(hub.get(&format!("/webhooks?workspace={}&resource={}", hub.workspace, hub.project)).await.data().as_array().map(Vec::len), Some(1));
        assert_eq!(hub.delete(&path).await.status, 200);
        assert_eq!(hub.get(&format!("/webhooks?workspace={}", hub.workspace)).await.data(), &json!([]));
    }

    async fn a_target_that_does_not_want_it_gets_no_webhook(hub) {
        let (_receiver, address) = Receiver::listen().await;
        for (target, status) in [
            (format!("{address}/mute"), 400),
            ("http://127.0.0.1:1/closed".to_owned(), 400),
            ("nonsense".to_owned(), 400),
            ("http://10.0.0.1/".to_owned(), 403),
            ("http://169.254.169.254/latest".to_owned(), 403),
        ] {
            let reply = hub.post("/webhooks", json!({"resource": hub.project, "target": target})).await;
            assert_eq!(reply.status, status, "{target} {}", reply.body);
            assert!(reply.message().starts_with("target: "));
        }
        assert_eq!(hub.get(&format!("/webhooks?workspace={}", hub.workspace)).await.data(), &json!([]));
        let wide = hub.post("/webhooks", json!({"resource": hub.workspace, "target": format!("{address}/h")})).await;
        assert_eq!(wide.status, 400, "a workspace needs filters");
    }

    async fn a_broken_target_is_tried_for_a_day_and_a_quiet_one_hears_a_heartbeat(hub) {
        let (receiver, address) = Receiver::listen().await;
        let broken = hub.post("/webhooks", json!({"resource": hub.project, "target": format!("{address}/broken")})).await.gid();
        let quiet = hub.post("/webhooks", json!({"resource": hub.project, "target": format!("{address}/h")})).await.gid();
        settle(&hub).await;
        let shown = hub.get(&format!("/webhooks/{broken}")).await;
        assert_eq!((&shown.data()["delivery_retry_count"], shown.data()["last_failure_content"].as_str().map(|it| it.starts_with("502"))), (&json!(1), Some(true)));
        assert!(shown.data()["failure_deletion_timestamp"].is_string() && shown.data()["next_attempt_after"].is_string());
        for _ in 0..9 {
            hub.clock.advance(Duration::from_secs(3 * 3_600));
            settle(&hub).await;
        }
        assert_eq!(hub.get(&format!("/webhooks/{broken}")).await.status, 404, "patience ended");
        assert_eq!(hub.get(&format!("/webhooks/{quiet}")).await.status, 200);
        let beats = receiver.letters();
        assert!(beats.len() >= 4 && beats.iter().all(|(_, letter)| *letter == json!({"events": []})), "{beats:?}");
    }
}
