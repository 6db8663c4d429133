//! Followers: whoever acts upon entries, each with a durable cursor.

use crate::entry::{Entry, Query, read};
use base::{Actor, Result};
use db::{Db, Tx, params};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};

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

/// Runs followers.
#[derive(Clone)]
pub struct Followers {
    db: Db,
    all: Arc<Vec<Follower>>,
    /// Failures in a row, by follower and entry. Held while a round runs, so that rounds do not overlap in one process.
    failures: Arc<Mutex<HashMap<(&'static str, i64), u32>>>,
}

impl Followers {
    /// Gathers the followers that one process runs.
    pub fn new(db: Db, all: Vec<Follower>) -> Self {
        Self { db, all: Arc::new(all), failures: Arc::default() }
    }

    /// Follows the journal until `stop` becomes true.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut commits = self.db.commits();
        while !*stop.borrow() {
            let failed = self.catch_up().await;
            // A commit wakes; the poll is for wake-ups that other nodes could not deliver, and for another try.
            let pause = std::time::Duration::from_millis(if failed { 500 } else { 2_000 });
            tokio::select! {
                _ = commits.changed() => {}
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Acts upon everything that happened so far; returns whether something failed and wants another try.
    pub async fn catch_up(&self) -> bool {
        let mut failures = self.failures.lock().await;
        let mut failed = false;
        for follower in self.all.iter() {
            if let Err(error) = self.follow(follower, &mut failures).await {
                tracing::warn!(follower = follower.name, error = ?error, "a reaction failed and will be tried again");
                failed = true;
            }
        }
        failed
    }

    async fn follow(
        &self,
        follower: &Follower,
        failures: &mut HashMap<(&'static str, i64), u32>,
    ) -> Result<()> {
        loop {
            let mut tx = self.db.read(&Actor::system()).await?;
            let entries = next_for(&mut tx, follower.name, BATCH).await?;
            drop(tx);
            let (Some(last), count) = (entries.last().map(|e| e.seq), entries.len()) else { return Ok(()) };
            let mut moved_to = 0;
            for entry in entries.iter().filter(|entry| (follower.wants)(entry)) {
                match self.act(follower, entry).await {
                    Ok(()) => failures.remove(&(follower.name, entry.seq)),
                    Err(error) => {
                        let tries = failures.entry((follower.name, entry.seq)).or_default();
                        *tries += 1;
                        if *tries < TRIES {
                            return Err(error);
                        }
                        self.put_aside(follower.name, entry.seq, &error).await?;
                        failures.remove(&(follower.name, entry.seq))
                    }
                };
                moved_to = entry.seq;
            }
            // A cursor that stays behind entries of no interest is moved rarely: a write costs an fsync.
            if moved_to < last && (count == BATCH || last % 64 == 0) {
                self.skip_to(follower.name, last).await?;
            }
            if count < BATCH {
                return Ok(());
            }
        }
    }

    async fn act(&self, follower: &Follower, entry: &Entry) -> Result<()> {
        let mut tx = self.db.write(&Actor::system()).await?;
        if cursor_held(&mut tx, follower.name).await? >= entry.seq {
            return Ok(()); // Another node was here.
        }
        advance(&mut tx, follower.name, entry.seq).await?;
        (follower.act)(&mut tx, entry).await?;
        tx.commit().await
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
