//! Many runs and parts at once, for pages that show more than one job.

use super::{PART, many, part_of};
use crate::runs::{Part, Run};
use base::id::JobId;
use base::{Result, Time, Value};
use db::{Tx, params};

/// Jobs of one statement: databases bound how much of one they take.
const JOBS_AT_ONCE: usize = 100;

/// The last runs of some jobs, newest first.
pub(in crate::runs) async fn last_of_jobs(tx: &mut Tx, jobs: &[JobId], limit: usize) -> Result<Vec<Run>> {
    let mut all = Vec::new();
    for some in jobs.chunks(JOBS_AT_ONCE) {
        let one = |place: usize| {
            let columns = columns!();
            format!(
                "select * from (select {columns} from run where job_id = ${} order by id desc limit $1) as last{place}",
                place + 2
            )
        };
        let sql = (0..some.len()).map(one).collect::<Vec<_>>().join(" union all ");
        let mut params: Vec<Value> = params![limit].to_vec();
        params.extend(some.iter().map(|job| Value::from(*job)));
        all.extend(many(tx, &sql, &params).await?);
    }
    all.sort_by_key(|run| std::cmp::Reverse(run.id));
    Ok(all)
}

pub(in crate::runs) async fn between(tx: &mut Tx, from: Time, until: Time, limit: usize) -> Result<Vec<Run>> {
    let ended = concat!(
        "select ",
        columns!(),
        " from run where ended_at >= $1 and ended_at < $2 order by ended_at desc limit $3"
    );
    let mut all = many(tx, ended, &params![from, until, limit]).await?;
    let live = concat!(
        "select ",
        columns!(),
        " from run where ended_at is null and made_at < $1 order by id desc limit $2"
    );
    all.extend(many(tx, live, &params![until, limit]).await?);
    all.sort_by_key(|run| run.id);
    Ok(all)
}

/// Runs of default branches that went wrong and after which their job has come to no other end.
pub(in crate::runs) async fn failed_last(tx: &mut Tx, since: Time, limit: usize) -> Result<Vec<Run>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from run where state in ('failed', 'timed_out', 'lost') and ended_at >= $1 and trusted
          and not exists (select 1 from run as later where later.job_id = run.job_id and later.id > run.id and later.trusted
            and later.state in ('succeeded', 'failed', 'timed_out', 'lost'))
          order by ended_at desc limit $2"
    );
    many(tx, sql, &params![since, limit]).await
}

/// Parts that wait for an agent, with the numbers of their runs, the longest waiting first.
pub(in crate::runs) async fn queued(tx: &mut Tx, limit: usize) -> Result<Vec<(Part, i64)>> {
    let columns = PART.split(", ").map(|column| format!("run_part.{column}")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "select {columns}, run.number from run_part join run on run.id = run_part.run_id where run_part.state = 'queued'
         order by run_part.ready_at, run_part.id limit $1"
    );
    tx.rows(&sql, &params![limit]).await?.iter().map(|row| Ok((part_of(row)?, row.get(11)?))).collect()
}
