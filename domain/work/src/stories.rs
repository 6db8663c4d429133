//! Stories: what was said about a task and what was done to it, oldest first. People write comments; the verbs write the rest, in
//! the transaction of the change. Only comments can be changed, by their author.

pub(crate) mod store;
mod types;

pub use types::*;

use crate::names::{Person, TaskName, Text};
use crate::page::{Listed, Page};
use crate::tasks::Like;
use base::id::{StoryId, TaskId};
use base::{Door, Result, Time};
use db::Tx;

/// Comments on a task. The author becomes a follower, and so does everybody mentioned.
pub async fn comment(tx: &mut Tx, task: TaskId, new: NewComment) -> Result<Story> {
    todo!()
}
/// Returns a story of a task that the actor sees.
pub async fn get(tx: &mut Tx, story: StoryId) -> Result<Story> {
    todo!()
}
/// Lists the stories of a task, oldest first.
pub async fn list(tx: &mut Tx, task: TaskId, page: &Page) -> Result<Listed<Story>> {
    todo!()
}
/// Changes a comment; text by its author only.
pub async fn change(tx: &mut Tx, story: StoryId, change: CommentChange) -> Result<Story> {
    todo!()
}
/// Deletes a comment: its author, or who administers the project.
pub async fn delete(tx: &mut Tx, story: StoryId) -> Result<()> {
    todo!()
}
