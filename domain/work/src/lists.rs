//! A person's own list ("my tasks"): what is assigned to them, in sections of their own.

use crate::names::{Person, Place, SectionName};
use base::Result;
use base::id::{AnyId, SectionId, TaskId, UserId};
use db::Tx;

/// A person's own list.
#[derive(Clone, Debug)]
pub struct TaskList {
    /// Its id.
    pub id: AnyId,
    /// Whose it is.
    pub owner: Person,
}

/// Returns a person's list. It is made with the person's first assignment or by [`ensure`].
pub async fn of(tx: &mut Tx, user: UserId) -> Result<TaskList> {
    todo!()
}
/// Makes a person's list unless it is there; needs a write transaction.
pub async fn ensure(tx: &mut Tx, user: UserId) -> Result<TaskList> {
    todo!()
}
/// Returns a list by its id.
pub async fn get(tx: &mut Tx, list: AnyId) -> Result<TaskList> {
    todo!()
}
/// Lists its sections in order.
pub async fn sections(tx: &mut Tx, list: AnyId) -> Result<Vec<SectionName>> {
    todo!()
}
/// Puts a task of the list somewhere in it; only its owner may.
pub async fn put(
    tx: &mut Tx,
    list: AnyId,
    task: TaskId,
    section: Option<SectionId>,
    place: Place<TaskId>,
) -> Result<()> {
    todo!()
}
