//! Who gets in, and what nobody gets.

use super::team::{Team, git, good, refused, said, team};
use base::{Actor, Door, Right};
use people::grants::{self, Holder};
use people::rights::RightSet;
use serde_json::{Value, json};
use std::io::{Read, Write};

/// Sends raw bytes and reads the answer: no client between to make them good.
async fn raw(team: &Team, request: String) -> String {
    let address = team.address.clone();
    tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).expect("it listens");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = Vec::new();
        // The server may close before it has read all, which is an answer, too.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    })
    .await
    .expect("no panic")
}

async fn status(team: &Team, method: &str, path: &str, token: &str, more: &str) -> (u16, String) {
    let auth = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{auth}{more}\r\n");
    let answer = raw(team, request).await;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, answer)
}

async fn api(team: &Team, method: &str, path: &str, token: &str, body: Value) -> (u16, String) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let more = format!("Content-Length: {}\r\nContent-Type: application/json\r\n\r\n{body}", body.len());
    let request = format!(
        "{method} /api/v1{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n{more}"
    );
    let answer = raw(team, request).await;
    (answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0), answer)
}

db::on_both! { team;
    async fn nobody_gets_in_without_a_good_token(team) {
        team.make("tools").await;
        let refs = "/git/tools.git/info/refs?service=git-upload-pack";
        for path in [refs, "/git/none.git/info/refs?service=git-upload-pack"] {
            let (status, answer) = status(&team, "GET", path, "", "").await;
            assert_eq!(status, 401, "whether it is there is not said: {path}");
            assert!(answer.to_ascii_lowercase().contains("www-authenticate: basic realm=\"signalbox\""), "{answer}");
        }
        assert_eq!(status(&team, "GET", refs, "sb_wrong", "").await.0, 401);
        assert_eq!(status(&team, "GET", refs, "", "Cookie: signalbox_session=x\r\n").await.0, 401);
        let wrong = refused(team.copies.path(), &["clone", "-q", &team.url("tools", "sb_wrong")]).await;
        assert!(wrong.contains("Authentication failed"), "{wrong}");
        let basic = format!("http://{}:@{}/git/tools.git", team.bob.token, team.address);
        good(team.copies.path(), &["ls-remote", &basic]).await;
    }

    async fn what_one_may_not_see_is_not_there(team) {
        let made = team.make("tools").await;
        let url = team.url("tools", &team.gus.token);
        let out = refused(team.copies.path(), &["clone", "-q", &url]).await;
        assert!(out.contains("remote: there is no repository tools, or you may not see it"), "{out}");
        assert!(out.contains("not found"), "{out}");
        let none = refused(team.copies.path(), &["clone", "-q", &team.url("none", &team.gus.token)]).await;
        assert!(none.contains("there is no repository none, or you may not see it"), "{none}");
        // A guest who was granted to see it clones it, and one who was granted to edit it pushes.
        let copy = team.copy("guests", &url).await;
        for (right, may_push) in [(Right::View, false), (Right::Edit, true)] {
            let mut tx = team.db.write(&people::door::actor_of(&team.ann.user, Door::Api)).await.expect("begun");
            let holder = Holder::User(team.gus.user.id);
            grants::set(&mut tx, &made.subject().to_string(), holder, RightSet::of(&[right])).await.expect("granted");
            tx.commit().await.expect("committed");
            good(&copy, &["ls-remote", &url]).await;
            let pushed = git(&copy, &["push", "-q", "origin", "main"]).await;
            assert_eq!(pushed.status.success(), may_push, "{}", said(&pushed));
        }
    }

    async fn a_push_takes_the_right_and_the_refusal_says_who_gives_it(team) {
        team.make("tools").await;
        let copy = team.copy("bobs", &team.url("tools", &team.looks_only)).await;
        let out = refused(&copy, &["push", "-q", "origin", "main"]).await;
        assert!(out.contains("remote: The token that was used is not made for this: it lacks the scope edit"), "{out}");
        good(&copy, &["ls-remote", "origin"]).await;
        // Ann makes one that only she may push to; administrators and makers always may.
        let (made, answer) = api(&team, "POST", "/repositories", &team.ann.token, json!({"name": "core", "hosted": true, "pushers": "granted"})).await;
        assert_eq!(made, 201, "{answer}");
        assert!(answer.contains("https://signalbox.test/git/core.git"), "{answer}");
        good(&copy, &["remote", "set-url", "origin", &team.url("core", &team.bob.token)]).await;
        let out = refused(&copy, &["push", "-q", "origin", "main"]).await;
        assert!(out.contains("remote: bob may read core and not push to it. ann can grant the right to edit it."), "{out}");
        good(&copy, &["push", "-q", &team.url("core", &team.ann.token), "main"]).await;
        assert_eq!(team.told().await.len(), 1);
    }

    async fn an_archived_one_is_read_and_takes_no_pushes(team) {
        team.make("tools").await;
        let copy = team.copy("bobs", &team.url("tools", &team.bob.token)).await;
        good(&copy, &["push", "-q", "origin", "main"]).await;
        assert_eq!(api(&team, "PATCH", "/repositories/tools", &team.bob.token, json!({"archived": true})).await.0, 200);
        team.commit(&copy, "file", "late").await;
        let out = refused(&copy, &["push", "-q", "origin", "main"]).await;
        assert!(out.contains("remote: tools was archived on 2026-11-01 and takes no pushes."), "{out}");
        good(&copy, &["fetch", "-q"]).await;
        assert_eq!(api(&team, "PATCH", "/repositories/tools", &team.bob.token, json!({"archived": false})).await.0, 200);
        good(&copy, &["push", "-q", "origin", "main"]).await;
    }

    async fn it_is_renamed_and_removed_only_with_its_name_said_again(team) {
        let made = team.make("tools").await;
        let copy = team.copy("bobs", &team.url("tools", &team.bob.token)).await;
        good(&copy, &["push", "-q", "origin", "main"]).await;
        let (status, answer) = api(&team, "PATCH", "/repositories/tools", &team.bob.token, json!({"name": "kit"})).await;
        assert_eq!(status, 200, "{answer}");
        assert!(refused(&copy, &["fetch", "-q"]).await.contains("there is no repository tools"));
        good(&copy, &["remote", "set-url", "origin", &team.url("kit", &team.bob.token)]).await;
        good(&copy, &["fetch", "-q"]).await;
        for (path, token, status) in [
            ("/repositories/kit", &team.bob.token, 400),
            ("/repositories/kit?confirm=tools", &team.bob.token, 400),
            ("/repositories/kit?confirm=kit", &team.gus.token, 404),
            ("/repositories/kit?confirm=kit", &team.bob.token, 204),
        ] {
            assert_eq!(api(&team, "DELETE", path, token, Value::Null).await.0, status, "{path}");
        }
        team.runner.settle().await.expect("settled");
        assert!(!team.mirrors.mirror(made.id).exists().await, "its folder is gone");
        assert!(refused(&copy, &["fetch", "-q"]).await.contains("there is no repository kit"));
        team.make("kit").await;
        assert_eq!(good(&copy, &["ls-remote", "origin"]).await, "", "one of the same name begins empty");
        let mut tx = team.db.read(&Actor::system()).await.expect("begun");
        assert!(grants::list(&mut tx, &made.subject().to_string()).await.expect("listed").is_empty());
    }

    async fn what_makes_no_sense_for_one_that_is_here_is_refused(team) {
        team.make("tools").await;
        for (method, path, body, code) in [
            ("POST", "/repositories", json!({"name": "x", "hosted": true, "url": "https://git.test/x"}), "repository.hosted"),
            ("POST", "/repositories", json!({"name": "x", "hosted": true, "poll_seconds": 60}), "repository.hosted"),
            ("POST", "/repositories", json!({"name": "x.git", "hosted": true}), "repository.name"),
            ("POST", "/repositories", json!({"name": "../x", "hosted": true}), "repository.name"),
            ("POST", "/repositories", json!({"name": "x", "hosted": true, "default_branch": "-x"}), "repository.branch"),
            ("POST", "/repositories", json!({"name": "TOOLS", "hosted": true}), "repository.name_taken"),
            ("POST", "/repositories", json!({"name": "x"}), "repository.address"),
            ("POST", "/repositories", json!({"name": "x", "hosted": true, "pushers": "all"}), "body.malformed"),
            ("PATCH", "/repositories/tools", json!({"url": "https://git.test/x"}), "repository.hosted"),
            ("PATCH", "/repositories/tools", json!({"credential": {"token": "x"}}), "repository.hosted"),
            ("POST", "/repositories/tools/hook", json!({}), "repository.hosted"),
        ] {
            let (status, answer) = api(&team, method, path, &team.bob.token, body.clone()).await;
            assert!((400..500).contains(&status) && answer.contains(code), "{method} {path} {body}: {answer}");
        }
        let (status, answer) = api(&team, "POST", "/repositories", &team.gus.token, json!({"name": "x", "hosted": true})).await;
        assert_eq!(status, 403, "{answer}");
    }

    async fn nothing_but_the_smart_protocol_is_answered(team) {
        let made = team.make("tools").await;
        let token = team.ann.token.clone();
        let id = made.id;
        for (method, path) in [
            ("GET", "/git/tools.git/HEAD".to_owned()),
            ("GET", "/git/tools.git/info/refs".to_owned()),
            ("GET", "/git/tools.git/info/refs?service=git-upload-archive".to_owned()),
            ("GET", "/git/tools.git/info/refs?service=git-upload-pack%00".to_owned()),
            ("GET", "/git/tools.git/objects/info/packs".to_owned()),
            ("GET", "/git/tools.git/config".to_owned()),
            ("GET", "/git/../git.config".to_owned()),
            ("GET", "/git/%2e%2e/%2e%2e/secret.key".to_owned()),
            ("GET", "/git/..%2f..%2fsecret.key".to_owned()),
            ("GET", format!("/git/{id}.git/info/refs?service=git-upload-pack")),
            ("GET", "/git/tools%2egit/info/refs?service=git-upload-pack".to_owned()),
            ("GET", "/git/tools%00.git/info/refs?service=git-upload-pack".to_owned()),
            ("GET", "/git/tools.git/../tools.git/info/refs?service=git-upload-pack".to_owned()),
            ("POST", "/git/tools.git/git-upload-archive".to_owned()),
            ("POST", "/git/tools.git/git-receive-pack".to_owned()),
            ("GET", "/git/tools.git/git-receive-pack".to_owned()),
            ("PUT", "/git/tools.git/info/refs?service=git-upload-pack".to_owned()),
        ] {
            let (status, answer) = status(&team, method, &path, &token, "Content-Length: 0\r\n").await;
            assert!((400..500).contains(&status), "{method} {path}: {answer}");
        }
        // What follows a null byte or a line's end in a header never arrives.
        let odd = "Git-Protocol: version=2:$(touch /tmp/x)\r\n";
        let (ok, answer) = status(&team, "GET", "/git/tools.git/info/refs?service=git-upload-pack", &token, odd).await;
        assert_eq!(ok, 200, "{answer}");
        assert!(answer.contains("application/x-git-upload-pack-advertisement"), "{answer}");
        assert!(!answer.contains("version 2"), "a protocol that is not understood is none");
        let (v2, answer) = status(&team, "GET", "/git/tools.git/info/refs?service=git-upload-pack", &token, "Git-Protocol: version=2\r\n").await;
        assert!(v2 == 200 && answer.contains("version 2") && answer.contains("filter"), "{answer}");
    }

    async fn links_that_lead_out_of_a_repository_are_content_and_no_more(team) {
        let made = team.make("tools").await;
        let copy = team.copy("bobs", &team.url("tools", &team.bob.token)).await;
        std::os::unix::fs::symlink("/etc/passwd", copy.join("signalbox.yaml")).expect("linked");
        team.commit(&copy, "file", "with a link").await;
        good(&copy, &["push", "-q", "origin", "main"]).await;
        let mirror = team.mirrors.mirror(made.id);
        let tip = mirror.resolve("main").await.expect("there");
        assert_eq!(mirror.files(&tip, &["signalbox.yaml"]).await.expect("listed"), []);
    }
}
