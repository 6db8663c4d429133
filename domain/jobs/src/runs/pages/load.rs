//! Everything that the page of a run shows, loaded at once.

use super::who::{self, Who};
use crate::attempts::{self, Artifact, Attempt, Step};
use crate::cron;
use crate::jobs::{self, Definition, Job};
use crate::notices::{self, Hears};
use crate::runs::remarks::{self, Comment};
use crate::runs::{self, Cause, Filter, Metric, Part, PartState, Run};
use crate::schedules::{self, freeze};
use crate::words::Reader;
use base::id::{AgentId, AttemptId, JobId, RunId};
use base::{Error, Result, Right};
use db::Tx;
use maud::{Markup, html};
use notify::deliveries::Delivery;
use people::rights::RightSet;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Runs in the strip, and figures in a chart.
pub(crate) const STRIP: usize = 24;
/// Figures with a chart of their own.
const CHARTS: usize = 12;

pub(super) struct View {
    pub run: Run,
    pub job: Job,
    pub definition: Definition,
    pub parts: Vec<Part>,
    pub attempts: Vec<Attempt>,
    pub agents: BTreeMap<AgentId, String>,
    /// The try whose log is shown, with its steps.
    pub shown: Option<(Attempt, Vec<Step>)>,
    /// The name of the step that failed.
    pub failed_at: Option<String>,
    pub metrics: Vec<(Metric, Vec<(i64, f64)>)>,
    pub files: Vec<Artifact>,
    pub recent: Vec<Run>,
    pub rights: RightSet,
    pub repository: Option<String>,
    pub hears: Hears,
    pub who: Who,
    /// What was told of it to whom.
    pub told: Vec<Delivery>,
    pub labels: Vec<String>,
    pub comments: Vec<Comment>,
    /// Why somebody started it although its job was frozen.
    pub passed: Option<String>,
    cause: Said,
}

/// What started it, as far as the reader may know.
enum Said {
    Schedule(Option<String>),
    After(Option<(String, Run)>),
    Repeat(Option<Run>),
    Plain,
}

/// The figures of a job over its last runs, each with what it is now.
pub(crate) async fn charts(
    tx: &mut Tx,
    job: JobId,
    metrics: Vec<Metric>,
) -> Result<Vec<(Metric, Vec<(i64, f64)>)>> {
    let mut all = Vec::new();
    for metric in metrics {
        let history = match all.len() {
            0..CHARTS => runs::metric_history(tx, job, &metric.name, STRIP).await?,
            _ => Vec::new(),
        };
        all.push((metric, history));
    }
    Ok(all)
}

impl View {
    pub async fn load(tx: &mut Tx, id: RunId, wanted: Option<AttemptId>) -> Result<Self> {
        let (run, job) = runs::require(tx, id, Right::View).await?;
        let definition = jobs::definition(tx, run.definition).await?;
        let rights = jobs::rights(tx, &job).await?;
        let parts = runs::parts(tx, id).await?;
        let attempts = attempts::of_run(tx, id).await?;
        let mut agents = BTreeMap::new();
        for attempt in &attempts {
            if let Entry::Vacant(slot) = agents.entry(attempt.agent) {
                slot.insert(crate::agents::unchecked(tx, attempt.agent).await?.machine.name);
            }
        }
        let shown = match wanted {
            Some(wanted) => {
                let found = attempts.iter().find(|attempt| attempt.id == wanted).cloned();
                Some(found.ok_or_else(|| Error::missing("attempt.missing", "This run has no such try"))?)
            }
            None => most_telling(&parts, &attempts).cloned(),
        };
        let shown = match shown {
            Some(attempt) => {
                let steps = attempts::steps(tx, attempt.id).await?;
                Some((attempt, steps))
            }
            None => None,
        };
        let failed_at = failed_at(tx, &parts, &attempts).await?;
        let metrics = runs::metrics(tx, id).await?;
        let metrics = charts(tx, job.id, metrics).await?;
        let files = match rights.contains(Right::Log) {
            true => attempts::artifacts_of(tx, id).await?,
            false => Vec::new(),
        };
        let filter = Filter { job: Some(job.id), limit: STRIP, ..Filter::default() };
        let recent = runs::list(tx, &filter).await?;
        let repository = match repos::get(tx, run.repository).await {
            Ok(repository) => Some(repository.name),
            Err(error) if error.is_missing() || error.kind() == base::Kind::Denied => None,
            Err(error) => return Err(error),
        };
        let hears = notices::hears(tx, job.id).await?;
        let who = who::may(tx, &job).await?;
        let told = notify::deliveries::about(tx, &run.subject()).await?;
        let labels = remarks::labels(tx, id).await?;
        let comments = remarks::comments(tx, id).await?;
        let passed = freeze::passed_for(tx, id).await?;
        let cause = said(tx, &run, &definition).await?;
        Ok(Self {
            run,
            job,
            definition,
            parts,
            attempts,
            agents,
            shown,
            failed_at,
            metrics,
            files,
            recent,
            rights,
            repository,
            hears,
            who,
            told,
            labels,
            comments,
            passed,
            cause,
        })
    }

    /// What started it.
    pub fn cause(&self, reader: Reader<'_>) -> Markup {
        let run = &self.run;
        let asked = reader.at(run.made_at);
        html! {
            @match (&self.cause, run.cause) {
                (Said::Schedule(words), _) => {
                    "Schedule" @if let Some(words) = words { ": " (words) }
                    @if let Some(at) = run.scheduled_at { ", for " (reader.at(at)) }
                },
                (Said::After(Some((title, before))), _) => { "After " a href={ "/runs/" (before.id) } { (title) " run " (before.number) } " at " (asked) },
                (Said::Repeat(Some(first)), _) => { (run.asked_by_name) " ran " a href={ "/runs/" (first.id) } { "run " (first.number) } " again at " (asked) },
                (_, Cause::Push) => { "Pushed to " (run.reference.as_deref().unwrap_or("the repository")) " at " (asked) },
                (_, Cause::Webhook) => { "Webhook at " (asked) },
                (_, Cause::After) => { "After another job at " (asked) },
                (_, Cause::Schedule | Cause::Manual | Cause::Repeat) => { "Started by " (run.asked_by_name) " at " (asked) },
            }
        }
    }
}

async fn said(tx: &mut Tx, run: &Run, definition: &Definition) -> Result<Said> {
    let other = |id: Option<i64>| id.map(RunId);
    Ok(match run.cause {
        Cause::Schedule => {
            let all = schedules::of_job(tx, run.job).await?;
            let own = all.into_iter().find(|schedule| Some(schedule.id.0) == run.cause_id);
            let clock = own.and_then(|own| cron::Schedule::of(&definition.model, &own.trigger).ok());
            Said::Schedule(clock.map(|clock| clock.in_words()))
        }
        Cause::After => match other(run.cause_id) {
            Some(id) => Said::After(seen(tx, id).await?.map(|(run, job)| (job.title, run))),
            None => Said::Plain,
        },
        Cause::Repeat => match other(run.cause_id) {
            Some(id) => Said::Repeat(seen(tx, id).await?.map(|(run, _)| run)),
            None => Said::Plain,
        },
        Cause::Push | Cause::Webhook | Cause::Manual => Said::Plain,
    })
}

async fn seen(tx: &mut Tx, id: RunId) -> Result<Option<(Run, Job)>> {
    match runs::require(tx, id, Right::View).await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The try that somebody looks at first: of what failed, else of what runs, else the last.
fn most_telling<'a>(parts: &[Part], attempts: &'a [Attempt]) -> Option<&'a Attempt> {
    let newest = |part: &Part| attempts.iter().rev().find(|attempt| attempt.part == part.id);
    let bad = |part: &&Part| matches!(part.state, PartState::Failed | PartState::TimedOut | PartState::Lost);
    let told = parts.iter().filter(bad).find_map(newest);
    let told = told.or_else(|| parts.iter().filter(|part| part.state == PartState::Running).find_map(newest));
    told.or_else(|| parts.iter().rev().find_map(newest))
}

/// The step that failed, or the part where none did.
async fn failed_at(tx: &mut Tx, parts: &[Part], attempts: &[Attempt]) -> Result<Option<String>> {
    let bad = |part: &&Part| matches!(part.state, PartState::Failed | PartState::TimedOut | PartState::Lost);
    let Some(part) = parts.iter().find(bad) else { return Ok(None) };
    let attempt = attempts.iter().rev().find(|attempt| attempt.part == part.id);
    let of_part = (parts.len() > 1).then(|| part.model.name.clone());
    let Some((attempt, place)) = attempt.and_then(|attempt| Some((attempt, attempt.failed_step?))) else {
        return Ok(of_part);
    };
    let steps = attempts::steps(tx, attempt.id).await?;
    let step = steps.into_iter().find(|step| step.index == place).map(|step| step.name);
    Ok(match (step, of_part) {
        (Some(step), Some(part)) => Some(format!("{part}: {step}")),
        (step, part) => step.or(part),
    })
}
