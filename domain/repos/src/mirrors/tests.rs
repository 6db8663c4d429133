//! Promises of the handle that other domains use.

use crate::fixture::{Hub, code, hub};
use crate::repository::{self, NewCredential, NewRepository, Repository, State};
use crate::{Answer, Rule};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Role, Secret};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

async fn rule(hub: &Hub, repository: &Repository, commit: &str, ancestor: &str) -> Rule {
    hub.mirrors.contains(&hub.db, repository, commit, ancestor).await.expect("an answer").rule
}

db::on_both! { hub;
    async fn a_commit_that_was_just_pushed_is_fetched_for(hub) {
        let (repository, _) = hub.register("app", &hub.up.dir.to_string_lossy()).await;
        let resolve = async |rev: &str| hub.mirrors.resolve(&hub.db, &repository, rev).await;
        assert_eq!(resolve("main").await.expect("the first fetch happens on demand"), hub.first);
        let second = hub.up.grow("main", "second");
        assert_eq!(resolve(&second).await.expect("fetched for"), second);
        let third = hub.up.grow("main", "third");
        assert_eq!(resolve("main").await.expect("a branch is looked up where it is"), third);
        assert_eq!(resolve("HEAD").await.expect("the default branch"), third);
        assert_eq!(code(resolve(&"0".repeat(40)).await), "commit.unknown");
        let fourth = hub.up.grow("main", "fourth");
        assert_eq!(rule(&hub, &repository, &fourth, &third).await, Rule::Reached, "for a question, too");
        let range = hub.mirrors.range(&repository, Some(&second), &fourth, 10).await.expect("a range");
        assert_eq!((range.count, range.commits.len()), (2, 2));
    }

    async fn a_name_is_not_looked_up_in_an_old_mirror_when_the_remote_is_gone(hub) {
        let repository = hub.mirrored().await;
        hub.rename_remote("up stream.git", "elsewhere.git");
        let error = hub.mirrors.resolve(&hub.db, &repository, "main").await.expect_err("it may have moved");
        assert_eq!(error.code(), "commit.unknown");
        assert!(error.message().contains("cannot be read"), "{error}");
        let resolved = hub.mirrors.resolve(&hub.db, &repository, &hub.first).await;
        assert_eq!(resolved.expect("an id cannot move"), hub.first);
    }

    async fn yes_and_no_are_kept_for_ever_and_unknown_is_not(hub) {
        let repository = hub.mirrored().await;
        let second = hub.up.grow("main", "second");
        hub.settle().await;
        let nowhere = "0123456789".repeat(4);
        assert_eq!(rule(&hub, &repository, &second, &hub.first).await, Rule::Reached);
        assert_eq!(rule(&hub, &repository, &hub.first, &second).await, Rule::NotReached);
        assert_eq!(rule(&hub, &repository, &second, &nowhere).await, Rule::AncestorUnknown);
        hub.mirrors.mirror(repository.id).remove().await.expect("removed");
        hub.rename_remote("up stream.git", "elsewhere.git");
        assert_eq!(rule(&hub, &repository, &second, &hub.first).await, Rule::Reached);
        assert_eq!(rule(&hub, &repository, &hub.first, &second).await, Rule::NotReached);
        assert_eq!(rule(&hub, &repository, &second, &nowhere).await, Rule::RepositoryUnreadable);
        assert_eq!(rule(&hub, &repository, &second, &second).await, Rule::RepositoryUnreadable, "not asked before");
    }

    async fn no_is_withheld_while_the_remote_cannot_be_read(hub) {
        let repository = hub.mirrored().await;
        let second = hub.up.grow("main", "second");
        hub.advance(Duration::from_secs(120)).await;
        hub.rename_remote("up stream.git", "elsewhere.git");
        hub.advance(Duration::from_secs(120)).await;
        assert_eq!(hub.repository("app").await.state, State::Unreadable);
        assert_eq!(rule(&hub, &repository, &hub.first, &second).await, Rule::RepositoryUnreadable);
        assert_eq!(rule(&hub, &repository, &second, &hub.first).await, Rule::Reached, "a path that was found stands");
        hub.rename_remote("elsewhere.git", "up stream.git");
        hub.advance(Duration::from_secs(4_000)).await;
        assert_eq!(rule(&hub, &repository, &hub.first, &second).await, Rule::NotReached);
    }

    async fn a_shallow_remote_is_unknown_until_it_is_whole(hub) {
        let second = hub.up.grow("main", "second");
        let shallow = hub.up.shallow_clone(&hub.place.folder().join("shallow.git"));
        let (repository, _) = hub.register("app", &shallow.dir.to_string_lossy()).await;
        hub.settle().await;
        assert_eq!(hub.repository("app").await.state, State::Shallow);
        assert_eq!(rule(&hub, &repository, &second, &hub.first).await, Rule::RepositoryShallow);
        assert_eq!(code(hub.mirrors.resolve(&hub.db, &repository, "main").await), "repository.shallow");
        shallow.run(&["fetch", "-q", "--unshallow"]);
        hub.advance(Duration::from_secs(120)).await;
        assert_eq!(rule(&hub, &repository, &second, &hub.first).await, Rule::Reached);
    }

    async fn many_who_ask_at_once_share_a_fetch(hub) {
        let repository = hub.mirrored().await;
        let second = hub.up.grow("main", "second");
        let begun = hub.mirrors.fetches_begun(repository.id);
        let asked = (0..40).map(|_| {
            let (mirrors, db, repository) = (hub.mirrors.clone(), hub.db.clone(), repository.clone());
            tokio::spawn(async move { mirrors.resolve(&db, &repository, "main").await })
        });
        for answer in asked.collect::<Vec<_>>() {
            assert_eq!(answer.await.expect("no panic").expect("resolved"), second);
        }
        let fetches = hub.mirrors.fetches_begun(repository.id) - begun;
        assert!((1..20).contains(&fetches), "{fetches} fetches for 40 questions");
    }

    async fn a_token_reaches_the_remote_and_nobody_else(hub) {
        hub.up.run(&["update-server-info"]);
        let remote = Remote::serve(&hub, "hunter2-token").await;
        let credential = |token: &str| NewCredential { token: Some(Secret::new(token)), ..NewCredential::default() };
        for (name, token, state) in [("good", "hunter2-token", State::Ready), ("bad", "hunter2-wrong", State::Unreadable)] {
            let new = NewRepository {
                name: name.to_owned(),
                address: remote.address.clone(),
                credential: Some(credential(token)),
                ..NewRepository::default()
            };
            let mut tx = hub.by(Role::Admin).await;
            repository::register(&mut tx, hub.mirrors.sealing(), new).await.expect("registered");
            tx.commit().await.expect("committed");
            hub.settle().await;
            let repository = hub.repository(name).await;
            assert_eq!(repository.state, state, "{:?}", repository.problem);
            assert!(!repository.problem.is_some_and(|problem| problem.contains("hunter2")));
        }
        let good = hub.repository("good").await;
        assert_eq!(hub.mirrors.mirror(good.id).resolve(&hub.first).await.expect("mirrored by HTTP"), hub.first);
        let told = format!("{:?}", hub.told().await);
        assert!(!told.contains("hunter2"), "{told}");
        for dir in [hub.mirrors.mirror(good.id).dir().join("config"), hub.place.folder().join("the data/repositories/git.config")] {
            assert!(!std::fs::read_to_string(dir).expect("read").contains("Authorization"));
        }
    }

    async fn redirects_are_not_followed(hub) {
        let remote = Remote::serve(&hub, "").await;
        let elsewhere = remote.address.replace("/git", "/redirect");
        hub.register("app", &elsewhere).await;
        hub.settle().await;
        assert_eq!(hub.repository("app").await.state, State::Unreadable);
        assert!(!remote.asked.lock().expect("unpoisoned").iter().any(|path| path.starts_with("/secret")));
    }

    async fn a_remote_that_hides_its_history_is_no_proof(hub) {
        // A replacement and a graft would make git see other parents than the commits name.
        let second = hub.up.grow("main", "second");
        let alone = hub.up.commit("second", &[]);
        hub.up.set(&format!("refs/replace/{second}"), &alone);
        let repository = hub.mirrored().await;
        assert_eq!(rule(&hub, &repository, &second, &hub.first).await.answer(), Answer::Yes);
    }
}

/// A web server that gives the remote out as files to whoever has the token.
struct Remote {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Remote {
    async fn serve(hub: &Hub, token: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        // A name, so that the addresses found for it are handed to git.
        let address = format!("http://localhost:{}/git", listener.local_addr().expect("bound").port());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (dir, seen, token) = (hub.up.dir.clone(), asked.clone(), token.to_owned());
        let answer = move |request: Request| {
            seen.lock().expect("unpoisoned").push(request.uri().path().to_owned());
            let answer = file(&dir, &token, &request);
            async move { answer }
        };
        let app = axum::Router::new().fallback(answer);
        // It ends with the test's runtime.
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, asked }
    }
}

fn file(dir: &std::path::Path, token: &str, request: &Request) -> Response {
    use base64::Engine;
    let path = request.uri().path();
    if path.starts_with("/redirect") {
        return (StatusCode::FOUND, [(header::LOCATION, "/secret")]).into_response();
    }
    let wanted = base64::engine::general_purpose::STANDARD.encode(format!("x-access-token:{token}"));
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given != Some(&format!("Basic {wanted}")) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let file: PathBuf = dir.join(path.trim_start_matches("/git/"));
    match std::fs::read(file) {
        Ok(bytes) => bytes.into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}
