//! A network and a server that come and go while jobs run.

use crate::arrange::{Hub, job};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_restarts_ends_no_job_and_loses_no_output() {
    let hub = Hub::new().await;
    let script = "for i in $(seq 1 40); do echo line $i; sleep 0.05; done";
    hub.double.give(job("40", &[script], json!({})));
    hub.double.logged("40", "line 5\n").await;
    hub.double.kill();
    tokio::time::sleep(Duration::from_millis(500)).await;
    hub.double.start_again().await;
    let finish = hub.double.finish("40").await;
    assert_eq!(finish["outcome"], "succeeded");
    let log = hub.double.log("40");
    let lines: Vec<_> = log.lines().filter(|line| line.starts_with("line ")).collect();
    let expected: Vec<_> = (1..=40).map(|n| format!("line {n}")).collect();
    assert_eq!(lines, expected);
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_ends_while_the_server_is_down_is_told_later() {
    let hub = Hub::new().await;
    hub.double.give(job("41", &["echo up; sleep 0.5; echo over"], json!({})));
    hub.double.logged("41", "up\n").await;
    hub.double.change(|inner| inner.is_down = true);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    hub.double.change(|inner| inner.is_down = false);
    assert_eq!(hub.double.finish("41").await["outcome"], "succeeded");
    assert!(hub.double.log("41").contains("over\n"));
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_twice_is_kept_once_and_what_is_missing_is_sent_again() {
    let hub = Hub::new().await;
    hub.double.change(|inner| inner.swallows = 3);
    let go = hub.folder.0.join("go");
    let script = "seq 1 300000; while [ ! -e $GO ]; do sleep 0.05; done; seq 1 10";
    hub.double.give(job("42", &[script], json!({"env": {"GO": go}})));
    hub.double.logged("42", "\n300000\n").await;
    // The server forgets a part that it had acknowledged.
    hub.double.change(|inner| inner.attempts.get_mut("42").expect("known").log.truncate(1000));
    std::fs::write(&go, "").expect("written");
    let finish = hub.double.finish("42").await;
    let log = hub.double.log("42");
    assert_eq!(finish["log_bytes"], log.len());
    let numbers: Vec<u32> = log.lines().filter_map(|line| line.parse().ok()).collect();
    assert_eq!(numbers.len(), 300_010);
    assert!(numbers.iter().zip(1..=300_000).all(|(found, expected)| *found == expected));
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_was_forgotten_registers_again() {
    let hub = Hub::new().await;
    let (finish, _) = hub.run(job("43", &["true"], json!({}))).await;
    assert_eq!(finish["outcome"], "succeeded");
    hub.double.change(|inner| inner.forgets_agents = true);
    let (finish, _) = hub.run(job("44", &["sleep 0.5"], json!({}))).await;
    assert_eq!(finish["outcome"], "succeeded");
    let (finish, _) = hub.run(job("45", &["true"], json!({}))).await;
    assert_eq!(finish["outcome"], "succeeded");
    assert_eq!(hub.double.lock().registrations.len(), 2);
    hub.close().await;
}
