//! What a retry gets, and what is not kept for it.

use super::ShowsSecret;
use crate::{App, AppParts, Auth, Json, Quota};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::post;
use base::{Actor, Clock, Limits};
use blobs::Blobs;
use db::params;
use db::testing::Place;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

struct Hub {
    app: App,
    door: Router,
    _place: Place,
}

async fn plain(State(app): State<App>, Auth(actor): Auth) -> crate::Result<Json<Value>> {
    app.db.write(&actor).await?.commit().await?;
    Ok(Json(json!({"made": true})))
}

async fn token(
    State(app): State<App>,
    Auth(actor): Auth,
) -> crate::Result<ShowsSecret<(StatusCode, Json<Value>)>> {
    app.db.write(&actor).await?.commit().await?;
    Ok(ShowsSecret((StatusCode::CREATED, Json(json!({"token": "sb_hush"})))))
}

async fn hub(place: Place) -> Hub {
    let app = App::new(AppParts {
        db: place.open(&[journal::migrations(), crate::migrations()]).await,
        clock: Clock::system(),
        limits: Limits::default(),
        blobs: Blobs::open(place.folder().join("blobs")).await.expect("a folder"),
        public_url: "https://hub.example/".parse().expect("an address"),
        quota: Quota::default(),
        authenticate: |_, _| Box::pin(async { Ok(Some(Actor::system())) }),
        may_see: |_, _, _| Box::pin(async { Ok(true) }),
        load_shell: crate::ui::no_shell,
        parts: http::Extensions::new(),
        stop: tokio::sync::watch::channel(false).1,
    });
    let door = Router::new()
        .route("/plain", post(plain))
        .route("/anything", post(token))
        .layer(from_fn_with_state(app.clone(), super::middleware))
        .with_state(app.clone());
    Hub { app, door, _place: place }
}

impl Hub {
    async fn post(&self, path: &str, key: &str) -> (u16, Value) {
        let request = Request::post(path).header(super::HEADER, key).body(Body::empty()).expect("a request");
        let (parts, body) = self.door.clone().oneshot(request).await.expect("answered").into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        (parts.status.as_u16(), serde_json::from_slice(&bytes).expect("JSON"))
    }
}

db::on_both! { hub;
    async fn a_retry_gets_the_first_answer_unless_that_showed_a_secret(hub) {
        let first = hub.post("/plain", "a").await;
        assert_eq!(first, (200, json!({"made": true})));
        assert_eq!(hub.post("/plain", "a").await, first);
        assert_eq!(hub.post("/anything", "b").await, (201, json!({"token": "sb_hush"})));
        let (status, again) = hub.post("/anything", "b").await;
        assert_eq!((status, &again["code"]), (409, &json!("idempotency.done")), "{again}");
        let mut tx = hub.app.db.read(&Actor::system()).await.expect("a read begins");
        let rows = tx.rows("select coalesce(body, '') from once", &params![]).await.expect("read");
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| !row.get::<String>(0).expect("text").contains("hush")), "it is nowhere in the table");
    }
}
