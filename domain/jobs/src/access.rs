//! Who may do what with a job.
//!
//! What the job's file says of a right holds for it; where it says nothing, members may see, run, pause and read, and whoever was granted
//! a right on the job or on its repository may. Only the file on the default branch is asked: a branch cannot change its own rights.
//! Administrators may everything. A person is meant by their address alone: what somebody is called they can change themselves.

#[cfg(test)]
mod tests;

use crate::file::{Permissions, Subject};
use crate::jobs::Job;
use base::id::UserId;
use base::{Error, Result, Right, Role};
use db::Tx;
use people::rights::{self, RightSet};
use people::{grants, teams, users};
use std::collections::BTreeSet;

/// What is known of somebody who looks at jobs; loaded once for a whole list.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    user: Option<UserId>,
    address: Option<String>,
    teams: Vec<String>,
    is_member: bool,
    is_all: bool,
    /// The jobs and the repositories that they were granted anything on: of thousands, mostly none.
    granted_jobs: BTreeSet<i64>,
    granted_repositories: BTreeSet<i64>,
}

impl Viewer {
    /// Loads what is known of the actor.
    pub(crate) async fn load(tx: &mut Tx) -> Result<Self> {
        let actor = tx.actor().clone();
        let is_all = actor.is_system() || (actor.role == Role::Admin && actor.user.is_some());
        let nobody = Self {
            user: None,
            address: None,
            teams: Vec::new(),
            is_member: false,
            is_all,
            granted_jobs: BTreeSet::new(),
            granted_repositories: BTreeSet::new(),
        };
        let Some(user) = actor.user.filter(|_| !is_all) else {
            return Ok(Self { user: actor.user, ..nobody });
        };
        let person = users::get(tx, user).await?;
        let teams =
            teams::of_user(tx, user).await?.into_iter().map(|team| team.name.to_lowercase()).collect();
        Ok(Self {
            user: Some(user),
            address: Some(person.email.to_lowercase()),
            teams,
            is_member: actor.role != Role::Guest,
            is_all,
            granted_jobs: grants::subjects(tx, "job", user).await?.into_iter().collect(),
            granted_repositories: grants::subjects(tx, "repository", user).await?.into_iter().collect(),
        })
    }

    /// Whether they see every job.
    pub(crate) fn sees_all(&self) -> bool {
        self.is_all
    }

    /// Whether they see the jobs whose files say nothing of rights.
    pub(crate) fn sees_silent_jobs(&self) -> bool {
        self.is_all || self.is_member
    }

    fn is(&self, subject: &Subject, owner: Option<&str>) -> bool {
        match subject {
            Subject::Everyone => self.user.is_some(),
            Subject::Members => self.is_member,
            Subject::Owner => owner.is_some_and(|owner| self.answers_to(owner)),
            Subject::User(name) => self.is_at(name),
            Subject::Team(name) => self.is_in(name),
        }
    }

    /// Whether an owner in a file, a person or a team, means this person. `team:` and `user:` say which; without them an address is a
    /// person, and nobody becomes one by a team that they call so.
    fn answers_to(&self, owner: &str) -> bool {
        match owner.trim().split_once(':') {
            Some(("team", team)) => self.is_in(team),
            Some(("user", user)) => self.is_at(user),
            _ if owner.contains('@') => self.is_at(owner),
            _ => self.is_in(owner),
        }
    }

    fn is_at(&self, address: &str) -> bool {
        self.address.as_deref() == Some(address.trim().to_lowercase().as_str())
    }

    fn is_in(&self, team: &str) -> bool {
        self.teams.contains(&team.trim().to_lowercase())
    }

    /// What this person may do by their role and by the job's file.
    fn by_file(&self, job: &Job) -> RightSet {
        if self.is_all {
            return RightSet::ALL;
        }
        let none = Permissions::default();
        let said = job.permissions.as_ref().unwrap_or(&none);
        let rights = [
            (Right::View, &said.view, self.is_member),
            (Right::Log, &said.log, self.is_member),
            (Right::Run, &said.run, self.is_member),
            (Right::Schedule, &said.schedule, self.is_member),
            (Right::Edit, &said.edit, false),
            (Right::Secrets, &said.secrets, false),
            (Right::Admin, &said.admin, false),
        ];
        let has = |said: &Option<Vec<Subject>>, default: bool| match said {
            None => default,
            Some(subjects) => subjects.iter().any(|subject| self.is(subject, job.owner.as_deref())),
        };
        let held: Vec<Right> = rights
            .into_iter()
            .filter(|(_, said, default)| has(said, *default))
            .map(|(right, ..)| right)
            .collect();
        // Whoever may not see a job does nothing else with it, and whoever administers one may do all.
        match held.contains(&Right::Admin) {
            true => RightSet::ALL,
            false if held.contains(&Right::View) => RightSet::of(&held),
            false => RightSet::NONE,
        }
    }
}

/// The actor's rights on a job, narrowed to what their token allows.
pub(crate) async fn rights_on(tx: &mut Tx, viewer: &Viewer, job: &Job) -> Result<RightSet> {
    let mut held = viewer.by_file(job);
    if let (Some(user), false) = (viewer.user, viewer.is_all) {
        let on_job = viewer.granted_jobs.contains(&job.id.0).then(|| format!("job:{}", job.id));
        let on_repository = viewer.granted_repositories.contains(&job.repository.0);
        let on_repository = on_repository.then(|| format!("repository:{}", job.repository));
        for subject in on_job.into_iter().chain(on_repository) {
            let granted = grants::rights_on(tx, &subject, user).await?;
            let granted = if granted.contains(Right::Admin) { RightSet::ALL } else { granted };
            held = held.union(granted);
        }
    }
    Ok(held.narrowed_to(tx.actor()))
}

/// Checks that the actor has `right` on a job that was loaded: Missing when they may not even see it, else Denied.
pub(crate) async fn check(tx: &mut Tx, job: &Job, right: Right) -> Result<()> {
    let viewer = Viewer::load(tx).await?;
    let held = rights_on(tx, &viewer, job).await?;
    if held.contains(right) {
        return Ok(());
    }
    if !held.contains(Right::View) {
        return Err(crate::jobs::missing(&job.name));
    }
    rights::require_scope(tx, right)?;
    let name = &tx.actor().name;
    let doing = match right {
        Right::Log => "read the output of",
        Right::Run => "run",
        Right::Schedule => "pause or resume",
        Right::Secrets => "set the secrets of",
        _ => "change",
    };
    Err(Error::denied(
        "right.missing",
        format!("{name} does not have the right to {doing} the job {}", job.name),
    ))
}
