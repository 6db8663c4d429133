//! Small sources that were asked for lately. Many runs of one commit need one archive of it, and git takes a process for each.
//!
//! A commit names its content, so nothing in here can be outdated; whether somebody may have it is asked before.

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, PoisonError};

/// The largest that is kept.
const LARGEST: usize = 1 << 20;
/// The largest that goes along with an assignment.
const SMALL: usize = 32 << 10;
/// How many are kept at most.
const KEPT: usize = 8;

static ARCHIVES: Mutex<VecDeque<(String, Bytes)>> = Mutex::new(VecDeque::new());

/// The archive of a commit, if it is kept.
pub(super) fn kept(commit: &str) -> Option<Bytes> {
    let mut all = ARCHIVES.lock().unwrap_or_else(PoisonError::into_inner);
    let at = all.iter().position(|(known, _)| known == commit)?;
    // The newest stand behind: what is asked for often stays.
    let found = all.remove(at)?;
    let archive = found.1.clone();
    all.push_back(found);
    Some(archive)
}

/// The same for one that is so small that it goes along with what is to be done with it.
pub(in crate::attempts) fn kept_small(commit: &str) -> Option<Bytes> {
    kept(commit).filter(|archive| archive.len() <= SMALL)
}

/// Passes an archive on, and keeps it when it came whole and is small.
pub(super) fn keeping(
    commit: String,
    pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let mut gathered = Some(BytesMut::new());
    let mut pieces = Box::pin(pieces);
    futures_util::stream::poll_fn(move |context| {
        let piece = pieces.poll_next_unpin(context);
        match &piece {
            std::task::Poll::Ready(Some(Ok(piece))) => {
                if gathered.as_ref().is_some_and(|all| all.len() + piece.len() > LARGEST) {
                    gathered = None;
                }
                if let Some(all) = &mut gathered {
                    all.extend_from_slice(piece);
                }
            }
            std::task::Poll::Ready(Some(Err(_))) => gathered = None,
            std::task::Poll::Ready(None) => {
                if let Some(all) = gathered.take() {
                    keep(&commit, all.freeze());
                }
            }
            std::task::Poll::Pending => {}
        }
        piece
    })
}

fn keep(commit: &str, archive: Bytes) {
    let mut all = ARCHIVES.lock().unwrap_or_else(PoisonError::into_inner);
    if all.iter().all(|(known, _)| known != commit) {
        all.push_back((commit.to_owned(), archive));
    }
    while all.len() > KEPT {
        all.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pass(commit: &str, pieces: Vec<io::Result<&'static [u8]>>) -> Vec<u8> {
        let pieces =
            futures_util::stream::iter(pieces.into_iter().map(|piece| piece.map(Bytes::from_static)));
        let passed: Vec<_> = keeping(commit.to_owned(), pieces).collect().await;
        passed.into_iter().flatten().flatten().collect()
    }

    #[tokio::test]
    async fn only_what_came_whole_and_is_small_is_kept() {
        assert_eq!(pass("whole", vec![Ok(b"ab"), Ok(b"c")]).await, b"abc");
        assert_eq!(kept("whole").as_deref(), Some(&b"abc"[..]));
        pass("broken", vec![Ok(b"ab"), Err(io::Error::other("git ended"))]).await;
        assert_eq!(kept("broken"), None);
        let large: &'static [u8] = Box::leak(vec![0; LARGEST].into_boxed_slice());
        assert_eq!(pass("large", vec![Ok(large), Ok(b"x")]).await.len(), LARGEST + 1);
        assert_eq!(kept("large"), None);
        for commit in ["1", "2", "3", "4", "5", "6", "7"] {
            pass(commit, vec![Ok(b"x")]).await;
            assert!(kept("whole").is_some(), "what is asked for stays");
        }
        pass("8", vec![Ok(b"x")]).await;
        assert_eq!(kept("1"), None, "the one that was not asked for went");
    }
}
