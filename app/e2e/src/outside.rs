//! The world outside the program: its clock, its environment, and waiting for what it does.

use base::Stopwatch;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, SystemTime};

/// Microseconds since 1970 by the machine's clock, the same for all processes on it.
#[expect(
    clippy::disallowed_methods,
    reason = "the verdict needs a clock that the program under test does not own"
)]
pub fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |d| u64::try_from(d.as_micros()).unwrap_or(u64::MAX))
}

/// A variable of the environment, if it is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the tests are configured by the environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A number from the environment, or `default`.
pub fn number(name: &str, default: u64) -> u64 {
    variable(name).and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The program under test: `SIGNALBOX_BIN`, or the build beside the running test.
pub fn program() -> PathBuf {
    let beside = || {
        let test = std::env::current_exe().expect("a running test has a path");
        test.ancestors().nth(2).expect("tests are built into target/PROFILE/deps").join("signalbox")
    };
    let program = variable("SIGNALBOX_BIN").map_or_else(beside, PathBuf::from);
    assert!(program.is_file(), "{} is not built: cargo build -p signalbox", program.display());
    program
}

/// Asks `check` again and again until it gives something, for at most `limit`.
///
/// # Panics
/// When the time is up, naming `what` was waited for.
pub fn wait_for<T>(what: &str, limit: Duration, mut check: impl FnMut() -> Option<T>) -> T {
    let watch = Stopwatch::start();
    loop {
        if let Some(found) = check() {
            return found;
        }
        assert!(watch.elapsed() < limit, "waited {} s in vain for {what}", limit.as_secs());
        std::thread::sleep(Duration::from_millis(10)); // between two questions, not instead of one
    }
}

/// A process that a test started; killed with it, so that a failing test leaves nothing behind.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts `command`.
    pub fn start(command: &mut Command) -> Self {
        Self(command.spawn().expect("the program can be started"))
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("our own child can be waited for")
    }

    /// Kills it with -9.
    pub fn kill(&mut self) {
        self.0.kill().expect("our own child can be killed");
        self.0.wait().expect("our own child can be waited for");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may have ended already
        let _ = self.0.wait();
    }
}
