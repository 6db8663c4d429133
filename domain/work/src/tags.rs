//! Tags mark tasks across projects.

use crate::page::{Listed, Page};
use base::id::{TagId, TaskId, UserId};
use base::{Result, Time};
use db::Tx;

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

/// Makes a tag.
pub async fn create(tx: &mut Tx, name: &str, color: Option<String>, notes: &str) -> Result<Tag> {
    todo!()
}
/// Returns a tag.
pub async fn get(tx: &mut Tx, tag: TagId) -> Result<Tag> {
    todo!()
}
/// Lists the tags of the workspace, by id.
pub async fn list(tx: &mut Tx, page: &Page) -> Result<Listed<Tag>> {
    todo!()
}
/// Changes a tag.
pub async fn change(tx: &mut Tx, tag: TagId, change: TagChange) -> Result<Tag> {
    todo!()
}
/// Deletes a tag from everything that wears it.
pub async fn delete(tx: &mut Tx, tag: TagId) -> Result<()> {
    todo!()
}
/// Marks a task; marking it again changes nothing.
pub async fn add(tx: &mut Tx, task: TaskId, tag: TagId) -> Result<()> {
    todo!()
}
/// Takes the mark away; taking it away again changes nothing.
pub async fn remove(tx: &mut Tx, task: TaskId, tag: TagId) -> Result<()> {
    todo!()
}
/// Lists the tags of a task.
pub async fn of(tx: &mut Tx, task: TaskId) -> Result<Vec<Tag>> {
    todo!()
}
