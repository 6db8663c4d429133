//! Search: the tasks that the actor sees and that meet every condition given.
//!
//! Answers come from the tasks themselves, so what was just written is found. There are no pages: who wants more than a hundred
//! sorts by creation and asks for those created before the last one.

pub(crate) mod api;
pub(crate) mod pages;
mod store;
#[cfg(test)]
mod tests;

use crate::fields;
use crate::tasks::{Task, TaskKind};
use base::id::{FieldId, ProjectId, SectionId, TagId, TeamId, UserId};
use base::{Date, Error, Limit, Result, Role, Time};
use db::Tx;
use people::rights;

/// Conditions on what a task is connected with.
#[derive(Clone, Debug)]
pub struct Among<I> {
    /// At least one of these.
    pub any: Vec<I>,
    /// Or nothing at all: with `any`, those without one are found too; alone, only those.
    pub or_none: bool,
    /// None of these.
    pub not: Vec<I>,
    /// Every one of these.
    pub all: Vec<I>,
}

impl<I> Default for Among<I> {
    fn default() -> Self {
        Self { any: Vec::new(), or_none: false, not: Vec::new(), all: Vec::new() }
    }
}

impl<I> Among<I> {
    /// At least one of these.
    pub fn any(any: Vec<I>) -> Self {
        Self { any, ..Self::default() }
    }
}

/// Conditions on a day. For instants it is their day in UTC.
#[derive(Clone, Copy, Debug, Default)]
pub struct Days {
    /// On this day; `Some(None)` without any.
    pub on: Option<Option<Date>>,
    /// On this day or before it.
    pub before: Option<Date>,
    /// On this day or after it.
    pub after: Option<Date>,
}

/// Conditions on an instant.
#[derive(Clone, Copy, Debug, Default)]
pub struct Instants {
    /// Before it.
    pub before: Option<Time>,
    /// After it.
    pub after: Option<Time>,
}

/// A condition on the value of a custom field.
#[derive(Clone, Debug)]
pub enum FieldTest {
    /// Whether it has a value.
    IsSet(bool),
    /// It is this: a text, a number, or the id of an option or a person.
    Is(String),
    /// The text begins so.
    StartsWith(String),
    /// The text ends so.
    EndsWith(String),
    /// The text contains this.
    Contains(String),
    /// The number is less.
    LessThan(f64),
    /// The number is greater.
    GreaterThan(f64),
    /// The day is this or an earlier one.
    Before(Date),
    /// The day is this or a later one.
    After(Date),
}

base::text_enum! {
    /// In which order.
    pub enum SortBy {
        /// By the day it is due; those without come last.
        DueDate = "due_date",
        /// By when it was made.
        CreatedAt = "created_at",
        /// By when it was completed.
        CompletedAt = "completed_at",
        /// By how many like it.
        Likes = "likes",
        /// By when it was changed.
        ModifiedAt = "modified_at",
        /// Those with the words in their name first, then by when they were changed.
        Relevance = "relevance",
    }
}

/// What is searched for; what is not given does not matter.
#[derive(Clone, Debug, Default)]
pub struct SearchFilter {
    /// Words that all occur in the name or the notes, in any case.
    pub text: Option<String>,
    /// Open or completed.
    pub completed: Option<bool>,
    /// Whether it is a part of another task.
    pub is_subtask: Option<bool>,
    /// Whether it waits for an open task.
    pub is_blocked: Option<bool>,
    /// Whether it is open and an open task waits for it.
    pub is_blocking: Option<bool>,
    /// Whether something is attached.
    pub has_attachment: Option<bool>,
    /// What kind of task it is.
    pub kind: Option<TaskKind>,
    /// Who is to do it.
    pub assignee: Among<UserId>,
    /// Who follows it.
    pub followers: Among<UserId>,
    /// Who made it.
    pub created_by: Among<UserId>,
    /// Who assigned it.
    pub assigned_by: Among<UserId>,
    /// Who likes it.
    pub liked_by: Among<UserId>,
    /// Who commented on it.
    pub commented_on_by: Among<UserId>,
    /// The projects that it is in.
    pub projects: Among<ProjectId>,
    /// The sections that it is in.
    pub sections: Among<SectionId>,
    /// The tags that it has.
    pub tags: Among<TagId>,
    /// The teams whose projects it is in.
    pub teams: Among<TeamId>,
    /// The day it is due.
    pub due_on: Days,
    /// The day it starts.
    pub start_on: Days,
    /// The day it was made.
    pub created_on: Days,
    /// The day it was completed.
    pub completed_on: Days,
    /// The day it was changed.
    pub modified_on: Days,
    /// The instant it is due.
    pub due_at: Instants,
    /// The instant it was made.
    pub created_at: Instants,
    /// The instant it was completed.
    pub completed_at: Instants,
    /// The instant it was changed.
    pub modified_at: Instants,
    /// Values of custom fields.
    pub fields: Vec<(FieldId, FieldTest)>,
    /// In which order; the last changed first when nothing is said.
    pub sort_by: Option<SortBy>,
    /// The other way round.
    pub ascending: bool,
    /// At most so many; a hundred when nothing is said.
    pub limit: Option<usize>,
}

/// More conditions than anybody types; beyond it a database refuses the statement.
const VALUES_MAX: usize = 500;

/// Returns the tasks that the actor sees and that meet every condition.
pub async fn find(tx: &mut Tx, wanted: &SearchFilter) -> Result<Vec<Task>> {
    rights::require_role(tx, Role::Guest)?;
    let most = tx.limits().count(Limit::PageObjects);
    let limit = wanted.limit.unwrap_or(most).clamp(1, most);
    let values = [
        wanted.assignee.len(),
        wanted.followers.len(),
        wanted.created_by.len(),
        wanted.assigned_by.len(),
        wanted.liked_by.len(),
        wanted.commented_on_by.len(),
        wanted.projects.len(),
        wanted.sections.len(),
        wanted.tags.len(),
        wanted.teams.len(),
        wanted.fields.len(),
        wanted.text.as_deref().map_or(0, |text| text.split_whitespace().count()),
    ];
    if values.iter().sum::<usize>() > VALUES_MAX {
        return Err(Error::invalid("search.too_long", format!("a search has at most {VALUES_MAX} values")));
    }
    let mut tests = Vec::with_capacity(wanted.fields.len());
    for (field, test) in &wanted.fields {
        tests.push((fields::get(tx, *field).await?.kind, *field, test));
    }
    store::find(tx, wanted, &tests, limit).await
}

impl<I> Among<I> {
    fn len(&self) -> usize {
        self.any.len() + self.not.len() + self.all.len()
    }
}
