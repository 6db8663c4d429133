//! What somebody wants to be told of: everywhere, and otherwise in single projects.
//!
//! A task that is in several projects is told of as the most talkative of them wants it. Who said nothing is told of everything that
//! concerns them, and of nothing else.

mod store;
#[cfg(test)]
mod tests;

use crate::names::ProjectName;
use crate::projects;
use base::id::{ProjectId, UserId};
use base::{Error, Limit, Result, Right};
use db::Tx;
use journal::Subject;
use people::rights;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wishes {
    /// That a task was given to them.
    pub assigned: bool,
    /// That a comment mentions them.
    pub mentioned: bool,
    /// Comments on tasks that they follow.
    pub comments: bool,
    /// That a task that they follow was completed or reopened.
    pub completed: bool,
    /// Other changes to tasks that they follow.
    pub changes: bool,
    /// Everything that happens in the project, whether it concerns them or not.
    pub everything: bool,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            assigned: true,
            mentioned: true,
            comments: true,
            completed: true,
            changes: true,
            everything: false,
        }
    }
}

/// What somebody wants to be told of.
#[derive(Clone, Debug, Default)]
pub struct Preferences {
    /// Wherever nothing else is said.
    pub everywhere: Wishes,
    /// In single projects that they see, by name.
    pub projects: Vec<(ProjectName, Wishes)>,
}

/// The place of a wish that is about no single project.
const EVERYWHERE: ProjectId = ProjectId(0);

/// The actor's preferences.
pub async fn mine(tx: &mut Tx) -> Result<Preferences> {
    let me = super::me(tx)?;
    let mut found = Preferences::default();
    let mut single = Vec::new();
    for (project, wishes) in store::of_user(tx, me).await? {
        if project == EVERYWHERE {
            found.everywhere = wishes;
        } else {
            single.push((project, wishes));
        }
    }
    let ids: Vec<ProjectId> = single.iter().map(|(project, _)| *project).collect();
    let seen = projects::visible(tx, &ids).await?;
    for (id, wishes) in single {
        if let Some(project) = seen.iter().find(|project| project.id == id) {
            found.projects.push((ProjectName::new(id, project.name.clone()), wishes));
        }
    }
    found.projects.sort_by_key(|(project, _)| project.name.to_lowercase());
    Ok(found)
}

/// Says what the actor wants to be told of, in one project or everywhere else.
pub async fn set(tx: &mut Tx, project: Option<ProjectId>, mut wishes: Wishes) -> Result<()> {
    let me = require(tx)?;
    match project {
        Some(project) => {
            projects::get(tx, project).await?;
            let others = store::of_user(tx, me).await?.len();
            tx.limits().check(Limit::UnpagedObjects, others, "your list of projects")?;
        }
        // Everything that happens anywhere is the audit log, not an inbox.
        None if wishes.everything => {
            return Err(Error::invalid(
                "preference.everything",
                "Choose a project to be told of everything in it",
            ));
        }
        None => {}
    }
    if wishes.everything {
        wishes = Wishes { everything: true, ..Wishes::default() };
    }
    store::put(tx, me, project.unwrap_or(EVERYWHERE), wishes).await?;
    enter(tx, me, project, json!(wishes));
    Ok(())
}

/// Takes back what the actor said about a project: it is as everywhere again.
pub async fn forget(tx: &mut Tx, project: ProjectId) -> Result<()> {
    let me = require(tx)?;
    if store::delete(tx, me, project).await? {
        enter(tx, me, Some(project), json!(null));
    }
    Ok(())
}

fn require(tx: &Tx) -> Result<UserId> {
    rights::require_scope(tx, Right::Comment)?;
    super::me(tx)
}

fn enter(tx: &mut Tx, me: UserId, project: Option<ProjectId>, wishes: serde_json::Value) {
    journal::enter(
        tx,
        "inbox.preferred",
        Subject::new("user", me),
        &[],
        json!({"project": project, "wishes": wishes}),
    );
}

/// Who wants to be told of everything in one of these projects.
pub(super) async fn of_everything(tx: &mut Tx, homes: &[ProjectId]) -> Result<Vec<UserId>> {
    store::of_everything(tx, homes).await
}

/// What each of these people wants for a task with these homes; whoever said nothing is absent.
pub(super) async fn wishes(
    tx: &mut Tx,
    users: &[UserId],
    homes: &[ProjectId],
) -> Result<BTreeMap<UserId, Vec<Wishes>>> {
    let mut said: BTreeMap<UserId, BTreeMap<ProjectId, Wishes>> = BTreeMap::new();
    for (user, project, wishes) in store::of_users(tx, users, homes, EVERYWHERE).await? {
        said.entry(user).or_default().insert(project, wishes);
    }
    let everywhere = [EVERYWHERE];
    let homes = if homes.is_empty() { &everywhere } else { homes };
    Ok(said
        .into_iter()
        .map(|(user, said)| {
            let general = said.get(&EVERYWHERE).copied().unwrap_or_default();
            (user, homes.iter().map(|home| said.get(home).copied().unwrap_or(general)).collect())
        })
        .collect())
}
