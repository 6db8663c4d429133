//! Sending again what was not sent: one by one, or all that was held for want of a mail server.

use super::{Delivery, Filter, State, enter, get, list, schedule, store};
use base::id::AnyId;
use base::{Error, Result};
use db::Tx;
use serde_json::json;

/// Sends something again that was not sent. For administrators.
pub async fn resend(tx: &mut Tx, id: AnyId) -> Result<Delivery> {
    let found = get(tx, id).await?;
    if !found.state.may_be_resent() {
        let why = match found.state {
            State::Sent => "It was sent already",
            State::Withdrawn => "Its recipient may not see what it is about",
            State::Waiting | State::Failed | State::Held => "It is on its way already",
        };
        return Err(Error::conflict("delivery.not_failed", why));
    }
    put_back(tx, found).await
}

/// Puts something on its way that was not sent.
async fn put_back(tx: &mut Tx, mut found: Delivery) -> Result<Delivery> {
    let now = tx.now();
    found.state = State::Waiting;
    found.state_at = now;
    found.sentence = None;
    found.tried_from = now;
    found.next_at = Some(now);
    store::update(tx, &found).await?;
    enter(tx, "delivery.resent", &found, json!(null));
    schedule(tx, found.id, now).await?;
    Ok(found)
}

/// Deliveries that are put on their way in one transaction.
const TOGETHER: usize = 500;

/// Sends some hundred that are held, the oldest first, and says how many there were: the caller commits and asks again until there are none. For
/// administrators.
pub async fn resend_held(tx: &mut Tx) -> Result<usize> {
    let filter = Filter { state: Some(State::Held), limit: TOGETHER, ..Filter::default() };
    let mut held = list(tx, &filter).await?;
    held.reverse();
    let count = held.len();
    for delivery in held {
        put_back(tx, delivery).await?;
    }
    Ok(count)
}
