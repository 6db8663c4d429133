//! Rows of deliveries.

use super::{Attempt, Delivery, Filter as Wanted, State};
use crate::message::Message;
use base::id::AnyId;
use base::{Error, Result, Time};
use db::{Filter, Row, Tx, params};
use std::time::Duration;

const COLUMNS: &str =
    "id, channel, recipient, address, user_id, kind, about, title, state, state_at, sentence, attempts,
  tried_from, next_at, made_at, needs, thread, reply_to";

fn stored(error: serde_json::Error) -> Error {
    Error::bug("delivery.stored", "a stored delivery cannot be read or written").because(error)
}

fn delivery(row: Row) -> Result<Delivery> {
    let mut c = row.columns();
    Ok(Delivery {
        id: c.next()?,
        channel: c.next()?,
        recipient: c.next()?,
        address: c.next()?,
        user: c.next()?,
        kind: c.next()?,
        about: c.next::<String>()?.parse()?,
        title: c.next()?,
        state: c.next()?,
        state_at: c.next()?,
        sentence: c.next()?,
        attempts: c.next()?,
        tried_from: c.next()?,
        next_at: c.next()?,
        made_at: c.next()?,
        needs: {
            let words: Vec<String> = serde_json::from_value(c.next()?).map_err(stored)?;
            words.iter().map(|word| word.parse()).collect::<Result<_>>()?
        },
        thread: c.next()?,
        reply_to: c.next()?,
    })
}

pub(super) async fn insert(
    tx: &mut Tx,
    it: &Delivery,
    key: &str,
    sealed: Option<&[u8]>,
    message: &Message,
) -> Result<()> {
    let sql = format!(
        "insert into delivery ({COLUMNS}, key, sealed, message)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)"
    );
    let values = params![
        it.id,
        it.channel,
        &it.recipient,
        it.address.clone(),
        it.user,
        &it.kind,
        it.about.to_string(),
        &it.title,
        it.state,
        it.state_at,
        it.sentence.clone(),
        it.attempts,
        it.tried_from,
        it.next_at,
        it.made_at,
        serde_json::to_value(&it.needs).map_err(stored)?,
        it.thread.clone(),
        it.reply_to,
        key,
        sealed,
        serde_json::to_value(message).map_err(stored)?
    ];
    tx.run(&sql, &values).await.map(drop)
}

pub(super) async fn is_known(tx: &mut Tx, key: &str) -> Result<bool> {
    Ok(by_key(tx, key).await?.is_some())
}

pub(super) async fn by_key(tx: &mut Tx, key: &str) -> Result<Option<AnyId>> {
    tx.opt("select id from delivery where key = $1", &params![key]).await?.map(|row| row.get(0)).transpose()
}

/// The oldest delivery of a thread.
pub(super) async fn first_of_thread(tx: &mut Tx, thread: &str) -> Result<Option<AnyId>> {
    tx.one("select min(id) from delivery where thread = $1", &params![thread]).await?.get(0)
}

/// When an older delivery of the thread is tried next, if there is one that waits.
pub(super) async fn ahead(tx: &mut Tx, thread: &str, id: AnyId) -> Result<Option<Time>> {
    let sql = "select coalesce(max(next_at), 0) from delivery
      where thread = $1 and id < $2 and state = 'waiting' having count(*) > 0";
    tx.opt(sql, &params![thread, id]).await?.map(|row| row.get(0)).transpose()
}

/// The next delivery of the thread that waits.
pub(super) async fn behind(tx: &mut Tx, thread: &str, id: AnyId) -> Result<Option<AnyId>> {
    let sql = "select min(id) from delivery where thread = $1 and id > $2 and state = 'waiting'";
    tx.one(sql, &params![thread, id]).await?.get(0)
}

pub(super) async fn get(tx: &mut Tx, id: AnyId) -> Result<Option<Delivery>> {
    let row = tx.opt(&format!("select {COLUMNS} from delivery where id = $1"), &params![id]).await?;
    row.map(delivery).transpose()
}

pub(super) async fn message(tx: &mut Tx, id: AnyId) -> Result<Message> {
    let value = tx.one("select message from delivery where id = $1", &params![id]).await?.get(0)?;
    serde_json::from_value(value).map_err(stored)
}

pub(super) async fn sealed(tx: &mut Tx, id: AnyId) -> Result<Option<Vec<u8>>> {
    tx.one("select sealed from delivery where id = $1", &params![id]).await?.get(0)
}

pub(super) async fn list(tx: &mut Tx, wanted: &Wanted) -> Result<Vec<Delivery>> {
    let mut filter = Filter::default();
    filter.and("1 = 1", []);
    if let Some(state) = wanted.state {
        filter.and("state = ?", params![state]);
    }
    if let Some(channel) = wanted.channel {
        filter.and("channel = ?", params![channel]);
    }
    if let Some(about) = &wanted.about {
        filter.and("about = ?", params![about.to_string()]);
    }
    if let Some(before) = wanted.before {
        filter.and("id < ?", params![before]);
    }
    let limit = filter.param(wanted.limit);
    let sql = format!("select {COLUMNS} from delivery where {} order by id desc limit {limit}", filter.sql());
    tx.rows(&sql, filter.params()).await?.into_iter().map(delivery).collect()
}

pub(super) async fn count(tx: &mut Tx, state: State) -> Result<i64> {
    tx.one("select count(*) from delivery where state = $1", &params![state]).await?.get(0)
}

/// When the last mails to an address were sent, since a time, the newest first.
pub(super) async fn sent_since(tx: &mut Tx, address: &str, since: Time, most: usize) -> Result<Vec<Time>> {
    let sql = "select state_at from delivery where address = $1 and state = 'sent' and state_at > $2 and channel = 'mail'
      order by state_at desc limit $3";
    tx.rows(sql, &params![address, since, most]).await?.iter().map(|row| row.get(0)).collect()
}

/// Mails to an address that were put off without a try, but for one of them, oldest first.
pub(super) async fn held_back(tx: &mut Tx, address: &str, but: AnyId, most: usize) -> Result<Vec<AnyId>> {
    let sql = "select id from delivery where address = $1 and state = 'waiting' and sentence is null and next_at > state_at
      and channel = 'mail' and id <> $2 order by id limit $3";
    tx.rows(sql, &params![address, but, most]).await?.iter().map(|row| row.get(0)).collect()
}

/// Takes a delivery that waits until `until`, unless somebody else is at it.
pub(super) async fn take(tx: &mut Tx, id: AnyId, until: Time) -> Result<bool> {
    let sql = "update delivery set busy_until = $2
      where id = $1 and state = 'waiting' and (busy_until is null or busy_until <= $3)";
    let now = tx.now();
    Ok(tx.run(sql, &params![id, until, now]).await? == 1)
}

pub(super) async fn busy_until(tx: &mut Tx, id: AnyId) -> Result<Option<Time>> {
    tx.one("select busy_until from delivery where id = $1", &params![id]).await?.get(0)
}

/// Writes what became of a delivery; nobody is at it afterwards.
pub(super) async fn update(tx: &mut Tx, it: &Delivery) -> Result<()> {
    let sql = "update delivery set state = $2, state_at = $3, sentence = $4, attempts = $5, tried_from = $6, next_at = $7,
      busy_until = null where id = $1";
    let values =
        params![it.id, it.state, it.state_at, it.sentence.clone(), it.attempts, it.tried_from, it.next_at];
    tx.run(sql, &values).await.map(drop)
}

pub(super) async fn insert_attempt(tx: &mut Tx, id: AnyId, attempt: &Attempt) -> Result<()> {
    let sql = "insert into delivery_attempt (delivery_id, number, at, took_ms, outcome, answer)
      values ($1, $2, $3, $4, $5, $6)";
    let took = i64::try_from(attempt.took.as_millis()).unwrap_or(i64::MAX);
    let values = params![id, attempt.number, attempt.at, took, &attempt.outcome, &attempt.answer];
    tx.run(sql, &values).await.map(drop)
}

pub(super) async fn attempts(tx: &mut Tx, id: AnyId) -> Result<Vec<Attempt>> {
    let sql = "select number, at, took_ms, outcome, answer from delivery_attempt where delivery_id = $1 order by number";
    let attempt = |row: Row| {
        Ok(Attempt {
            number: row.get(0)?,
            at: row.get(1)?,
            took: Duration::from_millis(u64::try_from(row.get::<i64>(2)?).unwrap_or(0)),
            outcome: row.get(3)?,
            answer: row.get(4)?,
        })
    };
    tx.rows(sql, &params![id]).await?.into_iter().map(attempt).collect()
}

/// Some hundred deliveries that were made before a time and do not wait; returns how many there were.
pub(super) async fn forget_before(tx: &mut Tx, before: Time) -> Result<u64> {
    let old = "select id from delivery where made_at < $1 and state <> 'waiting' order by made_at limit 500";
    tx.run(&format!("delete from delivery_attempt where delivery_id in ({old})"), &params![before]).await?;
    tx.run(&format!("delete from delivery where id in ({old})"), &params![before]).await
}
