//! The statements that load what stands beside many tasks at once.

use crate::access;
use crate::names::{ProjectName, SectionName, TagName, TaskName};
use crate::tasks::Home;
use base::id::{AnyId, SectionId, TaskId, UserId};
use base::{Result, Value};
use db::{Filter, Tx, params};

fn within(column: &str, ids: &[TaskId]) -> Filter {
    let mut filter = Filter::default();
    filter.and_in(column, ids.iter().map(Value::from));
    filter
}

/// The projects and sections of these tasks that the actor sees, first come first.
pub(crate) async fn homes_of(tx: &mut Tx, ids: &[TaskId]) -> Result<Vec<(TaskId, Home)>> {
    let mut filter = within("m.task_id", ids);
    access::seen_projects(tx, &mut filter);
    let sql = format!(
        "select m.task_id, p.id, p.name, s.id, s.name from membership m join project p on p.id = m.project_id
         join section s on s.id = m.section_id where {} order by m.added_at, p.id",
        filter.sql()
    );
    let rows = tx.rows(&sql, filter.params()).await?;
    rows.into_iter()
        .map(|row| {
            let mut c = row.columns();
            let task = c.next()?;
            let project = ProjectName { id: c.next()?, name: c.next()? };
            Ok((task, Home { project, section: SectionName { id: c.next()?, name: c.next()? } }))
        })
        .collect()
}

pub(crate) async fn followers_of(tx: &mut Tx, ids: &[TaskId]) -> Result<Vec<(TaskId, UserId)>> {
    let filter = within("task_id", ids);
    let sql = format!(
        "select task_id, user_id from task_follower where {} order by since_at, user_id",
        filter.sql()
    );
    tx.rows(&sql, filter.params()).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

pub(crate) async fn tags_of(tx: &mut Tx, ids: &[TaskId]) -> Result<Vec<(TaskId, TagName)>> {
    let filter = within("g.task_id", ids);
    let sql = format!(
        "select g.task_id, tag.id, tag.name from task_tag g join tag on tag.id = g.tag_id
         where {} order by g.since_at, tag.id",
        filter.sql()
    );
    let rows = tx.rows(&sql, filter.params()).await?;
    rows.iter().map(|row| Ok((row.get(0)?, TagName { id: row.get(1)?, name: row.get(2)? }))).collect()
}

/// Who likes tasks or stories: the subject, the like and the person.
pub(crate) async fn likes_of(
    tx: &mut Tx,
    kind: &'static str,
    ids: &[i64],
) -> Result<Vec<(i64, AnyId, UserId)>> {
    let mut filter = Filter::default();
    filter.and("kind = ?", params![kind]);
    filter.and_in("subject_id", ids.iter().map(|id| Value::Int(*id)));
    let sql = format!("select subject_id, id, user_id from liked where {} order by id", filter.sql());
    tx.rows(&sql, filter.params())
        .await?
        .iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .collect()
}

pub(crate) async fn like(tx: &mut Tx, kind: &'static str, subject: i64, user: UserId) -> Result<bool> {
    let (id, now): (AnyId, _) = (tx.new_id(), tx.now());
    let sql = "insert into liked (id, kind, subject_id, user_id, since_at) values ($1, $2, $3, $4, $5) on conflict do nothing";
    Ok(tx.run(sql, &params![id, kind, subject, user, now]).await? > 0)
}

pub(crate) async fn unlike(tx: &mut Tx, kind: &'static str, subject: i64, user: UserId) -> Result<bool> {
    let sql = "delete from liked where kind = $1 and subject_id = $2 and user_id = $3";
    Ok(tx.run(sql, &params![kind, subject, user]).await? > 0)
}

/// The names of tasks, whoever asks: for what the actor sees anyway.
pub(crate) async fn names_of(tx: &mut Tx, ids: &[TaskId]) -> Result<Vec<TaskName>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let filter = within("id", ids);
    let sql = format!("select id, name, kind from task where {}", filter.sql());
    let rows = tx.rows(&sql, filter.params()).await?;
    rows.iter().map(|row| Ok(TaskName { id: row.get(0)?, name: row.get(1)?, kind: row.get(2)? })).collect()
}

pub(crate) async fn subtask_counts(tx: &mut Tx, ids: &[TaskId]) -> Result<Vec<(TaskId, i64)>> {
    let mut filter = within("parent_id", ids);
    filter.and("deleted_at is null", []);
    let sql = format!("select parent_id, count(*) from task where {} group by parent_id", filter.sql());
    tx.rows(&sql, filter.params()).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// What these tasks wait for, as pairs of waiting and awaited, of what is not deleted.
pub(crate) async fn waits_of(tx: &mut Tx, ids: &[TaskId]) -> Result<Vec<(TaskId, TaskId)>> {
    let filter = within("d.task_id", ids);
    let sql = format!(
        "select d.task_id, d.waits_for_id from dependency d join task t on t.id = d.waits_for_id
         where t.deleted_at is null and {} order by d.since_at, d.waits_for_id",
        filter.sql()
    );
    tx.rows(&sql, filter.params()).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// What waits for these tasks, as pairs of awaited and waiting, of what is not deleted.
pub(crate) async fn waited_by(tx: &mut Tx, ids: &[TaskId]) -> Result<Vec<(TaskId, TaskId)>> {
    let filter = within("d.waits_for_id", ids);
    let sql = format!(
        "select d.waits_for_id, d.task_id from dependency d join task t on t.id = d.task_id
         where t.deleted_at is null and {} order by d.since_at, d.task_id",
        filter.sql()
    );
    tx.rows(&sql, filter.params()).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

pub(crate) async fn add_wait(tx: &mut Tx, task: TaskId, waits_for: TaskId) -> Result<bool> {
    let now = tx.now();
    let sql =
        "insert into dependency (task_id, waits_for_id, since_at) values ($1, $2, $3) on conflict do nothing";
    Ok(tx.run(sql, &params![task, waits_for, now]).await? > 0)
}

pub(crate) async fn remove_wait(tx: &mut Tx, task: TaskId, waits_for: TaskId) -> Result<bool> {
    let sql = "delete from dependency where task_id = $1 and waits_for_id = $2";
    Ok(tx.run(sql, &params![task, waits_for]).await? > 0)
}

/// Whether `from` waits for `target`, directly or through others.
pub(crate) async fn reaches(tx: &mut Tx, from: TaskId, target: TaskId) -> Result<bool> {
    let sql = "with recursive ahead (id) as (
        select cast($1 as bigint) union select d.waits_for_id from dependency d join ahead on d.task_id = ahead.id)
      select 1 from ahead where id = $2";
    Ok(tx.opt(sql, &params![from, target]).await?.is_some())
}

/// The names of sections of people's own lists.
pub(crate) async fn list_sections_of(tx: &mut Tx, ids: &[SectionId]) -> Result<Vec<SectionName>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut filter = Filter::default();
    filter.and_in("id", ids.iter().map(Value::from));
    let sql = format!("select id, name from list_section where {}", filter.sql());
    let rows = tx.rows(&sql, filter.params()).await?;
    rows.iter().map(|row| Ok(SectionName { id: row.get(0)?, name: row.get(1)? })).collect()
}
