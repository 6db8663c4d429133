//! The statements about tasks.

mod beside;
mod lists;
mod places;
mod shown;

pub(crate) use beside::*;
pub(crate) use lists::*;
pub(crate) use places::*;
pub(crate) use shown::*;

use super::{External, Task};
use base::Result;
use base::id::{ProjectId, TaskId, UserId};
use db::{Row, Tx, params};

pub(crate) const COLUMNS: &str = "t.id, t.name, t.notes, t.html, t.kind, t.approval, t.assignee_id, t.assigned_by, t.list_section_id,
  t.completed_at, t.completed_by, t.due_on, t.due_at, t.start_on, t.start_at, t.parent_id, t.external_id, t.external_data,
  t.created_at, t.created_by, t.modified_at, t.deleted_at";

/// How many columns that is: what a statement selects besides comes after them.
pub(super) const WIDTH: usize = 22;

pub(crate) fn from_row(row: Row) -> Result<Task> {
    let mut c = row.columns();
    Ok(Task {
        id: c.next()?,
        name: c.next()?,
        notes: c.next()?,
        html: c.next()?,
        kind: c.next()?,
        approval: c.next()?,
        assignee: c.next()?,
        assigned_by: c.next()?,
        list_section: c.next()?,
        completed_at: c.next()?,
        completed_by: c.next()?,
        due_on: c.next()?,
        due_at: c.next()?,
        start_on: c.next()?,
        start_at: c.next()?,
        parent: c.next()?,
        external: external(c.next()?, c.next()?),
        created_at: c.next()?,
        created_by: c.next()?,
        modified_at: c.next()?,
        deleted_at: c.next()?,
    })
}

fn external(id: Option<String>, data: Option<String>) -> Option<External> {
    (id.is_some() || data.is_some()).then_some(External { id, data })
}

pub(super) fn all(rows: Vec<Row>) -> Result<Vec<Task>> {
    rows.into_iter().map(from_row).collect()
}

/// A task, deleted ones too.
pub(crate) async fn by_id(tx: &mut Tx, id: TaskId) -> Result<Option<Task>> {
    let sql = format!("select {COLUMNS} from task t where t.id = $1");
    tx.opt(&sql, &params![id]).await?.map(from_row).transpose()
}

/// The same; nobody else can change it until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, id: TaskId) -> Result<Option<Task>> {
    let sql = format!("select {COLUMNS} from task t where t.id = $1 /*pg: for update */");
    tx.opt(&sql, &params![id]).await?.map(from_row).transpose()
}

pub(crate) async fn by_external(tx: &mut Tx, id: &str) -> Result<Option<Task>> {
    let sql = format!("select {COLUMNS} from task t where t.external_id = $1");
    tx.opt(&sql, &params![id]).await?.map(from_row).transpose()
}

pub(crate) async fn insert(tx: &mut Tx, t: &Task, rank: Option<&str>) -> Result<()> {
    let sql = "insert into task (id, name, notes, html, kind, approval, assignee_id, assigned_by, list_section_id, completed_at,
      completed_by, due_on, due_at, start_on, start_at, parent_id, external_id, external_data, created_at, created_by, modified_at,
      touched_at, rank)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $21, $22)";
    let (external_id, external_data) = t.external.clone().map_or((None, None), |e| (e.id, e.data));
    let values = params![
        t.id,
        &t.name,
        &t.notes,
        t.html.clone(),
        t.kind,
        t.approval,
        t.assignee,
        t.assigned_by,
        t.list_section,
        t.completed_at,
        t.completed_by,
        t.due_on,
        t.due_at,
        t.start_on,
        t.start_at,
        t.parent,
        external_id,
        external_data,
        t.created_at,
        t.created_by,
        t.modified_at,
        rank,
    ];
    tx.run(sql, &values).await.map(|_| ())
}

pub(crate) async fn update(tx: &mut Tx, t: &Task) -> Result<()> {
    let now = tx.now();
    let sql = "update task set name = $2, notes = $3, html = $4, kind = $5, approval = $6, assignee_id = $7, assigned_by = $8,
      list_section_id = $9, completed_at = $10, completed_by = $11, due_on = $12, due_at = $13, start_on = $14, start_at = $15,
      external_id = $16, external_data = $17, modified_at = $18, touched_at = $19 where id = $1";
    let (external_id, external_data) = t.external.clone().map_or((None, None), |e| (e.id, e.data));
    let values = params![
        t.id,
        &t.name,
        &t.notes,
        t.html.clone(),
        t.kind,
        t.approval,
        t.assignee,
        t.assigned_by,
        t.list_section,
        t.completed_at,
        t.completed_by,
        t.due_on,
        t.due_at,
        t.start_on,
        t.start_at,
        external_id,
        external_data,
        t.modified_at,
        now,
    ];
    tx.run(sql, &values).await.map(|_| ())
}

/// Marks that something about the task changed which leaves `modified_at` alone.
pub(crate) async fn touch(tx: &mut Tx, id: TaskId) -> Result<()> {
    let now = tx.now();
    tx.run("update task set touched_at = $2 where id = $1", &params![id, now]).await.map(|_| ())
}

/// Marks that the task changed.
pub(crate) async fn modify(tx: &mut Tx, id: TaskId) -> Result<()> {
    let now = tx.now();
    tx.run("update task set modified_at = $2, touched_at = $2 where id = $1", &params![id, now])
        .await
        .map(|_| ())
}

pub(crate) async fn set_open(tx: &mut Tx, id: TaskId, is_open: bool) -> Result<()> {
    tx.run("update membership set is_open = $2 where task_id = $1", &params![id, is_open]).await.map(|_| ())
}

const UP: &str = "with recursive up (id, parent_id) as (
    select t.id, t.parent_id from task t where t.id = $1
    union all select a.id, a.parent_id from task a join up on a.id = up.parent_id)";

/// The tasks that this one is a part of, nearest first.
pub(crate) async fn ancestors(tx: &mut Tx, id: TaskId) -> Result<Vec<Task>> {
    let sql = format!("{UP} select {COLUMNS} from up join task t on t.id = up.parent_id");
    all(tx.rows(&sql, &params![id]).await?)
}

/// The task and what it is a part of, each with its projects.
pub(crate) async fn chain(tx: &mut Tx, task: &Task) -> Result<Vec<(TaskId, Option<ProjectId>)>> {
    let rows = if task.parent.is_none() {
        let sql = "select m.task_id, m.project_id from membership m where m.task_id = $1 order by m.added_at, m.project_id";
        tx.rows(sql, &params![task.id]).await?
    } else {
        let sql =
            format!("{UP} select up.id, m.project_id from up left join membership m on m.task_id = up.id");
        tx.rows(&sql, &params![task.id]).await?
    };
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

const DOWN: &str = "with recursive down (id, depth) as (
    select t.id, 0 from task t where t.id = $1
    union all select a.id, down.depth + 1 from task a join down on a.parent_id = down.id where a.deleted_at is null)";

/// The task and everything below it, with how far below, by id.
pub(crate) async fn family(tx: &mut Tx, id: TaskId) -> Result<Vec<(TaskId, i64)>> {
    let sql = format!("{DOWN} select id, depth from down order by id");
    tx.rows(&sql, &params![id]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

pub(crate) async fn follows(tx: &mut Tx, id: TaskId, user: UserId) -> Result<bool> {
    let sql = "select 1 from task_follower where task_id = $1 and user_id = $2";
    Ok(tx.opt(sql, &params![id, user]).await?.is_some())
}

pub(crate) async fn follow(tx: &mut Tx, id: TaskId, user: UserId) -> Result<bool> {
    let now = tx.now();
    let sql =
        "insert into task_follower (task_id, user_id, since_at) values ($1, $2, $3) on conflict do nothing";
    Ok(tx.run(sql, &params![id, user, now]).await? > 0)
}

pub(crate) async fn unfollow(tx: &mut Tx, id: TaskId, user: UserId) -> Result<bool> {
    let sql = "delete from task_follower where task_id = $1 and user_id = $2";
    Ok(tx.run(sql, &params![id, user]).await? > 0)
}

pub(crate) async fn set_deleted(tx: &mut Tx, id: TaskId, root: TaskId) -> Result<()> {
    let (now, by) = (tx.now(), tx.actor().user);
    let sql = "update task set deleted_at = $2, deleted_by = $3, deleted_with = $4, touched_at = $2
      where id = $1 and deleted_at is null";
    tx.run(sql, &params![id, now, by, root]).await.map(|_| ())
}

/// What was deleted together with `root`, itself included, by id.
pub(crate) async fn deleted_with(tx: &mut Tx, root: TaskId) -> Result<Vec<Task>> {
    let sql = format!("select {COLUMNS} from task t where t.deleted_with = $1 order by t.id");
    all(tx.rows(&sql, &params![root]).await?)
}

pub(crate) async fn set_restored(tx: &mut Tx, id: TaskId) -> Result<()> {
    let now = tx.now();
    let sql = "update task set deleted_at = null, deleted_by = null, deleted_with = null, touched_at = $2 where id = $1";
    tx.run(sql, &params![id, now]).await.map(|_| ())
}

/// Tasks whose time in the trash is over.
pub(crate) async fn expired(tx: &mut Tx, before: base::Time, limit: usize) -> Result<Vec<TaskId>> {
    let sql = "select id from task where deleted_at < $1 order by deleted_at limit $2";
    tx.rows(sql, &params![before, limit]).await?.iter().map(|row| row.get(0)).collect()
}

/// Removes a task and everything that hangs on it for good.
pub(crate) async fn purge(tx: &mut Tx, id: TaskId) -> Result<()> {
    for sql in [
        "delete from liked where kind = 'story' and subject_id in (select s.id from story s where s.task_id = $1)",
        "delete from liked where kind = 'task' and subject_id = $1",
        "delete from story where task_id = $1",
        "delete from attachment where task_id = $1",
        "delete from task_tag where task_id = $1",
        "delete from task_follower where task_id = $1",
        "delete from dependency where task_id = $1 or waits_for_id = $1",
        "delete from field_value where task_id = $1",
        "delete from membership where task_id = $1",
        "update task set parent_id = null where parent_id = $1",
        "delete from task where id = $1",
    ] {
        tx.run(sql, &params![id]).await?;
    }
    Ok(())
}

/// Makes people followers, each once.
pub(crate) async fn follow_all(tx: &mut Tx, id: TaskId, users: impl Iterator<Item = UserId>) -> Result<()> {
    let mut users: Vec<UserId> = users.collect();
    users.sort_unstable();
    users.dedup();
    if users.is_empty() {
        return Ok(());
    }
    let now = tx.now();
    let mut values: Vec<base::Value> = params![id, now].to_vec();
    values.extend(users.iter().map(base::Value::from));
    let rows: Vec<String> = (3..users.len() + 3).map(|n| format!("($1, ${n}, $2)")).collect();
    let sql = format!(
        "insert into task_follower (task_id, user_id, since_at) values {} on conflict do nothing",
        rows.join(", ")
    );
    tx.run(&sql, &values).await.map(|_| ())
}
