//! Ancestry, ranges and what a fetch keeps.

use super::super::testbed::{Upstream, fetch, git};
use super::super::{Answer, Mirror, Rule};
use super::{bed, code};

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
    git(mirror.dir(), &["gc", "-q", "--prune=now"]);
    assert_eq!(mirror.resolve(&deployed).await.expect("still there"), deployed);
    assert_eq!(mirror.contains(&deployed, &base).await.rule, Rule::Reached);
    assert_eq!(mirror.contains(&rewritten, &deployed).await.rule, Rule::NotReached);
    assert_eq!(mirror.resolve(&gone).await.expect("still there"), gone);
    assert_eq!(code(&mirror, "gone").await, "commit.unknown", "the branch itself is gone");
    fetch(&mirror, &up).await.expect("a third fetch");
    git(mirror.dir(), &["gc", "-q", "--prune=now"]);
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
    git(
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
async fn repositories_with_long_ids_are_mirrored_too() {
    let (folder, _, mirror) = bed();
    let dir = folder.path().join("sha256.git");
    git(
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
