//! Telling the server how an attempt ended, however long that takes.

use super::artifacts::{self, Found};
use super::order::Order;
use super::upload::{Brought, Log};
use crate::contract::{Event, Finish, Finished, Outcome};
use crate::server::{Backoff, Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, watch};

/// How telling went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The server knows, or does not want to: nothing is left to do.
    Done,
    /// The server does not know the agent.
    Unknown,
    /// The server could not be reached, and there is no more time; the next start of the agent tells it.
    Later,
}

/// What was not told before and comes along with the end.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    pub events: Vec<Event>,
    /// Where the rest of the output begins, and that rest.
    pub log: Option<(u64, Vec<u8>)>,
    /// Where the files are that are kept, to send them again if the server has lost one.
    pub work: Option<PathBuf>,
    /// Who does something in its place.
    pub next: Option<Next>,
}

/// Asks for something in the place of what ends, as long as that is wanted.
#[derive(Clone, Debug)]
pub struct Next {
    pub is_wanted: Arc<AtomicBool>,
    pub given: mpsc::UnboundedSender<serde_json::Value>,
}

impl Next {
    fn wants(&self) -> bool {
        self.is_wanted.load(Ordering::Relaxed)
    }

    fn take(&self, finished: Finished) {
        for assignment in finished.assignments {
            // An agent that ends meanwhile does not have it, and so the server has it back.
            let _ = self.given.send(assignment);
        }
    }
}

/// How often files are sent again.
const SENT_AGAIN: u32 = 3;

/// Sends the files again that the server does not have.
async fn send_again(log: &Log, finish: &Finish, work: &Path) -> Result<(), Refusal> {
    for artifact in &finish.artifacts {
        let found = Found { file: work.join(&artifact.path), artifact: artifact.clone() };
        artifacts::bring(&log.server, log.attempt, log.epoch, &found).await?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    finish: &'a Finish,
    #[serde(skip_serializing_if = "<[Event]>::is_empty")]
    events: &'a [Event],
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "is_false")]
    next: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Tells `finish`, with what the server still lacks of the log.
pub async fn report(
    log: &Log,
    finish: &mut Finish,
    tail: &Tail,
    orders: &watch::Receiver<Order>,
    mut gives_up: watch::Receiver<bool>,
) -> Told {
    let path = format!("attempts/{}/finish", log.attempt);
    let mut backoff = Backoff::default();
    let mut sent_again = 0;
    let telling = async {
        loop {
            if *orders.borrow() == Order::Abandon {
                return Told::Done;
            }
            let rest = tail.log.as_ref();
            let rest = rest.map(|(offset, bytes)| json!({"offset": offset, "base64": BASE64.encode(bytes)}));
            let next = tail.next.as_ref().filter(|next| next.wants());
            let body = Body { finish, events: &tail.events, log: rest, next: next.is_some() };
            match log.server.post::<Option<Finished>>(&path, &body).await {
                Ok(finished) => {
                    if let (Some(next), Some(finished)) = (next, finished) {
                        next.take(finished);
                    }
                    return Told::Done;
                }
                Err(Refusal::Fenced) => return Told::Done,
                Err(Refusal::Void(_)) => return Told::Unknown,
                Err(Refusal::Behind(next)) if next < finish.log_bytes => {
                    match log.bring(next, finish.log_bytes).await {
                        Brought::UpTo(end) if end == finish.log_bytes => {}
                        // What the server does not take can't be waited for.
                        Brought::UpTo(end) => finish.log_bytes = end,
                        Brought::Fenced => return Told::Done,
                    }
                }
                Err(Refusal::Passing(why)) => {
                    tracing::warn!(attempt = %log.attempt, "the end of an attempt could not be told yet: {why}");
                    backoff.pause().await;
                }
                Err(Refusal::Refused { code, sentence, .. }) if code == "file.missing" => {
                    sent_again += 1;
                    let work = tail.work.as_deref().filter(|_| sent_again <= SENT_AGAIN);
                    let again = match work {
                        Some(work) => send_again(log, finish, work).await,
                        None => Err(Refusal::Strange(sentence)),
                    };
                    match again {
                        Ok(()) => {}
                        Err(Refusal::Fenced) => return Told::Done,
                        Err(refusal) if finish.artifacts.is_empty() => {
                            tracing::error!(attempt = %log.attempt, "the end of an attempt is not taken: {refusal}");
                            return Told::Done;
                        }
                        Err(refusal) => {
                            // Better an end without its files, which says so, than none.
                            tracing::error!(attempt = %log.attempt, "files could not be sent again: {refusal}");
                            finish.artifacts.clear();
                            if finish.outcome == Outcome::Succeeded {
                                finish.outcome = Outcome::Failed;
                                finish.exit_code = None;
                                finish.reason = Some("artifact".to_owned());
                                finish.sentence = Some(format!("The files could not be kept: {refusal}"));
                            }
                        }
                    }
                }
                Err(refusal) => {
                    tracing::error!(attempt = %log.attempt, "the server does not take the end of an attempt: {refusal}");
                    return Told::Done;
                }
            }
        }
    };
    tokio::select! {
        told = telling => told,
        Ok(_) = gives_up.wait_for(|gives_up| *gives_up) => Told::Later,
    }
}
