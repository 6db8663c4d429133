//! Everything that deploys: environments, the jobs that deploy there, and the deployments however they were made.

use crate::call::Call;
use crate::catalogue::{Catalogue, Plan};
use crate::projects::visible;
use base::id::RepositoryId;
use base::{Result, Time};
use db::Tx;
use jobs::jobs::Job;
use jobs::runs::{self, Run};
use releases::deployments::{self, Deployment};
use releases::environments::{self, Environment};
use std::collections::BTreeSet;

/// Everything that deploys, as far as the caller sees it.
pub struct World {
    /// The keys.
    pub catalogue: Catalogue,
    /// The environments, in the order that a commit travels.
    pub environments: Vec<Environment>,
    /// The jobs, each with the environment that it deploys to.
    pub jobs: Vec<(Plan, Job, Option<String>)>,
}

impl World {
    /// Reads it.
    pub async fn load(call: &Call<'_>, tx: &mut Tx) -> Result<Self> {
        let catalogue = Catalogue::load(call.app).await?;
        let environments = environments::list(tx).await?;
        let mut all = Vec::new();
        for (plan, job) in visible(tx, &catalogue).await? {
            let is_near = environments.iter().any(|environment| environment.repository == job.repository);
            let deploys = match is_near {
                true => jobs::jobs::definition(tx, job.definition).await?.model.deploy,
                false => None,
            };
            all.push((plan, job, deploys));
        }
        all.sort_by_key(|(_, job, _)| job.id);
        Ok(Self { catalogue, environments, jobs: all })
    }

    /// The jobs of a repository that deploy nowhere: those that make what is deployed.
    pub fn sources(&self, repository: RepositoryId) -> impl Iterator<Item = (&Plan, &Job)> {
        let own = self
            .jobs
            .iter()
            .filter(move |(_, job, deploys)| job.repository == repository && deploys.is_none());
        own.map(|(plan, job, _)| (plan, job))
    }

    /// The jobs that deploy to an environment.
    pub fn deploying<'a>(
        &'a self,
        environment: &'a Environment,
    ) -> impl Iterator<Item = (&'a Plan, &'a Job)> {
        let own = self.jobs.iter().filter(|(_, job, deploys)| {
            job.repository == environment.repository
                && deploys.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&environment.name))
        });
        own.map(|(plan, job, _)| (plan, job))
    }

    /// The environments of a repository.
    pub fn of(&self, repository: RepositoryId) -> Vec<&Environment> {
        self.environments.iter().filter(|environment| environment.repository == repository).collect()
    }

    /// The repositories that have environments.
    pub fn repositories(&self) -> BTreeSet<RepositoryId> {
        self.environments.iter().map(|environment| environment.repository).collect()
    }

    /// The environment that a run of one of these jobs deploys to.
    pub fn place(&self, job: base::id::JobId) -> Option<&Environment> {
        let (_, job, deploys) = self.jobs.iter().find(|(_, own, _)| own.id == job)?;
        let name = deploys.as_ref()?;
        let mut own = self.environments.iter().filter(|environment| environment.repository == job.repository);
        own.find(|environment| environment.name.eq_ignore_ascii_case(name))
    }
}

/// A deployment, however it was made.
pub enum Made {
    /// By a run, which may still wait for the gate or have been turned away by it.
    Run(Box<Run>),
    /// By anything else.
    Alone(Box<Deployment>),
}

impl Made {
    /// When it was asked for.
    fn asked_at(&self) -> Time {
        match self {
            Self::Run(run) => run.made_at,
            Self::Alone(deployment) => deployment.requested_at,
        }
    }
}

/// The deployments of an environment, newest first: at most so many of them.
pub async fn of_environment(
    tx: &mut Tx,
    world: &World,
    place: &Environment,
    most: usize,
) -> Result<Vec<Made>> {
    let mut all = Vec::new();
    let mut known = BTreeSet::new();
    for (_, job) in world.deploying(place) {
        for run in runs::page(tx, job.id, &[], 0, most).await? {
            known.extend(run.deployment);
            all.push(Made::Run(Box::new(run)));
        }
    }
    let filter =
        deployments::Filter { environment: Some(place.id), limit: most, ..deployments::Filter::default() };
    let others = deployments::list(tx, &filter).await?;
    all.extend(
        others
            .into_iter()
            .filter(|found| !known.contains(&found.id))
            .map(|found| Made::Alone(Box::new(found))),
    );
    all.sort_by_key(|made| std::cmp::Reverse(made.asked_at()));
    Ok(all)
}

/// Whether the deployment of a run is not over, though the run may be: it ends a moment later, and what nobody heard of any more is
/// over when a person says so.
pub async fn is_open(tx: &mut Tx, run: &Run) -> Result<bool> {
    let Some(id) = run.deployment else { return Ok(false) };
    match deployments::get(tx, id).await {
        Ok(found) => Ok(!found.state.is_over()),
        Err(error) if error.is_missing() => Ok(false),
        Err(error) => Err(error),
    }
}
