//! What a job writes, on its way to the disk.
//!
//! All processes of an attempt share one pipe for both of their streams, so that the order is theirs, and a daemon that
//! a step left behind still has somewhere to write. A thread reads the pipe, masks secrets, marks the agent's own lines
//! and appends to the spool. It waits for nothing else, so a job is never held up by the network.

mod figures;
mod lines;
mod mask;
mod needles;
mod pump;
mod spool;

pub use figures::Figures;
pub use mask::Secrets;

use base::{Error, Result, Stopwatch};
use pump::{Command, Pump};
use spool::Spool;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// As much as the kernel lends a pipe without asking for privileges; more is fewer turns for both sides.
const PIPE_BYTES: usize = 1 << 20;

/// The output of one attempt.
pub struct Output {
    commands: std::sync::mpsc::Sender<Command>,
    wake: Arc<OwnedFd>,
    writer: OwnedFd,
    written: watch::Receiver<u64>,
    began: Stopwatch,
    last_ms: Arc<AtomicU64>,
}

impl Output {
    /// Starts to take output into a new file.
    pub fn start(path: &Path, limit: u64, secrets: &Secrets) -> Result<Self> {
        let (written, length) = watch::channel(0);
        let spool = Spool::create(path, limit, written)?;
        let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).map_err(no_pipe)?;
        rustix::fs::fcntl_setfl(&reader, rustix::fs::OFlags::NONBLOCK).map_err(no_pipe)?;
        // A smaller pipe works too.
        let _ = rustix::pipe::fcntl_setpipe_size(&writer, PIPE_BYTES);
        let flags = rustix::event::EventfdFlags::CLOEXEC | rustix::event::EventfdFlags::NONBLOCK;
        let wake = Arc::new(rustix::event::eventfd(0, flags).map_err(no_pipe)?);
        let (commands, orders) = std::sync::mpsc::channel();
        let began = Stopwatch::start();
        let last_ms = Arc::new(AtomicU64::new(0));
        let pump = Pump::new(reader, wake.clone(), orders, secrets.mask(), spool, began, last_ms.clone());
        std::thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || pump.work())
            .map_err(|e| Error::unavailable("agent.thread", "No thread can be started").because(e))?;
        Ok(Self { commands, wake, writer, written: length, began, last_ms })
    }

    /// An end of the pipe for a process to write to.
    pub fn writer(&self) -> Result<OwnedFd> {
        self.writer
            .as_fd()
            .try_clone_to_owned()
            .map_err(|e| no_pipe(rustix::io::Errno::from_io_error(&e).unwrap_or(rustix::io::Errno::MFILE)))
    }

    /// How long the log is, as it grows.
    pub fn written(&self) -> watch::Receiver<u64> {
        self.written.clone()
    }

    /// Returns once nothing has been written for `limit`.
    pub async fn silence(&self, limit: Duration) {
        loop {
            let last = Duration::from_millis(self.last_ms.load(Ordering::Relaxed));
            let quiet = self.began.elapsed().saturating_sub(last);
            match limit.checked_sub(quiet) {
                None | Some(Duration::ZERO) => return,
                Some(rest) => tokio::time::sleep(rest).await,
            }
        }
    }

    /// When something was last written, in milliseconds since the output began.
    pub fn heard_at(&self) -> u64 {
        self.last_ms.load(Ordering::Relaxed)
    }

    /// Notes that something happens without output, so that it is not taken for silence.
    pub fn touch(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(now, Ordering::Relaxed);
    }

    /// Adds a line of the agent's own after everything that was written before, and returns where it begins.
    pub async fn say(&self, line: impl Into<String>) -> u64 {
        let line = line.into();
        self.command(|answer| Command::Say(line, answer)).await.unwrap_or_else(|| *self.written.borrow())
    }

    /// Takes what is left in the pipe, closes the file and tells what figures there were.
    pub async fn close(self) -> Figures {
        self.command(Command::Close).await.unwrap_or_default()
    }

    async fn command<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(command(answer)).ok()?;
        // The counter is at most full, and then the thread is awake already.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
        answered.await.ok()
    }
}

fn no_pipe(error: rustix::io::Errno) -> Error {
    Error::unavailable("agent.pipe", format!("No pipe can be made for the output: {error}"))
}
