//! Agents that are killed, and what the next one does about it.

use crate::arrange::{Scratch, config, job};
use crate::double::{Double, PATIENCE};
use agent::{Ended, Shutdown};
use serde_json::json;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tokio::sync::watch;

/// Not a test of its own: the agent as a process that can be killed.
#[test]
fn agent_process() {
    let variable = |name: &str| std::env::var_os(name)?.into_string().ok();
    let Some(server) = variable("AGENT_TEST_SERVER") else { return };
    let folder = variable("AGENT_TEST_FOLDER").expect("a folder");
    let (_shutdown, told) = watch::channel(Shutdown::No);
    let mut config = config(server, folder.into(), told);
    config.docker = variable("AGENT_TEST_DOCKER").map(Into::into);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(agent::run(config)).expect("it runs until it is killed");
}

pub struct Process(Child);

impl Process {
    pub fn start(double: &Double, folder: &Path, docker: Option<&Path>) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["--exact", "restarts::agent_process", "--nocapture"]);
        command.env("AGENT_TEST_SERVER", double.url()).env("AGENT_TEST_FOLDER", folder);
        if let Some(docker) = docker {
            command.env("AGENT_TEST_DOCKER", docker);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0);
        Self(command.spawn().expect("a process"))
    }

    /// The most memory that it has used so far, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).expect("it lives");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        peak.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
    }

    /// As `kill -9` does.
    pub fn kill(&mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("gone");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn is_alive(pidfile: &Path) -> bool {
    let pid = std::fs::read_to_string(pidfile).unwrap_or_default();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !pid.is_empty() && !stat.is_empty() && !stat.contains(") Z ")
}

const DAEMON: &str = "(setsid sh -c 'trap \"\" TERM; echo $$ > \"$0\"; echo daemon; exec sleep 1000' \"$PIDFILE\" &); sleep 1000";

#[tokio::test(flavor = "multi_thread")]
async fn the_next_agent_kills_what_a_killed_one_left_and_tells_of_it() {
    for isolation in ["none", "bwrap"] {
        let double = Double::start().await;
        let scratch = Scratch::new();
        let folder = scratch.0.join("agent");
        let mut process = Process::start(&double, &folder, None);
        let pidfile = scratch.0.join("pid");
        // Behind bubblewrap the number is another, and the file can't be written; the process dies with its agent.
        let more = json!({"env": {"PIDFILE": pidfile}, "isolation": isolation});
        double.give(job("70", &["echo first", DAEMON], more));
        if isolation == "none" {
            double.logged("70", "daemon\n").await;
            assert!(is_alive(&pidfile));
        } else {
            double.logged("70", "::step::{").await;
        }
        process.kill();
        let mut next = Process::start(&double, &folder, None);
        let finish = double.finish("70").await;
        assert_eq!((&finish["outcome"], &finish["reason"]), (&json!("failed"), &json!("agent_restarted")));
        assert!(!is_alive(&pidfile), "the daemon is dead");
        assert_eq!(finish["log_bytes"], double.log("70").len());
        assert!(double.log("70").contains("first\n"));
        double.give(job("71", &["echo works again"], json!({})));
        assert_eq!(double.finish("71").await["outcome"], "succeeded");
        // The token of the first start is still good.
        assert_eq!(double.lock().registrations.len(), 1);
        next.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_could_not_be_told_is_told_by_the_next_agent() {
    let double = Double::start().await;
    let scratch = Scratch::new();
    let folder = scratch.0.join("agent");
    let mut process = Process::start(&double, &folder, None);
    double.give(job("72", &["echo up; sleep 0.3; echo 'last words'; exit 4"], json!({})));
    double.logged("72", "up\n").await;
    double.change(|inner| inner.is_down = true);
    let written = async {
        while !folder.join("attempts/72-1/finish.json").exists() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, written).await.expect("the end is written down");
    process.kill();
    double.change(|inner| inner.is_down = false);
    let _next = Process::start(&double, &folder, None);
    let finish = double.finish("72").await;
    assert_eq!((&finish["outcome"], &finish["exit_code"]), (&json!("failed"), &json!(4)));
    assert!(double.log("72").contains("last words\n"));
    assert_eq!(finish["log_bytes"], double.log("72").len());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_do_not_share_a_folder() {
    let double = Double::start().await;
    let scratch = Scratch::new();
    let _first = Process::start(&double, &scratch.0.join("agent"), None);
    double.until("a claim", |inner| inner.claims.first().map(drop)).await;
    let (_shutdown, told) = watch::channel(Shutdown::No);
    let refused = agent::run(config(double.url(), scratch.0.join("agent"), told)).await;
    assert_eq!(refused.expect_err("a refusal").code(), "agent.running");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_the_agent_alone_can_be_read_by_nobody_else() {
    use std::os::unix::fs::PermissionsExt;
    let double = Double::start().await;
    let scratch = Scratch::new();
    let (shutdown, told) = watch::channel(Shutdown::No);
    let agent = tokio::spawn(agent::run(config(double.url(), scratch.0.join("agent"), told)));
    double.until("a claim", |inner| inner.claims.first().map(drop)).await;
    for (name, mode) in [("agent", 0o700), ("agent/attempts", 0o700), ("agent/agent.json", 0o600)] {
        let found = std::fs::metadata(scratch.0.join(name)).expect("there").permissions().mode();
        assert_eq!(found & 0o777, mode, "{name}");
    }
    shutdown.send_replace(Shutdown::Drain);
    assert_eq!(agent.await.expect("no panic").expect("no error"), Ended::Stopped);
}
