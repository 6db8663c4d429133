//! What comes along: the next thing to do with an end, a small source with what is to be done.

use crate::arrange::{Hub, job, said};
use agent::Shutdown;
use serde_json::json;

/// A full agent is given the next with the end of the last, asks for nothing in between, and does it once although the answer was lost.
#[tokio::test]
async fn the_next_comes_with_an_end() {
    let hub = Hub::with(|config| config.slots = 1).await;
    let marks = hub.folder.0.join("marks");
    hub.double.change(|inner| inner.swallows_ends = 1);
    let step = |n: u32| format!("echo {n} >> {}", marks.display());
    for n in 1..=3 {
        hub.double.give(job(&n.to_string(), &[&step(n)], json!({})));
    }
    for n in 1..=3 {
        assert_eq!(hub.double.finish(&n.to_string()).await["outcome"], "succeeded");
    }
    assert_eq!(std::fs::read_to_string(&marks).expect("marks"), "1\n2\n3\n", "each once");
    let asked: Vec<_> = {
        let inner = hub.double.lock();
        inner
            .claims
            .iter()
            .filter(|claim| claim["free_slots"] != 0)
            .map(|claim| claim["have"].clone())
            .collect()
    };
    let brought: Vec<_> = hub.double.lock().given_with_ends.keys().cloned().collect();
    assert_eq!(brought, ["1", "2"], "their ends brought the next");
    assert_eq!(asked[0], json!([]), "the first was asked for");
    assert!(
        asked[1..].iter().all(|have| *have == json!([])),
        "and nothing while there was something to do: {asked:?}"
    );
    hub.close().await;
}

/// An agent that was told to end takes nothing in the place of what it ends.
#[tokio::test]
async fn an_agent_that_ends_wants_nothing_in_the_place_of_what_it_ends() {
    let mut hub = Hub::with(|config| config.slots = 1).await;
    hub.double.give(job("1", &["while [ ! -e go ]; do sleep 0.02; done"], json!({})));
    hub.double.until("the first", |inner| inner.attempts.contains_key("1").then_some(())).await;
    hub.double.give(job("2", &["true"], json!({})));
    hub.shutdown.send_replace(Shutdown::Drain);
    let folder = hub.folder.0.join("agent/attempts/1-1/work");
    while std::fs::write(folder.join("go"), "").is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(hub.ended().await, agent::Ended::Stopped);
    assert_eq!(hub.double.finish("1").await["outcome"], "succeeded");
    let inner = hub.double.lock();
    assert!(inner.given_with_ends.is_empty() && !inner.attempts.contains_key("2"));
    assert_eq!(inner.queue.len(), 1, "it waits for another agent");
}

/// A small source that came along is not asked for.
#[tokio::test]
async fn a_source_that_came_along_is_used() {
    use base64::Engine as _;
    let hub = Hub::new().await;
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(3);
    header.set_mode(0o644);
    tar.append_data(&mut header, "hello.txt", &b"hi\n"[..]).expect("a tar");
    let archive = base64::engine::general_purpose::STANDARD.encode(tar.into_inner().expect("a tar"));
    let source = json!({"repository": "x", "commit": "abc", "ref": null, "kind": "tar", "archive": archive});
    let (_, log) = hub.run(job("1", &["cat hello.txt"], json!({"source": source}))).await;
    assert_eq!(said(&log), "hi\n");
    hub.close().await;
}
