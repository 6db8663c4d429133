//! What a person wants at hand.

mod store;

use crate::names::Named;
use crate::{projects, tags, tasks};
use base::id::{AnyId, ProjectId, TagId, TaskId, TeamId, UserId};
use base::{Error, Result};
use db::Tx;
use std::collections::HashMap;

base::text_enum! {
    /// What can be a favourite.
    pub enum FavouriteKind {
        /// A project.
        Project = "project",
        /// A tag.
        Tag = "tag",
        /// A task.
        Task = "task",
        /// A person.
        User = "user",
        /// A team.
        Team = "team",
    }
}

/// Makes something a favourite of the actor.
pub async fn add(tx: &mut Tx, kind: FavouriteKind, id: AnyId) -> Result<()> {
    let me = people::users::require_signed_in(tx)?;
    if !names(tx, kind, &[id.0]).await?.contains_key(&id.0) {
        return Err(Error::missing("favourite.unknown", format!("There is no {kind} {id}")));
    }
    store::insert(tx, me, kind, id).await
}

/// Ends that.
pub async fn remove(tx: &mut Tx, kind: FavouriteKind, id: AnyId) -> Result<()> {
    let me = people::users::require_signed_in(tx)?;
    store::delete(tx, me, kind, id).await
}

/// Lists a person's favourites of one kind (only one's own are shown to anybody but the program), oldest first.
pub async fn list(tx: &mut Tx, user: UserId, kind: FavouriteKind) -> Result<Vec<Named<AnyId>>> {
    if tx.actor().user != Some(user) && !tx.actor().is_system() {
        return Err(Error::denied("favourite.not_own", "Favourites are shown to their owner only"));
    }
    let ids = store::list(tx, user, kind).await?;
    let mut names = names(tx, kind, &ids).await?;
    Ok(ids.into_iter().filter_map(|id| Some(Named::new(AnyId(id), names.remove(&id)?))).collect())
}

/// The names of those of these that the actor sees.
async fn names(tx: &mut Tx, kind: FavouriteKind, ids: &[i64]) -> Result<HashMap<i64, String>> {
    let ids = ids.iter().copied();
    Ok(match kind {
        FavouriteKind::Project => {
            let found = projects::visible(tx, &ids.map(ProjectId).collect::<Vec<_>>()).await?;
            found.into_iter().map(|project| (project.id.0, project.name)).collect()
        }
        FavouriteKind::Tag => {
            let found = tags::by_ids(tx, &ids.map(TagId).collect::<Vec<_>>()).await?;
            found.into_iter().map(|tag| (tag.id.0, tag.name)).collect()
        }
        FavouriteKind::Task => {
            let found = tasks::visible(tx, &ids.map(TaskId).collect::<Vec<_>>()).await?;
            found.into_iter().map(|task| (task.id.0, task.name)).collect()
        }
        FavouriteKind::User => {
            let found = people::users::by_ids(tx, &ids.map(UserId).collect::<Vec<_>>()).await?;
            found.into_iter().map(|(id, user)| (id.0, user.name)).collect()
        }
        FavouriteKind::Team => {
            let wanted: Vec<TeamId> = ids.map(TeamId).collect();
            let found = people::teams::list(tx).await?.into_iter();
            found.filter(|team| wanted.contains(&team.id)).map(|team| (team.id.0, team.name)).collect()
        }
    })
}
