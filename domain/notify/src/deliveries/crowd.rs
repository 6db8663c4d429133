//! Crowds: an address that got many mails within minutes gets the rest as one, so that an agent that takes a hundred runs with it makes
//! no hundred mails.

use super::{Channel, Delivery, store};
use crate::message::{Block, Message};
use base::id::AnyId;
use base::{Limit, Limits, Result, Time};
use db::Tx;
use std::time::Duration;

/// The time that they are counted in, and that the rest waits for at most.
pub(super) const WINDOW: Duration = Duration::from_secs(300);

/// Until when a mail has to wait, because its address got many lately.
pub(super) async fn wait_until(tx: &mut Tx, delivery: &Delivery) -> Result<Option<Time>> {
    let Some(address) = delivery.address.as_ref().filter(|_| delivery.channel == Channel::Mail) else {
        return Ok(None);
    };
    let since = tx.now().minus(WINDOW);
    let many = tx.limits().count(Limit::MailsInARow).max(1);
    let times = store::sent_since(tx, address, since, many).await?;
    Ok(times.last().filter(|_| times.len() >= many).map(|oldest| oldest.plus(WINDOW)))
}

/// What was held back for the same address, oldest first, taken until `busy`.
pub(super) async fn take_rest(
    tx: &mut Tx,
    delivery: &Delivery,
    busy: Time,
) -> Result<Vec<(Delivery, Message)>> {
    let Some(address) = delivery.address.as_ref().filter(|_| delivery.channel == Channel::Mail) else {
        return Ok(Vec::new());
    };
    let most = tx.limits().count(Limit::MessagesPerMail);
    let held: Vec<AnyId> = store::held_back(tx, address, delivery.id, most).await?;
    let mut rest = Vec::new();
    for id in held {
        if store::take(tx, id, busy).await?
            && let Some(found) = store::get(tx, id).await?
        {
            let message = store::message(tx, id).await?;
            rest.push((found, message));
        }
    }
    Ok(rest)
}

/// One message that holds several together. `link` makes an address of a path.
pub(super) fn together(
    all: &[(&Delivery, &Message)],
    limits: &Limits,
    link: impl Fn(&str) -> String,
) -> Option<Message> {
    let many = limits.get(Limit::MailsInARow);
    let (_, first) = all.first()?;
    let count = all.len();
    let line = |(_, message): &(&Delivery, &Message)| format!("{}  {}", message.title, link(&message.path));
    let mut held = (*first).clone();
    held.kind = "several".to_owned();
    held.title = format!("{count} messages at once");
    held.sentence =
        format!("{count} messages came within minutes after {many} others, so they are told as one.");
    held.path = "/".to_owned();
    held.facts.clear();
    held.blocks = vec![Block {
        title: "Oldest first".to_owned(),
        lines: all.iter().map(line).collect(),
        is_output: false,
    }];
    held.notes = vec!["Each link says more, and where such messages can be stopped.".to_owned()];
    held.stop_path = None;
    held.headers.clear();
    Some(held)
}
