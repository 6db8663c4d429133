//! Live updates: `GET /events?topics=task.1,project.2` streams that something changed, never what. The page asks again for
//! the parts that listen, with its own rights.
//!
//! A topic is a noun and an id (`environment.7`), or a noun alone (`deployment`) for anything of that noun. One topic is not the journal's: [`OWN`].
//!
//! Nothing falls between a page and its stream: a page says how far the journal was before it was read ([`Mark`]), and the stream
//! starts from there (`?after=`). The id of an event is the journal's seq, so that a browser that was away for a moment gets what it
//! missed (`Last-Event-ID`); one that was away for long is told that everything changed.

#[cfg(test)]
mod tests;

use crate::{App, Auth, Problem, Query, Result};
use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use base::{Actor, Error, Limit};
use db::Tx;
use futures_util::stream::{self, Stream};
use http::HeaderMap;
use journal::{Entry, Subject};
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The topic of what changed for the reader alone and is not in the journal: their inbox.
pub const OWN: &str = "my-inbox";

/// The number of a [`Pulse`], on its way.
pub type Beat<'a> = Pin<Box<dyn Future<Output = base::Result<i64>> + Send + 'a>>;

/// A number that rises whenever something changed for the reader alone. A part of the application: see [`OWN`].
#[derive(Clone, Copy)]
pub struct Pulse(pub for<'a> fn(&'a mut Tx) -> Beat<'a>);

/// Topics of one stream.
const TOPICS: usize = 100;

/// After so many entries that were none of its business a stream says how far it is, so that coming again does not begin there.
const SILENT: i64 = 100;

/// Entries looked at in one go; to a stream that begins further behind, everything changed.
const BATCH: usize = 500;

static OPEN: AtomicU64 = AtomicU64::new(0);

/// How many streams are open, for metrics.
pub fn open_streams() -> u64 {
    OPEN.load(Ordering::Relaxed)
}

/// The route of live updates.
pub fn routes() -> Router<App> {
    Router::new().route("/events", get(events))
}

#[derive(serde::Deserialize)]
struct Topics {
    #[serde(default)]
    topics: String,
    /// What the page knows already: its [`Mark`].
    after: Option<i64>,
    pulse: Option<i64>,
}

/// How far things were when a page began to be read; what comes after it is news to the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    /// The seq of the newest entry.
    pub seq: i64,
    /// The reader's own number ([`Pulse`]).
    pub pulse: i64,
}

impl Mark {
    /// Reads it; call this before reading anything that the page shows.
    pub(crate) async fn read(app: &App, actor: &Actor) -> base::Result<Self> {
        let mut tx = app.db.read(actor).await?;
        let pulse = match app.parts.get::<Pulse>() {
            Some(Pulse(read)) => read(&mut tx).await?,
            None => 0,
        };
        Ok(Self { seq: journal::head(&mut tx).await?, pulse })
    }
}

struct Follow {
    app: App,
    actor: Actor,
    topics: Vec<String>,
    seq: i64,
    /// How far the browser knows that it is.
    said: i64,
    /// The reader's own number, when they listen to it; none before it was read.
    pulse: Option<i64>,
    commits: tokio::sync::watch::Receiver<u64>,
    ready: VecDeque<Event>,
    _open: Counted,
}

struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn events(
    State(app): State<App>,
    Auth(actor): Auth,
    Query(query): Query<Topics>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = std::result::Result<Event, Infallible>>>> {
    let topics: Vec<String> =
        query.topics.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect();
    if topics.is_empty() || topics.len() > TOPICS {
        return Err(Problem(Error::invalid(
            "topics.invalid",
            format!("name 1 to {TOPICS} topics, like ?topics=task.1,project.2"),
        )));
    }
    let most = app.limits.get(Limit::LiveStreams);
    let open = Counted;
    if OPEN.fetch_add(1, Ordering::Relaxed) >= most {
        return Err(Problem(Error::limited(
            "limit.live_streams",
            format!("{most} live streams are open; try again later"),
            10,
        )));
    }
    // Subscribed before anything is read: a commit that the read below does not see yet wakes afterwards.
    let commits = app.db.commits();
    let (head, pulse) = {
        let mut tx = app.db.read(&actor).await?;
        (journal::head(&mut tx).await?, own(&app, &mut tx, &topics).await?)
    };
    let again =
        headers.get("last-event-id").and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<i64>().ok());
    let known = again.or(query.after).unwrap_or(head);
    // A seq that is not there yet comes from a journal that was replaced by an older one.
    let is_lost = known > head || head.saturating_sub(known) > BATCH as i64;
    let seq = if is_lost { head } else { known };
    let first = ready(seq);
    // Whoever comes again may have missed something of their own, which has no seq.
    let pulse = if again.is_some() || is_lost { None } else { query.pulse.or(pulse) };
    let mut follow = Follow {
        app,
        actor,
        topics,
        seq,
        said: seq,
        pulse,
        commits,
        ready: VecDeque::from([first]),
        _open: open,
    };
    if is_lost {
        let all =
            follow.topics.iter().filter(|topic| *topic != OWN).map(|topic| (topic.clone(), seq)).collect();
        follow.tell(all).await?;
    }
    let stream = stream::unfold(follow, |mut follow| async move {
        let event = follow.next().await?;
        Some((Ok(event), follow))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

fn ready(seq: i64) -> Event {
    Event::default().event("ready").id(seq.to_string()).data(seq.to_string())
}

/// The reader's own number, when they listen to it.
async fn own(app: &App, tx: &mut Tx, topics: &[String]) -> base::Result<Option<i64>> {
    match app.parts.get::<Pulse>() {
        Some(Pulse(read)) if topics.iter().any(|topic| topic == OWN) => read(tx).await.map(Some),
        _ => Ok(None),
    }
}

impl Follow {
    async fn next(&mut self) -> Option<Event> {
        let mut stop = self.app.stop.clone();
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if *stop.borrow() {
                return None;
            }
            if let Err(error) = self.read().await {
                tracing::warn!(error = ?error, "a live stream could not read the journal");
                return None; // The browser connects again with its last event's id.
            }
            if self.ready.is_empty() {
                tokio::select! {
                    changed = self.commits.changed() => changed.ok()?,
                    _ = stop.changed() => return None,
                    () = tokio::time::sleep(Duration::from_secs(5)) => {}
                }
            }
        }
    }

    async fn read(&mut self) -> base::Result<()> {
        let query = journal::Query { after: self.seq, limit: BATCH, ..journal::Query::default() };
        let (entries, pulse) = {
            let mut tx = self.app.db.read(&self.actor).await?;
            (journal::read(&mut tx, &query).await?, own(&self.app, &mut tx, &self.topics).await?)
        };
        if let Some(now) = pulse.filter(|now| self.pulse != Some(*now)) {
            self.pulse = Some(now);
            self.ready.push_back(Event::default().event(OWN).data(now.to_string()));
        }
        let Some(last) = entries.last() else { return Ok(()) };
        self.seq = last.seq;
        // One event per topic, with the newest seq.
        let mut changed: BTreeMap<String, i64> = BTreeMap::new();
        for entry in &entries {
            for topic in self.topics_of(entry) {
                changed.insert(topic, entry.seq);
            }
        }
        self.tell(changed).await?;
        if self.seq - self.said >= SILENT {
            self.said = self.seq;
            self.ready.push_back(ready(self.seq));
        }
        Ok(())
    }

    /// Says that topics changed, those that the reader may see.
    async fn tell(&mut self, changed: BTreeMap<String, i64>) -> base::Result<()> {
        for (topic, seq) in changed {
            if self.may_see(&topic).await? {
                self.said = self.seq;
                self.ready
                    .push_back(Event::default().event(topic).id(self.seq.to_string()).data(seq.to_string()));
            }
        }
        Ok(())
    }

    fn topics_of(&self, entry: &Entry) -> Vec<String> {
        let noun = entry.verb.split('.').next().unwrap_or_default();
        let named =
            std::iter::once(&entry.subject).chain(&entry.parents).map(|s| format!("{}.{}", s.kind, s.id));
        named.chain([noun.to_owned()]).filter(|topic| self.topics.contains(topic)).collect()
    }

    async fn may_see(&self, topic: &str) -> base::Result<bool> {
        let Some((kind, id)) = topic.split_once('.') else { return Ok(true) }; // A noun alone says nothing of any one thing.
        let subject: Subject = format!("{kind}:{id}").parse()?;
        (self.app.may_see)(&self.app, &self.actor, &subject).await
    }
}
