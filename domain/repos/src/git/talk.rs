//! A git that is talked with: its input and its output are streams, and its whole process group ends with the value.

use super::program::{Call, Running, gone, group};
use base::{Error, Result};
use std::time::Duration;
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};

/// How long git has to notice that it talks with nobody.
const NOTICE: Duration = Duration::from_secs(2);

/// A started command. Dropped before it ended, it is asked to stop, and killed if it does not listen.
pub(crate) struct Talk(Running);

/// The ends of a talk, each for whoever minds it.
pub(crate) struct Ends {
    /// What it reads.
    pub stdin: ChildStdin,
    /// What it says.
    pub stdout: ChildStdout,
    /// What it complains about.
    pub stderr: ChildStderr,
}

impl Call {
    /// Starts it for a talk.
    pub(crate) fn talk(self) -> Result<(Talk, Ends)> {
        let mut child = self.spawn()?;
        let ends = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let talk = Talk(Running(Some(child)));
        match ends {
            (Some(stdin), Some(stdout), Some(stderr)) => Ok((talk, Ends { stdin, stdout, stderr })),
            _ => Err(Error::bug("git.pipes", "git was started without pipes")),
        }
    }
}

impl Talk {
    /// Waits until it has ended by itself; returns its exit code.
    pub async fn end(mut self) -> Result<Option<i32>> {
        let Some(child) = self.0.0.as_mut() else { return Ok(None) };
        let status = child.wait().await.map_err(|error| {
            Error::unavailable("git.broken", "git could not be waited for").because(error)
        })?;
        self.0.0 = None;
        Ok(status.code())
    }

    /// Ends it and waits until it is gone. The ends of the talk must be dropped by then: git notices that nobody is there, and cleans up
    /// better than when it is stopped in the middle. It is not given long.
    pub async fn stop(mut self) {
        let Some(child) = self.0.0.as_mut() else { return };
        let group = group(child);
        let by_itself = tokio::time::timeout(NOTICE, async {
            let _ = child.wait().await;
            gone(group).await;
        });
        if by_itself.await.is_ok() {
            self.0.0 = None;
            return;
        }
        self.0.stop().await;
    }
}
