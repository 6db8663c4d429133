//! Rows of commits that belong to tasks, and of where they are.

use super::{Arrival, Linked, Place};
use base::id::{EnvironmentId, RepositoryId, TaskId};
use base::{Result, Value};
use db::{Filter, Row, Tx, params};
use std::collections::BTreeMap;

fn number(place: Place) -> i64 {
    match place {
        Place::Branch => 0,
        Place::Environment(id) => id.0,
    }
}

fn place(number: i64) -> Place {
    if number == 0 { Place::Branch } else { Place::Environment(EnvironmentId(number)) }
}

const OF_TASKS: &str = "select c.task_id, c.repository_id, c.commit_id, c.change, c.title, c.author, c.fixes, c.linked_by,
    p.place_id, p.since, p.deployment_number
  from task_commit c left join commit_place p on p.repository_id = c.repository_id and p.commit_id = c.commit_id";

/// The commits of these tasks with where they are: one statement.
pub(super) async fn of_tasks(tx: &mut Tx, tasks: &[TaskId]) -> Result<Vec<Linked>> {
    let mut filter = Filter::default();
    filter.and_in("c.task_id", tasks.iter().map(Value::from));
    let sql = format!(
        "{OF_TASKS} where {} order by c.task_id, c.linked_at, c.repository_id, c.commit_id, p.place_id",
        filter.sql()
    );
    gathered(tx.rows(&sql, filter.params()).await?)
}

/// The same of every task that one of these commits of a repository belongs to.
pub(super) async fn with_commits(
    tx: &mut Tx,
    repository: RepositoryId,
    commits: &[String],
) -> Result<Vec<Linked>> {
    if commits.is_empty() {
        return Ok(Vec::new());
    }
    let mut filter = Filter::default();
    filter.and("c.repository_id = ?", params![repository]);
    filter.and_in("c.commit_id", commits.iter().map(Value::from));
    let sql = format!("select distinct c.task_id from task_commit c where {}", filter.sql());
    let rows = tx.rows(&sql, filter.params()).await?;
    let tasks: Vec<TaskId> = rows.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    if tasks.is_empty() { Ok(Vec::new()) } else { of_tasks(tx, &tasks).await }
}

fn gathered(rows: Vec<Row>) -> Result<Vec<Linked>> {
    let mut found: Vec<Linked> = Vec::new();
    for row in rows {
        let mut c = row.columns();
        let linked = Linked {
            task: c.next()?,
            repository: c.next()?,
            commit: c.next()?,
            change: c.next()?,
            title: c.next()?,
            author: c.next()?,
            fixes: c.next()?,
            linked_by: c.next()?,
            arrivals: Vec::new(),
        };
        let arrival = match c.next::<Option<i64>>()? {
            Some(number) => Some(Arrival { place: place(number), since: c.next()?, deployment: c.next()? }),
            None => None,
        };
        let is_same = |last: &&mut Linked| {
            (last.task, last.repository, &last.commit) == (linked.task, linked.repository, &linked.commit)
        };
        match found.last_mut().filter(is_same) {
            Some(last) => last.arrivals.extend(arrival),
            None => found.push(Linked { arrivals: arrival.into_iter().collect(), ..linked }),
        }
    }
    Ok(found)
}

/// Which tasks these commits of a repository belong to, and whether they fix them.
pub(super) async fn tasks_of(
    tx: &mut Tx,
    repository: RepositoryId,
    commits: &[String],
) -> Result<Vec<(String, TaskId, bool)>> {
    if commits.is_empty() {
        return Ok(Vec::new());
    }
    let mut filter = Filter::default();
    filter.and("repository_id = ?", params![repository]);
    filter.and_in("commit_id", commits.iter().map(Value::from));
    let sql =
        format!("select commit_id, task_id, fixes from task_commit where {} order by task_id", filter.sql());
    let rows = tx.rows(&sql, filter.params()).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

const INSERT: &str = "insert into task_commit (task_id, repository_id, commit_id, change, title, author, fixes, linked_by, linked_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing";

/// Keeps that a commit belongs to a task; false when that was known.
pub(super) async fn insert(tx: &mut Tx, linked: &Linked) -> Result<bool> {
    let now = tx.now();
    let Linked { task, repository, commit, change, title, author, .. } = linked;
    let params =
        params![task, repository, commit, change, title, author, linked.fixes, linked.linked_by, now];
    Ok(tx.run(INSERT, &params).await? > 0)
}

pub(super) async fn delete(tx: &mut Tx, task: TaskId, commit: &str) -> Result<bool> {
    let sql = "delete from task_commit where task_id = $1 and commit_id = $2";
    Ok(tx.run(sql, &params![task, commit]).await? > 0)
}

const ARRIVE: &str = "insert into commit_place (repository_id, commit_id, place_id, since, deployment_number)
  values ($1, $2, $3, $4, $5) on conflict do nothing";

/// Keeps that a commit is at these places.
pub(super) async fn arrive(
    tx: &mut Tx,
    repository: RepositoryId,
    commit: &str,
    arrivals: &[Arrival],
) -> Result<()> {
    for arrival in arrivals {
        let params = params![repository, commit, number(arrival.place), arrival.since, arrival.deployment];
        tx.run(ARRIVE, &params).await?;
    }
    Ok(())
}

/// Keeps that these commits have left a place.
pub(super) async fn leave(
    tx: &mut Tx,
    repository: RepositoryId,
    commits: &[String],
    from: Place,
) -> Result<()> {
    if commits.is_empty() {
        return Ok(());
    }
    let mut filter = Filter::default();
    filter.and("repository_id = ? and place_id = ?", params![repository, number(from)]);
    filter.and_in("commit_id", commits.iter().map(Value::from));
    tx.run(&format!("delete from commit_place where {}", filter.sql()), filter.params()).await.map(drop)
}

/// Every commit of a repository that belongs to a task, with whether it is known to be at the place.
pub(super) async fn all(tx: &mut Tx, repository: RepositoryId, at: Place) -> Result<BTreeMap<String, bool>> {
    let sql = "select distinct c.commit_id, p.commit_id is not null from task_commit c
      left join commit_place p on p.repository_id = c.repository_id and p.commit_id = c.commit_id and p.place_id = $2
      where c.repository_id = $1";
    let rows = tx.rows(sql, &params![repository, number(at)]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// The commit that a place had when its rows were made.
pub(super) async fn seen(tx: &mut Tx, repository: RepositoryId, at: Place) -> Result<Option<String>> {
    let sql = "select commit_id from place_seen where repository_id = $1 and place_id = $2";
    tx.opt(sql, &params![repository, number(at)]).await?.map(|row| row.get(0)).transpose()
}

pub(super) async fn set_seen(tx: &mut Tx, repository: RepositoryId, at: Place, commit: &str) -> Result<()> {
    let sql = "insert into place_seen (repository_id, place_id, commit_id) values ($1, $2, $3)
      on conflict (repository_id, place_id) do update set commit_id = excluded.commit_id";
    tx.run(sql, &params![repository, number(at), commit]).await.map(drop)
}

/// Up to where the messages of a repository were read.
pub(super) async fn read_to(tx: &mut Tx, repository: RepositoryId) -> Result<Option<Vec<String>>> {
    let sql = "select heads from messages_read where repository_id = $1";
    let Some(row) = tx.opt(sql, &params![repository]).await? else { return Ok(None) };
    let stored: serde_json::Value = row.get(0)?;
    // Whatever else it were, everything would be read once more.
    Ok(Some(serde_json::from_value(stored).unwrap_or_default()))
}

pub(super) async fn set_read_to(tx: &mut Tx, repository: RepositoryId, heads: &[String]) -> Result<()> {
    let sql = "insert into messages_read (repository_id, heads) values ($1, $2)
      on conflict (repository_id) do update set heads = excluded.heads";
    tx.run(sql, &params![repository, serde_json::json!(heads)]).await.map(drop)
}
