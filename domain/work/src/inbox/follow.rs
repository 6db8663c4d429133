//! Making items from the journal.

use super::news::{self, News, Sort};
use super::preferences::{self, Wishes};
use super::{Reason, likes, store};
use crate::tasks::{self, Task};
use crate::{access, entries, projects, stories};
use base::id::{StoryId, TaskId, UserId};
use base::{Door, Result, Right};
use db::Tx;
use journal::{Entry, Follower};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The follower that makes the items.
pub(crate) fn follower() -> Follower {
    Follower {
        name: "work.inbox",
        wants: |entry| news::of(entry).is_some() || likes::is_one(entry),
        act: Arc::new(|tx, entry| Box::pin(act(tx, entry))),
    }
}

async fn act(tx: &mut Tx, entry: &Entry) -> Result<()> {
    if likes::is_one(entry) {
        return likes::act(tx, entry).await;
    }
    let (Some(news), Some(id)) = (news::of(entry), entries::task(entry)) else { return Ok(()) };
    // A task that was deleted is told of as well; one that is gone for good is not.
    let Some(task) = tasks::store::by_id(tx, id).await? else { return Ok(()) };
    for (user, reason) in recipients(tx, entry, &task, &news).await? {
        let text = match reason {
            Reason::Assigned if entry.verb == "task.created" || entry.data["field"] == "assignee" => {
                "assigned this to you"
            }
            _ => news.text.as_str(),
        };
        match entries::points_elsewhere(entry) {
            true => {
                let text = comment_for(tx, user, entry).await?;
                store::put(tx, user, &task, reason, entry, &text).await?;
            }
            false => store::put(tx, user, &task, reason, entry, text).await?,
        }
    }
    Ok(())
}

/// What a comment that points at other things says to somebody, who may not see them all.
async fn comment_for(tx: &mut Tx, user: UserId, entry: &Entry) -> Result<String> {
    let Some(person) = people::users::opt(tx, user).await? else { return Ok("commented".to_owned()) };
    let before = tx.become_actor(people::door::actor_of(&person, Door::Web));
    let story = stories::get(tx, StoryId(entry.subject.id)).await;
    tx.become_actor(before);
    match story {
        Ok(story) => Ok(news::commented(&story.text)),
        // It was deleted in the meantime.
        Err(error) if error.is_missing() => Ok("commented".to_owned()),
        Err(error) => Err(error),
    }
}

/// Who is told, and why: active people who see the task and want to be told, but for whoever did it.
async fn recipients(
    tx: &mut Tx,
    entry: &Entry,
    task: &Task,
    news: &News,
) -> Result<BTreeMap<UserId, Reason>> {
    let homes: Vec<_> = projects::store::homes(tx, &[task.id]).await?.iter().map(|home| home.id).collect();
    let mut reasons: BTreeMap<UserId, Vec<Reason>> = BTreeMap::new();
    // The strongest first.
    for (user, reason) in &news.special {
        reasons.entry(*user).or_default().push(*reason);
    }
    if !news.only_special {
        for user in store::followers(tx, task.id).await?.into_iter().chain(task.assignee) {
            reasons.entry(user).or_default().push(Reason::Follows);
        }
    }
    for user in preferences::of_everything(tx, &homes).await? {
        reasons.entry(user).or_default().push(Reason::Project);
    }
    if let Some(author) = entry.actor {
        reasons.remove(&author);
    }
    let ids: Vec<UserId> = reasons.keys().copied().collect();
    let people = people::users::by_ids(tx, &ids).await?;
    let wishes = preferences::wishes(tx, &ids, &homes).await?;
    let mut told = BTreeMap::new();
    for (user, reasons) in reasons {
        let Some(person) = people.get(&user).filter(|person| person.active) else { continue };
        let wants = |reason: &Reason| wishes.get(&user).is_none_or(|all| wanted(all, *reason, news.sort));
        let Some(reason) = reasons.into_iter().find(wants) else { continue };
        let before = tx.become_actor(people::door::actor_of(person, Door::Web));
        let held = access::on_task(tx, task, Right::View).await;
        tx.become_actor(before);
        if held?.contains(Right::View) {
            told.insert(user, reason);
        }
    }
    Ok(told)
}

/// Puts an item for somebody who asked for it, if they are active and see the task.
pub(super) async fn tell(tx: &mut Tx, user: UserId, task: TaskId, entry: &Entry, text: &str) -> Result<()> {
    let Some(task) = tasks::store::by_id(tx, task).await? else { return Ok(()) };
    let people = people::users::by_ids(tx, &[user]).await?;
    let Some(person) = people.get(&user).filter(|person| person.active) else { return Ok(()) };
    let before = tx.become_actor(people::door::actor_of(person, Door::Web));
    let held = access::on_task(tx, &task, Right::View).await;
    tx.become_actor(before);
    if held?.contains(Right::View) {
        store::put(tx, user, &task, Reason::Asked, entry, text).await?;
    }
    Ok(())
}

/// Whether any of somebody's wishes about the projects that a task is in asks for this.
pub(super) fn wanted(wishes: &[Wishes], reason: Reason, sort: Sort) -> bool {
    wishes.iter().any(|wish| match (reason, sort) {
        (Reason::Assigned, _) => wish.assigned,
        (Reason::Mentioned, _) => wish.mentioned,
        (Reason::Project, _) => wish.everything,
        (Reason::Asked | Reason::Concerns, _) => true,
        (Reason::Follows, Sort::Comment) => wish.comments,
        (Reason::Follows, Sort::Completion) => wish.completed,
        (Reason::Follows, Sort::Change) | (Reason::Liked, _) => wish.changes,
    })
}
