//! What the API answers, byte for byte where clients depend on it, on both databases and without a network between.

mod answers;
mod doors;

use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use base::{Actor, Limits, Role, Secret};
use db::Db;
use db::testing::Place;
use http_body_util::BodyExt;
use jobs::jobs::{Read, ReadFile};
use people::bootstrap::{Bootstrap, FirstStart};
use people::tokens::NewToken;
use people::users::NewUser;
use repos::repository::NewRepository;
use serde_json::{Value, json};
use tower::ServiceExt;

const ANN: &str = "token-of-ann-token-of-ann-token-of-ann";
const COMMIT: &str = "1111111111111111111111111111111111111111";

const FILE: &str = "\
name: prov
title: Provision
description: Makes machines
params: {cluster_name: {default: alpha}}
overlap: allow_all
stages:
  - name: Validate
    jobs: [{name: check, steps: [{run: 'true'}]}]
  - name: Build
    manual: true
    jobs: [{name: pack, steps: [{run: 'true'}], artifacts: [{name: report, pattern: '*.html', shared: true}]}]
---
name: ship
deploy: beta
steps: [{run: 'true'}]
";

/// A server with an administrator (Ann), a member (Bob) and a guest (Gus), each with a token, and a repository with jobs.
struct Hub {
    db: Db,
    router: axum::Router,
    bob: String,
    gus: String,
    #[expect(dead_code, reason = "keeps the database's folder until the test ends")]
    place: Place,
}

struct Reply {
    status: u16,
    headers: HeaderMap,
    bytes: Vec<u8>,
    body: Value,
}

impl Reply {
    fn good(self) -> Value {
        assert!(self.status < 300, "{} {}", self.status, self.body);
        self.body
    }
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

async fn hub(place: Place) -> Hub {
    let migrations = [
        journal::migrations(),
        chores::migrations(),
        web::migrations(),
        people::migrations(),
        work::migrations(),
        repos::migrations(),
        blobs::migrations(),
        releases::migrations(),
        jobs::migrations(),
    ];
    let db = place.open(&migrations).await;
    let data = place.folder().join("data");
    let limits = Limits::default();
    let mirrors = repos::Mirrors::open(&data, &limits, web::TargetPolicy::default()).expect("mirrors");
    let mut parts = axum::http::Extensions::new();
    parts.insert(mirrors.clone());
    parts.insert(jobs::Files(blobs::Blobs::open(place.folder().join("artifacts")).await.expect("a folder")));
    let app = web::App::new(web::AppParts {
        db: db.clone(),
        clock: place.clock().clone(),
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
    let Ok(Bootstrap::Made(ann)) = people::bootstrap::first_start(&mut tx, first).await else {
        panic!("Ann is made")
    };
    let mut tokens = Vec::new();
    for (name, role) in [("Bob", Role::Member), ("Gus", Role::Guest)] {
        let email = format!("{}@hub.example", name.to_lowercase());
        let user = NewUser { email, name: Some(name.to_owned()), role, password: None };
        let user = people::users::create(&mut tx, user).await.expect("made");
        let system = tx.become_actor(people::door::actor_of(&user, base::Door::Web));
        let new = NewToken { name: "test".to_owned(), scopes: None, expires_at: None };
        let (_, text) = people::tokens::create(&mut tx, user.id, new).await.expect("made");
        tx.become_actor(system);
        tokens.push(text.reveal().to_owned());
    }
    let system = tx.become_actor(people::door::actor_of(&ann, base::Door::Api));
    let new = NewRepository {
        name: "lab".to_owned(),
        address: "https://git.example.com/lab.git".to_owned(),
        default_branch: Some("main".to_owned()),
        ..NewRepository::default()
    };
    let (repository, _) =
        repos::repository::register(&mut tx, mirrors.sealing(), new).await.expect("registered");
    let beta = releases::environments::NewEnvironment {
        name: "beta".to_owned(),
        repository: repository.id,
        after: None,
        restricted: false,
        if_busy: releases::environments::IfBusy::Refuse,
    };
    releases::environments::make(&mut tx, beta).await.expect("made");
    tx.become_actor(system);
    let file = ReadFile {
        path: "signalbox.yaml".to_owned(),
        text: FILE.to_owned(),
        parsed: jobs::file::parse(FILE),
    };
    assert!(file.parsed.is_good(), "{:?}", file.parsed.findings);
    let read = Read { repository: repository.id, commit: COMMIT.to_owned(), files: vec![file] };
    jobs::jobs::apply(&mut tx, &read).await.expect("applied");
    tx.commit().await.expect("committed");
    let router = axum::Router::new().nest("/bamboo", crate::routes(&app)).with_state(app);
    let (gus, bob) = (tokens.pop().expect("Gus"), tokens.pop().expect("Bob"));
    Hub { db, router, bob, gus, place }
}

impl Hub {
    async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.expect("answered");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes().to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply { status: parts.status.as_u16(), headers: parts.headers, bytes, body }
    }

    /// As the Python client sends it: JSON is said of everything, bodies that are empty too.
    async fn by(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(format!("/bamboo/rest/api/latest/{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json");
        self.send(
            request
                .body(Body::from(body.map(|body| body.to_string()).unwrap_or_default()))
                .expect("a request"),
        )
        .await
    }

    /// The run that was queued.
    async fn run(&self, queued: &Value) -> jobs::runs::Run {
        let mut tx = self.db.read(&Actor::system()).await.expect("begun");
        let job = jobs::jobs::named(&mut tx, "prov", base::Right::View).await.expect("there");
        let number = queued["buildNumber"].as_i64().expect("a number");
        jobs::runs::numbered(&mut tx, &job, number, base::Right::View).await.expect("there")
    }

    async fn actor(&self, email: &str) -> Actor {
        let mut tx = self.db.read(&Actor::system()).await.expect("begun");
        let user = people::users::find(&mut tx, email).await.expect("there");
        people::door::actor_of(&user, base::Door::Api)
    }

    async fn get(&self, path: &str) -> Reply {
        self.by(&self.bob, "GET", path, None).await
    }

    async fn post(&self, path: &str) -> Reply {
        self.by(&self.bob, "POST", path, None).await
    }
}
