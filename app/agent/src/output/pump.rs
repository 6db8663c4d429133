//! The thread that reads the pipe.

use super::figures::Figures;
use super::lines::Lines;
use super::mask::Mask;
use super::spool::Spool;
use base::Stopwatch;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use tokio::sync::oneshot;

const PIECE_BYTES: usize = 256 << 10;
/// How long the beginning of a line may be held back.
const HOLD: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
/// After a silence of this length the next line tells the time.
const SILENCE_MS: u64 = 250;
/// While output goes on without a pause, it is told this often.
const STAMP_EVERY_MS: u64 = 1_000;
/// How much is read before a command is carried out: a daemon that writes without end must not keep a step from ending.
const DRAIN_BYTES_MAX: usize = 16 << 20;

pub enum Command {
    Say(String, oneshot::Sender<u64>),
    Close(oneshot::Sender<Figures>),
}

pub struct Pump {
    reader: OwnedFd,
    wake: Arc<OwnedFd>,
    commands: Receiver<Command>,
    mask: Mask,
    lines: Lines,
    spool: Spool,
    began: Stopwatch,
    last_ms: Arc<AtomicU64>,
    stamped_ms: u64,
    piece: Vec<u8>,
    masked: Vec<u8>,
    ready: Vec<u8>,
}

impl Pump {
    pub fn new(
        reader: OwnedFd,
        wake: Arc<OwnedFd>,
        commands: Receiver<Command>,
        mask: Mask,
        spool: Spool,
        began: Stopwatch,
        last_ms: Arc<AtomicU64>,
    ) -> Self {
        let piece = vec![0; PIECE_BYTES];
        let (lines, masked, ready) = (Lines::default(), Vec::new(), Vec::new());
        Self {
            reader,
            wake,
            commands,
            mask,
            lines,
            spool,
            began,
            last_ms,
            stamped_ms: 0,
            piece,
            masked,
            ready,
        }
    }

    /// Works until it is told to close, or nobody is left to tell it.
    pub fn work(mut self) {
        loop {
            let timeout = self.lines.is_holding().then_some(&HOLD);
            let mut fds = [PollFd::new(&self.reader, PollFlags::IN), PollFd::new(&*self.wake, PollFlags::IN)];
            match poll(&mut fds, timeout) {
                Ok(0) => {
                    self.lines.flush(&mut self.ready);
                    self.keep();
                    continue;
                }
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => {
                    tracing::error!("the output of a job cannot be waited for: {error}");
                    return;
                }
            }
            let is_woken = !fds[1].revents().is_empty();
            self.read_piece();
            if is_woken && self.obey() {
                return;
            }
        }
    }

    /// Carries out what was commanded; whether that was the end.
    fn obey(&mut self) -> bool {
        // Reading resets the counter; that it is empty is no harm.
        let _ = rustix::io::read(&*self.wake, &mut [0; 8]);
        loop {
            match self.commands.try_recv() {
                Ok(Command::Say(line, answer)) => {
                    self.drain();
                    self.end_stream();
                    let at = self.spool.len();
                    self.lines.say(&line, &mut self.ready);
                    self.spool.add_own(&self.ready);
                    self.ready.clear();
                    // The one who asked may have been dropped.
                    let _ = answer.send(at);
                }
                Ok(Command::Close(answer)) => {
                    self.drain();
                    self.end_stream();
                    self.spool.close();
                    let _ = answer.send(std::mem::take(&mut self.lines.figures));
                    return true;
                }
                Err(TryRecvError::Empty) => return false,
                Err(TryRecvError::Disconnected) => return true,
            }
        }
    }

    fn drain(&mut self) {
        let mut left = DRAIN_BYTES_MAX;
        while left > 0 {
            match self.read_piece() {
                0 => return,
                n => left = left.saturating_sub(n),
            }
        }
    }

    /// Lets everything out that is held back.
    fn end_stream(&mut self) {
        self.masked.clear();
        self.mask.finish(&mut self.masked);
        self.lines.pass(&self.masked, &mut self.ready);
        self.lines.flush(&mut self.ready);
        self.keep();
    }

    /// Reads what is there, up to one piece, and returns how much it was.
    fn read_piece(&mut self) -> usize {
        let mut filled = 0;
        while filled < self.piece.len() {
            match rustix::io::read(&self.reader, &mut self.piece[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(rustix::io::Errno::INTR) => {}
                // Nothing more for now; any other error shows as nothing ever again, and the job's end is seen elsewhere.
                Err(_) => break,
            }
        }
        if filled > 0 {
            self.tell_time();
            self.masked.clear();
            self.mask.pass(&self.piece[..filled], &mut self.masked);
            self.lines.pass(&self.masked, &mut self.ready);
            self.keep();
        }
        filled
    }

    fn tell_time(&mut self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let last = self.last_ms.swap(now, Ordering::Relaxed);
        let is_after_silence = now.saturating_sub(last) >= SILENCE_MS;
        let is_long_ago = now.saturating_sub(self.stamped_ms) >= STAMP_EVERY_MS;
        if is_after_silence || is_long_ago || self.lines.is_stamp_due() {
            self.lines.stamp(now);
            self.stamped_ms = now;
        }
    }

    fn keep(&mut self) {
        self.spool.add(&self.ready);
        self.ready.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Output, Secrets};
    use std::process::{Command, Stdio};
    use std::time::Duration;

    async fn output_of(script: &str, secrets: &[&str]) -> (String, f64) {
        let path = std::env::temp_dir().join(format!("output-{}", base::random::word::<12>()));
        let secrets = Secrets::new(secrets.iter().copied()).expect("secrets");
        let output = Output::start(&path, 1 << 30, &secrets).expect("an output");
        let watch = base::Stopwatch::start();
        let mut child = Command::new("sh")
            .args(["-c", script])
            .stdin(Stdio::null())
            .stdout(output.writer().expect("a writer"))
            .stderr(output.writer().expect("a writer"))
            .spawn()
            .expect("a shell");
        tokio::task::spawn_blocking(move || child.wait()).await.expect("awaited").expect("ended");
        output.say("::step-end::{}").await;
        let took = watch.elapsed().as_secs_f64();
        output.close().await;
        let text = std::fs::read(&path).expect("the log");
        std::fs::remove_file(&path).expect("removed");
        (String::from_utf8_lossy(&text).into_owned(), took)
    }

    #[tokio::test]
    async fn both_streams_arrive_in_order_and_secrets_do_not() {
        let script =
            "for i in 1 2 3; do echo out $i; echo err $i >&2; done; printf 'pass'; printf 'word-1 end'";
        let (text, _) = output_of(script, &["password-1"]).await;
        assert_eq!(text, "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n*** end\n::step-end::{}\n");
    }

    #[tokio::test]
    async fn a_million_lines_pass_quickly() {
        for secrets in [&[][..], &["a-secret-value", "another one, longer than the first"][..]] {
            let (text, took) = output_of("seq 1 1000000", secrets).await;
            let lines = text.lines().filter(|line| !line.starts_with("::")).count();
            assert_eq!(lines, 1_000_000);
            println!("{} secrets: {:.0} lines a second", secrets.len(), 1e6 / took);
        }
    }

    #[tokio::test]
    async fn silence_is_noticed() {
        let path = std::env::temp_dir().join(format!("output-{}", base::random::word::<12>()));
        let output = Output::start(&path, 1 << 20, &Secrets::new([]).expect("none")).expect("an output");
        let watch = base::Stopwatch::start();
        output.silence(Duration::from_millis(50)).await;
        assert!(watch.elapsed() >= Duration::from_millis(40));
        std::fs::remove_file(&path).expect("removed");
    }
}
