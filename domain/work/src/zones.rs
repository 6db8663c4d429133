//! The zone that somebody's days are in: an instant is on the day that it is where they are.

use base::jiff::tz::TimeZone;
use base::{Date, Result, Time};
use db::Tx;

/// The actor's zone; UTC for the program itself.
pub(crate) async fn own(tx: &mut Tx) -> Result<TimeZone> {
    let Some(me) = tx.actor().user else { return Ok(TimeZone::UTC) };
    let named = people::users::opt(tx, me).await?.map(|me| me.time_zone);
    Ok(named.and_then(|name| TimeZone::get(&name).ok()).unwrap_or(TimeZone::UTC))
}

/// The actor's day at an instant.
pub(crate) async fn day(tx: &mut Tx, at: Time) -> Result<Date> {
    Ok(at.date_in(&own(tx).await?))
}
