//! Steps as processes of this machine, behind bubblewrap if that was asked for.

use super::{Exit, Launch};
use crate::folder::{Home, Kept};
use crate::output::Output;
use crate::tree::{Start, Tree};
use base::{Error, Result};
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A room on this machine.
pub struct Local {
    tree: Tree,
    home: Home,
    kept: Kept,
    fence: Vec<OsString>,
}

/// What bubblewrap shows of the machine: everything to read, the attempt's own folders to write, nothing of `hidden`.
pub fn fence(home: &Home, hidden: &[PathBuf], network: bool) -> Vec<OsString> {
    let mut words: Vec<OsString> = [
        "bwrap",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--die-with-parent",
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
    ]
    .map(OsString::from)
    .to_vec();
    if !network {
        words.push("--unshare-net".into());
    }
    let mut bind = |what: &Path, to: &Path| words.extend(["--bind".into(), what.into(), to.into()]);
    let temporary = home.temporary();
    bind(&temporary, Path::new("/tmp"));
    bind(&temporary, Path::new("/var/tmp"));
    // A mount needs the full path, and one that is not there has nothing to hide.
    for path in hidden.iter().filter_map(|path| path.canonicalize().ok()).filter(|path| path.is_dir()) {
        words.extend(["--tmpfs".into(), path.into()]);
    }
    for path in [home.work(), home.exchange(), temporary] {
        words.extend(["--bind".into(), path.clone().into(), path.into()]);
    }
    words
}

impl Local {
    /// A room with plain processes, or with a fence that stands before every command line.
    pub fn new(tree: Tree, home: Home, kept: Kept, fence: Vec<OsString>) -> Self {
        Self { tree, home, kept, fence }
    }

    /// Runs one command line.
    pub async fn run(&mut self, launch: Launch, output: &Output) -> Result<Exit> {
        let cannot = |e: &std::io::Error| {
            let what = &launch.words[0];
            Error::invalid(
                "step.start",
                format!("{what} cannot be started in {}: {e}", launch.folder.display()),
            )
        };
        let mut words = self.tree.prefix().to_vec();
        if !self.fence.is_empty() {
            words.extend(self.fence.iter().cloned());
            words.extend(["--chdir".into(), launch.folder.clone().into(), "--".into()]);
        }
        words.extend(launch.words.iter().map(OsString::from));
        if !std::mem::replace(&mut self.kept.has_begun, true) {
            self.kept.tree = self.tree.record().clone();
            self.home.keep(&self.kept)?;
        }
        let (env, folder) = (launch.env.clone(), launch.folder.clone());
        let start = Start { words, env, folder, output: output.writer()? };
        let mut child = self.tree.start(start).await.map_err(|e| cannot(&e))?;
        if self.tree.record().cgroup.is_empty() {
            // Without a cgroup, its processes are found by their leader.
            self.kept.tree = self.tree.record().clone();
            self.home.keep(&self.kept)?;
        }
        let status = child.wait().await.map_err(|e| cannot(&e))?;
        // Bubblewrap tells a signal as shells do.
        Ok(match (status.code(), status.signal()) {
            (Some(code), _) if !self.fence.is_empty() => Exit::told_by_shell(code),
            (Some(code), _) => Exit::Code(code),
            (None, signal) => Exit::Signal(signal.unwrap_or_default()),
        })
    }

    /// Asks everything to end and waits for `grace`.
    pub async fn end(&self, grace: Duration) {
        self.tree.ask_to_end();
        self.tree.emptied(grace).await;
    }

    /// Kills everything; whether all is gone.
    pub async fn kill(&self) -> bool {
        self.tree.kill().await
    }

    /// How many processes the kernel has killed for lack of memory.
    pub fn oom_kills(&self) -> u64 {
        self.tree.oom_kills()
    }

    /// Kills everything and gives the tree back.
    pub async fn close(self) {
        self.tree.kill().await;
        self.tree.remove().await;
    }
}
