//! Making items from the journal.

use super::news::{self, News};
use super::{Reason, store};
use crate::tasks::{self, Task};
use crate::{access, entries};
use base::id::UserId;
use base::{Door, Result, Right};
use db::Tx;
use journal::{Entry, Follower};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The follower that makes the items.
pub(crate) fn follower() -> Follower {
    Follower {
        name: "work.inbox",
        wants: |entry| news::of(entry).is_some(),
        act: Arc::new(|tx, entry| Box::pin(act(tx, entry))),
    }
}

async fn act(tx: &mut Tx, entry: &Entry) -> Result<()> {
    let (Some(news), Some(id)) = (news::of(entry), entries::task(entry)) else { return Ok(()) };
    // A task that was deleted is told of as well; one that is gone for good is not.
    let Some(task) = tasks::store::by_id(tx, id).await? else { return Ok(()) };
    for (user, reason) in recipients(tx, entry, &task, &news).await? {
        let text = match reason {
            Reason::Assigned if entry.data["field"] == "assignee" => "assigned this to you",
            _ => news.text.as_str(),
        };
        store::put(tx, user, &task, reason, entry, text).await?;
    }
    Ok(())
}

/// Who is told, and why: active people who see the task, but for whoever did it.
async fn recipients(
    tx: &mut Tx,
    entry: &Entry,
    task: &Task,
    news: &News,
) -> Result<BTreeMap<UserId, Reason>> {
    let mut wanted: BTreeMap<UserId, Reason> = BTreeMap::new();
    if !news.only_special {
        let followers = store::followers(tx, task.id).await?;
        wanted.extend(followers.into_iter().chain(task.assignee).map(|user| (user, Reason::Follows)));
    }
    wanted.extend(news.special.iter().copied());
    if let Some(author) = entry.actor {
        wanted.remove(&author);
    }
    let ids: Vec<UserId> = wanted.keys().copied().collect();
    let people = people::users::by_ids(tx, &ids).await?;
    let mut told = BTreeMap::new();
    for (user, reason) in wanted {
        let Some(person) = people.get(&user).filter(|person| person.active) else { continue };
        let before = tx.become_actor(people::door::actor_of(person, Door::Web));
        let held = access::on_task(tx, task, Right::View).await;
        tx.become_actor(before);
        if held?.contains(Right::View) {
            told.insert(user, reason);
        }
    }
    Ok(told)
}
