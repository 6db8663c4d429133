//! Takes the command's output from its pipe: masked into the spool, untouched to the terminal.

use crate::cli::note;
use crate::deploy::mask::Secrets;
use crate::deploy::spool::Spool;
use std::io::Write;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::watch;

/// Bytes read at once.
const PIECE: usize = 64 * 1024;
/// The most that a pipe holds; what is read beyond it after the command's end was written by somebody else.
const PIPE: usize = 1024 * 1024;

/// Copies the output to its end, or after `stop` until nothing more is in the pipe: a daemon that the command left behind
/// may hold it open for ever. A terminal that is gone stops the repeating there, and nothing else.
pub async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut terminal: Option<fn() -> Box<dyn Write>>,
    secrets: Secrets,
    spool: Spool,
    mut stop: watch::Receiver<bool>,
) {
    let mut mask = secrets.mask();
    let mut piece = vec![0; PIECE];
    let mut trouble = false;
    let mut after_stop = 0;
    let mut keep = |bytes: &[u8]| {
        if let Err(error) = spool.append(bytes)
            && !std::mem::replace(&mut trouble, true)
        {
            // The command's work matters more than its record, so it goes on.
            note(&format!("the output cannot be kept in {}: {error}", spool.path().display()));
        }
    };
    loop {
        let read = tokio::select! {
            biased;
            read = from.read(&mut piece) => read,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let length = match read {
            Ok(0) | Err(_) => break,
            Ok(length) => length,
        };
        if *stop.borrow() {
            if after_stop > PIPE {
                break;
            }
            after_stop += length;
        }
        keep(&mask.pass(&piece[..length]));
        if let Some(open) = terminal {
            let repeated;
            (piece, repeated) = repeat(open, piece, length).await;
            if !repeated {
                terminal = None;
            }
        }
    }
    keep(&mask.finish());
}

/// Writes to the terminal on a thread that may be held up by it; gives the buffer back, and whether it was taken.
async fn repeat(open: fn() -> Box<dyn Write>, piece: Vec<u8>, length: usize) -> (Vec<u8>, bool) {
    let write = move || {
        let mut to = open();
        let is_written = to.write_all(&piece[..length]).and_then(|()| to.flush()).is_ok();
        (piece, is_written)
    };
    tokio::task::spawn_blocking(write).await.unwrap_or_else(|_| (vec![0; PIECE], false))
}
