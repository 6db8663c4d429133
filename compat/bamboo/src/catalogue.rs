//! Which key means which job. Keys are made of names in the order in which things were made, those that are gone among them, so that
//! what is made later changes the key of nothing that was there. They are the same for everybody; what one may not see is not found.

use crate::branches::{self, Branch};
use crate::call::Call;
use crate::keys::{self, Number};
use base::id::{JobId, RepositoryId};
use base::{Actor, Error, Result, Right};
use db::Tx;
use jobs::file::Part as PartModel;
use jobs::jobs::Job;
use jobs::runs::{Filter, Run};
use std::collections::{BTreeMap, BTreeSet};
use web::App;

/// Repositories that are looked at together.
const REPOSITORIES: usize = 100_000;

/// A repository.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its id.
    pub id: RepositoryId,
    /// Its key: `LAB`.
    pub key: String,
    /// Its name.
    pub name: String,
}

/// A job.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its id.
    pub id: JobId,
    /// The key of its repository.
    pub project: String,
    /// The name of its repository.
    pub project_name: String,
    /// Its own key: `PROV`.
    pub short_key: String,
    /// Its name in its file.
    pub name: String,
    is_gone: bool,
}

impl Plan {
    /// The whole key: `LAB-PROV`.
    pub fn key(&self) -> String {
        format!("{}-{}", self.project, self.short_key)
    }
}

/// All keys.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    projects: BTreeMap<RepositoryId, Project>,
    plans: BTreeMap<JobId, Plan>,
}

impl Catalogue {
    /// Reads all names.
    pub async fn load(app: &App) -> Result<Self> {
        let mut tx = app.db.read(&Actor::system()).await?;
        let repositories = repos::repository::list(&mut tx, 0, REPOSITORIES).await?;
        let names = jobs::jobs::names(&mut tx).await?;
        Ok(Self::of(repositories.into_iter().map(|found| (found.id, found.name)), names))
    }

    fn of(repositories: impl Iterator<Item = (RepositoryId, String)>, names: Vec<jobs::jobs::Name>) -> Self {
        let mut all = Self::default();
        let mut taken = BTreeSet::new();
        for (id, name) in repositories {
            let key = keys::untaken(&keys::key(&name), &mut taken);
            all.projects.insert(id, Project { id, key, name });
        }
        let mut taken: BTreeMap<RepositoryId, BTreeSet<String>> = BTreeMap::new();
        for found in names {
            let (project, project_name) = match all.projects.get(&found.repository) {
                Some(project) => (project.key.clone(), project.name.clone()),
                // Its repository was removed; its past is still asked for.
                None => (format!("X{}", found.repository), String::new()),
            };
            let wanted = keys::plan_key(&project_name, &found.name);
            let short_key = keys::untaken(&wanted, taken.entry(found.repository).or_default());
            let plan = Plan {
                id: found.job,
                project,
                project_name,
                short_key,
                name: found.name,
                is_gone: found.is_gone,
            };
            all.plans.insert(plan.id, plan);
        }
        all
    }

    /// Every repository.
    pub fn projects(&self) -> impl Iterator<Item = &Project> {
        self.projects.values()
    }

    /// The repository with this id.
    pub fn project(&self, id: RepositoryId) -> Option<&Project> {
        self.projects.get(&id)
    }

    /// The repository that a key or a name means.
    pub fn project_of(&self, text: &str) -> Option<&Project> {
        let mut all = self.projects.values();
        let by_key = all.clone().find(|project| project.key.eq_ignore_ascii_case(text));
        by_key.or_else(|| all.find(|project| project.name.eq_ignore_ascii_case(text)))
    }

    /// The job with this id.
    pub fn plan(&self, id: JobId) -> Result<&Plan> {
        self.plans.get(&id).ok_or_else(|| Error::missing("bamboo.plan", format!("There is no plan {id}")))
    }

    /// The job that a key means: its own; or one whose name is what the key would be in another spelling, so that scripts keep the
    /// keys that a plan had before it was imported as `lab-prov`.
    pub fn plan_of(&self, text: &str) -> Option<&Plan> {
        let by_key = self.plans.values().find(|plan| plan.key().eq_ignore_ascii_case(text));
        let folded = keys::folded(text);
        let named = |is_gone: bool| {
            let mut all = self.plans.values().filter(move |plan| plan.is_gone == is_gone);
            all.find(|plan| keys::folded(&plan.name) == folded)
        };
        by_key.or_else(|| named(false)).or_else(|| named(true))
    }

    /// What a key means that may have a part of the plan at its end.
    pub fn target(&self, text: &str) -> Option<(&Plan, Option<String>)> {
        if let Some(plan) = self.plan_of(text) {
            return Some((plan, None));
        }
        let (rest, part) = text.rsplit_once('-')?;
        Some((self.plan_of(rest)?, Some(part.to_owned())))
    }
}

/// The keys of the parts of a job, in order.
pub fn part_keys<'a>(parts: impl Iterator<Item = &'a PartModel>) -> Vec<(String, &'a PartModel)> {
    let mut taken = BTreeSet::new();
    parts.map(|part| (keys::untaken(&keys::key(&part.key), &mut taken), part)).collect()
}

/// The part that a key means: its own, its name, or `JOB1` for the first.
pub fn part_of<'a>(parts: &'a [(String, &'a PartModel)], text: &str) -> Option<&'a (String, &'a PartModel)> {
    let by_key = parts.iter().find(|(key, _)| key.eq_ignore_ascii_case(text));
    let place = || {
        text.get(..3)
            .filter(|word| word.eq_ignore_ascii_case("JOB"))
            .and(text.get(3..)?.parse::<usize>().ok())
    };
    by_key.or_else(|| parts.get(place()?.checked_sub(1)?))
}

/// There is no such plan for the caller.
pub fn no_plan(key: &str) -> Error {
    Error::missing("bamboo.plan", format!("Plan {key:.200} not found"))
}

/// There is no such result for the caller.
pub fn no_result(key: &str) -> Error {
    Error::missing("bamboo.result", format!("Result {key:.200} not found"))
}

/// A key that was read: the plan, a part of it, and one of its results.
#[derive(Clone, Debug)]
pub struct Meant {
    /// The plan.
    pub plan: Plan,
    /// The part, as it was written.
    pub part: Option<String>,
    /// Which result.
    pub number: Option<Number>,
    /// The branch, where the key is that of one.
    pub branch: Option<Branch>,
}

impl Call<'_> {
    /// What a key of a plan, of a part of it, or of a result of either means.
    pub async fn meant(&self, text: &str) -> Result<(Catalogue, Meant)> {
        let catalogue = Catalogue::load(self.app).await?;
        // A plan may have a name that looks as if it had a number.
        if let Some(plan) = catalogue.plan_of(text).cloned() {
            return Ok((catalogue, Meant { plan, part: None, number: None, branch: None }));
        }
        let (rest, number) = keys::split(text);
        if let Some((plan, branch)) = branches::find(self, &catalogue, rest).await? {
            return Ok((catalogue, Meant { plan, part: None, number, branch: Some(branch) }));
        }
        let (plan, part) = catalogue.target(rest).ok_or_else(|| no_plan(rest))?;
        let meant = Meant { plan: plan.clone(), part, number, branch: None };
        Ok((catalogue, meant))
    }

    /// The plan that a variable part of the path names, when the actor has `right` on it.
    pub async fn plan(&self, tx: &mut Tx, right: Right) -> Result<(Plan, Job)> {
        let text = self.param("plan");
        let catalogue = Catalogue::load(self.app).await?;
        let plan = catalogue.plan_of(text).ok_or_else(|| no_plan(text))?;
        let job = seen(jobs::jobs::require(tx, plan.id, right).await, || no_plan(text))?;
        Ok((plan.clone(), job))
    }
}

/// What is there and hidden is missing in the caller's own words.
pub fn seen<T>(found: Result<T>, missing: impl FnOnce() -> Error) -> Result<T> {
    found.map_err(|error| if error.is_missing() { missing() } else { error })
}

/// The run that a number of a job means.
pub async fn run_of(tx: &mut Tx, job: &Job, number: Number, right: Right, key: &str) -> Result<Run> {
    match number {
        Number::Is(number) => seen(jobs::runs::numbered(tx, job, number, right).await, || no_result(key)),
        Number::Latest => {
            let filter = Filter { job: Some(job.id), limit: 1, ..Filter::default() };
            let newest = jobs::runs::list(tx, &filter).await?.into_iter().next();
            let newest = newest.ok_or_else(|| no_result(key))?;
            jobs::runs::require(tx, newest.id, right).await.map(|(run, _)| run)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jobs::jobs::Name;

    fn catalogue(repositories: &[(i64, &str)], jobs: &[(i64, i64, &str, bool)]) -> Catalogue {
        let repositories = repositories.iter().map(|(id, name)| (RepositoryId(*id), (*name).to_owned()));
        let name = |(job, repository, name, is_gone): &(i64, i64, &str, bool)| Name {
            job: JobId(*job),
            repository: RepositoryId(*repository),
            name: (*name).to_owned(),
            is_gone: *is_gone,
        };
        Catalogue::of(repositories, jobs.iter().map(name).collect())
    }

    fn found(all: &Catalogue, text: &str) -> Option<(i64, Option<String>)> {
        all.target(text).map(|(plan, part)| (plan.id.0, part))
    }

    #[test]
    fn keys_are_found_in_every_spelling_that_scripts_have() {
        let all = catalogue(
            &[(1, "lab"), (2, "reports")],
            &[(10, 1, "prov", false), (11, 2, "lic-renew", false), (12, 2, "monthly", false)],
        );
        for (text, wanted) in [
            ("LAB-PROV", Some((10, None))),
            ("lab-prov", Some((10, None))),
            ("LAB-PROV-PACK", Some((10, Some("PACK".to_owned())))),
            ("REPORTS-LICRENEW", Some((11, None))),
            // As it was called where it was imported from.
            ("LIC-RENEW", Some((11, None))),
            ("LIC-RENEW-JOB1", Some((11, Some("JOB1".to_owned())))),
            ("monthly", Some((12, None))),
            ("LAB-NONE", None),
            ("LAB", None),
            ("", None),
        ] {
            assert_eq!(found(&all, text), wanted, "{text}");
        }
        assert_eq!(all.project_of("reports").map(|project| project.key.as_str()), Some("REPORTS"));
    }

    #[test]
    fn what_is_made_later_changes_no_key() {
        let before = catalogue(&[(1, "a-b")], &[(10, 1, "x-y", true)]);
        let after = catalogue(
            &[(1, "a-b"), (2, "ab")],
            &[(10, 1, "x-y", true), (11, 1, "xy", false), (12, 2, "xy", false)],
        );
        assert_eq!(before.plan(JobId(10)).expect("there").key(), "AB-XY");
        let keys: Vec<_> =
            [10, 11, 12].iter().map(|id| after.plan(JobId(*id)).expect("there").key()).collect();
        assert_eq!(keys, ["AB-XY", "AB-XYN2", "ABN2-XY"]);
    }

    #[test]
    fn parts_are_found_by_key_and_by_place() {
        let part = |key: &str| PartModel { key: key.to_owned(), ..PartModel::default() };
        let models = [part("test-a"), part("testa"), part("job3x")];
        let parts = part_keys(models.iter());
        let found = |text: &str| part_of(&parts, text).map(|(key, _)| key.as_str());
        assert_eq!(
            parts.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
            ["TESTA", "TESTAN2", "JOB3X"]
        );
        for (text, wanted) in [
            ("testa", Some("TESTA")),
            ("JOB1", Some("TESTA")),
            ("JOB3X", Some("JOB3X")),
            ("JOB0", None),
            ("JOB9", None),
            ("ö", None),
        ] {
            assert_eq!(found(text), wanted, "{text}");
        }
    }
}
