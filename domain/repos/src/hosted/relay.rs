//! Carries bytes between a client and the git that serves it. Nothing is kept but what is on its way.
//!
//! Whatever ends the exchange before its time (the client is gone, it is silent for too long, it takes too long as a whole) ends git, too.

use super::answer::{self, HEAD_BYTES_MAX, head_end};
use crate::Mirrors;
use crate::git::{Ends, Talk};
use crate::repository;
use axum::body::{Body, BodyDataStream};
use axum::response::Response;
use base::id::RepositoryId;
use base::{Actor, Error, Limit, Result};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use web::App;

/// Bytes in one piece, and pieces on their way to the client.
const PIECE_BYTES: usize = 64 * 1024;
const PIECES: usize = 4;
/// What is kept of git's complaints.
const COMPLAINT_BYTES: u64 = 16 * 1024;
/// A push is told before its answer ends, unless that takes so long.
const LOOK: Duration = Duration::from_secs(10);

type Pieces = mpsc::Sender<std::io::Result<Bytes>>;

/// One exchange.
pub(super) struct Relay {
    pub app: App,
    pub talk: Talk,
    /// The repository's name, for the log.
    pub name: String,
    /// Whose refs may have changed when it is over, and who changed them.
    pub changes: Option<(RepositoryId, Actor)>,
    /// Held as long as the exchange goes on.
    pub permit: OwnedSemaphorePermit,
}

/// Why an exchange ended before its time.
enum Broken {
    /// Nobody is there any longer.
    Gone,
    /// Nothing moved for the seconds of the limit.
    Silent,
    /// git could not be talked with.
    Git(std::io::Error),
}

impl Relay {
    /// Starts the exchange; the answer is there when git has written its head.
    pub async fn run(self, ends: Ends, body: Body) -> Result<Response> {
        let (head, read) = oneshot::channel();
        let (pieces, taken) = mpsc::channel(PIECES);
        tokio::spawn(self.work(ends, body, head, pieces));
        let head = read.await.map_err(|_| {
            Error::unavailable("git.ended", "git on this server ended without an answer; its log says more")
        })?;
        let rest = stream::unfold(taken, async |mut taken| taken.recv().await.map(|piece| (piece, taken)));
        answer::head(&head, Body::from_stream(rest))
    }

    async fn work(self, ends: Ends, body: Body, head: oneshot::Sender<Vec<u8>>, pieces: Pieces) {
        let Self { app, talk, name, changes, permit } = self;
        let seconds = |limit| Duration::from_secs(app.limits.get(limit));
        let silence = seconds(Limit::GitSilentSeconds);
        let complaints = tokio::spawn(complaints(ends.stderr));
        let mut stdout = ends.stdout;
        let talked = async {
            let fed = feed(ends.stdin, body.into_data_stream(), silence);
            tokio::try_join!(fed, listen(&mut stdout, head, &pieces, silence)).map(drop)
        };
        let why = match tokio::time::timeout(seconds(Limit::GitTransferSeconds), talked).await {
            Ok(Ok(())) => None,
            Ok(Err(Broken::Gone)) => Some("the client is gone".to_owned()),
            Ok(Err(Broken::Silent)) => Some("nothing moved for too long (git_silent_seconds)".to_owned()),
            Ok(Err(Broken::Git(error))) => Some(format!("git could not be talked with: {error}")),
            Err(_) => Some("it took too long (git_transfer_seconds)".to_owned()),
        };
        let code = match &why {
            None => tokio::time::timeout(silence, talk.end()).await.ok().and_then(base::Result::ok).flatten(),
            Some(_) => {
                // It still speaks to somebody: a git that cannot would leave its unfinished push lying about.
                let mut nobody = tokio::io::sink();
                let (_, ()) = tokio::join!(tokio::io::copy(&mut stdout, &mut nobody), talk.stop());
                None
            }
        };
        drop(permit);
        let said = complaints.await.unwrap_or_default();
        match &why {
            None if code == Some(0) => tracing::debug!(repository = name, said, "served git"),
            None => tracing::warn!(repository = name, code, said, "git ended with a failure"),
            Some(why) => tracing::info!(repository = name, said, "an exchange with git was ended: {why}"),
        }
        if let Some((id, actor)) = changes {
            look(&app, id, &actor).await;
        }
        if why.is_some() {
            // The client must not take what it got for the whole. An Err means that it is gone anyway.
            let _ = pieces.try_send(Err(std::io::Error::other("the exchange was ended")));
        }
    }
}

/// Tells what was pushed. What fails now is tried again.
async fn look(app: &App, id: RepositoryId, actor: &Actor) {
    let looked = async { app.part::<Mirrors>()?.pushed(&app.db, id, actor).await };
    let Ok(Err(error)) = tokio::time::timeout(LOOK, looked).await else { return };
    if error.is_missing() {
        return;
    }
    tracing::error!(code = error.code(), ?error, "what was pushed could not be told yet");
    let again = async {
        let mut tx = app.db.write(&Actor::system()).await?;
        repository::request_fetch(&mut tx, id).await?;
        tx.commit().await
    };
    if let Err(error) = again.await {
        tracing::error!(code = error.code(), ?error, "it is told at the next push, or within the hour");
    }
}

/// Hands git what the client sends. What comes after git stopped listening is taken and thrown away: a client that cannot send
/// all does not read why.
async fn feed(stdin: ChildStdin, mut body: BodyDataStream, silence: Duration) -> Result<(), Broken> {
    let mut stdin = Some(stdin);
    loop {
        let piece = match tokio::time::timeout(silence, body.next()).await {
            Err(_) => return Err(Broken::Silent),
            Ok(None) => return Ok(()),
            Ok(Some(Err(_))) => return Err(Broken::Gone),
            Ok(Some(Ok(piece))) => piece,
        };
        if let Some(open) = &mut stdin
            && open.write_all(&piece).await.is_err()
        {
            stdin = None;
        }
    }
}

/// Reads the head, then hands on the rest.
async fn listen(
    stdout: &mut ChildStdout,
    head: oneshot::Sender<Vec<u8>>,
    pieces: &Pieces,
    silence: Duration,
) -> Result<(), Broken> {
    let mut read = Vec::new();
    let (end, begin) = loop {
        if let Some(found) = head_end(&read) {
            break found;
        }
        let n = stdout.read_buf(&mut read).await.map_err(Broken::Git)?;
        if n == 0 || read.len() > HEAD_BYTES_MAX + PIECE_BYTES {
            return Err(Broken::Git(std::io::Error::other("it wrote no head")));
        }
    };
    let rest = Bytes::copy_from_slice(&read[begin..]);
    read.truncate(end);
    head.send(read).map_err(|_| Broken::Gone)?;
    if !rest.is_empty() {
        hand(pieces, rest, silence).await?;
    }
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    loop {
        let n = tokio::select! {
            n = stdout.read_buf(&mut piece) => n.map_err(Broken::Git)?,
            () = pieces.closed() => return Err(Broken::Gone),
        };
        if n == 0 {
            return Ok(());
        }
        hand(pieces, Bytes::from(std::mem::replace(&mut piece, Vec::with_capacity(PIECE_BYTES))), silence)
            .await?;
    }
}

async fn hand(pieces: &Pieces, piece: Bytes, silence: Duration) -> Result<(), Broken> {
    match tokio::time::timeout(silence, pieces.send(Ok(piece))).await {
        Err(_) => Err(Broken::Silent),
        Ok(sent) => sent.map_err(|_| Broken::Gone),
    }
}

async fn complaints(mut stderr: ChildStderr) -> String {
    let mut said = Vec::new();
    // What cannot be read was not said.
    let _ = (&mut stderr).take(COMPLAINT_BYTES).read_to_end(&mut said).await;
    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&said).trim().to_owned()
}
