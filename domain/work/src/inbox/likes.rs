//! Likes: whoever wrote a comment or made a task is told who likes it, in one line however many there are. Quietly: nothing becomes
//! unread by it, and nothing that is unread is covered by it.

use super::news::{Sort, excerpt};
use super::{Reason, follow, preferences, store};
use crate::tasks::{self, Like};
use crate::{entries, projects, stories};
use base::id::{StoryId, UserId};
use base::{Door, Result};
use db::Tx;
use journal::Entry;

/// Whether an entry tells that somebody likes something.
pub(super) fn is_one(entry: &Entry) -> bool {
    let is_like = entry.data["field"] == "likes" && entry.data["liked"] == true;
    is_like && matches!(entry.verb.as_str(), "task.changed" | "story.changed")
}

/// Tells the author.
pub(super) async fn act(tx: &mut Tx, entry: &Entry) -> Result<()> {
    let Some(id) = entries::task(entry) else { return Ok(()) };
    let Some(task) = tasks::store::by_id(tx, id).await? else { return Ok(()) };
    let author = match entry.subject.kind.as_ref() {
        "story" => stories::author(tx, StoryId(entry.subject.id)).await?,
        _ => task.created_by,
    };
    let Some(author) = author.filter(|author| entry.actor != Some(*author)) else { return Ok(()) };
    let Some(person) = people::users::opt(tx, author).await?.filter(|person| person.active) else {
        return Ok(());
    };
    let homes: Vec<_> = projects::store::homes(tx, &[id]).await?.iter().map(|home| home.id).collect();
    let wishes = preferences::wishes(tx, &[author], &homes).await?;
    if wishes.get(&author).is_some_and(|wishes| !follow::wanted(wishes, Reason::Liked, Sort::Change)) {
        return Ok(());
    }
    let before = tx.become_actor(people::door::actor_of(&person, Door::Web));
    let text = text(tx, entry, &task).await;
    tx.become_actor(before);
    match text? {
        Some(text) => store::put_quietly(tx, author, &task, entry, &text).await,
        None => Ok(()),
    }
}

/// What the author reads; none when the like was taken back, or when they do not see the thing any more.
async fn text(tx: &mut Tx, entry: &Entry, task: &tasks::Task) -> Result<Option<String>> {
    if entry.subject.kind == "story" {
        let story = match stories::get(tx, StoryId(entry.subject.id)).await {
            Ok(story) => story,
            Err(error) if error.is_missing() => return Ok(None),
            Err(error) => return Err(error),
        };
        let said = said(&story.likes, entry.actor, "comment");
        return Ok(said.map(|said| format!("{said}: {}", excerpt(&story.text))));
    }
    match tasks::get(tx, task.id).await {
        Ok(_) => {}
        Err(error) if error.is_missing() => return Ok(None),
        Err(error) => return Err(error),
    }
    let likes = tasks::likes(tx, "task", &[task.id.0]).await?.remove(&task.id.0).unwrap_or_default();
    Ok(said(&likes, entry.actor, "task"))
}

/// "likes your comment", "and 2 others like your comment": after the name of who did it last.
fn said(likes: &[Like], actor: Option<UserId>, noun: &str) -> Option<String> {
    let others = likes.iter().filter(|like| Some(like.by.id) != actor).count();
    if others == likes.len() {
        return None;
    }
    Some(match others {
        0 => format!("likes your {noun}"),
        1 => format!("and 1 other like your {noun}"),
        others => format!("and {others} others like your {noun}"),
    })
}
