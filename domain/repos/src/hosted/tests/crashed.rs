//! What happens to pushes when somebody dies.

use super::large::{processes, throttled};
use super::team::{git_command, good, listen, refused, team, with};
use crate::Mirrors;
use crate::git::testbed;
use crate::repository::State;
use base::{Actor, Limits};
use rustix::process::{Pid, Signal, kill_process_group};
use std::os::unix::process::CommandExt;
use std::time::Duration;

/// Waits for what another process does.
async fn wait_for<T>(what: &str, mut there: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = there().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("waited in vain for {what}");
}

db::on_both! { team;
    async fn what_git_took_while_nobody_noticed_is_told_at_the_next_start(team) {
        let made = team.make("tools").await;
        let copy = team.copy("bobs", &team.url("tools", &team.bob.token)).await;
        good(&copy, &["push", "-q", "origin", "main"]).await;
        // As a push leaves it whose server was killed before it noticed: git's part is done, with its note of who it was.
        let tip = team.commit(&copy, "file", "unnoticed").await;
        let dir = team.mirrors.mirror(made.id).dir().to_owned();
        good(&copy, &["push", "-q", &dir.to_string_lossy(), "main:refs/heads/incoming"]).await;
        let who = format!("user.email={}@signalbox", team.ann.user.id);
        testbed::git(&dir, &["update-ref", "-d", "refs/heads/incoming"]);
        let update = ["-c", &who, "-c", "user.name=ann", "-c", "core.logAllRefUpdates=always", "update-ref", "refs/heads/main", &tip];
        let mut command = git_command(&dir, &update);
        command.env_remove("GIT_COMMITTER_NAME").env_remove("GIT_COMMITTER_EMAIL");
        assert!(command.status().expect("run").success());
        std::fs::write(dir.join("refs/heads/main.lock"), "").expect("what a killed git leaves");
        let unfinished = dir.join("objects/tmp_objdir-incoming-x/pack");
        std::fs::create_dir_all(&unfinished).expect("made");
        std::fs::write(unfinished.join("pack-1.pack"), "").expect("written");
        assert_eq!(team.told().await.len(), 1);

        let mirrors = Mirrors::open(&team.place.folder().join("data"), team.db.limits(), web::TargetPolicy::default());
        let mut tx = team.db.write(&Actor::system()).await.expect("begun");
        crate::after_restart(&mut tx).await.expect("asked for");
        tx.commit().await.expect("committed");
        let fetched = mirrors.expect("opened").fetch(&team.db, made.id).await.expect("looked at");
        assert_eq!(fetched.n_changed, 1);
        assert_eq!(team.told().await.pop(), Some(("ann".to_owned(), vec!["refs/heads/main".to_owned()])));
        assert!(!dir.join("refs/heads/main.lock").exists(), "the next push is not stopped by it");
        assert!(!unfinished.exists(), "and the disk is not full of what nobody has");
        team.runner.settle().await.expect("settled");
        assert_eq!(team.told().await.len(), 2, "and nothing is told twice");
    }

    async fn a_push_that_breaks_off_changes_nothing_and_leaves_no_process(team) {
        let made = team.make("tools").await;
        let copy = team.copy("bobs", &team.url("tools", &team.bob.token)).await;
        let noise: Vec<u8> = (0..48).flat_map(|_| base::random::bytes::<65_536>()).collect();
        std::fs::write(copy.join("noise"), &noise).expect("written");
        team.commit(&copy, "file", "large").await;
        // A pipe that lets only the beginning of the pack through.
        let slow = throttled(&team.address, 256 * 1024).await;
        let url = format!("http://x:{}@{slow}/git/tools.git", team.bob.token);
        let mut command = git_command(&copy, &["push", "-q", &url, "main"]);
        let mut child = command.process_group(0).spawn().expect("started");
        let mirror = team.mirrors.mirror(made.id);
        let mark = mirror.dir().to_string_lossy().into_owned();
        let gits = || processes(&mark);
        wait_for("git to receive", async || (!gits().is_empty()).then_some(())).await;
        let group = Pid::from_raw(i32::try_from(child.id()).expect("small")).expect("a process");
        kill_process_group(group, Signal::KILL).expect("killed");
        child.wait().expect("over");
        wait_for("git to be gone", async || gits().is_empty().then_some(())).await;
        assert_eq!(mirror.tips().await.expect("read").len(), 0);
        assert_eq!(team.told().await, []);
        good(&copy, &["push", "-q", "origin", "main"]).await;
        assert_eq!(team.told().await.len(), 1);
        let left: Vec<_> = std::fs::read_dir(mirror.dir().join("objects")).expect("there").flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with("tmp_") || name.starts_with("incoming")).collect();
        assert!(left.is_empty(), "{left:?}");
    }

    async fn another_server_without_the_folder_tells_no_untruth(team) {
        let made = team.make("tools").await;
        let copy = team.copy("bobs", &team.url("tools", &team.bob.token)).await;
        good(&copy, &["push", "-q", "origin", "main"]).await;
        let other = Mirrors::open(&team.place.folder().join("other"), team.db.limits(), web::TargetPolicy::default());
        let error = other.expect("opened").fetch(&team.db, made.id).await.expect_err("it is not there");
        assert_eq!(error.code(), "repository.elsewhere");
        assert_eq!((team.repository("tools").await.state, team.told().await.len()), (State::Ready, 1));
    }

    async fn a_folder_that_is_gone_is_said_and_never_taken_for_empty(team) {
        let made = team.make("tools").await;
        let copy = team.copy("bobs", &team.url("tools", &team.bob.token)).await;
        good(&copy, &["push", "-q", "origin", "main"]).await;
        let dir = team.mirrors.mirror(made.id).dir().to_owned();
        std::fs::rename(&dir, dir.with_extension("away")).expect("moved");
        let out = refused(&copy, &["fetch"]).await;
        assert!(out.contains("remote: the folder of tools is gone from this server"), "{out}");
        assert!(team.mirrors.fetch(&team.db, made.id).await.is_err());
        assert_eq!(team.repository("tools").await.state, State::Unreadable);
        std::fs::rename(dir.with_extension("away"), &dir).expect("moved back");
        team.mirrors.fetch(&team.db, made.id).await.expect("looked at");
        assert_eq!(team.repository("tools").await.state, State::Ready);
        assert_eq!(team.told().await.len(), 1, "its branches were never gone");
    }
}

db::on_both! { small;
    async fn a_full_repository_takes_no_more_and_says_so(team) {
        team.make("tools").await;
        let copy = team.copy("bobs", &team.url("tools", &team.bob.token)).await;
        let noise: Vec<u8> = (0..40).flat_map(|_| base::random::bytes::<4_096>()).collect();
        std::fs::write(copy.join("noise"), &noise).expect("written");
        team.commit(&copy, "file", "too large").await;
        let out = refused(&copy, &["push", "origin", "main"]).await;
        assert!(out.contains("pack exceeds maximum allowed size"), "{out}");
        good(&copy, &["push", "-q", "origin", "main~1:refs/heads/main"]).await;
        // So much that its pack just fits, and is too much with the index that belongs to it.
        let made = team.repository("tools").await;
        let room = 90_000 - usize::try_from(team.mirrors.mirror(made.id).size().await).expect("small");
        std::fs::write(copy.join("noise"), &noise[..room - 600]).expect("written");
        good(&copy, &["commit", "-q", "-a", "--amend", "-m", "fits"]).await;
        good(&copy, &["push", "-q", "origin", "main"]).await;
        team.commit(&copy, "file", "one more").await;
        let out = refused(&copy, &["push", "-q", "origin", "main"]).await;
        assert!(out.contains("remote: tools takes up") && out.contains("It takes no more pushes."), "{out}");
        good(&copy, &["fetch", "-q"]).await;
    }

    async fn beyond_the_transfers_that_are_served_at_once_a_client_is_told_to_wait(team) {
        let made = team.make("tools").await;
        let held = team.mirrors.open_hosted(&team.db, &made).await.expect("the only one");
        let out = refused(team.copies.path(), &["ls-remote", &team.url("tools", &team.bob.token)]).await;
        assert!(out.contains("remote: As many clones and pushes as this server takes"), "{out}");
        drop(held);
        good(team.copies.path(), &["ls-remote", &team.url("tools", &team.bob.token)]).await;
        let address = listen(&team.app).await;
        assert_ne!(address, team.address);
    }
}

async fn small(place: db::testing::Place) -> super::team::Team {
    let mut limits = Limits::default();
    limits.set("hosted_repository_bytes", "90000").expect("known");
    limits.set("hosted_push_bytes", "120000").expect("known");
    limits.set("git_transfers", "1").expect("known");
    with(place, limits).await
}
