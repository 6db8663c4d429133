//! The types of [`crate::copies`].

use crate::names::{ProjectName, TaskName};
use crate::templates::TemplateName;
use base::id::{AnyId, UserId};
use base::{Date, Time};
use serde::{Deserialize, Serialize};

base::text_enum! {
    /// What is copied.
    pub enum CopyKind {
        /// A task.
        Task = "duplicate_task",
        /// A project with its tasks.
        Project = "duplicate_project",
        /// A project, into a template.
        Template = "save_as_template",
        /// A template, into a project.
        Instance = "instantiate_project",
    }
}

base::text_enum! {
    /// How far it is.
    pub enum CopyState {
        /// Asked for.
        Waiting = "not_started",
        /// Being made.
        Running = "in_progress",
        /// Made.
        Done = "succeeded",
        /// Given up; `problem` says why.
        Failed = "failed",
    }
}

/// What of a task is copied besides its name.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskParts {
    /// Who is to do it.
    pub assignee: bool,
    /// Files and links.
    pub attachments: bool,
    /// Due and start.
    pub dates: bool,
    /// What it waits for.
    pub dependencies: bool,
    /// Who is told.
    pub followers: bool,
    /// What it is about.
    pub notes: bool,
    /// The task it is a part of.
    pub parent: bool,
    /// The projects it is in, and its values of their fields.
    pub projects: bool,
    /// Its subtasks, with the same parts.
    pub subtasks: bool,
    /// Its tags.
    pub tags: bool,
}

impl TaskParts {
    /// Reads a list of the words above separated by commas; `task_` before a word is ignored, unknown words too.
    pub fn parse(words: &str) -> Self {
        let mut parts = Self::default();
        for word in words.split(',').map(str::trim) {
            match word.strip_prefix("task_").unwrap_or(word) {
                "assignee" => parts.assignee = true,
                "attachments" => parts.attachments = true,
                "dates" => parts.dates = true,
                "dependencies" => parts.dependencies = true,
                "followers" => parts.followers = true,
                "notes" => parts.notes = true,
                "parent" => parts.parent = true,
                "projects" => parts.projects = true,
                "subtasks" => parts.subtasks = true,
                "tags" => parts.tags = true,
                _ => {}
            }
        }
        parts
    }
}

/// How the dates of a copied project move: the earliest start (or the latest due date) of the copy falls on this day.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Shift {
    /// The copy starts then.
    StartOn(Date),
    /// The copy ends then.
    DueOn(Date),
}

/// What of a project is copied.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ProjectParts {
    /// Of each task.
    pub tasks: TaskParts,
    /// Whether members come along.
    pub members: bool,
    /// Whether the notes come along.
    pub notes: bool,
    /// How dates move.
    pub shift: Option<Shift>,
    /// Whether weekends are skipped when dates move.
    pub skip_weekends: bool,
}

/// A copying.
#[derive(Clone, Debug)]
pub struct Copying {
    /// Its id.
    pub id: AnyId,
    /// What is copied.
    pub kind: CopyKind,
    /// How far it is.
    pub state: CopyState,
    /// The task that was made.
    pub new_task: Option<TaskName>,
    /// The project that was made.
    pub new_project: Option<ProjectName>,
    /// The template that was made.
    pub new_template: Option<TemplateName>,
    /// Why it was given up.
    pub problem: Option<String>,
    /// When it was asked for.
    pub created_at: Time,
    /// Who asked.
    pub created_by: Option<UserId>,
}
