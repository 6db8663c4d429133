//! One call of the real program in an empty directory.

use crate::hub::Hub;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A directory, the environment of the call, and the server that it talks to.
pub struct Trial {
    dir: PathBuf,
    url: String,
    more: Vec<(String, String)>,
    before: String,
}

/// A call that is running.
pub struct Running {
    child: Child,
    dir: PathBuf,
}

/// A call that has ended.
pub struct Done {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// The result file.
    pub result: Value,
}

impl Trial {
    /// An empty directory.
    pub fn new(hub: &Hub) -> Self {
        let dir = std::env::temp_dir().join(format!("signalbox-trial-{}", base::random::word::<12>()));
        std::fs::create_dir_all(&dir).expect("a directory");
        Self { dir, url: hub.url(), more: Vec::new(), before: String::new() }
    }

    /// The same with one more variable in the environment.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.more.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a signal that is ignored from the beginning, as by nohup.
    pub fn ignoring(mut self, signal: &str) -> Self {
        self.before = format!("trap '' {signal}; ");
        self
    }

    /// Deploys a shell script to the end.
    pub fn deploy(&self, options: &[&str], script: &str) -> Done {
        self.start(options, script).wait()
    }

    /// Starts deploying a shell script.
    pub fn start(&self, options: &[&str], script: &str) -> Running {
        self.start_program(options, &["sh", "-c", script])
    }

    /// Deploys a program to the end.
    pub fn deploy_program(&self, options: &[&str], program: &[&str]) -> Done {
        self.start_program(options, program).wait()
    }

    fn start_program(&self, options: &[&str], program: &[&str]) -> Running {
        // Standard streams are files, so that a test that looks at them late does not hold the program up.
        let file = |name: &str| std::fs::File::create(self.dir.join(name)).expect("a file");
        // The wrapper itself is given a descriptor too many, as by a crontab line that holds a lock file.
        let child = Command::new("sh")
            .args([
                "-c",
                &format!("{}exec \"$@\" 9>held", self.before),
                "sh",
                env!("CARGO_BIN_EXE_signalbox"),
            ])
            .args(["deploy", "--env", "beta", "--commit", "9f3c2e1", "--result-file", "result.json"])
            .args(options)
            .arg("--")
            .args(program)
            .current_dir(&self.dir)
            .env("HOME", &self.dir)
            .env("SIGNALBOX_URL", &self.url)
            .env("SIGNALBOX_TOKEN", "the-token-of-the-test")
            .env("SIGNALBOX_SPOOL", self.dir.join("spool"))
            .envs(self.more.iter().cloned())
            .stdin(Stdio::null())
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .expect("the program starts");
        Running { child, dir: self.dir.clone() }
    }

    /// A path in the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Makes an empty file.
    pub fn touch(&self, name: &str) {
        std::fs::write(self.path(name), "").expect("written");
    }

    /// The number in a file, once it is there.
    pub fn number(&self, name: &str) -> Option<u32> {
        std::fs::read_to_string(self.path(name)).ok()?.trim().parse().ok()
    }

    /// What waits to be sent.
    pub fn spooled(&self) -> Vec<Vec<u8>> {
        let entries = std::fs::read_dir(self.path("spool"))
            .map(|entries| entries.flatten().collect())
            .unwrap_or_else(|_| Vec::new());
        entries.iter().filter_map(|entry| std::fs::read(entry.path()).ok()).collect()
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        // What stays in the temporary directory is not worth failing for.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Running {
    /// Sends a signal to the wrapper alone.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// The most memory that the wrapper has used, in kB.
    pub fn most_memory_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells it");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Waits for the end; a minute is a failure.
    pub fn wait(mut self) -> Done {
        let mut code = None;
        for _ in 0..6_000 {
            if let Some(status) = self.child.try_wait().expect("a status") {
                code = Some(status.code().expect("the wrapper is not killed"));
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let text = |name: &str| {
            String::from_utf8_lossy(&std::fs::read(self.dir.join(name)).unwrap_or_default()).into_owned()
        };
        let Some(code) = code else {
            self.child.kill().expect("it can be killed");
            panic!("the wrapper does not end; it said {}", text("stderr"));
        };
        let result = std::fs::read(self.dir.join("result.json")).unwrap_or_default();
        Done {
            code,
            out: text("stdout"),
            err: text("stderr"),
            result: serde_json::from_slice(&result).unwrap_or_default(),
        }
    }
}

/// Waits until something is so; half a minute is a failure.
pub fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("waited in vain until {what}");
}

/// Whether a process is there and has not ended.
pub fn is_alive(pid: u32) -> bool {
    let stat =
        std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).unwrap_or_default();
    !matches!(stat.rsplit_once(") ").map(|(_, rest)| &rest[..1]), None | Some("Z" | "X"))
}
