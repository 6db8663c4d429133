//! Agents for one job, and agents that are not wanted.

use crate::arrange::{Hub, job};
use agent::Ended;
use base::Secret;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_for_one_job_does_one_and_leaves() {
    let mut hub = Hub::with(|config| config.once = true).await;
    hub.double.give(job("60", &["echo once"], json!({})));
    hub.double.give(job("61", &["echo twice"], json!({})));
    assert_eq!(hub.ended().await, Ended::Done);
    let inner = hub.double.lock();
    assert_eq!(inner.attempts["60"].finish.as_ref().expect("an end")["outcome"], "succeeded");
    assert!(inner.has_left && inner.queue.len() == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_agent_for_one_job_leaves_when_it_is_not_wanted() {
    let mut hub = Hub::with(|config| config.once = true).await;
    hub.double.until("a claim", |inner| inner.claims.first().map(drop)).await;
    hub.double.change(|inner| inner.draining = true);
    assert_eq!(hub.ended().await, Ended::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_invitation_is_refused() {
    let mut hub = Hub::with(|config| config.registration = Some(Secret::new("bad"))).await;
    assert_eq!(hub.ended().await, Ended::Refused("registration.refused".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_runs_at_once_than_there_are_slots() {
    let hub = Hub::with(|config| config.slots = 2).await;
    let now = hub.folder.0.join("now");
    std::fs::create_dir(&now).expect("a folder");
    let step = format!("cd {}; touch $$; ls | wc -l; sleep 0.1; rm $$", now.display());
    for n in 62..68 {
        hub.double.give(job(&n.to_string(), &[&step], json!({})));
    }
    for n in 62..68 {
        let id = n.to_string();
        assert_eq!(hub.double.finish(&id).await["outcome"], "succeeded");
        let at_once: u32 = crate::arrange::said(&hub.double.log(&id)).trim().parse().expect("a number");
        assert!(at_once <= 2, "{at_once}");
    }
    hub.close().await;
}
