//! From the journal into the queues, and out of the queues.

use super::{Filter, PATIENCE, Webhook, sees, store, subject};
use crate::happenings::{self, Happening};
use base::id::WebhookId;
use base::{Door, Result, Stopwatch, Time};
use db::Tx;
use journal::{Entry, Follower, Subject};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The kind of the chore that sends the queue of a subscription; its payload is `{"webhook": "<id>"}`.
pub const CHORE: &str = "webhook.deliver";

/// Even when nothing happens, a letter without events is sent so often: it shows both sides that the way is open.
const HEARTBEAT: Duration = Duration::from_secs(8 * 3_600);

/// How long one sending may take before somebody else tries.
const SENDING: Duration = Duration::from_secs(60);

/// Events in one letter.
const LETTER: usize = 100;

/// How an event looks in a letter.
pub type Render = fn(&Happening) -> Value;

/// What to send.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Whose it is.
    pub webhook: Webhook,
    /// The events as they were rendered; none in a heartbeat.
    pub events: Vec<Value>,
    /// The place of the last one in the queue.
    last: Option<(i64, i64)>,
}

/// Which things are watched, as far as this process knows: most entries of most servers concern nobody, and must not cost a write.
struct Watched {
    things: HashSet<Subject>,
    since: Option<Stopwatch>,
}

/// Other nodes make subscriptions too; what they made is known here after so long.
const KNOWN_FOR: Duration = Duration::from_secs(5);

impl Watched {
    fn is_fresh(&self) -> bool {
        self.since.is_some_and(|since| since.elapsed() < KNOWN_FOR)
    }

    fn concerns(&self, entry: &Entry) -> bool {
        self.things.contains(&entry.subject)
            || entry.parents.iter().any(|parent| self.things.contains(parent))
    }
}

static WATCHED: Mutex<Option<Watched>> = Mutex::new(None);

fn with_watched<T>(work: impl FnOnce(&mut Watched) -> T) -> T {
    let mut guard = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
    work(guard.get_or_insert_with(|| Watched { things: HashSet::new(), since: None }))
}

/// The follower that fills the queues.
pub fn follower(render: Render) -> Follower {
    Follower {
        name: "webhooks",
        wants: |entry| {
            let is_about_webhooks = entry.subject.kind == "webhook";
            is_about_webhooks || with_watched(|watched| !watched.is_fresh() || watched.concerns(entry))
        },
        act: Arc::new(move |tx, entry| Box::pin(follow(tx, entry, render))),
    }
}

async fn follow(tx: &mut Tx, entry: &Entry, render: Render) -> Result<()> {
    if entry.subject.kind == "webhook" || !with_watched(|watched| watched.is_fresh()) {
        let things = store::watched(tx).await?;
        // Things are only added: a process has one database, but its tests have many.
        with_watched(|watched| {
            watched.things.extend(things);
            watched.since = Some(Stopwatch::start());
        });
    }
    let all = happenings::of(entry);
    if all.is_empty() {
        return Ok(());
    }
    let mut things = vec![entry.subject.clone()];
    things.extend(entry.parents.iter().filter(|parent| **parent != entry.subject).cloned());
    for thing in things {
        for webhook in store::on(tx, &thing).await? {
            if entry.seq > webhook.since_seq
                && all.iter().any(|happening| lets_through(&webhook.filters, &webhook.resource, happening))
            {
                let told = told_to_owner(tx, &webhook, entry).await?;
                enqueue(tx, &webhook, entry.seq, &told, render).await?;
            }
        }
    }
    Ok(())
}

/// What an entry says to the owner of a subscription; nothing when they are gone.
async fn told_to_owner(tx: &mut Tx, webhook: &Webhook, entry: &Entry) -> Result<Vec<Happening>> {
    let Some(owner) = people::users::opt(tx, webhook.created_by).await? else { return Ok(Vec::new()) };
    let system = tx.become_actor(people::door::actor_of(&owner, Door::Api));
    let told = happenings::told(tx, entry).await;
    tx.become_actor(system);
    told
}

async fn enqueue(tx: &mut Tx, webhook: &Webhook, seq: i64, told: &[Happening], render: Render) -> Result<()> {
    let wanted = told
        .iter()
        .enumerate()
        .filter(|(_, happening)| lets_through(&webhook.filters, &webhook.resource, happening));
    let mut is_empty = true;
    for (part, happening) in wanted {
        store::push(tx, webhook.id, seq, part, &render(happening).to_string()).await?;
        is_empty = false;
    }
    if is_empty {
        return Ok(());
    }
    // An address that fails is left alone until its next try.
    let at = webhook.next_try_at.unwrap_or_else(|| tx.now());
    schedule(tx, webhook.id, at).await
}

/// Whether a subscription wants to hear of something. A task that came into another project is no news of this one.
fn lets_through(filters: &[Filter], resource: &Subject, happening: &Happening) -> bool {
    let elsewhere = happening.parent.as_ref().is_some_and(|parent| {
        parent.subject.kind == resource.kind && resource.kind == "project" && parent.subject != *resource
    });
    !elsewhere && (filters.is_empty() || filters.iter().any(|filter| matches(filter, happening)))
}

fn matches(filter: &Filter, happening: &Happening) -> bool {
    let thing = &happening.thing;
    let is_it = |wanted: &Option<String>, found: Option<&str>| {
        wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
    };
    let field = happening.change.as_ref().map(|change| change.field.as_str());
    is_it(&filter.kind, Some(&thing.subject.kind))
        && is_it(&filter.subtype, thing.subtype.as_deref())
        && filter.action.is_none_or(|action| action == happening.action)
        && filter
            .fields
            .as_ref()
            .is_none_or(|fields| field.is_some_and(|field| fields.iter().any(|it| it == field)))
}

/// Has the queue sent at `at`, or earlier if that was planned before.
pub(super) async fn schedule(tx: &mut Tx, webhook: WebhookId, at: Time) -> Result<()> {
    chores::enqueue_at(tx, CHORE, json!({"webhook": webhook}), at, Some(&webhook.to_string())).await
}

/// Takes what is to be sent for a subscription; none when it is gone, or when somebody else is sending. Whoever takes it says
/// afterwards what became of it, in a transaction of its own: [`delivered`] or [`failed`].
pub async fn claim(tx: &mut Tx, webhook: WebhookId) -> Result<Option<Parcel>> {
    let Some(found) = store::by_id(tx, webhook).await? else { return Ok(None) };
    let now = tx.now();
    if !store::take(tx, webhook, now.plus(SENDING)).await? {
        schedule(tx, webhook, now.plus(Duration::from_secs(1))).await?;
        return Ok(None);
    }
    if !still_allowed(tx, &found).await? {
        store::delete(tx, webhook).await?;
        journal::enter(
            tx,
            "webhook.deleted",
            subject(webhook),
            &[],
            json!({"reason": "its owner may not see the resource any more"}),
        );
        return Ok(None);
    }
    // The first letter is always empty: it tells the receiver that the subscription stands.
    let limit = if found.last_success_at.is_none() { 0 } else { LETTER };
    let waiting = store::waiting(tx, webhook, limit).await?;
    let last = waiting.last().map(|(seq, part, _)| (*seq, *part));
    let events = waiting.into_iter().filter_map(|(_, _, body)| serde_json::from_str(&body).ok()).collect();
    Ok(Some(Parcel { webhook: found, events, last }))
}

/// Whether the owner still sees what they watch.
async fn still_allowed(tx: &mut Tx, webhook: &Webhook) -> Result<bool> {
    let Some(owner) = people::users::opt(tx, webhook.created_by).await?.filter(|user| user.active) else {
        return Ok(false);
    };
    let system = tx.become_actor(people::door::actor_of(&owner, Door::Api));
    let seen = sees(tx, &webhook.resource).await;
    tx.become_actor(system);
    match seen {
        Ok(()) => Ok(true),
        // A deleted project or task may be brought back, and its deletion still has to be sent.
        Err(error) if error.is_missing() => Ok(!error.code().ends_with(".hidden")),
        Err(error) => Err(error),
    }
}

/// The letter was accepted: its events leave the queue, and the rest or the next heartbeat follows.
pub async fn delivered(tx: &mut Tx, parcel: &Parcel) -> Result<()> {
    let id = parcel.webhook.id;
    if let Some((seq, part)) = parcel.last {
        store::drop_up_to(tx, id, seq, part).await?;
    }
    store::succeeded(tx, id).await?;
    let more = !store::waiting(tx, id, 1).await?.is_empty();
    let next = if more { tx.now() } else { tx.now().plus(HEARTBEAT) };
    schedule(tx, id, next).await
}

/// The letter was refused or lost: another try follows, ever later, until patience ends.
pub async fn failed(tx: &mut Tx, parcel: &Parcel, why: &str) -> Result<()> {
    let mut webhook = parcel.webhook.clone();
    let now = tx.now();
    let since = *webhook.failing_since.get_or_insert(now);
    if now >= since.plus(PATIENCE) {
        store::delete(tx, webhook.id).await?;
        let data =
            json!({"reason": "its address failed for a day", "last_failure": why, "target": webhook.target});
        journal::enter(tx, "webhook.deleted", subject(webhook.id), &[], data);
        return Ok(());
    }
    webhook.failures += 1;
    webhook.last_failure_at = Some(now);
    webhook.last_failure = Some(why.chars().take(1_000).collect());
    let next = now.plus(backoff(webhook.failures));
    webhook.next_try_at = Some(next);
    store::noted_failure(tx, &webhook).await?;
    schedule(tx, webhook.id, next).await
}

/// 10 s, 20 s, 40 s, ... at most three hours, so that a day holds enough tries.
fn backoff(failures: i64) -> Duration {
    let doublings = u32::try_from(failures.clamp(1, 12) - 1).unwrap_or(0);
    Duration::from_secs((10 << doublings).min(3 * 3_600))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::happenings::{Action, FieldChange, Thing};

    fn happening(kind: &'static str, action: Action, field: Option<&str>) -> Happening {
        let thing =
            Thing { subject: Subject::new(kind, 9), name: None, subtype: Some("milestone".to_owned()) };
        let change =
            field.map(|field| FieldChange { field: field.to_owned(), action: Action::Changed, value: None });
        Happening {
            at: Time::from_millis(0),
            user: None,
            user_name: String::new(),
            thing,
            action,
            parent: None,
            change,
        }
    }

    #[test]
    fn any_filter_suffices_and_all_its_conditions_have_to_hold() {
        let filter = |json: Value| -> Filter { serde_json::from_value(json).expect("a filter") };
        let (added, renamed) =
            (happening("task", Action::Added, None), happening("task", Action::Changed, Some("name")));
        let (done, story) =
            (happening("task", Action::Changed, Some("completed")), happening("story", Action::Added, None));
        for (filters, wanted) in [
            (vec![], [true, true, true, true]),
            (vec![json!({"kind": "task"})], [true, true, true, false]),
            (vec![json!({"kind": "task", "action": "added"})], [true, false, false, false]),
            (vec![json!({"action": "changed", "fields": ["completed"]})], [false, false, true, false]),
            (
                vec![json!({"kind": "task", "action": "added"}), json!({"fields": ["completed", "due_on"]})],
                [true, false, true, false],
            ),
            (vec![json!({"subtype": "default_task"})], [false, false, false, false]),
        ] {
            let read: Vec<Filter> = filters.iter().cloned().map(filter).collect();
            let project = Subject::new("project", 1);
            let found = [&added, &renamed, &done, &story].map(|it| lets_through(&read, &project, it));
            assert_eq!(found, wanted, "{filters:?}");
        }
    }

    #[test]
    fn a_project_does_not_hear_that_a_task_came_into_another() {
        let mut added = happening("task", Action::Added, None);
        added.parent = Some(Thing { subject: Subject::new("project", 2), name: None, subtype: None });
        assert!(!lets_through(&[], &Subject::new("project", 1), &added));
        assert!(lets_through(&[], &Subject::new("project", 2), &added));
        assert!(lets_through(&[], &Subject::new("task", 9), &added));
    }

    #[test]
    fn tries_come_ever_later_within_a_day() {
        let waits: Vec<u64> = (1..=20).map(|n| backoff(n).as_secs()).collect();
        assert_eq!(&waits[..4], [10, 20, 40, 80]);
        assert!(waits.iter().all(|wait| *wait <= 10_800) && waits.is_sorted());
    }
}
