//! Commits that are looked for.

use super::super::testbed::fetch;
use super::bed;

#[tokio::test]
async fn commits_are_found_by_what_they_say_and_only_once() {
    let (_folder, up, mirror) = bed();
    up.grow("main", "base");
    let named = up.grow("main", "Fix the till\n\nTask: 231");
    up.grow("side", "nothing to see");
    let aside = up.grow("side", "see https://hub.example/TASKS/17 for more");
    fetch(&mirror, &up).await.expect("a fetch");
    let patterns = ["/tasks/[0-9]+", "task: *[0-9]+"];
    let found = mirror.saying(&patterns, &[], 10).await.expect("looked");
    let mut ids: Vec<&str> = found.iter().map(|commit| commit.id.as_str()).collect();
    ids.sort_unstable();
    let mut wanted = [named.as_str(), aside.as_str()];
    wanted.sort_unstable();
    assert_eq!(ids, wanted);
    assert!(found.iter().any(|commit| commit.message.ends_with("Task: 231")), "the whole message is there");
    assert_eq!(mirror.saying(&patterns, &[], 1).await.expect("looked").len(), 1);

    let mut seen = mirror.heads().await.expect("heads");
    assert_eq!(seen.len(), 2);
    assert!(mirror.saying(&patterns, &seen, 10).await.expect("looked").is_empty());
    seen.push("0".repeat(40));
    let later = up.grow("main", "Task: 5");
    fetch(&mirror, &up).await.expect("a fetch");
    let found = mirror.saying(&patterns, &seen, 10).await.expect("what is gone leaves nothing out");
    assert_eq!(found.iter().map(|commit| commit.id.as_str()).collect::<Vec<_>>(), [later]);
}

#[tokio::test]
async fn what_lies_outside_of_a_commit_is_told_in_one_go() {
    let (_folder, up, mirror) = bed();
    let first = up.grow("main", "first");
    let second = up.grow("main", "second");
    let aside = up.commit("aside", &[&first]);
    up.set("refs/heads/aside", &aside);
    fetch(&mirror, &up).await.expect("a fetch");
    let all = [first.clone(), second.clone(), aside.clone()];
    let outside = |of: String| {
        let (mirror, all) = (mirror.clone(), all.to_vec());
        async move { mirror.outside(&all, &of).await.expect("asked").into_iter().collect::<Vec<_>>() }
    };
    assert_eq!(outside(second.clone()).await, std::slice::from_ref(&aside));
    assert_eq!(outside(aside).await, [second]);
    assert_eq!(outside(first).await.len(), 2);
    assert!(mirror.outside(&[], &all[0]).await.expect("nothing to ask").is_empty());
}
