//! Subscriptions and their queues in the database.

use super::Webhook;
use base::id::{UserId, WebhookId};
use base::{Error, Result, Time};
use db::{Row, Tx, params};
use journal::Subject;

const COLUMNS: &str =
    "id, resource_kind, resource_id, target, filters, secret, created_at, created_by, last_success_at,
  last_failure_at, last_failure, failures, failing_since, next_try_at, since_seq";

fn from_row(row: Row) -> Result<Webhook> {
    let mut c = row.columns();
    Ok(Webhook {
        id: c.next()?,
        resource: format!("{}:{}", c.next::<String>()?, c.next::<i64>()?).parse()?,
        target: c.next()?,
        filters: serde_json::from_value(c.next()?)
            .map_err(|error| Error::bug("webhook.filters", "stored filters cannot be read").because(error))?,
        secret: c.next()?,
        created_at: c.next()?,
        created_by: c.next()?,
        last_success_at: c.next()?,
        last_failure_at: c.next()?,
        last_failure: c.next()?,
        failures: c.next()?,
        failing_since: c.next()?,
        next_try_at: c.next()?,
        since_seq: c.next()?,
    })
}

fn filters(webhook: &Webhook) -> Result<String> {
    serde_json::to_string(&webhook.filters)
        .map_err(|error| Error::bug("webhook.filters", "filters cannot be written").because(error))
}

pub(super) async fn insert(tx: &mut Tx, it: &Webhook) -> Result<()> {
    let sql = "insert into webhook (id, resource_kind, resource_id, target, filters, secret, created_at, created_by, failures, since_seq)
      values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)";
    let (kind, id) = (it.resource.kind.as_ref(), it.resource.id);
    let values = params![
        it.id,
        kind,
        id,
        it.target.as_str(),
        filters(it)?,
        it.secret.as_str(),
        it.created_at,
        it.created_by,
        it.since_seq
    ];
    tx.run(sql, &values).await.map(drop)
}

pub(super) async fn by_id(tx: &mut Tx, id: WebhookId) -> Result<Option<Webhook>> {
    let row = tx.opt(&format!("select {COLUMNS} from webhook where id = $1"), &params![id]).await?;
    row.map(from_row).transpose()
}

pub(super) async fn of_owner(tx: &mut Tx, owner: UserId) -> Result<Vec<Webhook>> {
    let rows = tx
        .rows(&format!("select {COLUMNS} from webhook where created_by = $1 order by id"), &params![owner])
        .await?;
    rows.into_iter().map(from_row).collect()
}

/// Those on a thing.
pub(super) async fn on(tx: &mut Tx, resource: &Subject) -> Result<Vec<Webhook>> {
    let sql =
        format!("select {COLUMNS} from webhook where resource_kind = $1 and resource_id = $2 order by id");
    let rows = tx.rows(&sql, &params![resource.kind.as_ref(), resource.id]).await?;
    rows.into_iter().map(from_row).collect()
}

pub(super) async fn count(tx: &mut Tx, resource: &Subject) -> Result<usize> {
    let sql = "select count(*) from webhook where resource_kind = $1 and resource_id = $2";
    let count: i64 = tx.one(sql, &params![resource.kind.as_ref(), resource.id]).await?.get(0)?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// The things that anybody watches.
pub(super) async fn watched(tx: &mut Tx) -> Result<Vec<Subject>> {
    let rows = tx.rows("select distinct resource_kind, resource_id from webhook", &[]).await?;
    rows.into_iter().map(|row| format!("{}:{}", row.get::<String>(0)?, row.get::<i64>(1)?).parse()).collect()
}

pub(super) async fn set_filters(tx: &mut Tx, it: &Webhook) -> Result<()> {
    tx.run("update webhook set filters = $2 where id = $1", &params![it.id, filters(it)?]).await.map(drop)
}

pub(super) async fn delete(tx: &mut Tx, id: WebhookId) -> Result<()> {
    tx.run("delete from webhook_event where webhook_id = $1", &params![id]).await?;
    tx.run("delete from webhook where id = $1", &params![id]).await.map(drop)
}

pub(super) async fn push(tx: &mut Tx, id: WebhookId, seq: i64, part: usize, body: &str) -> Result<()> {
    let sql = "insert into webhook_event (webhook_id, seq, part, body) values ($1, $2, $3, $4) on conflict do nothing";
    tx.run(sql, &params![id, seq, part, body]).await.map(drop)
}

/// Takes the subscription for sending until `until`, unless somebody else is sending.
pub(super) async fn take(tx: &mut Tx, id: WebhookId, until: Time) -> Result<bool> {
    let sql = "update webhook set busy_until = $2 where id = $1 and (busy_until is null or busy_until <= $3)";
    let now = tx.now();
    Ok(tx.run(sql, &params![id, until, now]).await? == 1)
}

/// The oldest events that wait: their places in the queue, and their bodies.
pub(super) async fn waiting(tx: &mut Tx, id: WebhookId, limit: usize) -> Result<Vec<(i64, i64, String)>> {
    let sql = "select seq, part, body from webhook_event where webhook_id = $1 order by seq, part limit $2";
    let rows = tx.rows(sql, &params![id, limit]).await?;
    rows.into_iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

pub(super) async fn drop_up_to(tx: &mut Tx, id: WebhookId, seq: i64, part: i64) -> Result<()> {
    let sql = "delete from webhook_event where webhook_id = $1 and (seq < $2 or (seq = $2 and part <= $3))";
    tx.run(sql, &params![id, seq, part]).await.map(drop)
}

pub(super) async fn succeeded(tx: &mut Tx, id: WebhookId) -> Result<()> {
    let sql = "update webhook set last_success_at = $2, failures = 0, failing_since = null, next_try_at = null, busy_until = null
      where id = $1";
    let now = tx.now();
    tx.run(sql, &params![id, now]).await.map(drop)
}

pub(super) async fn noted_failure(tx: &mut Tx, it: &Webhook) -> Result<()> {
    let sql = "update webhook set last_failure_at = $2, last_failure = $3, failures = $4, failing_since = $5, next_try_at = $6,
      busy_until = null where id = $1";
    let values = params![
        it.id,
        it.last_failure_at,
        it.last_failure.clone(),
        it.failures,
        it.failing_since,
        it.next_try_at
    ];
    tx.run(sql, &values).await.map(drop)
}
