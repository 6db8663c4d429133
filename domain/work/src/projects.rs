//! A project is a container of tasks in sections. Everybody it is shared with sees all of it.

pub(crate) mod api;
pub(crate) mod pages;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod types;

pub use pages::colour;
pub use types::*;

use crate::access;
use crate::members::{self, Party};
use crate::mentions;
use crate::names::{Named, Person};
use crate::page::{Listed, Page};
use crate::{checks, fields, sections, statuses};
use base::id::{ProjectId, TeamId, UserId};
use base::{Error, Limit, Result, Right, Role, Time};
use db::Tx;
use journal::Subject;
use people::grants::{self, Holder};
use people::rights;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn subject(project: ProjectId) -> Subject {
    Subject::new("project", project)
}

fn unknown(project: ProjectId) -> Error {
    Error::missing("project.unknown", format!("There is no project {project}"))
}

/// Returns the project when the actor has `right` in it. Hidden projects answer `project.hidden` and unknown or deleted
/// ones `project.unknown`, both of kind Missing; too little right answers `project.denied`.
pub async fn require(tx: &mut Tx, project: ProjectId, right: Right) -> Result<Project> {
    let found = store::by_id(tx, project).await?.ok_or_else(|| unknown(project))?;
    check(tx, found, right).await
}

/// The same, and nobody else can change the set of its open tasks until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, project: ProjectId, right: Right) -> Result<Project> {
    let found = store::bump(tx, project).await?.ok_or_else(|| unknown(project))?;
    check(tx, found, right).await
}

/// A number that rises whenever the set of a project's open tasks may have changed; without asking for rights: for the gate.
pub async fn version(tx: &mut Tx, project: ProjectId) -> Result<i64> {
    store::version(tx, project).await
}

/// Keeps the set of a project's open tasks as it is until the transaction ends, changing nothing; without asking for rights: for the gate.
pub async fn hold(tx: &mut Tx, project: ProjectId) -> Result<()> {
    store::hold(tx, project).await
}

async fn check(tx: &mut Tx, project: Project, right: Right) -> Result<Project> {
    let held = access::on_project(tx, &project, right).await?;
    access::check(tx, held, right, "project", project.id.0)?;
    Ok(project)
}

/// Returns what the actor may do in a project.
pub async fn rights_in(tx: &mut Tx, project: ProjectId) -> Result<people::RightSet> {
    let project = get(tx, project).await?;
    access::on_project(tx, &project, Right::Admin).await
}

/// Makes a project with its one untitled section. Whoever makes it administers it.
pub async fn create(tx: &mut Tx, new: NewProject) -> Result<Project> {
    rights::require_role(tx, Role::Member)?;
    rights::require_scope(tx, Right::Edit)?;
    let everyone = people::teams::everyone(tx).await?;
    let team = match new.team {
        Some(team) => people::teams::get(tx, team).await?.id,
        None => everyone.id,
    };
    let notes = mentions::accept(tx, new.notes.unwrap_or_default()).await?;
    let (me, now) = (tx.actor().user, tx.now());
    let project = Project {
        id: tx.new_id(),
        team: Some(team),
        name: checks::name(tx, &new.name, "the name")?,
        notes: notes.plain,
        html: notes.html,
        color: new.color.as_deref().map(|word| checks::word(word, "a colour")).transpose()?,
        icon: new.icon.as_deref().map(|word| checks::word(word, "an icon")).transpose()?,
        view: new.view.unwrap_or(View::List),
        due_on: new.due_on,
        start_on: new.start_on,
        privacy: new.privacy.unwrap_or(Privacy::Workspace),
        default_access: new.default_access.unwrap_or(Access::Editor),
        archived: new.archived,
        owner: new.owner.unwrap_or(me),
        completed_at: None,
        completed_by: None,
        created_at: now,
        created_by: me,
        modified_at: now,
        version: 1,
    };
    check_dates(&project)?;
    store::insert(tx, &project).await?;
    sections::first(tx, project.id).await?;
    let first: Vec<_> =
        me.map(|me| (Holder::User(me), access::rights_of(Access::Admin))).into_iter().collect();
    grants::endow(tx, &access::subject(project.id), &first).await?;
    for user in me.into_iter().chain(project.owner.filter(|owner| me != Some(*owner))) {
        members::record(tx, project.id, Party::User(user), Access::Admin).await?;
    }
    members::apply(tx, &project, None).await?;
    for user in me.into_iter().chain(new.followers) {
        store::follow(tx, project.id, user).await?;
    }
    let data = json!({"name": project.name, "team": team, "privacy": project.privacy});
    journal::enter(tx, "project.created", subject(project.id), &[Subject::new("team", team)], data);
    Ok(project)
}

fn check_dates(project: &Project) -> Result<()> {
    match (project.start_on, project.due_on) {
        (Some(start), Some(due)) if start > due => Err(Error::invalid(
            "project.dates",
            format!("the project would start on {start}, after it is due on {due}"),
        )),
        _ => Ok(()),
    }
}

/// Returns a project.
pub async fn get(tx: &mut Tx, project: ProjectId) -> Result<Project> {
    require(tx, project, Right::View).await
}

/// Returns those of these projects that the actor sees, in no order.
pub async fn visible(tx: &mut Tx, projects: &[ProjectId]) -> Result<Vec<Project>> {
    store::by_ids(tx, projects).await
}

/// Adds the names that a full record shows, in a number of statements that does not depend on how many projects there are.
pub async fn fill(tx: &mut Tx, projects: Vec<Project>) -> Result<Vec<FullProject>> {
    let ids: Vec<ProjectId> = projects.iter().map(|project| project.id).collect();
    let followers = store::followers(tx, &ids).await?;
    let members = members::people_of(tx, &ids).await?;
    let mut statuses = statuses::latest(tx, &ids).await?;
    let mut settings = fields::settings_of(tx, &ids).await?;
    let teams: BTreeMap<TeamId, String> =
        people::teams::list(tx).await?.into_iter().map(|team| (team.id, team.name)).collect();
    let mut users: Vec<UserId> = projects.iter().flat_map(|p| [p.owner, p.completed_by]).flatten().collect();
    users.extend(followers.iter().chain(&members).map(|(_, user)| *user));
    let names = names(tx, &users).await?;
    let person = |user: UserId| names.get(&user).cloned();
    let of = |list: &[(ProjectId, UserId)], id: ProjectId| -> Vec<Person> {
        list.iter().filter(|(project, _)| *project == id).filter_map(|(_, user)| person(*user)).collect()
    };
    Ok(projects
        .into_iter()
        .map(|project| FullProject {
            team: project.team.and_then(|id| Some(Named::new(id, teams.get(&id)?.clone()))),
            owner: project.owner.and_then(person),
            completed_by: project.completed_by.and_then(person),
            members: of(&members, project.id),
            followers: of(&followers, project.id),
            status: statuses.remove(&project.id),
            fields: settings.remove(&project.id).unwrap_or_default(),
            project,
        })
        .collect())
}

/// The names of people, for what the actor sees anyway.
pub(crate) async fn names(tx: &mut Tx, users: &[UserId]) -> Result<BTreeMap<UserId, Person>> {
    if users.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut ids = users.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let found = people::users::by_ids(tx, &ids).await?;
    Ok(found.into_iter().map(|(id, user)| (id, Named::new(id, user.name))).collect())
}

/// Lists the projects that the actor sees, by id.
pub async fn list(tx: &mut Tx, filter: &Filter, page: &Page) -> Result<Listed<Project>> {
    rights::require_role(tx, Role::Guest)?;
    Ok(Listed::cut(store::list(tx, filter, page).await?, page.limit, |project| project.id.to_string()))
}

/// Changes what is given and returns the project. Who sees it is for those who administer it to change.
pub async fn change(tx: &mut Tx, project: ProjectId, change: ProjectChange) -> Result<Project> {
    let sharing = change.privacy.is_some()
        || change.default_access.is_some()
        || change.team.is_some()
        || change.owner.is_some();
    let old = require(tx, project, if sharing { Right::Admin } else { Right::Edit }).await?;
    let mut new = old.clone();
    apply(tx, &mut new, change).await?;
    check_dates(&new)?;
    let changes = changes(&old, &new);
    if changes.is_empty() {
        return Ok(old);
    }
    new.modified_at = tx.now();
    store::update(tx, &new).await?;
    if let Some(owner) = new.owner.filter(|owner| old.owner != Some(*owner)) {
        members::record(tx, project, Party::User(owner), Access::Admin).await?;
        members::sync(tx, &new, Holder::User(owner)).await?;
    }
    if (old.privacy, old.team, old.default_access) != (new.privacy, new.team, new.default_access) {
        members::apply(tx, &new, Some(&old)).await?;
    }
    let team: Vec<Subject> = new.team.map(|team| Subject::new("team", team)).into_iter().collect();
    for (field, old, now) in changes {
        let data = json!({"field": field, "old": old, "new": now, "name": new.name});
        journal::enter(tx, "project.changed", subject(project), &team, data);
    }
    Ok(new)
}

async fn apply(tx: &mut Tx, new: &mut Project, change: ProjectChange) -> Result<()> {
    if let Some(name) = &change.name {
        new.name = checks::name(tx, name, "the name")?;
    }
    if let Some(notes) = change.notes {
        let notes = mentions::accept(tx, notes).await?;
        (new.notes, new.html) = (notes.plain, notes.html);
    }
    if let Some(team) = change.team {
        new.team = Some(people::teams::get(tx, team).await?.id);
    }
    if let Some(color) = change.color {
        new.color = color.as_deref().map(|word| checks::word(word, "a colour")).transpose()?;
    }
    if let Some(icon) = change.icon {
        new.icon = icon.as_deref().map(|word| checks::word(word, "an icon")).transpose()?;
    }
    new.view = change.view.unwrap_or(new.view);
    new.due_on = change.due_on.unwrap_or(new.due_on);
    new.start_on = change.start_on.unwrap_or(new.start_on);
    new.privacy = change.privacy.unwrap_or(new.privacy);
    new.default_access = change.default_access.unwrap_or(new.default_access);
    new.archived = change.archived.unwrap_or(new.archived);
    if let Some(owner) = change.owner {
        new.owner = match owner {
            Some(user) => Some(people::users::get(tx, user).await?.id),
            None => None,
        };
    }
    match change.completed {
        Some(true) if new.completed_at.is_none() => {
            (new.completed_at, new.completed_by) = (Some(tx.now()), tx.actor().user);
        }
        Some(false) => (new.completed_at, new.completed_by) = (None, None),
        _ => {}
    }
    Ok(())
}

fn changes(old: &Project, new: &Project) -> Vec<(&'static str, Value, Value)> {
    let mut found = Vec::new();
    let mut note = |field, old: Value, new: Value| {
        if old != new {
            found.push((field, old, new));
        }
    };
    let done = |at: Option<Time>| json!(at.is_some());
    note("name", json!(old.name), json!(new.name));
    note("notes", json!([old.notes, old.html]), json!([new.notes, new.html]));
    note("team", json!(old.team), json!(new.team));
    note("color", json!(old.color), json!(new.color));
    note("icon", json!(old.icon), json!(new.icon));
    note("default_view", json!(old.view), json!(new.view));
    note("due_on", json!(old.due_on), json!(new.due_on));
    note("start_on", json!(old.start_on), json!(new.start_on));
    note("privacy", json!(old.privacy), json!(new.privacy));
    note("default_access", json!(old.default_access), json!(new.default_access));
    note("archived", json!(old.archived), json!(new.archived));
    note("completed", done(old.completed_at), done(new.completed_at));
    note("owner", json!(old.owner), json!(new.owner));
    found
}

/// Deletes a project; its tasks stay wherever else they are. It can be brought back for as long as tasks can.
pub async fn delete(tx: &mut Tx, project: ProjectId) -> Result<()> {
    let found = require(tx, project, Right::Admin).await?;
    store::set_deleted(tx, project, true).await?;
    journal::enter(tx, "project.deleted", subject(project), &[], json!({"name": found.name}));
    Ok(())
}

/// Brings a deleted project back.
pub async fn restore(tx: &mut Tx, project: ProjectId) -> Result<Project> {
    let found = store::deleted(tx, project).await?.ok_or_else(|| unknown(project))?;
    let found = check(tx, found, Right::Admin).await?;
    store::set_deleted(tx, project, false).await?;
    journal::enter(tx, "project.restored", subject(project), &[], json!({"name": found.name}));
    Ok(found)
}

/// Counts its tasks.
pub async fn task_counts(tx: &mut Tx, project: ProjectId) -> Result<TaskCounts> {
    get(tx, project).await?;
    store::counts(tx, project).await
}

/// Makes people followers of the project; following shows nobody what they may not see.
pub async fn add_followers(tx: &mut Tx, project: ProjectId, users: &[UserId]) -> Result<()> {
    let found = require(tx, project, follow_right(tx, users)).await?;
    tx.limits().check(Limit::UnpagedObjects, users.len(), "the list of followers")?;
    for user in users {
        let user = people::users::get(tx, *user).await?;
        if store::follow(tx, project, user.id).await? {
            let data =
                json!({"field": "followers", "added": Named::new(user.id, user.name), "name": found.name});
            journal::enter(tx, "project.changed", subject(project), &[Subject::new("user", user.id)], data);
        }
    }
    Ok(())
}

/// Ends their following.
pub async fn remove_followers(tx: &mut Tx, project: ProjectId, users: &[UserId]) -> Result<()> {
    let found = require(tx, project, follow_right(tx, users)).await?;
    for user in users {
        if store::unfollow(tx, project, *user).await? {
            let data = json!({"field": "followers", "removed": {"id": user}, "name": found.name});
            journal::enter(tx, "project.changed", subject(project), &[Subject::new("user", *user)], data);
        }
    }
    Ok(())
}

/// Everybody who sees a project may follow it; making others follow changes it.
fn follow_right(tx: &Tx, users: &[UserId]) -> Right {
    let is_self = users.iter().all(|user| tx.actor().user == Some(*user));
    if is_self { Right::View } else { Right::Edit }
}
