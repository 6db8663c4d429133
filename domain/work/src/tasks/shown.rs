//! The tasks that a page shows: of a project or of a person, filtered, sorted and grouped as its address says.

use super::{Task, store};
use crate::page::Listed;
use crate::projects;
use base::id::{ProjectId, SectionId, UserId};
use base::{Date, Result, Time};
use db::Tx;

base::text_enum! {
    /// Under which headings.
    pub(crate) enum Group {
        /// The sections of the project.
        Section = "section",
        /// Who is to do it.
        Assignee = "assignee",
        /// When it is due.
        Due = "due",
        /// None.
        None = "none",
    }
}

base::text_enum! {
    /// In which order.
    pub(crate) enum Sort {
        /// As people put them.
        Place = "place",
        /// What is due first comes first.
        Due = "due",
        /// By who is to do it.
        Assignee = "assignee",
        /// By name.
        Name = "name",
        /// The newest first.
        Created = "created",
        /// The last changed first.
        Changed = "changed",
        /// The last completed first.
        Completed = "completed",
    }
}

/// Which tasks, and how.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// Those of this project; of what the actor sees otherwise.
    pub project: Option<ProjectId>,
    /// Those of this section.
    pub section: Option<SectionId>,
    /// Those of somebody, or of nobody.
    pub assignee: Option<Option<UserId>>,
    /// Completed ones only, open ones only, or both.
    pub completed: Option<bool>,
    /// Completed at or after this.
    pub completed_since: Option<Time>,
    /// Due on this day or after it.
    pub due_from: Option<Date>,
    /// Due on this day or before it.
    pub due_to: Option<Date>,
    /// Without a due date.
    pub undated: bool,
    /// Words that all occur in the name.
    pub text: Option<String>,
    /// Under which headings.
    pub group: Group,
    /// In which order.
    pub sort: Sort,
    /// At most so many of each section; in the order of places only.
    pub of_each: Option<usize>,
    /// How many are passed over.
    pub skip: usize,
    /// At most so many.
    pub limit: usize,
}

impl Default for Shown {
    fn default() -> Self {
        Self {
            project: None,
            section: None,
            assignee: None,
            completed: Some(false),
            completed_since: None,
            due_from: None,
            due_to: None,
            undated: false,
            text: None,
            group: Group::None,
            sort: Sort::Place,
            of_each: None,
            skip: 0,
            limit: 100,
        }
    }
}

/// A task and the section of the project that it stands in.
pub(crate) type Placed = (Task, Option<SectionId>);

/// Finds what a page shows, in one statement. `next` says how many to pass over for more.
pub(crate) async fn shown(tx: &mut Tx, wanted: &Shown) -> Result<Listed<Placed>> {
    match wanted.project {
        Some(project) => projects::get(tx, project).await.map(drop)?,
        None => people::rights::require_role(tx, base::Role::Guest)?,
    }
    let mut items = store::shown(tx, wanted).await?;
    let more = items.len() > wanted.limit;
    items.truncate(wanted.limit);
    let next = more.then(|| (wanted.skip + wanted.limit).to_string());
    Ok(Listed { items, next })
}

/// How many tasks each section of a project holds, open ones alone or all.
pub(crate) async fn counts(
    tx: &mut Tx,
    project: ProjectId,
    only_open: bool,
) -> Result<Vec<(SectionId, usize)>> {
    projects::get(tx, project).await?;
    store::section_counts(tx, project, only_open).await
}
