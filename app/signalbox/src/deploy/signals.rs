//! Signals to the wrapper: they are meant for the command, and the deployment must hear of them too.

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};

/// The signals that end a program, caught.
pub struct Signals {
    terminate: Option<tokio::signal::unix::Signal>,
    interrupt: Option<tokio::signal::unix::Signal>,
    hang_up: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    /// Starts catching, but for those that somebody chose to ignore: `nohup` means what it says.
    pub fn catch() -> Self {
        let catch = |kind: SignalKind, ours: Signal| if is_ignored(ours) { None } else { signal(kind).ok() };
        Self {
            terminate: catch(SignalKind::terminate(), Signal::TERM),
            interrupt: catch(SignalKind::interrupt(), Signal::INT),
            hang_up: catch(SignalKind::hangup(), Signal::HUP),
        }
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            () = caught(&mut self.terminate) => Signal::TERM,
            () = caught(&mut self.interrupt) => Signal::INT,
            () = caught(&mut self.hang_up) => Signal::HUP,
        }
    }
}

/// The name that people know.
pub fn name(signal: Signal) -> &'static str {
    match signal {
        Signal::TERM => "SIGTERM",
        Signal::INT => "SIGINT",
        Signal::HUP => "SIGHUP",
        _ => "a signal",
    }
}

async fn caught(signal: &mut Option<tokio::signal::unix::Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}

/// Asking the system directly would need unsafe code; Linux also tells it in a file.
fn is_ignored(signal: Signal) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
    let mask = mask.and_then(|mask| u64::from_str_radix(mask, 16).ok()).unwrap_or(0);
    mask & (1 << (signal.as_raw() - 1)) != 0
}
