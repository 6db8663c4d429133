//! Being told to stop, by the server and by the machine.

use crate::arrange::{Hub, job, said};
use agent::{Ended, Shutdown};
use serde_json::json;
use std::time::Duration;

/// A daemon that left its session, ignores TERM and writes down that it lives.
const DAEMON: &str = "(setsid sh -c 'trap \"\" TERM; echo $$ > \"$0\"; echo daemon; exec sleep 1000' \"$PIDFILE\" &); sleep 1000";

fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_kills_daemons_and_lets_final_steps_clean_up() {
    let hub = Hub::new().await;
    let pidfile = hub.folder.0.join("pid");
    let more = json!({
        "env": {"PIDFILE": pidfile}, "grace": 0.5,
        "finally": [{"name": "clean", "run": "echo cleaning after $SIGNALBOX_OUTCOME; sleep 0.2; echo cleaned"}],
    });
    hub.double.give(job("30", &[DAEMON, "echo never"], more));
    hub.double.logged("30", "daemon\n").await;
    let pid = std::fs::read_to_string(&pidfile).expect("the daemon's number");
    assert!(is_alive(&pid));
    let watch = base::Stopwatch::start();
    hub.double.command("30", json!({"command": "cancel", "reason": "Cancelled by Ann"}));
    let finish = hub.double.finish("30").await;
    println!("cancelled in {:?}", watch.elapsed());
    assert!(!is_alive(&pid), "the daemon is dead");
    assert_eq!((&finish["outcome"], &finish["sentence"]), (&json!("cancelled"), &json!("Cancelled by Ann")));
    let log = hub.double.log("30");
    assert_eq!(said(&log), "daemon\ncleaning after cancelled\ncleaned\n");
    assert!(log.contains("signalbox: stopping: Cancelled by Ann\n"), "{log}");
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_nicely_is_given_the_grace() {
    let hub = Hub::new().await;
    let script = "trap 'echo closing; exit 0' TERM; echo open; sleep 1000 & wait";
    hub.double.give(job("31", &[script], json!({"grace": 20})));
    hub.double.logged("31", "open\n").await;
    hub.double.command("31", json!({"command": "cancel", "reason": "Enough"}));
    let finish = hub.double.finish("31").await;
    assert_eq!(finish["outcome"], "cancelled");
    assert_eq!(said(&hub.double.log("31")), "open\nclosing\n");
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_termination_waits_for_nothing() {
    let hub = Hub::new().await;
    let finally = json!([{"name": "clean", "run": "echo never"}]);
    let script = "trap '' TERM; echo up; while :; do sleep 1; done";
    hub.double.give(job("32", &[script], json!({"grace": 600, "finally": finally})));
    hub.double.logged("32", "up\n").await;
    hub.double.command("32", json!({"command": "cancel", "reason": "First"}));
    hub.double.logged("32", "signalbox: stopping").await;
    hub.double.command("32", json!({"command": "cancel", "reason": "Now", "terminate": true}));
    let finish = hub.double.finish("32").await;
    assert_eq!(finish["outcome"], "cancelled");
    assert!(!hub.double.log("32").contains("never"));
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_is_somebody_elses_is_dropped_without_a_word() {
    let hub = Hub::new().await;
    let pidfile = hub.folder.0.join("pid");
    hub.double.give(job("33", &[DAEMON], json!({"env": {"PIDFILE": pidfile}, "renew_every": 1})));
    hub.double.logged("33", "daemon\n").await;
    let pid = std::fs::read_to_string(&pidfile).expect("the daemon's number");
    hub.double.change(|inner| inner.attempts.get_mut("33").expect("known").is_fenced = true);
    let gone = async {
        while is_alive(&pid) || !hub.left_over().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(crate::double::PATIENCE, gone).await.expect("everything of it is gone");
    assert!(hub.double.lock().attempts["33"].finish.is_none());
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_told_to_end_ends_its_work_first_and_cancels_when_told_again() {
    let mut hub = Hub::new().await;
    hub.double.give(job("34", &["echo up; sleep 0.7; echo done"], json!({})));
    hub.double.give(job("35", &["echo up; sleep 1000"], json!({})));
    hub.double.logged("34", "up\n").await;
    hub.double.logged("35", "up\n").await;
    hub.shutdown.send_replace(Shutdown::Drain);
    hub.double.give(job("36", &["echo never"], json!({})));
    assert_eq!(hub.double.finish("34").await["outcome"], "succeeded");
    assert!(hub.double.lock().attempts["35"].finish.is_none());
    hub.shutdown.send_replace(Shutdown::Cancel);
    assert_eq!(hub.double.finish("35").await["sentence"], "The agent was stopped");
    assert_eq!(hub.ended().await, Ended::Stopped);
    assert_eq!(hub.double.lock().queue.len(), 1);
    assert!(hub.left_over().is_empty());
}
