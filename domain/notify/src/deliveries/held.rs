//! What was held for want of a mail server: all of it at once, when there is one.

use super::{Filter, State, list, put_back};
use base::Result;
use db::Tx;

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
