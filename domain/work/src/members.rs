//! Members: who a project was shared with, and what they may do there.

use crate::projects::Access;
use base::Result;
use base::id::{AnyId, ProjectId, TeamId, UserId};
use db::Tx;

/// A person or a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// One person.
    User(UserId),
    /// Everybody in a team.
    Team(TeamId),
}

/// That a project was shared with somebody.
#[derive(Clone, Debug)]
pub struct Member {
    /// The id of the membership itself.
    pub id: AnyId,
    /// The project.
    pub project: ProjectId,
    /// With whom.
    pub party: Party,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub access: Access,
}

/// Shares the project with these people as editors; who is a member already keeps their access.
pub async fn add(tx: &mut Tx, project: ProjectId, users: &[UserId]) -> Result<()> {
    todo!()
}
/// Takes these people's membership away.
pub async fn remove(tx: &mut Tx, project: ProjectId, users: &[UserId]) -> Result<()> {
    todo!()
}
/// Shares the project, or changes what the party may do.
pub async fn put(tx: &mut Tx, project: ProjectId, party: Party, access: Access) -> Result<Member> {
    todo!()
}
/// Returns a membership by its id.
pub async fn get(tx: &mut Tx, member: AnyId) -> Result<Member> {
    todo!()
}
/// Changes what a membership allows.
pub async fn change(tx: &mut Tx, member: AnyId, access: Access) -> Result<Member> {
    todo!()
}
/// Ends a membership.
pub async fn delete(tx: &mut Tx, member: AnyId) -> Result<()> {
    todo!()
}
/// Lists the members of a project.
pub async fn list(tx: &mut Tx, project: ProjectId) -> Result<Vec<Member>> {
    todo!()
}
/// Lists the memberships of a person, in projects that the actor sees.
pub async fn of(tx: &mut Tx, user: UserId) -> Result<Vec<Member>> {
    todo!()
}
