//! Asking for work, doing it, and ending in good order.

mod goodbye;

use crate::attempt::report::Next;
use crate::attempt::{self, order};
use crate::config::{Config, Ended, Shutdown};
use crate::contract::{Assignment, Claimed};
use crate::registration::Registration;
use crate::server::{Backoff, Refusal};
use crate::site::Site;
use base::id::AttemptId;
use base::{Result, Stopwatch};
use order::Order;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// How long the server may hold a claim back until there is work.
const WAIT: Duration = Duration::from_secs(25);
/// A server that has nothing to hold an answer back for, as when the agent is full, is not asked without end.
const WHILE_FULL: Duration = Duration::from_secs(5);
const WHILE_FREE: Duration = Duration::from_secs(1);

/// An agent at work.
pub struct Claims {
    site: Arc<Site>,
    config: Config,
    registration: Registration,
    running: HashMap<AttemptId, Arc<watch::Sender<Order>>>,
    tasks: JoinSet<AttemptId>,
    /// The claim that is under way.
    asking: Option<Asking>,
    /// What came with the ends of attempts, in their places.
    next: Next,
    given: mpsc::UnboundedReceiver<serde_json::Value>,
    has_had_one: bool,
    /// Since when nothing runs.
    idle: Stopwatch,
}

/// A claim that is under way.
struct Asking {
    free: usize,
    since: Stopwatch,
    answer: Pin<Box<dyn Future<Output = Result<Claimed, Refusal>> + Send>>,
}

enum Turn {
    Claimed(Result<Claimed, Refusal>, Stopwatch),
    Changed,
    Told,
}

/// As much of an assignment as it takes to refuse it.
#[derive(Deserialize)]
struct Head {
    attempt: AttemptId,
    epoch: i64,
}

impl Claims {
    /// Prepares to work.
    pub fn new(site: Arc<Site>, config: Config, registration: Registration) -> Self {
        let (sender, given) = mpsc::unbounded_channel();
        let is_wanted = Arc::new(AtomicBool::new(!config.once));
        Self {
            asking: None,
            next: Next { is_wanted, given: sender },
            given,
            site,
            config,
            registration,
            running: HashMap::new(),
            tasks: JoinSet::new(),
            has_had_one: false,
            idle: Stopwatch::start(),
        }
    }

    /// Works until told to end, or until there is a reason to.
    pub async fn work(mut self) -> Result<Ended> {
        let mut backoff = Backoff::default();
        let ended = loop {
            if *self.config.shutdown.borrow() != Shutdown::No {
                break Ended::Stopped;
            }
            if (self.config.once && self.has_had_one) || self.idled() {
                break Ended::Done;
            }
            let (claimed, asked) = match self.turn().await {
                Turn::Changed | Turn::Told => continue,
                Turn::Claimed(claimed, asked) => (claimed, asked),
            };
            match claimed {
                Ok(claimed) => {
                    backoff = Backoff::default();
                    let is_empty = claimed.assignments.is_empty();
                    if let Some(ended) = self.take(claimed) {
                        break ended;
                    }
                    if is_empty {
                        let pause = if self.free() == 0 { WHILE_FULL } else { WHILE_FREE };
                        self.rest(pause.saturating_sub(asked.elapsed())).await;
                    }
                }
                Err(Refusal::Void(sentence)) => {
                    // Whether attempts are still ours, their own leases tell.
                    if let Err(why) = self.registration.renew(&self.site, &self.config).await? {
                        self.give_all(&Order::Abandon);
                        break Ended::Refused(why.unwrap_or(sentence));
                    }
                }
                Err(refusal) => {
                    tracing::warn!("no work could be asked for: {refusal}");
                    self.rest(backoff.step()).await;
                }
            }
        };
        self.end(&ended).await;
        Ok(ended)
    }

    /// Waits before the next claim, but no longer than until a slot becomes free or there is a word to end.
    async fn rest(&mut self, pause: Duration) {
        let is_full = self.free() == 0;
        let mut shutdown = self.config.shutdown.clone();
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = told(&mut shutdown, Shutdown::Drain) => {}
            Some(ended) = self.tasks.join_next(), if is_full => self.forget(ended),
            Some(given) = self.given.recv() => self.begin(given),
        }
    }

    /// Whether nothing was to do for as long as the agent may wait.
    fn idled(&self) -> bool {
        let limit = self.config.idle.filter(|_| self.running.is_empty());
        limit.is_some_and(|limit| self.idle.elapsed() >= limit)
    }

    /// How long a request may wait for work.
    fn patience(&self) -> Duration {
        match self.config.idle.filter(|_| self.running.is_empty()) {
            Some(limit) => WAIT.min(limit.saturating_sub(self.idle.elapsed()).max(WHILE_FREE)),
            None => WAIT,
        }
    }

    fn free(&self) -> usize {
        let slots = if self.config.once { 1 } else { self.config.slots.max(1) };
        slots.saturating_sub(self.running.len())
    }

    /// Waits for work, the end of some, or a word to end.
    async fn turn(&mut self) -> Turn {
        self.take_given();
        let free = self.free();
        // A full agent still asks, to be heard of and to hear; nothing is lost when that is broken off because there is room now.
        let mut asking = match self.asking.take() {
            Some(asking) if asking.free > 0 || free == 0 => asking,
            _ => Asking {
                free,
                since: Stopwatch::start(),
                answer: Box::pin(self.claim(free, self.patience())),
            },
        };
        let mut shutdown = self.config.shutdown.clone();
        let turn = tokio::select! {
            biased;
            Some(given) = self.given.recv() => {
                self.begin(given);
                Turn::Changed
            }
            Some(ended) = self.tasks.join_next() => {
                self.forget(ended);
                Turn::Changed
            }
            () = told(&mut shutdown, Shutdown::Drain) => Turn::Told,
            claimed = &mut asking.answer => return Turn::Claimed(claimed, asking.since),
        };
        self.asking = Some(asking);
        turn
    }

    /// Begins what came with the ends of others. An end is seen after what came with it, so that no claim leaves out both.
    fn take_given(&mut self) {
        while let Ok(given) = self.given.try_recv() {
            self.begin(given);
        }
    }

    fn claim(&self, free: usize, wait: Duration) -> impl Future<Output = Result<Claimed, Refusal>> + use<> {
        let site = self.site.clone();
        let have: Vec<AttemptId> = self.running.keys().copied().collect();
        let labels = self.config.labels.clone();
        async move {
            let body = json!({
                "free_slots": free,
                "have": have,
                "wait": wait.as_secs(),
                "version": env!("CARGO_PKG_VERSION"),
                "labels": labels,
                "capabilities": site.capabilities().await,
            });
            site.server.post_waiting("agents/claim", &body, wait).await
        }
    }

    /// Begins what was assigned; an agent that the server is done with ends.
    fn take(&mut self, claimed: Claimed) -> Option<Ended> {
        for attempt in &claimed.forget {
            if let Some(orders) = self.running.get(attempt) {
                order::give(orders, Order::Abandon);
            }
        }
        for assignment in claimed.assignments {
            self.has_had_one = true;
            self.begin(assignment);
        }
        if claimed.too_old {
            return Some(Ended::TooOld { minimum: self.registration.minimum_version.clone() });
        }
        // One that was started for what waited and is not wanted for it any more would wait for ever.
        let is_unwanted = claimed.end || (claimed.draining && self.config.once);
        (is_unwanted && self.running.is_empty()).then_some(Ended::Done)
    }

    fn begin(&mut self, assignment: serde_json::Value) {
        let site = self.site.clone();
        let head = Head::deserialize(&assignment);
        match serde_json::from_value::<Assignment>(assignment) {
            Ok(assignment) => {
                let id = assignment.attempt;
                if self.running.contains_key(&id) {
                    return;
                }
                let orders = Arc::new(watch::Sender::new(Order::Go));
                self.running.insert(id, orders.clone());
                self.has_had_one = true;
                let next = Some(self.next.clone());
                self.tasks.spawn(async move {
                    attempt::carry_out(site, assignment, orders, next).await;
                    id
                });
            }
            Err(why) => {
                let sentence = format!("The agent does not understand what it shall do: {why}");
                tracing::error!("{sentence}");
                if let Ok(Head { attempt, epoch }) = head {
                    self.tasks.spawn(async move {
                        attempt::refuse_unread(&site, attempt, epoch, "assignment", &sentence).await;
                        attempt
                    });
                }
            }
        }
    }

    fn forget(&mut self, ended: std::result::Result<AttemptId, tokio::task::JoinError>) {
        match ended {
            Ok(id) => {
                self.running.remove(&id);
                self.idle = Stopwatch::start();
            }
            Err(error) => {
                tracing::error!("an attempt broke down: {error}");
                // Which one it was is not told; those that nobody works on any more have no listener.
                self.running.retain(|_, orders| orders.receiver_count() > 0);
            }
        }
    }

    fn give_all(&self, order: &Order) {
        self.running.values().for_each(|orders| order::give(orders, order.clone()));
    }
}

/// Returns once the agent is told to end at least so much; when nobody is left to tell it, it ends too.
async fn told(shutdown: &mut watch::Receiver<Shutdown>, at_least: Shutdown) {
    // The sender's end is an answer, too.
    let _ = shutdown.wait_for(|shutdown| *shutdown >= at_least).await;
}
