//! The runner: claims what is due and hands it to its handler.

use crate::queue::{self, Chore};
use base::{Actor, Error, Result, Stopwatch, Time};
use db::Db;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

type Work = Arc<dyn Fn(Chore) -> Pin<Box<dyn Future<Output = Result<()>> + Send>> + Send + Sync>;

/// What does the chores of one kind.
#[derive(Clone)]
pub struct Handler {
    kind: &'static str,
    work: Work,
}

impl Handler {
    /// A handler for the chores of `kind`. It must bear being run twice for the same chore.
    pub fn new<F>(kind: &'static str, work: impl Fn(Chore) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        Self { kind, work: Arc::new(move |chore| Box::pin(work(chore))) }
    }
}

/// Work that is done again and again: its handler, and how long after the end of one time the next is due.
#[derive(Clone)]
pub struct Every {
    /// What is done.
    pub handler: Handler,
    /// How long after one time the next is due.
    pub pause: Duration,
}

/// Chores done at the same time.
const AT_ONCE: usize = 8;

/// Looks for chores that other nodes enqueued at least so often.
const POLL: Duration = Duration::from_secs(1);

/// Looks for abandoned chores so often.
const RESCUE: Duration = Duration::from_secs(60);

/// Does chores.
#[derive(Clone)]
pub struct Runner {
    db: Db,
    node: Arc<str>,
    handlers: Arc<HashMap<&'static str, Handler>>,
    periodic: Arc<Vec<Every>>,
}

impl Runner {
    /// Gathers the handlers of one process; `node` names the process (the same name after a restart gives back at once
    /// what it was doing).
    pub fn new(db: Db, node: &str, handlers: Vec<Handler>, periodic: Vec<Every>) -> Self {
        let all = handlers.into_iter().chain(periodic.iter().map(|every| every.handler.clone()));
        Self {
            db,
            node: node.into(),
            handlers: Arc::new(all.map(|handler| (handler.kind, handler)).collect()),
            periodic: Arc::new(periodic),
        }
    }

    /// Prepares a start: gives back what this node was doing when it ended, and makes sure that periodic work is due.
    pub async fn prepare(&self) -> Result<()> {
        let mut tx = self.db.write(&Actor::system()).await?;
        queue::rescue(&mut tx, Some(&self.node)).await?;
        for every in self.periodic.iter() {
            let now = tx.now();
            queue::enqueue_at(&mut tx, every.handler.kind, serde_json::json!({}), now, Some("periodic"))
                .await?;
        }
        tx.commit().await
    }

    /// Does chores until `stop` becomes true; then ends what it has begun.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut commits = self.db.commits();
        let mut running = JoinSet::new();
        let mut rescued = Stopwatch::start();
        while !*stop.borrow() {
            if let Err(error) = self.rescue(&mut rescued).await {
                tracing::warn!(error = ?error, "abandoned chores could not be looked for");
            }
            let pause = match self.round(&mut running).await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::warn!(error = ?error, "chores could not be claimed");
                    POLL
                }
            };
            tokio::select! {
                _ = commits.changed() => {}
                Some(_) = running.join_next() => {}
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Claims what is due and begins it; returns how long there is nothing to do.
    async fn round(&self, running: &mut JoinSet<()>) -> Result<Duration> {
        while running.try_join_next().is_some() {}
        let free = AT_ONCE.saturating_sub(running.len());
        if free == 0 {
            return Ok(POLL);
        }
        let mut tx = self.db.read(&Actor::system()).await?;
        let (now, due) = (tx.now(), queue::next_due(&mut tx).await?);
        drop(tx);
        match due {
            Some(due) if due <= now => {}
            Some(due) => return Ok(due.since(now).min(POLL).max(Duration::from_millis(5))),
            None => return Ok(POLL),
        }
        for chore in self.claim(free).await? {
            let runner = self.clone();
            running.spawn(async move { runner.work(chore).await });
        }
        Ok(POLL)
    }

    async fn claim(&self, limit: usize) -> Result<Vec<Chore>> {
        let mut tx = self.db.write(&Actor::system()).await?;
        let chores = queue::claim(&mut tx, &self.node, limit).await?;
        tx.commit().await?;
        Ok(chores)
    }

    async fn work(&self, chore: Chore) {
        let outcome = match self.handlers.get(chore.kind.as_str()) {
            Some(handler) => (handler.work)(chore.clone()).await,
            None => {
                Err(Error::bug("chore.unknown", format!("no handler does chores of the kind {}", chore.kind)))
            }
        };
        if let Err(error) = &outcome {
            tracing::warn!(chore.kind, attempt = chore.attempts + 1, error = ?error, "a chore failed");
        }
        if let Err(error) = self.record(&chore, outcome).await {
            tracing::error!(chore.kind, error = ?error, "the outcome of a chore could not be written; it will be done again");
        }
    }

    async fn record(&self, chore: &Chore, outcome: Result<()>) -> Result<()> {
        let mut tx = self.db.write(&Actor::system()).await?;
        let periodic = self.periodic.iter().find(|every| every.handler.kind == chore.kind);
        match (outcome, periodic) {
            (_, Some(every)) => {
                queue::done(&mut tx, chore.id).await?;
                let next: Time = tx.now().plus(every.pause);
                let kind = every.handler.kind;
                queue::enqueue_at(&mut tx, kind, serde_json::json!({}), next, Some("periodic")).await?;
            }
            (Ok(()), None) => queue::done(&mut tx, chore.id).await?,
            (Err(error), None) => queue::failed(&mut tx, chore, &error).await?,
        }
        tx.commit().await
    }

    /// Gives back what this process holds; for its end.
    pub async fn hand_back(&self) -> Result<()> {
        let mut tx = self.db.write(&Actor::system()).await?;
        if queue::rescue(&mut tx, Some(&self.node)).await? > 0 {
            tx.commit().await?;
        }
        Ok(())
    }

    /// Gives back chores whose process is gone, once a minute.
    async fn rescue(&self, since: &mut Stopwatch) -> Result<()> {
        if since.elapsed() < RESCUE {
            return Ok(());
        }
        *since = Stopwatch::start();
        let mut tx = self.db.write(&Actor::system()).await?;
        if queue::rescue(&mut tx, None).await? > 0 {
            tx.commit().await?;
        }
        Ok(())
    }

    async fn something_runs(&self) -> Result<bool> {
        let mut tx = self.db.read(&Actor::system()).await?;
        Ok(queue::counts(&mut tx).await?.running > 0)
    }

    /// Does everything that is due now, one after the other, and what becomes due by it; returns how much it did. For
    /// clocks that stand still.
    pub async fn settle(&self) -> Result<usize> {
        let mut count = 0;
        loop {
            let chores = self.claim(1).await?;
            match chores.into_iter().next() {
                Some(chore) => {
                    self.work(chore).await;
                    count += 1;
                }
                // What [`Runner::run`] has begun at the same time belongs to it: wait for its end.
                None if self.something_runs().await? => tokio::time::sleep(Duration::from_millis(2)).await,
                None => return Ok(count),
            }
        }
    }
}
