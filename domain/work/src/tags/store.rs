//! The statements about tags.

use super::Tag;
use base::id::{TagId, TaskId};
use base::{Result, Value};
use db::{Filter, Row, Tx, params};

const COLUMNS: &str = "tag.id, tag.name, tag.color, tag.notes, tag.created_at, tag.created_by";

fn all(rows: Vec<Row>) -> Result<Vec<Tag>> {
    rows.into_iter()
        .map(|row| {
            let mut c = row.columns();
            Ok(Tag {
                id: c.next()?,
                name: c.next()?,
                color: c.next()?,
                notes: c.next()?,
                created_at: c.next()?,
                created_by: c.next()?,
            })
        })
        .collect()
}

pub(super) async fn by_ids(tx: &mut Tx, ids: &[TagId]) -> Result<Vec<Tag>> {
    let mut filter = Filter::default();
    filter.and_in("tag.id", ids.iter().map(Value::from));
    let sql = format!("select {COLUMNS} from tag where {} order by tag.id", filter.sql());
    all(tx.rows(&sql, filter.params()).await?)
}

pub(super) async fn after(tx: &mut Tx, after: i64, limit: usize) -> Result<Vec<Tag>> {
    let sql = format!("select {COLUMNS} from tag where tag.id > $1 order by tag.id limit $2");
    all(tx.rows(&sql, &params![after, limit]).await?)
}

pub(super) async fn of_task(tx: &mut Tx, task: TaskId) -> Result<Vec<Tag>> {
    let sql = format!(
        "select {COLUMNS} from task_tag g join tag on tag.id = g.tag_id where g.task_id = $1 order by g.since_at, tag.id"
    );
    all(tx.rows(&sql, &params![task]).await?)
}

pub(super) async fn insert(tx: &mut Tx, tag: &Tag) -> Result<()> {
    let sql =
        "insert into tag (id, name, color, notes, created_at, created_by) values ($1, $2, $3, $4, $5, $6)";
    let values = params![tag.id, &tag.name, tag.color.clone(), &tag.notes, tag.created_at, tag.created_by];
    tx.run(sql, &values).await.map(|_| ())
}

pub(super) async fn update(tx: &mut Tx, tag: &Tag) -> Result<()> {
    let sql = "update tag set name = $2, color = $3, notes = $4 where id = $1";
    tx.run(sql, &params![tag.id, &tag.name, tag.color.clone(), &tag.notes]).await.map(|_| ())
}

pub(super) async fn delete(tx: &mut Tx, id: TagId) -> Result<()> {
    tx.run("delete from task_tag where tag_id = $1", &params![id]).await?;
    tx.run("delete from tag where id = $1", &params![id]).await.map(|_| ())
}

pub(super) async fn wear(tx: &mut Tx, task: TaskId, tag: TagId) -> Result<bool> {
    let now = tx.now();
    let sql = "insert into task_tag (task_id, tag_id, since_at) values ($1, $2, $3) on conflict do nothing";
    Ok(tx.run(sql, &params![task, tag, now]).await? > 0)
}

pub(super) async fn take_off(tx: &mut Tx, task: TaskId, tag: TagId) -> Result<bool> {
    let sql = "delete from task_tag where task_id = $1 and tag_id = $2";
    Ok(tx.run(sql, &params![task, tag]).await? > 0)
}

pub(super) async fn count(tx: &mut Tx, task: TaskId) -> Result<usize> {
    let row = tx.one("select count(*) from task_tag where task_id = $1", &params![task]).await?;
    Ok(usize::try_from(row.get::<i64>(0)?).unwrap_or(0))
}
