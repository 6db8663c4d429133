//! The types of [`crate::tasks`].

use crate::fields::{Entry, Input};
use crate::names::{Person, ProjectName, SectionName, TagName, TaskName, Text};
use base::id::{AnyId, FieldId, ProjectId, SectionId, TagId, TaskId, UserId};
use base::{Date, Time};
use serde::{Deserialize, Serialize};

base::text_enum! {
    /// What kind of task it is.
    pub enum TaskKind {
        /// Something to be done.
        Plain = "default_task",
        /// A point in time to reach; it has no start.
        Milestone = "milestone",
        /// A decision to be made.
        Approval = "approval",
        /// A kind of the team's own.
        Custom = "custom",
    }
}

base::text_enum! {
    /// Where the decision of an approval stands. Everything but pending counts as completed.
    pub enum Approval {
        /// Not decided.
        Pending = "pending",
        /// Yes.
        Approved = "approved",
        /// No.
        Rejected = "rejected",
        /// Not like this.
        ChangesRequested = "changes_requested",
    }
}

/// A task, without what hangs on it.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Its name.
    pub name: String,
    /// What it is about, as plain text.
    pub notes: String,
    /// The same as rich text, when it was written so; mentions are bare. [`crate::mentions::expand`] fills them in.
    pub html: Option<String>,
    /// What kind of task it is.
    pub kind: TaskKind,
    /// Where the decision stands; of approvals only.
    pub approval: Option<Approval>,
    /// Who is to do it.
    pub assignee: Option<UserId>,
    /// Who gave it to them.
    pub assigned_by: Option<UserId>,
    /// The section of the assignee's own list.
    pub list_section: Option<SectionId>,
    /// When it was completed.
    pub completed_at: Option<Time>,
    /// Who completed it.
    pub completed_by: Option<UserId>,
    /// The day it is due.
    pub due_on: Option<Date>,
    /// The instant it is due; `due_on` is its day then.
    pub due_at: Option<Time>,
    /// The day it starts.
    pub start_on: Option<Date>,
    /// The instant it starts.
    pub start_at: Option<Time>,
    /// The task it is a part of.
    pub parent: Option<TaskId>,
    /// What another system calls it.
    pub external: Option<External>,
    /// When it was made.
    pub created_at: Time,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it was last changed; moving it between projects does not count.
    pub modified_at: Time,
    /// When it was deleted; a deleted task is in the trash.
    pub deleted_at: Option<Time>,
}

impl Task {
    /// Whether it is completed.
    pub fn is_completed(&self) -> bool {
        self.completed_at.is_some()
    }

    /// Whether it is a heading between tasks rather than something to be done.
    pub fn is_separator(&self) -> bool {
        self.name.ends_with(':')
    }
}

/// What another system calls a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct External {
    /// Its id there; unique among all tasks.
    #[serde(skip_serializing_if = "Option::is_none", rename = "gid")]
    pub id: Option<String>,
    /// Whatever that system wants to keep with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// A project that a task is in, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The project.
    pub project: ProjectName,
    /// The section of it.
    pub section: SectionName,
}

/// That somebody likes something.
#[derive(Clone, Debug)]
pub struct Like {
    /// The id of the like itself.
    pub id: AnyId,
    /// Who.
    pub by: Person,
}

/// What to load beside the task itself. Each costs a fixed number of statements however many tasks there are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Want {
    /// Names of assignee, creator, completer, assigner.
    pub people: bool,
    /// Projects and sections (only those that the actor sees).
    pub homes: bool,
    /// Followers.
    pub followers: bool,
    /// Tags.
    pub tags: bool,
    /// Likes.
    pub likes: bool,
    /// Custom fields with values.
    pub fields: bool,
    /// Name of the parent.
    pub parent: bool,
    /// How many subtasks.
    pub subtasks: bool,
    /// What it waits for and what waits for it.
    pub dependencies: bool,
}

impl Want {
    /// What a full record shows.
    pub const FULL: Self = Self {
        people: true,
        homes: true,
        followers: true,
        tags: true,
        likes: true,
        fields: true,
        parent: true,
        subtasks: false,
        dependencies: false,
    };
    /// Everything.
    pub const ALL: Self = Self { subtasks: true, dependencies: true, ..Self::FULL };
}

/// A task and what was wanted beside it; what was not wanted is empty.
#[derive(Clone, Debug)]
pub struct FullTask {
    /// The task.
    pub task: Task,
    /// Who is to do it.
    pub assignee: Option<Person>,
    /// Who gave it to them.
    pub assigned_by: Option<Person>,
    /// Who completed it.
    pub completed_by: Option<Person>,
    /// Who made it.
    pub created_by: Option<Person>,
    /// The section of the actor's own list, when the actor is the assignee.
    pub list_section: Option<SectionName>,
    /// Its projects, in the order it came into them.
    pub homes: Vec<Home>,
    /// Who is told of what happens to it.
    pub followers: Vec<Person>,
    /// Its tags.
    pub tags: Vec<TagName>,
    /// Who likes it.
    pub likes: Vec<Like>,
    /// The fields of all its projects, with values.
    pub fields: Vec<Entry>,
    /// The task it is a part of.
    pub parent: Option<TaskName>,
    /// How many subtasks it has.
    pub num_subtasks: i64,
    /// What it waits for.
    pub dependencies: Vec<TaskId>,
    /// What waits for it.
    pub dependents: Vec<TaskId>,
}

/// Where a new task goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewHome {
    /// The project.
    pub project: ProjectId,
    /// The section; its first one otherwise.
    pub section: Option<SectionId>,
}

/// When a task is to be done. A day and an instant exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Some time on this day.
    On(Date),
    /// At this instant.
    At(Time),
}

/// What a new task is to be.
#[derive(Clone, Debug, Default)]
pub struct NewTask {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub notes: Option<Text>,
    /// What kind of task it is; plain otherwise.
    pub kind: Option<TaskKind>,
    /// Where the decision stands; of approvals only.
    pub approval: Option<Approval>,
    /// Who is to do it.
    pub assignee: Option<UserId>,
    /// The section of the assignee's own list.
    pub list_section: Option<SectionId>,
    /// Whether it is completed from the start.
    pub completed: bool,
    /// When it is due.
    pub due: Option<When>,
    /// When it starts.
    pub start: Option<When>,
    /// The projects it goes to, at the end of the section.
    pub homes: Vec<NewHome>,
    /// The task it is a part of.
    pub parent: Option<TaskId>,
    /// Its tags.
    pub tags: Vec<TagId>,
    /// Who is told of what happens to it, besides its creator and its assignee.
    pub followers: Vec<UserId>,
    /// Values of custom fields.
    pub fields: Vec<(FieldId, Input)>,
    /// What another system calls it.
    pub external: Option<External>,
    /// Whether the creator likes it.
    pub liked: bool,
}

impl NewTask {
    /// A task with this name in this project; add the rest with `..`.
    pub fn named(name: impl Into<String>, project: ProjectId) -> Self {
        Self { name: name.into(), homes: vec![NewHome { project, section: None }], ..Self::default() }
    }
}

/// What is to change about a task; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct TaskChange {
    /// Its name.
    pub name: Option<String>,
    /// What it is about.
    pub notes: Option<Text>,
    /// What kind of task it is.
    pub kind: Option<TaskKind>,
    /// Where the decision stands; makes it completed or open.
    pub approval: Option<Approval>,
    /// Who is to do it.
    pub assignee: Option<Option<UserId>>,
    /// The section of the assignee's own list.
    pub list_section: Option<SectionId>,
    /// Whether it is completed. Setting what it is already changes nothing.
    pub completed: Option<bool>,
    /// When it is due. Clearing it clears the start.
    pub due: Option<Option<When>>,
    /// When it starts.
    pub start: Option<Option<When>>,
    /// Values of custom fields.
    pub fields: Vec<(FieldId, Input)>,
    /// What another system calls it.
    pub external: Option<Option<External>>,
    /// Whether the actor likes it.
    pub liked: Option<bool>,
}

impl TaskChange {
    /// Completes or reopens.
    pub fn completed(completed: bool) -> Self {
        Self { completed: Some(completed), ..Self::default() }
    }
}

/// Whose tasks are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// Those of a project, in the order of its sections, then of their places.
    Project(ProjectId),
    /// Those of a section, by place.
    Section(SectionId),
    /// Those that wear a tag, by id.
    Tag(TagId),
    /// Those assigned to a person, by id.
    Assignee(UserId),
    /// Those of a person's own list, by section and place ([`crate::lists`]).
    List(AnyId),
    /// The subtasks of a task, by place.
    Parent(TaskId),
}

/// Which of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Open or completed.
    pub completed: Completed,
    /// Only those to which anything happened at or after this instant, being added to a project included.
    pub modified_since: Option<Time>,
}

/// Open or completed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Completed {
    /// All.
    #[default]
    Any,
    /// Open ones only (`completed_since=now`).
    Open,
    /// Open ones, and those completed at or after this instant.
    Since(Time),
}
