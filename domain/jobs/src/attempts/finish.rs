//! The end of a try: what its agent reports is taken in whole, once.

use super::{Artifact, Attempt, AttemptState, Step, background, claim, fenced, held, output, store};
use crate::runs::{self, Metric, PartEnd, PartState};
use base::id::{AgentId, AttemptId};
use base::{Error, Limit, Result};
use db::Tx;
use std::time::Duration;

/// What an agent reports at the end.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    pub outcome: AttemptState,
    pub exit_code: Option<i64>,
    pub signal: Option<i64>,
    pub reason: Option<String>,
    pub sentence: Option<String>,
    pub failed_step: Option<i64>,
    pub log_bytes: i64,
    pub metrics: Vec<Metric>,
    pub artifacts: Vec<Kept>,
    pub image_digest: Option<String>,
    /// Whether any of its steps may have begun, where its agent knows.
    pub has_begun: Option<bool>,
    /// Differs when the report says something else.
    pub print: String,
}

/// A file that an agent has sent.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub name: String,
    pub path: String,
    pub size: i64,
    pub sha256: String,
    pub media_type: String,
}

/// What an agent had not told before: the end of a short try comes in one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    pub steps: Vec<Step>,
    /// Where the output begins, and the output.
    pub log: Option<(i64, Vec<u8>)>,
}

/// Ends a try. The same report again answers the same.
pub(super) async fn finish(
    tx: &mut Tx,
    agent: AgentId,
    id: AttemptId,
    epoch: i64,
    ending: Ending,
    tail: Tail,
) -> Result<()> {
    let mut attempt = match held(tx, agent, id, epoch).await {
        Ok(attempt) => attempt,
        Err(error) => {
            let is_same = store::get(tx, id)
                .await?
                .is_some_and(|attempt| attempt.agent == agent && attempt.epoch == epoch)
                && store::finish_print(tx, id).await?.as_deref() == Some(&ending.print);
            return if is_same { Ok(()) } else { Err(error) };
        }
    };
    for step in &tail.steps {
        store::put_step(tx, id, step).await?;
    }
    if let Some((offset, bytes)) = &tail.log {
        output::append(tx, agent, id, epoch, *offset, bytes).await?;
        attempt = held(tx, agent, id, epoch).await?;
    }
    if attempt.log_bytes < ending.log_bytes {
        let message =
            format!("{} bytes of output are here, and there are {}", attempt.log_bytes, ending.log_bytes);
        let detail = serde_json::json!({"next": attempt.log_bytes});
        return Err(Error::conflict("log.short", message).with_detail(detail));
    }
    keep_figures(tx, &attempt, &ending.metrics).await?;
    keep_files(tx, &attempt, &ending.artifacts).await?;
    store::set_finish_print(tx, id, &ending.print).await?;
    close(tx, attempt, ending).await
}

/// What the page says of a part that waits again.
const NOTHING_BEGAN: &str =
    "Its agent was restarted before anything of it had begun, so it waits for an agent again";

async fn close(tx: &mut Tx, mut attempt: Attempt, ending: Ending) -> Result<()> {
    let is_restarted = ending.reason.as_deref() == Some("agent_restarted");
    if is_restarted && ending.has_begun == Some(false) && ending.outcome == AttemptState::Failed {
        return claim::put_back(tx, attempt, "never_began", NOTHING_BEGAN).await;
    }
    let state = match ending.outcome {
        // Its processes were ended with the agent, and nobody knows how far they got.
        AttemptState::Failed if is_restarted => PartState::Lost,
        AttemptState::Succeeded => PartState::Succeeded,
        AttemptState::Failed => PartState::Failed,
        AttemptState::Cancelled => PartState::Cancelled,
        AttemptState::TimedOut => PartState::TimedOut,
        AttemptState::Leased
        | AttemptState::Starting
        | AttemptState::Running
        | AttemptState::Finishing
        | AttemptState::Lost => return Err(fenced()),
    };
    attempt.state = ending.outcome;
    attempt.lease_until = None;
    attempt.ended_at = Some(tx.now());
    attempt.exit_code = ending.exit_code;
    attempt.signal = ending.signal;
    attempt.reason = ending.reason;
    attempt.failed_step = ending.failed_step;
    attempt.image_digest = ending.image_digest;
    attempt.sentence = match ending.sentence {
        Some(sentence) => Some(sentence),
        None => said(tx, &attempt).await?,
    };
    store::update(tx, &attempt).await?;
    background::over(tx, &attempt).await?;
    let end = PartEnd { state, exit_code: attempt.exit_code, sentence: attempt.sentence };
    runs::part_ended(tx, attempt.part, end).await
}

/// A sentence for a failure whose agent gave none.
async fn said(tx: &mut Tx, attempt: &Attempt) -> Result<Option<String>> {
    if attempt.state != AttemptState::Failed {
        return Ok(None);
    }
    let steps = store::steps(tx, attempt.id).await?;
    let step = attempt.failed_step.and_then(|index| steps.into_iter().find(|step| step.index == index));
    let name = step.map_or_else(|| "A step".to_owned(), |step| step.name);
    Ok(Some(match (attempt.exit_code, attempt.signal) {
        (_, Some(signal)) => format!("{name} was killed by signal {signal}"),
        (Some(code), None) => format!("{name} ended with exit code {code}"),
        (None, None) => format!("{name} failed"),
    }))
}

async fn keep_figures(tx: &mut Tx, attempt: &Attempt, metrics: &[Metric]) -> Result<()> {
    let most = tx.limits().count(Limit::MetricsPerRun);
    for metric in metrics.iter().filter(|metric| metric.value.is_finite()).take(most) {
        runs::store::put_metric(tx, attempt.run, attempt.job, metric).await?;
    }
    Ok(())
}

async fn keep_files(tx: &mut Tx, attempt: &Attempt, files: &[Kept]) -> Result<()> {
    let part = runs::store::part(tx, attempt.part).await?;
    let rules = part.map(|part| part.model.artifacts).unwrap_or_default();
    let (now, most) = (tx.now(), tx.limits().count(Limit::ArtifactsPerRun));
    tx.limits().check(Limit::ArtifactsPerRun, files.len().min(most + 1), "the number of artifacts")?;
    for file in files {
        let rule = rules.iter().find(|rule| rule.name == file.name);
        let days = tx.limits().get(Limit::ArtifactDays);
        let keep_s = rule.and_then(|rule| rule.keep_s).unwrap_or(days.saturating_mul(86_400));
        let artifact = Artifact {
            id: tx.new_id(),
            run: attempt.run,
            job: attempt.job,
            part: attempt.part,
            name: file.name.clone(),
            path: file.path.clone(),
            size: file.size,
            hash: file.sha256.clone(),
            media_type: file.media_type.clone(),
            shared: rule.is_some_and(|rule| rule.shared),
            made_at: now,
            kept_until: (keep_s > 0).then(|| now.plus(Duration::from_secs(keep_s))),
        };
        store::put_artifact(tx, &artifact).await?;
    }
    Ok(())
}
