//! The queue: rows, and the statements that move them.

use base::id::ChoreId;
use base::{Limit, Result, Time};
use db::{Row, Tx, params};
use std::time::Duration;

/// A piece of work that is to be done.
#[derive(Clone, Debug)]
pub struct Chore {
    /// Its id.
    pub id: ChoreId,
    /// What sort of work; names the handler.
    pub kind: String,
    /// What the handler needs to know.
    pub payload: serde_json::Value,
    /// How often it has been tried before this time.
    pub attempts: u64,
    /// When it was enqueued.
    pub created_at: Time,
}

/// How long a handler may take before another process takes the chore for abandoned.
pub(crate) const LEASE: Duration = Duration::from_secs(15 * 60);

/// Enqueues a chore that is due at once.
pub async fn enqueue(tx: &mut Tx, kind: &'static str, payload: serde_json::Value) -> Result<ChoreId> {
    let now = tx.now();
    let id: ChoreId = tx.new_id();
    insert(tx, id, kind, None, &payload, now).await?;
    Ok(id)
}

/// Enqueues a chore that is due at `at`. With a `key` there is at most one waiting chore of that kind and key: a second
/// one only moves the first to the earlier of both times and gives it the new payload.
pub async fn enqueue_at(
    tx: &mut Tx,
    kind: &'static str,
    payload: serde_json::Value,
    at: Time,
    key: Option<&str>,
) -> Result<()> {
    let id: ChoreId = tx.new_id();
    insert(tx, id, kind, key, &payload, at).await
}

/// Takes back the waiting chore of that kind and key, if there is one: what it was to look at has settled itself.
pub async fn cancel(tx: &mut Tx, kind: &'static str, key: &str) -> Result<()> {
    let sql = "delete from chore where kind = $1 and key = $2 and key is not null and state = 'ready'";
    tx.run(sql, &params![kind, key]).await.map(drop)
}

async fn insert(
    tx: &mut Tx,
    id: ChoreId,
    kind: &str,
    key: Option<&str>,
    payload: &serde_json::Value,
    at: Time,
) -> Result<()> {
    let sql = "insert into chore (id, kind, key, payload, state, run_at, attempts, created_at)
      values ($1, $2, $3, $4, 'ready', $5, 0, $6)
      on conflict (kind, key) where key is not null and state = 'ready' do update set payload = excluded.payload,
        run_at = case when excluded.run_at < chore.run_at then excluded.run_at else chore.run_at end";
    let now = tx.now();
    tx.run(sql, &params![id, kind, key, payload, at, now]).await?;
    // Chores wake the runner through the same signal as the journal does.
    tx.wake();
    Ok(())
}

/// Takes the chores of these kinds that are due, at most `limit`, and gives them a lease.
pub(crate) async fn claim(tx: &mut Tx, node: &str, limit: usize) -> Result<Vec<Chore>> {
    let sql = "update chore set state = 'running', lease_until = $1, node = $2
      where id in (select id from chore where state = 'ready' and run_at <= $3 order by run_at, id limit $4
        /*pg: for update skip locked */)
      returning id, kind, payload, attempts, created_at";
    let now = tx.now();
    let rows = tx.rows(sql, &params![now.plus(LEASE), node, now, limit]).await?;
    rows.into_iter().map(from_row).collect()
}

fn from_row(row: Row) -> Result<Chore> {
    let mut c = row.columns();
    Ok(Chore {
        id: c.next()?,
        kind: c.next()?,
        payload: c.next()?,
        attempts: u64::try_from(c.next::<i64>()?).unwrap_or(0),
        created_at: c.next()?,
    })
}

/// When the next chore is due.
pub(crate) async fn next_due(tx: &mut Tx) -> Result<Option<Time>> {
    tx.one("select min(run_at) from chore where state = 'ready'", &[]).await?.get(0)
}

pub(crate) async fn done(tx: &mut Tx, id: ChoreId) -> Result<()> {
    tx.run("delete from chore where id = $1", &params![id]).await.map(drop)
}

/// Notes a failure: another try with backoff (2 s, 4 s, ... at most an hour, a quarter of it random so that chores that
/// failed together do not come back together), or the end.
pub(crate) async fn failed(tx: &mut Tx, chore: &Chore, error: &base::Error) -> Result<()> {
    let attempts = chore.attempts + 1;
    let is_dead = attempts >= tx.limits().get(Limit::ChoreAttempts);
    let wait =
        Duration::from_secs(2_u64.saturating_pow(u32::try_from(attempts).unwrap_or(12).min(12)).min(3_600));
    let jitter = Duration::from_millis(base::random::below(wait.as_millis() as u64 / 4 + 1));
    let again_at = tx.now().plus(wait).plus(jitter);
    let state = if is_dead { "dead" } else { "ready" };
    // A newer chore with the same key may wait already: this one then gives way to it.
    let sql = "update chore set state = $2, run_at = $3, attempts = $4, last_error = $5, lease_until = null, node = null
      where id = $1 and not exists (select 1 from chore as newer where newer.kind = chore.kind and newer.key = chore.key
        and newer.state = 'ready' and newer.id <> chore.id)";
    let text: String = format!("{error:?}").chars().take(2_000).collect();
    if tx.run(sql, &params![chore.id, state, again_at, attempts, text]).await? == 0 {
        done(tx, chore.id).await?;
    }
    Ok(())
}

/// Gives back what `node` was doing, or whose lease ran out.
pub(crate) async fn rescue(tx: &mut Tx, node: Option<&str>) -> Result<u64> {
    let sql = "update chore set state = 'ready', lease_until = null, node = null
      where state = 'running' and (lease_until < $1 or node = $2) and not exists (select 1 from chore as newer
        where newer.kind = chore.kind and newer.key = chore.key and newer.state = 'ready')";
    let now = tx.now();
    tx.run(sql, &params![now, node]).await
}

/// How many chores there are in each state.
#[derive(Debug, Default, serde::Serialize)]
pub struct Counts {
    /// Waiting for their time or for a runner.
    pub ready: i64,
    /// Being done.
    pub running: i64,
    /// Given up.
    pub dead: i64,
}

/// Counts chores, for `doctor` and metrics.
pub async fn counts(tx: &mut Tx) -> Result<Counts> {
    let mut counts = Counts::default();
    for row in tx.rows("select state, count(*) from chore group by state", &[]).await? {
        match row.get::<String>(0)?.as_str() {
            "ready" => counts.ready = row.get(1)?,
            "running" => counts.running = row.get(1)?,
            _ => counts.dead = row.get(1)?,
        }
    }
    Ok(counts)
}
