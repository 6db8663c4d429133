//! Ending in good order: what runs is waited for or cancelled, what was on its way is handed back.

use super::{Claims, told};
use crate::attempt::order::Order;
use crate::config::{Ended, Shutdown};
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long cancelled attempts may take to end and to be told, beyond the time that they get for it.
const LAST_WORDS: Duration = Duration::from_secs(30);
/// How long an agent that ends tries to hand back what it was given meanwhile, before it looks after what runs.
const HANDED_BACK: Duration = Duration::from_secs(3);

impl Claims {
    /// Waits for what runs, cancels it when told to, and says goodbye.
    pub(super) async fn end(mut self, ended: &Ended) {
        self.next.is_wanted.store(false, Ordering::Relaxed);
        let was_asking = self.asking.take().is_some_and(|asking| asking.free > 0);
        // What was on its way when the agent was told to end is handed back before its lease runs out.
        let mut owes = was_asking && !self.tasks.is_empty();
        let mut shutdown = self.config.shutdown.clone();
        while !self.tasks.is_empty() {
            if std::mem::take(&mut owes) {
                owes = tokio::time::timeout(HANDED_BACK, self.claim(0, Duration::ZERO)).await.is_err();
            }
            tokio::select! {
                Some(ended) = self.tasks.join_next() => {
                    self.forget(ended);
                    while self.given.try_recv().is_ok() {
                        owes = true;
                    }
                }
                () = told(&mut shutdown, Shutdown::Cancel) => {
                    self.cancel().await;
                    break;
                }
            }
        }
        // An assignment that came while nobody listened any more is handed back: the server sees that it is not held.
        let last = self.claim(0, Duration::ZERO);
        let site = self.site.clone();
        // Others come back with the same token, after a restart of their machine or an upgrade.
        let is_for_good = self.config.once || *ended == Ended::Done;
        let goodbye = async move {
            if let Err(refusal) = last.await {
                tracing::debug!("the last claim failed: {refusal}");
            }
            if is_for_good && let Err(refusal) = site.server.tell("agents/leave", &json!({})).await {
                tracing::info!("the server could not be told that the agent leaves: {refusal}");
            }
        };
        let must_hurry = *shutdown.borrow() == Shutdown::Cancel || self.site.server.is_local();
        let patience = if must_hurry { Duration::from_secs(3) } else { Duration::from_secs(10) };
        if tokio::time::timeout(patience, goodbye).await.is_err() {
            tracing::info!("the server does not answer the agent that leaves");
        }
    }

    async fn cancel(&mut self) {
        self.give_all(&Order::Cancel("The agent was stopped".to_owned()));
        let site = self.site.clone();
        let ended = async {
            while let Some(ended) = self.tasks.join_next().await {
                self.forget(ended);
            }
        };
        if tokio::time::timeout(LAST_WORDS, ended).await.is_ok() {
            return;
        }
        self.give_all(&Order::Terminate("The agent was stopped".to_owned()));
        site.gives_up.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            self.forget(ended);
        }
    }
}
