//! Jobs in containers of a real engine, started for the test with its own data.

use crate::arrange::{Hub, Scratch, job, said};
use crate::double::{Double, PATIENCE};
use crate::restarts::Process;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Programs of this machine that the test's image holds.
const PROGRAMS: [&str; 13] =
    ["sh", "sleep", "cat", "ls", "id", "seq", "setsid", "head", "tail", "wc", "env", "mkdir", "touch"];

/// An engine with one image in it.
struct Engine {
    socket: PathBuf,
    child: Option<std::process::Child>,
    _folder: Scratch,
}

fn docker(socket: &Path, words: &[&str]) -> Option<String> {
    let host = format!("unix://{}", socket.display());
    let output = Command::new("docker").args(["-H", &host]).args(words).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

impl Engine {
    async fn start() -> Option<Self> {
        let folder = Scratch::new();
        // The path of a socket may not be long.
        let socket = std::env::temp_dir().join(format!("docker-{}.sock", base::random::word::<8>()));
        let log = std::fs::File::create(folder.0.join("log")).ok()?;
        let mut command = Command::new("dockerd");
        command.args(["--iptables=false", "--bridge=none", "--storage-driver=vfs", "--host"]);
        command.arg(format!("unix://{}", socket.display()));
        for (option, name) in [("--data-root", "data"), ("--exec-root", "exec"), ("--pidfile", "pid")] {
            command.arg(option).arg(folder.0.join(name));
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let Ok(child) = child else {
            println!("SKIPPED: this machine has no dockerd");
            return None;
        };
        let engine = Self { socket, child: Some(child), _folder: folder };
        for _ in 0..150 {
            if docker(&engine.socket, &["version"]).is_some() {
                return engine.import().map(|()| engine);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        println!("SKIPPED: dockerd does not start here");
        None
    }

    fn import(&self) -> Option<()> {
        let root = self._folder.0.join("root");
        let script = format!(
            "set -e; mkdir -p {0}/bin {0}/tmp {0}/proc {0}/etc; chmod 1777 {0}/tmp; echo 'root:x:0:0::/:/bin/sh' > {0}/etc/passwd
             for program in {1}; do path=$(command -v $program); cp -L $path {0}/bin/$program
               ldd $path | grep -o '/[^ ]*' | while read lib; do mkdir -p {0}$(dirname $lib); cp -Ln $lib {0}$lib; done
             done
             tar -C {0} -cf {0}.tar .",
            root.display(),
            PROGRAMS.join(" "),
        );
        let made = Command::new("sh").args(["-c", &script]).status().is_ok_and(|status| status.success());
        let tar = format!("{}.tar", root.display());
        let imported = docker(&self.socket, &["import", "-c", "ENV FROM_IMAGE=yes", &tar, "little:1"]);
        if !made || imported.is_none() {
            println!("SKIPPED: no image can be made of this machine's programs");
            return None;
        }
        Some(())
    }

    fn containers(&self) -> String {
        docker(&self.socket, &["ps", "-aq"]).expect("the engine answers")
    }

    async fn until_none(&self) {
        let none = async {
            while !self.containers().is_empty() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, none).await.expect("every container is removed");
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // On TERM it also ends what it started.
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn boxed(more: serde_json::Value) -> serde_json::Value {
    let mut all = json!({"isolation": "docker", "image": "little:1", "pull": "missing"});
    if let (Some(all), serde_json::Value::Object(more)) = (all.as_object_mut(), more) {
        all.extend(more);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_runs_in_one_container_with_its_limits_and_nothing_stays() {
    let Some(engine) = Engine::start().await else { return };
    let hub = Hub::with(|config| config.docker = Some(engine.socket.clone())).await;
    let steps = [
        "echo out; echo err >&2; echo $FROM_IMAGE $PARAM_REGION; echo state > /tmp/state; echo f=2 >> $SIGNALBOX_METRICS; echo B=2 >> $SIGNALBOX_ENV",
        "cat /tmp/state; echo $B; ls /sys/class/net | wc -l; cat $SIGNALBOX_WORKSPACE/made || echo made > made",
        "echo secret-in-a-box | cat; id",
        "(setsid sleep 1000 &); echo left a daemon",
    ];
    let more = json!({"network": false, "mask": ["secret-in-a-box"], "user": "1234:1234",
        "limits": {"memory": 64 << 20, "pids": 64, "cpus_milli": 1000}});
    let (finish, log) = hub.run(job("90", &steps, boxed(more))).await;
    assert_eq!(finish["outcome"], "succeeded", "{log}");
    assert!(finish["image_digest"].as_str().is_some_and(|digest| digest.starts_with("sha256:")), "{finish}");
    assert_eq!(finish["metrics"][0]["name"], "f");
    let said = said(&log);
    assert!(said.starts_with("out\nerr\nyes eu\nstate\n2\n1\n"), "{said}");
    assert!(said.contains("***\nuid=1234 gid=1234") && said.ends_with("left a daemon\n"), "{said}");
    engine.until_none().await;

    // Cancelling: the daemon dies, the container comes back for the final step, with its files.
    let script = "(setsid sh -c 'trap \"\" TERM; exec sleep 1000' &); echo kept > /tmp/kept; trap 'echo closing; exit 0' TERM; echo up; sleep 1000 & wait";
    let finally = json!([{"name": "clean", "run": "cat /tmp/kept; echo $SIGNALBOX_OUTCOME; set -- /proc/[0-9]*; echo $# processes"}]);
    hub.double.give(job("91", &[script], boxed(json!({"network": false, "grace": 1, "finally": finally}))));
    hub.double.logged("91", "up\n").await;
    hub.double.command("91", json!({"command": "cancel", "reason": "Cancelled by Ann"}));
    let finish = hub.double.finish("91").await;
    assert_eq!(finish["sentence"], "Cancelled by Ann");
    assert_eq!(crate::arrange::said(&hub.double.log("91")), "up\nclosing\nkept\ncancelled\n3 processes\n");
    engine.until_none().await;

    let (finish, _) = hub.run(job("92", &["exit 6"], boxed(json!({"network": false})))).await;
    assert_eq!(finish["exit_code"], 6);
    let greedy = "exec tail /dev/zero";
    let (finish, log) =
        hub.run(job("93", &[greedy], boxed(json!({"network": false, "limits": {"memory": 32 << 20}})))).await;
    assert_eq!((&finish["outcome"], &finish["reason"]), (&json!("failed"), &json!("oom")), "{finish} {log}");
    let (finish, _) =
        hub.run(job("94", &["true"], boxed(json!({"image": "no/such:1", "pull": "never"})))).await;
    assert!(finish["sentence"].as_str().is_some_and(|s| s.contains("not on this machine")), "{finish}");
    let watch = base::Stopwatch::start();
    let (finish, log) = hub.run(job("95", &["seq 1 1000000"], boxed(json!({"network": false})))).await;
    println!("{:.0} lines a second out of a container", 1e6 / watch.elapsed().as_secs_f64());
    assert_eq!(finish["outcome"], "succeeded");
    assert!(log.lines().filter_map(|line| line.parse::<u32>().ok()).eq(1..=1_000_000));
    engine.until_none().await;
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_of_a_killed_agent_are_removed_by_the_next() {
    let Some(engine) = Engine::start().await else { return };
    let double = Double::start().await;
    let scratch = Scratch::new();
    let folder = scratch.0.join("agent");
    let mut process = Process::start(&double, &folder, Some(&engine.socket));
    double.give(job("96", &["echo up; sleep 1000"], boxed(json!({"network": false}))));
    double.logged("96", "up\n").await;
    process.kill();
    assert!(!engine.containers().is_empty());
    let _next = Process::start(&double, &folder, Some(&engine.socket));
    assert_eq!(double.finish("96").await["reason"], "agent_restarted");
    engine.until_none().await;
}
