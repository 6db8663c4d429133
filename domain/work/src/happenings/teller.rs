//! Tells one entry. The verbs and the shapes of their data are known here, and nowhere else outside the verbs themselves.

use super::{Action, FieldChange, Happening, Thing, id};
use journal::Entry;

pub(super) struct Teller<'a> {
    pub entry: &'a Entry,
    pub thing: Thing,
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
        let user_name = entry.actor_name.clone();
        Happening { at: entry.at, user: entry.actor, user_name, thing, action, parent, change }
    }

    fn own(&self, action: Action, parent: Option<Thing>) -> Happening {
        self.happening(self.thing.clone(), action, parent, None)
    }

    fn changed(&self, field: &str, action: Action, value: Option<Thing>) -> Happening {
        let change = FieldChange { field: field.to_owned(), action, value };
        self.happening(self.thing.clone(), Action::Changed, None, Some(change))
    }

    fn read(&self, kind: &'static str, key: &str) -> Option<Thing> {
        Thing::read(kind, &self.entry.data[key])
    }

    /// What happened to the subject itself.
    pub(super) fn main(&self) -> Vec<Happening> {
        let kind = self.entry.subject.kind.as_ref();
        match self.entry.verb.split_once('.').map_or("", |(_, what)| what) {
            "created" if kind == "task" => self.created_task(),
            "completed" | "reopened" => vec![self.changed("completed", Action::Changed, None)],
            "moved" if kind == "task" => self.moved("section"),
            "added_to_project" => self.passed(Action::Added),
            "removed_from_project" => self.passed(Action::Removed),
            "created" | "added" => vec![self.own(Action::Added, self.holder())],
            // A comment leaves its task; everything else is gone as such.
            "deleted" if kind == "story" => vec![self.own(Action::Removed, self.holder())],
            "deleted" => vec![self.own(Action::Deleted, None)],
            "restored" if kind == "story" => vec![self.own(Action::Added, self.holder())],
            "restored" => vec![self.own(Action::Undeleted, None)],
            "member_added" => self.membership(Action::Added),
            "member_removed" => self.membership(Action::Removed),
            "changed" => self.changed_field(),
            _ => Vec::new(),
        }
    }

    /// It came into a project or left one; of hidden ones nothing is told.
    fn passed(&self, action: Action) -> Vec<Happening> {
        let project = self.read("project", "project");
        project.map(|project| self.own(action, Some(project))).into_iter().collect()
    }

    /// What the thing belongs to: for what hangs on a task that task, for sections and statuses the project.
    fn holder(&self) -> Option<Thing> {
        let wanted = match self.entry.subject.kind.as_ref() {
            "story" | "attachment" => "task",
            "section" | "status_update" => "project",
            "project" => "team",
            _ => return None,
        };
        if let Some(known) = self.read(wanted, wanted) {
            return Some(known);
        }
        // What is nearest comes last among the parents.
        let subject = self.entry.parents.iter().rev().find(|parent| parent.kind == wanted)?.clone();
        Some(Thing { subject, name: None, subtype: None })
    }

    fn created_task(&self) -> Vec<Happening> {
        let homes = self.entry.data["homes"].as_array().into_iter().flatten();
        let mut parents: Vec<Thing> =
            homes.filter_map(|home| Thing::read("project", &home["project"])).collect();
        parents.extend(self.read("task", "parent"));
        if parents.is_empty() {
            return vec![self.own(Action::Added, None)];
        }
        parents.into_iter().map(|parent| self.own(Action::Added, Some(parent))).collect()
    }

    /// It left `old` and came into `new`.
    fn moved(&self, kind: &'static str) -> Vec<Happening> {
        let (old, new) = (self.read(kind, "old"), self.read(kind, "new"));
        if old == new {
            return Vec::new();
        }
        let left = old.map(|old| self.own(Action::Removed, Some(old)));
        left.into_iter().chain(new.map(|new| self.own(Action::Added, Some(new)))).collect()
    }

    fn membership(&self, action: Action) -> Vec<Happening> {
        let member = id(&self.entry.data["membership"]).map(|id| Thing::new("project_membership", id));
        let tell = |member| self.happening(member, action, Some(self.thing.clone()), None);
        member.map(tell).into_iter().collect()
    }

    fn changed_field(&self) -> Vec<Happening> {
        let plain = |field: &str| vec![self.changed(field, Action::Changed, None)];
        let with = |field: &str, value| vec![self.changed(field, Action::Changed, value)];
        match self.entry.data["field"].as_str().unwrap_or("") {
            "due" => self.changed_dates(["due_on", "due_at"]),
            "start" => self.changed_dates(["start_on", "start_at"]),
            "assignee" => with("assignee", self.read("user", "new")),
            "custom_fields" => with("custom_fields", self.read("custom_field", "custom_field")),
            "kind" => plain("resource_subtype"),
            "approval" => plain("approval_status"),
            "list_section" => plain("assignee_section"),
            "parent" => self.moved("task"),
            "followers" => self.changed_list("followers", "user"),
            "dependencies" => self.changed_list("dependencies", "task"),
            "tags" => self.changed_list("tags", "tag"),
            field => plain(field),
        }
    }

    fn changed_dates(&self, keys: [&str; 2]) -> Vec<Happening> {
        let (old, new) = (&self.entry.data["old"], &self.entry.data["new"]);
        let changed = keys.into_iter().filter(|key| old[key] != new[key]);
        changed.map(|key| self.changed(key, Action::Changed, None)).collect()
    }

    fn changed_list(&self, field: &str, kind: &'static str) -> Vec<Happening> {
        let one = |key: &str, action| {
            let value = self.read(kind, key);
            value.map(|value| self.changed(field, action, Some(value)))
        };
        one("added", Action::Added).into_iter().chain(one("removed", Action::Removed)).collect()
    }

    /// The stories that a change was told in, each added to its task.
    pub(super) fn stories(&self) -> Vec<Happening> {
        let task = match self.entry.subject.kind.as_ref() {
            "task" => Some(self.thing.clone()),
            "attachment" => self.holder(),
            _ => None,
        };
        let told = self.entry.data["stories"].as_array().into_iter().flatten();
        let stories = told.filter_map(|value| Thing::read("story", value));
        stories.map(|story| self.happening(story, Action::Added, task.clone(), None)).collect()
    }
}
