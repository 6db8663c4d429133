//! Who hears of a change to a task: its projects, its parents and their projects, and its assignee.

use crate::tasks::{self, Task};
use base::Result;
use base::id::TaskId;
use db::Tx;
use journal::Subject;
use serde_json::Value;

/// The subject of a task.
pub(crate) fn task(id: TaskId) -> Subject {
    Subject::new("task", id)
}

/// The parents of an entry about a task, gathered once for a verb that enters several.
#[derive(Clone, Debug)]
pub(crate) struct Watchers(pub Vec<Subject>);

impl Watchers {
    /// Those of a task as it is now.
    pub async fn of(tx: &mut Tx, task: &Task) -> Result<Self> {
        let mut found = Vec::new();
        if let Some(assignee) = task.assignee {
            found.push(Subject::new("user", assignee));
        }
        for (above, project) in tasks::store::chain(tx, task).await? {
            let above = Subject::new("task", above);
            let is_new = above.id != task.id.0 && !found.contains(&above);
            found.extend(is_new.then_some(above));
            let project = project.map(|id| Subject::new("project", id));
            found.extend(project.filter(|project| !found.contains(project)));
        }
        Ok(Self(found))
    }

    /// The same and another.
    pub fn and(&self, more: Subject) -> Self {
        let mut found = self.0.clone();
        if !found.contains(&more) {
            found.push(more);
        }
        Self(found)
    }

    /// Enters what happened to a task.
    pub fn enter(&self, tx: &mut Tx, verb: &'static str, id: TaskId, data: Value) {
        journal::enter(tx, verb, task(id), &self.0, data);
    }

    /// Enters what happened to something that belongs to a task.
    pub fn enter_part(&self, tx: &mut Tx, verb: &'static str, part: Subject, id: TaskId, data: Value) {
        let parents = self.and(task(id));
        journal::enter(tx, verb, part, &parents.0, data);
    }
}
