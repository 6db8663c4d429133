//! Jobs behind bubblewrap.

use crate::arrange::{Hub, job, said};
use serde_json::json;

async fn has_bwrap() -> bool {
    let words = ["--unshare-pid", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"];
    let has =
        tokio::process::Command::new("bwrap").args(words).status().await.is_ok_and(|status| status.success());
    if !has {
        println!("SKIPPED: bubblewrap is not here, or may not make namespaces");
    }
    has
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fenced_job_sees_its_workspace_and_little_else() {
    if !has_bwrap().await {
        return;
    }
    let hub = Hub::with(|config| config.hidden = vec![config.folder.with_file_name("data")]).await;
    std::fs::create_dir(hub.folder.0.join("data")).expect("a folder");
    std::fs::write(hub.folder.0.join("data/key"), "k").expect("written");
    let steps = [
        "echo made > here; echo x > /tmp/there; echo A=1 >> $SIGNALBOX_ENV; echo f=1 >> $SIGNALBOX_METRICS",
        "cat here /tmp/there; echo $A; ls $PARENT/agent | tr '\\n' ' '; ls $PARENT/data | wc -l",
        "touch /etc/evil 2>/dev/null || echo read-only; ls /proc | grep -c '^[0-9]' | grep -qx '[1-9]' && echo alone",
        "ls /sys/class/net 2>/dev/null | wc -l >&2; grep -c : /proc/net/dev",
    ];
    let more = json!({"isolation": "bwrap", "network": false, "env": {"PARENT": hub.folder.0}});
    let (finish, log) = hub.run(job("80", &steps, more)).await;
    assert_eq!(finish["outcome"], "succeeded", "{log}");
    assert_eq!(finish["metrics"][0]["name"], "f");
    let said = said(&log);
    assert!(said.starts_with("made\nx\n1\nattempts 0\nread-only\nalone\n"), "{said}");
    assert!(said.ends_with("\n1\n"), "without a network there is the loopback only: {said}");
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_and_failures_come_through_the_fence() {
    if !has_bwrap().await {
        return;
    }
    let hub = Hub::new().await;
    let (finish, _) = hub.run(job("81", &["exit 5"], json!({"isolation": "bwrap"}))).await;
    assert_eq!(finish["exit_code"], 5);
    let (finish, _) = hub.run(job("82", &["kill -9 $$"], json!({"isolation": "bwrap"}))).await;
    assert_eq!(finish["sentence"], "Step step-0 was killed by SIGKILL");
    let script = "trap 'echo closing; exit 0' TERM; (setsid sleep 1000 &); echo open; sleep 1000 & wait";
    let finally = json!([{"name": "clean", "run": "echo cleaned"}]);
    hub.double.give(job("83", &[script], json!({"isolation": "bwrap", "grace": 1, "finally": finally})));
    hub.double.logged("83", "open\n").await;
    hub.double.command("83", json!({"command": "cancel", "reason": "Enough"}));
    assert_eq!(hub.double.finish("83").await["outcome"], "cancelled");
    assert_eq!(said(&hub.double.log("83")), "open\nclosing\ncleaned\n");
    hub.close().await;
}
