//! Followers: whoever acts upon entries, each with a durable cursor.

use crate::entry::{Entry, Query, read};
use base::{Actor, Error, Result};
use db::{Db, Tx, params};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore, watch};
use tokio::task::JoinSet;

/// What a follower does with an entry, in the transaction that moves its cursor.
pub type Act = Arc<
    dyn for<'a> Fn(&'a mut Tx, &'a Entry) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>
        + Send
        + Sync,
>;

/// Somebody who acts upon entries.
#[derive(Clone)]
pub struct Follower {
    /// The name of its cursor; never changes.
    pub name: &'static str,
    /// Whether an entry concerns it; decides without the database.
    pub wants: fn(&Entry) -> bool,
    /// What it does. It acts as the program itself; everything it does is one transaction with the move of its cursor.
    pub act: Act,
}

/// Entries read at once.
const BATCH: usize = 500;

/// Entries acted upon in one transaction, so that they share one fsync; few, because others wait for the writer meanwhile.
const TOGETHER: usize = 16;

/// Followers that are at work at once: on PostgreSQL each holds a connection.
const AT_ONCE: usize = 4;

/// The poll is for wake-ups that other nodes could not deliver.
const POLL: Duration = Duration::from_secs(2);
/// Another try after a failure comes sooner.
const RETRY: Duration = Duration::from_millis(500);

/// After so many failures in a row an entry is put aside with its error, so that the ones after it are not held up.
const TRIES: u32 = 8;

/// Reads the next entries for the cursor `name`; a new cursor starts at the beginning of the journal.
pub async fn next_for(tx: &mut Tx, name: &str, limit: usize) -> Result<Vec<Entry>> {
    let after = cursor(tx, name).await?;
    read(tx, &Query { after, limit, ..Query::default() }).await
}

/// Moves the cursor `name` to `seq`.
pub async fn advance(tx: &mut Tx, name: &str, seq: i64) -> Result<()> {
    let sql = "insert into follower (name, seq, moved_at) values ($1, $2, $3)
      on conflict (name) do update set seq = excluded.seq, moved_at = excluded.moved_at";
    let now = tx.now();
    tx.run(sql, &params![name, seq, now]).await.map(drop)
}

async fn cursor(tx: &mut Tx, name: &str) -> Result<i64> {
    let row = tx.opt("select seq from follower where name = $1", &params![name]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Like [`cursor`], and keeps other nodes from acting for the same follower until the transaction ends.
async fn cursor_held(tx: &mut Tx, name: &str) -> Result<i64> {
    let row = tx.opt("select seq from follower where name = $1 /*pg: for update */", &params![name]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Runs followers, each by itself: one that is slow or fails holds no other up.
#[derive(Clone)]
pub struct Followers {
    db: Db,
    all: Arc<Vec<Running>>,
    room: Arc<Semaphore>,
}

/// A follower, and what this process remembers of it. Held while it acts, so that its rounds do not overlap in one process.
struct Running {
    follower: Follower,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// Everything up to here is done with: acted upon, or of no interest. The durable cursor may be behind it.
    seen: i64,
    /// Failures in a row, by entry.
    failures: HashMap<i64, u32>,
}

impl Followers {
    /// Gathers the followers that one process runs.
    pub fn new(db: Db, all: Vec<Follower>) -> Self {
        let running = |follower| Running { follower, memory: Mutex::default() };
        Self {
            db,
            all: Arc::new(all.into_iter().map(running).collect()),
            room: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Follows the journal until `stop` becomes true.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let mut loops = JoinSet::new();
        for index in 0..self.all.len() {
            loops.spawn(self.clone().run_one(index, stop.clone()));
        }
        while let Some(ended) = loops.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a follower ended before its time");
            }
        }
    }

    async fn run_one(self, index: usize, mut stop: watch::Receiver<bool>) {
        let mut commits = self.db.commits();
        while !*stop.borrow() {
            let failed = self.catch_up_one(&self.all[index]).await;
            tokio::select! {
                _ = commits.changed(), if !failed => {}
                () = tokio::time::sleep(if failed { RETRY } else { POLL }) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Acts upon everything that happened so far; returns whether something failed and wants another try.
    pub async fn catch_up(&self) -> bool {
        let mut failed = false;
        for running in self.all.iter() {
            failed |= self.catch_up_one(running).await;
        }
        failed
    }

    async fn catch_up_one(&self, running: &Running) -> bool {
        let mut memory = running.memory.lock().await;
        let outcome = self.follow(&running.follower, &mut memory).await;
        if let Err(error) = &outcome {
            let name = running.follower.name;
            tracing::warn!(follower = name, ?error, "a reaction failed and will be tried again");
        }
        outcome.is_err()
    }

    async fn follow(&self, follower: &Follower, memory: &mut Memory) -> Result<()> {
        loop {
            let _room = self.room.acquire().await;
            let mut tx = self.db.read(&Actor::system()).await?;
            if memory.seen == 0 {
                memory.seen = cursor(&mut tx, follower.name).await?;
            }
            let query = Query { after: memory.seen, limit: BATCH, ..Query::default() };
            let entries = read(&mut tx, &query).await?;
            drop(tx);
            let (Some(last), count) = (entries.last().map(|e| e.seq), entries.len()) else { return Ok(()) };
            let wanted: Vec<&Entry> = entries.iter().filter(|entry| (follower.wants)(entry)).collect();
            for some in wanted.chunks(TOGETHER) {
                self.act_on(follower, some, memory).await?;
            }
            memory.seen = last;
            // A cursor that stays behind entries of no interest is moved rarely: a write costs an fsync.
            let moved_to = wanted.last().map_or(0, |entry| entry.seq);
            if moved_to < last && (count == BATCH || last % 64 == 0) {
                self.skip_to(follower.name, last).await?;
            }
            if count < BATCH {
                return Ok(());
            }
        }
    }

    /// Acts upon entries together; where that fails, upon one after the other, to find out which it is.
    async fn act_on(&self, follower: &Follower, some: &[&Entry], memory: &mut Memory) -> Result<()> {
        if some.len() > 1 && self.act(follower, some).await.is_ok() {
            memory.seen = some.last().map_or(memory.seen, |entry| entry.seq);
            return Ok(());
        }
        for entry in some {
            match self.act(follower, &[entry]).await {
                Ok(()) => drop(memory.failures.remove(&entry.seq)),
                Err(error) => self.failed(follower, entry, error, memory).await?,
            }
            memory.seen = entry.seq;
        }
        Ok(())
    }

    async fn act(&self, follower: &Follower, some: &[&Entry]) -> Result<()> {
        let mut tx = self.db.write(&Actor::system()).await?;
        let done = cursor_held(&mut tx, follower.name).await?;
        // What another node has done is passed over.
        let rest: Vec<&Entry> = some.iter().copied().filter(|entry| entry.seq > done).collect();
        let Some(last) = rest.last() else { return Ok(()) };
        advance(&mut tx, follower.name, last.seq).await?;
        for entry in rest {
            (follower.act)(&mut tx, entry).await?;
        }
        tx.commit().await
    }

    /// Counts a failure; gives the error back while there are tries left.
    async fn failed(
        &self,
        follower: &Follower,
        entry: &Entry,
        error: Error,
        memory: &mut Memory,
    ) -> Result<()> {
        let tries = memory.failures.entry(entry.seq).or_default();
        *tries += 1;
        if *tries < TRIES {
            return Err(error);
        }
        self.put_aside(follower.name, entry.seq, &error).await?;
        memory.failures.remove(&entry.seq);
        Ok(())
    }

    async fn put_aside(&self, name: &'static str, seq: i64, error: &base::Error) -> Result<()> {
        tracing::error!(follower = name, seq, error = ?error, "a reaction failed too often and was put aside");
        let mut tx = self.db.write(&Actor::system()).await?;
        let sql =
            "insert into follower_skip (name, seq, error, at) values ($1, $2, $3, $4) on conflict do nothing";
        let now = tx.now();
        tx.run(sql, &params![name, seq, format!("{error:?}"), now]).await?;
        advance(&mut tx, name, seq).await?;
        tx.commit().await
    }

    async fn skip_to(&self, name: &'static str, seq: i64) -> Result<()> {
        let mut tx = self.db.write(&Actor::system()).await?;
        if cursor_held(&mut tx, name).await? < seq {
            advance(&mut tx, name, seq).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
