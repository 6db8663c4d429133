//! Happenings: the journal's entries about tasks, projects and what belongs to them, in the few words that watchers of any kind
//! compare: what was added where, what changed, what was removed or deleted.
//!
//! One entry can be several happenings: a task that is made in two projects is added twice, and each of its stories is added to it.

use base::Time;
use base::id::UserId;
use journal::{Entry, Subject};
use serde_json::Value;

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

/// What an entry says, as happenings.
pub fn of(entry: &Entry) -> Vec<Happening> {
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

struct Teller<'a> {
    entry: &'a Entry,
    thing: Thing,
}

impl Teller<'_> {
    fn happening(
        &self,
        thing: Thing,
        action: Action,
        parent: Option<Thing>,
        change: Option<FieldChange>,
    ) -> Happening {
        let entry = self.entry;
        Happening {
            at: entry.at,
            user: entry.actor,
            user_name: entry.actor_name.clone(),
            thing,
            action,
            parent,
            change,
        }
    }

    fn own(&self, action: Action, parent: Option<Thing>) -> Happening {
        self.happening(self.thing.clone(), action, parent, None)
    }

    fn changed(&self, field: &str, action: Action, value: Option<Thing>) -> Happening {
        let change = FieldChange { field: field.to_owned(), action, value };
        self.happening(self.thing.clone(), Action::Changed, None, Some(change))
    }

    fn main(&self) -> Vec<Happening> {
        let data = &self.entry.data;
        match self.entry.verb.as_str() {
            "task.created" => self.created_task(),
            "task.completed" | "task.reopened" => vec![self.changed("completed", Action::Changed, None)],
            "task.moved" => self.moved_task(),
            "task.added_to_project" | "task.removed_from_project" => {
                self.contained("project", &data["project"])
            }
            "task.added_to_tag" | "task.removed_from_tag" | "task.tagged" | "task.untagged" => {
                self.contained("tag", &data["tag"])
            }
            "task.parent_changed" => self.new_parent(),
            verb => match verb.split_once('.').map_or("", |(_, what)| what) {
                "created" | "added" => vec![self.own(Action::Added, self.holder())],
                "removed" => vec![self.own(Action::Removed, self.holder())],
                "deleted" => vec![self.own(Action::Deleted, None)],
                "restored" => vec![self.own(Action::Undeleted, None)],
                "changed" | "field_changed" => self.changed_field(),
                _ => Vec::new(),
            },
        }
    }

    /// What the thing belongs to: for what hangs on a task that task, for sections and statuses the project.
    fn holder(&self) -> Option<Thing> {
        let wanted = match self.entry.subject.kind.as_ref() {
            "story" | "attachment" => "task",
            "section" | "status_update" => "project",
            "project" => "team",
            _ => return None,
        };
        // The task itself comes last among the parents; those before it are what it is in.
        let subject = self.entry.parents.iter().rev().find(|parent| parent.kind == wanted)?.clone();
        let known = Thing::read(wanted, &self.entry.data[wanted]).filter(|known| known.subject == subject);
        Some(known.unwrap_or(Thing { subject, name: None, subtype: None }))
    }

    fn created_task(&self) -> Vec<Happening> {
        let data = &self.entry.data;
        let homes = data["homes"].as_array().into_iter().flatten();
        let mut parents: Vec<Thing> =
            homes.filter_map(|home| Thing::read("project", &home["project"])).collect();
        parents.extend(Thing::read("task", &data["parent"]));
        if parents.is_empty() {
            return vec![self.own(Action::Added, None)];
        }
        parents.into_iter().map(|parent| self.own(Action::Added, Some(parent))).collect()
    }

    fn contained(&self, kind: &'static str, holder: &Value) -> Vec<Happening> {
        let verb = self.entry.verb.as_str();
        let leaves = verb.contains("removed") || verb.contains("untagged");
        let action = if leaves { Action::Removed } else { Action::Added };
        vec![self.own(action, Thing::read(kind, holder))]
    }

    fn moved_task(&self) -> Vec<Happening> {
        let data = &self.entry.data;
        let (old, new) = (Thing::read("section", &data["old"]), Thing::read("section", &data["new"]));
        if old == new {
            return Vec::new();
        }
        let left = old.map(|old| self.own(Action::Removed, Some(old)));
        left.into_iter().chain(new.map(|new| self.own(Action::Added, Some(new)))).collect()
    }

    fn new_parent(&self) -> Vec<Happening> {
        let data = &self.entry.data;
        let left = Thing::read("task", &data["old"]).map(|old| self.own(Action::Removed, Some(old)));
        let came = Thing::read("task", &data["new"]).map(|new| self.own(Action::Added, Some(new)));
        left.into_iter().chain(came).collect()
    }

    fn changed_field(&self) -> Vec<Happening> {
        let data = &self.entry.data;
        let field = data["field"].as_str().or_else(|| data["field"].is_object().then_some("custom_fields"));
        let differs = |key: &str| data["old"][key] != data["new"][key];
        match field.unwrap_or("") {
            "due" | "start" => {
                let keys = if field == Some("due") { ["due_on", "due_at"] } else { ["start_on", "start_at"] };
                keys.into_iter()
                    .filter(|key| differs(key))
                    .map(|key| self.changed(key, Action::Changed, None))
                    .collect()
            }
            "assignee" => vec![self.changed("assignee", Action::Changed, Thing::read("user", &data["new"]))],
            "kind" => vec![self.changed("resource_subtype", Action::Changed, None)],
            "approval" => vec![self.changed("approval_status", Action::Changed, None)],
            "list_section" => vec![self.changed("assignee_section", Action::Changed, None)],
            "followers" | "dependencies" | "dependents" => {
                let field = field.unwrap_or("");
                let kind = if field == "followers" { "user" } else { "task" };
                let one = |key: &str, action| {
                    Thing::read(kind, &data[key]).map(|thing| self.changed(field, action, Some(thing)))
                };
                one("added", Action::Added).into_iter().chain(one("removed", Action::Removed)).collect()
            }
            "custom_fields" => vec![self.changed(
                "custom_fields",
                Action::Changed,
                Thing::read("custom_field", &data["field"]),
            )],
            field => vec![self.changed(field, Action::Changed, None)],
        }
    }

    /// The stories that a change was told in, each added to the task.
    fn stories(&self) -> Vec<Happening> {
        if self.entry.subject.kind != "task" {
            return Vec::new();
        }
        let told = self.entry.data["stories"].as_array().into_iter().flatten();
        let story = |value: &Value| {
            let story = Thing::read("story", value)?;
            let name = story.name.clone().or_else(|| value["text"].as_str().map(str::to_owned));
            Some(self.happening(Thing { name, ..story }, Action::Added, Some(self.thing.clone()), None))
        };
        told.filter_map(story).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(verb: &str, subject: &str, parents: &[&str], data: Value) -> Vec<String> {
        let entry = Entry {
            seq: 1,
            id: 1,
            at: Time::from_millis(0),
            actor: Some(UserId(5)),
            actor_name: "Ann".to_owned(),
            door: "api".to_owned(),
            token: None,
            verb: verb.to_owned(),
            subject: subject.parse().expect("a subject"),
            parents: parents.iter().map(|p| p.parse().expect("a subject")).collect(),
            data,
            request: None,
        };
        let show = |h: Happening| {
            let parent = h.parent.map(|p| format!(" in {}", p.subject)).unwrap_or_default();
            let change = h.change.map(|c| {
                let value = c.value.map(|v| format!(" {}", v.subject)).unwrap_or_default();
                format!(" {} {}{value}", c.field, c.action)
            });
            format!("{} {}{parent}{}", h.thing.subject, h.action, change.unwrap_or_default())
        };
        of(&entry).into_iter().map(show).collect()
    }

    #[test]
    fn entries_are_told_as_what_was_added_changed_and_removed() {
        let project = json!({"id": "11", "name": "Locks"});
        for (verb, subject, parents, data, wanted) in [
            (
                "task.created",
                "task:9",
                vec!["project:11"],
                json!({"homes": [{"project": project}]}),
                vec!["task:9 added in project:11"],
            ),
            ("task.created", "task:9", vec![], json!({}), vec!["task:9 added"]),
            (
                "task.created",
                "task:9",
                vec!["task:8"],
                json!({"parent": "8"}),
                vec!["task:9 added in task:8"],
            ),
            ("task.completed", "task:9", vec![], json!({}), vec!["task:9 changed completed changed"]),
            (
                "task.changed",
                "task:9",
                vec![],
                json!({"field": "name", "stories": [{"id": "70", "kind": "name_changed", "text": "x"}]}),
                vec!["task:9 changed name changed", "story:70 added in task:9"],
            ),
            (
                "task.changed",
                "task:9",
                vec![],
                json!({"field": "due", "old": {"due_on": null}, "new": {"due_on": "2026-01-01"}}),
                vec!["task:9 changed due_on changed"],
            ),
            (
                "task.changed",
                "task:9",
                vec![],
                json!({"field": "assignee", "new": {"id": "5"}}),
                vec!["task:9 changed assignee changed user:5"],
            ),
            (
                "task.changed",
                "task:9",
                vec![],
                json!({"field": "followers", "added": {"id": "5"}}),
                vec!["task:9 changed followers added user:5"],
            ),
            (
                "task.removed_from_project",
                "task:9",
                vec![],
                json!({"project": project}),
                vec!["task:9 removed in project:11"],
            ),
            ("task.deleted", "task:9", vec![], json!({}), vec!["task:9 deleted"]),
            ("task.restored", "task:9", vec![], json!({}), vec!["task:9 undeleted"]),
            (
                "story.added",
                "story:7",
                vec!["project:11", "task:9"],
                json!({}),
                vec!["story:7 added in task:9"],
            ),
            ("environment.changed", "environment:1", vec![], json!({}), vec![]),
        ] {
            assert_eq!(told(verb, subject, &parents, data), wanted, "{verb}");
        }
    }
}
