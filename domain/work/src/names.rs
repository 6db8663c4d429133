//! What a list shows of things that belong to other nouns: an id and a name.

use base::id::{FieldId, OptionId, ProjectId, SectionId, TagId, TaskId, TeamId, UserId};
use serde::{Deserialize, Serialize};

/// An id with the name to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named<I> {
    /// What it is.
    pub id: I,
    /// What people call it.
    pub name: String,
}

/// A person as others see them.
pub type Person = Named<UserId>;
/// A team by name.
pub type TeamName = Named<TeamId>;
/// A project by name.
pub type ProjectName = Named<ProjectId>;
/// A section by name.
pub type SectionName = Named<SectionId>;
/// A tag by name.
pub type TagName = Named<TagId>;
/// A custom field by name.
pub type FieldName = Named<FieldId>;
/// An option of a field by name.
pub type OptionName = Named<OptionId>;

/// A task by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskName {
    /// Which task.
    pub id: TaskId,
    /// Its name.
    pub name: String,
    /// What kind of task it is.
    pub kind: crate::tasks::TaskKind,
}

impl<I> Named<I> {
    /// Puts the two together.
    pub fn new(id: I, name: impl Into<String>) -> Self {
        Self { id, name: name.into() }
    }
}

/// Text as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// Plain.
    Plain(String),
    /// The rich-text subset, as XML; see [`crate::rich_text`].
    Rich(String),
}

impl Default for Text {
    fn default() -> Self {
        Self::Plain(String::new())
    }
}

/// Where something goes in an ordered list, relative to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<I> {
    /// Before all others.
    First,
    /// After all others.
    Last,
    /// Right before this one.
    Before(I),
    /// Right after this one.
    After(I),
}

impl<I> Place<I> {
    /// Reads the pair that clients send, where null and absent differ: `insert_before: null` is the end,
    /// `insert_after: null` the beginning. None when neither was sent.
    pub fn from_pair(before: Option<Option<I>>, after: Option<Option<I>>) -> base::Result<Option<Self>> {
        match (before, after) {
            (None, None) => Ok(None),
            (Some(None), None) => Ok(Some(Self::Last)),
            (None, Some(None)) => Ok(Some(Self::First)),
            (Some(Some(id)), None) => Ok(Some(Self::Before(id))),
            (None, Some(Some(id))) => Ok(Some(Self::After(id))),
            (Some(_), Some(_)) => {
                Err(base::Error::invalid("place.ambiguous", "give insert_before or insert_after, not both"))
            }
        }
    }
}
