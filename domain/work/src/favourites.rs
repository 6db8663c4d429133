//! What a person wants at hand.

use crate::names::Named;
use base::Result;
use base::id::{AnyId, UserId};
use db::Tx;

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
    todo!()
}
/// Ends that.
pub async fn remove(tx: &mut Tx, kind: FavouriteKind, id: AnyId) -> Result<()> {
    todo!()
}
/// Lists a person's favourites of one kind (only one's own are shown to anybody but the program), oldest first.
pub async fn list(tx: &mut Tx, user: UserId, kind: FavouriteKind) -> Result<Vec<Named<AnyId>>> {
    todo!()
}
