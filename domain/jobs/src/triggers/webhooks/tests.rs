//! Promises of webhooks, through their door.

use super::{end, look, renew};
use crate::fixture::{Hub, hub};
use crate::runs::{self, Cause};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use base::{Actor, Error, Secret};
use http_body_util::BodyExt;
use repos::Mirrors;
use serde_json::{Value, json};
use tower::ServiceExt;
use web::App;

const OPEN: &str = "name: report\non: [manual, webhook]\nparams: {month: {default: none}, count: {type: integer, default: '1'}}\nsteps: [{run: x}]\n";
const SIGNED: &str = "name: report\non: {webhook: {secret: HOOK}}\nsteps: [{run: x}]\n";

async fn app(hub: &Hub) -> App {
    let data = hub.place.folder().join("data");
    let mut parts = axum::http::Extensions::new();
    let mirrors = Mirrors::open(&data, hub.db.limits(), web::TargetPolicy::default());
    parts.insert(mirrors.expect("opened"));
    App::new(web::AppParts {
        db: hub.db.clone(),
        clock: hub.place.clock().clone(),
        limits: hub.db.limits().clone(),
        blobs: blobs::Blobs::open(hub.place.folder().join("blobs")).await.expect("opened"),
        public_url: "https://signalbox.test".parse().expect("an address"),
        quota: web::Quota::default(),
        authenticate: |_, _| Box::pin(async { Ok(None) }),
        may_see: |_, _, _| Box::pin(async { Ok(true) }),
        load_shell: web::ui::no_shell,
        parts,
        stop: tokio::sync::watch::channel(false).1,
    })
}

/// Makes the address of a job as Bob, who is a member.
async fn made(hub: &Hub, name: &str) -> Result<Secret, Error> {
    let job = hub.job(name).await;
    let mut tx = hub.by(&hub.bob).await;
    let token = renew(&mut tx, job.id).await?;
    tx.commit().await?;
    Ok(token)
}

async fn call(app: &App, token: &str, headers: &[(&str, &str)], body: &str) -> (StatusCode, Value) {
    let mut request = Request::post(format!("/hooks/job/{token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).expect("a request");
    let response = crate::hooks().with_state(app.clone()).oneshot(request).await.expect("answered");
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

const JSON: (&str, &str) = ("content-type", "application/json");

db::on_both! { hub;
    async fn a_request_starts_a_run_with_the_parameters_that_the_job_declares(hub) {
        hub.commit(OPEN).await;
        let (app, token) = (app(&hub).await, made(&hub, "report").await.expect("made"));
        let (status, answer) = call(&app, token.reveal(), &[JSON], r#"{"month": "2026-11", "count": 2, "else": true}"#).await;
        assert_eq!((status, &answer["repeated"]), (StatusCode::ACCEPTED, &json!(false)), "{answer}");
        let run = hub.runs("report").await.remove(0);
        assert_eq!((run.cause, run.trusted, run.asked_by), (Cause::Webhook, true, None));
        assert_eq!((run.params["month"].as_str(), run.params["count"].as_str()), ("2026-11", "2"));
        assert_eq!(answer["run"]["url"], format!("https://signalbox.test/runs/{}", run.id));
        let (status, answer) = call(&app, token.reveal(), &[JSON], r#"{"count": "many"}"#).await;
        assert_eq!((status, &answer["code"]), (StatusCode::BAD_REQUEST, &json!("run.params")), "{answer}");
        assert_eq!(call(&app, token.reveal(), &[], "").await.0, StatusCode::ACCEPTED, "one that waits for its turn");
        assert_eq!(hub.runs("report").await.len(), 2);
        let hook = look(&mut hub.by(&hub.bob).await, run.job).await.expect("looked").expect("there");
        assert!(hook.used_at.is_some() && hook.made_by == hub.bob.name);
    }

    async fn what_comes_again_starts_nothing_again(hub) {
        hub.commit(OPEN).await;
        let (app, token) = (app(&hub).await, made(&hub, "report").await.expect("made"));
        let named = [JSON, ("x-github-delivery", "72d3162e")];
        let (_, first) = call(&app, token.reveal(), &named, "{}").await;
        let (status, again) = call(&app, token.reveal(), &named, "{}").await;
        assert_eq!((status, &again["repeated"], &again["run"]["id"]), (StatusCode::ACCEPTED, &json!(true), &first["run"]["id"]));
        let at_once = [JSON, ("idempotency-key", "k")];
        let calls = (0..8).map(|_| call(&app, token.reveal(), &at_once, "{}"));
        let answers = futures_util::future::join_all(calls).await;
        assert!(answers.iter().all(|(status, _)| *status == StatusCode::ACCEPTED), "{answers:?}");
        assert_eq!(hub.runs("report").await.len(), 2);
    }

    async fn only_who_has_the_address_starts_it_and_a_new_one_ends_the_old(hub) {
        hub.commit(OPEN).await;
        let app = app(&hub).await;
        for token in ["", "x", "..", "%2e%2e", "report"] {
            assert_eq!(call(&app, token, &[], "{}").await.0, StatusCode::NOT_FOUND, "{token}");
        }
        let old = made(&hub, "report").await.expect("made");
        let new = made(&hub, "report").await.expect("made again");
        assert_eq!(call(&app, old.reveal(), &[], "{}").await.0, StatusCode::NOT_FOUND);
        assert_eq!(call(&app, new.reveal(), &[], "{}").await.0, StatusCode::ACCEPTED);
        let job = hub.job("report").await;
        let mut tx = hub.by(&hub.gus).await;
        assert!(renew(&mut tx, job.id).await.expect_err("a guest").is_missing());
        drop(tx);
        let mut tx = hub.by(&hub.bob).await;
        end(&mut tx, job.id).await.expect("ended");
        tx.commit().await.expect("committed");
        assert_eq!(call(&app, new.reveal(), &[], "{}").await.0, StatusCode::NOT_FOUND);
        assert_eq!(hub.runs("report").await.len(), 1);
    }

    async fn a_signature_is_asked_for_where_the_file_names_a_secret(hub) {
        hub.commit(SIGNED).await;
        let (app, token) = (app(&hub).await, made(&hub, "report").await.expect("made"));
        let (status, answer) = call(&app, token.reveal(), &[JSON], "{}").await;
        assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("webhook.no_secret")));
        let mut tx = hub.by(&hub.ann).await;
        let key = Secret::new("It's a Secret to Everybody");
        crate::secrets::set(&mut tx, &hub.sealing, &crate::secrets::Scope::Workspace, "HOOK", &key, false).await.expect("set");
        tx.commit().await.expect("committed");
        let (status, answer) = call(&app, token.reveal(), &[JSON], "{}").await;
        assert_eq!((status, &answer["code"]), (StatusCode::UNAUTHORIZED, &json!("hook.unproven")));
        // The example that GitHub documents.
        let good = ("x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
        assert_eq!(call(&app, token.reveal(), &[good], "Hello, World?").await.0, StatusCode::UNAUTHORIZED);
        let old = ("webhook-timestamp", "1700000000");
        assert_eq!(call(&app, token.reveal(), &[good, old], "Hello, World!").await.1["code"], "webhook.old");
        assert_eq!(hub.runs("report").await.len(), 0);
        let (status, answer) = call(&app, token.reveal(), &[good], "Hello, World!").await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    }

    async fn what_stands_in_the_way_is_said_and_written_down(hub) {
        hub.commit(OPEN).await;
        let (app, token) = (app(&hub).await, made(&hub, "report").await.expect("made"));
        let job = hub.job("report").await;
        let mut tx = hub.by(&hub.bob).await;
        crate::jobs::pause(&mut tx, job.id, None, Some("the vendor is down")).await.expect("paused");
        tx.commit().await.expect("committed");
        let (status, answer) = call(&app, token.reveal(), &[], "{}").await;
        assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("job.paused")));
        assert!(answer["detail"].as_str().is_some_and(|said| said.contains("bob") && said.contains("the vendor is down")), "{answer}");
        let mut tx = hub.by(&hub.bob).await;
        crate::jobs::resume(&mut tx, job.id).await.expect("resumed");
        tx.commit().await.expect("committed");
        hub.commit(&format!("{OPEN}enabled: false\n")).await;
        assert_eq!(call(&app, token.reveal(), &[], "{}").await.1["code"], "job.disabled");
        hub.commit("name: report\non: manual\nsteps: [{run: x}]\n").await;
        assert_eq!(call(&app, token.reveal(), &[], "{}").await.1["code"], "webhook.not_taken");
        assert_eq!(made(&hub, "report").await.expect_err("not taken").code(), "webhook.not_taken");
        hub.commit("name: other\nsteps: [{run: x}]\n").await;
        assert_eq!(call(&app, token.reveal(), &[], "{}").await.0, StatusCode::CONFLICT, "it is gone");
        assert_eq!(hub.runs("other").await.len(), 0);
        let mut tx = hub.db.read(&Actor::system()).await.expect("begun");
        let query = journal::Query { limit: 100, verb: Some("job.trigger_refused".to_owned()), ..Default::default() };
        let told = journal::read(&mut tx, &query).await.expect("read");
        assert!(told.iter().all(|entry| entry.data["trigger"] == "a webhook") && told.len() >= 2, "{}", told.len());
        let filter = runs::Filter { limit: 10, ..runs::Filter::default() };
        assert!(runs::list(&mut tx, &filter).await.expect("listed").is_empty());
    }

    async fn no_more_than_the_limit_in_a_minute(hub) {
        hub.commit(&OPEN.replace("[manual, webhook]", "webhook")).await;
        let (app, token) = (app(&hub).await, made(&hub, "report").await.expect("made"));
        let most = hub.db.limits().get(base::Limit::WebhookCallsPerMinute);
        for _ in 0..most {
            assert_eq!(call(&app, token.reveal(), &[("idempotency-key", "one")], "{}").await.0, StatusCode::ACCEPTED);
        }
        assert_eq!(call(&app, token.reveal(), &[], "{}").await.0, StatusCode::TOO_MANY_REQUESTS);
    }
}
