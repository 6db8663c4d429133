//! Attachments: files in the blob store, and links.

mod store;
#[cfg(test)]
mod tests;

use crate::names::{Named, Person, TaskName};
use crate::page::{Listed, Page};
use crate::stories::{self, StoryKind};
use crate::tasks::{self, Task, facts};
use crate::watchers::Watchers;
use crate::{checks, projects};
use base::id::{AttachmentId, TaskId};
use base::{Error, Limit, Result, Right, Time};
use db::Tx;
use journal::Subject;
use serde_json::json;

base::text_enum! {
    /// What an attachment is.
    pub enum AttachmentKind {
        /// A file kept here.
        File = "file",
        /// A link to somewhere else.
        Link = "link",
    }
}

/// An attachment.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// The task it hangs on.
    pub task: TaskName,
    /// What it is.
    pub kind: AttachmentKind,
    /// Its name, such as a file name.
    pub name: String,
    /// Where a link goes.
    pub url: Option<String>,
    /// Under which hash the blob store has a file.
    pub blob: Option<String>,
    /// How large a file is.
    pub size: Option<i64>,
    /// When it was added.
    pub created_at: Time,
    /// Who added it.
    pub created_by: Option<Person>,
}

fn unknown(attachment: AttachmentId) -> Error {
    Error::missing("attachment.unknown", format!("There is no attachment {attachment}"))
}

/// What is to hang on a task.
struct New<'a> {
    kind: AttachmentKind,
    name: &'a str,
    url: Option<String>,
    blob: Option<String>,
    size: Option<i64>,
}

/// Hangs a file on a task. The bytes are in the blob store already: put them there before the transaction begins.
pub async fn add_file(tx: &mut Tx, task: TaskId, name: &str, blob: &str, size: u64) -> Result<Attachment> {
    tx.limits().check(Limit::AttachmentBytes, usize::try_from(size).unwrap_or(usize::MAX), "the file")?;
    let size = Some(i64::try_from(size).unwrap_or(i64::MAX));
    // A name is not a path, whatever the client sends.
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let new = New { kind: AttachmentKind::File, name, url: None, blob: Some(blob.to_owned()), size };
    add(tx, task, new).await
}

/// Hangs a link on a task.
pub async fn add_link(tx: &mut Tx, task: TaskId, name: &str, url: &str) -> Result<Attachment> {
    let url = checks::text(tx, url.trim(), "the address")?;
    if !(url.starts_with("https://") || url.starts_with("http://")) || url.chars().any(char::is_control) {
        return Err(Error::invalid(
            "attachment.url",
            "the address of a link begins with https:// or http://",
        ));
    }
    add(tx, task, New { kind: AttachmentKind::Link, name, url: Some(url), blob: None, size: None }).await
}

async fn add(tx: &mut Tx, task: TaskId, new: New<'_>) -> Result<Attachment> {
    let about = tasks::lock(tx, task, Right::Comment).await?;
    let name = if new.name.trim().is_empty() { "file" } else { new.name };
    let attachment = Attachment {
        id: tx.new_id(),
        task: TaskName { id: task, name: about.name.clone(), kind: about.kind },
        kind: new.kind,
        name: checks::name(tx, name, "the name")?,
        url: new.url,
        blob: new.blob,
        size: new.size,
        created_at: tx.now(),
        created_by: tx.actor().user.map(|me| Person::new(me, tx.actor().name.clone())),
    };
    store::insert(tx, &attachment).await?;
    tasks::store::modify(tx, task).await?;
    let named = Named::new(attachment.id, attachment.name.clone());
    let text = format!("attached {}", attachment.name);
    let told =
        stories::tell(tx, task, StoryKind::AttachmentAdded, &text, json!({"attachment": named})).await?;
    enter(tx, "attachment.added", &attachment, &about, Some(told)).await?;
    Ok(attachment)
}

async fn enter(
    tx: &mut Tx,
    verb: &'static str,
    attachment: &Attachment,
    task: &Task,
    story: Option<serde_json::Value>,
) -> Result<()> {
    let watchers = Watchers::of(tx, task).await?;
    let data = json!({
        "name": attachment.name, "kind": attachment.kind, "task": facts(task, json!({"id": task.id})),
        "stories": story.into_iter().collect::<Vec<_>>(),
    });
    watchers.enter_part(tx, verb, Subject::new("attachment", attachment.id), task.id, data);
    Ok(())
}

/// Returns an attachment of a task that the actor sees.
pub async fn get(tx: &mut Tx, attachment: AttachmentId) -> Result<Attachment> {
    let found = store::by_id(tx, attachment).await?.ok_or_else(|| unknown(attachment))?;
    tasks::get(tx, found.task.id).await?;
    named(tx, vec![found]).await?.pop().ok_or_else(|| unknown(attachment))
}

/// Returns an attachment without asking for rights: for a door that checked a signed address.
pub async fn get_signed(tx: &mut Tx, attachment: AttachmentId) -> Result<Attachment> {
    store::by_id(tx, attachment).await?.ok_or_else(|| unknown(attachment))
}

async fn named(tx: &mut Tx, mut found: Vec<Attachment>) -> Result<Vec<Attachment>> {
    let users: Vec<_> = found.iter().filter_map(|one| one.created_by.as_ref().map(|by| by.id)).collect();
    let names = projects::names(tx, &users).await?;
    for one in &mut found {
        one.created_by = one.created_by.take().map(|by| names.get(&by.id).cloned().unwrap_or(by));
    }
    Ok(found)
}

/// Lists the attachments of a task, oldest first.
pub async fn list(tx: &mut Tx, task: TaskId, page: &Page) -> Result<Listed<Attachment>> {
    tasks::get(tx, task).await?;
    let found = store::of_task(tx, task, page.after_id()?, page.limit + 1).await?;
    let found = named(tx, found).await?;
    Ok(Listed::cut(found, page.limit, |one| one.id.to_string()))
}

/// The names of those of these attachments that the actor sees.
pub(crate) async fn visible(tx: &mut Tx, ids: &[AttachmentId]) -> Result<Vec<(AttachmentId, String)>> {
    let found = store::by_ids(tx, ids).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let homes: Vec<TaskId> = found.iter().map(|one| one.task.id).collect();
    let seen: Vec<TaskId> = tasks::visible(tx, &homes).await?.iter().map(|task| task.id).collect();
    Ok(found.into_iter().filter(|one| seen.contains(&one.task.id)).map(|one| (one.id, one.name)).collect())
}

/// Deletes an attachment: whoever added it, or who may edit the task.
pub async fn delete(tx: &mut Tx, attachment: AttachmentId) -> Result<()> {
    let found = get(tx, attachment).await?;
    let is_own = found.created_by.as_ref().is_some_and(|by| tx.actor().user == Some(by.id));
    let task = tasks::require(tx, found.task.id, if is_own { Right::Comment } else { Right::Edit }).await?;
    store::delete(tx, attachment).await?;
    tasks::store::modify(tx, task.id).await?;
    enter(tx, "attachment.deleted", &found, &task, None).await
}
