//! Tags mark tasks across projects.

mod store;

use crate::checks;
use crate::names::TagName;
use crate::page::{Listed, Page};
use crate::stories::{self, StoryKind};
use crate::tasks::{self, facts};
use crate::watchers::Watchers;
use base::id::{TagId, TaskId, UserId};
use base::{Error, Limit, Result, Right, Role, Time};
use db::Tx;
use journal::Subject;
use people::rights;
use serde_json::{Value, json};

/// A tag.
#[derive(Clone, Debug)]
pub struct Tag {
    /// Its id.
    pub id: TagId,
    /// Its name.
    pub name: String,
    /// A colour word.
    pub color: Option<String>,
    /// What it is for.
    pub notes: String,
    /// When it was made.
    pub created_at: Time,
    /// Who made it.
    pub created_by: Option<UserId>,
}

/// What is to change about a tag; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct TagChange {
    /// Its name.
    pub name: Option<String>,
    /// A colour word.
    pub color: Option<Option<String>>,
    /// What it is for.
    pub notes: Option<String>,
}

fn unknown(tag: TagId) -> Error {
    Error::missing("tag.unknown", format!("There is no tag {tag}"))
}

fn enter(tx: &mut Tx, verb: &'static str, tag: &Tag, mut data: Value) {
    data["name"] = json!(tag.name);
    journal::enter(tx, verb, Subject::new("tag", tag.id), &[], data);
}

/// Makes a tag.
pub async fn create(tx: &mut Tx, name: &str, color: Option<String>, notes: &str) -> Result<Tag> {
    rights::require_role(tx, Role::Member)?;
    rights::require_scope(tx, Right::Edit)?;
    let tag = Tag {
        id: tx.new_id(),
        name: checks::name(tx, name, "the name")?,
        color: color.as_deref().map(|word| checks::word(word, "a colour")).transpose()?,
        notes: checks::text(tx, notes, "the notes")?,
        created_at: tx.now(),
        created_by: tx.actor().user,
    };
    store::insert(tx, &tag).await?;
    enter(tx, "tag.created", &tag, json!({}));
    Ok(tag)
}

/// Returns a tag.
pub async fn get(tx: &mut Tx, tag: TagId) -> Result<Tag> {
    rights::require_role(tx, Role::Guest)?;
    store::by_ids(tx, &[tag]).await?.pop().ok_or_else(|| unknown(tag))
}

/// Returns those of these tags that are there.
pub(crate) async fn by_ids(tx: &mut Tx, tags: &[TagId]) -> Result<Vec<Tag>> {
    store::by_ids(tx, tags).await
}

/// Lists the tags of the workspace, by id.
pub async fn list(tx: &mut Tx, page: &Page) -> Result<Listed<Tag>> {
    rights::require_role(tx, Role::Guest)?;
    let found = store::after(tx, page.after_id()?, page.limit + 1).await?;
    Ok(Listed::cut(found, page.limit, |tag| tag.id.to_string()))
}

/// Changes a tag.
pub async fn change(tx: &mut Tx, tag: TagId, change: TagChange) -> Result<Tag> {
    rights::require_role(tx, Role::Member)?;
    rights::require_scope(tx, Right::Edit)?;
    let old = get(tx, tag).await?;
    let mut new = old.clone();
    if let Some(name) = &change.name {
        new.name = checks::name(tx, name, "the name")?;
    }
    if let Some(color) = &change.color {
        new.color = color.as_deref().map(|word| checks::word(word, "a colour")).transpose()?;
    }
    if let Some(notes) = &change.notes {
        new.notes = checks::text(tx, notes, "the notes")?;
    }
    let mut changed = false;
    for (field, was, is) in [
        ("name", json!(old.name), json!(new.name)),
        ("color", json!(old.color), json!(new.color)),
        ("notes", json!(old.notes), json!(new.notes)),
    ] {
        if was != is {
            changed = true;
            enter(tx, "tag.changed", &new, json!({"field": field, "old": was, "new": is}));
        }
    }
    if changed {
        store::update(tx, &new).await?;
    }
    Ok(new)
}

/// Deletes a tag from everything that wears it. Whoever made it may, and administrators.
pub async fn delete(tx: &mut Tx, tag: TagId) -> Result<()> {
    rights::require_role(tx, Role::Member)?;
    rights::require_scope(tx, Right::Edit)?;
    let found = get(tx, tag).await?;
    if found.created_by.is_none() || found.created_by != tx.actor().user {
        rights::require_role(tx, Role::Admin)?;
    }
    store::delete(tx, tag).await?;
    enter(tx, "tag.deleted", &found, json!({}));
    Ok(())
}

/// Puts a tag on a new task, without a story of its own.
pub(crate) async fn wear(tx: &mut Tx, task: TaskId, tag: TagId) -> Result<()> {
    let known = store::by_ids(tx, &[tag]).await?.pop();
    if known.is_none() {
        return Err(Error::invalid("tag.unknown", format!("there is no tag {tag}")));
    }
    store::wear(tx, task, tag).await.map(drop)
}

/// Marks a task; marking it again changes nothing.
pub async fn add(tx: &mut Tx, task: TaskId, tag: TagId) -> Result<()> {
    let found = tasks::lock(tx, task, Right::Edit).await?;
    let tag = get(tx, tag).await?;
    if !store::wear(tx, task, tag.id).await? {
        return Ok(());
    }
    let count = store::count(tx, task).await?;
    tx.limits().check(Limit::TagsPerTask, count, "the task")?;
    tell(tx, &found, &tag, StoryKind::AddedToTag).await
}

/// Takes the mark away; taking it away again changes nothing.
pub async fn remove(tx: &mut Tx, task: TaskId, tag: TagId) -> Result<()> {
    let found = tasks::lock(tx, task, Right::Edit).await?;
    let tag = get(tx, tag).await?;
    if !store::take_off(tx, task, tag.id).await? {
        return Ok(());
    }
    tell(tx, &found, &tag, StoryKind::RemovedFromTag).await
}

async fn tell(tx: &mut Tx, task: &tasks::Task, tag: &Tag, kind: StoryKind) -> Result<()> {
    tasks::store::touch(tx, task.id).await?;
    let name = TagName::new(tag.id, tag.name.clone());
    let (text, change) = match kind {
        StoryKind::AddedToTag => (format!("tagged with {}", tag.name), "added"),
        _ => (format!("untagged from {}", tag.name), "removed"),
    };
    let told = stories::tell(tx, task.id, kind, &text, json!({"tag": name})).await?;
    let mut data = json!({"field": "tags", "stories": [told]});
    data[change] = json!(name);
    let watchers = Watchers::of(tx, task).await?.and(Subject::new("tag", tag.id));
    watchers.enter(tx, "task.changed", task.id, facts(task, data));
    Ok(())
}

/// Lists the tags of a task.
pub async fn of(tx: &mut Tx, task: TaskId) -> Result<Vec<Tag>> {
    tasks::get(tx, task).await?;
    store::of_task(tx, task).await
}
