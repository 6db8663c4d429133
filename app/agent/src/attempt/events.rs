//! Telling the server about steps as they begin and end.
//!
//! Events are told in order and several at once. They are a courtesy to those who watch: the attempt's end does not wait
//! for them for long.

use super::order::{Order, give};
use crate::contract::{Assignment, Event};
use crate::server::{Backoff, Refusal, Server};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// How long events are gathered before they are sent.
const GATHER: Duration = Duration::from_millis(100);
/// How long the attempt's end waits for events that could not be told yet.
const AT_THE_END: Duration = Duration::from_secs(10);

/// Tells the events of one attempt.
pub struct Events {
    queue: mpsc::UnboundedSender<Event>,
    teller: JoinHandle<Vec<Event>>,
}

impl Events {
    /// Starts to tell.
    pub fn start(server: Server, assignment: Arc<Assignment>, orders: Arc<watch::Sender<Order>>) -> Self {
        let (queue, told) = mpsc::unbounded_channel();
        Self { queue, teller: tokio::spawn(tell(server, assignment, orders, told)) }
    }

    /// Adds an event.
    pub fn add(&self, event: Event) {
        // The teller ends early only when nobody wants to hear any more.
        let _ = self.queue.send(event);
    }

    /// Waits for what is being told, within reason, and returns what is left to tell.
    pub async fn close(self) -> Vec<Event> {
        drop(self.queue);
        let teller = self.teller.abort_handle();
        match tokio::time::timeout(AT_THE_END, self.teller).await {
            Ok(left) => left.unwrap_or_default(),
            Err(_) => {
                teller.abort();
                Vec::new()
            }
        }
    }
}

async fn tell(
    server: Server,
    assignment: Arc<Assignment>,
    orders: Arc<watch::Sender<Order>>,
    mut events: mpsc::UnboundedReceiver<Event>,
) -> Vec<Event> {
    let path = format!("attempts/{}/events", assignment.attempt);
    let mut pending = Vec::new();
    while let Some(event) = events.recv().await {
        pending.push(event);
        let gathering = async {
            while let Some(event) = events.recv().await {
                pending.push(event);
            }
        };
        // Running out of time is the ordinary end of gathering; otherwise the attempt is over, and its end tells these, too.
        if tokio::time::timeout(GATHER, gathering).await.is_ok() {
            return pending;
        }
        let body = json!({ "epoch": assignment.epoch, "events": pending });
        let mut backoff = Backoff::default();
        loop {
            match server.tell(&path, &body).await {
                Ok(()) => break,
                Err(Refusal::Fenced) => {
                    give(&orders, Order::Abandon);
                    return Vec::new();
                }
                Err(Refusal::Passing(_) | Refusal::Void(_)) => backoff.pause().await,
                Err(refusal) => {
                    tracing::warn!(attempt = %assignment.attempt, "the server does not want events: {refusal}");
                    break;
                }
            }
        }
        pending.clear();
    }
    pending
}
