//! The veil: tasks and projects that the actor may not see, taken out of what stories and entries say about them.
//!
//! Both were written when something happened, for whoever did it, with the names of that moment. What is read goes through here,
//! whichever door it leaves by.

mod store;
#[cfg(test)]
mod tests;

use crate::{access, entries};
use base::id::TaskId;
use base::{Result, Value as Sql};
use db::{Filter, Tx};
use serde_json::Value;
use std::collections::HashSet;

/// What is hidden from the actor, of what was asked about. Deletion hides nothing: whoever saw a thing may read of it afterwards.
#[derive(Debug, Default)]
pub(crate) struct Veil {
    tasks: HashSet<i64>,
    projects: HashSet<i64>,
}

/// The keys under which stories and entries hold tasks.
const TASKS: [&str; 3] = ["task", "dependency", "parent"];
/// The keys that hold tasks as well when the field that changed is one of [`LINKS`].
const CHANGES: [&str; 4] = ["old", "new", "added", "removed"];
const LINKS: [&str; 2] = ["parent", "dependencies"];

impl Veil {
    /// Finds out what the actor may not see of what all of `told` name.
    pub async fn over(tx: &mut Tx, told: impl IntoIterator<Item = &Value>) -> Result<Self> {
        let mut veil = Self::default();
        if people::rights::sees_all(tx) {
            return Ok(veil);
        }
        for data in told {
            veil.gather(data);
        }
        veil.lift(tx).await
    }

    /// Finds out which of these tasks the actor may not see.
    pub async fn over_tasks(tx: &mut Tx, tasks: impl IntoIterator<Item = TaskId>) -> Result<Self> {
        if people::rights::sees_all(tx) {
            return Ok(Self::default());
        }
        Self { tasks: tasks.into_iter().map(|task| task.0).collect(), ..Self::default() }.lift(tx).await
    }

    /// Whether nothing is hidden.
    pub fn is_clear(&self) -> bool {
        self.tasks.is_empty() && self.projects.is_empty()
    }

    /// Whether a task is hidden.
    pub fn hides(&self, task: TaskId) -> bool {
        self.tasks.contains(&task.0)
    }

    fn gather(&mut self, data: &Value) {
        self.tasks.extend(TASKS.iter().filter_map(|key| task(&data[key])));
        if is_link(data) {
            self.tasks.extend(CHANGES.iter().filter_map(|key| task(&data[key])));
        }
        if is_reference(data) {
            self.tasks.extend(["old", "new"].iter().flat_map(|key| list(&data[key])).filter_map(task));
        }
        for thing in points_at(data) {
            match thing.kind.as_ref() {
                "task" => self.tasks.insert(thing.id),
                _ => self.projects.insert(thing.id),
            };
        }
        self.projects.extend(entries::id(&data["project"]));
        self.projects.extend(list(&data["homes"]).filter_map(|home| entries::id(&home["project"])));
    }

    /// Keeps what is hidden.
    async fn lift(mut self, tx: &mut Tx) -> Result<Self> {
        if !self.tasks.is_empty() {
            let mut filter = Filter::default();
            filter.and_in("t.id", self.tasks.iter().map(|id| Sql::Int(*id)));
            access::seen_tasks(tx, &mut filter);
            for id in store::tasks(tx, &filter).await? {
                self.tasks.remove(&id);
            }
        }
        if !self.projects.is_empty() {
            let mut filter = Filter::default();
            filter.and_in("p.id", self.projects.iter().map(|id| Sql::Int(*id)));
            access::seen_projects_and_trash(tx, &mut filter);
            for id in store::projects(tx, &filter).await? {
                self.projects.remove(&id);
            }
        }
        Ok(self)
    }

    /// Takes what is hidden out of `data`; returns whether there was anything. A section goes with its project.
    pub fn draw(&self, data: &mut Value) -> bool {
        let mut drawn = false;
        let mut blank = |thing: Option<&mut Value>| {
            if let Some(thing) = thing {
                drawn |= !thing.is_null();
                *thing = Value::Null;
            }
        };
        if entries::id(&data["project"]).is_some_and(|id| self.projects.contains(&id)) {
            for key in ["project", "section", "old", "new"] {
                blank(data.get_mut(key));
            }
        }
        let is_hidden = |thing: journal::Subject| match thing.kind.as_ref() {
            "task" => self.tasks.contains(&thing.id),
            _ => self.projects.contains(&thing.id),
        };
        if points_at(data).any(is_hidden) {
            blank(data.get_mut("text"));
        }
        let changes: &[&str] = if is_link(data) { &CHANGES } else { &[] };
        for key in TASKS.iter().chain(changes) {
            if task(&data[key]).is_some_and(|id| self.tasks.contains(&id)) {
                blank(data.get_mut(key));
            }
        }
        let (tasks, projects) = (&self.tasks, &self.projects);
        let mut thin = |things: Option<&mut Value>, is_hidden: &dyn Fn(&Value) -> bool| {
            if let Some(things) = things.and_then(Value::as_array_mut) {
                let before = things.len();
                things.retain(|thing| !is_hidden(thing));
                drawn |= things.len() < before;
            }
        };
        thin(data.get_mut("homes"), &|home| {
            entries::id(&home["project"]).is_some_and(|id| projects.contains(&id))
        });
        if is_reference(data) {
            for key in ["old", "new"] {
                thin(data.get_mut(key), &|thing| task(thing).is_some_and(|id| tasks.contains(&id)));
            }
        }
        drawn
    }
}

/// A task as `{id, name}` or as its bare id.
fn task(thing: &Value) -> Option<i64> {
    entries::id(thing).or_else(|| entries::number(thing))
}

fn list(things: &Value) -> impl Iterator<Item = &Value> {
    things.as_array().into_iter().flatten()
}

/// What a comment points at.
fn points_at(data: &Value) -> impl Iterator<Item = journal::Subject> {
    list(&data["points_at"]).filter_map(|thing| thing.as_str()?.parse().ok())
}

fn is_link(data: &Value) -> bool {
    data["field"].as_str().is_some_and(|field| LINKS.contains(&field))
}

/// Whether it tells of a custom field that holds tasks.
fn is_reference(data: &Value) -> bool {
    ["field", "custom_field"].iter().any(|key| data[key]["kind"] == "reference")
}
