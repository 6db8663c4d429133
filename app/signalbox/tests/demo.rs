//! `signalbox demo` as a person runs it: it is watched from outside, and the lock is released from "another terminal".

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

/// Ends the demonstration when a test fails half-way.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            terminate(self.0.id());
            // Whatever comes of it, there is nobody left to tell.
            let _ = self.0.wait();
        }
    }
}

fn terminate(pid: u32) {
    Command::new("kill").arg(pid.to_string()).status().expect("kill runs");
}

#[test]
fn releasing_the_lock_lets_the_next_deployment_pass() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let address = format!("127.0.0.1:{port}");
    let mut demo = Command::new(env!("CARGO_BIN_EXE_signalbox"));
    demo.args(["demo", "--listen", &address, "--for", "5m"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut demo = Demo(demo.spawn().expect("the program starts"));
    let mut lines = BufReader::new(demo.0.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let mut seen = Vec::new();
    let mut until = |what: &str| {
        for line in lines.by_ref() {
            seen.push(line);
            let line = seen.last().expect("just pushed");
            if line.contains(what) {
                return line.clone();
            }
        }
        panic!("it ended without {what:?}; it said\n{}", seen.join("\n"));
    };

    let directory = until("Everything is in ");
    let directory =
        directory.trim_start_matches("Everything is in ").split(';').next().expect("a path").to_owned();
    until("beta        ");
    until("Ben Okafor locks it");
    let command = until("SIGNALBOX_TOKEN=");
    let refusal = until("not deployed. Production is closed");
    assert!(refusal.contains("Ben Okafor"), "{refusal}");
    let version = |host: &str| {
        std::fs::read_to_string(format!("{directory}/clusters/production/{host}/current/VERSION"))
            .expect("deployed")
    };
    let before = version("h1");

    let released = Command::new("sh").args(["-c", command.trim()]).output().expect("sh runs");
    assert!(released.status.success(), "{command}: {}", String::from_utf8_lossy(&released.stderr));
    until("so this one passed");
    assert_ne!(version("h1"), before, "production has something new");
    assert!(version("h1") == version("h2") && version("h2") == version("h3"));

    terminate(demo.0.id());
    assert!(demo.0.wait().expect("it ends").success());
    assert!(!std::path::Path::new(&directory).exists(), "it cleans up");
    assert!(TcpListener::bind(&address).is_ok(), "the server is gone");
}
