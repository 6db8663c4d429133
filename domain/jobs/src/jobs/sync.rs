//! Taking in what the job files of a repository say.
//!
//! A document with an error changes nothing: the job stays what it was, and the finding is shown beside it. A job goes away only when its
//! file can be read and no longer names it.

use super::{Definition, Job, store};
pub use crate::file::Finding;
use crate::file::{Parsed, Severity};
use base::Result;
use base::id::RepositoryId;
use db::Tx;
use serde_json::json;
use std::collections::BTreeSet;

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
    let known = store::of_repository(tx, read.repository).await?;
    let before = store::files(tx, read.repository).await?;
    let mut named = BTreeSet::new();
    for file in &read.files {
        let mut findings = file.parsed.findings.clone();
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
                source: file.text.clone(),
                model: model.clone(),
                made_at: tx.now(),
            };
            if let Some(finding) = take_in(tx, read.repository, &file.path, new).await? {
                findings.push(finding);
            }
        }
        let old = before.iter().find(|(path, _)| *path == file.path).map(|(_, old)| old.as_slice());
        if old != Some(&findings) {
            told(tx, read, &file.path, &findings);
        }
        store::put_file(tx, read.repository, &file.path, &read.commit, &findings).await?;
    }
    for (path, _) in before.iter().filter(|(path, _)| read.files.iter().all(|file| file.path != *path)) {
        store::remove_file(tx, read.repository, path).await?;
    }
    let unreadable: BTreeSet<&str> =
        read.files.iter().filter(|file| !file.parsed.is_good()).map(|file| file.path.as_str()).collect();
    let left = known.into_iter().filter(|job| job.gone_at.is_none() && !named.contains(&job.name));
    for job in left.filter(|job| !unreadable.contains(job.path.as_str())) {
        remove(tx, job, &read.commit).await?;
    }
    Ok(())
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
) -> Result<Option<Finding>> {
    let model = &new.model;
    let Some(mut job) = store::by_name(tx, &model.name).await? else {
        return make(tx, repository, path, new).await.map(|()| None);
    };
    if job.repository != repository && job.gone_at.is_none() {
        let other =
            repos::get(tx, job.repository).await.map_or_else(|_| "another repository".to_owned(), |r| r.name);
        return Ok(Some(taken(model.line, format!("{other} has a job {} already", model.name))));
    }
    let old = super::definition(tx, job.definition).await?;
    let was_gone = job.gone_at.take().is_some();
    if old.model == *model && job.path == path && !was_gone && job.repository == repository {
        return Ok(None);
    }
    let changed = changed(&old, &new);
    say(&mut job, repository, path, &new);
    store::insert_definition(tx, job.id, &new).await?;
    store::set_said(tx, &job).await?;
    crate::schedules::apply(tx, &job, &new.model).await?;
    crate::triggers::apply(tx, &job, &new.model).await?;
    let verb = if was_gone { "job.returned" } else { "job.changed" };
    let data = json!({
        "name": job.name, "title": job.title, "path": path, "commit": new.commit, "old_commit": old.commit, "changed": changed,
        "before": {"definition": old.id}, "after": {"definition": new.id},
    });
    journal::enter(tx, verb, job.subject(), &job.parents(), data);
    Ok(None)
}

/// The top-level members that differ, for the audit log.
fn changed(old: &Definition, new: &Definition) -> Vec<String> {
    let members = |definition: &Definition| match serde_json::to_value(&definition.model) {
        Ok(serde_json::Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    let (old, new) = (members(old), members(new));
    new.iter()
        .filter(|(name, value)| name.as_str() != "line" && old.get(*name) != Some(value))
        .map(|(name, _)| name.clone())
        .collect()
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
    store::insert_definition(tx, job.id, &new).await?;
    store::insert(tx, &job).await?;
    crate::schedules::apply(tx, &job, &new.model).await?;
    crate::triggers::apply(tx, &job, &new.model).await?;
    let data = json!({"name": job.name, "title": job.title, "path": path, "commit": new.commit, "after": {"definition": new.id}});
    journal::enter(tx, "job.created", job.subject(), &job.parents(), data);
    Ok(())
}

async fn remove(tx: &mut Tx, mut job: Job, commit: &str) -> Result<()> {
    job.gone_at = Some(tx.now());
    store::set_said(tx, &job).await?;
    crate::schedules::end_all(tx, job.id).await?;
    let data = json!({"name": job.name, "title": job.title, "path": job.path, "commit": commit});
    journal::enter(tx, "job.removed", job.subject(), &job.parents(), data);
    Ok(())
}
