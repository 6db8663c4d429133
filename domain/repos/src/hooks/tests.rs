//! Promises of push webhooks through their door. Which headers prove what is in `proof.rs`.

use crate::fixture::{Hub, hub};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use base::Secret;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

fn signed(body: &str, secret: &Secret) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).expect("any key");
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn push(hub: &Hub, token: &str, signature: &str, body: &str) -> (StatusCode, Value) {
    let request = Request::post(format!("/hooks/git/{token}"))
        .header("x-github-event", "push")
        .header("x-hub-signature-256", format!("sha256={signature}"));
    hub.send(request.body(Body::from(body.to_owned())).expect("a request")).await
}

db::on_both! { hub;
    async fn a_proven_push_is_fetched_and_an_unproven_one_is_not(hub) {
        let (repository, hook) = hub.register("app", &hub.up.dir.to_string_lossy()).await;
        hub.settle().await;
        let second = hub.up.grow("main", "second");
        let body = "payload=%7B%22ref%22%3A";
        let mirror = hub.mirrors.mirror(repository.id);
        for (token, signature, status) in [
            (hook.token.as_str(), signed("another body", &hook.secret), 401),
            (&hook.token, String::new(), 401),
            ("no-such-token", signed(body, &hook.secret), 404),
            ("", signed(body, &hook.secret), 404),
        ] {
            assert_eq!(push(&hub, token, &signature, body).await.0.as_u16(), status);
            hub.settle().await;
            assert!(mirror.resolve(&second).await.is_err(), "nothing was fetched");
        }
        let (status, answer) = push(&hub, &hook.token, &signed(body, &hook.secret), body).await;
        assert_eq!((status, &answer["fetching"]), (StatusCode::ACCEPTED, &json!(true)));
        push(&hub, &hook.token, &signed(body, &hook.secret), body).await;
        let begun = hub.mirrors.fetches_begun(repository.id);
        hub.settle().await;
        assert_eq!(mirror.resolve(&second).await.expect("fetched"), second);
        assert_eq!(hub.mirrors.fetches_begun(repository.id) - begun, 1, "two announcements, one fetch");
    }

    async fn an_event_that_is_no_push_is_thanked_for(hub) {
        let (_, hook) = hub.register("app", &hub.up.dir.to_string_lossy()).await;
        let request = Request::post(format!("/hooks/git/{}", hook.token))
            .header("x-gitlab-event", "Merge Request Hook")
            .header("x-gitlab-token", hook.secret.reveal());
        let (status, answer) = hub.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!((status, &answer["fetching"]), (StatusCode::OK, &json!(false)));
    }

    async fn a_renewed_hook_ends_the_old_one(hub) {
        let (_, old) = hub.register("app", &hub.up.dir.to_string_lossy()).await;
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let (status, new) = hub.ask("admin", "POST", "/repositories/app/hook", json!({"secret": secret})).await;
        assert_eq!((status, &new["secret"]), (StatusCode::OK, &json!(secret)));
        assert_eq!(push(&hub, &old.token, &signed("{}", &old.secret), "{}").await.0, StatusCode::NOT_FOUND);
        let token = new["url"].as_str().and_then(|url| url.rsplit('/').next()).expect("an address");
        assert_eq!(push(&hub, token, &signed("{}", &old.secret), "{}").await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(push(&hub, token, &signed("{}", &Secret::new(secret)), "{}").await.0, StatusCode::ACCEPTED);
    }

    async fn a_body_beyond_the_limit_is_refused(hub) {
        let (_, hook) = hub.register("app", &hub.up.dir.to_string_lossy()).await;
        let body = "x".repeat(hub.db.limits().count(base::Limit::BodyBytes) + 1);
        let (status, _) = push(&hub, &hook.token, &signed(&body, &hook.secret), &body).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
