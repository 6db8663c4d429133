//! The types of [`crate::stories`].

use crate::names::{Person, TaskName, Text};
use crate::tasks::Like;
use base::id::StoryId;
use base::{Door, Time};

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
        /// `{sign, link: {text, href} or null}`: what another domain saw; see [`crate::stories::Report`].
        Reported = "reported",
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
