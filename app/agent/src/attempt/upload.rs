//! Bringing the log from the spool to the server, by absolute offset.
//!
//! What was sent twice is dropped by the server, and what it lacks it asks for, so nothing has to be remembered here: the
//! spool has everything.

use super::order::{Order, give};
use crate::server::{Backoff, Refusal, Server};
use base::id::AttemptId;
use reqwest::Method;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The most that is sent at once.
const CHUNK_BYTES: u64 = 1 << 20;
/// So much may come along with the end of the attempt.
pub const TAIL_BYTES: u64 = 64 << 10;
/// How long output is gathered before it is sent.
const GATHER: Duration = Duration::from_millis(100);

/// One attempt's log, as a thing to bring.
#[derive(Clone)]
pub struct Log {
    pub server: Server,
    pub attempt: AttemptId,
    pub epoch: i64,
    pub path: PathBuf,
}

/// How far an upload came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// The server has everything up to here.
    UpTo(u64),
    /// The attempt is no longer ours.
    Fenced,
}

impl Log {
    /// Brings the log as it grows, until nobody writes to it any more.
    pub async fn follow(
        self,
        mut written: watch::Receiver<u64>,
        orders: Arc<watch::Sender<Order>>,
    ) -> Brought {
        let mut at = 0;
        loop {
            let has_grown = written.wait_for(|length| *length > at).await.is_ok();
            if has_grown && *written.borrow() - at < CHUNK_BYTES {
                // Either more than a chunk comes together, or the time is up, or nobody writes any more.
                let _ = tokio::time::timeout(GATHER, written.wait_for(|length| *length - at >= CHUNK_BYTES))
                    .await;
            }
            let length = *written.borrow();
            let is_over = written.has_changed().is_err();
            if is_over && length - at <= TAIL_BYTES {
                // The end of the attempt brings it along.
                return Brought::UpTo(at);
            }
            match self.bring(at, length).await {
                Brought::UpTo(next) if next < length => return Brought::UpTo(next),
                Brought::UpTo(next) => at = next,
                Brought::Fenced => {
                    give(&orders, Order::Abandon);
                    return Brought::Fenced;
                }
            }
            if !has_grown {
                return Brought::UpTo(at);
            }
        }
    }

    /// What is between the two offsets, when it is short.
    pub async fn tail(&self, from: u64, to: u64) -> Option<Vec<u8>> {
        if from >= to || to - from > TAIL_BYTES {
            return None;
        }
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || read(&path, from, to - from)).await.ok()?.ok()
    }

    /// Brings what is between the two offsets, however long that takes; it comes less far only when the server won't have it.
    pub async fn bring(&self, from: u64, to: u64) -> Brought {
        let mut at = from;
        let mut backoff = Backoff::default();
        while at < to {
            let path = self.path.clone();
            let size = (to - at).min(CHUNK_BYTES);
            let read = tokio::task::spawn_blocking(move || read(&path, at, size)).await;
            let Ok(Ok(chunk)) = read else {
                tracing::error!(attempt = %self.attempt, "the log cannot be read back at byte {at}");
                return Brought::UpTo(at);
            };
            let end = at + chunk.len() as u64;
            let request =
                self.server.about(Method::PUT, self.attempt, self.epoch, &format!("log?offset={at}"));
            match Server::send(request.header("Content-Type", "application/octet-stream").body(chunk)).await {
                Ok(_) => {
                    at = end;
                    backoff = Backoff::default();
                }
                // The server may have lost what it had not yet kept, or have kept more than it could say.
                Err(Refusal::Behind(next)) if next != at && next <= to => at = next,
                Err(Refusal::Fenced) => return Brought::Fenced,
                // An agent that was forgotten registers again, and then the server says what becomes of the attempt.
                Err(Refusal::Passing(why) | Refusal::Void(why)) => {
                    tracing::debug!(attempt = %self.attempt, "the log waits at byte {at}: {why}");
                    backoff.pause().await;
                }
                Err(refusal) => {
                    tracing::warn!(attempt = %self.attempt, "the server takes no more of the log: {refusal}");
                    return Brought::UpTo(at);
                }
            }
        }
        Brought::UpTo(at)
    }
}

fn read(path: &std::path::Path, at: u64, size: u64) -> std::io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    let mut chunk = vec![0; usize::try_from(size).unwrap_or(0)];
    file.read_exact_at(&mut chunk, at)?;
    Ok(chunk)
}
