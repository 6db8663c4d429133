//! Starting runs: the number, the parts, and whether another run stands in the way, in one transaction.

use super::{Cause, Part, PartState, Run, State, advance, store};
use crate::cron::decide::{self, Decision, Others, Verdict};
use crate::file::{self, Overlap};
use crate::jobs::{self, Definition, Job};
use crate::schedules::freeze::{self, Met, Pass};
use base::id::{JobId, RunId};
use base::{Error, Result, Right, Time};
use db::Tx;
use serde_json::json;
use std::collections::BTreeMap;

/// What somebody wants.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The full id of the commit.
    pub commit: String,
    /// The name that it was asked for by.
    pub reference: Option<String>,
    /// Whether the commit is on the default branch, and so may have the secrets.
    pub trusted: bool,
    /// What the job says at that commit, where that is not what it says now.
    pub definition: Option<(String, file::Job)>,
    /// What the run is handed.
    pub params: BTreeMap<String, String>,
    /// The freezes that somebody passes, and why.
    pub pass: Option<Pass>,
}

/// A run to start, as a trigger knows it.
#[derive(Clone, Debug)]
pub(crate) struct New {
    pub cause: Cause,
    pub cause_id: Option<i64>,
    pub scheduled_at: Option<Time>,
    pub ask: Ask,
    pub overlap: Overlap,
    /// What was decided already, with facts that only a schedule knows.
    pub verdict: Option<Verdict>,
    pub repeats: Option<RunId>,
    /// When it may begin, if that is later.
    pub not_before: Option<Time>,
    /// The keys of the parts that need not be done again.
    pub done: Vec<String>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Started {
    /// There is a run; it may wait.
    Run(Box<Run>),
    /// There is none, for this reason.
    Not(Verdict),
}

impl Started {
    /// The run, or its absence as an error.
    pub(super) fn run(self) -> Result<Run> {
        match self {
            Self::Run(run) => Ok(*run),
            Self::Not(verdict) => {
                Err(Error::conflict("run.refused", format!("No run was started: {}", verdict.reason)))
            }
        }
    }
}

/// Whether somebody asked for just this run, so that it waits where another would not be started.
fn is_asked_for(cause: Cause) -> bool {
    matches!(cause, Cause::Manual | Cause::Repeat | Cause::Webhook)
}

/// Starts a run because somebody asks for it. When the job is running, it waits.
pub async fn ask(tx: &mut Tx, job: JobId, ask: Ask) -> Result<Run> {
    let job = jobs::require(tx, job, Right::Run).await?;
    if let Some(refusal) = job.refusal() {
        return Err(refusal);
    }
    let model = jobs::definition(tx, job.definition).await?.model;
    let overlap = for_people(model.overlap);
    let new = New {
        cause: Cause::Manual,
        cause_id: None,
        scheduled_at: None,
        ask,
        overlap,
        verdict: None,
        repeats: None,
        not_before: None,
        done: Vec::new(),
    };
    start(tx, &job, new).await?.run()
}

/// What a person asks for is not dropped: where a schedule would skip, it waits.
pub(crate) fn for_people(overlap: Overlap) -> Overlap {
    match overlap {
        Overlap::Skip | Overlap::BufferOne => Overlap::BufferAll,
        other => other,
    }
}

/// Starts a run. The caller has checked who asks.
pub(crate) async fn start(tx: &mut Tx, job: &Job, new: New) -> Result<Started> {
    let job = jobs::store::hold(tx, job.id).await?.ok_or_else(|| jobs::missing(&job.name))?;
    let (definition, freezes) = definition(tx, &job, &new).await?;
    let model = &definition.model;
    let wrong =
        |wrong: Vec<String>| Error::invalid("run.params", format!("{}: {}", job.name, wrong.join("; ")));
    let params = model.arguments(&new.ask.params).map_err(wrong)?;
    let lane = model.concurrency.as_ref().map(|concurrency| concurrency.group.clone());
    let met = freeze::meet(tx, &job, &freezes, &new).await?;
    let verdict = match (&met, new.verdict.clone()) {
        (Met::Not(verdict) | Met::Waits(verdict, _) | Met::Passed(verdict), _) => verdict.clone(),
        (Met::Nothing, Some(verdict)) => verdict,
        (Met::Nothing, None) => decide::overlap(new.overlap, others(tx, job.id).await?),
    };
    if !verdict.decision.makes_run() {
        return Ok(Started::Not(verdict));
    }
    let turn = turn(tx, model).await?;
    if !turn.decision.makes_run() && !is_asked_for(new.cause) {
        return Ok(Started::Not(turn));
    }
    let mut waits_for = make_way(tx, &job, verdict.decision).await?;
    if turn.decision != Decision::Start {
        let group = lane.as_deref().unwrap_or_default();
        waits_for = waits_for.or_else(|| Some(format!("Waits for its turn in {group}")));
    }
    if let Met::Waits(_, hold) = &met {
        waits_for = Some(format!("Waits: {}", hold.sentence));
    }
    let now = tx.now();
    let mut run = Run {
        id: tx.new_id(),
        job: job.id,
        number: jobs::store::next_number(tx, job.id).await?,
        definition: definition.id,
        repository: job.repository,
        commit: new.ask.commit.clone(),
        reference: new.ask.reference.clone(),
        trusted: new.ask.trusted,
        cause: new.cause,
        cause_id: new.cause_id,
        scheduled_at: new.scheduled_at,
        asked_by: tx.actor().user,
        asked_by_name: tx.actor().name.clone(),
        params,
        state: State::Waiting,
        state_at: now,
        sentence: waits_for.clone(),
        lane,
        repeats: new.repeats,
        released: Vec::new(),
        gate_asked: false,
        deployment: None,
        deployment_token: None,
        cancel_by: None,
        cancel_reason: None,
        made_at: now,
        started_at: None,
        ended_at: None,
    };
    store::insert(tx, &run).await?;
    let parts = insert_parts(tx, &run, model, &new).await?;
    let data = json!({
        "job": job.name, "title": job.title, "number": run.number, "cause": run.cause, "commit": run.commit,
        "reference": run.reference, "params": run.params, "scheduled_at": run.scheduled_at, "repeats": run.repeats,
        "waits": waits_for, "overrides": new.ask.pass.as_ref().filter(|_| matches!(met, Met::Passed(_))),
    });
    journal::enter(tx, "run.asked", run.subject(), &run.parents(), data);
    freeze::keep(tx, &run, &met, new.ask.pass.as_ref()).await?;
    if waits_for.is_none() {
        advance::begin_with(tx, &mut run, model, parts).await?;
    }
    Ok(Started::Run(Box::new(run)))
}

/// The definition that the run keeps, the job's or the one of its own commit; and what the job is frozen around, which only the job says.
async fn definition(tx: &mut Tx, job: &Job, new: &New) -> Result<(Definition, Vec<file::Freeze>)> {
    let current = jobs::definition(tx, job.definition).await?;
    let freezes = current.model.freeze.clone();
    let Some((source, model)) = &new.ask.definition else { return Ok((current, freezes)) };
    if *model == current.model {
        return Ok((current, freezes));
    }
    let own = Definition {
        id: tx.new_id(),
        commit: new.ask.commit.clone(),
        source: source.clone(),
        model: model.clone(),
        made_at: tx.now(),
    };
    jobs::store::insert_definition(tx, job.id, &own).await?;
    Ok((own, freezes))
}

async fn insert_parts(tx: &mut Tx, run: &Run, model: &file::Job, new: &New) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    for (stage, said) in model.stages.iter().enumerate() {
        for (place, part) in said.parts.iter().enumerate() {
            let is_done = new.done.contains(&part.key);
            let part = Part {
                id: tx.new_id(),
                run: run.id,
                job: run.job,
                stage,
                place,
                model: part.clone(),
                state: if is_done { PartState::Succeeded } else { PartState::Pending },
                state_at: run.made_at,
                sentence: is_done.then(|| "It succeeded in the run that this one repeats".to_owned()),
                attempts: 0,
                ready_at: new.not_before,
            };
            store::insert_part(tx, &part).await?;
            parts.push(part);
        }
    }
    Ok(parts)
}

/// The runs that a new one meets.
pub(crate) async fn others(tx: &mut Tx, job: JobId) -> Result<Others> {
    let (running, waiting) = store::waiting::count(tx, job).await?;
    Ok(Others { running, waiting, limit: 1 })
}

/// Does what was decided about the runs in the way; returns what the new one waits for.
async fn make_way(tx: &mut Tx, job: &Job, decision: Decision) -> Result<Option<String>> {
    if decision == Decision::Start {
        return Ok(None);
    }
    let live = store::live(tx, job.id).await?;
    let holder = live.first().map_or(0, |run| run.number);
    if decision != Decision::Buffer {
        for waiting in live.iter().filter(|run| run.state == State::Waiting && !run.gate_asked) {
            advance::skip(tx, waiting.id, "A newer run took its place").await?;
        }
    }
    Ok(match decision {
        Decision::CancelOther => {
            super::cancel::cancel_all(tx, &live, "A newer run was started", false).await?;
            Some(format!("Waits for run {holder} to be cancelled"))
        }
        Decision::TerminateOther => {
            super::cancel::cancel_all(tx, &live, "A newer run was started", true).await?;
            Some(format!("Waits for run {holder} to be killed"))
        }
        Decision::Buffer | Decision::BufferReplacing => Some(format!("Waits for run {holder} to end")),
        _ => None,
    })
}

/// What a run waits for in the group that it shares, or that it is not wanted while the group is full.
async fn turn(tx: &mut Tx, model: &file::Job) -> Result<Verdict> {
    let Some(shared) = &model.concurrency else {
        return Ok(decide::overlap(Overlap::AllowAll, Others::default()));
    };
    let mut all = store::live_in_lane(tx, &shared.group).await?;
    if all.iter().any(|run| run.state == State::Waiting) {
        // What is frozen is not in anybody's way: what it waits for may be in the same group.
        let held = freeze::held_in_lane(tx, &shared.group).await?;
        all.retain(|run| !held.contains(&run.id));
    }
    let waiting = all.iter().filter(|run| run.state == State::Waiting && !run.gate_asked).count();
    let others = Others {
        running: (all.len() - waiting) as u64,
        waiting: waiting as u64,
        limit: u64::from(shared.limit),
    };
    Ok(decide::overlap(shared.when_full, others))
}

/// A push is never dropped because a run goes on: the newest waits, in the place of one that waited.
pub(crate) fn for_pushes(overlap: Overlap) -> Overlap {
    match overlap {
        Overlap::Skip | Overlap::BufferOne => Overlap::BufferLatest,
        other => other,
    }
}
