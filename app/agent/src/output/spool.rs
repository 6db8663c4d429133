//! The log on this machine's disk: the network reads from it, the job never waits for the network.

use base::{Error, Result};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use tokio::sync::watch;

/// Room that is kept for the agent's own lines when the job has used up the rest.
const OWN_BYTES: u64 = 64 << 10;

/// A file that only grows, up to a limit.
pub struct Spool {
    file: File,
    written: watch::Sender<u64>,
    limit: u64,
    dropped: u64,
    own: Vec<u8>,
}

impl Spool {
    /// Makes the file; `written` always tells how long it is.
    pub fn create(path: &Path, limit: u64, written: watch::Sender<u64>) -> Result<Self> {
        let file = File::create(path).map_err(|e| {
            Error::unavailable("agent.spool", format!("The log file {} cannot be made: {e}", path.display()))
        })?;
        let limit = limit.saturating_sub(OWN_BYTES).max(limit / 2);
        Ok(Self { file, written, limit, dropped: 0, own: Vec::new() })
    }

    /// Adds what the job wrote, as far as the limit goes.
    pub fn add(&mut self, bytes: &[u8]) {
        let room = usize::try_from(self.limit.saturating_sub(self.len())).unwrap_or(usize::MAX);
        if self.dropped == 0 && bytes.len() <= room {
            return self.append(bytes);
        }
        let kept = if self.dropped == 0 { room } else { 0 };
        self.append(&bytes[..kept]);
        if self.dropped == 0 {
            let limit = self.limit;
            self.append(
                format!(
                    "\nsignalbox: the log has reached its limit of {limit} bytes; what follows is not kept\n"
                )
                .as_bytes(),
            );
        }
        self.dropped += (bytes.len() - kept) as u64;
    }

    /// Adds a line of the agent's own, which always has room.
    pub fn add_own(&mut self, bytes: &[u8]) {
        self.own.clear();
        self.own.extend_from_slice(bytes);
        let own = std::mem::take(&mut self.own);
        self.append(&own);
        self.own = own;
    }

    /// Says at the end how much was not kept.
    pub fn close(&mut self) {
        if self.dropped > 0 {
            let line = format!("signalbox: {} bytes of output were not kept\n", self.dropped);
            self.append(line.as_bytes());
        }
    }

    /// How long the log is.
    pub fn len(&self) -> u64 {
        *self.written.borrow()
    }

    fn append(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        match self.file.write_all(bytes) {
            Ok(()) => {
                self.written.send_modify(|written| *written += bytes.len() as u64);
            }
            // The job goes on without its log: a full disk must not hang it. What the file holds stays consistent.
            Err(error) => {
                tracing::error!("a log cannot be written: {error}");
                let _ = self.file.set_len(self.len());
                self.dropped += bytes.len() as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_stops_at_its_limit_and_says_so() {
        let path = std::env::temp_dir().join(format!("spool-{}", base::random::word::<12>()));
        let (written, _) = watch::channel(0);
        let mut spool = Spool::create(&path, 20, written).expect("a spool");
        spool.add(b"12345678");
        spool.add(b"90abc");
        spool.add(b"more");
        spool.add_own(b"::step-end::{}\n");
        spool.close();
        let text = std::fs::read_to_string(&path).expect("the log");
        assert!(
            text.starts_with("1234567890\nsignalbox: the log has reached its limit of 10 bytes"),
            "{text}"
        );
        assert!(text.ends_with("::step-end::{}\nsignalbox: 7 bytes of output were not kept\n"), "{text}");
        assert_eq!(spool.len(), text.len() as u64);
        std::fs::remove_file(&path).expect("removed");
    }
}
