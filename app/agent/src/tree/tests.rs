//! Real processes that do what they can to get away.

use super::{Containment, MARKER, Start, Tree};
use crate::contract::Limits;
use base::id::AttemptId;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

async fn containments() -> Vec<Containment> {
    let best = Containment::detect(&format!("signalbox-test-{}", base::random::word::<8>()), PATH).await;
    println!("on this machine {}", best.sentence());
    let mut all = vec![Containment::Recognition];
    let namespace = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"];
    if super::runs(&[&namespace[..], &["true"]].concat(), PATH).await {
        all.push(Containment::Namespace(namespace.iter().map(Into::into).collect()));
    } else {
        println!("SKIPPED: this machine lets nobody make a PID namespace");
    }
    match best {
        Containment::Cgroup(_) => all.push(best),
        Containment::Namespace(_) | Containment::Recognition => {
            println!("SKIPPED: this machine lets nobody make a cgroup");
        }
    }
    all
}

/// Asked to end, an ordinary step gets to its trap in every containment.
#[tokio::test]
async fn who_is_asked_to_end_has_time_for_it() {
    for (n, containment) in containments().await.into_iter().enumerate() {
        let marker = base::random::word::<12>();
        let attempt = AttemptId(n as i64 + 1);
        let mut tree = Tree::prepare(&containment, attempt, &marker, Limits::default()).expect("a tree");
        let script =
            "sh -c 'trap \"echo cleaned; exit 3\" TERM; echo up; while :; do sleep 0.1; done'; exit $?";
        let mut command = shell(&tree, &marker, script);
        command.stdout(Stdio::piped());
        let mut child = tree.spawn(command).await.expect("started");
        let mut out = child.stdout.take().expect("piped");
        let mut said = [0; 3];
        tokio::io::AsyncReadExt::read_exact(&mut out, &mut said).await.expect("it speaks");
        tree.ask_to_end();
        let has_ended = tree.emptied(Duration::from_secs(10)).await;
        tree.kill().await;
        assert!(has_ended, "{containment:?}");
        let mut rest = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut out, &mut rest).await.expect("text");
        assert_eq!(rest, "cleaned\n", "{containment:?}");
        child.wait().await.expect("ended");
        tree.remove().await;
    }
}

fn shell(tree: &Tree, marker: &str, script: &str) -> Command {
    let mut words = tree.prefix().to_vec();
    words.extend(["sh", "-c", script].map(Into::into));
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).env(MARKER, marker).stdin(Stdio::null());
    command
}

/// Ignores TERM, forks twice, leaves its session, and writes that it lives.
const DAEMON: &str = "trap '' TERM; (setsid sh -c 'echo alive; exec sleep 1000' &) ; sleep 1000 & wait";

#[tokio::test]
async fn a_daemon_that_forked_twice_dies_with_its_attempt() {
    for (n, containment) in containments().await.into_iter().enumerate() {
        let marker = base::random::word::<12>();
        let attempt = AttemptId(n as i64 + 1);
        let mut tree = Tree::prepare(&containment, attempt, &marker, Limits::default()).expect("a tree");
        let mut command = shell(&tree, &marker, DAEMON);
        command.stdout(Stdio::piped());
        let mut child = tree.spawn(command).await.expect("started");
        let mut out = child.stdout.take().expect("piped");
        let mut said = [0; 6];
        tokio::io::AsyncReadExt::read_exact(&mut out, &mut said).await.expect("the daemon speaks");
        tree.ask_to_end();
        assert!(!tree.emptied(Duration::from_millis(200)).await, "{containment:?}: TERM is ignored");
        let watch = base::Stopwatch::start();
        assert!(tree.kill().await, "{containment:?}");
        println!("{}: killed in {:?}", containment.sentence(), watch.elapsed());
        child.wait().await.expect("ended");
        assert!(super::processes::belonging(tree.record()).is_empty(), "{containment:?}: nothing is left");
        // The pipe ends only when nobody holds it any more.
        let rest = tokio::io::AsyncReadExt::read(&mut out, &mut said).await.expect("read");
        assert_eq!(rest, 0);
        tree.remove().await;
    }
}

#[tokio::test]
async fn what_a_dead_agent_left_is_found_by_what_it_wrote_down() {
    for (n, containment) in containments().await.into_iter().enumerate() {
        let marker = base::random::word::<12>();
        let attempt = AttemptId(n as i64 + 1);
        let mut tree = Tree::prepare(&containment, attempt, &marker, Limits::default()).expect("a tree");
        let mut child =
            tree.spawn(shell(&tree, &marker, "sleep 1000 & wait; exit 7")).await.expect("started");
        let record = serde_json::to_string(tree.record()).expect("json");
        let record: super::Record = serde_json::from_str(&record).expect("the same");
        assert!(super::clear(&record).await);
        let ended = tokio::time::timeout(Duration::from_secs(5), child.wait()).await.expect("in time");
        assert!(!ended.expect("ended").success());
    }
}

#[tokio::test]
async fn memory_and_processes_have_limits_where_cgroups_can_count_them() {
    let containment = containments().await.pop().expect("there is one");
    if !containment.cgroup().is_some_and(super::cgroup::Root::can_limit) {
        println!("SKIPPED: no cgroup of this machine counts memory");
        return;
    }
    let limits = Limits { memory: Some(32 << 20), pids: Some(20), cpus_milli: Some(500), disk: None };
    let mut tree = Tree::prepare(&containment, AttemptId(1), "limited", limits).expect("a tree");
    let mut greedy =
        tree.spawn(shell(&tree, "limited", "head -c 100m /dev/zero | tail")).await.expect("started");
    greedy.wait().await.expect("ended");
    assert!(tree.oom_kills() > 0);
    let forks = "for i in $(seq 40); do sleep 5 & done 2>/dev/null; exit 7";
    let mut many = tree.spawn(shell(&tree, "limited", forks)).await.expect("started");
    assert!(!many.wait().await.expect("ended").success());
    assert!(super::members(tree.record()).len() <= 20);
    assert!(tree.kill().await);
    tree.remove().await;
}

/// Where a process can be born in its cgroup, it never is outside of it, and takes part in everything that is done to its tree.
#[tokio::test]
async fn what_is_started_is_inside_from_the_beginning() {
    for (n, containment) in containments().await.into_iter().enumerate() {
        let marker = base::random::word::<12>();
        let mut tree = Tree::prepare(&containment, AttemptId(n as i64 + 1), &marker, Limits::default());
        let tree = tree.as_mut().expect("a tree");
        let (mut out, output) = std::io::pipe().expect("a pipe");
        let mut words = tree.prefix().to_vec();
        words.extend(["sh", "-c", "cat /proc/self/cgroup; exec sleep 1000"].map(Into::into));
        let env = [("PATH".to_owned(), PATH.to_owned()), (MARKER.to_owned(), marker.clone())].into();
        let start = Start { words, env, folder: "/".into(), output: output.into() };
        let mut child = tree.start(start).await.expect("started");
        let mut said = vec![0; 4096];
        let length = std::io::Read::read(&mut out, &mut said).expect("it speaks");
        let said = String::from_utf8_lossy(&said[..length]).into_owned();
        if let Some(folder) = tree.record().cgroup.first() {
            let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
            assert!(said.lines().any(|line| line.ends_with(&format!("/{name}"))), "{said}");
            #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
            assert!(matches!(child, super::Child::Quick(_)), "this kernel can");
        }
        assert!(tree.kill().await, "{containment:?}");
        let ended = tokio::time::timeout(Duration::from_secs(5), child.wait()).await.expect("in time");
        assert!(!ended.expect("ended").success());
    }
}
