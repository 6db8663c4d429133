//! What the tests of this crate start from: a server with an administrator, a member and a guest, and a remote with a commit.

use crate::Mirrors;
use crate::git::testbed::Upstream;
use crate::repository::{self, Hook, NewRepository, Repository};
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use base::id::UserId;
use base::{Actor, Clock, Door, Error, Role};
use db::testing::Place;
use db::{Db, Tx};
use serde_json::Value;
use std::time::Duration;
use tower::ServiceExt;
use web::TargetPolicy;

pub(crate) struct Hub {
    pub place: Place,
    pub db: Db,
    pub mirrors: Mirrors,
    pub app: web::App,
    pub runner: chores::Runner,
    pub up: Upstream,
    /// The first commit of the remote.
    pub first: String,
}

pub(crate) fn actor(role: Role) -> Actor {
    let user = UserId(1_200_000_000_000_001 + role as i64);
    Actor { user: Some(user), name: role.to_string(), role, door: Door::Api, ..Actor::system() }
}

pub(crate) async fn hub(place: Place) -> Hub {
    let all = [web::migrations(), journal::migrations(), chores::migrations(), crate::migrations()];
    let db = place.open(&all).await;
    let data = place.folder().join("the data");
    let policy = TargetPolicy::parse("127.0.0.1, ::1").expect("a list");
    let mirrors = Mirrors::open(&data, db.limits(), policy).expect("prepared");
    let app = app(&place, &db, &mirrors).await;
    let runner = chores::Runner::new(db.clone(), "test", crate::chores(&app), crate::periodic(&app));
    runner.prepare().await.expect("prepared");
    runner.settle().await.expect("settled");
    let up = Upstream::new(&place.folder().join("up stream.git"));
    let first = up.grow("main", "first");
    Hub { db, mirrors, app, runner, up, first, place }
}

/// Whoever says a role is it: who people are is not this crate's business.
async fn app(place: &Place, db: &Db, mirrors: &Mirrors) -> web::App {
    let mut parts = axum::http::Extensions::new();
    parts.insert(mirrors.clone());
    web::App::new(web::AppParts {
        db: db.clone(),
        clock: place.clock().clone(),
        limits: db.limits().clone(),
        blobs: blobs::Blobs::open(place.folder().join("blobs")).await.expect("opened"),
        public_url: "https://signalbox.test".parse().expect("an address"),
        quota: web::Quota::default(),
        authenticate: |_, headers| Box::pin(async move { Ok(said(headers)) }),
        may_see: |_, _, _| Box::pin(async { Ok(true) }),
        load_shell: web::ui::no_shell,
        parts,
        stop: tokio::sync::watch::channel(false).1,
    })
}

fn said(headers: &HeaderMap) -> Option<Actor> {
    headers.get("authorization")?.to_str().ok().and_then(|role| Role::parse(role).ok()).map(actor)
}

impl Hub {
    pub async fn by(&self, role: Role) -> Tx {
        self.db.write(&actor(role)).await.expect("begun")
    }

    /// Registers a repository as an administrator, without fetching it.
    pub async fn register(&self, name: &str, address: &str) -> (Repository, Hook) {
        let mut tx = self.by(Role::Admin).await;
        let new =
            NewRepository { name: name.to_owned(), address: address.to_owned(), ..NewRepository::default() };
        let made = repository::register(&mut tx, self.mirrors.sealing(), new).await.expect("registered");
        tx.commit().await.expect("committed");
        made
    }

    /// Registers the remote as `app` and fetches it.
    pub async fn mirrored(&self) -> Repository {
        self.register("app", &self.up.dir.to_string_lossy()).await;
        self.settle().await;
        self.repository("app").await
    }

    pub async fn repository(&self, name: &str) -> Repository {
        let mut tx = self.by(Role::Admin).await;
        repository::find(&mut tx, name).await.expect("found")
    }

    pub async fn settle(&self) {
        self.runner.settle().await.expect("settled");
    }

    pub async fn advance(&self, by: Duration) {
        let clock: &Clock = self.place.clock();
        clock.advance(by);
        self.settle().await;
    }

    /// The entries of repositories since the beginning: verb and data.
    pub async fn told(&self) -> Vec<(String, Value)> {
        let mut tx = self.by(Role::Admin).await;
        let query =
            journal::Query { limit: 1_000, verb: Some("repository.".to_owned()), ..Default::default() };
        let entries = journal::read(&mut tx, &query).await.expect("read");
        entries.into_iter().map(|entry| (entry.verb, entry.data)).collect()
    }

    pub async fn verbs(&self) -> Vec<String> {
        self.told().await.into_iter().map(|(verb, _)| verb).collect()
    }

    /// Sends a request as `role` ("" for nobody) and reads the answer.
    pub async fn ask(&self, role: &str, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path).header("authorization", role);
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.send(request.body(body).expect("a request")).await
    }

    pub async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let (api, _) = crate::api().split_for_parts();
        let routes = api.merge(crate::hooks()).with_state(self.app.clone());
        let response = routes.oneshot(request).await.expect("answered");
        let status = response.status();
        let body = http_body_util::BodyExt::collect(response.into_body()).await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// Takes the remote away, and brings it back.
    pub fn rename_remote(&self, from: &str, to: &str) {
        let folder = self.place.folder();
        std::fs::rename(folder.join(from), folder.join(to)).expect("renamed");
    }
}

pub(crate) fn code<T: std::fmt::Debug>(result: base::Result<T>) -> &'static str {
    result.map_err(|error: Error| error.code()).expect_err("this should have been refused")
}
