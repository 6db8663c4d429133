//! Happenings: the journal's entries about tasks, projects and what belongs to them, in the few words that watchers of any kind
//! compare: what was added where, what changed, what was removed or deleted.
//!
//! One entry can be several happenings: a task that is made in two projects is added twice, and each of its stories is added to it.

mod teller;
#[cfg(test)]
mod tests;

use crate::veil::Veil;
use base::id::UserId;
use base::{Result, Time};
use db::Tx;
use journal::{Entry, Subject};
use serde_json::Value;
use teller::Teller;

base::text_enum! {
    /// What happened to a thing.
    pub enum Action {
        /// It came into its parent.
        Added = "added",
        /// Something about it changed.
        Changed = "changed",
        /// It left its parent.
        Removed = "removed",
        /// It was deleted.
        Deleted = "deleted",
        /// It was brought back.
        Undeleted = "undeleted",
    }
}

/// A thing as it was called then.
#[derive(Clone, Debug, PartialEq)]
pub struct Thing {
    /// What it is.
    pub subject: Subject,
    /// Its name, where the entry knows it.
    pub name: Option<String>,
    /// What kind of it: a kind of task or story.
    pub subtype: Option<String>,
}

impl Thing {
    fn new(kind: &'static str, id: i64) -> Self {
        Self { subject: Subject::new(kind, id), name: None, subtype: None }
    }

    /// Reads `{id, name, kind}`, as entries hold things.
    fn read(kind: &'static str, value: &Value) -> Option<Self> {
        let id = id(&value["id"]).or_else(|| id(value))?;
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        Some(Self { name: text("name"), subtype: text("kind"), ..Self::new(kind, id) })
    }
}

fn id(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// What changed about a thing.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// Which field.
    pub field: String,
    /// Whether its value changed, or one was added to or removed from a list.
    pub action: Action,
    /// The thing that is the new value, or was added or removed; none for plain values.
    pub value: Option<Thing>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// When.
    pub at: Time,
    /// Who did it; none for the program itself.
    pub user: Option<UserId>,
    /// Their name at the time.
    pub user_name: String,
    /// To what.
    pub thing: Thing,
    /// What.
    pub action: Action,
    /// Where it came into or left.
    pub parent: Option<Thing>,
    /// What changed, of changes.
    pub change: Option<FieldChange>,
}

/// Whether an entry is about anything that this module tells.
pub fn concerns(entry: &Entry) -> bool {
    matches!(
        entry.subject.kind.as_ref(),
        "task" | "story" | "attachment" | "project" | "section" | "tag" | "status_update"
    )
}

/// What an entry says to the actor, as happenings: without the tasks and projects that they may not see. Whoever passes happenings on has
/// them from here.
pub async fn told(tx: &mut Tx, entry: &Entry) -> Result<Vec<Happening>> {
    if !concerns(entry) {
        return Ok(Vec::new());
    }
    let veil = Veil::over(tx, [&entry.data]).await?;
    if veil.is_clear() {
        return Ok(of(entry));
    }
    let mut entry = entry.clone();
    veil.draw(&mut entry.data);
    Ok(of(&entry))
}

/// What an entry says, whoever reads it.
pub(crate) fn of(entry: &Entry) -> Vec<Happening> {
    if !concerns(entry) {
        return Vec::new();
    }
    let teller = Teller { entry, thing: thing(entry) };
    let mut told = teller.main();
    told.extend(teller.stories());
    told
}

fn thing(entry: &Entry) -> Thing {
    let text = |key: &str| entry.data[key].as_str().map(str::to_owned);
    let name = text("name").or_else(|| text("title")).or_else(|| text("text"));
    Thing { subject: entry.subject.clone(), name, subtype: text("kind") }
}
