//! Taking in what the job files of a repository say.
//!
//! A document with an error changes nothing: the job stays what it was, and the finding is shown beside it. A job goes away only when its
//! file can be read and no longer names it. A document that says the same as before is noted with its new commit, which is what schedules
//! run from then on: what a job does is not only its document, but also the scripts beside it.

mod freezes;
mod store;
#[cfg(test)]
mod tests;

use super::{Definition, Job, store as jobs};
pub use crate::file::Finding;
use crate::file::{self, Parsed, Severity};
use base::Result;
use base::id::{DefinitionId, RepositoryId};
use db::Tx;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One job file as it was read.
#[derive(Clone, Debug)]
pub struct ReadFile {
    /// Its path.
    pub path: String,
    /// Its text.
    pub text: String,
    /// What it says.
    pub parsed: Parsed,
}

/// What was read of a repository.
#[derive(Clone, Debug)]
pub struct Read {
    /// The repository.
    pub repository: RepositoryId,
    /// The commit.
    pub commit: String,
    /// Every job file in it.
    pub files: Vec<ReadFile>,
}

/// Makes the jobs of a repository what its files say.
pub async fn apply(tx: &mut Tx, read: &Read) -> Result<()> {
    let known = jobs::of_repository(tx, read.repository).await?;
    let known: BTreeMap<&str, &Job> = known.iter().map(|job| (job.name.as_str(), job)).collect();
    let before = jobs::files(tx, read.repository).await?;
    let mut named = BTreeSet::new();
    let known_before: BTreeSet<String> =
        known.values().filter(|job| job.gone_at.is_none()).map(|job| job.name.clone()).collect();
    for file in &read.files {
        let mut findings = file.parsed.findings.clone();
        let documents = Documents::of(&file.text);
        let said = store::definitions(tx, read.repository, &file.path).await?;
        for model in &file.parsed.jobs {
            if !named.insert(model.name.clone()) {
                findings.push(taken(
                    model.line,
                    format!("Another file of this repository has a job {}", model.name),
                ));
                continue;
            }
            let new = Definition {
                id: tx.new_id(),
                commit: read.commit.clone(),
                source: documents.at(model.line).to_owned(),
                model: model.clone(),
                made_at: tx.now(),
            };
            let job = known.get(model.name.as_str()).copied();
            if let Some(finding) = freezes::refusal(tx, read, model).await? {
                findings.push(finding);
                continue;
            }
            if let Some(finding) = take_in(tx, read.repository, &file.path, new, job, &said).await? {
                findings.push(finding);
            }
        }
        let old = before.iter().find(|(path, _)| *path == file.path).map(|(_, old)| old.as_slice());
        if old != Some(&findings) {
            told(tx, read, &file.path, &findings);
        }
        jobs::put_file(tx, read.repository, &file.path, &read.commit, &findings).await?;
    }
    for (path, _) in before.iter().filter(|(path, _)| read.files.iter().all(|file| file.path != *path)) {
        jobs::remove_file(tx, read.repository, path).await?;
    }
    let unreadable: BTreeSet<&str> =
        read.files.iter().filter(|file| !file.parsed.is_good()).map(|file| file.path.as_str()).collect();
    let left = known.into_values().filter(|job| job.gone_at.is_none() && !named.contains(&job.name));
    for job in left.filter(|job| !unreadable.contains(job.path.as_str())) {
        remove(tx, job.clone(), &read.commit).await?;
    }
    freezes::read_again(tx, read, &known_before, &named).await
}

/// The documents of a file, each with the line that it begins at.
struct Documents<'a>(Vec<(u32, &'a str)>);

impl<'a> Documents<'a> {
    /// Takes a file apart. In YAML nothing but a mark between documents begins a line with three hyphens.
    fn of(text: &'a str) -> Self {
        let (mut all, mut first, mut begins) = (Vec::new(), 1, 0);
        let mut at = 0;
        for (number, line) in (1..).zip(text.split_inclusive('\n')) {
            let ends = at + line.len();
            if let Some(rest) = line
                .strip_prefix("---")
                .filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
            {
                all.push((first, &text[begins..at]));
                // What stands behind the mark belongs to what follows it.
                (first, begins) = if rest.trim().is_empty() { (number + 1, ends) } else { (number, at) };
            }
            at = ends;
        }
        all.push((first, &text[begins..]));
        Self(all)
    }

    /// The document that a line is in.
    fn at(&self, line: u32) -> &'a str {
        self.0.iter().rev().find(|(first, _)| *first <= line).map_or("", |(_, text)| text)
    }
}

fn taken(line: u32, message: String) -> Finding {
    Finding {
        severity: Severity::Error,
        line,
        column: 1,
        path: "name".to_owned(),
        message,
        suggestion: Some("Give this job another name".to_owned()),
    }
}

fn told(tx: &mut Tx, read: &Read, path: &str, findings: &[Finding]) {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let first = findings.first().map(|finding| format!("{path}:{}: {}", finding.line, finding.message));
    let data = json!({"path": path, "commit": read.commit, "errors": errors, "findings": findings.len(), "first": first});
    journal::enter(tx, "job_file.read", journal::Subject::new("repository", read.repository), &[], data);
}

/// Makes or changes one job. A finding says why that was not done.
async fn take_in(
    tx: &mut Tx,
    repository: RepositoryId,
    path: &str,
    new: Definition,
    known: Option<&Job>,
    said: &HashMap<DefinitionId, (String, file::Job)>,
) -> Result<Option<Finding>> {
    let model = &new.model;
    let found = match known {
        Some(job) => Some(job.clone()),
        None => jobs::by_name(tx, &model.name).await?,
    };
    let Some(mut job) = found else {
        return make(tx, repository, path, new).await.map(|()| None);
    };
    if job.repository != repository && job.gone_at.is_none() {
        let other =
            repos::get(tx, job.repository).await.map_or_else(|_| "another repository".to_owned(), |r| r.name);
        return Ok(Some(taken(model.line, format!("{other} has a job {} already", model.name))));
    }
    let (commit, old) = match said.get(&job.definition) {
        Some((commit, old)) => (commit.clone(), old.clone()),
        None => {
            let old = super::definition(tx, job.definition).await?;
            (old.commit, old.model)
        }
    };
    let was_gone = job.gone_at.take().is_some();
    let is_same = says(&old) == says(model);
    if is_same && job.path == path && !was_gone && job.repository == repository {
        if commit != new.commit {
            store::said_again(tx, job.definition, &new.commit).await?;
        }
        return Ok(None);
    }
    let before = job.definition;
    let changed = changed(&old, model);
    say(&mut job, repository, path, &new);
    jobs::insert_definition(tx, job.id, &new).await?;
    jobs::set_said(tx, &job).await?;
    crate::schedules::apply(tx, &job, &new.model).await?;
    crate::triggers::apply(tx, &job, &new.model).await?;
    let verb = if was_gone { "job.returned" } else { "job.changed" };
    let data = json!({
        "name": job.name, "title": job.title, "path": path, "commit": new.commit, "old_commit": commit, "changed": changed,
        "before": {"definition": before}, "after": {"definition": new.id},
    });
    journal::enter(tx, verb, job.subject(), &job.parents(), data);
    Ok(None)
}

/// What a document says, wherever in its file it stands: a line more above it changes nothing.
fn says(model: &file::Job) -> file::Job {
    let mut said = model.clone();
    said.line = 0;
    said.freeze.iter_mut().for_each(|freeze| freeze.line = 0);
    for trigger in &mut said.triggers {
        if let file::Trigger::Cron(cron) = trigger {
            cron.line = 0;
        }
    }
    let steps = said.stages.iter_mut().flat_map(|stage| &mut stage.parts);
    let steps = steps.flat_map(|part| part.steps.iter_mut().chain(&mut part.finally));
    steps.chain(&mut said.finally).for_each(|step| step.line = 0);
    said
}

/// The top-level members that differ, for the audit log.
fn changed(old: &file::Job, new: &file::Job) -> Vec<String> {
    let members = |model: &file::Job| match serde_json::to_value(says(model)) {
        Ok(serde_json::Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    let (old, new) = (members(old), members(new));
    new.iter().filter(|(name, value)| old.get(*name) != Some(value)).map(|(name, _)| name.clone()).collect()
}

fn say(job: &mut Job, repository: RepositoryId, path: &str, new: &Definition) {
    job.repository = repository;
    job.path = path.to_owned();
    job.title = new.model.title.clone();
    job.owner = new.model.owner.clone();
    job.enabled = new.model.enabled;
    job.permissions = new.model.permissions.clone();
    job.definition = new.id;
}

async fn make(tx: &mut Tx, repository: RepositoryId, path: &str, new: Definition) -> Result<()> {
    let mut job = Job {
        id: tx.new_id(),
        repository,
        path: path.to_owned(),
        name: new.model.name.clone(),
        title: String::new(),
        owner: None,
        definition: new.id,
        enabled: true,
        permissions: None,
        last_number: 0,
        pause: None,
        made_at: tx.now(),
        gone_at: None,
    };
    say(&mut job, repository, path, &new);
    jobs::insert_definition(tx, job.id, &new).await?;
    jobs::insert(tx, &job).await?;
    crate::schedules::apply(tx, &job, &new.model).await?;
    crate::triggers::apply(tx, &job, &new.model).await?;
    let data = json!({"name": job.name, "title": job.title, "path": path, "commit": new.commit, "after": {"definition": new.id}});
    journal::enter(tx, "job.created", job.subject(), &job.parents(), data);
    Ok(())
}

async fn remove(tx: &mut Tx, mut job: Job, commit: &str) -> Result<()> {
    job.gone_at = Some(tx.now());
    jobs::set_said(tx, &job).await?;
    crate::schedules::end_all(tx, job.id).await?;
    let data = json!({"name": job.name, "title": job.title, "path": job.path, "commit": commit});
    journal::enter(tx, "job.removed", job.subject(), &job.parents(), data);
    Ok(())
}
