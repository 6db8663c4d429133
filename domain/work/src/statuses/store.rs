//! The statements about status updates.

use super::StatusUpdate;
use crate::names::{Person, ProjectName};
use base::id::{AnyId, ProjectId};
use base::{Result, Value};
use db::{Filter, Row, Tx, params};

const SELECT: &str =
    "select u.id, p.id, p.name, u.title, u.text, u.html, u.status, u.created_at, u.created_by, u.modified_at
  from status_update u join project p on p.id = u.project_id";

fn from_row(row: Row) -> Result<StatusUpdate> {
    let mut c = row.columns();
    Ok(StatusUpdate {
        id: c.next()?,
        project: ProjectName { id: c.next()?, name: c.next()? },
        title: c.next()?,
        text: c.next()?,
        html: c.next()?,
        status: c.next()?,
        created_at: c.next()?,
        created_by: c.next::<Option<_>>()?.map(|id| Person::new(id, "")),
        modified_at: c.next()?,
    })
}

pub(super) async fn insert(tx: &mut Tx, u: &StatusUpdate) -> Result<()> {
    let sql = "insert into status_update (id, project_id, title, text, html, status, created_at, created_by, modified_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let by = u.created_by.as_ref().map(|by| by.id);
    let values = params![
        u.id,
        u.project.id,
        &u.title,
        &u.text,
        u.html.clone(),
        u.status,
        u.created_at,
        by,
        u.modified_at
    ];
    tx.run(sql, &values).await.map(|_| ())
}

pub(super) async fn by_id(tx: &mut Tx, id: AnyId) -> Result<Option<StatusUpdate>> {
    tx.opt(&format!("{SELECT} where u.id = $1"), &params![id]).await?.map(from_row).transpose()
}

pub(super) async fn of_project(
    tx: &mut Tx,
    id: ProjectId,
    before: i64,
    limit: usize,
) -> Result<Vec<StatusUpdate>> {
    let sql = format!("{SELECT} where u.project_id = $1 and u.id < $2 order by u.id desc limit $3");
    tx.rows(&sql, &params![id, before, limit]).await?.into_iter().map(from_row).collect()
}

pub(super) async fn latest(tx: &mut Tx, projects: &[ProjectId]) -> Result<Vec<StatusUpdate>> {
    let mut filter = Filter::default();
    filter.and_in("project_id", projects.iter().map(Value::from));
    let newest = format!("select max(id) from status_update where {} group by project_id", filter.sql());
    let sql = format!("{SELECT} where u.id in ({newest})");
    tx.rows(&sql, filter.params()).await?.into_iter().map(from_row).collect()
}

pub(super) async fn delete(tx: &mut Tx, id: AnyId) -> Result<()> {
    tx.run("delete from status_update where id = $1", &params![id]).await.map(|_| ())
}
