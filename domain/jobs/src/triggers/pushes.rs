//! Pushes: which jobs a moved branch or tag starts.

use super::{note, store, webhooks};
use crate::file::{self, PushTrigger, Trigger};
use crate::jobs::{self, Job, sources};
use crate::runs::{self, Ask, Cause, New};
use base::{Actor, Result};
use repos::{Mirror, Repository};
use serde::{Deserialize, Serialize};
use web::App;

/// More changed files than this count as all files.
const PATHS_MAX: usize = 10_000;

/// A branch or tag that moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RefMoved {
    pub name: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

/// What a push moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moved<'a> {
    Branch(&'a str),
    Tag(&'a str),
}

impl RefMoved {
    fn what(&self) -> Option<(Moved<'_>, &str)> {
        let new = self.new.as_deref()?;
        if let Some(branch) = self.name.strip_prefix("refs/heads/") {
            return Some((Moved::Branch(branch), new));
        }
        self.name.strip_prefix("refs/tags/").map(|tag| (Moved::Tag(tag), new))
    }
}

/// Whether a push starts a job with this trigger. Without patterns, pushes of the default branch do.
fn starts(trigger: &PushTrigger, moved: Moved<'_>, default: Option<&str>) -> bool {
    match moved {
        Moved::Branch(branch) if trigger.branches.is_empty() => {
            trigger.tags.is_empty() && default == Some(branch)
        }
        Moved::Branch(branch) => trigger.branches.iter().any(|pattern| matches(pattern, branch)),
        Moved::Tag(tag) => trigger.tags.iter().any(|pattern| matches(pattern, tag)),
    }
}

/// Whether a pattern of a job file means this name: `*` stops at a slash, `**` does not.
fn matches(pattern: &str, name: &str) -> bool {
    let glob = globset::GlobBuilder::new(pattern).literal_separator(true).build();
    glob.is_ok_and(|glob| glob.compile_matcher().is_match(name))
}

/// Starts what the moved refs start.
pub(crate) async fn pushed(
    app: &App,
    repository: &Repository,
    mirror: &Mirror,
    refs: &[RefMoved],
    entry: i64,
) -> Result<()> {
    for moved in refs {
        if let Some((what, commit)) = moved.what() {
            push(app, repository, mirror, (moved, entry), what, commit).await?;
        }
    }
    Ok(())
}

async fn push(
    app: &App,
    repository: &Repository,
    mirror: &Mirror,
    (moved, entry): (&RefMoved, i64),
    what: Moved<'_>,
    commit: &str,
) -> Result<()> {
    let system = Actor::system();
    let is_default = matches!(what, Moved::Branch(branch) if Some(branch) == repository.default_branch());
    let mut tx = app.db.read(&system).await?;
    let mut candidates = Vec::new();
    for id in store::of_repository(&mut tx, repository.id).await? {
        let job = jobs::unchecked(&mut tx, id).await?;
        let model = jobs::definition(&mut tx, job.definition).await?.model;
        // Whether a branch starts a job is the default branch's to say: a branch cannot invite itself.
        if let Some(trigger) = trigger(&model, what, repository.default_branch()).cloned() {
            candidates.push((job, model, trigger));
        }
    }
    drop(tx);
    if candidates.is_empty() {
        return Ok(());
    }
    let changed = match &moved.old {
        Some(old) => mirror.changed(old, commit, PATHS_MAX).await?,
        None => None,
    };
    let own = if is_default { None } else { Some(sources::read(mirror, repository.id, commit).await?) };
    for (job, model, trigger) in candidates {
        if !touches(&trigger, changed.as_deref()) {
            continue;
        }
        let definition = own.as_ref().and_then(|read| {
            let file =
                read.files.iter().find(|file| file.parsed.jobs.iter().any(|own| own.name == job.name))?;
            let own = file.parsed.jobs.iter().find(|own| own.name == job.name)?;
            Some((file.text.clone(), own.clone()))
        });
        let reference = match what {
            Moved::Branch(name) | Moved::Tag(name) => name.to_owned(),
        };
        let ask = Ask {
            commit: commit.to_owned(),
            reference: Some(reference),
            trusted: is_default,
            definition,
            params: std::collections::BTreeMap::new(),
            pass: None,
        };
        start(app, &job, &model, ask, &format!("push {entry} {}", moved.name)).await?;
    }
    Ok(())
}

pub(super) fn trigger<'a>(
    model: &'a file::Job,
    what: Moved<'_>,
    default: Option<&str>,
) -> Option<&'a PushTrigger> {
    model.triggers.iter().find_map(|trigger| match trigger {
        Trigger::Push(push) if starts(push, what, default) => Some(push),
        _ => None,
    })
}

/// Whether a push changed what the trigger looks at. When nobody knows what it changed, it did.
fn touches(trigger: &PushTrigger, changed: Option<&[String]>) -> bool {
    let Some(changed) = changed else { return true };
    trigger.paths.is_empty()
        || changed.iter().any(|path| trigger.paths.iter().any(|pattern| matches(pattern, path)))
}

/// Starts a run, once for each `mark`: a chore that was killed after it did this is done again.
async fn start(app: &App, job: &Job, model: &file::Job, ask: Ask, mark: &str) -> Result<()> {
    let new = New {
        cause: Cause::Push,
        cause_id: None,
        scheduled_at: None,
        ask,
        overlap: runs::for_pushes(model.overlap),
        verdict: None,
        repeats: None,
        not_before: None,
        done: Vec::new(),
    };
    let mut tx = app.db.write(&Actor::system()).await?;
    if job.refusal().is_some() || webhooks::taken(&mut tx, job.id, mark).await?.is_some() {
        return Ok(());
    }
    let started = runs::start(&mut tx, job, new).await;
    if let Ok(runs::Started::Run(run)) = &started {
        webhooks::take(&mut tx, job.id, mark, run.id).await?;
    }
    note(&mut tx, job, "a push", started)?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trigger(branches: &[&str], tags: &[&str], paths: &[&str]) -> PushTrigger {
        let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
        PushTrigger { branches: owned(branches), tags: owned(tags), paths: owned(paths) }
    }

    #[test]
    fn without_patterns_only_the_default_branch_starts_a_job() {
        let plain = trigger(&[], &[], &[]);
        assert!(starts(&plain, Moved::Branch("main"), Some("main")));
        assert!(!starts(&plain, Moved::Branch("topic"), Some("main")));
        assert!(!starts(&plain, Moved::Tag("v1"), Some("main")));
        let tags = trigger(&[], &["v*"], &[]);
        assert!(starts(&tags, Moved::Tag("v1"), Some("main")));
        assert!(!starts(&tags, Moved::Branch("main"), Some("main")));
        let topics = trigger(&["topic/*"], &[], &[]);
        assert!(starts(&topics, Moved::Branch("topic/a"), Some("main")));
        assert!(!starts(&topics, Moved::Branch("topic/a/b"), Some("main")));
    }

    #[test]
    fn paths_decide_only_when_it_is_known_what_changed() {
        let docs = trigger(&[], &[], &["docs/**"]);
        assert!(touches(&docs, Some(&["docs/a/b.md".to_owned()])));
        assert!(!touches(&docs, Some(&["src/a.rs".to_owned()])));
        assert!(touches(&docs, None));
    }
}
