//! Stories: what was said about a task and what was done to it, oldest first. People write comments; the verbs write the rest, in
//! the transaction of the change. Only comments can be changed, by their author.

use crate::names::{Person, TaskName, Text};
use crate::page::{Listed, Page};
use crate::tasks::Like;
use base::id::{StoryId, TaskId};
use base::{Door, Result, Time};
use db::Tx;

base::text_enum! {
    /// What kind of story it is. Behind each: what `data` holds. Things are `{id, name}`, dates `{start_on, start_at, due_on, due_at}`.
    pub enum StoryKind {
        /// A comment.
        CommentAdded = "comment_added",
        /// `{attachment}`.
        AttachmentAdded = "attachment_added",
        /// `{assignee}`.
        Assigned = "assigned",
        /// `{assignee}`: who it was taken from.
        Unassigned = "unassigned",
        /// `{old, new}`: dates.
        DueDateChanged = "due_date_changed",
        /// `{old, new}`: dates.
        StartDateChanged = "start_date_changed",
        /// `{old, new}`: text.
        NameChanged = "name_changed",
        /// `{}`.
        NotesChanged = "notes_changed",
        /// `{}`.
        MarkedComplete = "marked_complete",
        /// `{}`.
        MarkedIncomplete = "marked_incomplete",
        /// `{project}`.
        AddedToProject = "added_to_project",
        /// `{project}`.
        RemovedFromProject = "removed_from_project",
        /// `{project, old, new}`: sections.
        SectionChanged = "section_changed",
        /// `{tag}`.
        AddedToTag = "added_to_tag",
        /// `{tag}`.
        RemovedFromTag = "removed_from_tag",
        /// `{task}`: the parent.
        AddedToTask = "added_to_task",
        /// `{task}`: the parent that was.
        RemovedFromTask = "removed_from_task",
        /// `{follower}`.
        FollowerAdded = "follower_added",
        /// `{dependency}`: what it waits for.
        DependencyAdded = "dependency_added",
        /// `{dependency}`.
        DependencyRemoved = "dependency_removed",
        /// `{dependency}`: it was completed.
        DependencyMarkedComplete = "dependency_marked_complete",
        /// `{dependency, old, new}`: its dates changed.
        DependencyDueDateChanged = "dependency_due_date_changed",
        /// `{field, old, new}`: text or null.
        TextFieldChanged = "text_custom_field_changed",
        /// `{field, old, new}`: number or null.
        NumberFieldChanged = "number_custom_field_changed",
        /// `{field, old, new}`: `{id, name, color, enabled}` or null.
        EnumFieldChanged = "enum_custom_field_changed",
        /// `{field, old, new}`: a list of options.
        MultiEnumFieldChanged = "multi_enum_custom_field_changed",
        /// `{field, old, new}`: `{date, date_time}` or null.
        DateFieldChanged = "date_custom_field_changed",
        /// `{field, old, new}`: a list of people.
        PeopleFieldChanged = "people_custom_field_changed",
        /// `{field, old, new}`: a list of tasks.
        ReferenceFieldChanged = "reference_custom_field_changed",
        /// `{old, new}`: words of [`crate::tasks::Approval`] or null.
        ApprovalChanged = "approval_status_changed",
        /// `{old, new}`: words of [`crate::tasks::TaskKind`].
        KindChanged = "resource_subtype_changed",
        /// `{story}` when a comment was liked, `{}` when the task was.
        Liked = "liked",
        /// `{task}`: the copy that was made of it.
        Duplicated = "duplicated",
        /// `{task}`: what it was copied from.
        DuplicatedFrom = "duplicated_from",
        /// `{task}`: where it was mentioned.
        Mentioned = "mentioned",
    }
}

/// A story.
#[derive(Clone, Debug)]
pub struct Story {
    /// Its id.
    pub id: StoryId,
    /// The task it belongs to.
    pub task: TaskName,
    /// What kind of story it is.
    pub kind: StoryKind,
    /// The sentence or the comment, as plain text.
    pub text: String,
    /// A comment as rich text, when it was written so; mentions are bare.
    pub html: Option<String>,
    /// What changed; see [`StoryKind`].
    pub data: serde_json::Value,
    /// Through which door it came.
    pub door: Door,
    /// When.
    pub created_at: Time,
    /// Who; none for the program itself.
    pub created_by: Option<Person>,
    /// Whether it is shown above the others.
    pub is_pinned: bool,
    /// Whether it was changed after it was written.
    pub is_edited: bool,
    /// A sticker word.
    pub sticker: Option<String>,
    /// Who likes it.
    pub likes: Vec<Like>,
}

impl Story {
    /// Whether a person wrote it.
    pub fn is_comment(&self) -> bool {
        self.kind == StoryKind::CommentAdded
    }
}

/// What a new comment is to be.
#[derive(Clone, Debug, Default)]
pub struct NewComment {
    /// What it says.
    pub text: Text,
    /// Whether it is shown above the others.
    pub is_pinned: bool,
    /// A sticker word.
    pub sticker: Option<String>,
}

/// What is to change about a comment; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct CommentChange {
    /// What it says.
    pub text: Option<Text>,
    /// Whether it is shown above the others; everybody who may comment may pin.
    pub is_pinned: Option<bool>,
    /// A sticker word.
    pub sticker: Option<Option<String>>,
    /// Whether the actor likes it.
    pub liked: Option<bool>,
}

/// Comments on a task. The author becomes a follower, and so does everybody mentioned.
pub async fn comment(tx: &mut Tx, task: TaskId, new: NewComment) -> Result<Story> {
    todo!()
}
/// Returns a story of a task that the actor sees.
pub async fn get(tx: &mut Tx, story: StoryId) -> Result<Story> {
    todo!()
}
/// Lists the stories of a task, oldest first.
pub async fn list(tx: &mut Tx, task: TaskId, page: &Page) -> Result<Listed<Story>> {
    todo!()
}
/// Changes a comment; text by its author only.
pub async fn change(tx: &mut Tx, story: StoryId, change: CommentChange) -> Result<Story> {
    todo!()
}
/// Deletes a comment: its author, or who administers the project.
pub async fn delete(tx: &mut Tx, story: StoryId) -> Result<()> {
    todo!()
}
