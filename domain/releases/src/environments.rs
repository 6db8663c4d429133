//! An environment is a place that deployments go to. It has a repository, a place in the order that a commit travels, and
//! two projects made for it: the open tasks of the one are its locks, the tasks of the other are its deployments.
//!
//! Who may do what: administrators everything. Members may view, lock and deploy, unless the environment is restricted; then
//! they may view, and locking and deploying takes a grant. Guests need a grant for everything. Grants are on the
//! subject `environment:<id>` (`people::grants`).

pub mod api;

mod access;
pub(crate) mod pages;
mod store;

pub(crate) use access::{beyond, check, holders};
pub use access::{require, rights_in};
pub use pages::command_line;
pub(crate) use pages::{View, history_row, repository_seen, seen, sha};

use base::id::{EnvironmentId, ProjectId, RepositoryId, UserId};
use base::{Error, Result, Right, Role, Time};
use db::Tx;
use journal::Subject;
use people::rights;
use serde_json::json;
use work::projects::{self, Access, NewProject, ProjectChange};

base::text_enum! {
    /// What happens to a second deployment while one is running.
    pub enum IfBusy {
        /// It is refused; the next slot comes anyway.
        Refuse = "refuse",
        /// It waits for its turn.
        Queue = "queue",
    }
}

/// A place that deployments go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its id.
    pub id: EnvironmentId,
    /// Its name, as people say it.
    pub name: String,
    /// Where its commits come from.
    pub repository: RepositoryId,
    /// The environment that a commit passes before this one.
    pub after: Option<EnvironmentId>,
    /// Its place in the order.
    pub rank: i64,
    /// Whether deployments are possible at all.
    pub enabled: bool,
    /// Why it was switched off.
    pub disabled_reason: String,
    /// Whether members need a grant to lock and to deploy.
    pub restricted: bool,
    /// What happens to a second deployment that does not say what it wants.
    pub if_busy: IfBusy,
    /// Rises with every change made here that can alter a decision.
    pub epoch: i64,
    /// The project whose open tasks are its locks.
    pub lock_project: ProjectId,
    /// The project whose tasks are its deployments.
    pub deployment_project: ProjectId,
    /// The deployment that put the commit there that is there now.
    pub deployed: Option<base::id::DeploymentId>,
    /// When it was made.
    pub made_at: Time,
    /// Who made it.
    pub made_by: Option<UserId>,
}

impl Environment {
    /// What its entries and grants are kept under.
    pub fn subject(&self) -> Subject {
        subject(self.id)
    }
}

/// What a new environment is to be.
#[derive(Clone, Debug)]
pub struct NewEnvironment {
    /// Its name: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// Where its commits come from.
    pub repository: RepositoryId,
    /// The environment that a commit passes first.
    pub after: Option<EnvironmentId>,
    /// Whether members need a grant to lock and to deploy.
    pub restricted: bool,
    /// What happens to a second deployment.
    pub if_busy: IfBusy,
}

/// What is to change; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct EnvironmentChange {
    /// Its name.
    pub name: Option<String>,
    /// Where its commits come from.
    pub repository: Option<RepositoryId>,
    /// The environment that a commit passes first.
    pub after: Option<Option<EnvironmentId>>,
    /// Whether deployments are possible.
    pub enabled: Option<bool>,
    /// Why not.
    pub disabled_reason: Option<String>,
    /// Whether members need a grant.
    pub restricted: Option<bool>,
    /// What happens to a second deployment.
    pub if_busy: Option<IfBusy>,
}

const NAME_CHARS: usize = 60;

fn subject(id: EnvironmentId) -> Subject {
    Subject::new("environment", id.0)
}

fn missing(what: impl std::fmt::Display) -> Error {
    Error::missing("environment.missing", format!("There is no environment {what}, or you may not see it"))
}

/// Makes an environment with its lock project and its deployment project. For administrators.
pub async fn make(tx: &mut Tx, new: NewEnvironment) -> Result<Environment> {
    rights::require_role(tx, Role::Admin)?;
    check_name(&new.name)?;
    if store::by_name(tx, &new.name).await?.is_some() {
        return Err(name_taken(&new.name));
    }
    let rank = match new.after {
        Some(after) => get(tx, after).await?.rank + 1,
        None => 0,
    };
    let lock_project = make_project(tx, &new, "locks", "dark-red", LOCK_NOTES).await?;
    let deployment_project =
        make_project(tx, &new, "deployments", "dark-warm-gray", DEPLOYMENT_NOTES).await?;
    let made = Environment {
        id: tx.new_id(),
        rank,
        enabled: true,
        disabled_reason: String::new(),
        epoch: 0,
        lock_project,
        deployment_project,
        deployed: None,
        made_at: tx.now(),
        made_by: tx.actor().user,
        name: new.name,
        repository: new.repository,
        after: new.after,
        restricted: new.restricted,
        if_busy: new.if_busy,
    };
    store::insert(tx, &made).await?;
    let data = json!({"name": made.name, "repository": made.repository, "after": made.after, "restricted": made.restricted});
    journal::enter(tx, "environment.made", made.subject(), &project_subjects(&made), data);
    Ok(made)
}

const LOCK_NOTES: &str =
    "Every open task in this project is a lock: it keeps deployments from starting until it is completed.";
const DEPLOYMENT_NOTES: &str =
    "Every deployment is a task in this project; it is completed when the deployment has succeeded.";

async fn make_project(
    tx: &mut Tx,
    new: &NewEnvironment,
    what: &str,
    color: &str,
    notes: &str,
) -> Result<ProjectId> {
    let project = NewProject {
        name: format!("{} {what}", new.name),
        color: Some(color.to_owned()),
        notes: Some(work::names::Text::Plain(notes.to_owned())),
        default_access: Some(access(new.restricted)),
        ..NewProject::default()
    };
    Ok(projects::create(tx, project).await?.id)
}

/// What members may do in the two projects: where they may not lock, they may not complete a lock's task either.
fn access(restricted: bool) -> Access {
    if restricted { Access::Commenter } else { Access::Editor }
}

fn project_subjects(environment: &Environment) -> [Subject; 2] {
    [
        Subject::new("project", environment.lock_project.0),
        Subject::new("project", environment.deployment_project.0),
    ]
}

fn check_name(name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts_well && name.len() <= NAME_CHARS && name.chars().all(allowed) {
        return Ok(());
    }
    Err(Error::invalid(
        "environment.name",
        format!(
            "An environment's name is 1 to {NAME_CHARS} letters, digits, '-', '_' or '.', and starts with a letter or digit"
        ),
    ))
}

fn name_taken(name: &str) -> Error {
    Error::conflict("environment.name_taken", format!("There is an environment named {name} already"))
}

/// Returns an environment that the actor sees.
pub async fn get(tx: &mut Tx, id: EnvironmentId) -> Result<Environment> {
    require(tx, id, Right::View).await
}

/// Returns the environment with this name (or id), when the actor has `right` there.
pub async fn named(tx: &mut Tx, name: &str, right: Right) -> Result<Environment> {
    let found = match store::by_name(tx, name).await? {
        None => match name.parse::<EnvironmentId>() {
            Ok(id) => store::get(tx, id).await?,
            Err(_) => None,
        },
        found => found,
    };
    let environment = found.ok_or_else(|| missing(name))?;
    check(tx, &environment, right).await?;
    Ok(environment)
}

/// Lists the environments that the actor sees, in the order that a commit travels.
pub async fn list(tx: &mut Tx) -> Result<Vec<Environment>> {
    let mut seen = Vec::new();
    for environment in store::all(tx).await? {
        if access::sees(tx, &environment).await? {
            seen.push(environment);
        }
    }
    Ok(seen)
}

/// Changes what is given. For who administers the environment.
pub async fn change(tx: &mut Tx, id: EnvironmentId, change: EnvironmentChange) -> Result<Environment> {
    require(tx, id, Right::Admin).await?;
    let before = hold(tx, id).await?;
    let mut after = before.clone();
    if let Some(name) = change.name {
        check_name(&name)?;
        if store::by_name(tx, &name).await?.is_some_and(|other| other.id != id) {
            return Err(name_taken(&name));
        }
        after.name = name;
    }
    if let Some(previous) = change.after {
        after.rank = rank_after(tx, id, previous).await?;
        after.after = previous;
    }
    after.repository = change.repository.unwrap_or(after.repository);
    after.enabled = change.enabled.unwrap_or(after.enabled);
    after.disabled_reason =
        if after.enabled { String::new() } else { change.disabled_reason.unwrap_or(after.disabled_reason) };
    after.restricted = change.restricted.unwrap_or(after.restricted);
    after.if_busy = change.if_busy.unwrap_or(after.if_busy);
    if after == before {
        return Ok(before);
    }
    tx.limits().check(base::Limit::TextChars, after.disabled_reason.chars().count(), "the reason")?;
    after.epoch += 1;
    store::update(tx, &after).await?;
    if after.rank != before.rank {
        shift_followers(tx, &after).await?;
    }
    if after.restricted != before.restricted {
        for project in [after.lock_project, after.deployment_project] {
            let before = beyond(tx);
            let changed = projects::change(
                tx,
                project,
                ProjectChange { default_access: Some(access(after.restricted)), ..ProjectChange::default() },
            )
            .await;
            tx.become_actor(before);
            changed?;
        }
    }
    let data = json!({"name": after.name, "old": described(&before), "new": described(&after)});
    journal::enter(tx, "environment.changed", after.subject(), &project_subjects(&after), data);
    Ok(after)
}

fn described(environment: &Environment) -> serde_json::Value {
    json!({
        "name": environment.name, "repository": environment.repository, "after": environment.after,
        "enabled": environment.enabled, "disabled_reason": environment.disabled_reason,
        "restricted": environment.restricted, "if_busy": environment.if_busy,
    })
}

async fn rank_after(tx: &mut Tx, id: EnvironmentId, after: Option<EnvironmentId>) -> Result<i64> {
    let Some(after) = after else { return Ok(0) };
    let previous = get(tx, after).await?;
    let mut next = Some(previous.id);
    while let Some(at) = next {
        if at == id {
            return Err(Error::invalid("environment.order", "An environment cannot come after itself"));
        }
        next = store::get(tx, at).await?.and_then(|environment| environment.after);
    }
    Ok(previous.rank + 1)
}

/// Gives everything that comes after `moved` its new place.
async fn shift_followers(tx: &mut Tx, moved: &Environment) -> Result<()> {
    let all = store::all(tx).await?;
    let mut moved_to = vec![(moved.id, moved.rank)];
    while let Some((id, rank)) = moved_to.pop() {
        for follower in all.iter().filter(|other| other.after == Some(id)) {
            store::set_rank(tx, follower.id, rank + 1).await?;
            moved_to.push((follower.id, rank + 1));
        }
    }
    Ok(())
}

/// Returns the environment and keeps every other decision about it waiting until this transaction ends. Every verb that
/// takes more than one row of an environment takes this one first, so that no two of them wait for each other.
pub(crate) async fn hold(tx: &mut Tx, id: EnvironmentId) -> Result<Environment> {
    store::hold(tx, id).await?.ok_or_else(|| missing(id))
}

/// Returns the environment without asking for rights.
pub(crate) async fn unchecked(tx: &mut Tx, id: EnvironmentId) -> Result<Environment> {
    store::get(tx, id).await?.ok_or_else(|| missing(id))
}

/// Every environment whose lock project is among `projects`.
pub(crate) async fn with_lock_project(tx: &mut Tx, projects: &[ProjectId]) -> Result<Vec<Environment>> {
    let all = store::all(tx).await?;
    Ok(all.into_iter().filter(|environment| projects.contains(&environment.lock_project)).collect())
}

/// Raises the epoch and returns the new value.
pub(crate) async fn bump(tx: &mut Tx, id: EnvironmentId) -> Result<i64> {
    store::bump(tx, id).await
}

/// Notes which deployment put the commit there that is there now.
pub(crate) async fn set_deployed(
    tx: &mut Tx,
    id: EnvironmentId,
    deployed: base::id::DeploymentId,
) -> Result<()> {
    store::set_deployed(tx, id, deployed).await
}

/// The epoch that people wait on: it also counts the changes that were made to the lock project's set of open tasks
/// through any other door.
pub(crate) async fn epoch(tx: &mut Tx, environment: &Environment) -> Result<i64> {
    Ok(environment.epoch + work::projects::version(tx, environment.lock_project).await?)
}

/// Keeps every change to the set of open locks waiting until this transaction ends. The tracker raises the version of a
/// project in every transaction that can alter which of its tasks are open, so whoever holds that row has their order.
pub(crate) async fn hold_locks(tx: &mut Tx, environment: &Environment) -> Result<()> {
    work::projects::hold(tx, environment.lock_project).await
}
