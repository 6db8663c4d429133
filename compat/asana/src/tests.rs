//! What the API answers, byte for byte where clients depend on it, on both databases and without a network between.

mod answers;
mod hooks;
mod lists;
mod records;
mod templates;
mod veil;

use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use base::{Actor, Clock, Limits, Role, Secret};
use db::Db;
use db::testing::Place;
use http_body_util::BodyExt;
use people::bootstrap::{Bootstrap, FirstStart};
use people::tokens::NewToken;
use people::users::NewUser;
use serde_json::{Value, json};
use tower::ServiceExt;

const ANN: &str = "token-of-ann-token-of-ann-token-of-ann";

/// A server with an administrator (Ann), a member (Bob) and a guest (Gus), each with a token, and a project.
pub(crate) struct Hub {
    db: Db,
    app: web::App,
    clock: Clock,
    router: axum::Router,
    bob: String,
    gus: String,
    bob_id: String,
    workspace: String,
    project: String,
    #[expect(dead_code, reason = "keeps the database's folder until the test ends")]
    place: Place,
}

pub(crate) struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    fn data(&self) -> &Value {
        assert!(self.status < 300, "{} {}", self.status, self.body);
        &self.body["data"]
    }

    fn gid(&self) -> String {
        self.data()["gid"].as_str().unwrap_or_else(|| panic!("no gid in {}", self.body)).to_owned()
    }

    fn message(&self) -> &str {
        self.body["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("no message in {}", self.body))
    }

    fn names(&self) -> Vec<&str> {
        self.data()
            .as_array()
            .expect("a list")
            .iter()
            .map(|it| it["name"].as_str().expect("a name"))
            .collect()
    }
}

pub(crate) fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

pub(crate) async fn hub(place: Place) -> Hub {
    hub_with(place, Limits::default()).await
}

pub(crate) async fn hub_with(place: Place, limits: Limits) -> Hub {
    let migrations = [
        journal::migrations(),
        chores::migrations(),
        web::migrations(),
        people::migrations(),
        work::migrations(),
    ];
    let db = place.open(&migrations).await;
    let clock = place.clock().clone();
    let mut parts = axum::http::Extensions::new();
    parts.insert(web::TargetPolicy::parse("127.0.0.0/8").expect("a policy"));
    let app = web::App::new(web::AppParts {
        db: db.clone(),
        clock: clock.clone(),
        limits,
        blobs: blobs::Blobs::open(place.folder().join("blobs")).await.expect("a folder"),
        public_url: "https://hub.example/".parse().expect("an address"),
        quota: web::Quota::default(),
        authenticate: |app, headers| Box::pin(people::door::authenticate(&app.db, headers)),
        may_see: |_, _, _| Box::pin(async { Ok(true) }),
        load_shell: web::ui::no_shell,
        parts,
        stop: tokio::sync::watch::channel(false).1,
    });
    let mut tx = db.write(&Actor::system()).await.expect("a transaction");
    let first = FirstStart {
        email: Some("ann@hub.example".to_owned()),
        token: Some(Secret::new(ANN)),
        ..FirstStart::default()
    };
    assert!(matches!(people::bootstrap::first_start(&mut tx, first).await, Ok(Bootstrap::Made(_))));
    let workspace = people::workspace::current(&mut tx).await.expect("a workspace").id.to_string();
    let mut tokens = Vec::new();
    for (name, role) in [("Bob", Role::Member), ("Gus", Role::Guest)] {
        let email = format!("{}@hub.example", name.to_lowercase());
        let user = NewUser { email, name: Some(name.to_owned()), role, password: None };
        let user = people::users::create(&mut tx, user).await.expect("made");
        let system = tx.become_actor(people::door::actor_of(&user, base::Door::Web));
        let new = NewToken { name: "test".to_owned(), scopes: None, expires_at: None };
        let (_, text) = people::tokens::create(&mut tx, user.id, new).await.expect("made");
        tx.become_actor(system);
        tokens.push((user.id.to_string(), text.reveal().to_owned()));
    }
    tx.commit().await.expect("committed");
    let router = axum::Router::new().nest("/api/1.0", crate::routes(&app)).with_state(app.clone());
    let ((gus_id, gus), (bob_id, bob)) = (tokens.pop().expect("Gus"), tokens.pop().expect("Bob"));
    assert_ne!(gus_id, bob_id);
    let mut hub = Hub { db, app, clock, router, bob, gus, bob_id, workspace, project: String::new(), place };
    hub.project =
        hub.post("/projects", json!({"name": "Lock Production", "workspace": hub.workspace})).await.gid();
    hub
}

impl Hub {
    async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.expect("answered");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Sends bytes as they are, as Ann, with one more header.
    async fn raw(&self, method: &str, path: &str, header: (&str, &str), body: &str) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/1.0{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {ANN}"))
            .header(header.0, header.1);
        self.send(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    async fn by(&self, token: &str, method: &str, path: &str, data: Option<Value>) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/1.0{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let body = data.map(|data| json!({ "data": data }).to_string()).unwrap_or_default();
        self.send(request.body(Body::from(body)).expect("a request")).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.by(ANN, "GET", path, None).await
    }

    async fn post(&self, path: &str, data: Value) -> Reply {
        self.by(ANN, "POST", path, Some(data)).await
    }

    async fn put(&self, path: &str, data: Value) -> Reply {
        self.by(ANN, "PUT", path, Some(data)).await
    }

    async fn delete(&self, path: &str) -> Reply {
        self.by(ANN, "DELETE", path, None).await
    }

    async fn task(&self, name: &str) -> String {
        self.post("/tasks", json!({"name": name, "projects": [self.project]})).await.gid()
    }
}
