//! Promises of a mirror, on real repositories.

use super::testbed::{Folder, Upstream, fetch};
use super::{Answer, Credential, Fetch, Git, Mirror, Rule, Source};
use crate::TargetPolicy;
use base::{Secret, Stopwatch};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

fn bed() -> (Folder, Upstream, Mirror) {
    let folder = Folder::new();
    let upstream = Upstream::new(&folder.path().join("up stream.git"));
    let mirror = Mirror::new(&folder.git(), folder.path().join("repositories/1.git"));
    (folder, upstream, mirror)
}

async fn code(mirror: &Mirror, rev: &str) -> &'static str {
    mirror.resolve(rev).await.expect_err(rev).code()
}

#[tokio::test]
async fn a_merge_contains_both_its_sides_and_neither_side_the_other() {
    let (_folder, up, mirror) = bed();
    let base = up.grow("main", "base");
    let left = up.grow("main", "left");
    let right = up.commit("right", &[&base]);
    let merge = up.commit("merge", &[&left, &right]);
    up.set("refs/heads/main", &merge);
    fetch(&mirror, &up).await.expect("a fetch");
    for (commit, ancestor, rule) in [
        (&merge, &left, Rule::Reached),
        (&merge, &right, Rule::Reached),
        (&merge, &base, Rule::Reached),
        (&merge, &merge, Rule::SameCommit),
        (&left, &right, Rule::NotReached),
        (&right, &left, Rule::NotReached),
        (&base, &merge, Rule::NotReached),
    ] {
        assert_eq!(mirror.contains(commit, ancestor).await.rule, rule);
    }
    let range = mirror.range(Some(&left), &merge, 10).await.expect("a range");
    assert_eq!((range.count, range.leaving), (2, 0), "the merge and its other side");
    assert_eq!(range.commits[0].id, merge);
    assert_eq!(range.commits[0].parents, [left.clone(), right.clone()]);
    let back = mirror.range(Some(&merge), &base, 10).await.expect("a range");
    assert_eq!((back.count, back.leaving), (0, 3), "a step back brings nothing and takes three away");
    let all = mirror.range(None, &merge, 1).await.expect("a range");
    assert_eq!((all.count, all.commits.len()), (4, 1), "counted whole, listed as far as asked");
}

#[tokio::test]
async fn what_a_force_push_threw_away_stays_known() {
    let (_folder, up, mirror) = bed();
    let base = up.grow("main", "base");
    let deployed = up.grow("main", "deployed");
    up.set("refs/heads/gone", &up.commit("on a branch to be deleted", &[&base]));
    let gone = up.run(&["rev-parse", "refs/heads/gone"]);
    fetch(&mirror, &up).await.expect("the first fetch");
    let rewritten = up.commit("rewritten", &[&base]);
    up.set("refs/heads/main", &rewritten);
    up.run(&["update-ref", "-d", "refs/heads/gone"]);
    up.run(&["gc", "-q", "--prune=now"]);

    let fetched = fetch(&mirror, &up).await.expect("the second fetch");
    let told: Vec<_> = fetched.changes.iter().map(|c| (c.name.as_str(), c.forced, c.new.is_some())).collect();
    assert_eq!(told, [("refs/heads/gone", false, false), ("refs/heads/main", true, true)]);
    assert_eq!(mirror.resolve("main").await.expect("main"), rewritten);
    super::testbed::git(mirror.dir(), &["gc", "-q", "--prune=now"]);
    assert_eq!(mirror.resolve(&deployed).await.expect("still there"), deployed);
    assert_eq!(mirror.contains(&deployed, &base).await.rule, Rule::Reached);
    assert_eq!(mirror.contains(&rewritten, &deployed).await.rule, Rule::NotReached);
    assert_eq!(mirror.resolve(&gone).await.expect("still there"), gone);
    assert_eq!(code(&mirror, "gone").await, "commit.unknown", "the branch itself is gone");
    fetch(&mirror, &up).await.expect("a third fetch");
    assert_eq!(mirror.resolve(&deployed).await.expect("a fetch does not prune it"), deployed);
}

#[tokio::test]
async fn a_fetch_that_brings_nothing_says_so() {
    let (_folder, up, mirror) = bed();
    up.grow("main", "one");
    let first = fetch(&mirror, &up).await.expect("a fetch");
    assert_eq!((first.n_changed, first.default_branch.as_deref()), (1, Some("main")));
    assert!(!first.changes[0].forced && first.changes[0].old.is_none());
    let second = fetch(&mirror, &up).await.expect("a fetch");
    assert_eq!((second.n_changed, &second.digest), (0, &first.digest));
    up.grow("main", "two");
    let third = fetch(&mirror, &up).await.expect("a fetch");
    assert!(third.n_changed == 1 && !third.changes[0].forced && third.digest != first.digest);
    let graph = mirror.dir().join("objects/info/commit-graphs/commit-graph-chain");
    assert!(graph.exists(), "the commit graph is written after a fetch");
}

#[tokio::test]
async fn a_shallow_repository_answers_unknown_until_its_history_arrives() {
    let (folder, up, mirror) = bed();
    let old = up.grow("main", "old");
    let new = up.grow("main", "new");
    let aside = up.commit("aside", &[&old]);
    let shallow = up.shallow_clone(&folder.path().join("shallow.git"));
    let fetched = fetch(&mirror, &shallow).await.expect("a shallow fetch");
    assert!(fetched.is_shallow && fetched.n_changed > 0, "its refs are mirrored all the same");
    for (commit, ancestor) in [(&new, &old), (&new, &new), (&old, &new), (&new, &aside)] {
        assert_eq!(mirror.contains(commit, ancestor).await, Rule::RepositoryShallow.into());
    }
    assert_eq!(code(&mirror, "main").await, "repository.shallow");
    assert_eq!(mirror.range(None, &new, 1).await.expect_err("no range").code(), "repository.shallow");

    let fetched = fetch(&mirror, &up).await.expect("a whole fetch");
    assert!(!fetched.is_shallow);
    assert_eq!(mirror.contains(&new, &old).await.rule, Rule::Reached);
}

#[tokio::test]
async fn unknown_commits_and_broken_mirrors_are_never_a_no() {
    let (folder, up, mirror) = bed();
    let nowhere = "0123456789".repeat(4);
    assert_eq!(mirror.contains(&nowhere, &nowhere).await.rule, Rule::RepositoryUnreadable, "never fetched");
    let base = up.grow("main", "base");
    let middle = up.grow("main", "middle");
    let tip = up.grow("main", "tip");
    let aside = up.commit("aside", &[]);
    up.set("refs/heads/aside", &aside);
    fetch(&mirror, &up).await.expect("a fetch");
    assert_eq!(mirror.contains(&nowhere, &base).await.rule, Rule::CommitUnknown);
    assert_eq!(mirror.contains(&tip, &nowhere).await.rule, Rule::AncestorUnknown);
    assert_eq!(mirror.contains("main", &base).await.rule, Rule::CommitUnknown, "only ids are compared");
    let tree = up.run(&["rev-parse", "main^{tree}"]);
    assert_eq!(mirror.contains(&tip, &tree).await.rule, Rule::AncestorUnknown, "a tree is no commit");

    // A hole in the middle of the history, as a failing disk leaves it.
    let holed = Upstream { dir: folder.path().join("repositories/2.git") };
    super::testbed::git(
        folder.path(),
        &["clone", "-q", "--mirror", "--no-local", &up.dir.to_string_lossy(), &holed.dir.to_string_lossy()],
    );
    let pack = std::fs::read_dir(holed.dir.join("objects/pack")).expect("a pack").flatten();
    for file in pack.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "pack")) {
        let kept = folder.path().join("kept.pack");
        std::fs::rename(&file, &kept).expect("moved");
        std::fs::remove_file(file.with_extension("idx")).expect("removed");
        let unpack = format!("git unpack-objects -q < '{}'", kept.display());
        let status = std::process::Command::new("sh").args(["-c", &unpack]).current_dir(&holed.dir).status();
        assert!(status.expect("sh runs").success());
    }
    std::fs::remove_file(holed.dir.join("objects").join(&middle[..2]).join(&middle[2..])).expect("a hole");
    let broken = Mirror::new(&folder.git(), &holed.dir);
    assert_eq!(broken.contains(&tip, &aside).await.rule, Rule::RepositoryUnreadable);
    assert_eq!(broken.contains(&tip, &base).await.answer, Answer::Unknown);
}

#[tokio::test]
async fn a_name_means_one_commit_or_is_refused() {
    let (_folder, up, mirror) = bed();
    let main = up.grow("main", "main");
    let other = up.grow("other", "other");
    up.set("refs/heads/twice", &main);
    up.set("refs/tags/twice", &other);
    up.set("refs/heads/same", &main);
    up.set("refs/tags/same", &main);
    up.run(&["-c", "tag.gpgSign=false", "tag", "-a", "-m", "v1", "v1", &main]);
    up.set("refs/tags/tree", &up.run(&["rev-parse", "main^{tree}"]));
    up.set(&format!("refs/heads/{}", &main[..8]), &other);
    up.set(&format!("refs/heads/{}", &main[..5]), &other);
    fetch(&mirror, &up).await.expect("a fetch");
    for (rev, commit) in [
        ("HEAD", &main),
        ("main", &main),
        ("  main ", &main),
        ("same", &main),
        ("v1", &main),
        ("refs/tags/twice", &other),
        ("refs/heads/twice", &main),
        (&main, &main),
        (&main.to_uppercase(), &main),
        (&main[..12], &main),
        (&main[..5], &other), // a branch; so short a beginning of an id does not compete with it
    ] {
        assert_eq!(&mirror.resolve(rev).await.expect(rev), commit, "{rev}");
    }
    assert_eq!(code(&mirror, "twice").await, "commit.ambiguous");
    assert_eq!(
        code(&mirror, &main[..8]).await,
        "commit.ambiguous",
        "a branch that looks like another commit's id"
    );
    for bad in [
        "",
        "nothing",
        "tree",
        "main~1",
        "main^{commit}",
        "main..other",
        "main@{0}",
        ":/main",
        "--all",
        "-h",
        "--output=/tmp/x",
        "@",
        "main\nother",
        "refs/heads/main\0",
        "../../etc/passwd",
        "$(touch x)",
        "deadbeef",
        &"a".repeat(40),
        &"x".repeat(100_000),
    ] {
        assert_eq!(code(&mirror, bad).await, "commit.unknown", "{bad:.60}");
    }
}

#[tokio::test]
async fn an_ambiguous_beginning_of_an_id_lists_what_it_could_mean() {
    let (_folder, up, mirror) = bed();
    let mut seen = std::collections::HashMap::new();
    let mut tip = up.grow("main", "0");
    let mut twins = None;
    // Among 400 commits two share four digits with a probability of 70 %; a thousand make it sure enough.
    for n in 1..2_000 {
        if let Some(first) = seen.insert(tip[..4].to_owned(), tip.clone()) {
            twins = Some((first, tip.clone()));
            break;
        }
        tip = up.commit(&n.to_string(), &[&tip]);
    }
    let (first, second) = twins.expect("two commits that start alike");
    up.set("refs/heads/main", &tip);
    fetch(&mirror, &up).await.expect("a fetch");
    let error = mirror.resolve(&first[..4]).await.expect_err("ambiguous");
    assert_eq!(error.code(), "commit.ambiguous");
    assert!(error.message().contains(&first) && error.message().contains(&second), "{error}");
    assert_eq!(mirror.resolve(&first[..20]).await.expect("long enough"), first);
}

#[tokio::test]
async fn names_that_look_like_orders_are_only_names() {
    let (folder, up, mirror) = bed();
    let commit = up.grow("main", "one");
    let marker = folder.path().join("marker");
    let odd = format!("we'ird;$(touch${{IFS}}{0})`touch${{IFS}}{0}`", marker.display());
    up.set(&format!("refs/heads/{odd}"), &commit);
    up.set("refs/heads/größe/日本", &commit);
    up.run(&["update-ref", "refs/heads/-x", &commit]);
    up.set("refs/signalbox/kept/evil", &commit);
    fetch(&mirror, &up).await.expect("a fetch");
    assert_eq!(mirror.resolve(&odd).await.expect("odd"), commit);
    assert_eq!(mirror.resolve("größe/日本").await.expect("unicode"), commit);
    assert_eq!(code(&mirror, "-x").await, "commit.unknown");
    assert_eq!(
        code(&mirror, "refs/signalbox/kept/evil").await,
        "commit.unknown",
        "a remote has no say over our refs"
    );
    assert!(!marker.exists());
    up.run(&["update-ref", "-d", "refs/heads/größe/日本"]);
    up.set("refs/heads/größe", &commit);
    fetch(&mirror, &up).await.expect("a branch may take the place of a folder");
    assert_eq!(mirror.resolve("größe").await.expect("renamed"), commit);
}

#[tokio::test]
async fn messages_come_through_as_they_are() {
    let (_folder, up, mirror) = bed();
    let title = "Fix \"quotes\" <b>bold</b> \u{1e}\u{1f} and größe";
    let first = up.commit(&format!("{title}\n\nbody\x01 line\n\nFixes-Error: E-1"), &[]);
    let empty = up.commit("", &[&first]);
    up.set("refs/heads/main", &empty);
    fetch(&mirror, &up).await.expect("a fetch");
    let commits = mirror.history(&empty, 0, 10).await.expect("commits");
    assert_eq!(commits.iter().map(|c| c.title.as_str()).collect::<Vec<_>>(), ["", title]);
    assert!(commits[1].message.ends_with("Fixes-Error: E-1"));
    assert_eq!(
        (commits[1].author.as_str(), commits[1].author_email.as_str()),
        ("Ann Müller", "ann@acme.test")
    );
    assert_eq!(commits[1].committed_at.to_string(), "2026-09-21T14:13:20.000Z");
}

#[tokio::test]
async fn a_default_branch_is_the_remotes_unless_somebody_set_it() {
    let (_folder, up, mirror) = bed();
    let trunk = up.grow("trunk", "one");
    let main = up.grow("main", "two");
    up.run(&["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    let fetched = fetch(&mirror, &up).await.expect("a fetch");
    assert_eq!(fetched.default_branch.as_deref(), Some("trunk"));
    assert_eq!(mirror.resolve("HEAD").await.expect("HEAD"), trunk);
    let (source, policy) = (up.source(), TargetPolicy::default());
    let set = Fetch { source: &source, credential: None, policy: &policy, default_branch: Some("main") };
    mirror.fetch(set).await.expect("a fetch");
    assert_eq!(mirror.resolve("HEAD").await.expect("HEAD"), main);
}

#[tokio::test]
async fn repositories_with_long_ids_are_mirrored_too() {
    let (folder, _, mirror) = bed();
    let dir = folder.path().join("sha256.git");
    super::testbed::git(
        folder.path(),
        &["init", "-q", "--bare", "-b", "main", "--object-format=sha256", &dir.to_string_lossy()],
    );
    let up = Upstream { dir };
    let old = up.grow("main", "old");
    let new = up.grow("main", "new");
    fetch(&mirror, &up).await.expect("a fetch");
    assert_eq!(mirror.resolve("main").await.expect("main"), new);
    assert_eq!(mirror.contains(&new, &old).await.rule, Rule::Reached);
}

#[tokio::test]
async fn a_remote_that_is_not_there_is_an_error_that_names_the_reason() {
    let (folder, up, mirror) = bed();
    up.grow("main", "one");
    let nowhere = Upstream { dir: folder.path().join("nowhere.git") };
    let error = fetch(&mirror, &nowhere).await.expect_err("nothing there");
    assert_eq!(error.code(), "git.failed");
    assert!(error.message().contains("does not appear to be a git repository"), "{error}");
    // Nor is a repository found by looking around above the folder.
    assert!(!mirror.exists().await);
}

#[tokio::test]
async fn a_git_that_hangs_is_stopped_with_all_it_started() {
    let folder = Folder::new();
    let bin = folder.path().join("bin");
    std::fs::create_dir_all(&bin).expect("a folder");
    let beacon = folder.path().join("child");
    let script = format!("#!/bin/sh\nsleep 600 &\necho $! > '{}'\nwait\n", beacon.display());
    let helper = bin.join("ssh");
    std::fs::write(&helper, script).expect("a script");
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).expect("executable");
    let git = Git::open(&folder.path().join("repositories"), Duration::from_secs(1)).expect("git");
    let took = Stopwatch::start();
    let command = format!("'{}'", helper.display());
    let error = git
        .call(["ls-remote", "--", "ssh://git@acme.test/x"])
        .environment(&[
            ("GIT_SSH_COMMAND".into(), command.into()),
            ("GIT_ALLOW_PROTOCOL".into(), "ssh".into()),
        ])
        .run()
        .await
        .err()
        .expect("it hangs");
    assert_eq!(error.code(), "git.timeout");
    assert!(took.elapsed() < Duration::from_secs(30));
    let child = std::fs::read_to_string(&beacon).expect("the helper ran");
    let stat = format!("/proc/{}/stat", child.trim());
    // It was sent a signal that cannot be ignored; the system may take a moment to carry it out.
    let is_gone = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
    while !is_gone() && took.elapsed() < Duration::from_secs(30) {
        tokio::task::yield_now().await;
    }
    assert!(is_gone(), "the sleeping child is gone");
}

#[tokio::test]
async fn leftovers_of_a_killed_git_do_not_fail_the_next_fetch() {
    let (_folder, up, mirror) = bed();
    up.grow("main", "one");
    fetch(&mirror, &up).await.expect("a fetch");
    for leftover in ["packed-refs.lock", "HEAD.lock", "refs/heads/main.lock", "objects/pack/tmp_pack_abc"] {
        std::fs::write(mirror.dir().join(leftover), "").expect("a leftover");
    }
    let tip = up.grow("main", "two");
    assert!(fetch(&mirror, &up).await.is_err(), "a lock fails a fetch");
    mirror.sweep().await.expect("swept");
    fetch(&mirror, &up).await.expect("a fetch");
    assert_eq!(mirror.resolve("main").await.expect("main"), tip);
    assert!(!mirror.dir().join("objects/pack/tmp_pack_abc").exists());
}

#[tokio::test]
async fn private_hosts_are_refused_before_anything_is_sent() {
    let (_folder, _, mirror) = bed();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("set");
    let port = listener.local_addr().expect("bound").port();
    let policy = TargetPolicy::default();
    for address in [format!("http://localhost:{port}/x"), format!("ssh://git@127.0.0.1:{port}/x")] {
        let source = Source::parse(&address).expect("an address");
        let wanted = Fetch { source: &source, credential: None, policy: &policy, default_branch: None };
        assert_eq!(mirror.fetch(wanted).await.expect_err("refused").code(), "target.private", "{address}");
    }
    assert!(listener.accept().is_err(), "nobody knocked");
}

#[tokio::test]
async fn a_key_lies_in_a_file_of_its_own_only_while_it_is_used() {
    let (folder, _, mirror) = bed();
    let policy = TargetPolicy::parse("127.0.0.1").expect("a list");
    let source = Source::parse("ssh://git@127.0.0.1:1/x").expect("an address");
    let credential = Credential::SshKey { private_key: Secret::new("KEY-TEXT"), known_hosts: None };
    let access = super::access::Access::prepare(&folder.git(), &source, Some(&credential), &policy)
        .await
        .expect("prepared");
    let keys = folder.path().join("repositories/keys");
    let held = std::fs::read_dir(&keys).expect("a folder").flatten().next().expect("one").path();
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&held), mode(&held.join("key"))), (0o700, 0o600));
    let shown: String = access.environment.iter().map(|(k, v)| format!("{k:?}={v:?} ")).collect();
    assert!(shown.contains("GIT_SSH_COMMAND") && !shown.contains("KEY-TEXT"), "{shown}");
    drop(access);
    assert!(!held.exists());
    let wanted =
        Fetch { source: &source, credential: Some(&credential), policy: &policy, default_branch: None };
    let error = mirror.fetch(wanted).await.expect_err("nobody listens there");
    assert!(!format!("{error:?}").contains("KEY-TEXT"));
    assert_eq!(std::fs::read_dir(&keys).expect("a folder").count(), 0, "gone after a failure, too");
}
