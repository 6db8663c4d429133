//! A task: something to be done, decided or watched. Its state is the state of whatever it stands for.
//!
//! A task may be in several projects, with a place of its own in each, and may have subtasks. Who may see one of its projects sees
//! it; so do its creator, its assignee and its followers, and whoever sees its parent.

pub(crate) mod store;
mod types;

pub use types::*;

use crate::fields::{Entry, Input};
use crate::names::{Person, Place, ProjectName, SectionName, TagName, TaskName, Text};
use crate::page::{Listed, Page};
use base::id::{AnyId, FieldId, ProjectId, SectionId, TagId, TaskId, UserId};
use base::{Date, Result, Time};
use db::Tx;
use serde::{Deserialize, Serialize};

// Reading.
/// Returns a task that the actor sees; hidden ones answer `task.hidden`, unknown and deleted ones `task.unknown` (both Missing).
pub async fn get(tx: &mut Tx, task: TaskId) -> Result<Task> {
    todo!()
}
/// Finds a task by what another system calls it.
pub async fn by_external(tx: &mut Tx, id: &str) -> Result<Task> {
    todo!()
}
/// Lists tasks that the actor sees.
pub async fn list(tx: &mut Tx, within: Within, filter: &Filter, page: &Page) -> Result<Listed<Task>> {
    todo!()
}
/// Adds what is wanted to tasks, in a fixed number of statements.
pub async fn fill(tx: &mut Tx, tasks: Vec<Task>, want: &Want) -> Result<Vec<FullTask>> {
    todo!()
}
/// Returns a task with everything that is wanted.
pub async fn full(tx: &mut Tx, task: TaskId, want: &Want) -> Result<FullTask> {
    todo!()
}
/// Those of `tasks` that exist and that the actor sees, in the order given.
pub async fn visible(tx: &mut Tx, tasks: &[TaskId]) -> Result<Vec<Task>> {
    todo!()
}
/// The open tasks of a project, in no order and without asking for rights: for the gate.
pub async fn open_tasks(tx: &mut Tx, project: ProjectId) -> Result<Vec<Task>> {
    todo!()
}

// Writing.
/// Makes a task. It needs a project to be in, or a parent, or else belongs to its creator alone.
pub async fn create(tx: &mut Tx, new: NewTask) -> Result<Task> {
    todo!()
}
/// Changes what is given and returns the task.
pub async fn change(tx: &mut Tx, task: TaskId, change: TaskChange) -> Result<Task> {
    todo!()
}
/// Completes a task; completing it again changes nothing.
pub async fn complete(tx: &mut Tx, task: TaskId) -> Result<Task> {
    todo!()
}
/// Reopens a task; reopening an open one changes nothing.
pub async fn reopen(tx: &mut Tx, task: TaskId) -> Result<Task> {
    todo!()
}
/// Puts a task into a project (a second time moves it): at the end of the project when neither section nor place is given, at the
/// end of the section with the section alone.
pub async fn add_to_project(
    tx: &mut Tx,
    task: TaskId,
    project: ProjectId,
    section: Option<SectionId>,
    place: Option<Place<TaskId>>,
) -> Result<()> {
    todo!()
}
/// Takes a task out of a project; taking it out again changes nothing.
pub async fn remove_from_project(tx: &mut Tx, task: TaskId, project: ProjectId) -> Result<()> {
    todo!()
}
/// Puts a task into a section of a project: at its top unless a place is given.
pub async fn add_to_section(
    tx: &mut Tx,
    task: TaskId,
    section: SectionId,
    place: Option<Place<TaskId>>,
) -> Result<()> {
    todo!()
}
/// Makes a task a subtask of another, or of none; among its siblings at the end unless a place is given.
pub async fn set_parent(
    tx: &mut Tx,
    task: TaskId,
    parent: Option<TaskId>,
    place: Option<Place<TaskId>>,
) -> Result<Task> {
    todo!()
}
/// Makes people followers.
pub async fn add_followers(tx: &mut Tx, task: TaskId, users: &[UserId]) -> Result<()> {
    todo!()
}
/// Ends their following.
pub async fn remove_followers(tx: &mut Tx, task: TaskId, users: &[UserId]) -> Result<()> {
    todo!()
}
/// Makes `task` wait for others.
pub async fn add_dependencies(tx: &mut Tx, task: TaskId, waits_for: &[TaskId]) -> Result<()> {
    todo!()
}
/// Ends the waiting.
pub async fn remove_dependencies(tx: &mut Tx, task: TaskId, waits_for: &[TaskId]) -> Result<()> {
    todo!()
}
/// Makes others wait for `task`.
pub async fn add_dependents(tx: &mut Tx, task: TaskId, waiting: &[TaskId]) -> Result<()> {
    todo!()
}
/// Ends their waiting.
pub async fn remove_dependents(tx: &mut Tx, task: TaskId, waiting: &[TaskId]) -> Result<()> {
    todo!()
}
/// What it waits for (of what the actor sees).
pub async fn dependencies(tx: &mut Tx, task: TaskId) -> Result<Vec<Task>> {
    todo!()
}
/// What waits for it (of what the actor sees).
pub async fn dependents(tx: &mut Tx, task: TaskId) -> Result<Vec<Task>> {
    todo!()
}
/// Puts a task and its subtasks into the trash.
pub async fn delete(tx: &mut Tx, task: TaskId) -> Result<()> {
    todo!()
}
/// Takes a task, and what was deleted with it, out of the trash.
pub async fn restore(tx: &mut Tx, task: TaskId) -> Result<Task> {
    todo!()
}
/// Lists the trash: deleted tasks that the actor could see, latest first.
pub async fn trash(tx: &mut Tx, page: &Page) -> Result<Listed<Task>> {
    todo!()
}
