//! Names, and what comes back as text.

use super::super::Fetch;
use super::super::testbed::{fetch, git};
use super::{bed, code};
use web::TargetPolicy;

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
    assert_eq!(git(mirror.dir(), &["for-each-ref", "refs/signalbox/"]), "");
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
