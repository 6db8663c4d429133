//! Members: who a project was shared with, and what they may do there.
//!
//! What somebody may do is a grant on "project:ID" (domain/people); a membership keeps the word for it and an id. What a project's privacy
//! gives to a whole team is a grant too, but no membership.

mod store;

use crate::access;
use crate::projects::{self, Access, Privacy, Project};
use base::id::{AnyId, ProjectId, TeamId, UserId};
use base::{Error, Result, Right};
use db::Tx;
use journal::Subject;
use people::RightSet;
use people::grants::{self, Holder};
use serde_json::json;
use std::collections::BTreeMap;

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

fn holder(party: Party) -> Holder {
    match party {
        Party::User(user) => Holder::User(user),
        Party::Team(team) => Holder::Team(team),
    }
}

fn party(holder: Holder) -> Party {
    match holder {
        Holder::User(user) => Party::User(user),
        Holder::Team(team) => Party::Team(team),
    }
}

fn unknown(member: AnyId) -> Error {
    Error::missing("membership.unknown", format!("There is no membership {member}"))
}

/// Keeps a membership without touching grants; for the verbs that grant themselves.
pub(crate) async fn record(tx: &mut Tx, project: ProjectId, party: Party, access: Access) -> Result<AnyId> {
    store::put(tx, project, party, access).await
}

/// The team that sees the project without being invited.
async fn audience(tx: &mut Tx, project: &Project) -> Result<Option<TeamId>> {
    Ok(match project.privacy {
        Privacy::Workspace => Some(people::teams::everyone(tx).await?.id),
        Privacy::Team => project.team,
        Privacy::Private => None,
    })
}

/// Gives the project's audience its grant, and takes it from the audience before.
pub(crate) async fn apply(tx: &mut Tx, project: &Project, before: Option<&Project>) -> Result<()> {
    if let Some(before) = before
        && let Some(team) = audience(tx, before).await?
    {
        sync(tx, project, Holder::Team(team)).await?;
    }
    if let Some(team) = audience(tx, project).await? {
        sync(tx, project, Holder::Team(team)).await?;
    }
    Ok(())
}

/// Makes a holder's grant what membership and audience say together. The caller has checked the right to share.
pub(crate) async fn sync(tx: &mut Tx, project: &Project, holder: Holder) -> Result<()> {
    let member = store::of_party(tx, project.id, party(holder)).await?;
    let mut wanted = member.map_or(RightSet::NONE, |member| access::rights_of(member.access));
    if let Holder::Team(team) = holder
        && audience(tx, project).await? == Some(team)
    {
        wanted = wanted.union(access::rights_of(project.default_access));
    }
    // Owners and audiences change by verbs that have checked the actor's right already; the grant follows.
    let actor = tx.actor().clone();
    tx.become_actor(base::Actor { door: base::Door::System, ..actor.clone() });
    let set = grants::set(tx, &access::subject(project.id), holder, wanted).await;
    tx.become_actor(actor);
    set
}

/// Shares the project with these people as editors; who is a member already keeps their access.
pub async fn add(tx: &mut Tx, project: ProjectId, users: &[UserId]) -> Result<()> {
    projects::require(tx, project, Right::Admin).await?;
    for user in users {
        if store::of_party(tx, project, Party::User(*user)).await?.is_none() {
            put(tx, project, Party::User(*user), Access::Editor).await?;
        }
    }
    Ok(())
}

/// Takes these people's membership away.
pub async fn remove(tx: &mut Tx, project: ProjectId, users: &[UserId]) -> Result<()> {
    projects::get(tx, project).await?;
    for user in users {
        if let Some(record) = store::of_party(tx, project, Party::User(*user)).await? {
            delete(tx, record.id).await?;
        }
    }
    Ok(())
}

/// Shares the project, or changes what the party may do.
pub async fn put(tx: &mut Tx, project: ProjectId, party: Party, access: Access) -> Result<Member> {
    let found = projects::require(tx, project, Right::Admin).await?;
    let name = name(tx, party).await?;
    let before = store::of_party(tx, project, party).await?;
    let id = store::put(tx, project, party, access).await?;
    let member = Member { id, project, party, name, access };
    if before.as_ref().is_some_and(|before| before.access == access) {
        return Ok(member);
    }
    sync(tx, &found, holder(party)).await?;
    let verb = if before.is_some() { "project.member_changed" } else { "project.member_added" };
    enter(tx, verb, &found, &member);
    Ok(member)
}

fn enter(tx: &mut Tx, verb: &'static str, project: &Project, member: &Member) {
    let (kind, who) = match member.party {
        Party::User(user) => ("user", Subject::new("user", user)),
        Party::Team(team) => ("team", Subject::new("team", team)),
    };
    let data = json!({
        "name": project.name, "membership": member.id, "access": member.access,
        "member": {"type": kind, "id": who.id.to_string(), "name": member.name},
    });
    journal::enter(tx, verb, Subject::new("project", project.id), &[who], data);
}

async fn name(tx: &mut Tx, party: Party) -> Result<String> {
    Ok(match party {
        Party::User(user) => people::users::get(tx, user).await?.name,
        Party::Team(team) => people::teams::get(tx, team).await?.name,
    })
}

/// Returns a membership by its id.
pub async fn get(tx: &mut Tx, member: AnyId) -> Result<Member> {
    let record = store::by_id(tx, member).await?.ok_or_else(|| unknown(member))?;
    projects::get(tx, record.project).await?;
    let mut found = named(tx, vec![record]).await?;
    found.pop().ok_or_else(|| unknown(member))
}

async fn named(tx: &mut Tx, records: Vec<store::Record>) -> Result<Vec<Member>> {
    let users: Vec<UserId> = records
        .iter()
        .filter_map(|record| match record.party {
            Party::User(user) => Some(user),
            Party::Team(_) => None,
        })
        .collect();
    let people = projects::names(tx, &users).await?;
    let teams: BTreeMap<TeamId, String> = if users.len() == records.len() {
        BTreeMap::new()
    } else {
        people::teams::list(tx).await?.into_iter().map(|team| (team.id, team.name)).collect()
    };
    Ok(records
        .into_iter()
        .filter_map(|record| {
            let name = match record.party {
                Party::User(user) => people.get(&user).map(|person| person.name.clone()),
                Party::Team(team) => teams.get(&team).cloned(),
            };
            Some(Member {
                id: record.id,
                project: record.project,
                party: record.party,
                name: name?,
                access: record.access,
            })
        })
        .collect())
}

/// Changes what a membership allows.
pub async fn change(tx: &mut Tx, member: AnyId, access: Access) -> Result<Member> {
    let found = get(tx, member).await?;
    put(tx, found.project, found.party, access).await
}

/// Ends a membership; everybody may end their own.
pub async fn delete(tx: &mut Tx, member: AnyId) -> Result<()> {
    let found = get(tx, member).await?;
    let is_own = matches!((found.party, tx.actor().user), (Party::User(user), Some(me)) if user == me);
    let project =
        projects::require(tx, found.project, if is_own { Right::View } else { Right::Admin }).await?;
    store::delete(tx, member).await?;
    sync(tx, &project, holder(found.party)).await?;
    enter(tx, "project.member_removed", &project, &found);
    Ok(())
}

/// Lists the members of a project.
pub async fn list(tx: &mut Tx, project: ProjectId) -> Result<Vec<Member>> {
    projects::get(tx, project).await?;
    let records = store::of_projects(tx, &[project]).await?;
    named(tx, records).await
}

/// Lists the memberships of a person, in projects that the actor sees.
pub async fn of(tx: &mut Tx, user: UserId) -> Result<Vec<Member>> {
    people::users::get(tx, user).await?;
    let mut records = store::of_user(tx, user).await?;
    let ids: Vec<ProjectId> = records.iter().map(|record| record.project).collect();
    let seen: Vec<ProjectId> = projects::visible(tx, &ids).await?.iter().map(|project| project.id).collect();
    records.retain(|record| seen.contains(&record.project));
    named(tx, records).await
}

/// Who these projects were shared with, people only.
pub(crate) async fn people_of(tx: &mut Tx, projects: &[ProjectId]) -> Result<Vec<(ProjectId, UserId)>> {
    let records = store::of_projects(tx, projects).await?;
    Ok(records
        .into_iter()
        .filter_map(|record| match record.party {
            Party::User(user) => Some((record.project, user)),
            Party::Team(_) => None,
        })
        .collect())
}
