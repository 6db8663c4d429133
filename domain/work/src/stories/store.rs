//! The statements about stories.

use super::{Story, StoryKind};
use crate::names::{Person, TaskName};
use base::id::{StoryId, TaskId, UserId};
use base::{Result, Time};
use db::{Row, Tx, params};
use serde_json::Value;

const SELECT: &str =
    "select y.id, t.id, t.name, t.kind, y.kind, y.text, y.html, y.data, y.door, y.created_at, y.created_by,
  y.is_pinned, y.is_edited, y.sticker from story y join task t on t.id = y.task_id";

fn from_row(row: Row) -> Result<Story> {
    let mut c = row.columns();
    Ok(Story {
        id: c.next()?,
        task: TaskName { id: c.next()?, name: c.next()?, kind: c.next()? },
        kind: c.next()?,
        text: c.next()?,
        html: c.next()?,
        data: c.next()?,
        door: c.next()?,
        created_at: c.next()?,
        created_by: c.next::<Option<_>>()?.map(|id| Person::new(id, "")),
        is_pinned: c.next()?,
        is_edited: c.next()?,
        sticker: c.next()?,
        likes: Vec::new(),
    })
}

/// A story to be written.
pub(super) struct New<'a> {
    pub id: StoryId,
    pub task: TaskId,
    pub kind: StoryKind,
    pub text: &'a str,
    pub html: Option<&'a str>,
    pub data: Value,
    pub is_pinned: bool,
    pub sticker: Option<&'a str>,
}

pub(super) async fn insert(tx: &mut Tx, new: &New<'_>) -> Result<()> {
    let (now, by, door) = (tx.now(), tx.actor().user, tx.actor().door);
    let sql = "insert into story (id, task_id, kind, text, html, data, door, created_at, created_by, is_pinned, is_edited, sticker)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, false, $11)";
    let values = params![
        new.id,
        new.task,
        new.kind,
        new.text,
        new.html,
        &new.data,
        door,
        now,
        by,
        new.is_pinned,
        new.sticker
    ];
    tx.run(sql, &values).await.map(|_| ())
}

pub(super) async fn by_id(tx: &mut Tx, id: StoryId) -> Result<Option<Story>> {
    let sql = format!("{SELECT} where y.id = $1 and y.deleted_at is null");
    tx.opt(&sql, &params![id]).await?.map(from_row).transpose()
}

/// A deleted one, and who deleted it.
pub(super) async fn deleted(tx: &mut Tx, id: StoryId) -> Result<Option<(Story, Option<UserId>)>> {
    let sql = format!("{SELECT} where y.id = $1 and y.deleted_at is not null");
    let Some(row) = tx.opt(&sql, &params![id]).await? else { return Ok(None) };
    let by = tx.one("select deleted_by from story where id = $1", &params![id]).await?.get(0)?;
    Ok(Some((from_row(row)?, by)))
}

/// Those that are shown above the others, oldest first.
pub(super) async fn pinned(tx: &mut Tx, task: TaskId, limit: usize) -> Result<Vec<Story>> {
    let sql = format!(
        "{SELECT} where y.task_id = $1 and y.is_pinned and y.deleted_at is null order by y.created_at, y.id limit $2"
    );
    tx.rows(&sql, &params![task, limit]).await?.into_iter().map(from_row).collect()
}

/// Those after an instant and an id: ids alone are not in order of time when several nodes give them out.
pub(super) async fn of_task(
    tx: &mut Tx,
    task: TaskId,
    (at, id): (i64, i64),
    limit: usize,
) -> Result<Vec<Story>> {
    let sql = format!(
        "{SELECT} where y.task_id = $1 and y.deleted_at is null and (y.created_at, y.id) > ($2, $3)
         order by y.created_at, y.id limit $4"
    );
    tx.rows(&sql, &params![task, at, id, limit]).await?.into_iter().map(from_row).collect()
}

pub(super) async fn newest(tx: &mut Tx, task: TaskId, limit: usize) -> Result<Vec<Story>> {
    let sql = format!(
        "{SELECT} where y.task_id = $1 and y.deleted_at is null order by y.created_at desc, y.id desc limit $2"
    );
    let mut found: Vec<Story> =
        tx.rows(&sql, &params![task, limit]).await?.into_iter().map(from_row).collect::<Result<_>>()?;
    found.reverse();
    Ok(found)
}

pub(super) async fn update(tx: &mut Tx, story: &Story) -> Result<()> {
    let sql =
        "update story set text = $2, html = $3, is_pinned = $4, is_edited = $5, sticker = $6 where id = $1";
    let values = params![
        story.id,
        &story.text,
        story.html.clone(),
        story.is_pinned,
        story.is_edited,
        story.sticker.clone()
    ];
    tx.run(sql, &values).await.map(|_| ())
}

pub(super) async fn set_deleted(tx: &mut Tx, id: StoryId, at: Option<Time>) -> Result<()> {
    let by = tx.actor().user.filter(|_| at.is_some());
    tx.run("update story set deleted_at = $2, deleted_by = $3 where id = $1", &params![id, at, by])
        .await
        .map(drop)
}

/// Removes those that were deleted before an instant; returns how many that were.
pub(super) async fn purge(tx: &mut Tx, before: Time, limit: usize) -> Result<usize> {
    let sql =
        "select id from story where deleted_at is not null and deleted_at < $1 order by deleted_at limit $2";
    let found: Vec<StoryId> =
        tx.rows(sql, &params![before, limit]).await?.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    for id in &found {
        tx.run("delete from liked where kind = 'story' and subject_id = $1", &params![id]).await?;
        tx.run("delete from story where id = $1", &params![id]).await?;
    }
    Ok(found.len())
}

pub(super) async fn count_comments(
    tx: &mut Tx,
    tasks: &[TaskId],
) -> Result<std::collections::BTreeMap<TaskId, i64>> {
    let mut wanted = db::Filter::default();
    wanted.and_in("task_id", tasks.iter().map(base::Value::from));
    wanted.and("kind = ? and deleted_at is null", params![StoryKind::CommentAdded]);
    let sql = format!("select task_id, count(*) from story where {} group by task_id", wanted.sql());
    let rows = tx.rows(&sql, wanted.params()).await?;
    rows.into_iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
