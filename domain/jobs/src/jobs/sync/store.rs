//! Many jobs of one file at once: a repository may have thousands, and each push asks for all of them.

use crate::agents::store::json;
use crate::file::{self, Finding};
use base::Result;
use base::id::{DefinitionId, RepositoryId};
use db::{Tx, params};
use std::collections::HashMap;

/// What the jobs of one file say now, by their definition: the commit, and what it means.
pub(super) async fn definitions(
    tx: &mut Tx,
    repository: RepositoryId,
    path: &str,
) -> Result<HashMap<DefinitionId, (String, file::Job)>> {
    let sql = "select job_definition.id, job_definition.commit_id, job_definition.model from job
        join job_definition on job_definition.id = job.definition_id where job.repository_id = $1 and job.path = $2";
    let rows = tx.rows(sql, &params![repository, path]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, (row.get(1)?, json(row.get(2)?)?)))).collect()
}

/// Notes that a newer commit says the same.
pub(super) async fn said_again(tx: &mut Tx, definition: DefinitionId, commit: &str) -> Result<()> {
    let sql = "update job_definition set commit_id = $2 where id = $1";
    tx.run(sql, &params![definition, commit]).await.map(drop)
}

/// The names of the jobs that this one is frozen around.
pub(super) async fn frozen_around(tx: &mut Tx, name: &str) -> Result<Vec<String>> {
    let sql = "select job_freeze.other_name from job_freeze join job on job.id = job_freeze.job_id
        where job.name = $1 and job.gone_at is null order by job_freeze.other_name";
    tx.rows(sql, &params![name]).await?.iter().map(|row| row.get(0)).collect()
}

/// The job files with a finding at this place.
pub(super) async fn files_with(tx: &mut Tx, place: &str) -> Result<Vec<(RepositoryId, Vec<Finding>)>> {
    let sql =
        "select repository_id, findings from job_file where findings like $1 order by repository_id, path";
    let rows = tx.rows(sql, &params![format!("%\"{place}\"%")]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, json(row.get(1)?)?))).collect()
}
