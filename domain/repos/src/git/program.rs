//! Runs the `git` program: without prompts, without anybody's configuration but ours, within a limit of time.
//!
//! git works in a process group of its own, because it starts others (ssh, remote helpers, pack readers) that must end with it.
//! It is asked to stop before it is killed: a git that is killed outright leaves lock files which fail every later fetch.

use base::{Error, Result};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// What git reads instead of the system's and the user's configuration.
///
/// `safe.directory`: a path on this machine is registered by an administrator, whoever owns its files; the setting is in a
/// file because git does not hand settings from its environment to the `upload-pack` that it starts there.
/// Redirects are not followed, because the guard has checked only the first address.
const CONFIG: &str = "\
[safe]\n\tdirectory = *\n\
[core]\n\thooksPath = /dev/null\n\taskPass =\n\
[credential]\n\thelper =\n\
[gc]\n\tauto = 0\n\
[init]\n\tdefaultRefFormat = files\n\
[maintenance]\n\tauto = false\n\
[fetch]\n\tunpackLimit = 1\n\twriteCommitGraph = false\n\
[http]\n\tfollowRedirects = false\n\tlowSpeedLimit = 1000\n\tlowSpeedTime = 60\n\
[protocol]\n\tallow = never\n\
[i18n]\n\tlogOutputEncoding = UTF-8\n\
[advice]\n\tobjectNameWarning = false\n";

/// What git may see of the server's environment: where programs are, and how the network is reached.
/// Everything else stays out, the server's own secrets and every `GIT_TRACE` that would print credentials among it.
const HANDED_ON: &[&str] = &[
    "PATH",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "GIT_EXEC_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
];

/// How long git has to clean up after it was asked to stop.
const GRACE: Duration = Duration::from_secs(5);
/// How often it is looked whether all of it has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// The most that git may print; a list of every ref and commit of a large repository stays below it.
const STDOUT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// What is kept of its complaints.
const STDERR_BYTES_MAX: u64 = 64 * 1024;

/// The `git` program, ready to be run. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Git(Arc<Settings>);

#[derive(Debug)]
struct Settings {
    home: PathBuf,
    environment: Vec<(OsString, OsString)>,
    time_limit: Duration,
}

impl Git {
    /// Prepares `home` (made when absent) as the folder that git takes for its home, and limits each command to `time_limit`.
    pub fn open(home: &Path, time_limit: Duration) -> Result<Self> {
        let failed = |error: std::io::Error| {
            Error::unavailable("git.home", format!("the folder {} cannot be prepared", home.display()))
                .because(error)
        };
        std::fs::create_dir_all(home).map_err(failed)?;
        // git compares the folders it may not look above with real paths.
        let home = home.canonicalize().map_err(failed)?;
        let config = home.join("git.config");
        std::fs::write(&config, CONFIG).map_err(failed)?;
        let above = home.parent().unwrap_or(&home).to_owned();
        let mut environment: Vec<(OsString, OsString)> = HANDED_ON
            .iter()
            .filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?)))
            .collect();
        let ours: [(&str, &OsStr); 12] = [
            ("HOME", home.as_os_str()),
            ("LC_ALL", OsStr::new("C")),
            ("GIT_CONFIG_NOSYSTEM", OsStr::new("1")),
            ("GIT_CONFIG_GLOBAL", config.as_os_str()),
            ("GIT_ATTR_NOSYSTEM", OsStr::new("1")),
            ("GIT_CEILING_DIRECTORIES", above.as_os_str()),
            ("GIT_TERMINAL_PROMPT", OsStr::new("0")),
            ("GIT_ASKPASS", OsStr::new("false")),
            ("GIT_ALLOW_PROTOCOL", OsStr::new("none")),
            // A replacement would let the remote rewrite history under an id that was already judged.
            ("GIT_NO_REPLACE_OBJECTS", OsStr::new("1")),
            ("GIT_NO_LAZY_FETCH", OsStr::new("1")),
            ("GIT_OPTIONAL_LOCKS", OsStr::new("0")),
        ];
        environment.extend(ours.into_iter().map(|(name, value)| (name.into(), value.to_owned())));
        Ok(Self(Arc::new(Settings { home, environment, time_limit })))
    }

    /// The folder that git takes for its home.
    pub fn home(&self) -> &Path {
        &self.0.home
    }

    /// Starts writing down a command; the first argument names it.
    pub(crate) fn call<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Call {
        let arguments = arguments.into_iter().map(|a| a.as_ref().to_owned()).collect();
        Call { git: self.clone(), dir: None, arguments, environment: Vec::new(), input: Vec::new() }
    }
}

/// One command, not started yet.
pub(crate) struct Call {
    git: Git,
    dir: Option<PathBuf>,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    input: Vec<u8>,
}

/// What a finished command left.
pub(crate) struct Done {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained about.
    pub stderr: String,
}

impl Call {
    /// Runs it in the repository at `dir`.
    pub fn within(mut self, dir: &Path) -> Self {
        self.dir = Some(dir.to_owned());
        self
    }

    /// Adds to its environment.
    pub fn environment(mut self, added: &[(OsString, OsString)]) -> Self {
        self.environment.extend_from_slice(added);
        self
    }

    /// Gives it something to read; names from outside travel here and not among the arguments.
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Runs it; any exit code will do.
    pub async fn run(self) -> Result<Done> {
        let name = self.name();
        let limit = self.git.0.time_limit;
        let mut child = Running(Some(self.spawn()?));
        let finished = tokio::time::timeout(limit, child.finish(self.input)).await;
        match finished {
            Ok(Ok(done)) => {
                child.0 = None;
                Ok(done)
            }
            Ok(Err(error)) => Err(error.while_doing(format!("running git {name}"))),
            Err(_) => {
                child.stop().await;
                Err(Error::unavailable(
                    "git.timeout",
                    format!("git {name} was stopped after {} s, the limit git_seconds", limit.as_secs()),
                ))
            }
        }
    }

    /// Runs it and gives what it printed; an exit code other than zero is an error.
    pub async fn output(self) -> Result<Vec<u8>> {
        let name = self.name();
        let done = self.run().await?;
        if done.code == Some(0) { Ok(done.stdout) } else { Err(done.failure(&name)) }
    }

    /// Starts it and leaves reading it to the caller; it ends when nobody does.
    pub fn start(self) -> Result<Child> {
        let mut child = self.spawn()?;
        drop(child.stdin.take());
        Ok(child)
    }

    fn name(&self) -> String {
        self.arguments.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    pub(super) fn spawn(&self) -> Result<Child> {
        let settings = &self.git.0;
        let mut command = Command::new("git");
        command.env_clear().envs(settings.environment.iter().map(|(k, v)| (k, v)));
        command.envs(self.environment.iter().map(|(k, v)| (k, v)));
        if let Some(dir) = &self.dir {
            command.env("GIT_DIR", dir);
        }
        command.current_dir(&settings.home).args(&self.arguments).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().map_err(|error| {
            Error::unavailable("git.missing", "the git program could not be started; is git installed?")
                .because(error)
        })
    }
}

impl Done {
    /// The failure in git's own last words.
    pub fn failure(&self, name: &str) -> Error {
        let is_telling =
            |line: &&str| !line.is_empty() && !BOILERPLATE.iter().any(|start| line.starts_with(start));
        let said: Vec<&str> = self.stderr.lines().map(str::trim).filter(is_telling).collect();
        let said: String = said.join("; ").chars().take(300).collect();
        let said = if said.is_empty() { "it gave no reason" } else { &said };
        Error::unavailable("git.failed", format!("git {name} failed: {said}"))
    }
}

/// What git says after any failure of a remote, and what is no failure.
const BOILERPLATE: &[&str] = &[
    "fatal: Could not read from remote repository.",
    "Please make sure you have the correct access rights",
    "and the repository exists.",
    "warning:",
];

/// A started command; when nobody waits for it any longer, it is stopped.
pub(super) struct Running(pub(super) Option<Child>);

impl Running {
    async fn finish(&mut self, input: Vec<u8>) -> Result<Done> {
        let child = self.0.as_mut().expect("a command is finished once");
        let mut stdin = child.stdin.take().expect("stdin was piped");
        let mut out = child.stdout.take().expect("stdout was piped").take(STDOUT_BYTES_MAX + 1);
        let mut complaints = child.stderr.take().expect("stderr was piped");
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let feed = async move {
            // A git that stops reading early says why in its exit code.
            let _ = stdin.write_all(&input).await;
            drop(stdin);
            Ok(())
        };
        let complain = async {
            (&mut complaints).take(STDERR_BYTES_MAX).read_to_end(&mut stderr).await?;
            tokio::io::copy(&mut complaints, &mut tokio::io::sink()).await
        };
        let listen = async {
            out.read_to_end(&mut stdout).await?;
            if stdout.len() as u64 > STDOUT_BYTES_MAX {
                return Err(std::io::Error::other("git printed more than it may"));
            }
            Ok(())
        };
        let (status, (), (), _) = tokio::try_join!(child.wait(), feed, listen, complain)
            .map_err(|error| Error::unavailable("git.broken", "git could not be read").because(error))?;
        Ok(Done { code: status.code(), stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() })
    }

    pub(super) async fn stop(&mut self) {
        if let Some(child) = self.0.take() {
            stop(child).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(child) = self.0.take() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(stop(child))),
            Err(_) => signal(group(&child), Signal::KILL),
        }
    }
}

async fn stop(mut child: Child) {
    let group = group(&child);
    signal(group, Signal::TERM);
    let ended = tokio::time::timeout(GRACE, async {
        let _ = child.wait().await;
        // What git started cleans up, too: an unfinished push is a folder of its own.
        gone(group).await;
    })
    .await;
    // What did not listen.
    signal(group, Signal::KILL);
    if ended.is_err() {
        // Killed: there is nothing left to learn from its end.
        let _ = child.wait().await;
    }
}

/// Waits until no process of a group is left.
pub(super) async fn gone(group: Option<Pid>) {
    while group.is_some_and(|group| test_kill_process_group(group).is_ok()) {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

pub(super) fn group(child: &Child) -> Option<Pid> {
    child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw)
}

fn signal(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        // The group may be gone already, which is what was wanted.
        let _ = kill_process_group(group, signal);
    }
}
