//! Rows of jobs, their definitions and their files.

use super::{Definition, Finding, Job, Name, Pause, models};
use crate::agents::store::json;
use base::id::{DefinitionId, JobId, RepositoryId, UserId};
use base::{Error, Result, Time};
use db::{Row, Tx, params};

const COLUMNS: &str = "id, repository_id, path, name, title, owner, definition_id, enabled, permissions, last_number, paused_at,
    paused_until, paused_by, pause_reason, made_at, gone_at, paused_for_all";

fn job(row: &Row) -> Result<Job> {
    let permissions: Option<serde_json::Value> = row.get(8)?;
    let paused_at: Option<Time> = row.get(10)?;
    let (until, by, reason): (Option<Time>, Option<String>, Option<String>) =
        (row.get(11)?, row.get(12)?, row.get(13)?);
    let is_for_all: bool = row.get(16)?;
    Ok(Job {
        id: row.get(0)?,
        repository: row.get(1)?,
        path: row.get(2)?,
        name: row.get(3)?,
        title: row.get(4)?,
        owner: row.get(5)?,
        definition: row.get(6)?,
        enabled: row.get(7)?,
        permissions: permissions.map(json).transpose()?,
        last_number: row.get(9)?,
        pause: paused_at.map(|at| Pause { at, until, by: by.unwrap_or_default(), reason, is_for_all }),
        made_at: row.get(14)?,
        gone_at: row.get(15)?,
    })
}

pub(crate) async fn get(tx: &mut Tx, id: JobId) -> Result<Option<Job>> {
    let sql = format!("select {COLUMNS} from job where id = $1");
    tx.opt(&sql, &params![id]).await?.as_ref().map(job).transpose()
}

/// Takes the row, so that numbers and overlaps have an order.
pub(crate) async fn hold(tx: &mut Tx, id: JobId) -> Result<Option<Job>> {
    let sql = format!("select {COLUMNS} from job where id = $1 /*pg: for update */");
    tx.opt(&sql, &params![id]).await?.as_ref().map(job).transpose()
}

pub(crate) async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<Job>> {
    let sql = format!("select {COLUMNS} from job where name = $1");
    tx.opt(&sql, &params![name]).await?.as_ref().map(job).transpose()
}

pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Job>> {
    let sql = format!("select {COLUMNS} from job where gone_at is null order by lower(title), id");
    tx.rows(&sql, &[]).await?.iter().map(job).collect()
}

/// Some jobs by title, those after another one.
pub(super) async fn after(tx: &mut Tx, last: Option<JobId>, limit: usize) -> Result<Vec<Job>> {
    let beyond = "and (lower(title), id) > (select lower(title), id from job where id = $2)";
    let sql = format!(
        "select {COLUMNS} from job where gone_at is null {} order by lower(title), id limit $1",
        last.map_or("", |_| beyond)
    );
    let rows = match last {
        Some(last) => tx.rows(&sql, &params![limit, last]).await?,
        None => tx.rows(&sql, &params![limit]).await?,
    };
    rows.iter().map(job).collect()
}

/// Those whose files say something of who may do what.
pub(crate) async fn with_permissions(tx: &mut Tx) -> Result<Vec<Job>> {
    let sql =
        format!("select {COLUMNS} from job where gone_at is null and permissions is not null order by id");
    tx.rows(&sql, &[]).await?.iter().map(job).collect()
}

pub(super) async fn fitting(tx: &mut Tx, words: &str) -> Result<Vec<Job>> {
    let sql = format!(
        "select {COLUMNS} from job where gone_at is null and (lower(title) like $1 escape '\\' or name like $1 escape '\\')
         order by lower(title), id limit 100"
    );
    tx.rows(&sql, &params![db::like("%", words, "%")]).await?.iter().map(job).collect()
}

pub(super) async fn names(tx: &mut Tx) -> Result<Vec<Name>> {
    let rows = tx.rows("select id, repository_id, name, gone_at from job order by id", &[]).await?;
    let name = |row: &Row| {
        let gone_at: Option<Time> = row.get(3)?;
        Ok(Name { job: row.get(0)?, repository: row.get(1)?, name: row.get(2)?, is_gone: gone_at.is_some() })
    };
    rows.iter().map(name).collect()
}

pub(super) async fn of_repository(tx: &mut Tx, repository: RepositoryId) -> Result<Vec<Job>> {
    let sql = format!("select {COLUMNS} from job where repository_id = $1 order by id");
    tx.rows(&sql, &params![repository]).await?.iter().map(job).collect()
}

fn permissions(job: &Job) -> Result<Option<serde_json::Value>> {
    let stored = job.permissions.as_ref().map(serde_json::to_value).transpose();
    stored.map_err(|error| {
        Error::bug("jobs.stored", "the permissions of a job cannot be stored").because(error)
    })
}

pub(super) async fn insert(tx: &mut Tx, job: &Job) -> Result<()> {
    let sql = "insert into job (id, repository_id, path, name, title, owner, definition_id, enabled, permissions, last_number,
        made_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let params = params![
        job.id,
        job.repository,
        &job.path,
        &job.name,
        &job.title,
        job.owner.clone(),
        job.definition,
        job.enabled,
        permissions(job)?,
        job.last_number,
        job.made_at
    ];
    tx.run(sql, &params).await.map(drop)
}

/// Writes what its file says of a job.
pub(super) async fn set_said(tx: &mut Tx, job: &Job) -> Result<()> {
    let sql = "update job set repository_id = $9, path = $2, title = $3, owner = $4, definition_id = $5, enabled = $6, permissions = $7, gone_at = $8
        where id = $1";
    let params = params![
        job.id,
        &job.path,
        &job.title,
        job.owner.clone(),
        job.definition,
        job.enabled,
        permissions(job)?,
        job.gone_at,
        job.repository
    ];
    tx.run(sql, &params).await.map(drop)
}

pub(super) async fn set_pause(tx: &mut Tx, job: &Job) -> Result<()> {
    let sql = "update job set paused_at = $2, paused_until = $3, paused_by = $4, pause_reason = $5, paused_for_all = $6 where id = $1";
    let pause = job.pause.as_ref();
    let params = params![
        job.id,
        pause.map(|pause| pause.at),
        pause.and_then(|pause| pause.until),
        pause.map(|pause| pause.by.clone()),
        pause.and_then(|pause| pause.reason.clone()),
        pause.is_some_and(|pause| pause.is_for_all)
    ];
    tx.run(sql, &params).await.map(drop)
}

/// Gives out the number of the next run. The caller holds the job's row.
pub(crate) async fn next_number(tx: &mut Tx, id: JobId) -> Result<i64> {
    let sql = "update job set last_number = last_number + 1 where id = $1 returning last_number";
    tx.one(sql, &params![id]).await?.get(0)
}

pub(crate) async fn insert_definition(tx: &mut Tx, job: JobId, definition: &Definition) -> Result<()> {
    let sql = "insert into job_definition (id, job_id, commit_id, source, model, made_at) values ($1, $2, $3, $4, $5, $6)";
    let model = serde_json::to_value(&definition.model)
        .map_err(|error| Error::bug("jobs.stored", "a definition cannot be stored").because(error))?;
    let params =
        params![definition.id, job, &definition.commit, &definition.source, model, definition.made_at];
    tx.run(sql, &params).await.map(drop)
}

pub(super) async fn definition(tx: &mut Tx, id: DefinitionId) -> Result<Option<Definition>> {
    let sql = "select id, commit_id, source, model, made_at from job_definition where id = $1";
    let Some(row) = tx.opt(sql, &params![id]).await? else { return Ok(None) };
    Ok(Some(Definition {
        id: row.get(0)?,
        commit: row.get(1)?,
        source: row.get(2)?,
        model: models::read(id, row.get(3)?)?,
        made_at: row.get(4)?,
    }))
}

pub(super) async fn set_watching(tx: &mut Tx, job: JobId, user: UserId, watches: bool) -> Result<bool> {
    let sql = if watches {
        "insert into job_watcher (job_id, user_id) values ($1, $2) on conflict do nothing"
    } else {
        "delete from job_watcher where job_id = $1 and user_id = $2"
    };
    Ok(tx.run(sql, &params![job, user]).await? > 0)
}

pub(super) async fn watchers(tx: &mut Tx, job: JobId) -> Result<Vec<UserId>> {
    let sql = "select user_id from job_watcher where job_id = $1 order by user_id";
    tx.rows(sql, &params![job]).await?.iter().map(|row| row.get(0)).collect()
}

/// Writes what was found in a job file.
pub(super) async fn put_file(
    tx: &mut Tx,
    repository: RepositoryId,
    path: &str,
    commit: &str,
    findings: &[Finding],
) -> Result<()> {
    let sql = "insert into job_file (repository_id, path, commit_id, findings, read_at) values ($1, $2, $3, $4, $5)
        on conflict (repository_id, path) do update set commit_id = excluded.commit_id, findings = excluded.findings,
        read_at = excluded.read_at";
    let found = serde_json::to_value(findings)
        .map_err(|error| Error::bug("jobs.stored", "findings cannot be stored").because(error))?;
    let now = tx.now();
    tx.run(sql, &params![repository, path, commit, found, now]).await.map(drop)
}

pub(super) async fn files(tx: &mut Tx, repository: RepositoryId) -> Result<Vec<(String, Vec<Finding>)>> {
    let sql = "select path, findings from job_file where repository_id = $1 order by path";
    let rows = tx.rows(sql, &params![repository]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, json(row.get(1)?)?))).collect()
}

/// Every file that something is to be said of.
pub(crate) async fn files_with_findings(tx: &mut Tx) -> Result<Vec<(RepositoryId, String, Vec<Finding>)>> {
    let sql = "select repository_id, path, findings from job_file where findings <> '[]' order by repository_id, path limit 100";
    let rows = tx.rows(sql, &[]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, json(row.get(2)?)?))).collect()
}

pub(super) async fn remove_file(tx: &mut Tx, repository: RepositoryId, path: &str) -> Result<()> {
    let sql = "delete from job_file where repository_id = $1 and path = $2";
    tx.run(sql, &params![repository, path]).await.map(drop)
}

/// Whether a repository has no jobs at all.
pub(super) async fn none_of(tx: &mut Tx, repository: RepositoryId) -> Result<bool> {
    let sql = "select 1 from job where repository_id = $1 and gone_at is null limit 1";
    Ok(tx.opt(sql, &params![repository]).await?.is_none())
}
