//! Telling the server how an attempt ended, however long that takes.

use super::order::Order;
use super::upload::{Brought, Log};
use crate::contract::Finish;
use crate::server::{Backoff, Refusal};
use tokio::sync::watch;

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

/// Tells `finish`, with what the server still lacks of the log.
pub async fn report(
    log: &Log,
    finish: &mut Finish,
    orders: &watch::Receiver<Order>,
    mut gives_up: watch::Receiver<bool>,
) -> Told {
    let path = format!("attempts/{}/finish", log.attempt);
    let mut backoff = Backoff::default();
    let telling = async {
        loop {
            if *orders.borrow() == Order::Abandon {
                return Told::Done;
            }
            match log.server.tell(&path, finish).await {
                Ok(()) | Err(Refusal::Fenced) => return Told::Done,
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
