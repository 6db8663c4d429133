//! The statements about copies.

use super::{CopyKind, CopyState, Copying};
use base::Result;
use base::id::{AnyId, AttachmentId, TaskId};
use db::{Tx, params};

pub(super) async fn insert(tx: &mut Tx, id: AnyId, kind: CopyKind, source: i64, copy: i64) -> Result<()> {
    let (now, by) = (tx.now(), tx.actor().user);
    let sql = "insert into copying (id, kind, state, source_id, copy_id, created_at, created_by)
      values ($1, $2, $3, $4, $5, $6, $7)";
    tx.run(sql, &params![id, kind, CopyState::Done, source, copy, now, by]).await.map(|_| ())
}

/// A copying without the names of what it made, and what it made.
pub(super) async fn by_id(tx: &mut Tx, id: AnyId) -> Result<Option<(Copying, Option<i64>)>> {
    let sql = "select kind, state, problem, created_at, created_by, copy_id from copying where id = $1";
    let Some(row) = tx.opt(sql, &params![id]).await? else { return Ok(None) };
    let mut c = row.columns();
    let copying = Copying {
        id,
        kind: c.next()?,
        state: c.next()?,
        new_task: None,
        new_project: None,
        new_template: None,
        problem: c.next()?,
        created_at: c.next()?,
        created_by: c.next()?,
    };
    Ok(Some((copying, c.next()?)))
}

/// Copies what hangs on a task: rich text, attachments, and values of the fields that the copy's projects show.
pub(super) async fn copy_beside(
    tx: &mut Tx,
    from: TaskId,
    to: TaskId,
    notes: bool,
    attachments: bool,
) -> Result<()> {
    let values = "insert into field_value (task_id, field_id, text_value, number_value, option_id, date_value, time_value, items)
      select cast($2 as bigint), v.field_id, v.text_value, v.number_value, v.option_id, v.date_value, v.time_value, v.items
      from field_value v where v.task_id = $1 and v.field_id in (
        select g.field_id from field_setting g join membership m on m.project_id = g.project_id where m.task_id = $2)
      on conflict do nothing";
    tx.run(values, &params![from, to]).await?;
    if notes {
        let sql = "update task set html = (select s.html from task s where s.id = $1) where id = $2";
        tx.run(sql, &params![from, to]).await?;
    }
    if attachments {
        let ids = tx
            .rows("select id from attachment where task_id = $1 and deleted_at is null", &params![from])
            .await?;
        for row in ids {
            let (id, now, by): (AttachmentId, _, _) = (tx.new_id(), tx.now(), tx.actor().user);
            let sql = "insert into attachment (id, task_id, kind, name, url, blob, size_bytes, created_at, created_by)
              select cast($1 as bigint), cast($2 as bigint), a.kind, a.name, a.url, a.blob, a.size_bytes, cast($3 as bigint),
                cast($4 as bigint) from attachment a where a.id = $5";
            tx.run(sql, &params![id, to, now, by, row.get::<i64>(0)?]).await?;
        }
    }
    Ok(())
}
