//! What a run came to.

use super::common::{self, Common, opened};
use super::{artifact, part, plan as show_plan, words};
use crate::call::Call;
use crate::catalogue::Plan;
use crate::changes::Changes;
use crate::remarks::{comment_records, label_records};
use crate::wire::expand::Expand;
use crate::wire::page::{folded, whole};
use base::id::PartId;
use base::{Result, Right, Time};
use db::Tx;
use jobs::attempts::{self, Artifact, Attempt};
use jobs::file;
use jobs::jobs::Job;
use jobs::runs::remarks::{self, Comment};
use jobs::runs::{self, Cause, Part, Run, State};
use people::rights::RightSet;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What can be shown whole.
const EXPANDS: &str =
    "changes,metadata,artifacts,comments,labels,jiraIssues,stages,variables,vcsRevisions,logEntries,plan";

/// A run and everything below it.
pub struct Detail {
    /// The job's file as the run keeps it.
    pub model: file::Job,
    /// Its parts, in order.
    pub parts: Vec<Part>,
    /// The newest try of each.
    pub attempts: BTreeMap<PartId, Attempt>,
    /// The files that it kept, for whoever may see them.
    pub artifacts: Vec<Artifact>,
    /// Its labels.
    pub labels: Vec<String>,
    /// What was said about it.
    pub comments: Vec<Comment>,
    /// The commits that came into it.
    pub changes: Changes,
    /// What the caller may do with its job.
    pub rights: RightSet,
}

impl Detail {
    /// Reads it; the caller has checked that the run may be seen.
    pub async fn load(tx: &mut Tx, job: &Job, run: &Run) -> Result<Self> {
        let rights = jobs::jobs::rights(tx, job).await?;
        let tries = attempts::of_run(tx, run.id).await?;
        let artifacts = match rights.contains(Right::Log) {
            true => attempts::artifacts_of(tx, run.id).await?,
            false => Vec::new(),
        };
        Ok(Self {
            model: jobs::jobs::definition(tx, run.definition).await?.model,
            parts: runs::parts(tx, run.id).await?,
            attempts: tries.into_iter().map(|attempt| (attempt.part, attempt)).collect(),
            artifacts,
            labels: remarks::labels(tx, run.id).await?,
            comments: remarks::comments(tx, run.id).await?,
            changes: Changes::default(),
            rights,
        })
    }

    /// The same with the commits that came into it; git is asked for them.
    pub async fn with_changes(
        call: &Call<'_>,
        tx: &mut Tx,
        job: &Job,
        run: &Run,
        expand: &Expand,
    ) -> Result<Self> {
        let changes = Changes::load(call, tx, job, run, expand.has("changes.change.files")).await?;
        Ok(Self { changes, ..Self::load(tx, job, run).await? })
    }

    /// The parts with their keys.
    pub fn keyed(&self) -> Vec<(String, &Part)> {
        let keys = crate::catalogue::part_keys(self.parts.iter().map(|part| &part.model));
        keys.into_iter().map(|(key, _)| key).zip(&self.parts).collect()
    }
}

/// What a result is made of.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// Who asks.
    pub call: &'a Call<'a>,
    /// When.
    pub now: Time,
    /// The keys of the job.
    pub plan: &'a Plan,
    /// The job.
    pub job: &'a Job,
    /// The run.
    pub run: &'a Run,
    /// What is below it.
    pub detail: &'a Detail,
    /// What is to be shown whole.
    pub expand: &'a Expand,
}

/// The key of a run.
pub fn key(plan: &Plan, run: &Run) -> String {
    format!("{}-{}", plan.key(), run.number)
}

/// Why it was started. Clients show it as HTML.
pub fn reason(run: &Run) -> String {
    let by = words::html(&run.asked_by_name);
    match run.cause {
        Cause::Schedule => "Scheduled".to_owned(),
        Cause::Push => format!("Changes by {by}"),
        Cause::Webhook => "Triggered from outside".to_owned(),
        Cause::After => "Triggered by another plan".to_owned(),
        Cause::Manual => format!("Manual run by {by}"),
        Cause::Repeat => format!("Rebuilt by {by}"),
    }
}

/// When things happened, in all the forms that clients read.
pub fn times(all: &mut Value, now: Time, started: Option<Time>, ended: Option<Time>) {
    let took = started.map(|started| ended.unwrap_or(now).since(started));
    if let Some(started) = started {
        all["buildStartedTime"] = started.to_string().into();
        all["prettyBuildStartedTime"] = words::ago(now, started).into();
    }
    if let Some(ended) = ended {
        all["buildCompletedTime"] = ended.to_string().into();
        all["buildCompletedDate"] = ended.to_string().into();
        all["prettyBuildCompletedTime"] = words::ago(now, ended).into();
        all["buildRelativeTime"] = words::ago(now, ended).into();
    } else {
        all["buildRelativeTime"] = started.map(|started| words::ago(now, started)).unwrap_or_default().into();
    }
    let took = took.unwrap_or_default();
    all["buildDuration"] = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).into();
    all["buildDurationInSeconds"] = took.as_secs().into();
    all["buildDurationDescription"] = words::duration(took).into();
}

/// A result as lists show it.
pub fn brief(call: &Call<'_>, now: Time, plan: &Plan, job: &Job, run: &Run) -> Value {
    let key = key(plan, run);
    let ended = run.ended_at.or((run.state == State::Held).then_some(run.state_at));
    let common = Common {
        key: &key,
        of: &plan.key(),
        id: run.id.0,
        number: run.number,
        expands: EXPANDS,
        plan: show_plan::brief(call, plan, job),
        plan_name: &job.title,
        project_name: &plan.project_name,
        commit: &run.commit,
        life: words::of_run(run.state),
        not_run_yet: !run.state.is_over() && run.started_at.is_none(),
        reason: &reason(run),
    };
    let mut all = common::record(call, common);
    all["continuable"] = (run.state == State::Held).into();
    all["restartable"] = (run.state.is_over() && run.state != State::Succeeded).into();
    if let Some(sentence) = &run.sentence {
        all["message"] = sentence.as_str().into();
    }
    times(&mut all, now, run.started_at, ended);
    all
}

/// What came into the run: `size` counts what is too much to be told.
pub fn changes(scene: &Scene<'_>) -> Value {
    let found = &scene.detail.changes;
    let mut all = opened(scene.expand, "changes", "change", found.records(scene.call));
    all["size"] = found.count.into();
    all
}

/// A result with everything below it, unfolded where that is asked for.
pub fn full(scene: &Scene<'_>) -> Value {
    let Scene { call, now, plan, job, run, detail, expand } = *scene;
    let mut all = brief(call, now, plan, job, run);
    for (name, child) in [("jiraIssues", "issue"), ("metadata", "item")] {
        all[name] = opened(expand, name, child, Vec::new());
    }
    all["changes"] = changes(scene);
    all["labels"] = opened(expand, "labels", "label", label_records(&detail.labels));
    all["comments"] = opened(expand, "comments", "comment", comment_records(&detail.comments));
    let variables = run.params.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    all["variables"] = opened(expand, "variables", "variable", variables);
    let repository = json!({"repositoryId": run.repository.0, "repositoryName": plan.project_name, "vcsRevisionKey": run.commit});
    all["vcsRevisions"] = opened(expand, "vcsRevisions", "vcsRevision", vec![repository]);
    all["artifacts"] =
        opened(expand, "artifacts", "artifact", artifact::of_run(call, plan, run, detail, None));
    all["stages"] = match expand.has("stages") {
        true => whole("stage", part::stages(scene)),
        false => folded(detail.model.stages.len()),
    };
    all
}
