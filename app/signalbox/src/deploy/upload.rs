//! Sends the spool to the server, in order, by absolute offset: a piece sent twice is ignored there, and a gap is
//! answered with the offset to go on from. So nothing is missing or repeated, whoever is restarted in between.

use crate::client::Client;
use crate::deploy::spool::Reader;
use base::Stopwatch;
use std::time::Duration;
use tokio::sync::watch;

/// Bytes in one piece; well under the server's limit, and few enough that memory stays flat.
const PIECE: usize = 256 * 1024;
/// How long to gather output before sending it: a viewer waits no longer, and chatty programs make fewer requests.
const GATHER: Duration = Duration::from_millis(100);
/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How the upload ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Uploaded {
    /// The server has everything.
    All,
    /// The server takes no more; why, in a sentence.
    Refused(String),
    /// The server could not be reached for as long as was allowed.
    GaveUp,
    /// The deployment does not belong to this wrapper any more.
    Lost(String),
}

/// What an upload needs to know.
pub struct Upload {
    /// How to reach the server.
    pub client: Client,
    /// The deployment's id.
    pub id: String,
    /// The fencing token.
    pub token: i64,
    /// The spool.
    pub reader: Reader,
    /// Set once, to the length of the output, when the command has ended.
    pub end: watch::Receiver<Option<u64>>,
    /// How long to go on without progress after the end.
    pub patience: Duration,
}

impl Upload {
    /// Sends everything until the end is known and reached; returns how it went and how much the server has.
    pub async fn run(mut self) -> (Uploaded, u64) {
        let mut sent = 0;
        let mut pause = Duration::ZERO;
        let mut since_progress = Stopwatch::start();
        let mut had_ended = false;
        loop {
            if !self.wait_for_more(sent).await {
                return (Uploaded::All, sent);
            }
            if self.end.borrow().is_some() && !std::mem::replace(&mut had_ended, true) {
                since_progress = Stopwatch::start();
            }
            let piece = match self.reader.read(sent, PIECE) {
                Ok(piece) => piece,
                Err(error) => return (Uploaded::Refused(format!("the spool cannot be read: {error}")), sent),
            };
            match self.send(sent, piece).await {
                Sent::UpTo(next) => {
                    (sent, pause, since_progress) = (next, Duration::ZERO, Stopwatch::start());
                }
                Sent::NotNow if had_ended && since_progress.elapsed() > self.patience => {
                    return (Uploaded::GaveUp, sent);
                }
                Sent::NotNow => {
                    pause = (pause * 2).clamp(Duration::from_millis(200), LONGEST_PAUSE);
                    let jitter = Duration::from_millis(base::random::below(100));
                    tokio::time::sleep(pause + jitter).await;
                }
                Sent::Never(outcome) => return (outcome, sent),
            }
        }
    }

    /// Waits for bytes after `sent`; false when the end is known and there are none.
    async fn wait_for_more(&mut self, sent: u64) -> bool {
        loop {
            let end = *self.end.borrow_and_update();
            if let Some(end) = end {
                return sent < end;
            }
            tokio::select! {
                there = self.reader.more_than(sent) => {
                    if there {
                        // Everything at once when the command ends; otherwise a little more may be coming.
                        tokio::select! {
                            () = tokio::time::sleep(GATHER) => {}
                            _ = self.end.wait_for(Option::is_some) => {}
                        }
                    }
                    return there;
                }
                ended = self.end.changed() => {
                    if ended.is_err() {
                        return false;
                    }
                }
            }
        }
    }

    async fn send(&self, offset: u64, piece: Vec<u8>) -> Sent {
        let up_to = offset + piece.len() as u64;
        let request = self
            .client
            .request(
                reqwest::Method::POST,
                &format!("deployments/{}/output?offset={offset}&token={}", self.id, self.token),
            )
            .header("Content-Type", "application/octet-stream")
            .body(piece);
        match self.client.json(request).await {
            Ok(answer) => match answer["next"].as_u64() {
                Some(next) if next > offset && next <= up_to => Sent::UpTo(next),
                Some(next) if next > up_to => Sent::UpTo(up_to),
                None => Sent::UpTo(up_to),
                Some(_) => Sent::Never(Uploaded::Refused("the server takes no more output".to_owned())),
            },
            Err(failure) if failure.status() == Some(410) => Sent::Never(Uploaded::Lost(failure.to_string())),
            Err(crate::client::Failure::Refused(problem)) if problem.code == "output.gap" => {
                match find_next(&problem.body) {
                    Some(next) => Sent::UpTo(next),
                    None => Sent::Never(Uploaded::Refused(problem.sentence)),
                }
            }
            // A token that was revoked may be given back; while the command runs there is time to.
            Err(failure) if failure.is_passing() || matches!(failure.status(), Some(401 | 403 | 404)) => {
                Sent::NotNow
            }
            Err(failure) => Sent::Never(Uploaded::Refused(failure.to_string())),
        }
    }
}

enum Sent {
    UpTo(u64),
    NotNow,
    Never(Uploaded),
}

/// Finds `next` in a problem, at the top or within the value that the error carries.
fn find_next(body: &serde_json::Value) -> Option<u64> {
    let fields = body.as_object()?;
    fields.get("next").and_then(serde_json::Value::as_u64).or_else(|| fields.values().find_map(find_next))
}
