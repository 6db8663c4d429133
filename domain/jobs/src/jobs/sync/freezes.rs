//! What is wrong with the freezes of a job file that only the workspace knows: the other job is not there, or they go round in a ring.

use super::{Finding, Read, jobs, store};
use crate::file::{self, Severity, closest, ring, ring_in_words};
use base::Result;
use db::Tx;
use std::collections::{BTreeMap, BTreeSet};

/// The place of these findings, by which they are found again when a job is made that they miss.
const PLACE: &str = "freeze";

/// Why a job cannot be taken in as it is frozen.
pub(super) async fn refusal(tx: &mut Tx, read: &Read, model: &file::Job) -> Result<Option<Finding>> {
    for freeze in &model.freeze {
        if is_there(tx, read, &freeze.job).await? {
            continue;
        }
        let known = may_be_meant(tx, read).await?;
        let meant = closest(&freeze.job, known.iter().map(String::as_str).filter(|name| *name != model.name));
        let message = format!("there is no job {} to be frozen around", freeze.job);
        return Ok(Some(finding(freeze.line, message, meant.map(|name| format!("did you mean {name}?")))));
    }
    let Some(first) = model.freeze.first() else { return Ok(None) };
    let way = ring(&model.name, &around(tx, read, model).await?);
    Ok(way.map(|way| finding(first.line, ring_in_words(&way), None)))
}

fn finding(line: u32, message: String, suggestion: Option<String>) -> Finding {
    let path = PLACE.to_owned();
    Finding { severity: Severity::Error, line, column: 1, path, message, suggestion }
}

fn read_jobs(read: &Read) -> impl Iterator<Item = &file::Job> {
    read.files.iter().flat_map(|file| &file.parsed.jobs)
}

/// Whether there is such a job: in the same repository, or one that is not hidden from anybody. Nobody learns here what is hidden from them.
async fn is_there(tx: &mut Tx, read: &Read, name: &str) -> Result<bool> {
    if read_jobs(read).any(|job| job.name == name) {
        return Ok(true);
    }
    let found = jobs::by_name(tx, name).await?.filter(|job| job.gone_at.is_none());
    let is_open = |job: &super::Job| job.permissions.as_ref().is_none_or(|said| said.view.is_none());
    Ok(found.is_some_and(|job| job.repository == read.repository || is_open(&job)))
}

/// The names that may be said to whoever wrote the file.
async fn may_be_meant(tx: &mut Tx, read: &Read) -> Result<BTreeSet<String>> {
    let mut names: BTreeSet<String> = read_jobs(read).map(|job| job.name.clone()).collect();
    for job in jobs::of_repository(tx, read.repository).await?.into_iter().filter(|job| job.gone_at.is_none())
    {
        names.insert(job.name);
    }
    Ok(names)
}

/// Who is frozen around whom, as far as it can be reached from this job; what was read now counts, not what was said before.
async fn around(tx: &mut Tx, read: &Read, model: &file::Job) -> Result<BTreeMap<String, Vec<String>>> {
    let names = |job: &file::Job| job.freeze.iter().map(|one| one.job.clone()).collect::<Vec<_>>();
    let mut all: BTreeMap<String, Vec<String>> =
        read_jobs(read).map(|job| (job.name.clone(), names(job))).collect();
    let mut open = names(model);
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop().filter(|_| seen.len() < 1_000) {
        if !seen.insert(name.clone()) {
            continue;
        }
        if !all.contains_key(&name) {
            all.insert(name.clone(), store::frozen_around(tx, &name).await?);
        }
        open.extend(all.get(&name).into_iter().flatten().cloned());
    }
    Ok(all)
}

/// Has the files of other repositories read again that missed a job which is there now.
pub(super) async fn read_again(
    tx: &mut Tx,
    read: &Read,
    before: &BTreeSet<String>,
    now: &BTreeSet<String>,
) -> Result<()> {
    let new: Vec<&String> = now.difference(before).collect();
    if new.is_empty() {
        return Ok(());
    }
    for (repository, findings) in store::files_with(tx, PLACE).await? {
        let misses =
            |finding: &Finding| new.iter().any(|name| finding.message.contains(&format!("no job {name} ")));
        if repository != read.repository && findings.iter().any(misses) {
            super::super::calls::read_again(tx, repository).await?;
        }
    }
    Ok(())
}
