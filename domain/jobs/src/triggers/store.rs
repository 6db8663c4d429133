//! Rows of what starts what.

use crate::agents::store::json;
use crate::file::AfterTrigger;
use base::Result;
use base::id::{JobId, RepositoryId};
use db::{Tx, params};

pub(super) async fn clear(tx: &mut Tx, job: JobId) -> Result<()> {
    tx.run("delete from job_after where job_id = $1", &params![job]).await.map(drop)
}

pub(super) async fn insert_after(tx: &mut Tx, job: JobId, after: &AfterTrigger) -> Result<()> {
    let sql = "insert into job_after (job_id, after_name, result, params) values ($1, $2, $3, $4)";
    tx.run(sql, &params![job, &after.job, after.result, serde_json::json!(after.params)]).await.map(drop)
}

pub(super) async fn after(tx: &mut Tx, name: &str) -> Result<Vec<(JobId, AfterTrigger)>> {
    let sql = "select job_after.job_id, job_after.result, job_after.params from job_after join job on job.id = job_after.job_id
        where job_after.after_name = $1 and job.gone_at is null order by job_after.job_id";
    let rows = tx.rows(sql, &params![name]).await?;
    rows.iter()
        .map(|row| {
            let after =
                AfterTrigger { job: name.to_owned(), result: row.get(1)?, params: json(row.get(2)?)? };
            Ok((row.get(0)?, after))
        })
        .collect()
}

pub(super) async fn of_repository(tx: &mut Tx, repository: RepositoryId) -> Result<Vec<JobId>> {
    let sql = "select id from job where repository_id = $1 and gone_at is null order by id";
    tx.rows(sql, &params![repository]).await?.iter().map(|row| row.get(0)).collect()
}
