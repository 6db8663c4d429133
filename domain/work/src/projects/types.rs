//! The types of [`crate::projects`].

use crate::names::{Person, TeamName, Text};
use base::id::{ProjectId, TeamId, UserId};
use base::{Date, Time};
use serde::{Deserialize, Serialize};

base::text_enum! {
    /// Who sees a project without being invited.
    pub enum Privacy {
        /// Every member of the workspace.
        Workspace = "public_to_workspace",
        /// Every member of its team.
        Team = "private_to_team",
        /// Only those it was shared with.
        Private = "private",
    }
}

base::text_enum! {
    /// What somebody may do in a project, in one word.
    pub enum Access {
        /// Also change who may do what.
        Admin = "admin",
        /// Also change it.
        Editor = "editor",
        /// Also comment.
        Commenter = "commenter",
        /// See it.
        Viewer = "viewer",
    }
}

base::text_enum! {
    /// How a project opens.
    pub enum View {
        /// Rows under sections.
        List = "list",
        /// A column for each section.
        Board = "board",
        /// By due date.
        Calendar = "calendar",
        /// Bars over time.
        Timeline = "timeline",
    }
}

/// A project.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// The team it belongs to.
    pub team: Option<TeamId>,
    /// Its name.
    pub name: String,
    /// What it is for, as plain text.
    pub notes: String,
    /// The same as rich text, when it was written so; mentions are bare.
    pub html: Option<String>,
    /// A colour word.
    pub color: Option<String>,
    /// An icon word.
    pub icon: Option<String>,
    /// How it opens.
    pub view: View,
    /// When it should be done.
    pub due_on: Option<Date>,
    /// When it starts.
    pub start_on: Option<Date>,
    /// Who sees it without being invited.
    pub privacy: Privacy,
    /// What those may do who see it without being invited.
    pub default_access: Access,
    /// Whether it was put away.
    pub archived: bool,
    /// Who answers for it.
    pub owner: Option<UserId>,
    /// When it was completed.
    pub completed_at: Option<Time>,
    /// Who completed it.
    pub completed_by: Option<UserId>,
    /// When it was made.
    pub created_at: Time,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it was last changed.
    pub modified_at: Time,
    /// Rises whenever the set of its open tasks may have changed.
    pub version: i64,
}

/// A project with the names that a full record shows. Made by [`fill`].
#[derive(Clone, Debug)]
pub struct FullProject {
    /// The project.
    pub project: Project,
    /// Its team.
    pub team: Option<TeamName>,
    /// Its owner.
    pub owner: Option<Person>,
    /// Who completed it.
    pub completed_by: Option<Person>,
    /// Who it was shared with, people only.
    pub members: Vec<Person>,
    /// Who is told of what happens in it.
    pub followers: Vec<Person>,
    /// The last status update.
    pub status: Option<crate::statuses::StatusUpdate>,
    /// The custom fields it shows, in order.
    pub fields: Vec<crate::fields::Setting>,
}

/// What a new project is to be.
#[derive(Clone, Debug, Default)]
pub struct NewProject {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub notes: Option<Text>,
    /// The team it belongs to; the default team otherwise.
    pub team: Option<TeamId>,
    /// A colour word.
    pub color: Option<String>,
    /// An icon word.
    pub icon: Option<String>,
    /// How it opens; as a list otherwise.
    pub view: Option<View>,
    /// When it should be done.
    pub due_on: Option<Date>,
    /// When it starts.
    pub start_on: Option<Date>,
    /// Who sees it without being invited; the workspace otherwise.
    pub privacy: Option<Privacy>,
    /// What those may do; edit otherwise.
    pub default_access: Option<Access>,
    /// Whether it is put away from the start.
    pub archived: bool,
    /// Who answers for it; whoever makes it, otherwise.
    pub owner: Option<Option<UserId>>,
    /// Who is told of what happens in it, besides its maker.
    pub followers: Vec<UserId>,
}

/// What is to change about a project; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct ProjectChange {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub notes: Option<Text>,
    /// The team it belongs to.
    pub team: Option<TeamId>,
    /// A colour word.
    pub color: Option<Option<String>>,
    /// An icon word.
    pub icon: Option<Option<String>>,
    /// How it opens.
    pub view: Option<View>,
    /// When it should be done.
    pub due_on: Option<Option<Date>>,
    /// When it starts.
    pub start_on: Option<Option<Date>>,
    /// Who sees it without being invited.
    pub privacy: Option<Privacy>,
    /// What those may do.
    pub default_access: Option<Access>,
    /// Whether it is put away.
    pub archived: Option<bool>,
    /// Whether it is completed.
    pub completed: Option<bool>,
    /// Who answers for it.
    pub owner: Option<Option<UserId>>,
}

/// Which projects are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this team.
    pub team: Option<TeamId>,
    /// Only those put away, or only those in use; both otherwise.
    pub archived: Option<bool>,
}

/// How many tasks a project has. Deleted ones and subtasks that are not in the project themselves do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskCounts {
    /// All.
    pub tasks: i64,
    /// Those not completed.
    pub open: i64,
    /// Those that are milestones.
    pub milestones: i64,
    /// Milestones not completed.
    pub open_milestones: i64,
}
