//! Copies of tasks and projects. Asking for one answers at once with a copying; a chore does the work.

pub(crate) mod store;
mod types;

pub use types::*;

use crate::names::{ProjectName, TaskName};
use base::id::{AnyId, ProjectId, TaskId, UserId};
use base::{Date, Result, Time};
use db::Tx;
use serde::{Deserialize, Serialize};

/// Copies a task, at once: the answer is done already.
pub async fn task(tx: &mut Tx, task: TaskId, name: &str, parts: TaskParts) -> Result<Copying> {
    todo!()
}
/// Asks for a copy of a project: the new project exists when this returns, its tasks follow.
pub async fn project(tx: &mut Tx, project: ProjectId, name: &str, parts: ProjectParts) -> Result<Copying> {
    todo!()
}
/// Returns a copying that the actor asked for.
pub async fn get(tx: &mut Tx, copying: AnyId) -> Result<Copying> {
    todo!()
}
