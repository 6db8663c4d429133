//! Delivering: takes what waits, hands it to its channel outside any transaction, and notes what came back.

use super::{Address, Attempt, CHORE, Channel, Delivery, State, crowd, enter, schedule, store};
use crate::message::Message;
use crate::{Outlets, inbox, mail, webhook};
use base::id::AnyId;
use base::{Actor, Door, Error, Limit, Limits, Result, Stopwatch};
use chores::{Chore, Handler};
use db::Tx;
use serde_json::json;
use std::time::Duration;
use web::App;

/// How long one try may take before somebody else tries. Every channel gives up sooner.
fn busy(limits: &Limits) -> Duration {
    let channels = limits.seconds(Limit::MailSeconds).max(limits.seconds(Limit::WebhookSeconds));
    Duration::from_secs(60).max(channels * 2)
}

fn tries(limits: &Limits, limit: Limit) -> i64 {
    i64::try_from(limits.get(limit)).unwrap_or(i64::MAX)
}

/// The first pause between tries.
const FIRST_PAUSE: Duration = Duration::from_secs(30);

/// What became of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The other side took it, and said this.
    Sent(String),
    /// Not this time: it is tried again, not before so long where the other side says so.
    Again(String, Option<Duration>),
    /// Never.
    Failed(String),
    /// The mail server does not take the sign-in: tried a few times, then held until somebody has set it right.
    SignIn(String),
    /// Nobody set what is needed.
    Held(String),
    /// It is not for the recipient any more.
    Withdrawn(String),
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Sent(_) => "sent",
            Self::Again(..) => "again",
            Self::SignIn(_) => "sign_in",
            Self::Failed(_) => "failed",
            Self::Held(_) => "held",
            Self::Withdrawn(_) => "withdrawn",
        }
    }

    fn answer(&self, limits: &Limits) -> String {
        let (Self::Sent(said)
        | Self::Again(said, _)
        | Self::SignIn(said)
        | Self::Failed(said)
        | Self::Held(said)
        | Self::Withdrawn(said)) = self;
        let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
        line.chars().take(limits.count(Limit::DeliveryAnswerChars)).collect()
    }
}

pub(crate) fn handler(app: &App) -> Handler {
    let app = app.clone();
    Handler::new(CHORE, move |chore: Chore| {
        let app = app.clone();
        async move {
            let id = serde_json::from_value(chore.payload["delivery"].clone())
                .map_err(|error| Error::bug("chore.payload", "a chore names no delivery").because(error))?;
            deliver(&app, id).await
        }
    })
}

/// What was taken to be sent.
struct Taken {
    delivery: Delivery,
    message: Message,
    address: Address,
    keys: Vec<String>,
    /// What else was held back for the same address, and goes with it.
    rest: Vec<(Delivery, Message)>,
}

async fn deliver(app: &App, id: AnyId) -> Result<()> {
    let system = Actor::system();
    let mut tx = app.db.write(&system).await?;
    let taken = take(&mut tx, id).await?;
    tx.commit().await?;
    let Some(taken) = taken else { return Ok(()) };
    let watch = Stopwatch::start();
    let withdrawn = withdrawn(app, &taken.delivery).await?;
    let outlets = app.part::<Outlets>()?;
    let outcome = match (withdrawn, taken.delivery.channel) {
        (Some(why), _) => Outcome::Withdrawn(why),
        (None, Channel::Inbox) => return put(app, outlets.inbox, &taken).await,
        (None, Channel::Mail) => return by_mail(app, outlets, taken).await,
        (None, Channel::Webhook) => match address(app, outlets, &taken.address) {
            Ok(address) => {
                webhook::post(app, &outlets.web, &address, &taken.delivery, &taken.message, &taken.keys).await
            }
            Err(error) => Outcome::Failed(error.message().to_owned()),
        },
    };
    let mut tx = app.db.write(&system).await?;
    note(&mut tx, taken.delivery, &outcome, watch.elapsed()).await?;
    tx.commit().await
}

/// Sends a mail, or one that holds together what was held back for its address.
async fn by_mail(app: &App, outlets: &Outlets, taken: Taken) -> Result<()> {
    let watch = Stopwatch::start();
    let mut noted = Vec::new();
    let mut all = vec![(taken.delivery, taken.message)];
    for (delivery, message) in taken.rest {
        match withdrawn(app, &delivery).await? {
            Some(why) => noted.push((delivery, Outcome::Withdrawn(why))),
            None => all.push((delivery, message)),
        }
    }
    all.sort_by_key(|(delivery, _)| delivery.id);
    let outcome = match (&outlets.mail, &taken.address, all.first()) {
        (Some(server), Address::Plain(address), Some((first, message))) => {
            let references: Vec<_> = all.iter().map(|(delivery, message)| (delivery, message)).collect();
            let held =
                crowd::together(&references, &app.limits, |path| app.link(path)).filter(|_| all.len() > 1);
            let reply_to = first.reply_to.filter(|_| held.is_none());
            let message = held.as_ref().unwrap_or(message);
            server.send(app, &mail::Letter { delivery: first, reply_to, address, message }).await
        }
        (None, ..) => Outcome::Held("No mail server is set".to_owned()),
        (Some(_), ..) => Outcome::Failed("It has no mail address".to_owned()),
    };
    let mut tx = app.db.write(&Actor::system()).await?;
    noted.extend(all.into_iter().map(|(delivery, _)| (delivery, outcome.clone())));
    for (delivery, outcome) in noted {
        note(&mut tx, delivery, &outcome, watch.elapsed()).await?;
    }
    tx.commit().await
}

/// Takes a delivery, with what is needed to send it; none when it does not wait, or not yet.
async fn take(tx: &mut Tx, id: AnyId) -> Result<Option<Taken>> {
    let Some(delivery) = store::get(tx, id).await?.filter(|found| found.state == State::Waiting) else {
        return Ok(None);
    };
    let now = tx.now();
    if let Some(thread) = &delivery.thread
        && let Some(next) = store::ahead(tx, thread, id).await?
    {
        // What was written first about the same thing goes first; its end sends this one on its way.
        schedule(tx, id, next.max(now).plus(Duration::from_secs(5))).await?;
        return Ok(None);
    }
    if let Some(until) = crowd::wait_until(tx, &delivery).await? {
        let put_off = Delivery { next_at: Some(until), ..delivery };
        store::update(tx, &put_off).await?;
        schedule(tx, id, until).await?;
        return Ok(None);
    }
    let busy = now.plus(busy(tx.limits()));
    if !store::take(tx, id, busy).await? {
        let until = store::busy_until(tx, id).await?.unwrap_or(now).max(now);
        schedule(tx, id, until.plus(Duration::from_secs(1))).await?;
        return Ok(None);
    }
    let rest = match delivery.is_put_off() {
        true => crowd::take_rest(tx, &delivery, busy).await?,
        false => Vec::new(),
    };
    let message = store::message(tx, id).await?;
    let address = match (&delivery.address, store::sealed(tx, id).await?) {
        (Some(address), _) => Address::Plain(address.clone()),
        (None, Some(sealed)) => Address::Sealed(sealed),
        (None, None) => Address::Own,
    };
    let keys = match delivery.channel {
        Channel::Webhook => webhook::keys(tx).await?,
        Channel::Mail | Channel::Inbox => Vec::new(),
    };
    Ok(Some(Taken { delivery, message, address, keys, rest }))
}

fn address(app: &App, outlets: &Outlets, address: &Address) -> Result<String> {
    match address {
        Address::Plain(address) => Ok(address.clone()),
        Address::Sealed(sealed) => Ok((outlets.open)(app, sealed)?.reveal().trim().to_owned()),
        Address::Own => Err(Error::bug("delivery.address", "a delivery has no address")),
    }
}

/// Why a person is not to be told any more; none when they are.
async fn withdrawn(app: &App, delivery: &Delivery) -> Result<Option<String>> {
    let Some(user) = delivery.user else { return Ok(None) };
    let person = people::users::opt(&mut app.db.read(&Actor::system()).await?, user).await?;
    let Some(person) = person.filter(|person| person.active) else {
        return Ok(Some(format!("{} is not here any more", delivery.recipient)));
    };
    let actor = people::door::actor_of(&person, Door::Web);
    for needed in &delivery.needs {
        if !(app.may_see)(app, &actor, needed).await? {
            return Ok(Some(format!("{} may not see what it is about any more", person.name)));
        }
    }
    Ok(None)
}

/// Puts something into an inbox and notes it, in one transaction: it is there exactly once.
async fn put(app: &App, put: inbox::Put, taken: &Taken) -> Result<()> {
    let mut tx = app.db.write(&Actor::system()).await?;
    let Some(user) = taken.delivery.user else {
        let outcome = Outcome::Failed("It is for no person".to_owned());
        note(&mut tx, taken.delivery.clone(), &outcome, Duration::ZERO).await?;
        return tx.commit().await;
    };
    let item = inbox::Item { user, news: taken.message.news.clone(), path: taken.message.path.clone() };
    put(&mut tx, &item).await?;
    let outcome = Outcome::Sent("It is in the inbox".to_owned());
    note(&mut tx, taken.delivery.clone(), &outcome, Duration::ZERO).await?;
    tx.commit().await
}

/// Notes what became of a try, and has the next one made.
async fn note(tx: &mut Tx, mut delivery: Delivery, outcome: &Outcome, took: Duration) -> Result<()> {
    let now = tx.now();
    delivery.attempts += 1;
    let limits = tx.limits().clone();
    let answer = outcome.answer(&limits);
    let attempt = Attempt {
        number: delivery.attempts,
        at: now,
        took,
        outcome: outcome.word().to_owned(),
        answer: answer.clone(),
    };
    store::insert_attempt(tx, delivery.id, &attempt).await?;
    let (state, verb) = match outcome {
        Outcome::Sent(_) => (State::Sent, Some("delivery.sent")),
        Outcome::SignIn(_) if delivery.attempts >= tries(&limits, Limit::MailSignIns) => {
            (State::Held, Some("delivery.held"))
        }
        Outcome::Again(..) | Outcome::SignIn(_)
            if now.since(delivery.tried_from) >= limits.hours(Limit::DeliveryHours) =>
        {
            (State::Failed, Some("delivery.failed"))
        }
        Outcome::Again(..) | Outcome::SignIn(_) => (State::Waiting, None),
        Outcome::Failed(_) => (State::Failed, Some("delivery.failed")),
        Outcome::Held(_) => (State::Held, Some("delivery.held")),
        Outcome::Withdrawn(_) => (State::Withdrawn, Some("delivery.withdrawn")),
    };
    delivery.state = state;
    delivery.state_at = now;
    delivery.sentence = (state != State::Sent).then(|| answer.clone());
    delivery.next_at = match (state, outcome) {
        (State::Waiting, outcome) => {
            let after = if let Outcome::Again(_, Some(after)) = outcome { *after } else { Duration::ZERO };
            let most = limits.seconds(Limit::DeliveryPauseSeconds);
            Some(now.plus(pause(delivery.attempts, most).max(after)))
        }
        _ => None,
    };
    store::update(tx, &delivery).await?;
    if let Some(next) = delivery.next_at {
        schedule(tx, delivery.id, next).await?;
    }
    if let Some(verb) = verb {
        enter(tx, verb, &delivery, json!(answer));
        if let Some(thread) = &delivery.thread
            && let Some(next) = store::behind(tx, thread, delivery.id).await?
        {
            schedule(tx, next, now).await?;
        }
    }
    Ok(())
}

/// 30 s, 1 min, 2 min, ... at most as long as the limit says; a quarter of it random, so that what failed together does not come back together.
fn pause(attempts: i64, most: Duration) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 12) - 1).unwrap_or(0);
    let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(most);
    pause + Duration::from_millis(base::random::below(pause.as_millis() as u64 / 4 + 1))
}

#[cfg(test)]
#[test]
fn tries_come_ever_later() {
    let pauses: Vec<u64> = (1..=20).map(|n| pause(n, Duration::from_secs(3_600)).as_secs()).collect();
    assert!((30..=38).contains(&pauses[0]) && (60..=75).contains(&pauses[1]), "{pauses:?}");
    assert!(pauses.iter().all(|pause| *pause <= 4_500), "{pauses:?}");
}
