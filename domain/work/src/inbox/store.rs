//! The rows of inboxes.

use super::{Filter as Wanted, Item, Other, Reason};
use crate::access;
use crate::page::Page;
use crate::tasks::Task;
use base::Result;
use base::id::{AnyId, TaskId, UserId};
use db::{Filter, Row, Tx, params};
use journal::Entry;

const COLUMNS: &str = "i.id, i.task_id, coalesce(t.name, i.title), i.path, t.completed_at, i.reason, i.actor_id, i.actor_name, i.text,
  i.news, i.is_unread, i.is_archived, i.at";
const TABLES: &str = "inbox_item i left join task t on t.id = i.task_id";

fn item(row: Row) -> Result<Item> {
    let mut c = row.columns();
    let (id, task): (AnyId, Option<TaskId>) = (c.next()?, c.next()?);
    Ok(Item {
        id,
        task,
        title: c.next()?,
        path: match (task, c.next::<Option<String>>()?) {
            (Some(task), _) => format!("/tasks/{task}"),
            (None, path) => path.unwrap_or_default(),
        },
        is_completed: c.next::<Option<i64>>()?.is_some(),
        reason: c.next()?,
        actor: c.next()?,
        actor_name: c.next()?,
        text: c.next()?,
        news: c.next()?,
        is_unread: c.next()?,
        is_archived: c.next()?,
        at: c.next()?,
    })
}

/// Adds the condition that the actor sees the task that an item is about; of other things they were told themselves.
fn seen(tx: &Tx, filter: &mut Filter) {
    let (sql, values) = access::seen_task(tx);
    filter.and(&format!("(i.task_id is null or {sql})"), values);
}

pub(super) async fn list(tx: &mut Tx, user: UserId, wanted: Wanted, page: &Page) -> Result<Vec<Item>> {
    let mut filter = Filter::default();
    filter.and("i.user_id = ? and i.is_archived = ?", params![user, wanted.archived]);
    if wanted.unread {
        filter.and("i.is_unread", []);
    }
    if let Some([at, id]) = page.key::<2>()? {
        let (at, id): (i64, i64) = match (at.parse(), id.parse()) {
            (Ok(at), Ok(id)) => (at, id),
            _ => return Err(crate::page::stale()),
        };
        filter.and("(i.at < ? or (i.at = ? and i.id < ?))", params![at, at, id]);
    }
    seen(tx, &mut filter);
    let limit = filter.param(page.limit + 1);
    let sql = format!(
        "select {COLUMNS} from {TABLES} where {} order by i.at desc, i.id desc limit {limit}",
        filter.sql()
    );
    tx.rows(&sql, filter.params()).await?.into_iter().map(item).collect()
}

pub(super) async fn by_id(tx: &mut Tx, user: UserId, id: AnyId) -> Result<Option<Item>> {
    let mut filter = Filter::default();
    filter.and("i.id = ? and i.user_id = ?", params![id, user]);
    seen(tx, &mut filter);
    let sql = format!("select {COLUMNS} from {TABLES} where {}", filter.sql());
    tx.opt(&sql, filter.params()).await?.map(item).transpose()
}

pub(super) async fn count_unread(tx: &mut Tx, user: UserId) -> Result<i64> {
    let mut filter = Filter::default();
    filter.and("i.user_id = ? and not i.is_archived and i.is_unread", params![user]);
    seen(tx, &mut filter);
    let sql = format!("select count(*) from {TABLES} where {}", filter.sql());
    tx.one(&sql, filter.params()).await?.get(0)
}

const MARK: &str = "update inbox_item set is_unread = $3, is_archived = $4, batch = null,
  news = case when $3 then news else 0 end where user_id = $1 and id = $2";

/// Marks one item.
pub(super) async fn mark(tx: &mut Tx, user: UserId, item: AnyId, unread: bool, archived: bool) -> Result<()> {
    tx.run(MARK, &params![user, item, unread, archived]).await?;
    beat(tx, user).await
}

const MARK_ALL: &str =
    "update inbox_item set was_unread = is_unread, is_unread = false, is_archived = $3, news = 0, batch = $2
  where user_id = $1 and not is_archived and (is_unread or $3)";

/// Marks everything that is not put away as read, and puts it away.
pub(super) async fn mark_all(tx: &mut Tx, user: UserId, batch: AnyId, archived: bool) -> Result<u64> {
    let count = tx.run(MARK_ALL, &params![user, batch, archived]).await?;
    beat(tx, user).await?;
    Ok(count)
}

const UNDO_ALL: &str =
    "update inbox_item set is_unread = coalesce(was_unread, false), is_archived = false, batch = null
  where user_id = $1 and batch = $2";

/// Makes what was marked in one go as it was.
pub(super) async fn undo_all(tx: &mut Tx, user: UserId, batch: AnyId) -> Result<u64> {
    let count = tx.run(UNDO_ALL, &params![user, batch]).await?;
    beat(tx, user).await?;
    Ok(count)
}

const BEAT: &str = "insert into inbox_pulse (user_id, version) values ($1, 1)
  on conflict (user_id) do update set version = inbox_pulse.version + 1";

/// Tells the user's screens that their inbox changed; they listen to commits, and this one may have nothing else in it that wakes them.
async fn beat(tx: &mut Tx, user: UserId) -> Result<()> {
    tx.wake();
    tx.run(BEAT, &params![user]).await.map(|_| ())
}

pub(super) async fn pulse(tx: &mut Tx, user: UserId) -> Result<i64> {
    let row = tx.opt("select version from inbox_pulse where user_id = $1", &params![user]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

const FOLLOWERS: &str = "select user_id from task_follower where task_id = $1";

pub(super) async fn followers(tx: &mut Tx, task: TaskId) -> Result<Vec<UserId>> {
    tx.rows(FOLLOWERS, &params![task]).await?.iter().map(|row| row.get(0)).collect()
}

/// A stronger reason stays until the item is read: that somebody was mentioned matters more than the comment after it. An entry that
/// is acted upon twice is counted once.
const PUT: &str = "insert into inbox_item (id, user_id, task_id, reason, actor_id, actor_name, text, news, is_unread, is_archived, at, seq)
  values ($1, $2, $3, $4, $5, $6, $7, 1, true, false, $8, $9)
  on conflict (user_id, task_id) do update set
    reason = case
      when inbox_item.is_unread and (inbox_item.reason = 'assigned'
        or (inbox_item.reason = 'mentioned' and excluded.reason <> 'assigned')
        or (inbox_item.reason = 'follows' and excluded.reason = 'project'))
      then inbox_item.reason else excluded.reason end,
    actor_id = excluded.actor_id, actor_name = excluded.actor_name, text = excluded.text, news = inbox_item.news + 1,
    is_unread = true, is_archived = false, batch = null, at = excluded.at, seq = excluded.seq
  where inbox_item.seq < excluded.seq";

pub(super) async fn put(
    tx: &mut Tx,
    user: UserId,
    task: &Task,
    reason: Reason,
    entry: &Entry,
    text: &str,
) -> Result<()> {
    let id: AnyId = tx.new_id();
    let params =
        params![id, user, task.id, reason, entry.actor, &entry.actor_name, text, entry.at, entry.seq];
    tx.run(PUT, &params).await?;
    beat(tx, user).await
}

/// What is unread is left as it is; what was read or put away says the latest, and stays read.
const PUT_QUIETLY: &str = "insert into inbox_item (id, user_id, task_id, reason, actor_id, actor_name, text, news, is_unread, is_archived, at, seq)
  values ($1, $2, $3, $4, $5, $6, $7, 0, false, false, $8, $9)
  on conflict (user_id, task_id) do update set reason = excluded.reason, actor_id = excluded.actor_id,
    actor_name = excluded.actor_name, text = excluded.text, is_archived = false, batch = null, at = excluded.at, seq = excluded.seq
  where inbox_item.seq < excluded.seq and not inbox_item.is_unread";

/// Tells somebody of what is no reason to look.
pub(super) async fn put_quietly(
    tx: &mut Tx,
    user: UserId,
    task: &Task,
    entry: &Entry,
    text: &str,
) -> Result<()> {
    let id: AnyId = tx.new_id();
    let params =
        params![id, user, task.id, Reason::Liked, entry.actor, &entry.actor_name, text, entry.at, entry.seq];
    tx.run(PUT_QUIETLY, &params).await?;
    beat(tx, user).await
}

const PUT_OTHER: &str = "insert into inbox_item (id, user_id, about, title, path, reason, actor_name, text, news, is_unread, is_archived, at, seq)
  values ($1, $2, $3, $4, $5, $6, $7, $8, 1, true, false, $9, 0)
  on conflict (user_id, about) do update set title = excluded.title, path = excluded.path, reason = excluded.reason,
    actor_name = excluded.actor_name, text = excluded.text, news = inbox_item.news + 1, is_unread = true, is_archived = false,
    batch = null, at = excluded.at";

/// Tells somebody of what is no task.
pub(super) async fn put_other(tx: &mut Tx, user: UserId, it: &Other<'_>) -> Result<()> {
    let (id, now): (AnyId, base::Time) = (tx.new_id(), tx.now());
    let params = params![id, user, it.about, it.title, it.path, Reason::Concerns, it.actor, it.text, now];
    tx.run(PUT_OTHER, &params).await?;
    beat(tx, user).await
}
