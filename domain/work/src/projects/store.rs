//! The statements about projects.

use super::{Filter as Wanted, Project, TaskCounts};
use crate::access;
use crate::page::Page;
use base::id::{ProjectId, TaskId, UserId};
use base::{Result, Value};
use db::{Filter, Row, Tx, params};

pub(crate) const COLUMNS: &str = "p.id, p.team_id, p.name, p.notes, p.html, p.color, p.icon, p.default_view, p.due_on, p.start_on,
  p.privacy, p.default_access, p.archived, p.owner_id, p.completed_at, p.completed_by, p.created_at, p.created_by, p.modified_at,
  p.version";

pub(crate) fn from_row(row: Row) -> Result<Project> {
    let mut c = row.columns();
    Ok(Project {
        id: c.next()?,
        team: c.next()?,
        name: c.next()?,
        notes: c.next()?,
        html: c.next()?,
        color: c.next()?,
        icon: c.next()?,
        view: c.next()?,
        due_on: c.next()?,
        start_on: c.next()?,
        privacy: c.next()?,
        default_access: c.next()?,
        archived: c.next()?,
        owner: c.next()?,
        completed_at: c.next()?,
        completed_by: c.next()?,
        created_at: c.next()?,
        created_by: c.next()?,
        modified_at: c.next()?,
        version: c.next()?,
    })
}

fn all(rows: Vec<Row>) -> Result<Vec<Project>> {
    rows.into_iter().map(from_row).collect()
}

pub(crate) async fn by_id(tx: &mut Tx, id: ProjectId) -> Result<Option<Project>> {
    let sql = format!("select {COLUMNS} from project p where p.id = $1 and p.deleted_at is null");
    tx.opt(&sql, &params![id]).await?.map(from_row).transpose()
}

pub(crate) async fn deleted(tx: &mut Tx, id: ProjectId) -> Result<Option<Project>> {
    let sql = format!("select {COLUMNS} from project p where p.id = $1 and p.deleted_at is not null");
    tx.opt(&sql, &params![id]).await?.map(from_row).transpose()
}

pub(crate) async fn by_ids(tx: &mut Tx, ids: &[ProjectId]) -> Result<Vec<Project>> {
    let mut filter = Filter::default();
    filter.and_in("p.id", ids.iter().map(Value::from));
    access::seen_projects(tx, &mut filter);
    let sql = format!("select {COLUMNS} from project p where {}", filter.sql());
    all(tx.rows(&sql, filter.params()).await?)
}

/// Locks a project until the transaction ends and marks that its open tasks may have changed.
pub(crate) async fn bump(tx: &mut Tx, id: ProjectId) -> Result<Option<Project>> {
    let sql = format!(
        "update project as p set version = version + 1 where id = $1 and deleted_at is null returning {COLUMNS}"
    )
    .replace("p.", "");
    tx.opt(&sql, &params![id]).await?.map(from_row).transpose()
}

/// The version of a project, deleted ones too; zero of one that is not there.
pub(crate) async fn version(tx: &mut Tx, id: ProjectId) -> Result<i64> {
    let row = tx.opt("select version from project where id = $1", &params![id]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Keeps everybody else from changing the set of open tasks until the transaction ends.
pub(crate) async fn hold(tx: &mut Tx, id: ProjectId) -> Result<()> {
    tx.opt("select version from project where id = $1 /*pg: for update */", &params![id]).await.map(drop)
}

/// Like [`bump`] for every project of a task.
pub(crate) async fn bump_homes(tx: &mut Tx, task: TaskId) -> Result<()> {
    // Locks are taken in the order of ids, so that two tasks in the same projects cannot wait for each other.
    let lock = "select p.id from project p where p.id in (select m.project_id from membership m where m.task_id = $1)
      order by p.id /*pg: for update */";
    tx.rows(lock, &params![task]).await?;
    let bump = "update project set version = version + 1
      where id in (select m.project_id from membership m where m.task_id = $1)";
    tx.run(bump, &params![task]).await?;
    Ok(())
}

/// The projects that these tasks are in.
pub(crate) async fn homes(tx: &mut Tx, tasks: &[TaskId]) -> Result<Vec<Project>> {
    let mut filter = Filter::default();
    filter.and_in("m.task_id", tasks.iter().map(Value::from));
    let sql = format!(
        "select {COLUMNS} from membership m join project p on p.id = m.project_id
         where p.deleted_at is null and {} order by m.added_at, p.id",
        filter.sql()
    );
    all(tx.rows(&sql, filter.params()).await?)
}

pub(crate) async fn insert(tx: &mut Tx, p: &Project) -> Result<()> {
    let sql = "insert into project (id, team_id, name, notes, html, color, icon, default_view, due_on, start_on, privacy,
      default_access, archived, owner_id, created_at, created_by, modified_at, version)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1)";
    let values = params![
        p.id,
        p.team,
        &p.name,
        &p.notes,
        p.html.clone(),
        p.color.clone(),
        p.icon.clone(),
        p.view,
        p.due_on,
        p.start_on,
        p.privacy,
        p.default_access,
        p.archived,
        p.owner,
        p.created_at,
        p.created_by,
        p.modified_at,
    ];
    tx.run(sql, &values).await.map(|_| ())
}

pub(crate) async fn update(tx: &mut Tx, p: &Project) -> Result<()> {
    let sql = "update project set team_id = $2, name = $3, notes = $4, html = $5, color = $6, icon = $7, default_view = $8,
      due_on = $9, start_on = $10, privacy = $11, default_access = $12, archived = $13, owner_id = $14, completed_at = $15,
      completed_by = $16, modified_at = $17 where id = $1";
    let values = params![
        p.id,
        p.team,
        &p.name,
        &p.notes,
        p.html.clone(),
        p.color.clone(),
        p.icon.clone(),
        p.view,
        p.due_on,
        p.start_on,
        p.privacy,
        p.default_access,
        p.archived,
        p.owner,
        p.completed_at,
        p.completed_by,
        p.modified_at,
    ];
    tx.run(sql, &values).await.map(|_| ())
}

pub(crate) async fn set_deleted(tx: &mut Tx, id: ProjectId, is_deleted: bool) -> Result<()> {
    let (now, by) = (tx.now(), tx.actor().user);
    let sql = "update project set deleted_at = $2, deleted_by = $3, version = version + 1 where id = $1";
    tx.run(sql, &params![id, is_deleted.then_some(now), by.filter(|_| is_deleted)]).await.map(|_| ())
}

pub(crate) async fn list(tx: &mut Tx, wanted: &Wanted, page: &Page) -> Result<Vec<Project>> {
    let mut filter = Filter::default();
    filter.and("p.id > ?", params![page.after_id()?]);
    access::seen_projects(tx, &mut filter);
    if let Some(team) = wanted.team {
        filter.and("p.team_id = ?", params![team]);
    }
    if let Some(archived) = wanted.archived {
        filter.and("p.archived = ?", params![archived]);
    }
    let limit = filter.param(page.limit + 1);
    let sql = format!("select {COLUMNS} from project p where {} order by p.id limit {limit}", filter.sql());
    all(tx.rows(&sql, filter.params()).await?)
}

pub(crate) async fn counts(tx: &mut Tx, id: ProjectId) -> Result<TaskCounts> {
    let sql = "select count(*), count(case when m.is_open then 1 end), count(case when t.kind = 'milestone' then 1 end),
        count(case when t.kind = 'milestone' and m.is_open then 1 end)
      from membership m join task t on t.id = m.task_id where m.project_id = $1 and t.deleted_at is null";
    let row = tx.one(sql, &params![id]).await?;
    Ok(TaskCounts {
        tasks: row.get(0)?,
        open: row.get(1)?,
        milestones: row.get(2)?,
        open_milestones: row.get(3)?,
    })
}

pub(crate) async fn follow(tx: &mut Tx, id: ProjectId, user: UserId) -> Result<bool> {
    let now = tx.now();
    let sql = "insert into project_follower (project_id, user_id, since_at) values ($1, $2, $3) on conflict do nothing";
    Ok(tx.run(sql, &params![id, user, now]).await? > 0)
}

pub(crate) async fn unfollow(tx: &mut Tx, id: ProjectId, user: UserId) -> Result<bool> {
    let sql = "delete from project_follower where project_id = $1 and user_id = $2";
    Ok(tx.run(sql, &params![id, user]).await? > 0)
}

/// The followers of these projects, first come first.
pub(crate) async fn followers(tx: &mut Tx, ids: &[ProjectId]) -> Result<Vec<(ProjectId, UserId)>> {
    let mut filter = Filter::default();
    filter.and_in("project_id", ids.iter().map(Value::from));
    let sql = format!(
        "select project_id, user_id from project_follower where {} order by since_at, user_id",
        filter.sql()
    );
    tx.rows(&sql, filter.params()).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
