//! Rows of those who wait for an environment to open.

use base::Result;
use base::id::{EnvironmentId, TaskId, UserId};
use db::{Tx, params};

pub(super) async fn has(tx: &mut Tx, environment: EnvironmentId, user: UserId) -> Result<bool> {
    let sql = "select 1 from opening_watch where environment_id = $1 and user_id = $2";
    Ok(tx.opt(sql, &params![environment, user]).await?.is_some())
}

/// Everybody who waits, the longest first.
pub(super) async fn all(tx: &mut Tx) -> Result<Vec<(EnvironmentId, UserId, TaskId)>> {
    let sql = "select environment_id, user_id, task_id from opening_watch order by since, user_id";
    let rows = tx.rows(sql, &[]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

/// False when they waited already.
pub(super) async fn insert(
    tx: &mut Tx,
    environment: EnvironmentId,
    user: UserId,
    task: TaskId,
) -> Result<bool> {
    let now = tx.now();
    let sql = "insert into opening_watch (environment_id, user_id, task_id, since) values ($1, $2, $3, $4) on conflict do nothing";
    Ok(tx.run(sql, &params![environment, user, task, now]).await? > 0)
}

pub(super) async fn delete(tx: &mut Tx, environment: EnvironmentId, user: UserId) -> Result<bool> {
    let sql = "delete from opening_watch where environment_id = $1 and user_id = $2";
    Ok(tx.run(sql, &params![environment, user]).await? > 0)
}
