//! Rows of deployments in brief, and where the environments stand.

use super::{Brief, Standing};
use base::id::{DeploymentId, EnvironmentId};
use base::{Result, Time, Value};
use db::{Filter, Row, Tx, params};

const COLUMNS: &str = "id, number, environment_id, kind, state, commit_id, previous_commit, slot_at, requested_by_name, task_id,
  requested_at, started_at, ended_at, exit_code, reason";

/// Each inner select reads one row by an index.
const STATES: &str = "select e.id,
    (select d.state from deployment d where d.environment_id = e.id and d.state in ('starting', 'running', 'aborting', 'lost')),
    (select d.lease_until from deployment d where d.environment_id = e.id and d.state in ('starting', 'running', 'aborting', 'lost')),
    (select d.state from deployment d where d.environment_id = e.id and d.state in ('succeeded', 'failed', 'timed_out', 'aborted')
       order by d.id desc limit 1)
  from environment e";

fn brief(row: Row) -> Result<Brief> {
    let mut c = row.columns();
    Ok(Brief {
        id: c.next()?,
        number: c.next()?,
        environment: c.next()?,
        kind: c.next()?,
        state: c.next()?,
        commit: c.next()?,
        previous_commit: c.next()?,
        slot: c.next()?,
        by: c.next()?,
        task: c.next()?,
        requested_at: c.next()?,
        started_at: c.next()?,
        ended_at: c.next()?,
        exit_code: c.next()?,
        reason: c.next()?,
    })
}

/// Uses the index deployment_by_environment.
pub(super) async fn recent(
    tx: &mut Tx,
    environment: EnvironmentId,
    before: Option<DeploymentId>,
    limit: usize,
) -> Result<Vec<Brief>> {
    let sql = format!(
        "select {COLUMNS} from deployment where environment_id = $1 and id < $2 order by id desc limit $3"
    );
    let before = before.map_or(i64::MAX, |before| before.0);
    tx.rows(&sql, &params![environment, before, limit]).await?.into_iter().map(brief).collect()
}

/// Uses the index deployment_by_time.
pub(super) async fn between(
    tx: &mut Tx,
    environments: &[EnvironmentId],
    from: Time,
    until: Time,
    limit: usize,
) -> Result<Vec<Brief>> {
    let mut wanted = Filter::default();
    wanted.and_in("environment_id", environments.iter().map(Value::from));
    wanted.and("requested_at >= ? and requested_at < ?", params![from, until]);
    let limit = wanted.param(limit);
    let sql = format!(
        "select {COLUMNS} from deployment where {} order by requested_at desc, id desc limit {limit}",
        wanted.sql()
    );
    let mut found: Vec<Brief> =
        tx.rows(&sql, wanted.params()).await?.into_iter().map(brief).collect::<Result<_>>()?;
    found.reverse();
    Ok(found)
}

pub(super) async fn states(tx: &mut Tx) -> Result<Vec<Standing>> {
    let read = |row: Row| {
        let mut c = row.columns();
        Ok(Standing { environment: c.next()?, live: c.next()?, lease_until: c.next()?, last: c.next()? })
    };
    tx.rows(STATES, &[]).await?.into_iter().map(read).collect()
}
