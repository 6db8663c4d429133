//! Pushing and cloning.

use super::team::{git, git_command, good, refused, said, team};
use crate::git::testbed;
use crate::repository::State;

db::on_both! { team;
    async fn what_is_pushed_is_told_with_who_did_it_before_the_push_ends(team) {
        let made = team.make("tools").await;
        assert_eq!((made.state, made.default_branch()), (State::Ready, Some("main")));
        let copy = team.copy("bobs", &team.url("tools", &team.bob.token)).await;
        good(&copy, &["push", "-q", "-u", "origin", "main"]).await;
        assert_eq!(team.told().await, [("bob".to_owned(), vec!["refs/heads/main".to_owned()])]);
        let first = good(&copy, &["rev-parse", "HEAD"]).await;
        let found = team.repository("tools").await;
        assert_eq!(team.mirrors.resolve(&team.db, &found, "main").await.expect("known"), first);

        let second = team.folder("anns");
        good(team.copies.path(), &["clone", "-q", &team.url("tools", &team.ann.token), "anns"]).await;
        let tip = team.commit(&second, "file", "second").await;
        good(&second, &["tag", "-a", "v1", "-m", "one"]).await;
        good(&second, &["push", "-q", "origin", "main", "v1"]).await;
        let (who, refs) = team.told().await.pop().expect("told");
        assert_eq!((who.as_str(), refs.len()), ("ann", 2), "{refs:?}");
        good(&copy, &["pull", "-q"]).await;
        assert_eq!(good(&copy, &["rev-parse", "HEAD"]).await, tip);
        good(&copy, &["push", "-q", "origin", "main"]).await;
        assert_eq!(team.told().await.len(), 2, "a push of nothing is none");
    }

    async fn the_first_branch_is_the_default_one_unless_somebody_said(team) {
        team.make("old").await;
        let copy = team.copy("old", &team.url("old", &team.bob.token)).await;
        good(&copy, &["push", "-q", "origin", "main:master"]).await;
        assert_eq!(team.repository("old").await.default_branch(), Some("master"));
        good(team.copies.path(), &["clone", "-q", &team.url("old", &team.bob.token), "again"]).await;
        assert_eq!(good(&team.folder("again"), &["symbolic-ref", "HEAD"]).await, "refs/heads/master");
        good(&copy, &["push", "-q", "origin", "main:topic"]).await;
        assert_eq!(team.repository("old").await.default_branch(), Some("master"), "later ones do not");
    }

    async fn a_forced_push_is_taken_and_what_it_threw_away_is_kept(team) {
        let made = team.make("tools").await;
        let copy = team.copy("bobs", &team.url("tools", &team.bob.token)).await;
        let lost = team.commit(&copy, "file", "lost").await;
        good(&copy, &["push", "-q", "origin", "main"]).await;
        good(&copy, &["reset", "-q", "--hard", "HEAD~1"]).await;
        team.commit(&copy, "file", "other").await;
        assert!(refused(&copy, &["push", "-q", "origin", "main"]).await.contains("rejected"));
        good(&copy, &["push", "-q", "--force", "origin", "main"]).await;
        let mirror = team.mirrors.mirror(made.id);
        assert_eq!(mirror.resolve(&lost).await.expect("kept"), lost);
        testbed::git(mirror.dir(), &["rev-parse", "--verify", &format!("refs/signalbox/kept/{lost}")]);
        let shown = good(&copy, &["ls-remote", "origin"]).await;
        assert!(!shown.contains("signalbox"), "our own refs are not shown: {shown}");
        let own = refused(&copy, &["push", "origin", "main:refs/signalbox/kept/x"]).await;
        assert!(own.contains("deny updating a hidden ref"), "{own}");
    }

    async fn branches_can_be_deleted_but_for_the_default_one(team) {
        team.make("tools").await;
        let copy = team.copy("bobs", &team.url("tools", &team.bob.token)).await;
        good(&copy, &["push", "-q", "origin", "main", "main:topic"]).await;
        good(&copy, &["push", "-q", "origin", ":topic"]).await;
        assert_eq!(team.told().await.pop(), Some(("bob".to_owned(), vec!["refs/heads/topic".to_owned()])));
        let out = refused(&copy, &["push", "origin", ":main"]).await;
        assert!(out.contains("deletion of the current branch prohibited"), "{out}");
        assert_eq!(team.told().await.len(), 2);
    }

    async fn shallow_and_partial_clones_work_in_both_versions_of_the_protocol(team) {
        team.make("tools").await;
        let url = team.url("tools", &team.bob.token);
        let copy = team.copy("bobs", &url).await;
        for n in 0..5 {
            team.commit(&copy, &format!("file {n}"), &format!("commit {n}")).await;
        }
        good(&copy, &["push", "-q", "origin", "main"]).await;
        for version in ["0", "1", "2"] {
            let protocol = format!("protocol.version={version}");
            let name = format!("shallow{version}");
            let clone = ["-c", &protocol, "clone", "-q", "--depth=2", &url, &name];
            good(team.copies.path(), &clone).await;
            let shallow = team.folder(&name);
            assert_eq!(good(&shallow, &["rev-list", "--count", "HEAD"]).await, "2");
            good(&shallow, &["-c", &protocol, "fetch", "-q", "--unshallow"]).await;
            assert_eq!(good(&shallow, &["rev-list", "--count", "HEAD"]).await, "6");
        }
        good(team.copies.path(), &["clone", "-q", "--filter=blob:none", "--no-checkout", &url, "partial"]).await;
        let partial = team.folder("partial");
        let missing = good(&partial, &["rev-list", "--objects", "--all", "--missing=print"]).await;
        assert!(missing.lines().any(|line| line.starts_with('?')), "blobs were left out");
        good(&partial, &["checkout", "-q", "main"]).await;
        assert_eq!(std::fs::read_to_string(partial.join("file 4")).expect("there"), "commit 4");
        // A push from a shallow clone.
        let shallow = team.folder("shallow2");
        good(team.copies.path(), &["clone", "-q", "--depth=1", &url, "cut"]).await;
        let cut = team.folder("cut");
        let tip = team.commit(&cut, "file", "from a shallow clone").await;
        good(&cut, &["push", "-q", "origin", "main"]).await;
        good(&shallow, &["pull", "-q"]).await;
        assert_eq!(good(&shallow, &["rev-parse", "HEAD"]).await, tip);
    }

    async fn of_two_pushes_at_once_each_is_told_as_its_own(team) {
        team.make("tools").await;
        let bobs = team.copy("bobs", &team.url("tools", &team.bob.token)).await;
        good(&bobs, &["push", "-q", "origin", "main"]).await;
        good(team.copies.path(), &["clone", "-q", &team.url("tools", &team.ann.token), "anns"]).await;
        let anns = team.folder("anns");
        for n in 0..4 {
            let text = format!("round {n}");
            team.commit(&bobs, "bob", &text).await;
            team.commit(&anns, "ann", &text).await;
            let (bob, ann) = (format!("main:bob-{n}"), format!("main:ann-{n}"));
            let bob = ["push", "-q", "origin", &bob];
            let ann = ["push", "-q", "origin", &ann];
            tokio::join!(good(&bobs, &bob), good(&anns, &ann));
        }
        let told = team.told().await;
        let mut count = 0;
        for (who, refs) in told.iter().skip(1) {
            for name in refs {
                assert!(name.starts_with(&format!("refs/heads/{who}-")), "{who} is told to have pushed {name}");
                count += 1;
            }
        }
        assert_eq!(count, 8, "{told:?}");
        // Both want the same branch: one gets it, and the other learns why not.
        team.commit(&bobs, "bob", "last").await;
        team.commit(&anns, "ann", "last").await;
        let push = ["push", "-q", "--force", "origin", "main:both"];
        let (one, other) = tokio::join!(git(&bobs, &push), git(&anns, &push));
        assert!(one.status.success() || other.status.success(), "{} {}", said(&one), said(&other));
    }

    async fn broken_objects_are_not_taken_in(team) {
        team.make("tools").await;
        let copy = team.copy("bobs", &team.url("tools", &team.bob.token)).await;
        // A tree with a file named `.git`: whoever checks it out would run what it says.
        let blob = good(&copy, &["rev-parse", "HEAD:file"]).await;
        std::fs::write(copy.join("entry"), format!("100644 blob {blob}\t.git\n")).expect("written");
        let make = "tree=$(git mktree < entry) && commit=$(git commit-tree $tree -m bad) && git update-ref refs/heads/bad $commit";
        let mut command = git_command(&copy, &["-c", &format!("alias.x=!{make}"), "x"]);
        assert!(command.status().expect("run").success());
        let out = refused(&copy, &["push", "origin", "bad"]).await;
        assert!(out.contains("hasDotgit"), "{out}");
        assert_eq!(team.told().await, []);
    }

    async fn many_small_pushes_are_packed_together_and_lose_nothing(team) {
        let made = team.make("tools").await;
        let copy = team.copy("bobs", &team.url("tools", &team.bob.token)).await;
        for n in 0..12 {
            team.commit(&copy, "file", &format!("commit {n}")).await;
            good(&copy, &["push", "-q", "origin", "main"]).await;
        }
        let mirror = team.mirrors.mirror(made.id);
        let packs = || std::fs::read_dir(mirror.dir().join("objects/pack")).expect("there").flatten()
            .filter(|entry| entry.path().extension().is_some_and(|kind| kind == "pack")).count();
        assert!(packs() >= 12, "a pack for each push: {}", packs());
        team.place.clock().advance(std::time::Duration::from_secs(60));
        team.runner.settle().await.expect("settled");
        assert!(packs() <= 3, "{} packs are left", packs());
        testbed::git(mirror.dir(), &["fsck", "--full"]);
        assert_eq!(testbed::git(mirror.dir(), &["rev-list", "--count", "main"]), "13");
    }
}
