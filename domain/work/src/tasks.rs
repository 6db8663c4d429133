//! A task: something to be done, decided or watched. Its state is the state of whatever it stands for.
//!
//! A task may be in several projects, with a place of its own in each, and may have subtasks. Who may see one of its projects sees
//! it; so do its creator, its assignee and its followers, and whoever sees its parent.
//!
//! Every verb that may change the set of open tasks of a project locks and marks that project's row (`project.version`), so that
//! whoever decides on that set in a transaction of their own locks the same row and cannot be overtaken. Rows are locked in one
//! order: tasks by id, then projects by id.

pub(crate) mod api;
mod change;
mod create;
mod family;
mod fill;
mod homes;
pub(crate) mod pages;
pub(crate) mod shown;
pub(crate) mod store;
mod telling;
#[cfg(test)]
mod tests;
mod trash;
mod types;

pub use change::{change, complete, reopen};
pub use create::create;
pub use family::{
    add_dependencies, add_dependents, add_followers, dependencies, dependents, remove_dependencies,
    remove_dependents, remove_followers, set_parent,
};
pub(crate) use fill::likes;
pub use fill::{fill, full};
pub use homes::{add_to_project, add_to_section, remove_from_project};
pub(crate) use trash::purge_expired;
pub use trash::{delete, restore, trash};
pub use types::*;

use crate::names::TaskName;
use crate::page::{Listed, Page};
use crate::{access, lists, projects, sections, tags};
use base::id::{ProjectId, TaskId};
use base::{Error, Result, Right};
use db::Tx;
use serde_json::{Value, json};

fn unknown(task: impl std::fmt::Display) -> Error {
    Error::missing("task.unknown", format!("There is no task {task}"))
}

/// Returns the task when the actor has `right` on it.
pub async fn require(tx: &mut Tx, task: TaskId, right: Right) -> Result<Task> {
    let found = store::by_id(tx, task).await?;
    check(tx, task, found, right).await
}

/// The same, and nobody else can change it until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, task: TaskId, right: Right) -> Result<Task> {
    let found = store::lock(tx, task).await?;
    check(tx, task, found, right).await
}

async fn check(tx: &mut Tx, id: TaskId, task: Option<Task>, right: Right) -> Result<Task> {
    let task = task.filter(|task| task.deleted_at.is_none()).ok_or_else(|| unknown(id))?;
    let held = access::on_task(tx, &task, right).await?;
    access::check(tx, held, right, "task", id.0)?;
    Ok(task)
}

/// What every journal entry about a task says: its name and kind, and then `more`.
pub(crate) fn facts(task: &Task, mut more: Value) -> Value {
    more["name"] = json!(task.name);
    more["kind"] = json!(task.kind);
    more
}

/// Returns a task that the actor sees; hidden ones answer `task.hidden`, unknown and deleted ones `task.unknown` (both Missing).
pub async fn get(tx: &mut Tx, task: TaskId) -> Result<Task> {
    require(tx, task, Right::View).await
}

/// Returns what the actor may do with a task.
pub async fn rights_on(tx: &mut Tx, task: TaskId) -> Result<people::RightSet> {
    let task = get(tx, task).await?;
    access::on_task(tx, &task, Right::Admin).await
}

/// Finds a task by what another system calls it.
pub async fn by_external(tx: &mut Tx, id: &str) -> Result<Task> {
    let found = store::by_external(tx, id).await?.ok_or_else(|| unknown(id))?;
    let id = found.id;
    check(tx, id, Some(found), Right::View).await
}

/// Lists tasks that the actor sees.
pub async fn list(tx: &mut Tx, within: Within, filter: &Filter, page: &Page) -> Result<Listed<Task>> {
    check_within(tx, within).await?;
    store::list(tx, within, filter, page).await
}

/// The same by name alone, for lists that show no more: reads a tenth of it.
pub async fn list_names(
    tx: &mut Tx,
    within: Within,
    filter: &Filter,
    page: &Page,
) -> Result<Listed<TaskName>> {
    check_within(tx, within).await?;
    store::list_as(tx, within, filter, page).await
}

async fn check_within(tx: &mut Tx, within: Within) -> Result<()> {
    match within {
        Within::Project(project) => projects::get(tx, project).await.map(drop)?,
        Within::Section(section) => sections::get(tx, section).await.map(drop)?,
        Within::Tag(tag) => tags::get(tx, tag).await.map(drop)?,
        Within::Assignee(user) => people::users::get(tx, user).await.map(drop)?,
        Within::List(list) => lists::get(tx, list).await.map(drop)?,
        Within::Parent(parent) => get(tx, parent).await.map(drop)?,
    }
    Ok(())
}

/// Those of `tasks` that exist and that the actor sees, by id.
pub async fn visible(tx: &mut Tx, tasks: &[TaskId]) -> Result<Vec<Task>> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    store::visible(tx, tasks).await
}

/// That a task is in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Among {
    /// The task.
    pub task: TaskId,
    /// The project.
    pub project: ProjectId,
    /// Whether the task is neither completed nor deleted.
    pub is_open: bool,
}

/// Which of `tasks` are in one of `projects`. No right is asked for: the caller shows it beside tasks that the actor sees.
pub async fn among(tx: &mut Tx, projects: &[ProjectId], tasks: &[TaskId]) -> Result<Vec<Among>> {
    if projects.is_empty() || tasks.is_empty() {
        Ok(Vec::new())
    } else {
        store::among(tx, projects, tasks).await
    }
}

/// The open tasks of a project, by id and without asking for rights: for the gate. Costs what the open ones cost, however many
/// completed ones there are.
pub async fn open_tasks(tx: &mut Tx, project: ProjectId) -> Result<Vec<Task>> {
    store::open(tx, project).await
}
