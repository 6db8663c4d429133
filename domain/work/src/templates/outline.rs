//! What a template holds: sections and tasks, with dates told from the day that the project starts.

use crate::tasks::TaskKind;
use base::id::{FieldId, TagId, UserId};
use serde::{Deserialize, Serialize};

/// What a project is made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outline {
    /// Its sections, in order.
    pub sections: Vec<OutlineSection>,
    /// The custom fields it shows, and whether lists show them.
    pub fields: Vec<(FieldId, bool)>,
    /// Who has to be named when a project is made of it.
    pub roles: Vec<TemplateRole>,
}

/// A part that somebody plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateRole {
    /// Its number in the template.
    pub id: u32,
    /// What people call it: "release manager".
    pub name: String,
}

/// A section.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OutlineSection {
    /// Its name.
    pub name: String,
    /// Its tasks, in order.
    pub tasks: Vec<OutlineTask>,
}

/// Who is to do a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doer {
    /// Always this person.
    Person(UserId),
    /// Whoever plays this part.
    Role(u32),
}

/// A day, and perhaps a time of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offset {
    /// Days after the start.
    pub days: i32,
    /// The time of that day, where whoever makes the project is: `16:00:00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<base::jiff::civil::Time>,
}

/// A value of a custom field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// Words, or an option's id.
    Text(String),
    /// A number.
    Number(f64),
    /// Ids of options.
    Ids(Vec<i64>),
}

/// A task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutlineTask {
    /// Its number in the template.
    pub key: u32,
    /// Its name.
    pub name: String,
    /// What it is about.
    #[serde(default)]
    pub notes: String,
    /// The same as rich text, when it was written so.
    #[serde(default)]
    pub html: Option<String>,
    /// What kind of task it is.
    pub kind: TaskKind,
    /// Who is to do it.
    #[serde(default)]
    pub doer: Option<Doer>,
    /// When it is due.
    #[serde(default)]
    pub due: Option<Offset>,
    /// When it starts.
    #[serde(default)]
    pub start: Option<Offset>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<TagId>,
    /// Values of custom fields.
    #[serde(default)]
    pub fields: Vec<(FieldId, Kept)>,
    /// The numbers of the tasks that it waits for.
    #[serde(default)]
    pub waits_for: Vec<u32>,
    /// Its parts.
    #[serde(default)]
    pub subtasks: Vec<OutlineTask>,
}

impl Outline {
    /// Calls `visit` with every task, parts after their wholes.
    pub fn each<'a>(&'a self, visit: &mut impl FnMut(&'a OutlineTask)) {
        fn below<'a>(tasks: &'a [OutlineTask], visit: &mut impl FnMut(&'a OutlineTask)) {
            for task in tasks {
                visit(task);
                below(&task.subtasks, visit);
            }
        }
        for section in &self.sections {
            below(&section.tasks, visit);
        }
    }

    /// How many tasks there are, parts included.
    pub fn count(&self) -> usize {
        let mut count = 0;
        self.each(&mut |_| count += 1);
        count
    }

    /// Whether it takes a day to start from.
    pub fn is_dated(&self) -> bool {
        let mut found = false;
        self.each(&mut |task| found |= task.due.is_some() || task.start.is_some());
        found
    }

    /// The last day that anything is due on, told from the start.
    pub fn last_day(&self) -> i32 {
        let mut last = 0;
        self.each(&mut |task| last = last.max(task.due.as_ref().map_or(0, |due| due.days)));
        last
    }
}
