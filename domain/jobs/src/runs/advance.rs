//! Moving a run on: beginning stages, ending it, and letting in what waited for it.

use super::state::{Next, StageFacts, next};
use super::store::waiting;
use super::{Part, PartState, Run, State, missing, store};
use crate::file::{self, Overlap, RetryOn};
use crate::jobs;
use crate::schedules::freeze;
use base::id::{DefinitionId, JobId, PartId, RunId};
use base::{Error, Result};
use db::Tx;
use serde_json::json;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

/// Lets a run begin that nothing stands in the way of.
pub(super) async fn begin(tx: &mut Tx, run: &mut Run, model: &file::Job) -> Result<()> {
    let parts = store::parts(tx, run.id).await?;
    begin_with(tx, run, model, parts).await
}

/// The same for one whose parts are at hand.
pub(super) async fn begin_with(
    tx: &mut Tx,
    run: &mut Run,
    model: &file::Job,
    parts: Vec<Part>,
) -> Result<()> {
    if let Some(environment) = &model.deploy {
        // The gate needs git, and so is asked outside this transaction.
        run.gate_asked = true;
        set(tx, run, State::Waiting, Some(format!("Asks whether {environment} is open"))).await?;
        return crate::gate::request(tx, run.id).await;
    }
    set(tx, run, State::Queued, None).await?;
    step(tx, run.clone(), model, parts).await
}

/// Takes the next step of a run, whatever it is.
pub(crate) async fn advance(tx: &mut Tx, id: RunId) -> Result<()> {
    let run = store::hold(tx, id).await?.ok_or_else(|| missing(id))?;
    if run.state.is_over() || run.state == State::Waiting {
        return Ok(());
    }
    let model = jobs::definition(tx, run.definition).await?.model;
    let parts = store::parts(tx, id).await?;
    step(tx, run, &model, parts).await
}

/// The next step of a run that is held and goes on.
async fn step(tx: &mut Tx, mut run: Run, model: &file::Job, parts: Vec<Part>) -> Result<()> {
    let id = run.id;
    match next(&facts(&run, model, &parts), run.state == State::Cancelling) {
        Next::Wait => Ok(()),
        Next::Begin(stage) => {
            if run.state == State::Held {
                set(tx, &mut run, State::Running, None).await?;
            }
            for part in
                parts.into_iter().filter(|part| part.stage == stage && part.state == PartState::Pending)
            {
                queue(tx, part, Duration::ZERO).await?;
            }
            Ok(())
        }
        Next::Hold(stage) if run.state != State::Held => {
            let name = model.stages.get(stage).map_or("The next stage", |stage| stage.name.as_str());
            let sentence = format!("{name} waits for a person to let it begin");
            journal::enter(
                tx,
                "run.held",
                run.subject(),
                &run.parents(),
                json!({"number": run.number, "stage": name}),
            );
            set(tx, &mut run, State::Held, Some(sentence)).await
        }
        Next::Hold(_) => Ok(()),
        Next::End(state) => {
            let unbegun = if state == State::Cancelled { PartState::Cancelled } else { PartState::Skipped };
            for mut part in parts {
                if matches!(part.state, PartState::Pending | PartState::Queued) {
                    part.state = unbegun;
                    part.state_at = tx.now();
                    part.ready_at = None;
                    store::update_part(tx, &part).await?;
                }
            }
            let sentence = ending(tx, id, state, run.cancel_reason.as_deref()).await?;
            end(tx, &mut run, state, sentence).await
        }
    }
}

fn facts(run: &Run, model: &file::Job, parts: &[Part]) -> Vec<StageFacts> {
    let stage = |(place, stage): (usize, &file::Stage)| StageFacts {
        is_manual: stage.manual,
        is_released: run.released.contains(&place),
        parts: parts.iter().filter(|part| part.stage == place).map(|part| part.state).collect(),
    };
    model.stages.iter().enumerate().map(stage).collect()
}

/// The sentence that a run ends with: the first part that did not succeed says why.
async fn ending(tx: &mut Tx, id: RunId, state: State, cancelled: Option<&str>) -> Result<Option<String>> {
    if state == State::Succeeded {
        return Ok(None);
    }
    if state == State::Cancelled {
        return Ok(cancelled.map(str::to_owned));
    }
    let parts = store::parts(tx, id).await?;
    let bad = |part: &&Part| matches!(part.state, PartState::Failed | PartState::TimedOut | PartState::Lost);
    Ok(parts.iter().find(bad).and_then(|part| part.sentence.clone()))
}

/// Puts a part into the queue of the agents.
async fn queue(tx: &mut Tx, mut part: Part, after: Duration) -> Result<()> {
    let ready = tx.now().plus(after);
    part.state = PartState::Queued;
    part.state_at = tx.now();
    part.ready_at = Some(part.ready_at.map_or(ready, |at| at.max(ready)));
    store::update_part(tx, &part).await?;
    crate::attempts::watch_queue(tx, &part).await
}

async fn set(tx: &mut Tx, run: &mut Run, state: State, sentence: Option<String>) -> Result<()> {
    run.state = state;
    run.state_at = tx.now();
    run.sentence = sentence;
    store::update(tx, run).await
}

/// Notes that the first agent took a part.
pub(crate) async fn taken(tx: &mut Tx, id: RunId) -> Result<()> {
    let mut run = store::hold(tx, id).await?.ok_or_else(|| missing(id))?;
    if run.started_at.is_some() {
        return Ok(());
    }
    run.started_at = Some(tx.now());
    if run.state == State::Queued {
        set(tx, &mut run, State::Running, None).await?;
    } else {
        store::update(tx, &run).await?;
    }
    let job = jobs::unchecked(tx, run.job).await?;
    let data = json!({"job": job.name, "title": job.title, "number": run.number, "cause": run.cause, "commit": run.commit});
    journal::enter(tx, "run.started", run.subject(), &run.parents(), data);
    crate::notices::started(tx, &run, &job).await
}

/// How a try of a part ended.
#[derive(Clone, Debug)]
pub(crate) struct PartEnd {
    pub state: PartState,
    pub exit_code: Option<i64>,
    pub sentence: Option<String>,
}

/// Notes the end of a try: the part is tried again where its file says so, and the run moves on.
pub(crate) async fn part_ended(tx: &mut Tx, id: PartId, end: PartEnd) -> Result<()> {
    let mut part = store::part(tx, id)
        .await?
        .ok_or_else(|| Error::bug("part.missing", "an attempt belongs to a part that is not there"))?;
    if part.state.is_over() {
        return Ok(());
    }
    let run = store::hold(tx, part.run).await?.ok_or_else(|| missing(part.run))?;
    part.state = end.state;
    part.state_at = tx.now();
    part.sentence.clone_from(&end.sentence);
    part.ready_at = None;
    let again = run.state != State::Cancelling && is_tried_again(&part, &end);
    if again {
        let tries = u32::try_from(part.attempts).unwrap_or(u32::MAX);
        let pause = Duration::from_secs(part.model.retry.pause_s(tries.saturating_add(1)));
        let data = json!({"part": part.model.name, "try": tries, "outcome": end.state, "again_in_s": pause.as_secs()});
        journal::enter(tx, "run.part_retried", run.subject(), &run.parents(), data);
        queue(tx, part, pause).await?;
    } else {
        store::update_part(tx, &part).await?;
    }
    advance(tx, run.id).await
}

/// Has a part wait again of which its agent did nothing.
pub(crate) async fn put_back(tx: &mut Tx, id: PartId, why: &str) -> Result<()> {
    let Some(mut part) = store::part(tx, id).await?.filter(|part| part.state == PartState::Running) else {
        return Ok(());
    };
    let run = part.run;
    part.sentence = Some(why.to_owned());
    queue(tx, part, Duration::ZERO).await?;
    // Of a run that is being cancelled, nothing waits any more.
    advance(tx, run).await
}

fn is_tried_again(part: &Part, end: &PartEnd) -> bool {
    let retry = &part.model.retry;
    let matches = |on: &RetryOn| match on {
        RetryOn::AgentLost => end.state == PartState::Lost,
        RetryOn::Failed => end.state == PartState::Failed,
        RetryOn::TimedOut => end.state == PartState::TimedOut,
        RetryOn::Exit(code) => end.state == PartState::Failed && end.exit_code == Some(i64::from(*code)),
    };
    part.attempts <= i64::from(retry.max) && retry.on.iter().any(matches)
}

/// Ends a run, tells of it, and lets in what waited for it.
pub(crate) async fn end(tx: &mut Tx, run: &mut Run, state: State, sentence: Option<String>) -> Result<()> {
    let before = store::outcome_before(tx, run).await?;
    run.ended_at = Some(tx.now());
    set(tx, run, state, sentence).await?;
    let verb = match state {
        State::Succeeded => "run.succeeded",
        State::Failed => "run.failed",
        State::Cancelled => "run.cancelled",
        State::TimedOut => "run.timed_out",
        State::Lost => "run.lost",
        State::Blocked => "run.blocked",
        State::Skipped => "run.skipped",
        State::Waiting | State::Queued | State::Running | State::Held | State::Cancelling => {
            return Err(Error::bug("run.end", format!("a run does not end as {state}")));
        }
    };
    let job = jobs::unchecked(tx, run.job).await?;
    let data = json!({
        "job": job.name, "title": job.title, "number": run.number, "commit": run.commit, "cause": run.cause, "before": before,
        "sentence": run.sentence, "took_s": run.started_at.map(|at| tx.now().since(at).as_secs()),
    });
    journal::enter(tx, verb, run.subject(), &run.parents(), data);
    crate::gate::ended(tx, run).await?;
    crate::notices::ended(tx, run, &job).await?;
    crate::triggers::ended(tx, run).await?;
    admit(tx, run).await?;
    freeze::ended(tx, &job).await
}

/// Ends a run that waits, because it is not wanted any more.
pub(super) async fn skip(tx: &mut Tx, id: RunId, why: &str) -> Result<()> {
    let mut run = store::hold(tx, id).await?.ok_or_else(|| missing(id))?;
    if run.state != State::Waiting {
        return Ok(());
    }
    for mut part in store::parts(tx, id).await? {
        part.state = PartState::Skipped;
        part.state_at = tx.now();
        store::update_part(tx, &part).await?;
    }
    Box::pin(end(tx, &mut run, State::Skipped, Some(why.to_owned()))).await
}

/// Lets in the runs that waited for this one: the oldest of the same job, and the oldest of the group.
async fn admit(tx: &mut Tx, ended: &Run) -> Result<()> {
    let mut candidates = waiting::of_job(tx, ended.job).await?;
    if let Some(lane) = &ended.lane {
        candidates.extend(waiting::of_lane(tx, lane).await?);
    }
    candidates.retain(|run| run.id != ended.id);
    begin_those(tx, candidates).await
}

/// Lets in the runs of a job that wait, as far as nothing else stands in their way.
pub(crate) async fn let_in(tx: &mut Tx, job: JobId) -> Result<()> {
    let candidates = waiting::of_job(tx, job).await?;
    begin_those(tx, candidates).await
}

async fn begin_those(tx: &mut Tx, mut candidates: Vec<waiting::Waiting>) -> Result<()> {
    candidates.sort_by_key(|run| run.id);
    candidates.dedup_by_key(|run| run.id);
    let mut models: HashMap<DefinitionId, file::Job> = HashMap::new();
    // Of hundreds that wait for the same job, one is asked for.
    let mut oldest: HashMap<JobId, Option<RunId>> = HashMap::new();
    for run in candidates {
        let model = match models.entry(run.definition) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(jobs::definition(tx, run.definition).await?.model),
        };
        if model.overlap != Overlap::AllowAll {
            let first = match oldest.get(&run.job) {
                Some(first) => *first,
                None => waiting::oldest(tx, run.job).await?,
            };
            oldest.insert(run.job, first);
            if first.is_some_and(|first| first != run.id) {
                continue;
            }
        }
        if !freeze::may_begin(tx, run.job, run.id).await? {
            continue;
        }
        if let Some(shared) = &model.concurrency
            && waiting::count_begun_in_lane(tx, &shared.group).await? >= u64::from(shared.limit)
        {
            continue;
        }
        let mut run = store::hold(tx, run.id).await?.ok_or_else(|| missing(run.id))?;
        if run.state == State::Waiting && !run.gate_asked {
            Box::pin(begin(tx, &mut run, model)).await?;
            oldest.clear();
        }
    }
    Ok(())
}

/// Lets a run begin whose gate is open, or ends one whose gate is closed.
pub(crate) async fn answered(tx: &mut Tx, id: RunId, answer: crate::gate::Answer) -> Result<()> {
    let mut run = store::hold(tx, id).await?.ok_or_else(|| missing(id))?;
    match answer {
        crate::gate::Answer::Started(deployment, token) => {
            run.deployment = Some(deployment);
            run.deployment_token = Some(token);
            if run.state != State::Waiting {
                // Somebody cancelled it meanwhile: what was begun is ended again.
                store::update(tx, &run).await?;
                return crate::gate::ended(tx, &run).await;
            }
            set(tx, &mut run, State::Queued, None).await?;
            advance(tx, id).await
        }
        crate::gate::Answer::Blocked(_) if run.state != State::Waiting => Ok(()),
        crate::gate::Answer::Blocked(sentence) => {
            for mut part in store::parts(tx, id).await? {
                part.state = PartState::Skipped;
                part.state_at = tx.now();
                store::update_part(tx, &part).await?;
            }
            end(tx, &mut run, State::Blocked, Some(sentence)).await
        }
    }
}
