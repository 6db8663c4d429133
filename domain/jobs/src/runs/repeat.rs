//! Running again: with the same commit and the same parameters, whole or only what did not succeed.

use super::start::{New, for_people, start};
use super::{Ask, Cause, PartState, Run, store};
use crate::jobs;
use crate::schedules::Pass;
use base::id::RunId;
use base::{Error, Result, Right};
use db::Tx;

/// Starts a run like this one. `only_failed` keeps the parts that succeeded; their artifacts are used.
pub async fn repeat(tx: &mut Tx, id: RunId, only_failed: bool) -> Result<Run> {
    repeat_passing(tx, id, only_failed, None).await
}

/// The same; `pass` names the freezes that do not hold it off.
pub async fn repeat_passing(tx: &mut Tx, id: RunId, only_failed: bool, pass: Option<Pass>) -> Result<Run> {
    let (old, job) = super::require(tx, id, Right::Run).await?;
    if let Some(refusal) = job.refusal() {
        return Err(refusal);
    }
    if !old.state.is_over() {
        return Err(Error::conflict("run.live", format!("Run {} is not over yet", old.number)));
    }
    let definition = jobs::definition(tx, old.definition).await?;
    let done = if only_failed {
        let parts = store::parts(tx, id).await?;
        parts
            .into_iter()
            .filter(|part| part.state == PartState::Succeeded)
            .map(|part| part.model.key)
            .collect()
    } else {
        Vec::new()
    };
    let new = New {
        cause: Cause::Repeat,
        cause_id: Some(old.id.0),
        scheduled_at: old.scheduled_at,
        overlap: for_people(definition.model.overlap),
        ask: Ask {
            commit: old.commit,
            reference: old.reference,
            trusted: old.trusted,
            definition: Some((definition.source, definition.model)),
            params: old.params,
            pass,
        },
        verdict: None,
        repeats: Some(old.id),
        not_before: None,
        done,
    };
    start(tx, &job, new).await?.run()
}
