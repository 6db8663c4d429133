//! Rows of gate fields and of counted refusals.

use super::fields::{Attempts, Fields};
use crate::deployments::Kind;
use base::id::{EnvironmentId, TaskId};
use base::{Error, Result, Time};
use db::{Filter, Row, Tx, params};
use std::collections::BTreeMap;

const PUT: &str = "insert into lock_gate (task_id, kind, applies_to, reason, until_at, review_at, tag, version, placed_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (task_id) do update set kind = excluded.kind, applies_to = excluded.applies_to, reason = excluded.reason,
      until_at = excluded.until_at, review_at = excluded.review_at, tag = excluded.tag, version = excluded.version";

const COUNT: &str = "insert into lock_attempt (task_id, environment_id, attempts, first_at, last_at)
    values ($1, $2, 1, $3, $3)
    on conflict (task_id, environment_id) do update set attempts = lock_attempt.attempts + 1, last_at = excluded.last_at";

fn fields(row: Row) -> Result<(TaskId, Fields)> {
    let mut c = row.columns();
    let task = c.next()?;
    let fields = Fields {
        kind: c.next()?,
        applies_to: kinds(c.next()?)?,
        reason: c.next()?,
        until: c.next()?,
        review_at: c.next()?,
        tag: c.next()?,
        version: c.next()?,
        placed_at: Some(c.next()?),
    };
    Ok((task, fields))
}

fn kinds(stored: serde_json::Value) -> Result<Vec<Kind>> {
    serde_json::from_value(stored)
        .map_err(|error| Error::bug("lock.applies_to", "a lock applies to an unknown kind").because(error))
}

/// The fields of those of `tasks` that have any.
pub(super) async fn of(tx: &mut Tx, tasks: &[TaskId]) -> Result<BTreeMap<TaskId, Fields>> {
    if tasks.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut filter = Filter::default();
    filter.and_in("task_id", tasks.iter().map(base::Value::from));
    let sql = format!(
        "select task_id, kind, applies_to, reason, until_at, review_at, tag, version, placed_at from lock_gate where {}",
        filter.sql()
    );
    tx.rows(&sql, filter.params()).await?.into_iter().map(fields).collect()
}

pub(super) async fn put(tx: &mut Tx, task: TaskId, f: &Fields, placed_at: Time) -> Result<()> {
    let applies_to = serde_json::json!(f.applies_to);
    let values = params![
        task,
        f.kind,
        applies_to,
        f.reason.as_str(),
        f.until,
        f.review_at,
        f.tag.clone(),
        f.version,
        f.placed_at.unwrap_or(placed_at)
    ];
    tx.run(PUT, &values).await.map(drop)
}

pub(super) async fn count(tx: &mut Tx, task: TaskId, environment: EnvironmentId) -> Result<()> {
    let now = tx.now();
    tx.run(COUNT, &params![task, environment, now]).await.map(drop)
}

/// How often each of `tasks` stopped somebody, in all environments together.
pub(super) async fn attempts(tx: &mut Tx, tasks: &[TaskId]) -> Result<BTreeMap<TaskId, Attempts>> {
    if tasks.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut filter = Filter::default();
    filter.and_in("task_id", tasks.iter().map(base::Value::from));
    let sql = format!(
        "select task_id, cast(sum(attempts) as bigint), min(first_at), max(last_at) from lock_attempt where {} group by task_id",
        filter.sql()
    );
    let mut found = BTreeMap::new();
    for row in tx.rows(&sql, filter.params()).await? {
        let mut c = row.columns();
        let task = c.next()?;
        found.insert(task, Attempts { count: c.next()?, first_at: c.next()?, last_at: c.next()? });
    }
    Ok(found)
}
