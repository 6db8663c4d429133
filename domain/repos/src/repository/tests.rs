//! Promises of registering, changing and following repositories.

use super::{NewCredential, NewRepository, RepositoryChange, State};
use crate::fixture::{Hub, actor, code, hub};
use crate::repository;
use axum::http::StatusCode;
use base::{Role, Secret};
use serde_json::{Value, json};
use std::time::Duration;

fn new(name: &str, address: &str) -> NewRepository {
    NewRepository { name: name.to_owned(), address: address.to_owned(), ..NewRepository::default() }
}

async fn register(hub: &Hub, role: Role, new: NewRepository) -> base::Result<super::Repository> {
    let mut tx = hub.by(role).await;
    let made = repository::register(&mut tx, hub.mirrors.sealing(), new).await;
    if made.is_ok() {
        tx.commit().await?;
    }
    made.map(|(repository, _)| repository)
}

db::on_both! { hub;
    async fn a_registered_repository_is_fetched_by_itself_and_looked_at_again(hub) {
        let (made, _) = hub.register("app", &hub.up.dir.to_string_lossy()).await;
        assert_eq!(made.state, State::New);
        hub.settle().await;
        let fetched = hub.repository("app").await;
        assert_eq!((fetched.state, fetched.default_branch()), (State::Ready, Some("main")));
        assert_eq!(hub.verbs().await, ["repository.registered", "repository.fetched"]);

        hub.advance(Duration::from_secs(120)).await;
        assert!(hub.repository("app").await.fetched_at > fetched.fetched_at, "it was looked at again");
        assert_eq!(hub.verbs().await.len(), 2, "and nothing is told when nothing changed");

        let second = hub.up.grow("main", "second");
        hub.advance(Duration::from_secs(120)).await;
        let (verb, told) = hub.told().await.pop().expect("an entry");
        assert_eq!(verb, "repository.fetched");
        assert_eq!(told["refs"], json!([{"name": "refs/heads/main", "old": hub.first, "new": second, "forced": false}]));
    }

    async fn a_repository_that_is_not_polled_is_left_alone(hub) {
        let poll_s = Some(0);
        let address = hub.up.dir.to_string_lossy().into_owned();
        register(&hub, Role::Admin, NewRepository { poll_s, ..new("app", &address) }).await.expect("registered");
        hub.settle().await;
        let before = hub.repository("app").await;
        hub.advance(Duration::from_secs(86_400)).await;
        assert_eq!(hub.repository("app").await, before);
    }

    async fn failing_is_told_once_and_so_is_coming_back(hub) {
        hub.mirrored().await;
        hub.rename_remote("up stream.git", "elsewhere.git");
        hub.advance(Duration::from_secs(120)).await;
        let failing = hub.repository("app").await;
        assert_eq!(failing.state, State::Unreadable);
        assert!(failing.problem.as_deref().is_some_and(|problem| problem.contains("does not appear")), "{failing:?}");
        hub.advance(Duration::from_secs(4_000)).await;
        hub.rename_remote("elsewhere.git", "up stream.git");
        hub.advance(Duration::from_secs(4_000)).await;
        let back = hub.repository("app").await;
        assert_eq!((back.state, back.problem), (State::Ready, None));
        let verbs = hub.verbs().await;
        assert_eq!(verbs[1..], ["repository.fetched", "repository.unreadable", "repository.fetched"]);
    }

    async fn paths_are_for_administrators_and_remotes_for_members(hub) {
        let path = hub.up.dir.to_string_lossy().into_owned();
        assert_eq!(code(register(&hub, Role::Member, new("app", &path)).await), "role.too_low");
        assert_eq!(code(register(&hub, Role::Member, new("app", &format!("file://{path}"))).await), "role.too_low");
        assert_eq!(code(register(&hub, Role::Guest, new("app", "https://git.test/app")).await), "role.too_low");
        register(&hub, Role::Member, new("own", "https://git.test/app")).await.expect("a member registers a remote");
        hub.mirrored().await;

        let to_path = RepositoryChange { address: Some(path), ..RepositoryChange::default() };
        let mut tx = hub.by(Role::Member).await;
        let changed = repository::change(&mut tx, hub.mirrors.sealing(), "own", to_path.clone()).await;
        assert_eq!(code(changed), "role.too_low", "nor by way of a change");
        assert_eq!(code(repository::remove(&mut tx, "app", None).await), "role.too_low", "it is somebody else's");
        assert_eq!(repository::list(&mut tx, 0, 10).await.expect("listed").len(), 2);
        repository::remove(&mut tx, "own", None).await.expect("it is their own");
        drop(tx);

        let mut tx = hub.by(Role::Guest).await;
        assert!(repository::list(&mut tx, 0, 10).await.expect("listed").is_empty(), "guests see none");
        assert_eq!(code(repository::view(&mut tx, "app").await), "repository.missing");
        drop(tx);
        let mut limited = actor(Role::Admin);
        limited.scopes = Some(vec![base::Right::View]);
        let mut tx = hub.db.write(&limited).await.expect("begun");
        repository::view(&mut tx, "app").await.expect("a token for viewing views");
        assert_eq!(code(repository::remove(&mut tx, "app", None).await), "token.scope");
    }

    async fn names_and_addresses_are_checked(hub) {
        hub.mirrored().await;
        for (name, address, refusal) in [
            ("", "https://git.test/x", "repository.name"),
            ("a/b", "https://git.test/x", "repository.name"),
            ("<script>", "https://git.test/x", "repository.name"),
            ("..", "https://git.test/x", "repository.name"),
            ("APP", "https://git.test/x", "repository.name_taken"),
            ("x", "ext::sh -c id", "repository.address"),
            ("x", "https://ann:pw@git.test/x", "repository.address_has_password"),
        ] {
            assert_eq!(code(register(&hub, Role::Admin, new(name, address)).await), refusal, "{name} {address}");
        }
        let poll = NewRepository { poll_s: Some(1), ..new("x", "https://git.test/x") };
        assert_eq!(code(register(&hub, Role::Admin, poll).await), "repository.poll");
        let branch = NewRepository { default_branch: Some("--x".to_owned()), ..new("x", "https://git.test/x") };
        assert_eq!(code(register(&hub, Role::Admin, branch).await), "repository.branch");
    }

    async fn a_credential_is_sealed_and_leaves_with_its_host(hub) {
        let token = || NewCredential { token: Some(Secret::new("hunter2-token")), ..NewCredential::default() };
        let wanted = NewRepository { credential: Some(token()), ..new("app", "https://git.test/app") };
        register(&hub, Role::Member, wanted).await.expect("registered");
        let mut tx = hub.by(Role::Admin).await;
        let sealed: Vec<u8> = tx.one("select credential from repository", &[]).await.expect("a row").get(0).expect("bytes");
        drop(tx);
        assert!(!sealed.windows(7).any(|bytes| bytes == b"hunter2"));
        let (_, shown) = hub.ask("admin", "GET", "/repositories/app", Value::Null).await;
        assert_eq!(shown["credential"], "token");
        let told = format!("{shown} {:?}", hub.told().await);
        assert!(!told.contains("hunter2"), "{told}");

        for (address, kept) in [("https://git.test/renamed", "token"), ("https://other.test/app", "")] {
            let (status, shown) = hub.ask("admin", "PATCH", "/repositories/app", json!({"url": address})).await;
            assert_eq!(status, StatusCode::OK, "{shown}");
            assert_eq!(shown["credential"].as_str().unwrap_or(""), kept, "{address}");
        }
        for (address, credential) in [
            ("git@git.test:app.git", token()),
            ("https://git.test/app", NewCredential { ssh_key: Some(Secret::new("-----BEGIN OPENSSH PRIVATE KEY-----")), ..NewCredential::default() }),
            ("git@git.test:app.git", NewCredential { ssh_key: Some(Secret::new("ssh-ed25519 AAAA")), ..NewCredential::default() }),
            ("https://git.test/app", NewCredential { token: Some(Secret::new("a\nb")), ..NewCredential::default() }),
            ("https://git.test/app", NewCredential::default()),
        ] {
            let wanted = NewRepository { credential: Some(credential), ..new("x", address) };
            assert_eq!(code(register(&hub, Role::Member, wanted).await), "repository.credential", "{address}");
        }
    }

    async fn a_removed_repository_leaves_nothing_behind(hub) {
        let repository = hub.mirrored().await;
        let dir = hub.mirrors.mirror(repository.id).dir().to_owned();
        assert!(dir.join("HEAD").exists());
        hub.mirrors.contains(&hub.db, &repository, &hub.first, &hub.first).await.expect("an answer");
        let (status, _) = hub.ask("admin", "DELETE", "/repositories/app", Value::Null).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        hub.settle().await;
        assert!(!dir.exists());
        assert_eq!(hub.ask("admin", "GET", "/repositories/app", Value::Null).await.0, StatusCode::NOT_FOUND);
        assert_eq!(hub.ask("admin", "DELETE", "/repositories/app", Value::Null).await.0, StatusCode::NOT_FOUND);
        assert_eq!(hub.verbs().await.last().map(String::as_str), Some("repository.removed"));
        hub.mirrored().await;
    }
}
