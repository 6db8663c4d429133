//! Stories: what was said about a task and what was done to it, oldest first. People write comments; the verbs write the rest, in
//! the transaction of the change. Only comments can be changed, by their author.

pub(crate) mod api;
mod describe;
mod report;
mod store;
#[cfg(test)]
mod tests;
mod trash;
mod types;

pub use report::{Report, report};
pub(crate) use trash::purge;
pub use trash::{delete, restore};
pub use types::*;

use crate::names::{Person, Text};
use crate::page::{Listed, Page, stale};
use crate::tasks::{self, Task};
use crate::watchers::Watchers;
use crate::{checks, mentions, projects};
use base::id::{StoryId, TaskId, UserId};
use base::{Error, Result, Right};
use db::Tx;
use journal::Subject;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Writes a system story and returns what the journal's entry says of it. The text is what the actor did, without their name.
pub(crate) async fn tell(
    tx: &mut Tx,
    task: TaskId,
    kind: StoryKind,
    text: &str,
    data: Value,
) -> Result<Value> {
    let id: StoryId = tx.new_id();
    store::insert(
        tx,
        &store::New { id, task, kind, text, html: None, data, is_pinned: false, sticker: None },
    )
    .await?;
    Ok(json!({"id": id, "kind": kind}))
}

/// The same for a story that names tasks or projects: its text follows from `data`.
pub(crate) async fn tell_of(tx: &mut Tx, task: TaskId, kind: StoryKind, data: Value) -> Result<Value> {
    let text = describe::sentence(kind, &data)
        .ok_or_else(|| Error::bug("story.sentence", format!("{kind} has no sentence of its own")))?;
    tell(tx, task, kind, &text, data).await
}

/// Writes that the task was assigned.
pub(crate) async fn assigned(tx: &mut Tx, task: TaskId, assignee: &Person) -> Result<Value> {
    let text = format!("assigned to {}", assignee.name);
    tell(tx, task, StoryKind::Assigned, &text, json!({"assignee": assignee})).await
}

fn subject(story: StoryId) -> Subject {
    Subject::new("story", story)
}

/// Comments on a task. The author becomes a follower, and so does everybody mentioned.
pub async fn comment(tx: &mut Tx, task: TaskId, new: NewComment) -> Result<Story> {
    let about = tasks::require(tx, task, Right::Comment).await?;
    let text = mentions::accept_comment(tx, new.text).await?;
    if text.plain.trim().is_empty() && new.sticker.is_none() {
        return Err(Error::invalid("comment.empty", "a comment needs a text"));
    }
    let sticker = new.sticker.as_deref().map(|word| checks::word(word, "a sticker")).transpose()?;
    let (id, kind): (StoryId, _) = (tx.new_id(), StoryKind::CommentAdded);
    let row = store::New {
        id,
        task,
        kind,
        text: &text.plain,
        html: text.html.as_deref(),
        data: json!({}),
        is_pinned: new.is_pinned,
        sticker: sticker.as_deref(),
    };
    store::insert(tx, &row).await?;
    let followers: Vec<_> = tx.actor().user.into_iter().chain(text.people.iter().copied()).collect();
    tasks::store::follow_all(tx, task, followers.into_iter()).await?;
    tasks::store::modify(tx, task).await?;
    let watchers = Watchers::of(tx, &about).await?;
    let data = json!({
        "kind": kind, "text": text.plain, "mentions": text.people, "points_at": text.points_at, "task": task_facts(&about),
    });
    watchers.enter_part(tx, "story.added", subject(id), task, data);
    get(tx, id).await
}

fn task_facts(task: &Task) -> Value {
    tasks::facts(task, json!({"id": task.id}))
}

/// Returns a story of a task that the actor sees.
pub async fn get(tx: &mut Tx, story: StoryId) -> Result<Story> {
    let found = find(tx, story, Right::View).await?.0;
    named(tx, vec![found]).await?.pop().ok_or_else(|| unknown(story))
}

fn unknown(story: StoryId) -> Error {
    Error::missing("story.unknown", format!("There is no story {story}"))
}

async fn find(tx: &mut Tx, story: StoryId, right: Right) -> Result<(Story, Task)> {
    let found = store::by_id(tx, story).await?.ok_or_else(|| unknown(story))?;
    let task = tasks::require(tx, found.task.id, right).await?;
    Ok((found, task))
}

/// Adds names and likes, and makes them say what the actor may know: every story that is read comes through here.
async fn named(tx: &mut Tx, mut stories: Vec<Story>) -> Result<Vec<Story>> {
    let users: Vec<_> =
        stories.iter().filter_map(|story| story.created_by.as_ref().map(|by| by.id)).collect();
    let names = projects::names(tx, &users).await?;
    let ids: Vec<i64> = stories.iter().map(|story| story.id.0).collect();
    let mut likes = tasks::likes(tx, "story", &ids).await?;
    for story in &mut stories {
        story.created_by = story.created_by.take().map(|by| names.get(&by.id).cloned().unwrap_or(by));
        story.likes = likes.remove(&story.id.0).unwrap_or_default();
    }
    describe::describe(tx, &mut stories).await?;
    Ok(stories)
}

/// Lists the stories of a task, oldest first.
pub async fn list(tx: &mut Tx, task: TaskId, page: &Page) -> Result<Listed<Story>> {
    tasks::get(tx, task).await?;
    let after = match page.key::<2>()? {
        Some([at, id]) => (at.parse().map_err(|_| stale())?, id.parse().map_err(|_| stale())?),
        None => (i64::MIN, 0),
    };
    let found = store::of_task(tx, task, after, page.limit + 1).await?;
    let found = Listed::cut(found, page.limit, |story| format!("{}|{}", story.created_at.millis(), story.id));
    Ok(Listed { items: named(tx, found.items).await?, next: found.next })
}

/// Lists the newest comments and system stories of a task, oldest first, for pages that show the end of a long history.
pub async fn newest(tx: &mut Tx, task: TaskId, limit: usize) -> Result<Vec<Story>> {
    tasks::get(tx, task).await?;
    let found = store::newest(tx, task, limit).await?;
    named(tx, found).await
}

/// Who wrote a story, whoever asks.
pub(crate) async fn author(tx: &mut Tx, story: StoryId) -> Result<Option<UserId>> {
    Ok(store::by_id(tx, story).await?.and_then(|story| story.created_by).map(|by| by.id))
}

/// How many comments are shown above the others.
const PINNED: usize = 20;

/// The comments of a task that are shown above the others, oldest first.
pub async fn pinned(tx: &mut Tx, task: TaskId) -> Result<Vec<Story>> {
    tasks::get(tx, task).await?;
    let found = store::pinned(tx, task, PINNED).await?;
    named(tx, found).await
}

/// How many comments each of `tasks` has; those without any are absent. No right is asked for: a number says little, and the
/// caller shows it beside tasks that the actor sees.
pub async fn count_comments(tx: &mut Tx, tasks: &[TaskId]) -> Result<BTreeMap<TaskId, i64>> {
    if tasks.is_empty() { Ok(BTreeMap::new()) } else { store::count_comments(tx, tasks).await }
}

/// Changes a comment; text by its author only.
pub async fn change(tx: &mut Tx, story: StoryId, change: CommentChange) -> Result<Story> {
    let edits = change.text.is_some() || change.sticker.is_some() || change.is_pinned.is_some();
    let (mut found, task) = find(tx, story, if edits { Right::Comment } else { Right::View }).await?;
    if edits && !found.is_comment() {
        return Err(Error::denied("story.not_a_comment", "Only comments can be changed"));
    }
    if change.text.is_some() || change.sticker.is_some() {
        require_author(tx, &found)?;
    }
    let before = (found.text.clone(), found.html.clone(), found.is_pinned, found.sticker.clone());
    if let Some(text) = change.text {
        let text = mentions::accept_comment(tx, text).await?;
        if text.plain.trim().is_empty() {
            return Err(Error::invalid("comment.empty", "a comment needs a text"));
        }
        (found.text, found.html) = (text.plain, text.html);
        found.is_edited |= before.0 != found.text || before.1 != found.html;
        tasks::store::follow_all(tx, task.id, text.people.into_iter()).await?;
    }
    if let Some(sticker) = change.sticker {
        found.sticker = sticker.as_deref().map(|word| checks::word(word, "a sticker")).transpose()?;
    }
    found.is_pinned = change.is_pinned.unwrap_or(found.is_pinned);
    if before != (found.text.clone(), found.html.clone(), found.is_pinned, found.sticker.clone()) {
        store::update(tx, &found).await?;
        let field = if before.0 == found.text && before.1 == found.html { "is_pinned" } else { "text" };
        let points_at = mentions::points_at(tx, found.html.as_deref()).await?;
        let data = json!({
            "kind": found.kind, "field": field, "old": before.0, "text": found.text, "points_at": points_at,
            "task": task_facts(&task),
        });
        let watchers = Watchers::of(tx, &task).await?;
        watchers.enter_part(tx, "story.changed", subject(story), task.id, data);
    }
    if let (Some(liked), Some(me)) = (change.liked, tx.actor().user) {
        like(tx, &found, &task, me, liked).await?;
    }
    get(tx, story).await
}

async fn like(tx: &mut Tx, story: &Story, task: &Task, me: UserId, liked: bool) -> Result<()> {
    let changed = match liked {
        true => tasks::store::like(tx, "story", story.id.0, me).await?,
        false => tasks::store::unlike(tx, "story", story.id.0, me).await?,
    };
    if changed {
        let data = json!({"kind": story.kind, "field": "likes", "liked": liked, "task": task_facts(task)});
        let watchers = Watchers::of(tx, task).await?;
        watchers.enter_part(tx, "story.changed", subject(story.id), task.id, data);
    }
    Ok(())
}

fn require_author(tx: &Tx, story: &Story) -> Result<()> {
    let author = story.created_by.as_ref().map(|by| by.id);
    if tx.actor().is_system() || (author.is_some() && author == tx.actor().user) {
        return Ok(());
    }
    Err(Error::denied("story.not_author", "Only its author can change a comment"))
}

/// A plain comment.
impl From<&str> for NewComment {
    fn from(text: &str) -> Self {
        Self { text: Text::Plain(text.to_owned()), ..Self::default() }
    }
}
