//! The statements about attachments.

use super::Attachment;
use crate::names::{Person, TaskName};
use base::id::{AttachmentId, TaskId};
use base::{Result, Value};
use db::{Filter, Row, Tx, params};

const SELECT: &str = "select a.id, t.id, t.name, t.kind, a.kind, a.name, a.url, a.blob, a.size_bytes, a.created_at, a.created_by
  from attachment a join task t on t.id = a.task_id where a.deleted_at is null";

fn from_row(row: Row) -> Result<Attachment> {
    let mut c = row.columns();
    Ok(Attachment {
        id: c.next()?,
        task: TaskName { id: c.next()?, name: c.next()?, kind: c.next()? },
        kind: c.next()?,
        name: c.next()?,
        url: c.next()?,
        blob: c.next()?,
        size: c.next()?,
        created_at: c.next()?,
        created_by: c.next::<Option<_>>()?.map(|id| Person::new(id, "")),
    })
}

pub(super) async fn insert(tx: &mut Tx, a: &Attachment) -> Result<()> {
    let sql =
        "insert into attachment (id, task_id, kind, name, url, blob, size_bytes, created_at, created_by)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let by = a.created_by.as_ref().map(|by| by.id);
    let values =
        params![a.id, a.task.id, a.kind, &a.name, a.url.clone(), a.blob.clone(), a.size, a.created_at, by];
    tx.run(sql, &values).await.map(|_| ())
}

pub(super) async fn by_id(tx: &mut Tx, id: AttachmentId) -> Result<Option<Attachment>> {
    tx.opt(&format!("{SELECT} and a.id = $1"), &params![id]).await?.map(from_row).transpose()
}

pub(super) async fn by_ids(tx: &mut Tx, ids: &[AttachmentId]) -> Result<Vec<Attachment>> {
    let mut filter = Filter::default();
    filter.and_in("a.id", ids.iter().map(Value::from));
    let sql = format!("{SELECT} and {}", filter.sql());
    tx.rows(&sql, filter.params()).await?.into_iter().map(from_row).collect()
}

pub(super) async fn of_task(tx: &mut Tx, task: TaskId, after: i64, limit: usize) -> Result<Vec<Attachment>> {
    let sql = format!("{SELECT} and a.task_id = $1 and a.id > $2 order by a.id limit $3");
    tx.rows(&sql, &params![task, after, limit]).await?.into_iter().map(from_row).collect()
}

pub(super) async fn delete(tx: &mut Tx, id: AttachmentId) -> Result<()> {
    let now = tx.now();
    tx.run("update attachment set deleted_at = $2 where id = $1", &params![id, now]).await.map(|_| ())
}
