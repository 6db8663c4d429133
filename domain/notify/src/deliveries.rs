//! Deliveries: one message to one recipient by one channel, from the transaction of its cause to what became of it.
//!
//! A delivery is written with what causes it and sent by a chore. Every try is kept with its time and what the other side answered. What is
//! refused for good has failed; anything else is tried again, ever later, for as long as the limit `delivery_hours` says. What follows each other about one thing arrives in
//! order. Nothing is sent to a person who may not see the thing any more.

mod again;
pub(crate) mod api;
mod crowd;
pub(crate) mod pages;
mod recipient;
pub(crate) mod run;
mod store;
#[cfg(test)]
mod tests;

pub use again::{resend, resend_held};
pub use recipient::{Address, Channel, Recipient};

use crate::message::Message;
use base::id::{AnyId, UserId};
use base::{Actor, Error, Limit, Result, Role, Time};
use db::{Db, Tx};
use journal::Subject;
use people::rights;
use serde_json::json;
use std::time::Duration;

/// The kind of the chore that delivers; its payload is `{"delivery": "<id>"}`.
const CHORE: &str = "notify.deliver";

base::text_enum! {
    /// What became of a delivery.
    #[derive(utoipa::ToSchema)]
    #[schema(rename_all = "snake_case", as = DeliveryState)]
    pub enum State {
        /// It is to be sent, or to be tried again.
        Waiting = "waiting",
        /// The other side has taken it.
        Sent = "sent",
        /// It was refused for good, or tried for too long.
        Failed = "failed",
        /// It was not sent, because no mail server is set, or none that takes the sign-in.
        Held = "held",
        /// It was not sent, because the recipient may not see what it is about any more.
        Withdrawn = "withdrawn",
    }
}

impl State {
    /// Whether a person may have it sent again.
    pub fn may_be_resent(self) -> bool {
        matches!(self, Self::Failed | Self::Held)
    }
}

/// One message to one recipient.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its id.
    pub id: AnyId,
    /// How.
    pub channel: Channel,
    /// Who it is for, as people read it.
    pub recipient: String,
    /// Where it goes, where that is no secret.
    pub address: Option<String>,
    /// The person, when it is one.
    pub user: Option<UserId>,
    /// What sort of news it is.
    pub kind: String,
    /// What it is about.
    pub about: Subject,
    /// Its title.
    pub title: String,
    /// What became of it.
    pub state: State,
    /// Since when.
    pub state_at: Time,
    /// Why, in a sentence.
    pub sentence: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// Since when it is tried.
    pub tried_from: Time,
    /// When it is tried next.
    pub next_at: Option<Time>,
    /// When it was written.
    pub made_at: Time,
    needs: Vec<Subject>,
    thread: Option<String>,
    reply_to: Option<AnyId>,
}

/// One try.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Counts the tries.
    pub number: i64,
    /// When.
    pub at: Time,
    /// How long it took.
    pub took: Duration,
    /// `sent`, `again`, `failed`, `held` or `withdrawn`.
    pub outcome: String,
    /// What the other side answered, or why nothing came back.
    pub answer: String,
}

impl Delivery {
    /// Whether it waits because its address got many others, and not because a try of it came to nothing.
    fn is_put_off(&self) -> bool {
        self.sentence.is_none() && self.next_at > Some(self.state_at)
    }
}

fn subject(id: AnyId) -> Subject {
    Subject::new("delivery", id.0)
}

fn enter(tx: &mut Tx, verb: &'static str, delivery: &Delivery, more: serde_json::Value) {
    let data = json!({
        "name": delivery.title, "channel": delivery.channel, "recipient": delivery.recipient, "kind": delivery.kind,
        "about": delivery.about, "said": more,
    });
    journal::enter(tx, verb, subject(delivery.id), &[], data);
}

/// Has a message delivered. `key` names its cause: the same key tells the same recipient once, and false is returned the next time. What
/// belongs to one `thread` arrives in order.
pub async fn send(
    tx: &mut Tx,
    message: &Message,
    to: &Recipient,
    key: &str,
    thread: Option<&str>,
) -> Result<bool> {
    let key = format!("{key} {}", to.mark());
    if store::is_known(tx, &key).await? {
        return Ok(false);
    }
    let thread = thread.map(|thread| format!("{thread} {}", to.mark()));
    let reply_to = match &thread {
        Some(thread) => store::first_of_thread(tx, thread).await?,
        None => None,
    };
    let now = tx.now();
    let delivery = Delivery {
        id: tx.new_id(),
        channel: to.channel,
        recipient: to.name.clone(),
        address: if let Address::Plain(address) = &to.address { Some(address.clone()) } else { None },
        user: to.user,
        kind: message.kind.clone(),
        about: message.about.clone(),
        title: message.title.clone(),
        state: State::Waiting,
        state_at: now,
        sentence: None,
        attempts: 0,
        tried_from: now,
        next_at: Some(now),
        made_at: now,
        needs: to.needs.clone(),
        thread,
        reply_to,
    };
    let sealed = if let Address::Sealed(sealed) = &to.address { Some(sealed.as_slice()) } else { None };
    store::insert(tx, &delivery, &key, sealed, message).await?;
    enter(tx, "delivery.queued", &delivery, json!(null));
    schedule(tx, delivery.id, now).await?;
    Ok(true)
}

/// Whether something of a thread was sent to a recipient, or is to be.
pub async fn was_told(tx: &mut Tx, thread: &str, to: &Recipient) -> Result<bool> {
    Ok(store::first_of_thread(tx, &format!("{thread} {}", to.mark())).await?.is_some())
}

async fn schedule(tx: &mut Tx, id: AnyId, at: Time) -> Result<()> {
    chores::enqueue_at(tx, CHORE, json!({"delivery": id}), at, Some(&id.to_string())).await
}

/// Which deliveries.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those in this state.
    pub state: Option<State>,
    /// Only those by this channel.
    pub channel: Option<Channel>,
    /// Only those about this.
    pub about: Option<Subject>,
    /// Only those before this one.
    pub before: Option<AnyId>,
    /// At most so many.
    pub limit: usize,
}

/// Deliveries, newest first. For administrators.
pub async fn list(tx: &mut Tx, filter: &Filter) -> Result<Vec<Delivery>> {
    rights::require_role(tx, Role::Admin)?;
    store::list(tx, filter).await
}

/// What was told about something, oldest first. The caller has checked that the thing may be seen.
pub async fn about(tx: &mut Tx, about: &Subject) -> Result<Vec<Delivery>> {
    let filter = Filter { about: Some(about.clone()), limit: 100, ..Filter::default() };
    let mut all = store::list(tx, &filter).await?;
    all.reverse();
    Ok(all)
}

/// How many deliveries are in a state. For administrators.
pub async fn count(tx: &mut Tx, state: State) -> Result<i64> {
    rights::require_role(tx, Role::Admin)?;
    store::count(tx, state).await
}

fn missing(id: AnyId) -> Error {
    Error::missing("delivery.missing", format!("There is no delivery {id}"))
}

/// One delivery. For administrators.
pub async fn get(tx: &mut Tx, id: AnyId) -> Result<Delivery> {
    rights::require_role(tx, Role::Admin)?;
    store::get(tx, id).await?.ok_or_else(|| missing(id))
}

/// Its tries, oldest first, and what it says. For administrators.
pub async fn details(tx: &mut Tx, id: AnyId) -> Result<(Vec<Attempt>, Message)> {
    rights::require_role(tx, Role::Admin)?;
    Ok((store::attempts(tx, id).await?, store::message(tx, id).await?))
}

/// Sends a mail that only shows that mail arrives. For administrators.
pub async fn send_test(tx: &mut Tx, address: &str) -> Result<AnyId> {
    rights::require_role(tx, Role::Admin)?;
    let address = crate::mail::valid_address(address)?;
    let by = tx.actor().name.clone();
    let workspace = people::workspace::current(tx).await?;
    let mark: AnyId = tx.new_id();
    let message = Message::test(&workspace, &by);
    let to = Recipient {
        channel: Channel::Mail,
        name: address.clone(),
        address: Address::Plain(address),
        user: None,
        needs: Vec::new(),
    };
    let key = format!("test {mark}");
    send(tx, &message, &to, &key, None).await?;
    let id = store::by_key(tx, &format!("{key} {}", to.mark())).await?;
    id.ok_or_else(|| Error::bug("delivery.test", "a test mail was written and is not there"))
}

/// Forgets what was sent long ago.
pub(crate) async fn forget_old(db: &Db) -> Result<()> {
    loop {
        let mut tx = db.write(&Actor::system()).await?;
        let before = tx.now().minus(tx.limits().days(Limit::DeliveryDays));
        let gone = store::forget_before(&mut tx, before).await?;
        tx.commit().await?;
        if gone == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
impl Delivery {
    /// A delivery by mail that is in no database.
    pub(crate) fn for_test(
        id: AnyId,
        recipient: &str,
        address: &str,
        about: Subject,
        state: State,
        at: Time,
    ) -> Self {
        Self {
            id,
            channel: Channel::Mail,
            recipient: recipient.to_owned(),
            address: Some(address.to_owned()),
            user: None,
            kind: "job.failed".to_owned(),
            about,
            title: "Nightly failed".to_owned(),
            state,
            state_at: at,
            sentence: None,
            attempts: 0,
            tried_from: at,
            next_at: None,
            made_at: at,
            needs: Vec::new(),
            thread: None,
            reply_to: None,
        }
    }
}
