//! Runs by count: how many, and some after so many others.

use super::many;
use crate::runs::{Run, State};
use base::id::JobId;
use base::{Result, Value};
use db::{Filter, Tx, params};

fn wanted(job: JobId, states: &[State]) -> Filter {
    let mut wanted = Filter::default();
    wanted.and("job_id = ?", params![job]);
    if !states.is_empty() {
        wanted.and_in("state", states.iter().map(|state| Value::from(*state)));
    }
    wanted
}

pub(in crate::runs) async fn count(tx: &mut Tx, job: JobId, states: &[State]) -> Result<usize> {
    let wanted = wanted(job, states);
    let sql = format!("select count(*) from run where {}", wanted.sql());
    let count: i64 = tx.one(&sql, wanted.params()).await?.get(0)?;
    Ok(usize::try_from(count).unwrap_or(0))
}

pub(in crate::runs) async fn page(
    tx: &mut Tx,
    job: JobId,
    states: &[State],
    skip: usize,
    limit: usize,
) -> Result<Vec<Run>> {
    let mut wanted = wanted(job, states);
    let (limit, skip) = (wanted.param(limit), wanted.param(skip));
    let sql = format!(
        concat!("select ", columns!(), " from run where {} order by id desc limit {} offset {}"),
        wanted.sql(),
        limit,
        skip
    );
    many(tx, &sql, wanted.params()).await
}
