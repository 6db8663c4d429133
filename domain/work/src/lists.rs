//! A person's own list ("my tasks"): what is assigned to them, in sections of their own.

mod sections;
mod store;
#[cfg(test)]
mod tests;

pub use sections::{
    add as add_section, delete as delete_section, put as put_section, rename as rename_section,
};

use crate::names::{Person, Place, SectionName};
use crate::{projects, rank, tasks};
use base::id::{AnyId, SectionId, TaskId, UserId};
use base::{Error, Result, Right};
use db::Tx;
use journal::Subject;
use serde_json::{Value, json};

/// A person's own list.
#[derive(Clone, Debug)]
pub struct TaskList {
    /// Its id.
    pub id: AnyId,
    /// Whose it is.
    pub owner: Person,
}

/// The section that every list starts with.
pub const FIRST_SECTION: &str = "Recently assigned";

fn unknown(list: impl std::fmt::Display) -> Error {
    Error::missing("list.unknown", format!("There is no task list {list}"))
}

/// Whose list is changed: the actor's own.
fn own(tx: &Tx) -> Result<UserId> {
    people::users::require_signed_in(tx)
}

/// Enters a change of the actor's own list, which nobody else hears of.
fn told(tx: &mut Tx, data: Value) -> Result<()> {
    let me = own(tx)?;
    journal::enter(tx, "list.changed", Subject::new("user", me), &[], data);
    Ok(())
}

/// Whether a section is one of this person's own list.
pub(crate) async fn is_section_of(tx: &mut Tx, section: SectionId, user: UserId) -> Result<bool> {
    Ok(store::section_owner(tx, section).await? == Some(user))
}

/// Returns a person's list. It is made by [`ensure`].
pub async fn of(tx: &mut Tx, user: UserId) -> Result<TaskList> {
    let owner = people::users::get(tx, user).await?;
    let id = store::of_user(tx, user).await?.ok_or_else(|| unknown(format!("of {}", owner.name)))?;
    Ok(TaskList { id, owner: Person::new(user, owner.name) })
}

/// Makes a person's list unless it is there; needs a write transaction.
pub async fn ensure(tx: &mut Tx, user: UserId) -> Result<TaskList> {
    let owner = people::users::get(tx, user).await?;
    let id = match store::of_user(tx, user).await? {
        Some(id) => id,
        None => {
            store::insert(tx, user).await?;
            store::of_user(tx, user).await?.ok_or_else(|| unknown(format!("of {}", owner.name)))?
        }
    };
    if store::sections(tx, id).await?.is_empty() {
        store::insert_section(tx, id, FIRST_SECTION, rank::FIRST).await?;
    }
    Ok(TaskList { id, owner: Person::new(user, owner.name) })
}

/// Returns a list by its id.
pub async fn get(tx: &mut Tx, list: AnyId) -> Result<TaskList> {
    let user = store::owner(tx, list).await?.ok_or_else(|| unknown(list))?;
    let owner = projects::names(tx, &[user]).await?.remove(&user).ok_or_else(|| unknown(list))?;
    people::users::get(tx, user).await?;
    Ok(TaskList { id: list, owner })
}

/// Lists its sections in order.
pub async fn sections(tx: &mut Tx, list: AnyId) -> Result<Vec<SectionName>> {
    get(tx, list).await?;
    store::sections(tx, list).await
}

/// Checks that a section is one of this person's own list.
pub(crate) async fn check_section(tx: &mut Tx, section: SectionId, assignee: Option<UserId>) -> Result<()> {
    let owner = store::section_owner(tx, section).await?;
    if owner.is_some() && owner == assignee && (tx.actor().is_system() || owner == tx.actor().user) {
        return Ok(());
    }
    Err(Error::invalid(
        "section.elsewhere",
        format!("the section {section} is not one of the assignee's own list"),
    ))
}

/// Puts a task of the list somewhere in it; only its owner may.
pub async fn put(
    tx: &mut Tx,
    list: AnyId,
    task: TaskId,
    section: Option<SectionId>,
    place: Place<TaskId>,
) -> Result<()> {
    let found = tasks::lock(tx, task, Right::View).await?;
    let list = get(tx, list).await?;
    if tx.actor().user != Some(list.owner.id) && !tx.actor().is_system() {
        return Err(Error::denied("list.not_owner", format!("Only {} can sort this list", list.owner.name)));
    }
    if found.assignee != Some(list.owner.id) {
        return Err(Error::invalid(
            "list.not_assigned",
            format!("the task {task} is not assigned to {}", list.owner.name),
        ));
    }
    if let Some(section) = section {
        check_section(tx, section, found.assignee).await?;
    }
    let first = store::sections(tx, list.id).await?.into_iter().next().map(|section| section.id);
    let section = section.or(found.list_section).or(first);
    // Tasks without a place come first; they get theirs now, so that there is something to stand beside.
    store::settle(tx, list.owner.id, first).await?;
    let at = |place: Place<TaskId>| match place {
        Place::Before(id) | Place::After(id) => Some(id),
        Place::First | Place::Last => None,
    };
    let anchor = match at(place) {
        Some(id) => Some(store::rank_of(tx, id, section).await?.ok_or_else(|| {
            Error::invalid("place.unknown", format!("the task {id} is not in this section of the list"))
        })?),
        None => None,
    };
    let (before, after) =
        store::neighbours(tx, list.owner.id, section, task, place, anchor.as_deref()).await?;
    let rank = rank::between(before.as_deref(), after.as_deref())?;
    store::place(tx, task, section, &rank).await?;
    let data = json!({"field": "place", "task": task, "section": section});
    journal::enter(tx, "list.changed", Subject::new("user", list.owner.id), &[], data);
    Ok(())
}
