//! What these tests start from: a server that listens, people with tokens, and working copies.

use crate::Mirrors;
use crate::git::testbed::Folder;
use crate::repository::{self, Repository};
use axum::Router;
use base::{Actor, Door, Right, Role};
use db::Db;
use db::testing::Place;
use people::bootstrap::{Bootstrap, FirstStart, first_start};
use people::tokens::{self, NewToken};
use people::users::{self, NewUser, User};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) struct Team {
    pub place: Place,
    pub db: Db,
    pub mirrors: Mirrors,
    pub app: web::App,
    pub runner: chores::Runner,
    /// Where the server listens.
    pub address: String,
    pub copies: Folder,
    pub ann: Person,
    pub bob: Person,
    pub gus: Person,
    /// Bob's, which may only look.
    pub looks_only: String,
}

pub(crate) struct Person {
    pub user: User,
    pub token: String,
}

async fn app(place: &Place, db: &Db, mirrors: &Mirrors, limits: base::Limits) -> web::App {
    let mut parts = axum::http::Extensions::new();
    parts.insert(mirrors.clone());
    web::App::new(web::AppParts {
        db: db.clone(),
        clock: place.clock().clone(),
        limits,
        blobs: blobs::Blobs::open(place.folder().join("blobs")).await.expect("opened"),
        public_url: "https://signalbox.test".parse().expect("an address"),
        quota: web::Quota::default(),
        authenticate: |app, headers| Box::pin(people::door::authenticate(&app.db, headers)),
        may_see: |_, _, _| Box::pin(async { Ok(true) }),
        load_shell: web::ui::no_shell,
        parts,
        stop: tokio::sync::watch::channel(false).1,
    })
}

pub(crate) async fn team(place: Place) -> Team {
    with(place, base::Limits::default()).await
}

pub(crate) async fn with(place: Place, limits: base::Limits) -> Team {
    let all = [
        web::migrations(),
        journal::migrations(),
        chores::migrations(),
        people::migrations(),
        crate::migrations(),
    ];
    let db = place.open(&all).await;
    let mut tx = db.write(&Actor::system()).await.expect("begun");
    let first = FirstStart { email: Some("ann@example.com".to_owned()), ..FirstStart::default() };
    let Ok(Bootstrap::Made(ann)) = first_start(&mut tx, first).await else {
        panic!("the first start made Ann")
    };
    let mut people = Vec::new();
    for (name, role) in [("bob", Role::Member), ("gus", Role::Guest)] {
        let new = NewUser {
            email: format!("{name}@example.com"),
            name: Some(name.to_owned()),
            role,
            password: None,
        };
        people.push(users::create(&mut tx, new).await.expect("made"));
    }
    people.insert(0, ann);
    let mut with_tokens = Vec::new();
    for user in people {
        let new = NewToken { name: "git".to_owned(), ..NewToken::default() };
        let (_, token) = tokens::create(&mut tx, user.id, new).await.expect("made");
        with_tokens.push(Person { user, token: token.reveal().to_owned() });
    }
    let new = NewToken { name: "look".to_owned(), scopes: Some(vec![Right::View]), ..NewToken::default() };
    let (_, looks_only) = tokens::create(&mut tx, with_tokens[1].user.id, new).await.expect("made");
    tx.commit().await.expect("committed");
    let mirrors = Mirrors::open(&place.folder().join("data"), &limits, web::TargetPolicy::default());
    let mirrors = mirrors.expect("prepared");
    let app = app(&place, &db, &mirrors, limits).await;
    let runner = chores::Runner::new(db.clone(), "test", crate::chores(&app), crate::periodic(&app));
    runner.prepare().await.expect("prepared");
    let address = listen(&app).await;
    let [ann, bob, gus] = <[Person; 3]>::try_from(with_tokens).ok().expect("three");
    let looks_only = looks_only.reveal().to_owned();
    Team { place, db, mirrors, app, runner, address, copies: Folder::new(), ann, bob, gus, looks_only }
}

/// Listens as the program does; returns host and port.
pub(crate) async fn listen(app: &web::App) -> String {
    let (api, _) = crate::api().split_for_parts();
    let routes: Router<web::App> = Router::new().nest("/api/v1", api).merge(crate::hosted());
    let routes = routes.with_state(app.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

/// A git as a person has it on their own machine.
pub(crate) fn git_command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(["-c", "credential.helper=", "-c", "gc.auto=0"]).args(arguments).current_dir(dir);
    command.env_remove("SIGNALBOX_TOKEN").stdin(Stdio::null());
    command.envs([
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_TERMINAL_PROMPT", "0"),
    ]);
    command.envs([("GIT_AUTHOR_NAME", "Ann"), ("GIT_AUTHOR_EMAIL", "ann@acme.test")]);
    command.envs([("GIT_COMMITTER_NAME", "Ann"), ("GIT_COMMITTER_EMAIL", "ann@acme.test")]);
    command.envs([("no_proxy", "127.0.0.1"), ("LC_ALL", "C")]);
    command
}

/// Runs git beside the server, which must go on answering.
pub(crate) async fn git(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = git_command(dir, arguments);
    tokio::task::spawn_blocking(move || command.output().expect("git can be run")).await.expect("no panic")
}

pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a git that has to succeed; returns what it printed.
pub(crate) async fn good(dir: &Path, arguments: &[&str]) -> String {
    let output = git(dir, arguments).await;
    assert!(output.status.success(), "git {arguments:?}: {}", said(&output));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Runs a git that has to fail; returns what it said.
pub(crate) async fn refused(dir: &Path, arguments: &[&str]) -> String {
    let output = git(dir, arguments).await;
    assert!(!output.status.success(), "git {arguments:?} should have been refused: {}", said(&output));
    said(&output)
}

impl Team {
    /// Makes a repository as Bob.
    pub async fn make(&self, name: &str) -> Repository {
        let bob = people::door::actor_of(&self.bob.user, Door::Api);
        let new = repository::NewHosted { name: name.to_owned(), ..repository::NewHosted::default() };
        crate::repository::make_hosted(&self.app, &bob, new).await.expect("made")
    }

    /// The address of a repository with a token in it.
    pub fn url(&self, name: &str, token: &str) -> String {
        format!("http://x:{token}@{}/git/{name}.git", self.address)
    }

    pub fn folder(&self, name: &str) -> PathBuf {
        self.copies.path().join(name)
    }

    /// A working copy with a commit, not pushed.
    pub async fn copy(&self, name: &str, url: &str) -> PathBuf {
        let dir = self.folder(name);
        std::fs::create_dir_all(&dir).expect("made");
        good(&dir, &["init", "-q", "-b", "main"]).await;
        good(&dir, &["remote", "add", "origin", url]).await;
        self.commit(&dir, "file", "first").await;
        dir
    }

    pub async fn commit(&self, dir: &Path, file: &str, text: &str) -> String {
        std::fs::write(dir.join(file), text).expect("written");
        good(dir, &["add", "."]).await;
        good(dir, &["commit", "-q", "-m", text.get(..20).unwrap_or(text)]).await;
        good(dir, &["rev-parse", "HEAD"]).await
    }

    /// The pushes that were told: who, and the names of the refs.
    pub async fn told(&self) -> Vec<(String, Vec<String>)> {
        let mut tx = self.db.read(&Actor::system()).await.expect("begun");
        let query =
            journal::Query { limit: 1_000, verb: Some("repository.pushed".to_owned()), ..Default::default() };
        let entries = journal::read(&mut tx, &query).await.expect("read");
        let names = |data: &Value| {
            let refs = data["refs"].as_array().cloned().unwrap_or_default();
            refs.iter().map(|one| one["name"].as_str().unwrap_or_default().to_owned()).collect()
        };
        entries.into_iter().map(|entry| (entry.actor_name, names(&entry.data))).collect()
    }

    pub async fn repository(&self, name: &str) -> Repository {
        repository::find(&mut self.db.read(&Actor::system()).await.expect("begun"), name)
            .await
            .expect("there")
    }
}
